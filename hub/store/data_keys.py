"""Data keys as they are stored: which version of its department's key each is wrapped by."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from asyncpg import Record
from sqlalchemy.engine import Connection as Migrating

from hub.errors import StoreUnavailableError
from hub.sealing.datakeys import WrappedKey
from hub.store.database import Connection

_COUNTS: Final = """
select department, suite, key_version, count(*) as keys from data_key group by 1, 2, 3 order by 1, 3
"""
_AGES: Final = """
select department, key_version, count(*) as keys,
       extract(epoch from now() - min(made_at))::bigint / 86400 as oldest_days,
       count(*) filter (where made_at < now() - make_interval(days => $1)) as overdue
from data_key group by 1, 2
"""
_RENEWING: Final = "select department from key_renewal"
_FIRST: Final = """
select cell, identity_id, key_version, wrapped, commitment from data_key
where department = $1 and key_version <> $2 and suite = $3
limit $4 for update
"""
_STORE: Final = """
update data_key k
set suite = n.suite, key_version = n.key_version, wrapped = n.wrapped, commitment = n.commitment,
    made_at = case when $8::timestamptz is null then k.made_at else greatest(now(), $8) end
from unnest($2::text[], $3::uuid[], $4::smallint[], $5::int[], $6::bytea[], $7::bytea[])
     as n (cell, identity_id, suite, key_version, wrapped, commitment)
where k.cell = n.cell and k.identity_id = n.identity_id and k.department = $1
"""
_FLOOR: Final = """
insert into key_floor (department, key_version) values ($1, $2)
on conflict (department) do update set key_version = excluded.key_version
where key_floor.key_version < excluded.key_version
"""
_BELOW: Final = "select count(*) from data_key where department = $1 and key_version < $2"
_TRIGGER: Final = (
    """
    create or replace function data_key_above_floor() returns trigger language plpgsql as $$ begin
    if exists (
        select from added a join key_floor f on f.department = a.department
        where a.key_version < f.key_version
    ) then
        raise exception 'a data key is wrapped by a retired key' using errcode = 'HB001';
    end if;
    return null;
    end $$
    """,
    *(
        f"""
        create or replace trigger data_key_above_floor_{event} after {event} on data_key
        referencing new table as added for each statement execute function data_key_above_floor()
        """
        for event in ("insert", "update")
    ),
)
"""Whoever has not yet heard that a key was retired cannot store what nobody could open again."""


def keep_floor(connection: Migrating) -> None:
    """Set the triggers up that refuse data keys under a retired key."""
    for statement in _TRIGGER:
        connection.execute(sa.text(statement))


async def counts(connection: Connection) -> list[Record]:
    """Return how many data keys there are by department, suite and key version."""
    return await connection.fetch(_COUNTS)


async def ages(connection: Connection, overdue_days: int) -> list[Record]:
    """Return how many data keys there are, the age of the oldest, and how many are older than that.

    By department and key version.
    """
    return await connection.fetch(_AGES, overdue_days)


async def renewing(connection: Connection) -> set[str]:
    """Return the departments of which every data key is being replaced."""
    return {row["department"] for row in await connection.fetch(_RENEWING)}


async def not_under(
    connection: Connection, department: str, version: int, suite: int, limit: int
) -> list[Record]:
    """Return data keys of this suite that are not wrapped by this version, held for a change."""
    return await connection.fetch(_FIRST, department, version, suite, limit)


async def store(
    connection: Connection,
    department: str,
    places: Sequence[Record],
    keys: Sequence[WrappedKey],
    made: datetime | None = None,
) -> None:
    """Put wrapped keys in the place of those that are there, all or none.

    Those that are other keys than before are made now, and at `made` at the earliest.

    Raises:
        StoreUnavailableError: One of them is gone; nothing may be stored.
    """
    done = await connection.execute(
        _STORE,
        department,
        [place["cell"] for place in places],
        [place["identity_id"] for place in places],
        [key.suite for key in keys],
        [key.key_version for key in keys],
        [key.wrapped for key in keys],
        [key.commitment for key in keys],
        made,
    )
    if done != f"UPDATE {len(places)}":
        raise StoreUnavailableError("A data key went while it was wrapped anew; try again.")


async def refuse_below(connection: Connection, department: str, version: int) -> int:
    """Let no data key be stored under a version below this one; return how many there are.

    Those who are storing some are waited for. Call it in a transaction, and end that without a
    commit where there are any.
    """
    await connection.execute("lock table data_key in share row exclusive mode")
    await connection.execute(_FLOOR, department, version)
    found: int = await connection.fetchval(_BELOW, department, version)
    return found
