"""Records that wait in quarantine, read back as the source sent them: what a replay takes in."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from connectors.protocol import Page, SourceRecord
from hub.errors import SealBrokenError
from hub.sealing.datakeys import DataKeys
from hub.store.database import Database
from hub.store.intake import IntakeKey, intake_key

CHUNK: Final = 500
_WAITING: Final = """
SELECT quarantine_id, dataset, location, words FROM quarantine
WHERE department = $1 AND resolved_at IS NULL AND words IS NOT NULL AND quarantine_id > $2
ORDER BY quarantine_id LIMIT $3
"""


async def waiting_pages(database: Database, keys: DataKeys, department: str) -> AsyncIterator[Page]:
    """Go through a department's waiting records once, whatever becomes of them on the way.

    Raises:
        KeysUnavailableError: The department's key is not at hand.
        SealBrokenError: A stored value does not authenticate.
    """
    last = UUID(int=0)
    while True:
        async with database.connection() as connection:
            rows = await connection.fetch(_WAITING, department, last, CHUNK)
            if not rows:
                return
            key = await intake_key(connection, keys, department)
        if key is None:
            raise SealBrokenError(f"What waits of {department} has no key.")
        records = tuple(_record(row, key) for row in rows)
        yield Page(records, (), "")
        last = rows[-1]["quarantine_id"]


def _record(row: Record, key: IntakeKey) -> SourceRecord:
    own_key, words, when, deleted = key.open(
        row["dataset"], "intake", row["quarantine_id"], row["words"]
    )
    kept = words if isinstance(words, Mapping) else {}
    return SourceRecord(
        key.department,
        row["dataset"],
        str(own_key),
        {str(name): None if word is None else str(word) for name, word in kept.items()},
        row["location"],
        datetime.fromisoformat(when) if isinstance(when, str) else None,
        deleted=bool(deleted),
    )
