"""`askReplay`, `approveReplay`, `refuseReplay`, `runReplay`: replays, for auditors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from hub.casework.replay_desk import ReplayDesk
from hub.casework.replay_errors import InvalidReplayError
from hub.casework.rooms import CommandRoom, Order
from hub.store.replays import ReplayRequest

ASK: Final = "askReplay"
APPROVE: Final = "approveReplay"
REFUSE: Final = "refuseReplay"
RUN: Final = "runReplay"


@dataclass(frozen=True, slots=True)
class ReplayRoom:
    """One mutation of replays, by its name in GraphQL."""

    command: str
    desk: ReplayDesk
    uses: Sequence[str] = ()

    async def carry_out(
        self, arguments: Mapping[str, object], order: Order
    ) -> Mapping[str, object]:
        """Return the payload of `ReplayStep` or `ReplayOutcome`; it is on record.

        Raises:
            RefusedError: As `ReplayDesk`; nothing was done.
            UnavailableError: Ask again; nothing is done twice.
        """
        given, desk, caller = arguments["input"], self.desk, order.caller
        assert isinstance(given, Mapping)  # noqa: S101 - the schema says so
        if self.command == ASK:
            return self._step(await desk.ask(given["index"], given["reason"], caller))
        id_ = request_id(given["id"])
        if self.command != RUN:
            is_approved = self.command == APPROVE
            return self._step(await desk.decide(id_, caller, is_approved=is_approved))
        run = await desk.run(id_, caller)
        replayed = run.replayed
        return {
            "id": str(run.request.id),
            "index": run.request.index,
            "entry": run.receipt.index,
            "verdict": str(replayed.verdict),
            "why": list(replayed.why),
            "document": replayed.document,
            "operation": replayed.operation,
            "variables": replayed.variables,
            "data": replayed.data,
        }

    def _step(self, request: ReplayRequest) -> Mapping[str, object]:
        expires = request.expires_at
        return {
            "id": str(request.id),
            "index": request.index,
            "state": str(request.state(self.desk.clock())),
            "expiresAt": None if expires is None else expires.isoformat(),
        }


def request_id(text: object) -> UUID:
    """Return the id of a request for a replay.

    Raises:
        InvalidReplayError: It is none.
    """
    try:
        return UUID(str(text))
    except ValueError:
        raise InvalidReplayError("`id` is the id of a request for a replay.") from None


def replay_rooms(desk: ReplayDesk) -> dict[str, CommandRoom]:
    """Return the room of each mutation of replays."""
    return {command: ReplayRoom(command, desk) for command in (ASK, APPROVE, REFUSE, RUN)}
