"""Whatever is killed and whenever: what was acknowledged is on record, and the log is whole."""

import asyncio
import random
from datetime import timedelta

import asyncpg
import pytest

from audit.errors import LogClosedError, LogStalledError
from audit.log import Limits, Log
from audit.postgres import PostgresStorage, create_schema
from audit.verify import verify_database
from tests.support.audit_log import SIGNER, Ticking, entry
from tests.support.bare_postgres import bare_postgres

pytestmark = pytest.mark.database
WRITERS = 32
LIMITS = Limits(retry_s=0.01, max_retry_s=0.05)


async def _prepare(dsn):
    connection = await asyncpg.connect(dsn)
    await create_schema(connection)
    await connection.close()


async def _stored(dsn):
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("SELECT seq, record FROM audit.record ORDER BY seq")
    await connection.close()
    return {row["seq"]: row["record"] for row in rows}


class Load:
    """Writers that never stop, and what they were promised."""

    def __init__(self, log, name):
        self.log = log
        self.name = name
        self.acknowledged = {}
        self.stalled = 0
        self.stopping = False
        self.goal = 0
        self.reached = asyncio.Event()

    async def writer(self, number):
        count = 0
        while not self.stopping:
            count += 1
            request = f"{self.name}-{number}-{count}"
            try:
                receipt = await self.log.append(entry(request))
            except LogStalledError:
                self.stalled += 1
            except LogClosedError:
                assert self.stopping
            else:
                self.acknowledged[receipt.index] = b'"r%s"' % request.encode()
                if len(self.acknowledged) >= self.goal:
                    self.reached.set()

    async def more(self, count):
        """Wait until `count` more entries have been acknowledged."""
        self.goal = len(self.acknowledged) + count
        self.reached.clear()
        await self.reached.wait()


async def _under_load(server, rounds, attack):
    """Attack `rounds` times, and go on each time until new entries are acknowledged."""
    log = Log(
        PostgresStorage(server.dsn), SIGNER, Ticking(timedelta(milliseconds=1)), limits=LIMITS
    )
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


def _check(server, loads):
    stored = asyncio.run(_stored(server.dsn))
    for load in loads:
        assert load.acknowledged
        for index, request in load.acknowledged.items():
            assert request in stored[index]
    verdict = verify_database(server.dsn, SIGNER.vkey)
    assert verdict.ok, verdict.problems
    assert verdict.entries == len(stored)


@pytest.fixture(scope="module")
def server():
    with bare_postgres() as running:
        yield running


@pytest.fixture
def empty_log(server):
    asyncio.run(_drop(server.dsn))
    asyncio.run(_prepare(server.dsn))
    return server


async def _drop(dsn):
    connection = await asyncpg.connect(dsn)
    await connection.execute("DROP SCHEMA IF EXISTS audit CASCADE")
    await connection.close()


def test_a_killed_server_loses_nothing_that_was_acknowledged(empty_log):
    async def power_cut(_):
        await asyncio.to_thread(empty_log.kill)
        await asyncio.to_thread(empty_log.start)

    load = asyncio.run(_under_load(empty_log, 5, power_cut))

    assert load.stalled >= 5
    _check(empty_log, [load])


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
    _check(empty_log, [load])


def test_a_writer_that_ends_in_mid_commit_leaves_the_log_to_the_other(empty_log):
    async def run():
        loads = []

        async def restart(_):
            log = Log(PostgresStorage(empty_log.dsn), SIGNER, Ticking(), limits=LIMITS)
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

    _check(empty_log, asyncio.run(run()))
