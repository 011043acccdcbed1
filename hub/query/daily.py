"""How many requests a day an entitlement may make, all together and each of its officers.

Counted like the quota of cost units, across all workers and hubs, by leases from one ledger
(`hub.query.quota`): a day is a day in China. What is counted is a request that is about to be
answered, or carried out; each chunk of an export is one. A count can be put back, as long as its
day lasts: of a request that turns out not to be one of these.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from hub.access import Caller, Limits
from hub.query.pockets import Ledger, Pocket, Quota, Taken, given_back, taken_from

DAY_S: Final = 86_400
CHINA_S: Final = 8 * 3_600
"""So much earlier than by universal time a day begins in China."""
_REMEMBERED: Final = 10_000
"""Pockets that are kept; what another one held is lost until the day ends."""


@dataclass(slots=True)
class DayCounts:
    """What this worker holds of each day's requests; belongs to one event loop."""

    ledger: Ledger
    monotonic: Callable[[], float]
    _pockets: OrderedDict[str, Pocket] = field(default_factory=OrderedDict, repr=False)

    async def count(self, caller: Caller, limits: Limits) -> Taken:
        """Count one request, and return what it was counted from.

        Raises:
            QuotaExceededError: The day's requests are made; nothing was counted.
            StoreUnavailableError: Nobody knows how many are left; nothing was counted.
        """
        pockets = (self._pocket(*held) for held in _held_to(caller, limits))
        return await taken_from(pockets, 1, self.ledger, self.monotonic)

    def _pocket(self, policy: str, subject: str, units: int) -> Pocket:
        found = self._pockets.get(subject)
        quota = Quota(units, DAY_S, CHINA_S, "requests")
        if found is None:
            while len(self._pockets) >= _REMEMBERED:
                self._pockets.popitem(last=False)
            found = self._pockets[subject] = Pocket(policy, subject, quota)
        found.hold_to(quota)
        self._pockets.move_to_end(subject)
        return found

    async def close(self) -> None:
        """Give back what this worker still holds."""
        await given_back(self._pockets.values(), self.ledger, self.monotonic())


def _held_to(caller: Caller, limits: Limits) -> Iterator[tuple[str, str, int]]:
    """Go through what a request counts for: the words for it, its name in the ledger, how many."""
    who = f"{caller.department} {caller.role} {caller.purpose}"
    if limits.requests_a_day is not None:
        yield "role for this purpose", f"requests:{who}", limits.requests_a_day
    if limits.officer_requests_a_day is not None and caller.actor is not None:
        subject = f"officer:{who} {caller.actor}"
        yield "officer for this purpose", subject, limits.officer_requests_a_day
