"""What every connector gives: a department's records as they came, page by page.

A page carries the cursor that continues behind it. Whoever stores a page stores its
cursor in the same transaction, so that a crash repeats a page and never skips one.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class ReasonCode(StrEnum):
    """Why a record cannot be accepted; the codes are part of the outside surface."""

    NUMBER_MISSING = "number-missing"
    NUMBER_FORMAT = "number-format"
    NUMBER_CHECK_DIGIT = "number-check-digit"
    NUMBER_BIRTH_DATE = "number-birth-date"
    NAME_MISSING = "name-missing"
    HOUSEHOLD_MISSING = "household-missing"
    VALUE_MISSING = "value-missing"
    TEXT_FORMAT = "text-format"
    DATE_IMPOSSIBLE = "date-impossible"
    DATE_IN_FUTURE = "date-in-future"
    CODE_UNKNOWN = "code-unknown"
    AMOUNT_FORMAT = "amount-format"
    ORDER = "order"
    COLUMN_COUNT = "column-count"
    ROW_UNREADABLE = "row-unreadable"
    FILE_UNREADABLE = "file-unreadable"
    SOURCE_SILENT = "source-silent"


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One record of a department in the department's own words.

    `key` tells the department's records of one dataset apart and stays the same when a
    record is corrected. It can hold a citizen number (a disability certificate's number
    does), so it is stored as a keyed tag and never logged. `location` is safe to show.
    """

    department: str
    dataset: str
    key: str
    words: Mapping[str, str | None] = field(repr=False)
    location: str
    source_time: datetime | None
    """When the department last changed the record; None where it says so unreadably."""
    deleted: bool


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A piece of a source that is not even a record; `detail` holds no value of it."""

    department: str
    dataset: str
    location: str
    reason: ReasonCode
    detail: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some records in the source's order, and the cursor that continues behind them."""

    records: tuple[SourceRecord, ...]
    unreadable: tuple[Unreadable, ...]
    cursor: str


class Connector(Protocol):
    """Reads one department's source. Safe to stop between two pages and to begin anew."""

    @property
    def department(self) -> str:
        """The department whose words these are."""
        ...

    def pull(self, cursor: str | None) -> AsyncIterator[Page]:
        """Yield the pages behind `cursor`, from the beginning if it is None.

        A pull ends when the source has nothing newer. The same cursor gives the same
        records again as long as the source has not changed.

        Raises:
            SourceUnavailableError: The source failed at every attempt; the pages before
                it are good, continue from the last stored cursor later.
            SourceRefusedError: Our credential is not accepted.
            SourceFormatError: The source, or `cursor`, is not of the agreed form.
        """
        ...
