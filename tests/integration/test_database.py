"""Connections are lent, bounded in number, and never lent again when they may be unwell."""

import asyncio
import threading
from secrets import token_hex

import asyncpg
import pytest

from hub.errors import RefusedError, StoreBusyError, StoreUnavailableError, WallError
from hub.store.database import Database
from tests.support.cutting import SILENT, UP, Cut, relayed, stopped_in_silence

pytestmark = [pytest.mark.anyio, pytest.mark.database]
WHO = "SELECT pg_backend_pid()"


@pytest.fixture
async def store(database):
    """A database of two connections, with one table."""
    made = Database(database, size=2)
    async with made.connection() as connection:
        await connection.execute("CREATE TABLE seen (n int)")
    yield made
    await made.close()


async def kill(dsn, pid):
    """Let the server end one connection, and return when it is gone."""
    other = await asyncpg.connect(dsn)
    await other.execute("SELECT pg_terminate_backend($1, 5000)", pid)
    await other.close()


def kill_unheard(dsn, pid):
    """End a connection while this loop stands still and cannot hear of it."""
    killer = threading.Thread(target=asyncio.run, args=[kill(dsn, pid)])
    killer.start()
    killer.join()


async def seen(store):
    async with store.connection() as connection:
        return [row["n"] for row in await connection.fetch("SELECT n FROM seen ORDER BY n")]


async def test_a_connection_is_lent_again_when_nothing_was_wrong(store):
    async with store.connection() as connection:
        first = await connection.fetchval(WHO)
    async with store.transaction() as connection:
        assert await connection.fetchval(WHO) == first


async def test_what_is_cancelled_in_mid_statement_is_never_lent_again(store):
    started, pids = asyncio.Event(), []

    async def slow():
        async with store.connection() as connection:
            pids.append(await connection.fetchval(WHO))
            started.set()
            await connection.execute("SELECT pg_sleep(30)")

    work = asyncio.create_task(slow())
    await started.wait()
    await asyncio.sleep(0.05)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work

    async with store.connection() as connection:
        assert await connection.fetchval(WHO) not in pids


async def test_what_ran_out_of_time_in_mid_statement_is_never_lent_again(store):
    pids = []

    async def slow():
        async with store.connection() as connection, asyncio.timeout(0.05):
            pids.append(await connection.fetchval(WHO))
            await connection.execute("SELECT pg_sleep(30)")

    with pytest.raises(TimeoutError):
        await slow()

    async with store.connection() as connection:
        assert await connection.fetchval(WHO) not in pids


async def test_a_connection_that_the_server_ends_in_use_is_unavailable_and_not_lent_again(store):
    pids = []

    async def unlucky():
        async with store.connection() as connection:
            pids.append(await connection.fetchval(WHO))
            await kill(store.dsn, *pids)
            await connection.fetchval("SELECT 1")

    with pytest.raises(StoreUnavailableError):
        await unlucky()

    async with store.connection() as connection:
        assert await connection.fetchval(WHO) not in pids


async def test_a_statement_under_way_when_the_server_ends_it_is_unavailable(store):
    pids, started = [], asyncio.Event()

    async def unlucky():
        async with store.transaction() as connection:
            await connection.execute("INSERT INTO seen VALUES (1)")
            pids.append(await connection.fetchval(WHO))
            started.set()
            await connection.execute("SELECT pg_sleep(30)")

    work = asyncio.create_task(unlucky())
    await started.wait()
    await kill(store.dsn, *pids)
    with pytest.raises(StoreUnavailableError):
        await work

    assert await seen(store) == []


async def test_an_idle_connection_that_the_server_ended_is_not_lent(store):
    async with store.connection() as connection:
        pid = await connection.fetchval(WHO)
    await kill(store.dsn, pid)
    await asyncio.sleep(0.05)

    async with store.connection() as connection:
        assert await connection.fetchval(WHO) != pid


async def test_a_transaction_begins_on_another_connection_when_the_idle_one_is_dead(store):
    async with store.connection() as connection:
        pid = await connection.fetchval(WHO)
    # The loop stands still meanwhile, so that nobody has told the idle connection of its end.
    kill_unheard(store.dsn, pid)

    async with store.transaction() as connection:
        assert await connection.fetchval(WHO) != pid
        await connection.execute("INSERT INTO seen VALUES (1)")
    assert await seen(store) == [1]


async def test_never_more_connections_than_agreed_are_open(store):
    at_once, most = 0, 0

    async def work():
        nonlocal at_once, most
        async with store.connection() as connection:
            at_once += 1
            most = max(most, at_once)
            await connection.execute("SELECT pg_sleep(0.01)")
            at_once -= 1

    async with asyncio.TaskGroup() as group:
        for _ in range(12):
            group.create_task(work())

    async with store.connection() as connection:
        found = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'hub'"
        )
    assert (most, found) == (2, 2)


@pytest.mark.parametrize("problem", [RefusedError("no"), KeyError("none"), OSError("a file")])
async def test_a_transaction_whose_work_fails_leaves_nothing_and_its_connection_is_well(
    store, problem
):
    pids = []

    async def work():
        async with store.transaction() as connection:
            pids.append(await connection.fetchval(WHO))
            await connection.execute("INSERT INTO seen VALUES (1)")
            raise problem

    with pytest.raises(type(problem)):
        await work()

    assert await seen(store) == []
    async with store.connection() as connection:
        assert await connection.fetchval(WHO) in pids


