"""What witnesses said of the audit log: kept beside it, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from hub.store.database import Connection
from hub.store.log_tree import Newest

_NEWEST: Final = """
    SELECT DISTINCT ON (witness) witness, at, size FROM audit.cosignature
    ORDER BY witness, at DESC, size DESC
"""
_KEEP: Final = """
    INSERT INTO audit.cosignature (witness, at, size, note, line) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING
"""
_PUBLISHED: Final = """
    SELECT DISTINCT ON (witness) size, note, line FROM audit.cosignature
    WHERE size = (SELECT max(size) FROM audit.cosignature)
    ORDER BY witness, at DESC
"""

KEPT_WHOLE: Final = timedelta(days=31)
"""A day more than the database refuses to have deleted."""
_THIN: Final = """
    DELETE FROM audit.cosignature c
    WHERE c.at < $1 AND c.size < (SELECT max(size) FROM audit.cosignature)
      AND EXISTS (
        SELECT FROM audit.cosignature l
        WHERE l.witness = c.witness AND (l.at, l.size) > (c.at, c.size)
          AND l.at < date_trunc('day', c.at, 'UTC') + interval '1 day')
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """The last cosignature of one witness."""

    witness: str
    at: datetime
    size: int


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A cosignature that verified."""

    witness: str
    at: datetime
    size: int
    note: str
    line: str


async def last_seen(connection: Connection) -> Sequence[Seen]:
    """Return the last cosignature of each witness that ever gave one, by its name."""
    return [Seen(*row) for row in await connection.fetch(_NEWEST)]


async def keep(connection: Connection, given: Cosignature) -> None:
    """Keep a cosignature."""
    await connection.execute(_KEEP, given.witness, given.at, given.size, given.note, given.line)


async def thin_out(connection: Connection, now: datetime) -> int:
    """Keep one a day of the cosignatures older than a month; return how many are gone.

    What is kept is the last one of each day of each witness, and whatever is of the largest tree.
    """
    done: str = await connection.execute(_THIN, now - KEPT_WHOLE)
    return int(done.rpartition(" ")[2])


async def newest_witnessed(connection: Connection) -> Newest | None:
    """Return the newest checkpoint that any witness cosigned, with every cosignature of it."""
    rows = await connection.fetch(_PUBLISHED)
    if not rows:
        return None
    return Newest(rows[0]["size"], rows[0]["note"] + "".join(row["line"] for row in rows))
