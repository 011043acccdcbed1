"""Of cosignatures that are a month old one a day of each witness is kept; younger ones all stay."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from audit.postgres import create_schema
from hub.clock import utc_now
from hub.store.database import Database
from hub.store.witnessed import KEPT_WHOLE, Cosignature, keep, newest_witnessed, thin_out

pytestmark = [pytest.mark.anyio, pytest.mark.database]
HOUR = timedelta(hours=1)


async def _create(dsn):
    connection = await asyncpg.connect(dsn)
    await create_schema(connection)
    await connection.close()


@pytest.fixture
async def store(database):
    await asyncio.create_task(_create(database))
    made = Database(database, size=2)
    yield made
    await made.close()


def midnight():
    """Return the begin of a day that is older than the database keeps whole."""
    day = utc_now() - timedelta(days=100)
    return day.replace(hour=0, minute=0, second=0, microsecond=0)


async def put(store, *given):
    async with store.connection() as connection:
        for witness, at, size in given:
            await keep(connection, Cosignature(witness, at, size, f"note {size}", f"by {witness}"))


async def left(store):
    async with store.connection() as connection:
        rows = await connection.fetch("select witness, at, size from audit.cosignature")
    return sorted(tuple(row) for row in rows)


async def thinned(store, now):
    async with store.connection() as connection:
        return await thin_out(connection, now)


async def test_the_last_of_each_day_of_each_witness_stays(store):
    day = midnight()
    last = day + 24 * HOUR - timedelta(seconds=1)
    early = [("w1", day, 1), ("w1", day + 9 * HOUR, 2), ("w2", day + HOUR, 1)]
    stay = [("w1", last, 3), ("w2", day + 23 * HOUR, 2), ("w1", day + 24 * HOUR, 4)]
    await put(store, *early, *stay)
    await put(store, ("w3", day + 30 * HOUR, 9))

    assert await thinned(store, utc_now()) == len(early)
    assert await left(store) == sorted([*stay, ("w3", day + 30 * HOUR, 9)])
    assert await thinned(store, utc_now()) == 0


async def test_what_is_younger_than_a_month_all_stays(store):
    day = midnight()
    given = [("w1", day + hour * HOUR, hour) for hour in range(1, 6)]
    await put(store, *given)

    assert await thinned(store, day + KEPT_WHOLE) == 0
    assert await left(store) == given
    assert await thinned(store, day + KEPT_WHOLE + timedelta(hours=2, seconds=1)) == 2
    assert await left(store) == given[2:]


async def test_every_word_about_the_largest_tree_stays_so_it_is_published_as_before(store):
    day = midnight()
    await put(store, *[("w1", day + hour * HOUR, 7) for hour in range(3)], ("w2", day, 7))
    async with store.connection() as connection:
        before = await newest_witnessed(connection)

    assert await thinned(store, utc_now()) == 0
    async with store.connection() as connection:
        assert await newest_witnessed(connection) == before


async def test_the_database_refuses_to_have_a_young_one_deleted(store):
    now = utc_now()
    await put(store, ("w1", now - 2 * HOUR, 1), ("w1", now - HOUR, 2))

    with pytest.raises(asyncpg.PostgresError):
        async with store.connection() as connection:
            await connection.execute("delete from audit.cosignature where size = 1")

    assert len(await left(store)) == 2
