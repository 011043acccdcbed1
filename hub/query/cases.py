"""The case of a request: whether the caller may work on it, and whose rows are of it.

Both are conditions of the one statement, in the snapshot of its rows: a case that is closed, or
given to somebody else, opens nothing to the next query, in whatever worker, by whatever plan. A
case of another department and one that nobody registered are the same: there is none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql import asyncpg as dialect

from hub.access import Caller, Entitlement, Reason, Rows
from hub.errors import CaseRefusedError, StoreUnavailableError
from hub.query.bind import day_of
from hub.store.case_tables import CASE_NOW, CASE_SUBJECT
from hub.store.database import Database
from hub.store.tables import metadata

OPEN: Final = "open"
_TEXT_ARRAY: Final = pg.ARRAY(sa.Text)
_TEXTS: Final = {
    Reason.CASE_UNKNOWN: "{department} has registered no case of this number. Open it "
    "(`openCase`, or `hub cases open`), or name another one.",
    Reason.CASE_CLOSED: "The case is not open today. Name one that is.",
    Reason.CASE_OTHER_PURPOSE: "The case is not for purpose {purpose}. Declare its purpose, or "
    "name another case.",
    Reason.CASE_NOT_IN_CASELOAD: "The case is not in the caseload of who acts. Name one of "
    "theirs, or have it assigned to them.",
}
_DEPARTMENT: Final = sa.bindparam("case_department", type_=sa.Text)
_NUMBER: Final = sa.bindparam("case_number", type_=sa.Text)
_ACTOR: Final = sa.bindparam("case_actor", type_=sa.Text)
_ROLE: Final = sa.bindparam("case_role", type_=sa.Text)
_PURPOSE: Final = sa.bindparam("case_purpose", type_=sa.Text)
_DAY: Final = sa.bindparam("case_day", type_=sa.Date)


def case_parameters(caller: Caller, at: datetime) -> dict[str, object]:
    """Return what the conditions are bound to at one request."""
    return parameters_on(caller, day_of(at))


def parameters_on(caller: Caller, day: date) -> dict[str, object]:
    """Return the same for a day."""
    return {
        "case_department": caller.department,
        "case_number": caller.case,
        "case_actor": caller.actor,
        "case_role": caller.role,
        "case_purpose": caller.purpose,
        "case_day": day,
    }


def standing_of(tables: Any) -> "sa.Select[Any]":
    """Return one row, `standing`, of the named case of the caller's department; none: no such case.

    Who is not in its caseload learns nothing else of a case.
    """
    case = tables[CASE_NOW].alias()
    told = sa.case(
        (
            sa.and_(_ACTOR.is_not(None), sa.not_(_is_worked(case))),
            _said(Reason.CASE_NOT_IN_CASELOAD),
        ),
        (sa.not_(_is_for(case)), _said(Reason.CASE_OTHER_PURPOSE)),
        (sa.not_(_is_open(case)), _said(Reason.CASE_CLOSED)),
        else_=_said(OPEN),
    )
    return sa.select(told.label("standing")).where(
        case.c.department == _DEPARTMENT, case.c.number == _NUMBER
    )


def _said(word: str) -> Any:
    return sa.literal_column(f"'{word}'", sa.Text)


def _is_worked(case: Any) -> Any:
    """Whether who acts works on a case, by name or in their role."""
    wanted = [(case.c.officers, _ACTOR), (case.c.roles, _ROLE)]
    return sa.or_(*(held.contains(sa.cast(pg.array([one]), _TEXT_ARRAY)) for held, one in wanted))


def _is_for(case: Any) -> Any:
    return sa.any_(case.c.purposes) == _PURPOSE


def _is_open(case: Any) -> Any:
    return sa.and_(
        case.c.opened_on <= _DAY, sa.or_(case.c.closed_on.is_(None), case.c.closed_on > _DAY)
    )


def homes_of(
    tables: Any, rows: Rows, membership: str, holds: Callable[[Any], Any]
) -> "sa.CompoundSelect[Any]":
    """Return the households whose rows are shown: the named case's, or the whole caseload's.

    They are those that cases are about, and those in which people live whom cases are about, on the
    day asked. Nobody's, where nobody is said to act.

    Args:
        tables: The tables by name.
        rows: OWN_CASE or CASELOAD.
        membership: Which table says who lives where.
        holds: Whether its row holds on the day asked.
    """
    case, subject, member = (tables[name].alias() for name in (CASE_NOW, CASE_SUBJECT, membership))
    is_its = sa.and_(subject.c.department == case.c.department, subject.c.number == case.c.number)
    chosen = [
        case.c.department == _DEPARTMENT,
        _is_open(case),
        _is_for(case),
        _is_worked(case),
        _ACTOR.is_not(None),
    ]
    if rows is Rows.OWN_CASE:
        chosen.append(case.c.number == _NUMBER)
    else:
        chosen.append(case.c.closed_on.is_(None))  # as the index has it
    lives = sa.and_(
        member.c.cell == subject.c.cell, member.c.person_id == subject.c.subject_id, holds(member)
    )
    homes = (
        sa.select(subject.c.subject_id.label("household_id"))
        .select_from(case.join(subject, is_its))
        .where(*chosen, subject.c.kind == _said("household"))
    )
    lived_in = (
        sa.select(member.c.household_id)
        .select_from(case.join(subject, is_its).join(member, lives))
        .where(*chosen, subject.c.kind == _said("person"))
    )
    return sa.union_all(homes, lived_in)


def check_standing(standing: str | None, caller: Caller) -> None:
    """Refuse what is asked in a case that the caller may not work on.

    Raises:
        CaseRefusedError: With the reason.
    """
    if standing == OPEN:
        return
    reason = Reason.CASE_UNKNOWN if standing is None else Reason(standing)
    told = _TEXTS[reason].format(department=caller.department, purpose=caller.purpose)
    raise CaseRefusedError(told, reason)


@dataclass(frozen=True, slots=True)
class CaseCheck:
    """Looks a case up by itself: for commands, and for what is asked of a register."""

    database: Database

    async def check(self, caller: Caller, entitlement: Entitlement, at: datetime) -> None:
        """Refuse a caller whose purpose demands a case, and whose case does not hold now.

        Raises:
            CaseRefusedError: With the reason.
            StoreUnavailableError: The database gave up.
        """
        if not entitlement.checks_case:
            return
        try:
            async with self.database.connection() as connection:
                standing = await standing_now(connection, caller, day_of(at))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as problem:
            raise StoreUnavailableError("The database did not answer the look-up.") from problem
        check_standing(standing, caller)


async def standing_now(connection: asyncpg.Connection, caller: Caller, day: date) -> str | None:
    """Return how the caller's case stands: OPEN, a reason why not, None where there is none."""
    given = parameters_on(caller, day)
    compiled = standing_of(metadata.tables).compile(
        dialect=dialect.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own
    )
    values = [given[name] for name in compiled.positiontup or ()]
    found: str | None = await connection.fetchval(str(compiled), *values)
    return found
