"""The quota as a caller sees it: which policy holds, what is left, when there is more.

What is left is what the worker holds and what was free when it last asked: a hint, as the draft
has it, exact to a slice for each worker. The unit is cost (docs/limits.md), which the registry of
units does not know, so it is named in a parameter of our own.

Spec: draft-ietf-httpapi-ratelimit-headers-11, 3 and 4.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from hub.access import Caller
from hub.errors import RefusedError
from hub.query.quota import Pocket, Quotas

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class QuotaTold:
    """Tells callers of their quotas, and makes them pay for what is refused."""

    quotas: Quotas

    def headers(self, caller: Caller) -> Headers:
        """Return the fields of a response to `caller`."""
        quotas = self.quotas
        now = quotas.monotonic()
        pockets = quotas.pockets(caller)
        if len(pockets) == 1:
            (pocket,) = pockets
            return (
                ("ratelimit-policy", _policy(pocket)),
                ("ratelimit", _limit(pocket, now)),
            )
        return (
            ("ratelimit-policy", ", ".join(map(_policy, pockets))),
            ("ratelimit", ", ".join(_limit(pocket, now) for pocket in pockets)),
        )

    def refused(self, caller: Caller) -> None:
        """Take what a refused request costs."""
        self.quotas.refused(caller)


@contextmanager
def paid(quota: QuotaTold | None, caller: Caller) -> Iterator[None]:
    """Make the caller pay for what is refused within; without a quota nothing is to be paid."""
    try:
        yield
    except RefusedError:
        if quota is not None:
            quota.refused(caller)
        raise


def _policy(pocket: Pocket) -> str:
    return _told(pocket.policy, pocket.quota.units, pocket.quota.window_s)


@lru_cache(maxsize=256)
def _told(policy: str, units: int, window_s: int) -> str:
    return f'"{policy}";q={units};w={window_s};hub-unit="cost"'


def _limit(pocket: Pocket, now: float) -> str:
    left = pocket.left + pocket.free
    ends_in = pocket.ends_at - now
    if ends_in <= 0:  # a new window has begun, of which nothing is leased yet
        return f'"{pocket.policy}";r={pocket.quota.units};t={pocket.quota.window_s}'
    return f'"{pocket.policy}";r={max(left, 0)};t={int(ends_in) + 1}'
