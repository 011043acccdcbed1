"""How far the stream of new entries has come, and what is next: read behind the log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from audit.forms import FormedEntry
from hub.store.database import Connection

_BEGIN: Final = """
    insert into log_stream (receiver, next, moved_at, failure)
    values ($1, $3, $2, '') on conflict do nothing
"""
_STATE: Final = """
    select next, moved_at, failure, failed_at from log_stream where receiver = $1
"""
_SIZE: Final = "select size from audit.head"
_ENTRIES: Final = """
    select seq, kind, record from audit.record where seq >= $1 and seq < $2 order by seq
"""
_MOVE: Final = """
    update log_stream set next = $3, moved_at = $4, failure = '', failed_at = null
    where receiver = $1 and next = $2
"""
_FAIL: Final = "update log_stream set failure = $2, failed_at = $3 where receiver = $1"


@dataclass(frozen=True, slots=True)
class StreamState:
    """Where the stream stands."""

    next: int
    moved_at: datetime
    failure: str
    """The class of what went wrong last, since it moved; "": nothing."""
    size: int
    """Entries that the log has."""
    failed_at: datetime | None

    @property
    def behind(self) -> int:
        """How many entries wait."""
        return self.size - self.next


async def stream_state(
    connection: Connection, receiver: str, log: Connection | None = None
) -> StreamState | None:
    """Return where the stream to a receiver stands; None: it never began.

    The log is read over `log`, where it is in a database of its own.
    """
    row = await connection.fetchrow(_STATE, receiver)
    if row is None:
        return None
    size: int = await (connection if log is None else log).fetchval(_SIZE)
    return StreamState(row["next"], row["moved_at"], row["failure"], size, row["failed_at"])


async def begin_stream(
    connection: Connection, receiver: str, now: datetime, log: Connection
) -> None:
    """Begin at the end that the log has now, unless the receiver has a position."""
    await connection.execute(_BEGIN, receiver, now, await log.fetchval(_SIZE))


async def entries_from(log: Connection, start: int, stop: int) -> list[FormedEntry]:
    """Return entries `start` to `stop`; subjects are not read."""
    return [FormedEntry(*row) for row in await log.fetch(_ENTRIES, start, stop)]


async def move_stream(
    connection: Connection, receiver: str, start: int, stop: int, now: datetime
) -> None:
    """Note that the receiver has taken what is before `stop`; another process may have done so."""
    await connection.execute(_MOVE, receiver, start, stop, now)


async def note_failure(connection: Connection, receiver: str, failure: str, now: datetime) -> None:
    """Note that the receiver did not take what was sent."""
    await connection.execute(_FAIL, receiver, failure, now)
