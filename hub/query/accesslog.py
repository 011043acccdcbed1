"""Shows an auditor the log: entries newest first, each as its record states it.

The look-up is on record before its answer leaves, about the subject if one was named. An entry's
field sets are spelled out from the log's own dictionary.
"""

from dataclasses import dataclass
from datetime import UTC
from typing import Final

from audit.entry import SUBJECT_SIZE, TAG_SIZE
from audit.search import Match, matches
from hub.query.logbook import Logbook
from hub.query.model import BoundRoot
from hub.query.registers import Found
from hub.query.shape import Tree

_TEXTS: Final = (
    "role",
    "actor",
    "client",
    "purpose",
    "case",
    "outcome",
    "channel",
    "policy",
    "operation",
    "document",
    "request",
    "reason",
)


@dataclass(frozen=True, slots=True)
class AccessLog:
    """Reads the log for auditors."""

    book: Logbook

    async def find(self, bound: BoundRoot) -> Found:
        """Return a page of entries.

        Raises:
            StoreUnavailableError: The database gave up.
        """
        async with self.book.opened(bound) as opened:
            if not opened.is_known:
                return Found(opened.policy, (), (), opened.record(0))
            wanted = opened.filter(bound.first + 1)
            found = [m async for m in matches(opened.connection, wanted, self.book.definitions)]
        page = found[: bound.first]
        cursors = tuple(str(match.row["seq"]) for match in page)
        return Found(
            opened.policy,
            tuple(map(entry_told, page)),
            cursors,
            opened.record(len(page)),
            len(found) > bound.first,
            opened.own,
        )


def entry_told(match: Match) -> Tree:
    """Return an entry as it is told, by the names of its fields."""
    row, record = match.row, match.record
    denied, subjects = record.get("denied"), row["subjects"]
    tags = {subjects[at : at + TAG_SIZE] for at in range(0, len(subjects), SUBJECT_SIZE)}
    return {
        "index": row["seq"],
        "at": row["at"].astimezone(UTC).isoformat(),
        "kind": str(match.kind),
        "department": row["department"],
        **{name: text_in(record.get(name)) for name in _TEXTS},
        "fields": list(match.fields),
        "denied": [str(each) for each in denied] if isinstance(denied, list) else [],
        "subjectCount": len(tags),
    }


def text_in(value: object) -> str | None:
    """Return a text of a record; nothing where it has something else."""
    return value if isinstance(value, str) else None
