"""Housing and emergency management: dangerous dwellings, disasters."""

from collections.abc import Iterable, Sequence
from typing import Final

from scoring.facts.reads.reading import Read, Reader
from scoring.facts.rows import Kind, Row, Source

_DANGEROUS: Final = frozenset({"C", "D"})
"""Grades of JGJ 125 at which a part or the whole of a dwelling is dangerous [R]."""
_EVENTS: Final = frozenset({"fire", "accident", "flood", "storm"})
_LOSS: Final = 2
"""A level of loss from which an event is a trigger; 1 is slight."""


def _dwellings(records: Sequence[Read]) -> Iterable[Row]:
    found = any(r.values.get("grade") in _DANGEROUS for r in records)
    return (Row(Kind.DANGEROUS, a=1),) if found else ()


def _damage(records: Sequence[Read]) -> Iterable[Row]:
    days = {
        day
        for r in records
        if r.values.get("kind") in _EVENTS
        and (r.whole("loss_level") or 0) >= _LOSS
        and (day := r.day("occurred_on")) is not None
    }
    return (Row(Kind.DISASTER, a=day) for day in days)


READERS: Final[dict[Source, Reader]] = {
    Source.DANGEROUS_HOUSING: _dwellings,
    Source.DISASTER_DAMAGE: _damage,
}
