"""A caller that goes away stops the statement in PostgreSQL too, not only the waiting for it."""

import asyncio
import time
from contextlib import asynccontextmanager

import asyncpg
import httpx2
import pytest

from hub.http.limits import Limits, with_statement_timeout
from hub.store.database import Database
from tests.support.edge import FakeAnswer
from tests.support.served import Whole, serving

pytestmark = [pytest.mark.anyio, pytest.mark.database]
NAME = "hub-query-under-test"
RUNNING = """
    select count(*) from pg_stat_activity
    where application_name = $1 and state = 'active' and query like 'select pg_sleep%'
"""
WITHIN_S = 1.0


class Slow:
    """Answers once PostgreSQL has slept, on a connection as queries use it."""

    def __init__(self, database, sleep_s):
        self.database = database
        self.sleep_s = sleep_s

    async def answer(self, request, /):
        del request
        async with self.database.connection() as connection:
            await connection.fetchval("select pg_sleep($1)::text", self.sleep_s)
        return FakeAnswer(b'{"data":{}}')


@pytest.fixture
async def watching(hub_database):
    """Return what tells how many of the slow statements PostgreSQL is at."""
    connection = await asyncpg.connect(hub_database)

    async def running():
        return await connection.fetchval(RUNNING, NAME)

    yield running
    await connection.close()


async def until(running, wanted, within_s):
    """Wait until as many statements run as wanted; return how long that took."""
    began = time.monotonic()
    async with asyncio.timeout(within_s):
        while await running() != wanted:  # noqa: ASYNC110 - PostgreSQL has no event for it
            await asyncio.sleep(0.02)
    return time.monotonic() - began


@asynccontextmanager
async def asked(folder, database, sleep_s, **limits):
    """Give a client of an edge whose every answer takes `sleep_s` in the database."""
    whole = await asyncio.to_thread(Whole, folder, Slow(database, sleep_s), limits=Limits(**limits))
    async with (
        serving(whole) as address,
        httpx2.AsyncClient(
            base_url=address, trust_env=False, headers=whole.headers, timeout=60
        ) as http,
    ):
        yield http
    await database.close()


async def test_a_statement_is_stopped_within_a_second_after_its_caller_has_gone(
    hub_database, tmp_path, watching
):
    database = Database(hub_database, size=1, name=NAME)
    async with asked(tmp_path, database, 30.0) as http:
        asking = asyncio.create_task(http.post("/graphql", json={"query": "{ x }"}))
        await until(watching, 1, 5)
        asking.cancel()

        assert await until(watching, 0, WITHIN_S) < WITHIN_S
        # The one connection there may be is usable, or was replaced.
        async with asyncio.timeout(5), database.connection() as connection:
            assert await connection.fetchval("select 1") == 1


async def test_a_statement_is_stopped_when_the_answer_takes_too_long(
    hub_database, tmp_path, watching
):
    database = Database(hub_database, size=1, name=NAME)
    async with asked(tmp_path, database, 30.0, answer_timeout_s=0.3) as http:
        reply = await http.post("/graphql", json={"query": "{ x }"})

        assert reply.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"
        await until(watching, 0, WITHIN_S)


async def test_postgresql_itself_stops_a_statement_after_its_limit(
    hub_database, tmp_path, watching
):
    database = Database(with_statement_timeout(hub_database, 200), size=1, name=NAME)
    async with asked(tmp_path, database, 30.0) as http:
        reply = await http.post("/graphql", json={"query": "{ x }"})

        assert reply.status_code >= 500
        assert await watching() == 0
        async with database.connection() as connection:
            assert await connection.fetchval("select 1") == 1


async def test_many_callers_that_go_away_leave_nothing_running(hub_database, tmp_path, watching):
    database = Database(hub_database, size=4, name=NAME)
    async with asked(tmp_path, database, 30.0) as http:
        asking = [
            asyncio.create_task(http.post("/graphql", json={"query": "{ x }"})) for _ in range(12)
        ]
        await until(watching, 4, 5)
        for task in asking:
            task.cancel()

        await until(watching, 0, 2 * WITHIN_S)
        async with asyncio.timeout(5), database.connection() as connection:
            assert await connection.fetchval("select 1") == 1
