"""Civil affairs' own list of households in scope: whom the hub may keep.

A UTF-8 CSV file: the applicant's citizen number, the household book's number, and why the
household is listed.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from connectors.convert import Fault, Value, citizen_number, half_width, text
from connectors.errors import SourceFormatError
from connectors.files import CsvDrops
from connectors.protocol import ReasonCode, SourceRecord, Unreadable
from connectors.shape import Shape, beijing_moment

DEPARTMENT: Final = "civil-affairs"
HEADER: Final = ("申请人身份证号", "户号", "原因")
REASONS: Final = frozenset({"DB", "DY", "TK", "GX", "monitoring"})

_SHAPE: Final = Shape(
    DEPARTMENT, "monitoring_list", key="户号", updated="户号", moment=beijing_moment
)
_HOUSEHOLD: Final = half_width(text(missing=ReasonCode.HOUSEHOLD_MISSING, longest=30))


@dataclass(frozen=True, slots=True)
class Listed:
    """One household in scope."""

    household_key: str
    applicant: str = field(repr=False)
    """The applicant's citizen number in its 18-character form."""
    reason: str


@dataclass(frozen=True, slots=True)
class MonitoringList:
    """The whole list, and the lines that could not be taken."""

    listed: tuple[Listed, ...]
    unreadable: tuple[Unreadable, ...]


async def read_monitoring_list(path: Path) -> MonitoringList:
    """Return every household of the list at `path`.

    A line that cannot be taken is reported; the others count.

    Raises:
        SourceUnavailableError: The file's folder is not there, or it cannot be read.
        SourceFormatError: The file is not there or not the agreed list at all, so that
            nobody would be in scope.
    """
    drops = CsvDrops(_SHAPE, path.parent, path.name, HEADER, "utf-8-sig")
    listed: list[Listed] = []
    unreadable: list[Unreadable] = []
    seen = False
    async for page in drops.pull(None):
        seen = True
        unreadable.extend(page.unreadable)
        for record in page.records:
            found = _taken(record)
            if isinstance(found, Listed):
                listed.append(found)
            else:
                unreadable.append(found)
    if not seen or any(bad.reason is ReasonCode.FILE_UNREADABLE for bad in unreadable):
        raise SourceFormatError(DEPARTMENT, path.name, "is not the agreed monitoring list")
    return MonitoringList(tuple(listed), tuple(unreadable))


def _taken(record: SourceRecord) -> Listed | Unreadable:
    number: Value | Fault = citizen_number(record.words.get(HEADER[0]))
    household: Value | Fault = _HOUSEHOLD(record.words.get(HEADER[1]))
    reason = (record.words.get(HEADER[2]) or "").strip()
    for value in (number, household):
        if isinstance(value, Fault):
            return _SHAPE.unreadable(record.location, value.code, value.detail)
    if reason not in REASONS:
        return _SHAPE.unreadable(
            record.location, ReasonCode.CODE_UNKNOWN, "the reason is not an agreed one"
        )
    return Listed(str(household), str(number), reason)
