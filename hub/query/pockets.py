"""What one worker holds of one quota, by leases from a ledger that all workers share.

The why of it is told in `hub.query.quota`: a slice of the window is leased at a time, and counted
down in memory.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from hub.errors import RefusedError, StoreUnavailableError
from hub.store.quotas import Lease

SLICES: Final = 64
_ASK_AGAIN_S: Final = 1.0
"""For so long it is believed that nothing is free; others may have given back since."""


class QuotaExceededError(RefusedError):
    """The quota of this window is spent: come back after `Retry-After`, or ask for less."""

    code = "QUOTA_EXCEEDED"
    status = 429

    def __init__(self, message: str, retry_after_s: int, policy: str) -> None:
        """Keep when there is more, and whose quota it is."""
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.policy = policy


class Ledger(Protocol):
    """Who knows how much of a window is given away; `hub.store.quotas.QuotaLedger` is one."""

    async def lease(
        self,
        subject: str,
        *,
        needed: int,
        wanted: int,
        quota: int,
        window_s: int,
        offset_s: int = 0,
    ) -> Lease:
        """Lease at least `needed` units, or none."""

    async def give_back(self, subject: str, units: int, started_at: datetime) -> None:
        """Give back what was not used."""


@dataclass(frozen=True, slots=True)
class Quota:
    """`units` for each window of `window_s` seconds."""

    units: int
    window_s: int
    offset_s: int = 0
    """So much earlier than by universal time a window begins."""
    counted: str = "cost units"


@dataclass(slots=True)
class Pocket:
    """What one worker holds of one quota in the present window."""

    policy: str
    subject: str
    quota: Quota
    left: int = 0
    """Below zero: refused requests that are still to be paid for."""
    free: int = 0
    """Units that nobody held when the ledger was last asked."""
    ends_at: float = 0.0
    """By the worker's monotonic clock."""
    started_at: datetime | None = None
    _asked_at: float = -_ASK_AGAIN_S
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    @property
    def slice(self) -> int:
        """How much is leased at a time."""
        return max(self.quota.units // SLICES, 1)

    def hold_to(self, quota: Quota) -> None:
        """Count down another quota; how much of it is free, only the ledger knows."""
        if quota != self.quota:
            self.quota = quota
            self._asked_at = -_ASK_AGAIN_S

    async def hold(self, cost: int, ledger: Ledger, monotonic: Callable[[], float]) -> None:
        """See to it that `cost` is left; on return nobody else has run since it was seen.

        Raises:
            QuotaExceededError: The rest of the window's quota is not enough.
            StoreUnavailableError: Nobody knows what is left.
        """
        if self._has(cost, monotonic()):
            return
        async with self._lock:  # one asks, the others wait for what it gets
            now = monotonic()
            while not self._has(cost, now):
                if self.ends_at > now and self._is_known_spent(cost, now):
                    raise self._exceeded(cost, now)
                if not await self._lease(cost, ledger, now):
                    raise self._exceeded(cost, monotonic())
                now = monotonic()  # others may have taken of it meanwhile, or a window begun

    def owe(self, cost: int, now: float) -> None:
        """Take `cost`, on credit if need be: up to a slice, or once `cost` where that is more."""
        self._let_die(now)
        self.left = max(self.left - cost, -max(self.slice, cost))

    def _let_die(self, now: float) -> None:
        """Forget what was left of a window that has ended; what is owed is still to be paid."""
        if self.ends_at <= now:
            self.left = min(self.left, 0)

    def _has(self, cost: int, now: float) -> bool:
        return self.left >= cost and self.ends_at > now

    def _is_known_spent(self, cost: int, now: float) -> bool:
        return self.left + self.free < cost and now - self._asked_at < _ASK_AGAIN_S

    async def _lease(self, cost: int, ledger: Ledger, now: float) -> bool:
        """Get what is missing for `cost`; return whether there was as much."""
        self._let_die(now)
        needed = cost - self.left
        lease = await ledger.lease(
            self.subject,
            needed=needed,
            wanted=max(self.slice, needed),
            quota=self.quota.units,
            window_s=self.quota.window_s,
            offset_s=self.quota.offset_s,
        )
        if self.started_at != lease.started_at:
            self.left = min(self.left, 0)  # the window has changed meanwhile
        self.left += lease.units
        self.free = lease.free
        self.started_at = lease.started_at
        self.ends_at = now + lease.ends_in_s
        self._asked_at = now
        return lease.units > 0

    def _exceeded(self, cost: int, now: float) -> QuotaExceededError:
        wait = max(int(self.ends_at - now) + 1, 1)
        left = max(self.left + self.free, 0)
        return QuotaExceededError(
            f"The quota of the {self.policy} is {self.quota.units} {self.quota.counted} in "
            f"{self.quota.window_s} seconds; {left} are left and this request needs {cost}. Ask "
            f"again in {wait} seconds, or ask for less at once.",
            wait,
            self.policy,
        )


Taken = Sequence[tuple[Pocket, datetime | None]]
"""From which pockets something was taken, and in which window of each."""


async def taken_from(
    pockets: Iterable[Pocket], cost: int, ledger: Ledger, monotonic: Callable[[], float]
) -> Taken:
    """Take `cost` from every one of the pockets, or from none.

    Raises:
        QuotaExceededError: The rest of one's quota is not enough.
        StoreUnavailableError: Nobody knows what is left.
    """
    taken: list[tuple[Pocket, datetime | None]] = []
    try:
        for pocket in pockets:
            await pocket.hold(cost, ledger, monotonic)
            pocket.left -= cost
            taken.append((pocket, pocket.started_at))
    except BaseException:  # whoever is cancelled has taken nothing either
        put_back(taken, cost)
        raise
    return taken


def put_back(taken: Taken, cost: int) -> None:
    """Put back what was taken from each pocket, but for what has died with its window."""
    for pocket, started_at in taken:
        if pocket.started_at == started_at:
            pocket.left += cost


async def given_back(pockets: Iterable[Pocket], ledger: Ledger, now: float) -> None:
    """Give back what a worker still holds; what cannot be given back ends by itself."""
    for pocket in pockets:
        if pocket.left > 0 and pocket.ends_at > now and pocket.started_at is not None:
            units, pocket.left = pocket.left, 0
            try:
                await ledger.give_back(pocket.subject, units, pocket.started_at)
            except StoreUnavailableError:
                return
