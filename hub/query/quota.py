"""Each department has a quota of cost units for each window of time, however many hubs serve it.

A worker leases a slice of the window (a 64th of the quota, or what one operation needs) from the
ledger in the database, and counts it down in memory: no round trip for each request. Because only
what is leased can be spent, all workers together never spend more than the quota (the overshoot is
none); because a slice is a 64th, at most (workers - 1) / 64 of it can lie unused with one worker
while another has none left. A lease ends with its window, measured from before it was asked for.

A request is admitted, before it is parsed, while anything is left; its cost is taken before the
first row is read. A refused request costs `REFUSED`. When the ledger cannot be asked, the request
fails: nobody knows what is left. The window is fixed, not sliding: a lease dies with it, so what a
killed worker held needs no settling, and `RateLimit` can say to the second when there is more. The
price is that a caller may spend two quotas within one window's length, across a boundary.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from hub.access import Caller
from hub.errors import RefusedError, StoreUnavailableError
from hub.store.quotas import Lease

REFUSED: Final = 100
"""What a refused request costs: about as much work as that many values."""
COMMAND: Final = 100
"""What a mutation costs."""
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
        self, subject: str, *, needed: int, wanted: int, quota: int, window_s: int
    ) -> Lease:
        """Lease at least `needed` units, or none."""

    async def give_back(self, subject: str, units: int, started_at: datetime) -> None:
        """Give back what was not used."""


class Meter(Protocol):
    """What the rooms need of a quota; `Quotas` is one."""

    def is_open(self, caller: Caller, /) -> bool:
        """Whether anything is left of what this worker holds."""

    async def admit(self, caller: Caller, /) -> None:
        """Get more; raise QuotaExceededError where there is none."""

    def take(self, caller: Caller, cost: int, /) -> bool:
        """Take `cost` from what this worker holds; False if it is not enough."""

    async def spend(self, caller: Caller, cost: int, /) -> None:
        """Take `cost`, and get more for it; raise QuotaExceededError where there is none."""


@dataclass(frozen=True, slots=True)
class Unmetered:
    """A meter that never runs out: for a room that is tested or measured without one."""

    def is_open(self, caller: Caller, /) -> bool:
        """Return that it is."""
        del caller
        return True

    async def admit(self, caller: Caller, /) -> None:
        """Do nothing."""

    def take(self, caller: Caller, cost: int, /) -> bool:
        """Take nothing."""
        del caller, cost
        return True

    async def spend(self, caller: Caller, cost: int, /) -> None:
        """Take nothing."""


UNMETERED: Final = Unmetered()


@dataclass(frozen=True, slots=True)
class Quota:
    """`units` for each window of `window_s` seconds."""

    units: int
    window_s: int


@dataclass(slots=True)
class Quotas:
    """The quotas of every department and client; belongs to one event loop."""

    ledger: Ledger
    default: Quota
    departments: Mapping[str, int]
    """Units of departments that have a quota of their own."""
    monotonic: Callable[[], float]
    """Seconds that only go forward."""
    clients: Mapping[str, int] = field(default_factory=dict)
    """Units of clients that have one within their department's, by client id."""
    _pockets: dict[tuple[str, str], "tuple[Pocket, ...]"] = field(default_factory=dict, repr=False)
    _shared: dict[str, "Pocket"] = field(default_factory=dict, repr=False)

    def pockets(self, caller: Caller) -> "tuple[Pocket, ...]":
        """Return what this worker holds for a caller: of its department, and of the client."""
        key = (caller.department, caller.client_id)
        found = self._pockets.get(key)
        if found is None:
            found = self._pockets[key] = self._made(caller)
        return found

    def _made(self, caller: Caller) -> "tuple[Pocket, ...]":
        units = self.departments.get(caller.department, self.default.units)
        found = [self._pocket("department", caller.department, units)]
        own = self.clients.get(caller.client_id)
        if own is not None:
            found.append(self._pocket("client", caller.client_id, own))
        return tuple(found)

    def _pocket(self, policy: str, name: str, units: int) -> "Pocket":
        subject = f"{policy}:{name}"
        found = self._shared.get(subject)
        if found is None:
            found = self._shared[subject] = Pocket(
                policy, subject, Quota(units, self.default.window_s)
            )
        return found

    def is_open(self, caller: Caller, /) -> bool:
        """Whether anything is left of what this worker holds."""
        now = self.monotonic()
        return all(p.left > 0 and p.ends_at > now for p in self.pockets(caller))

    def take(self, caller: Caller, cost: int, /) -> bool:
        """Take `cost` from what this worker holds; False if it is not enough, or too old."""
        now = self.monotonic()
        pockets = self.pockets(caller)
        for pocket in pockets:
            if pocket.left < cost or pocket.ends_at <= now:
                return False
        for pocket in pockets:
            pocket.left -= cost
        return True

    async def admit(self, caller: Caller, /) -> None:
        """Get more where nothing is left.

        Raises:
            QuotaExceededError: The window's quota is spent.
            StoreUnavailableError: Nobody knows what is left.
        """
        for pocket in self.pockets(caller):
            await pocket.hold(1, self.ledger, self.monotonic)

    async def spend(self, caller: Caller, cost: int, /) -> None:
        """Take `cost`, and get more for it where it is needed.

        Raises:
            QuotaExceededError: The rest of the window's quota is not enough; nothing was taken.
            StoreUnavailableError: Nobody knows what is left; nothing was taken.
        """
        taken: list[Pocket] = []
        try:
            for pocket in self.pockets(caller):
                await pocket.hold(cost, self.ledger, self.monotonic)
                pocket.left -= cost
                taken.append(pocket)
        except BaseException:
            for pocket in taken:
                pocket.left += cost
            raise

    def refused(self, caller: Caller) -> None:
        """Take what a refused request costs, on credit if need be: the next lease settles it."""
        for pocket in self.pockets(caller):
            pocket.left = max(pocket.left - REFUSED, -max(pocket.slice, REFUSED))

    async def close(self) -> None:
        """Give back what this worker still holds; what cannot be given back ends by itself."""
        now = self.monotonic()
        for pocket in self._shared.values():
            if pocket.left > 0 and pocket.ends_at > now and pocket.started_at is not None:
                units, pocket.left = pocket.left, 0
                try:
                    await self.ledger.give_back(pocket.subject, units, pocket.started_at)
                except StoreUnavailableError:
                    return


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
            if self._has(cost, now):
                return
            if self.ends_at > now and self._is_known_spent(cost, now):
                raise self._exceeded(cost, now)
            await self._lease(cost, ledger, now)
            if self.left < cost:
                raise self._exceeded(cost, monotonic())

    def _has(self, cost: int, now: float) -> bool:
        return self.left >= cost and self.ends_at > now

    def _is_known_spent(self, cost: int, now: float) -> bool:
        return self.left + self.free < cost and now - self._asked_at < _ASK_AGAIN_S

    async def _lease(self, cost: int, ledger: Ledger, now: float) -> None:
        if self.ends_at <= now:
            self.left = min(self.left, 0)  # what was left has died; what is owed has not
        needed = cost - self.left
        lease = await ledger.lease(
            self.subject,
            needed=needed,
            wanted=max(self.slice, needed),
            quota=self.quota.units,
            window_s=self.quota.window_s,
        )
        if self.started_at != lease.started_at:
            self.left = min(self.left, 0)  # the window has changed meanwhile
        self.left += lease.units
        self.free = lease.free
        self.started_at = lease.started_at
        self.ends_at = now + lease.ends_in_s
        self._asked_at = now

    def _exceeded(self, cost: int, now: float) -> QuotaExceededError:
        wait = max(int(self.ends_at - now) + 1, 1)
        left = max(self.left + self.free, 0)
        return QuotaExceededError(
            f"The quota of the {self.policy} is {self.quota.units} cost units in "
            f"{self.quota.window_s} seconds; {left} are left and this request needs {cost}. Ask "
            f"again in {wait} seconds, or ask for less at once.",
            wait,
            self.policy,
        )
