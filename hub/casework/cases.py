"""The desk of the register of cases: an act is checked, on record, and then stored, once.

An act that is sent again is told again. Who acts for a department through the graph may open a case
for the purpose of the request, and act on those of the own caseload; an operator on any.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

import asyncpg

from audit.entry import EntryKind
from hub.access import Caller
from hub.casework.case_acts import Stated, stated
from hub.casework.case_errors import (
    CaseConflictError,
    CaseSubjectError,
    InvalidCaseError,
    UnknownCaseError,
)
from hub.casework.household import people_in
from hub.clock import Clock
from hub.errors import StoreUnavailableError
from hub.query.bind import day_of
from hub.query.cases import check_standing, standing_now
from hub.sealing.tags import Tagger
from hub.store.cases import (
    ASSIGNED,
    CLOSED,
    HOUSEHOLD,
    OPENED,
    PERSON,
    Act,
    Case,
    CaseSubject,
    add_act,
    cases_of,
    locked_acts,
)
from hub.store.database import Connection, Database
from hub.store.journal import Journal, recorded

USES: Final = ("Person.id", "Household.id")
"""What an act reads of whom a case is about."""
EVERYWHERE: Final = ("",)
_HOUSEHOLDS: Final = """
SELECT DISTINCT h.cell, h.household_id, h.log_alias FROM household h
JOIN household_place hp ON hp.cell = h.cell AND hp.household_id = h.household_id
     AND hp.known_to = 'infinity' AND hp.valid_from <= $3 AND $3 < hp.valid_to
WHERE h.household_id = any($1::uuid[]) AND hp.region LIKE any($2::text[])
"""


@dataclass(frozen=True, slots=True)
class Whose:
    """Who acts, on cases of which department, about people of which regions."""

    caller: Caller
    regions: Sequence[str]
    is_operator: bool = False
    """An operator of the hub acts on any case of the department."""

    @property
    def by(self) -> str:
        """Who is named in the act."""
        return self.caller.actor or self.caller.client_id


@dataclass(frozen=True, slots=True)
class CaseDesk:
    """Takes acts in. Lives as long as the application; holds nothing between two calls."""

    database: Database
    journal: Journal
    tagger: Tagger
    clock: Clock

    async def take(self, said: Stated, whose: Whose) -> Case:
        """Return the case after an act; on return it is stored and on record.

        Raises:
            RefusedError: As `hub.casework.case_errors` says, or `CaseRefusedError` where it is no
                case of who acts; nothing was stored.
            AuditUnavailableError: It cannot be put on record; nothing was stored.
            StoreUnavailableError: The database broke; ask again, it will not be done twice.
        """
        try:
            async with self.database.transaction() as connection:
                await self.taken(connection, said, whose)
                found = await cases_of(
                    connection, whose.caller.department, number=said.number, closed=True
                )
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            raise StoreUnavailableError("The act could not be stored.") from problem
        return found[0]

    async def taken(self, connection: Connection, said: Stated, whose: Whose) -> None:
        """Take an act in inside a transaction of the caller's; as `take`."""
        department, today = whose.caller.department, day_of(self.clock())
        acts = await locked_acts(connection, department, said.number)
        same = [act for act in acts if act.act == said.act]
        if same and said.says(same[-1]):
            await self._record(said, whose, (), "repeated")
            return
        _check_place(said, acts)
        if acts and not whose.is_operator:
            named = replace(whose.caller, case=said.number)
            check_standing(await standing_now(connection, named, today), named)
        about = await _subjects(connection, said, whose.regions, today)
        act = Act(
            said.number, said.act, whose.by, self.clock(), said.day,
            said.purposes, said.officers, said.roles, said.people, said.households,
        )  # fmt: skip
        await add_act(connection, department, len(acts) + 1, act, about)
        await self._record(said, whose, about, "announced")

    async def visited(
        self,
        connection: Connection,
        whose: Whose,
        household: UUID,
        visitor: str,
        before: str | None,
    ) -> None:
        """Let who is to visit a family work on the case in which that was decided.

        The case is about the family from then on; who was to visit it `before` works on it no more,
        unless it is who decides. Belongs to the transaction of that decision.

        Raises:
            As `take`.
        """
        caller, number = whose.caller, whose.caller.case
        assert number is not None  # noqa: S101 - the purpose demands one
        (case,) = await cases_of(connection, caller.department, number=number, closed=True)
        gone = {before} - {caller.actor, visitor}
        officers = [one for one in case.officers if one not in gone]
        today = day_of(self.clock())
        said = stated(
            ASSIGNED, number, today, today,
            officers=[*officers, visitor], roles=case.roles, households=[household],
        )  # fmt: skip
        await self.taken(connection, said, whose)

    async def _record(
        self, said: Stated, whose: Whose, about: Sequence[CaseSubject], outcome: str
    ) -> None:
        caller = whose.caller
        content: dict[str, object] = {
            "department": caller.department,
            "role": caller.role,
            "purpose": caller.purpose,
            "client": caller.client_id,
            "actor": caller.actor,
            "case": said.number,
            "command": f"case-{said.act}",
            "officers": list(said.officers),
            "roles": list(said.roles),
            "purposes": list(said.purposes),
            "outcome": outcome,
        }
        tags = [self.tagger.subject(one.log_alias) for one in about]
        await recorded(self.journal, EntryKind.COMMAND, content, tags, USES)


def _check_place(said: Stated, acts: Sequence[Act]) -> None:
    """See that an act fits what was done before."""
    if said.act == OPENED:
        if acts:
            raise CaseConflictError("A case of this number was opened with other contents.")
        if not (said.officers or said.roles):
            raise InvalidCaseError("Name an officer or a role who works on the case.")
        return
    if not acts:
        raise UnknownCaseError("The department has registered no case of this number.")
    if any(act.act == CLOSED for act in acts):
        raise CaseConflictError("The case is closed.")
    if said.act == ASSIGNED and not (said.officers or said.roles):
        raise InvalidCaseError("Name an officer or a role who works on the case.")
    if said.day < acts[0].day:
        raise InvalidCaseError("The day lies before the case was opened.")


async def _subjects(
    connection: Connection, said: Stated, regions: Sequence[str], today: date
) -> list[CaseSubject]:
    people = await people_in(connection, said.people, regions, today) if said.people else []
    found = [CaseSubject(PERSON, p.cell, p.person_id, p.log_alias) for p in people]
    if said.households:
        within = [f"{region}%" for region in regions]
        rows = await connection.fetch(_HOUSEHOLDS, list(said.households), within, today)
        found += [CaseSubject(HOUSEHOLD, *row) for row in rows]
    named: set[UUID] = {*said.people, *said.households}
    if {one.subject_id for one in found} != named:
        raise CaseSubjectError("There is no such person or household.")
    return found
