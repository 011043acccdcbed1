"""Where seals were found broken: how often, since when, and whether the operator was told.

A row says a department, a dataset and what was wrong; nothing about anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from hub.sealing.broken import Break
from hub.store.database import Connection

_ADD: Final = """
INSERT INTO seal_break (department, dataset, reason, found, told, first_at, last_at)
VALUES ($1, $2, $3, $4, 0, $5, $5)
ON CONFLICT (department, dataset, reason)
DO UPDATE SET found = seal_break.found + excluded.found, last_at = excluded.last_at
"""
_ALL: Final = """
SELECT department, dataset, reason, found, first_at, last_at FROM seal_break
ORDER BY department, dataset, reason
"""
_CLAIM: Final = """
UPDATE seal_break SET tried_at = $1
WHERE found > told AND (tried_at IS NULL OR tried_at <= $2)
  AND NOT EXISTS (SELECT FROM seal_break WHERE tried_at > $2)
RETURNING department, dataset, reason, found, first_at, last_at
"""
_TOLD: Final = """
UPDATE seal_break SET told = greatest(told, $4)
WHERE department = $1 AND dataset = $2 AND reason = $3
"""
_SETTLE: Final = """
DELETE FROM seal_break WHERE ($1::text IS NULL OR department = $1)
RETURNING department, dataset, reason, found, first_at, last_at
"""


@dataclass(frozen=True, slots=True)
class Broken:
    """How often seals of one kind were found broken in one place."""

    department: str
    dataset: str
    reason: str
    found: int
    first_at: datetime
    last_at: datetime


async def add_breaks(connection: Connection, found: Mapping[Break, int], at: datetime) -> None:
    """Count what was found broken."""
    for (department, dataset, reason), count in sorted(found.items()):
        await connection.execute(_ADD, department, dataset, str(reason), count, at)


async def all_breaks(connection: Connection) -> list[Broken]:
    """Return what was found broken and is not settled."""
    return [Broken(*row) for row in await connection.fetch(_ALL)]


async def claimed(connection: Connection, at: datetime, pause: timedelta) -> list[Broken]:
    """Return what nobody was told of and this process tells now; nothing within `pause`."""
    rows = await connection.fetch(_CLAIM, at, at - pause)
    return sorted((Broken(*row) for row in rows), key=lambda b: (b.department, b.dataset, b.reason))


async def mark_told(connection: Connection, told: list[Broken]) -> None:
    """Write down that the operator was told of so many."""
    for each in told:
        place = (each.department, each.dataset, each.reason)
        await connection.execute(_TOLD, *place, each.found)


async def settle_breaks(connection: Connection, department: str | None) -> list[Broken]:
    """Forget what was found broken, of one department or of all; return it."""
    return [Broken(*row) for row in await connection.fetch(_SETTLE, department)]
