"""Region codes change: a prefix means, on each day, the codes that its area had on that day.

Households keep the code of each day (`household_place`), so a scope check compares with the edition
that is valid on the day asked. A change of codes, stated in the policy, leads from the code that a
prefix is written in to those of other days. It never leads to a larger area: where an area was cut
in two, its parts do not see what lay in the whole before; where two became one, who had one of them
does not see the other.

Source: GB/T 2260 and the county's codes below it are published with the day from which they hold.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby


@dataclass(frozen=True, slots=True)
class RegionChange:
    """From `start` on, what had the code `old`, or a part of it, has the code `new`."""

    old: str
    new: str
    start: date


def regions_on(
    regions: Sequence[str], changes: Sequence[RegionChange], day: date
) -> tuple[str, ...]:
    """Return the prefixes that mean on `day` what `regions` mean; `changes` come by their days."""
    if not changes:
        return tuple(regions)
    found = set(regions)
    by_day = [list(same) for _, same in groupby(changes, key=lambda change: change.start)]
    for same in by_day:
        if same[0].start <= day:
            found = _led(found, [(change.old, change.new) for change in same])
    for same in reversed(by_day):
        if same[0].start > day:
            found = _led(found, [(change.new, change.old) for change in same])
    return tuple(sorted(found))


def regions_ever(regions: Sequence[str], changes: Sequence[RegionChange]) -> tuple[str, ...]:
    """Return every prefix that means on some day what `regions` mean."""
    days = {change.start - timedelta(days=n) for change in changes for n in (0, 1)}
    return tuple(sorted({*regions, *(r for d in days for r in regions_on(regions, changes, d))}))


def _led(regions: Iterable[str], ways: Sequence[tuple[str, str]]) -> set[str]:
    """Return where each region leads; nowhere, where that would be more than it was."""
    found: set[str] = set()
    for region in regions:
        source = next((a for a, _ in ways if region.startswith(a)), None)
        if source is None:
            found.add(region)
            continue
        targets = [b for a, b in ways if a == source]
        for target in targets:
            if all(a == source for a, b in ways if b == target):
                found.add(target + region[len(source) :])
    return found
