"""One record as a reader sees it, and small helpers that every reader uses."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from scoring.facts.rows import FOREVER, Row


@dataclass(frozen=True, slots=True)
class Read:
    """One record as the scorer sees it: granted fields only."""

    values: Mapping[str, object] = field(repr=False)
    source_time: datetime
    """When the department last changed it."""
    since: date
    """The day from which the record holds."""

    def day(self, name: str) -> int | None:
        """Return a date as an ordinal, None where there is none."""
        value = self.values.get(name)
        return value.toordinal() if isinstance(value, date) else None

    def whole(self, name: str) -> int | None:
        """Return an integer, None where there is none."""
        value = self.values.get(name)
        return value if isinstance(value, int) else None

    def code(self, name: str) -> int | None:
        """Return a code that is made of digits as a number, None where there is none."""
        value = self.values.get(name)
        return int(value) if isinstance(value, str) and value.isdigit() else None


Reader = Callable[[Sequence[Read]], Iterable[Row]]
"""Takes the records of one person, oldest first; there is at least one."""


def newest_first(records: Iterable[Read]) -> list[Read]:
    """Return records by the day from which they hold, then by their last change."""
    return sorted(records, key=lambda r: (r.since, r.source_time), reverse=True)


def period(record: Read, first: str, last: str) -> tuple[int, int]:
    """Return the first and the last day of a record's own period, open where none is told."""
    begin, end = record.day(first), record.day(last)
    return begin or 0, FOREVER if end is None else end


def flagged(records: Iterable[Read], name: str) -> list[bool]:
    """Return what the records say that say yes or no."""
    return [value for r in records if isinstance(value := r.values.get(name), bool)]
