"""Short statements travel together, and yet each is as if it had been sent alone."""

import asyncio
import gc
import weakref

import asyncpg
import pytest

from hub.errors import StoreBusyError, StoreUnavailableError
from hub.store.database import Database
from hub.store.pipeline import Pipelines

pytestmark = [pytest.mark.anyio, pytest.mark.database, pytest.mark.timeout(300)]
ROLE = ""
WHO = "SELECT $1::int AS n, pg_backend_pid() AS pid, pg_current_xact_id()::text AS moved"
WAITS = "SELECT $1::int AS n FROM pg_sleep($2)"
DIVIDES = "SELECT 12 / $1::int AS n"
AT_WORK = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE $1 || '%'"


@pytest.fixture
async def store(database):
    made = Database(database, size=3)
    yield made
    await made.close()


@pytest.fixture
def pipelines(store):
    return Pipelines(store)


async def all_of(*asked):
    """Return what each gives, or how it fails."""
    tasks = [asyncio.ensure_future(each) for each in asked]
    await asyncio.wait(tasks)
    return [
        asyncio.CancelledError() if task.cancelled() else task.exception() or task.result()
        for task in tasks
    ]


async def at_work(dsn, text):
    other = await asyncpg.connect(dsn)
    try:
        return await other.fetchval(AT_WORK, text)
    finally:
        await other.close()


async def until(found):
    """Wait a minute at most until something is so."""
    async with asyncio.timeout(60):
        while not await found():  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.02)


async def test_each_gets_its_own_row_and_several_share_a_message(pipelines):
    for _ in range(5):
        rows = await all_of(*(pipelines.row(WHO, [n], ROLE) for n in range(40)))

        assert [row["n"] for row in rows] == list(range(40))
        # What is sent in one message is one transaction, and so has one number.
        assert len({row["moved"] for row in rows}) <= 12
    assert pipelines.convoys.is_idle


class Values(list):
    """A list that can be waited for to go."""


async def test_what_went_together_is_gone_without_the_collector(pipelines):
    gc.collect()
    gc.disable()
    try:
        asked = [Values([n]) for n in range(20)]
        left = [weakref.ref(each) for each in asked]
        await all_of(*(pipelines.row(WHO, values, ROLE) for values in asked))
        del asked
        await asyncio.sleep(0)
        assert [each for each in left if each() is not None] == []
    finally:
        gc.enable()


async def test_who_asks_alone_is_sent_alone_and_at_once(pipelines):
    first, second = [await pipelines.row(WHO, [n], ROLE) for n in (1, 2)]

    assert (first["n"], second["n"]) == (1, 2)
    assert first["moved"] != second["moved"]


async def test_different_statements_do_not_meet(pipelines):
    asked = (pipelines.row(WHO if n % 2 else DIVIDES, [n or 3], ROLE) for n in range(8))

    assert [row["n"] for row in await all_of(*asked)] == [4, 1, 6, 3, 3, 5, 2, 7]


async def test_one_that_fails_fails_alone(pipelines):
    found = await all_of(*(pipelines.row(DIVIDES, [n], ROLE) for n in (1, 2, 0, 3, 4, 0, 6)))

    failed = [isinstance(each, asyncpg.DivisionByZeroError) for each in found]
    assert failed == [False, False, True, False, False, True, False]
    assert [each["n"] for each in found if not isinstance(each, Exception)] == [12, 6, 4, 3, 2]
    assert (await pipelines.row(DIVIDES, [3], ROLE))["n"] == 4


async def test_one_that_waits_by_itself_and_fails_fails_as_if_it_had_been_sent_alone(pipelines):
    text = "SELECT 12 / $1::int AS n FROM pg_sleep($2)"
    first = asyncio.create_task(pipelines.row(text, [3, 0.5], ROLE))
    await asyncio.sleep(0.1)

    (failed,) = await all_of(pipelines.row(text, [0, 0.0], ROLE))

    assert isinstance(failed, asyncpg.DivisionByZeroError)
    assert failed.sqlstate == "22012"
    assert (await first)["n"] == 4
    assert pipelines.convoys.is_idle


