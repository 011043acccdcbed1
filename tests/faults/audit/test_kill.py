"""Whatever is killed and whenever: what was acknowledged is on record, and the log is whole."""

import asyncio
import random

import asyncpg
import pytest

from tests.support.appending import Load, check, log_at, new_log
from tests.support.bare_postgres import bare_postgres

pytestmark = pytest.mark.database
WRITERS = 32


async def _under_load(server, rounds, attack):
    """Attack `rounds` times, and go on each time until new entries are acknowledged."""
    log = log_at(server.dsn)
    async with log, asyncio.TaskGroup() as group:
        load = Load(log, "one")
        for number in range(WRITERS):
            group.create_task(load.writer(number))
        for number in range(rounds):
            await load.more(random.Random(number).randrange(50, 400))
            await attack(number)
        await load.more(50)
        load.stopping = True
    return load


@pytest.fixture(scope="module")
def server():
    with bare_postgres() as running:
        yield running


@pytest.fixture
def empty_log(server):
    asyncio.run(new_log(server.dsn))
    return server


def test_a_killed_server_loses_nothing_that_was_acknowledged(empty_log):
    async def power_cut(_):
        await asyncio.to_thread(empty_log.kill)
        await asyncio.to_thread(empty_log.start)

    load = asyncio.run(_under_load(empty_log, 5, power_cut))

    assert load.stalled >= 5
    check(empty_log.dsn, load.acknowledged)


def test_a_connection_cut_under_load_loses_nothing_that_was_acknowledged(empty_log):
    async def run():
        killer = await asyncpg.connect(empty_log.dsn)

        async def cut(_):
            await killer.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'audit log'"
            )

        try:
            return await _under_load(empty_log, 20, cut)
        finally:
            await killer.close()

    load = asyncio.run(run())

    assert load.stalled
    check(empty_log.dsn, load.acknowledged)


def test_a_writer_that_ends_in_mid_commit_leaves_the_log_to_the_other(empty_log):
    async def run():
        loads = []

        async def restart(_):
            log = log_at(empty_log.dsn)
            await log.open()
            running = asyncio.ensure_future(log.run())
            load = Load(log, f"short {len(loads)}")
            loads.append(load)
            writers = [asyncio.ensure_future(load.writer(number)) for number in range(8)]
            await load.more(20)
            load.stopping = True
            running.cancel()
            await asyncio.wait([running, *writers])

        return [await _under_load(empty_log, 5, restart), *loads]

    loads = asyncio.run(run())

    check(empty_log.dsn, *(load.acknowledged for load in loads))


@pytest.mark.prove
@pytest.mark.timeout(1200)
def test_a_server_that_is_killed_forty_times_loses_nothing_that_was_acknowledged(empty_log):
    async def power_cut(_):
        await asyncio.to_thread(empty_log.kill)
        await asyncio.to_thread(empty_log.start)

    load = asyncio.run(_under_load(empty_log, 40, power_cut))

    check(empty_log.dsn, load.acknowledged)
    print(f"\n40 kills, {len(load.acknowledged)} entries acknowledged, none lost")
