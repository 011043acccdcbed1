"""Three-valued logic and bounds: what can be said although something is unknown.

A truth is True, False or None (unknown). Each function is monotone: learning a value
may turn unknown into an answer, never one answer into another. So more knowledge
never lowers the coverage of a score.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

Truth = bool | None


def negation(truth: Truth) -> Truth:
    """Return the opposite; unknown stays unknown."""
    return None if truth is None else not truth


def conjunction(truths: Iterable[Truth]) -> Truth:
    """Whether all hold: False once one is false, whatever is unknown."""
    unknown = False
    for truth in truths:
        if truth is False:
            return False
        unknown = unknown or truth is None
    return None if unknown else True


def disjunction(truths: Iterable[Truth]) -> Truth:
    """Whether one holds: True once one does, whatever is unknown."""
    unknown = False
    for truth in truths:
        if truth is True:
            return True
        unknown = unknown or truth is None
    return None if unknown else False


@dataclass(frozen=True, slots=True)
class Bounds:
    """A number that lies in `low`..`high`, both inclusive."""

    low: int
    high: int


def count(truths: Iterable[Truth]) -> Bounds:
    """Return how many hold, at least and at most."""
    listed = tuple(truths)
    return Bounds(sum(t is True for t in listed), sum(t is not False for t in listed))


def age_on(born: date, day: date) -> int:
    """Return completed years; who was born on 29 February turns on 1 March in common years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def month_shift(month: date, by: int) -> date:
    """Return the first day of the month that lies `by` months later."""
    year, index = divmod(month.year * 12 + month.month - 1 + by, 12)
    return date(year, index + 1, 1)


def months_before(day: date, months: int) -> date:
    """Return the day `months` earlier, or that month's last day where it is shorter."""
    first = month_shift(day, -months)
    last = date.fromordinal(month_shift(first, 1).toordinal() - 1)
    return first.replace(day=min(day.day, last.day))
