"""The demonstration's cases: what its clerks, its examples and its pages name in Hub-Case."""

from datetime import date
from typing import Final

from hub.access import Caller, Purpose
from hub.app import Core
from hub.casework.case_acts import stated
from hub.casework.cases import EVERYWHERE, CaseDesk, Whose
from hub.query.bind import day_of
from hub.store.cases import OPENED, cases_of

CASES: Final = ("DEMO-2026-0001", "DEMO-2026-0002")
_DEPARTMENT: Final = "civil-affairs"
_SAID: Final = {
    "purposes": (Purpose.CASE, Purpose.VERIFY, Purpose.REVIEW, Purpose.CREDIT),
    "roles": ("officer", "street-handler", "community-officer", "approver"),
}


async def open_cases(core: Core) -> None:
    """Open the demonstration's cases, those that are not there yet.

    Raises:
        UnavailableError: They could not be stored, or not be put on record.
    """
    today: date = day_of(core.clock())
    async with core.database.connection() as connection:
        known = {case.number for case in await cases_of(connection, _DEPARTMENT, closed=True)}
    desk = CaseDesk(core.database, core.log, core.tagger, core.clock)
    caller = Caller(_DEPARTMENT, "operator", Purpose.CASE, "hub-demo", "demo")
    for number in CASES:
        if number not in known:
            said = stated(OPENED, number, today, today, **_SAID)
            await desk.take(said, Whose(caller, EVERYWHERE, is_operator=True))
