"""The register of cases as it is stored: acts that are only added to, and where each case stands.

An act and what follows from it are written in one transaction. Whether a query may work on a case
is a condition of that query's own statement (`hub.query.cases`), so an act holds with its commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from hub.store.database import Connection

OPENED: Final = "opened"
ASSIGNED: Final = "assigned"
SUBJECTS: Final = "subjects"
CLOSED: Final = "closed"
PERSON: Final = "person"
HOUSEHOLD: Final = "household"
_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended($1, 36))"
_ACTS: Final = """
    select number, act, made_by, acted_at, day, purposes, officers, roles, people, households
    from case_act where department = $1 and number = $2 order by step
"""
_ADD: Final = """
    insert into case_act (department, number, step, act, made_by, acted_at, day,
                          purposes, officers, roles, people, households)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
_OPEN: Final = """
    insert into case_now (department, number, purposes, officers, roles, opened_on)
    values ($1, $2, $3, $4, $5, $6)
"""
_ASSIGN: Final = """
    update case_now set officers = $3, roles = $4 where department = $1 and number = $2
"""
_CLOSE: Final = "update case_now set closed_on = $3 where department = $1 and number = $2"
_SUBJECT: Final = """
    insert into case_subject (cell, department, number, kind, subject_id)
    select cell, $1, $2, $3, id from unnest($4::text[], $5::uuid[]) as given(cell, id)
    on conflict do nothing
"""
_CASES: Final = """
    select c.department, c.number, c.purposes, c.officers, c.roles, c.opened_on, c.closed_on,
           (select count(*) from case_subject s
            where s.department = c.department and s.number = c.number) as subjects
    from case_now c
    where ($1::text is null or c.department = $1) and ($2::text is null or c.number = $2)
      and ($3::text is null or $3 = any(c.officers)) and ($4 or c.closed_on is null)
    order by c.department, c.opened_on, c.number limit $5
"""


@dataclass(frozen=True, slots=True)
class Act:
    """One act about a case; what it does not say is empty."""

    number: str
    act: str
    by: str
    at: datetime
    day: date
    """When it holds from: the case was opened, assigned or closed on that day."""
    purposes: tuple[str, ...] = ()
    officers: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    people: tuple[UUID, ...] = field(default=(), repr=False)
    households: tuple[UUID, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it stands; it is open on the days of [opened_on, closed_on)."""

    department: str
    number: str
    purposes: tuple[str, ...]
    officers: tuple[str, ...]
    roles: tuple[str, ...]
    opened_on: date
    closed_on: date | None
    subjects: int


@dataclass(frozen=True, slots=True)
class CaseSubject:
    """Somebody a case is about, and the cell that manages their rows."""

    kind: str
    cell: str
    subject_id: UUID
    log_alias: bytes = field(repr=False)


async def locked_acts(connection: Connection, department: str, number: str) -> list[Act]:
    """Return the acts about a case, in order; nobody else acts on it until the transaction ends."""
    await connection.execute(_LOCK, f"{department} {number}")
    return await acts_of(connection, department, number)


async def acts_of(connection: Connection, department: str, number: str) -> list[Act]:
    """Return the acts about a case, in order; none where nobody registered it."""
    return [_act(row) for row in await connection.fetch(_ACTS, department, number)]


async def add_act(
    connection: Connection, department: str, step: int, act: Act, about: Sequence[CaseSubject]
) -> None:
    """Store an act as the `step`th of its case, and what follows from it; `about` are its subjects.

    Raises:
        asyncpg.UniqueViolationError: Another one is.
    """
    key = (department, act.number)
    ids = (list(act.people), list(act.households))
    said = (list(act.purposes), list(act.officers), list(act.roles))
    await connection.execute(_ADD, *key, step, act.act, act.by, act.at, act.day, *said, *ids)
    if act.act == OPENED:
        await connection.execute(_OPEN, *key, *said, act.day)
    elif act.act == ASSIGNED:
        await connection.execute(_ASSIGN, *key, *said[1:])
    elif act.act == CLOSED:
        await connection.execute(_CLOSE, *key, act.day)
    for kind in (PERSON, HOUSEHOLD):
        theirs = [one for one in about if one.kind == kind]
        if theirs:
            cells, found = [one.cell for one in theirs], [one.subject_id for one in theirs]
            await connection.execute(_SUBJECT, *key, kind, cells, found)


async def cases_of(
    connection: Connection,
    department: str | None = None,
    *,
    number: str | None = None,
    officer: str | None = None,
    closed: bool = False,
    limit: int = 1_000,
) -> list[Case]:
    """Return cases as they stand, the oldest first; those that are closed too if `closed`."""
    rows = await connection.fetch(_CASES, department, number, officer, closed, limit)
    return [
        Case(
            row["department"], row["number"], tuple(row["purposes"]), tuple(row["officers"]),
            tuple(row["roles"]), row["opened_on"], row["closed_on"], row["subjects"],
        )
        for row in rows
    ]  # fmt: skip


def _act(row: Record) -> Act:
    lists = (tuple(row[name]) for name in ("purposes", "officers", "roles", "people", "households"))
    return Act(row["number"], row["act"], row["made_by"], row["acted_at"], row["day"], *lists)
