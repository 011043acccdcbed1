"""The jobs of a day: done once, done again the next day, not lost to a failure, over when told."""

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from audit.entry import CODE_BY_KIND, EntryKind
from hub import background
from hub.app import catalogue_of, opened, prepare
from hub.background import commit_to_lists, prune_the_log
from hub.settings import Settings
from tests.fakes.audit_log import Break, FakeLog
from tests.support.edge import SetClock
from tests.support.old_entries import write
from tests.support.postgres import fresh_database

pytestmark = [pytest.mark.anyio, pytest.mark.database, pytest.mark.timeout(300)]
OLD = datetime(2015, 3, 1, tzinfo=UTC)
A_DAY_S = 86_400


@pytest.fixture
def settings(postgres_server, tmp_path):
    with fresh_database(postgres_server) as dsn:
        made = Settings(home=tmp_path, database_url=dsn, prune_daily=True)
        asyncio.run(prepare(made, catalogue_of(made)))
        yield made


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Let a job look as often as a test needs; what day it is, its clock says."""
    for name in ("_PRUNE_EVERY_S", "_PRUNE_AGAIN_S", "_LISTS_FIRST_S", "_LISTS_EVERY_S"):
        monkeypatch.setattr(background, name, 0.02)


@asynccontextmanager
async def core_of(settings):
    clock = SetClock()
    async with opened(settings, clock) as core:
        yield core, clock


@asynccontextmanager
async def going_on(job):
    """Let a job go on meanwhile; it ends as soon as it is told to."""
    task = asyncio.create_task(job)
    try:
        yield task
    finally:
        task.cancel()
        async with asyncio.timeout(60):
            with suppress(asyncio.CancelledError):
                await task
    assert task.cancelled() or task.done()


async def until(holds):
    async with asyncio.timeout(60):
        while not await holds():  # noqa: ASYNC110 - the database says so
            await asyncio.sleep(0.02)


async def on_record(core, kind):
    async with core.database.connection() as connection:
        counted = "select count(*) from audit.record where kind = $1"
        return await connection.fetchval(counted, CODE_BY_KIND[kind])


def refusing():
    """Return a log that puts nothing on record."""
    log = FakeLog()
    log.breaks = Break.BEFORE
    return log


def events(lines, event):
    return sum(line["event"] == event for line in lines)


async def test_what_is_over_is_dropped_and_what_gets_over_later_goes_later(settings):
    async with core_of(settings) as (core, clock):
        await write(core, OLD, 300)
        await write(core, clock() - timedelta(days=30), 300)
        with capture_logs() as lines:
            async with going_on(prune_the_log(core)):

                async def looked(times):
                    await until(lambda: _true(events(lines, "log.pruned") >= times))

                await looked(3)
                first = await on_record(core, EntryKind.RETENTION)
                clock.forward(4 * 366 * A_DAY_S)
                await looked(events(lines, "log.pruned") + 2)
                second = await on_record(core, EntryKind.RETENTION)
                async with core.database.connection() as connection:
                    minimum = await connection.fetchval("select minimum from audit.pruned")

    assert (first, second) == (1, 2), "a day with nothing to drop announces nothing"
    assert minimum == 512
    assert next(line["entries"] for line in lines if line["event"] == "log.pruned") == 256


async def _true(value):
    return value


async def test_a_purge_that_cannot_be_put_on_record_drops_nothing_and_is_tried_again(settings):
    async with core_of(settings) as (core, _):
        await write(core, OLD, 300)
        deaf = replace(core, log=refusing())
        with capture_logs() as lines:
            async with going_on(prune_the_log(deaf)) as task:
                await until(lambda: _true(events(lines, "log.prune.waits") >= 2))
                assert not task.done()
            async with core.database.connection() as connection:
                assert await connection.fetchval("select count(*) from audit.record") == 300
            async with going_on(prune_the_log(core)):
                await until(lambda: _true(events(lines, "log.pruned") >= 1))
            async with core.database.connection() as connection:
                assert await connection.fetchval("select minimum from audit.pruned") == 256


async def test_nothing_is_dropped_by_itself_unless_the_settings_say_so(settings):
    async with core_of(settings.model_copy(update={"prune_daily": False})) as (core, _):
        await write(core, OLD, 300)
        async with asyncio.timeout(60):
            await prune_the_log(core)

        assert await on_record(core, EntryKind.COMMAND) == 300
        assert await on_record(core, EntryKind.RETENTION) == 0


async def test_lists_are_committed_to_once_a_day_of_beijing(settings):
    async with core_of(settings) as (core, clock):
        await write(core, clock(), 10)

        async def made(number):
            return await on_record(core, EntryKind.LISTS) == number

        with capture_logs() as lines:
            async with going_on(commit_to_lists(core)):
                await until(lambda: made(1))
                await asyncio.sleep(0.3)
                once = await on_record(core, EntryKind.LISTS)
                clock.forward(A_DAY_S)
                await until(lambda: made(2))
                await until(lambda: _true(events(lines, "log.lists") == 2))

    assert once == 1
    assert events(lines, "log.lists.wait") == 0


async def test_lists_that_cannot_be_put_on_record_are_tried_again_and_made_once(settings):
    async with core_of(settings) as (core, clock):
        await write(core, clock(), 10)
        deaf = replace(core, log=refusing())
        with capture_logs() as lines:
            async with going_on(commit_to_lists(deaf)) as task:
                await until(lambda: _true(events(lines, "log.lists.wait") >= 2))
                assert not task.done()
            assert await on_record(core, EntryKind.LISTS) == 0
            async with going_on(commit_to_lists(core)):
                await until(lambda: _true(events(lines, "log.lists") == 1))

        assert await on_record(core, EntryKind.LISTS) == 1
