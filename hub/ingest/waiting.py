"""Records that wait in quarantine, read back as the source sent them: what a replay takes in."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from connectors.protocol import Page, SourceRecord
from hub.sealing.datakeys import DataKeys
from hub.store.database import Database
from hub.store.intake import KEY, WITH_KEY, IntakeKey, intake_owner, joined_key

CHUNK: Final = 500
_WAITING: Final = f"""
SELECT q.quarantine_id, q.dataset, q.location, q.words, {KEY}
FROM quarantine q {WITH_KEY}
WHERE q.department = $2 AND q.resolved_at IS NULL AND q.words IS NOT NULL AND q.quarantine_id > $3
ORDER BY q.quarantine_id LIMIT $4
"""  # noqa: S608 - texts of `hub.store.intake`


async def waiting_pages(database: Database, keys: DataKeys, department: str) -> AsyncIterator[Page]:
    """Go through a department's waiting records once, whatever becomes of them on the way.

    Raises:
        KeysUnavailableError: The department's key is not at hand.
        SealBrokenError: A stored value does not authenticate.
    """
    owner, last = intake_owner(department), UUID(int=0)
    while True:
        async with database.connection() as connection:
            rows = await connection.fetch(_WAITING, owner, department, last, CHUNK)
        if not rows:
            return
        key = joined_key(rows[0], keys, department)
        records = tuple(record_of(row, key) for row in rows)
        yield Page(records, (), "")
        last = rows[-1]["quarantine_id"]


def record_of(row: Record, key: IntakeKey) -> SourceRecord:
    """Return a row of the quarantine as its source sent it; raises SealBrokenError."""
    own_key, words, when, deleted = key.open(
        row["dataset"], "intake", row["quarantine_id"], row["words"]
    )
    return SourceRecord(
        key.department,
        row["dataset"],
        str(own_key),
        words_of(words),
        row["location"],
        moment_of(when),
        deleted=bool(deleted),
    )


def words_of(opened: object) -> dict[str, str | None]:
    """Return a source's words as they were sealed."""
    kept = opened if isinstance(opened, Mapping) else {}
    return {str(name): None if word is None else str(word) for name, word in kept.items()}


def moment_of(opened: object) -> datetime | None:
    """Return a time of change as it was sealed."""
    return datetime.fromisoformat(opened) if isinstance(opened, str) else None
