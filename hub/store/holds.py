"""Entries of the access log that are held beyond their time, and by what.

A hold is placed by a person and stays until a person releases it; the rows are kept for good. What
a finding rests on is held by itself until it is closed: whoever looks at it counts again.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from audit.retention import Span, merged
from hub.store.database import Connection

_PLACE: Final = """
    INSERT INTO audit.hold (id, start, stop, reason, placed_by, placed_at)
    VALUES ($1, $2, $3, $4, $5, $6)
"""
_RELEASE: Final = """
    UPDATE audit.hold SET released_by = $2, released_at = $3
    WHERE id = $1 AND released_at IS NULL
"""
_LISTED: Final = """
    SELECT id, start, stop, reason, placed_by, placed_at FROM audit.hold
    WHERE released_at IS NULL ORDER BY placed_at, id
"""
_OPEN: Final = """
    SELECT first_index, last_index + 1 FROM indicator AS i
    WHERE count >= threshold
      AND coalesce((SELECT state FROM indicator_note AS n WHERE n.indicator_id = i.id
                    ORDER BY number DESC LIMIT 1), 'open') <> 'closed'
"""
_COUNTED: Final = "SELECT next FROM indicator_progress"
_TWINNED: Final = "SELECT size FROM audit.twin"


@dataclass(frozen=True, slots=True)
class Hold:
    """Entries from `start` up to `stop` that are not dropped, whatever their age."""

    id: str
    start: int
    stop: int
    reason: str
    placed_by: str
    placed_at: datetime


async def place(connection: Connection, hold: Hold) -> None:
    """Store a hold."""
    await connection.execute(
        _PLACE, hold.id, hold.start, hold.stop, hold.reason, hold.placed_by, hold.placed_at
    )


async def release(connection: Connection, hold: str, by: str, at: datetime) -> bool:
    """Release a hold; return whether there was such a one."""
    done: str = await connection.execute(_RELEASE, hold, by, at)
    return done == "UPDATE 1"


async def holds(connection: Connection) -> list[Hold]:
    """Return what is held by people, the oldest hold first."""
    return [Hold(*row) for row in await connection.fetch(_LISTED)]


async def cited(connection: Connection) -> list[Span]:
    """Return the entries that findings rest on which are not closed."""
    return merged([(row[0], row[1]) for row in await connection.fetch(_OPEN)])


async def counted(connection: Connection) -> int:
    """Return up to which entry indicators were counted: none before that is needed for it."""
    following: int = await connection.fetchval(_COUNTED)
    return following


async def twinned(connection: Connection) -> int:
    """Return how many entries the SM3 twin has seen."""
    size: int = await connection.fetchval(_TWINNED)
    return size
