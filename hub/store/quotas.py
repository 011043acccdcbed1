"""How much of a window's quota is given away, in one row a subject that all hubs share.

A window is a fixed span of the database's own clock, so that no two hubs disagree about it. What
is leased never adds up to more than the quota. A lease dies with its window: what a hub that was
killed had left is lost until then, and no longer.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from hub.errors import StoreUnavailableError
from hub.store.database import Connection, Database

_ROW: Final = """
    insert into quota_window (subject, started_at, leased) values ($1, '-infinity', 0)
    on conflict do nothing
"""
_LOCKED: Final = """
    select
      greatest(q.started_at, w.started_at) as started_at,
      case when q.started_at >= w.started_at then q.leased else 0 end as leased,
      extract(epoch from greatest(q.started_at, w.started_at) - clock_timestamp())::float8 + $2
        as ends_in_s
    from quota_window q, (
      select to_timestamp(
        floor((extract(epoch from clock_timestamp()) + $3) / $2) * $2 - $3
      ) as started_at
    ) w
    where q.subject = $1
    for update of q
"""
_LEASED: Final = "update quota_window set started_at = $2, leased = $3 where subject = $1"
_GIVEN_BACK: Final = """
    update quota_window set leased = greatest(leased - $3, 0)
    where subject = $1 and started_at = $2
"""


@dataclass(frozen=True, slots=True)
class Lease:
    """What was given of one window: `units` may be none; `free` are those that nobody has."""

    units: int
    free: int
    started_at: datetime
    ends_in_s: float


@dataclass(frozen=True, slots=True)
class QuotaLedger:
    """Leases parts of windows; lives as long as the application."""

    database: Database

    async def lease(
        self,
        subject: str,
        *,
        needed: int,
        wanted: int,
        quota: int,
        window_s: int,
        offset_s: int = 0,
    ) -> Lease:
        """Lease `wanted` units of the present window, or as many as are free, if that is enough.

        Where fewer than `needed` are free, none are given. A window begins `offset_s` earlier than
        the multiples of its length by universal time.

        Raises:
            StoreUnavailableError: Nobody knows how many are free.
        """
        try:
            async with self.database.transaction() as connection:
                row = await _locked(connection, subject, window_s, offset_s)
                free = max(quota - row["leased"], 0)
                units = min(wanted, free) if free >= needed else 0
                await connection.execute(_LEASED, subject, row["started_at"], row["leased"] + units)
        except asyncpg.PostgresError as problem:
            raise StoreUnavailableError("The database did not answer for the quota.") from problem
        return Lease(units, free - units, row["started_at"], row["ends_in_s"])

    async def give_back(self, subject: str, units: int, started_at: datetime) -> None:
        """Give back what was not used of a lease; after its window nothing is left to give.

        Raises:
            StoreUnavailableError: They are lost until the window ends.
        """
        try:
            async with self.database.connection() as connection:
                await connection.execute(_GIVEN_BACK, subject, started_at, units)
        except asyncpg.PostgresError as problem:
            raise StoreUnavailableError("The database did not answer for the quota.") from problem


async def _locked(
    connection: Connection, subject: str, window_s: int, offset_s: int
) -> asyncpg.Record:
    row = await connection.fetchrow(_LOCKED, subject, float(window_s), float(offset_s))
    if row is None:
        await connection.execute(_ROW, subject)
        row = await connection.fetchrow(_LOCKED, subject, float(window_s), float(offset_s))
    assert row is not None  # noqa: S101 - it was inserted, and nobody deletes
    return row
