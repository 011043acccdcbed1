"""How far each department's source was read, and about whom its silence says something.

The place up to which a source was read is the source's own word for it, often a record's key:
it is sealed.

A reading from the start is marked in the cursor from its first page to its end. Only then is it
known what the source does not say, and only of people who were known when that reading began.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from hub.sealing.datakeys import DataKeys
from hub.store.database import Connection
from hub.store.intake import KEY, WITH_KEY, IntakeKey, intake_owner, joined_key

_ONE: Final = UUID(int=0)
"""A department has one cursor: the sealed place has no version of its own."""

_BEGIN: Final = """
INSERT INTO cursor (department, position, scope_revision, moved_at) VALUES ($1, NULL, 0, $2)
ON CONFLICT (department) DO NOTHING
"""
_READ: Final = f"""
SELECT c.position, c.scope_revision, c.reading_from, {KEY}
FROM cursor c {WITH_KEY} WHERE c.department = $2
"""  # noqa: S608 - texts of `hub.store.intake`
_FROM_THE_START: Final = """
UPDATE cursor SET reading_from = (SELECT at FROM known_time) WHERE department = $1
RETURNING reading_from
"""
_MOVE: Final = """
UPDATE cursor SET position = $2, scope_revision = $3, moved_at = $4 WHERE department = $1
"""
_END: Final = """
UPDATE cursor c SET reading_from = NULL,
       whole_from = CASE WHEN c.position IS NOT NULL THEN c.reading_from END
FROM (SELECT department, whole_from FROM cursor WHERE department = $1) AS before
WHERE c.department = before.department AND c.reading_from IS NOT NULL
RETURNING before.whole_from
"""
_SILENCES: Final = """
SELECT department, moved_at, whole_from FROM cursor WHERE whole_from IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a source was read, and under which scope."""

    position: str | None = field(repr=False)
    scope_revision: int
    reading_from: datetime | None = None
    """Newest known time when the reading from the start began that has not reached the end yet;
    None when none is under way."""


@dataclass(frozen=True, slots=True)
class Silence:
    """What a source does not say, it did not say at `read_at`, of people known by `whole_from`."""

    read_at: datetime
    whole_from: datetime


async def read_cursor(
    connection: Connection, keys: DataKeys, department: str, now: datetime
) -> Cursor:
    """Return how far a department's source was read.

    Raises:
        KeysUnavailableError: The department's key is not at hand.
        SealBrokenError: What is stored does not authenticate.
    """
    await connection.execute(_BEGIN, department, now)
    row = await connection.fetchrow(_READ, intake_owner(department), department)
    if row is None:
        return Cursor(None, 0)
    position = row["position"]
    if position is not None:
        key = joined_key(row, keys, department)
        position = str(key.open("cursor", "position", _ONE, position)[0])
    return Cursor(position, row["scope_revision"], row["reading_from"])


async def begin_reading(connection: Connection, department: str) -> datetime:
    """Mark that the source is read from its start from now on, and return the known time."""
    began: datetime = await connection.fetchval(_FROM_THE_START, department)
    return began


async def move_cursor(
    connection: Connection, key: IntakeKey, cursor: Cursor, now: datetime
) -> None:
    """Store how far a department's source was read, with whatever else the transaction stores."""
    position = cursor.position
    sealed = None if position is None else key.seal("cursor", "position", _ONE, [position])
    await connection.execute(_MOVE, key.department, sealed, cursor.scope_revision, now)


async def end_reading(connection: Connection, department: str) -> datetime | None:
    """Mark that the reading from the start has reached the end.

    A source that gave nothing at all has not spoken yet: its silence says nothing. Return up to
    which known time people were covered by the reading before; None for the first.
    """
    before: datetime | None = await connection.fetchval(_END, department)
    return before


async def silences(connection: Connection) -> Mapping[str, Silence]:
    """Return what the silence of each department means that was read to its end."""
    rows = await connection.fetch(_SILENCES)
    return {r["department"]: Silence(r["moved_at"], r["whole_from"]) for r in rows}
