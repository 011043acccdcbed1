"""Public security, justice: who people are, and the day of a release, nothing else of it."""

from collections.abc import Iterable, Sequence
from typing import Final

from scoring.facts.reads.reading import Read, Reader
from scoring.facts.rows import Kind, Row, Source


def _population(records: Sequence[Read]) -> Iterable[Row]:
    born = records[-1].day("birth_date")
    return () if born is None else (Row(Kind.BORN, a=born),)


def _released(records: Sequence[Read]) -> Iterable[Row]:
    days = {day for r in records if (day := r.day("released_on")) is not None}
    return (Row(Kind.RELEASED, a=day) for day in days)


READERS: Final[dict[Source, Reader]] = {
    Source.POPULATION: _population,
    Source.CUSTODY_STATUS: _released,
    Source.JUSTICE_STATUS: _released,
}
