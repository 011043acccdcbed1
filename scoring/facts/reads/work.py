"""Human resources: insured work, pensions, unemployment."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from scoring.facts.reads.reading import Read, Reader, flagged, period
from scoring.facts.rows import FOREVER, Kind, Row, Source

_DECEMBER: Final = 12


def _last_day(month: int) -> int:
    """Return the last day of the month that a day lies in, both as ordinals."""
    first = date.fromordinal(month).replace(day=1)
    over = first.month == _DECEMBER
    following = date(first.year + over, 1 if over else first.month + 1, 1)
    return following.toordinal() - 1


def _spells(records: Sequence[Read]) -> Iterator[Row]:
    for r in records:
        begin, end = r.day("month_from"), r.day("month_to")
        if r.values.get("status") == "active" and begin is not None:
            last = FOREVER if end is None else _last_day(end)
            yield Row(Kind.SPELL, a=begin, b=last, c=r.whole("base_cents") or 0)


def _paid(kind: Kind, records: Sequence[Read]) -> Iterator[Row]:
    for r in records:
        first, last = period(r, "start_date", "end_date")
        yield Row(kind, a=first, b=last, c=r.whole("monthly_cents") or 0)


def _pensions(records: Sequence[Read]) -> Iterable[Row]:
    return _paid(Kind.PENSION, records)


def _benefits(records: Sequence[Read]) -> Iterable[Row]:
    return _paid(Kind.BENEFIT, records)


def _registration(records: Sequence[Read]) -> Iterable[Row]:
    said = flagged(records[-1:], "registered_unemployed")
    return (Row(Kind.UNEMPLOYED, a=int(flag)) for flag in said)


READERS: Final[dict[Source, Reader]] = {
    Source.SOCIAL_INSURANCE: _spells,
    Source.PENSION: _pensions,
    Source.UNEMPLOYMENT_BENEFIT: _benefits,
    Source.EMPLOYMENT_REGISTRATION: _registration,
}
