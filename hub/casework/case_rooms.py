"""`openCase`, `assignCase`, `closeCase`: the register of cases, for who works on them.

Each looks itself at the case that it is about: the first names one that is not there yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hub.casework.case_acts import ASSIGN, CLOSE, OPEN, stated
from hub.casework.case_errors import InvalidCaseError
from hub.casework.cases import USES, CaseDesk, Whose
from hub.casework.rooms import CommandRoom, Order
from hub.store.cases import ASSIGNED, CLOSED, OPENED

_ACTS: Final = {OPEN: OPENED, ASSIGN: ASSIGNED, CLOSE: CLOSED}
_LISTS: Final = {
    "officers": "officers",
    "roles": "roles",
    "people": "personIds",
    "households": "householdIds",
}


@dataclass(frozen=True, slots=True)
class CaseRoom:
    """One mutation of the register, by its name in GraphQL."""

    command: str
    desk: CaseDesk
    uses: Sequence[str] = USES

    async def carry_out(
        self, arguments: Mapping[str, object], order: Order
    ) -> Mapping[str, object]:
        """Return the payload of `CaseReceipt`; on return it is stored and on record.

        Raises:
            RefusedError: As `CaseDesk.take`; nothing was stored.
            UnavailableError: Ask again; nothing is done twice.
        """
        given = arguments["input"]
        assert isinstance(given, Mapping)  # noqa: S101 - the schema says so
        caller, number = order.caller, str(given["number"])
        if order.entitlement.checks_case and caller.case != number:
            raise InvalidCaseError("Name the case that the command is about in Hub-Case too.")
        said = {name: list(given.get(word) or ()) for name, word in _LISTS.items()}
        if self.command == OPEN:
            said["purposes"] = [caller.purpose]
            if not said["officers"] and not said["roles"] and caller.actor is not None:
                said["officers"] = [caller.actor]
        act = stated(_ACTS[self.command], number, order.today, order.today, **said)
        case = await self.desk.take(act, Whose(caller, order.regions))
        return {
            "number": case.number,
            "purposes": list(case.purposes),
            "officers": list(case.officers),
            "roles": list(case.roles),
            "openedOn": case.opened_on.isoformat(),
            "closedOn": None if case.closed_on is None else case.closed_on.isoformat(),
            "subjects": case.subjects,
        }


def case_rooms(desk: CaseDesk) -> dict[str, CommandRoom]:
    """Return the room of each mutation of the register."""
    return {command: CaseRoom(command, desk) for command in _ACTS}
