"""Moves confirmed commitments on as receivers acknowledge and benefits begin; nobody decides here.

`CONFIRMED_SIMPLIFIED` becomes `PUSHED` when every message of its recognition is acknowledged, and
`SUPERVISED` when the benefit has begun. Each move is a transaction of its own, and on record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import asyncpg

from hub.access import Caller
from hub.casework.credit.work import CreditOffice, Held, Work
from hub.casework.errors import UnknownHouseholdError
from hub.casework.household import HomeNow
from hub.casework.recording import decision_id, message_id
from hub.errors import CorruptError, StoreUnavailableError
from schema.datasets.credit import COMMITMENT
from scoring.credit import CreditState, follow

STEP: Final = "followCommitment"
_ITSELF: Final = Caller("civil-affairs", "hub", "CREDIT", "hub")
_EVERYWHERE: Final = ("",)
_MOVING: Final = """
SELECT cell, record_id FROM commitment
WHERE known_to = 'infinity' AND valid_to = 'infinity' AND state = any($1)
ORDER BY cell, record_id
"""
_UNACKNOWLEDGED: Final = """
SELECT count(*) FROM outbox WHERE message_id = any($1::uuid[]) AND status <> 'acknowledged'
"""


@dataclass(frozen=True, slots=True)
class Following:
    """Looks which commitments can move on. Holds nothing between two looks."""

    desk: CreditOffice

    async def move(self) -> int:
        """Return how many commitments moved on by one state.

        Raises:
            UnavailableError: The store or the log gave up; look again.
            CorruptError: One cannot be read; the others were looked at all the same.
        """
        moving = [CreditState.CONFIRMED_SIMPLIFIED.value, CreditState.PUSHED.value]
        try:
            async with self.desk.database.connection() as connection:
                waiting = await connection.fetch(_MOVING, moving)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            raise StoreUnavailableError("The commitments could not be read.") from problem
        moved, broken = 0, list[CorruptError]()
        for row in waiting:
            try:
                moved += await self._move(row["cell"], row["record_id"])
            except CorruptError as problem:
                broken.append(problem)
        if broken:
            raise broken[0]
        return moved

    async def _move(self, cell: str, record_id: UUID) -> bool:
        # First without the lock: most of the time there is nothing to do.
        async with self.desk.look(_ITSELF, _EVERYWHERE) as work:
            if await self._next(work, cell, record_id) is None:
                return False
        async with self.desk.work(_ITSELF, _EVERYWHERE) as work:
            found = await self._next(work, cell, record_id)
            if found is None:
                return False
            held, home, to = found
            step = self.desk.step_id(STEP, {"record": str(record_id), "to": to.value})
            await work.change(held, {"state": to.value}, step)
            aliases = [home.log_alias, held.identity.person.log_alias]
            fields = ("CommitmentRecord.state", "CommitmentRecord.startDate")
            await work.on_record(STEP, "announced", aliases, fields, state=to.value)
        return True

    async def _next(
        self, work: Work, cell: str, record_id: UUID
    ) -> tuple[Held, HomeNow, CreditState] | None:
        held = await work.held(COMMITMENT, cell, record_id)
        if held is None:
            return None
        try:
            home = await work.home(held.values["household_ref"])
        except UnknownHouseholdError:
            return None  # it has moved to another cell; who took it over follows it
        if held.state is CreditState.CONFIRMED_SIMPLIFIED:
            if await self._is_unacknowledged(work, held, home):
                return None
            return held, home, follow(held.state, CreditState.PUSHED)
        start = held.values["start_date"]
        if held.state is CreditState.PUSHED and isinstance(start, date) and start <= work.today:
            return held, home, follow(held.state, CreditState.SUPERVISED)
        return None

    async def _is_unacknowledged(self, work: Work, held: Held, home: HomeNow) -> bool:
        office = self.desk.office
        decision = decision_id(office.tagger, held.text("decision_number"), home.household_id)
        messages: Sequence[UUID] = [
            message_id(decision, receiver.name, person.person_id)
            for receiver in office.receivers
            for person in home.everybody
        ]
        waiting: int = await work.connection.fetchval(_UNACKNOWLEDGED, messages)
        return waiting > 0