async def test_what_hangs_does_not_hold_up_the_others(pipelines):
    slow = asyncio.create_task(pipelines.row(WAITS, [0, 60.0], ROLE))
    await asyncio.sleep(0.1)

    async with asyncio.timeout(30):
        rows = await all_of(*(pipelines.row(WAITS, [n, 0.0], ROLE) for n in (1, 2)))

    assert [row["n"] for row in rows] == [1, 2]
    slow.cancel()
    assert isinstance((await all_of(slow))[0], asyncio.CancelledError)


async def test_who_goes_away_takes_nobody_along(pipelines):
    slow = asyncio.create_task(pipelines.row(WAITS, [0, 0.3], ROLE))
    await asyncio.sleep(0.1)
    others = [asyncio.create_task(pipelines.row(WAITS, [n, 0.3], ROLE)) for n in (1, 2, 3, 4)]
    await asyncio.sleep(0.1)
    others[1].cancel()

    found = await all_of(slow, *others)

    assert isinstance(found.pop(2), asyncio.CancelledError)
    assert [row["n"] for row in found] == [0, 1, 3, 4]


async def test_what_nobody_waits_for_any_more_is_stopped(pipelines, database):
    text = "SELECT $1::int AS nobody_waits FROM pg_sleep($2)"
    tasks = [asyncio.create_task(pipelines.row(text, [n, 60.0], ROLE)) for n in range(3)]

    async def begun():
        return await at_work(database, text[:30]) == 1

    async def stopped():
        return await at_work(database, text[:30]) == 0

    await until(begun)
    for task in tasks:
        task.cancel()
    await all_of(*tasks)

    await until(stopped)
    assert pipelines.convoys.is_idle
    assert (await pipelines.row(WHO, [7], ROLE))["n"] == 7


async def test_each_sees_what_was_committed_before_it_was_sent(pipelines, database):
    other = await asyncpg.connect(database)
    await other.execute("CREATE TABLE seen (n int)")
    text = "SELECT count(*) AS n, $1::int FROM seen, pg_sleep(0.2)"
    first = asyncio.create_task(pipelines.row(text, [0], ROLE))
    await asyncio.sleep(0.1)
    await other.execute("INSERT INTO seen VALUES (1)")

    later = await all_of(pipelines.row(text, [1], ROLE), pipelines.row(text, [2], ROLE))

    assert (await first)["n"] == 0
    assert [row["n"] for row in later] == [1, 1]
    await other.close()


async def test_where_a_connection_dies_those_of_its_message_are_asked_again(pipelines, store):
    async with store.connection() as lent:
        pid = lent.get_server_pid()
    killer = await asyncpg.connect(store.dsn)
    text = "SELECT $1::int AS n, pg_backend_pid() AS pid FROM pg_sleep(0.2)"
    asked = [asyncio.create_task(pipelines.row(text, [n], ROLE)) for n in range(3)]
    await asyncio.sleep(0.1)
    await killer.execute("SELECT pg_terminate_backend($1, 5000)", pid)
    await killer.close()

    rows = await all_of(*asked)

    assert [row["n"] for row in rows] == [0, 1, 2]
    assert pid not in {row["pid"] for row in rows}


async def test_a_message_waits_as_so_many_requests_do(database):
    store = Database(database, size=1, waiting=5, patience_s=30.0)
    pipelines = Pipelines(store)
    async with store.connection():
        waiting = [asyncio.create_task(pipelines.row(WHO, [n], ROLE)) for n in range(4)]
        await asyncio.sleep(0.05)
        refused = await all_of(*(pipelines.row(DIVIDES, [n], ROLE) for n in (1, 2)))
        assert [type(each) for each in refused] == [StoreBusyError, StoreBusyError]
        assert refused[0] is not refused[1]

    assert [row["n"] for row in await all_of(*waiting)] == [0, 1, 2, 3]
    await store.close()


async def test_without_a_database_everybody_hears_of_it(free_tcp_port):
    address = f"postgresql://nobody@127.0.0.1:{free_tcp_port}/none"
    pipelines = Pipelines(Database(address, size=2))

    found = await all_of(*(pipelines.row(WHO, [n], ROLE) for n in range(6)))

    assert [type(each) for each in found] == [StoreUnavailableError] * 6