async def test_a_transaction_that_is_stopped_waits_for_no_network_that_is_gone(database):
    async def working(store, relay):
        async with store.transaction() as connection:
            relay.arm(Cut(UP, 1, SILENT))
            await connection.execute("SELECT pg_sleep(30)")

    async with relayed(database) as (relay, address):
        store = Database(address, size=1)
        work = asyncio.create_task(working(store, relay))
        await stopped_in_silence(work, relay)

        async with asyncio.timeout(10), store.connection() as connection:
            assert await connection.fetchval("SELECT 1") == 1
        await store.close()


async def test_a_wrong_statement_is_not_taken_for_a_broken_connection(store):
    pids = []

    async def work(statement, *arguments):
        async with store.transaction() as connection:
            pids.append(await connection.fetchval(WHO))
            await connection.execute("INSERT INTO seen VALUES (1)")
            await connection.fetchval(statement, *arguments)

    with pytest.raises(asyncpg.UndefinedTableError):
        await work("SELECT * FROM nowhere")
    with pytest.raises(asyncpg.InterfaceError):
        await work("SELECT $1::int", 1, 2)

    assert await seen(store) == []
    assert len(set(pids)) == 1


@pytest.mark.parametrize("problem", [RefusedError("no"), KeyError("none"), OSError("a file")])
async def test_work_that_fails_for_its_own_reasons_is_told_so_and_its_connection_is_well(
    store, problem
):
    pids = []

    async def work():
        async with store.connection() as connection:
            pids.append(await connection.fetchval(WHO))
            raise problem

    with pytest.raises(type(problem)) as caught:
        await work()

    assert caught.value is problem
    assert await seen_pid(store) in pids


@pytest.mark.parametrize(
    ("statement", "arguments", "expected"),
    [
        ("SELECT * FROM nowhere", (), asyncpg.UndefinedTableError),
        ("SELECT $1::int", (1, 2), asyncpg.InterfaceError),
    ],
)
async def test_a_wrong_statement_alone_leaves_its_connection_well(
    store, statement, arguments, expected
):
    pids = []

    async def work():
        async with store.connection() as connection:
            pids.append(await connection.fetchval(WHO))
            await connection.fetchval(statement, *arguments)

    with pytest.raises(expected):
        await work()
    assert await seen_pid(store) in pids


@pytest.fixture
async def reader(database):
    """A role that may do nothing, and that the database's own may act as."""
    name = "reader_" + token_hex(6)
    owner = await asyncpg.connect(database)
    await owner.execute(f'CREATE ROLE "{name}"')
    await owner.execute(f'GRANT "{name}" TO CURRENT_USER')
    yield name
    await owner.execute(f'DROP ROLE "{name}"')
    await owner.close()


async def test_after_a_refusal_nobody_relies_on_the_role_that_a_connection_had(store, reader):
    async def refused():
        async with store.connection(reader) as connection:
            await connection.execute("RESET ROLE")
            raise asyncpg.InsufficientPrivilegeError

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await refused()

    async with store.connection(reader) as connection:
        assert await connection.fetchval("SELECT current_user") == reader


async def test_however_a_loan_ends_its_place_is_free_again(database, reader):
    store = Database(database, size=1)
    endings = [KeyError(), TimeoutError(), asyncpg.UndefinedTableError(), asyncio.CancelledError(),
               asyncpg.ConnectionDoesNotExistError(), GeneratorExit()]  # fmt: skip

    async def ended(ending):
        async with store.connection(reader):
            raise ending

    for ending in endings:
        with pytest.raises((type(ending), StoreUnavailableError)):
            await ended(ending)
    for _ in range(2):
        with pytest.raises(WallError):
            async with store.connection("nobody_" + reader):
                pass

    assert await asyncio.wait_for(seen_pid(store), 60)
    await store.close()


async def test_whoever_is_stopped_while_a_connection_is_made_takes_no_place(database):
    store = Database(database, size=1)
    asking = asyncio.create_task(seen_pid(store))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    assert await asyncio.wait_for(seen_pid(store), 60)
    await store.close()


async def test_a_connection_given_back_inside_a_transaction_is_not_lent_again(store):
    async with store.connection() as connection:
        pid = await connection.fetchval(WHO)
        await connection.execute("BEGIN")

    async with store.connection() as connection:
        assert await connection.fetchval(WHO) != pid


async def test_a_database_that_is_not_there_is_unavailable():
    nowhere = Database("postgresql://hub@/none?host=/nonexistent")

    with pytest.raises(StoreUnavailableError):
        async with nowhere.transaction():
            pass


async def test_after_closing_no_connection_is_left(store):
    async with store.connection() as lent:
        await store.close()
        assert not lent.is_closed()
    assert lent.is_closed()


async def test_whoever_would_be_one_too_many_in_the_queue_is_told_at_once(database):
    store = Database(database, size=1, waiting=1, patience_s=30)
    async with store.connection() as first:
        queued = asyncio.create_task(seen_pid(store))
        await asyncio.sleep(0)
        with pytest.raises(StoreBusyError) as refused:
            await seen_pid(store)
        pid = await first.fetchval(WHO)

    assert (refused.value.status, refused.value.code) == (503, "BUSY")
    assert await queued == pid
    await store.close()


async def test_whoever_waits_too_long_for_a_connection_is_told_and_takes_no_place(database):
    store = Database(database, size=1, patience_s=0.05)
    async with store.connection():
        with pytest.raises(StoreBusyError):
            await seen_pid(store)

    assert await seen_pid(store)
    await store.close()


async def seen_pid(store):
    async with store.connection() as connection:
        return await connection.fetchval(WHO)
