"""A ledger of quotas in memory, whose window a test moves; it counts how often it is asked."""

from dataclasses import dataclass, field
from datetime import timedelta

from hub.store.quotas import Lease
from tests.support.edge import START


@dataclass
class FakeLedger:
    """Shared by as many workers as a test makes; fails with `problem` once that is set."""

    ends_in_s: float = 60.0
    window: int = 0
    leased: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    problem: Exception | None = None
    meanwhile: dict = field(default_factory=dict)
    """What happens once while a subject's lease is awaited, by the subject."""

    def next_window(self):
        self.window += 1
        self.leased.clear()

    async def lease(self, subject, *, needed, wanted, quota, window_s, offset_s=0):
        self.asked.append(subject)
        if subject in self.meanwhile:
            await self.meanwhile.pop(subject)()
        if self.problem is not None:
            raise self.problem
        free = max(quota - self.leased.get(subject, 0), 0)
        units = min(wanted, free) if free >= needed else 0
        self.leased[subject] = self.leased.get(subject, 0) + units
        started_at = START + self.window * timedelta(seconds=window_s)
        return Lease(units, free - units, started_at, self.ends_in_s)

    async def give_back(self, subject, units, started_at):
        if self.problem is not None:
            raise self.problem
        self.leased[subject] -= units
