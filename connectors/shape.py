"""How one dataset's records are told apart: key, time of change, and what deletes one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from connectors.protocol import ReasonCode, SourceRecord, Unreadable

BEIJING: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has had one time without daylight saving since 1992."""


def beijing_moment(word: str) -> datetime | None:
    """Return the moment that an ISO 8601 `word` names, Beijing time unless it says other."""
    try:
        moment = datetime.fromisoformat(word.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def beijing_day(word: str) -> datetime | None:
    """Return the first moment of the day `word` (YYYYMMDD or YYYY-MM-DD) in Beijing."""
    return beijing_moment(word.strip()[:10]) if len(word.strip()) in {8, 10} else None


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns that make a department's words one record of a dataset."""

    department: str
    dataset: str
    key: str
    updated: str
    moment: Callable[[str], datetime | None] = beijing_moment
    gone: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Column -> the words in it by which the department takes the record back."""

    def record(self, words: Mapping[str, str | None], location: str) -> SourceRecord | Unreadable:
        """Return `words` as one record, or why they cannot be one."""
        key = (words.get(self.key) or "").strip()
        if not key:
            return self.unreadable(
                location, ReasonCode.ROW_UNREADABLE, f"the key column {self.key} is empty"
            )
        return SourceRecord(
            department=self.department,
            dataset=self.dataset,
            key=key,
            words=words,
            location=location,
            source_time=self.moment(words.get(self.updated) or ""),
            deleted=any(
                (words.get(column) or "").strip() in said for column, said in self.gone.items()
            ),
        )

    def unreadable(self, location: str, reason: ReasonCode, detail: str) -> Unreadable:
        """Return the report of a piece of this dataset that cannot be read."""
        return Unreadable(self.department, self.dataset, location, reason, detail)
