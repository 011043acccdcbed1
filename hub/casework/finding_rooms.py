"""`explainFinding`, `confirmFinding`, `closeFinding`, `reopenFinding`: the life of a finding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hub.casework.indicator_desk import Act, FindingAct, IndicatorDesk, Judge
from hub.casework.rooms import CommandRoom, Order

USES: Final = ("AuditIndicator.id", "AuditIndicator.entries")
_ACTS: Final = {
    "explainFinding": Act.EXPLAIN,
    "confirmFinding": Act.CONFIRM,
    "closeFinding": Act.CLOSE,
    "reopenFinding": Act.REOPEN,
}


@dataclass(frozen=True, slots=True)
class FindingRoom:
    """One step, by its name in GraphQL."""

    act: Act
    desk: IndicatorDesk
    uses: Sequence[str] = USES

    async def carry_out(
        self, arguments: Mapping[str, object], order: Order
    ) -> Mapping[str, object]:
        """Return the payload of `FindingStep`; on return it is stored and on record.

        Raises:
            RefusedError: As `IndicatorDesk.take`; nothing was stored.
            UnavailableError: Ask again, once you have looked whether it was stored.
        """
        given = arguments["input"]
        assert isinstance(given, Mapping)  # noqa: S101 - the schema says so
        said_by = given.get("wordsOf")
        act = FindingAct(
            self.act,
            str(given["id"]),
            str(given["words"]),
            None if said_by is None else str(said_by),
        )
        caller = order.caller
        judge = Judge(caller.department, caller.actor or "", caller.client_id)
        became = await self.desk.take(act, judge)
        found = became.finding
        return {
            "id": found.id,
            "state": found.state,
            "verdict": found.verdict,
            "number": became.number,
        }


def finding_rooms(desk: IndicatorDesk) -> dict[str, CommandRoom]:
    """Return the room of each step."""
    return {name: FindingRoom(act, desk) for name, act in _ACTS.items()}
