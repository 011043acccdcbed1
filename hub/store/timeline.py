"""Pure arithmetic on valid time: what a new statement leaves of what was said before.

A timeline is a list of spans that do not overlap, in order. Intervals are half-open.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Generic, TypeVar

FOREVER: Final = date.max
"""An open end; PostgreSQL's 'infinity'."""
ALWAYS: Final = date.min
"""An open beginning; PostgreSQL's '-infinity'."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Span(Generic[T]):
    """`value` holds from the first day on and no longer on the second."""

    valid_from: date
    valid_to: date
    value: T

    def __post_init__(self) -> None:
        """Refuse an interval without a day."""
        if not self.valid_from < self.valid_to:
            raise ValueError("an interval ends after it begins")


def cut(timeline: Iterable[Span[T]], valid_from: date, valid_to: date) -> list[Span[T]]:
    """Return what of `timeline` lies outside the days from `valid_from` until `valid_to`."""
    kept: list[Span[T]] = []
    for span in timeline:
        if span.valid_to <= valid_from or span.valid_from >= valid_to:
            kept.append(span)
            continue
        if span.valid_from < valid_from:
            kept.append(replace(span, valid_to=valid_from))
        if span.valid_to > valid_to:
            kept.append(replace(span, valid_from=valid_to))
    return kept


def splice(existing: Iterable[Span[T]], new: Span[T]) -> list[Span[T]]:
    """Return the timeline on which `new` holds over its days and `existing` elsewhere."""
    spliced = [*cut(existing, new.valid_from, new.valid_to), new]
    return sorted(spliced, key=lambda span: span.valid_from)


def joined(timeline: Sequence[Span[T]], is_same: Callable[[T, T], bool]) -> list[Span[T]]:
    """Return `timeline` with neighbours that say the same made one; the earlier value stays."""
    result: list[Span[T]] = []
    for span in timeline:
        last = result[-1] if result else None
        if last and last.valid_to == span.valid_from and is_same(last.value, span.value):
            result[-1] = replace(last, valid_to=span.valid_to)
        else:
            result.append(span)
    return result
