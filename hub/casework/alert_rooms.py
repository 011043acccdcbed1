"""The mutations of casework on alerts: their words on the way in and out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.casework.alert_desk import USES, AlertDesk
from hub.casework.rooms import CommandRoom, Order
from hub.casework.steps import COMMANDS, step_from


@dataclass(frozen=True, slots=True)
class StepRoom:
    """One mutation of casework, by its name in GraphQL."""

    command: str
    desk: AlertDesk

    @property
    def uses(self) -> Sequence[str]:
        """What the command reads itself."""
        return USES[self.command]

    async def carry_out(
        self, arguments: Mapping[str, object], order: Order
    ) -> Mapping[str, object]:
        """Return the payload of `AlertStep`.

        Raises:
            RefusedError: The step is not well-formed, or does not fit the alert.
            UnavailableError: As `AlertDesk.take`.
        """
        stated = arguments["input"]
        assert isinstance(stated, Mapping)  # noqa: S101 - the schema says so
        taken = await self.desk.take(step_from(self.command, stated, order.today), order)
        return {
            "alertId": str(taken.alert_id),
            "status": taken.status,
            "step": taken.step,
            "recordId": None if taken.record_id is None else str(taken.record_id),
            "services": list(taken.services),
        }


def alert_rooms(desk: AlertDesk) -> dict[str, CommandRoom]:
    """Return the room of each mutation of casework."""
    return {command: StepRoom(command, desk) for command in COMMANDS}
