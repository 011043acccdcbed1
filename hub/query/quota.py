"""Each department has a quota of cost units for each window of time, however many hubs serve it.

A worker leases a slice of the window (a 64th of the quota, or what one operation needs) from the
ledger in the database, and counts it down in memory: no round trip for each request. Because only
what is leased can be spent, all workers together never spend more than the quota (the overshoot is
none); because a slice is a 64th, at most (workers - 1) / 64 of it can lie unused with one worker
while another has none left. A lease ends with its window, measured from before it was asked for.

A request is admitted, before it is parsed, while anything is left; its cost is taken before the
first row is read. One that is tried again, because the policy changed meanwhile, pays once: for the
dearest of its plans. A refused request costs `REFUSED`. When the ledger cannot be asked, the
request fails: nobody knows what is left. The window is fixed, not sliding: a lease dies with it, so
what a killed worker held needs no settling, and `RateLimit` can say to the second when there is
more. The price is that a caller may spend two quotas within one window's length, across a boundary.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from hub.access import Caller, Limits
from hub.query.daily import DayCounts
from hub.query.pockets import (
    SLICES,
    Ledger,
    Pocket,
    Quota,
    QuotaExceededError,
    Taken,
    given_back,
    put_back,
    taken_from,
)

__all__ = [
    "COMMAND",
    "REFUSED",
    "SLICES",
    "UNMETERED",
    "Ledger",
    "Meter",
    "Pocket",
    "Quota",
    "QuotaExceededError",
    "Quotas",
    "Taken",
    "put_back",
]

REFUSED: Final = 100
"""What a refused request costs: about as much work as that many values."""
COMMAND: Final = 100
"""What a mutation costs."""


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

    async def count(self, caller: Caller, limits: Limits, /) -> Taken:
        """Count a request of the day; raise QuotaExceededError where it is one too many.

        What is returned can be put back: 1 each.
        """


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

    async def count(self, caller: Caller, limits: Limits, /) -> Taken:
        """Count nothing."""
        del caller, limits
        return ()


UNMETERED: Final = Unmetered()


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
    _pockets: dict[tuple[str, str], tuple[Pocket, ...]] = field(default_factory=dict, repr=False)
    _shared: dict[str, Pocket] = field(default_factory=dict, repr=False)
    _days: DayCounts = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Count days by the same ledger."""
        self._days = DayCounts(self.ledger, self.monotonic)

    def pockets(self, caller: Caller) -> tuple[Pocket, ...]:
        """Return what this worker holds for a caller: of its department, and of the client."""
        key = (caller.department, caller.client_id)
        found = self._pockets.get(key)
        if found is None:
            found = self._pockets[key] = self._made(caller)
        return found

    def _made(self, caller: Caller) -> tuple[Pocket, ...]:
        units = self.departments.get(caller.department, self.default.units)
        found = [self._pocket("department", caller.department, units)]
        own = self.clients.get(caller.client_id)
        if own is not None:
            found.append(self._pocket("client", caller.client_id, own))
        return tuple(found)

    def _pocket(self, policy: str, name: str, units: int) -> Pocket:
        subject = f"{policy}:{name}"
        quota = Quota(units, self.default.window_s)
        found = self._shared.get(subject)
        if found is None:
            found = self._shared[subject] = Pocket(policy, subject, quota)
        found.hold_to(quota)
        return found

    def registered_anew(self) -> None:
        """Look anew which quota each client has; what this worker holds of them it keeps."""
        self._pockets.clear()

    def is_open(self, caller: Caller, /) -> bool:
        """Whether anything is left of what this worker holds."""
        now = self.monotonic()
        for pocket in self.pockets(caller):
            if pocket.left <= 0 or pocket.ends_at <= now:
                return False
        return True

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
        await taken_from(self.pockets(caller), cost, self.ledger, self.monotonic)

    async def count(self, caller: Caller, limits: Limits, /) -> Taken:
        """Count a request of the day, where the entitlement bounds them.

        What is returned can be put back: 1 each.

        Raises:
            QuotaExceededError: The day's requests are made.
            StoreUnavailableError: Nobody knows how many are left.
        """
        if limits.counts_requests:
            return await self._days.count(caller, limits)
        return ()

    def refused(self, caller: Caller) -> None:
        """Take what a refused request costs, on credit if need be: the next lease settles it."""
        now = self.monotonic()
        for pocket in self.pockets(caller):
            pocket.owe(REFUSED, now)

    async def close(self) -> None:
        """Give back what this worker still holds; what cannot be given back ends by itself."""
        await given_back(self._shared.values(), self.ledger, self.monotonic())
        await self._days.close()
