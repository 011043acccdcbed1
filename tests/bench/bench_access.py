"""What a decision costs: of a cached plan, of a policy with very many grants, of one document."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from hub.access import Caller, EntitlementRule, Grant, Policy, Purpose, Refusal

GRANTS: Final = 20_000
FIELDS: Final = 120
TODAY: Final = date(2026, 11, 23)
_START: Final = date(2026, 7, 1)
_END: Final = date(2028, 7, 1)
_ROUNDS: Final = 7


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure, against what it may be."""

    what: str
    microseconds: float
    limit: float


def policy_of(grants: int = GRANTS, fields: int = FIELDS) -> Policy:
    """Return a policy with that many grants, `fields` for each entitlement."""
    rules = tuple(
        EntitlementRule(
            f"department-{n}",
            "clerk",
            Purpose.CASE,
            "basis",
            _START,
            _END,
            ("420106",),
            case_required=False,
            grants=tuple(
                Grant(
                    f"Type{f // 10}.field{f}",
                    f"A-{n}",
                    "source",
                    "basis",
                    consent=False,
                    start=_START,
                    end=_END,
                )
                for f in range(fields)
            ),
        )
        for n in range(grants // fields + 1)
    )
    return Policy("p", rules)


def decided(policy: Policy, caller: Caller, paths: Sequence[str]) -> int:
    """Return how many of `paths` the caller may read: all that is decided for one document."""
    found = policy.entitlement(caller, TODAY)
    assert not isinstance(found, Refusal)
    return sum(found.is_granted(path) for path in paths)


def measure() -> list[Measured]:
    """Return the figures, each the median of a few rounds on this machine's processor time."""
    policy = policy_of()
    last = policy.rules[-1]
    caller = Caller(*last.key, "client", "u1", "case-1")
    narrowed = Caller(*last.key, "client", "u1", "case-1", ("420106001",))
    paths = [grant.path for grant in last.grants]

    def anew() -> None:
        decided(Policy(policy.digest, policy.rules), caller, paths)

    policy.entitlement(caller, TODAY)
    return [
        Measured("a cached plan's entitlement", _each(policy, caller), 5.0),
        Measured("the same, for a client narrowed to an area", _each(policy, narrowed), 5.0),
        Measured(f"a document of {FIELDS} fields, {GRANTS:,} grants", _median(anew), 5_000.0),
    ]


def _each(policy: Policy, caller: Caller, times: int = 20_000) -> float:
    def many() -> None:
        for _ in range(times):
            policy.entitlement(caller, TODAY)

    return _median(many) / times


def _median(work: Callable[[], None]) -> float:
    found = []
    for _ in range(_ROUNDS):
        before = time.process_time()
        work()
        found.append((time.process_time() - before) * 1e6)
    return statistics.median(found)


def run() -> None:
    """Print the figures."""
    for one in measure():
        print(f"{one.what:<50} {one.microseconds:>10,.2f} us   (at most {one.limit:,.0f})")
