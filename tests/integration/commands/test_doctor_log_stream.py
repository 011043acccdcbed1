"""The doctor says how far a SIEM has heard of the log, and when that is a fault."""

import asyncio
from dataclasses import replace

import pytest

from audit.entry import Entry, EntryKind, canonical
from hub.app import catalogue_of, opened, prepare
from hub.commands import log_stream as doctor
from hub.commands.log_stream import log_stream
from hub.settings import Settings
from hub.store.log_stream import begin_stream, move_stream, note_failure
from tests.support.postgres import fresh_database

pytestmark = [pytest.mark.anyio, pytest.mark.database]
URL = "https://siem.example/in"


@pytest.fixture(scope="module")
def ready(postgres_server, tmp_path_factory):
    """Settings of a hub that was prepared."""
    with fresh_database(postgres_server) as dsn:
        settings = Settings(home=tmp_path_factory.mktemp("home"), database_url=dsn)
        asyncio.run(prepare(settings, catalogue_of(settings)))
        yield settings


@pytest.fixture
async def core(ready):
    async with opened(ready) as found:
        yield found


def told_to(core, receiver):
    return replace(core, settings=core.settings.model_copy(update={"log_stream_url": receiver}))


async def write(core, count):
    for number in range(count):
        record = canonical({"at": 1_790_000_000_000 + number, "number": str(number)})
        await core.log.append(Entry(EntryKind.COMMAND, record, ()))


async def test_without_a_receiver_there_is_nothing_to_say(core):
    finding = await log_stream(core)

    assert (finding.is_ok, finding.found) == (True, "none: no SIEM is told of new entries")


async def test_it_counts_what_waits_and_names_what_went_wrong_last(core):
    told = told_to(core, f"{URL}/1")
    first = await log_stream(told)
    async with core.database.connection() as connection:
        await begin_stream(connection, f"{URL}/1", core.clock(), connection)
        start = await connection.fetchval("select next from log_stream where receiver like '%/1'")
    await write(core, 3)
    waiting = await log_stream(told)
    async with core.database.connection() as connection:
        await note_failure(connection, f"{URL}/1", "ConnectError", core.clock())
    failing = await log_stream(told)
    async with core.database.connection() as connection:
        await move_stream(connection, f"{URL}/1", start, start + 3, core.clock())
    whole = await log_stream(told)

    assert (first.is_ok, first.found) == (True, "nothing was sent yet")
    assert waiting.is_ok
    assert waiting.found.startswith("3 entries wait; the last ones were taken 20")
    assert not failing.is_ok
    assert failing.found.endswith("; last failure: ConnectError")
    assert "log.stream.waits" in failing.advice
    assert whole.is_ok
    assert whole.found.startswith("0 entries wait")


async def test_a_receiver_that_is_far_behind_is_a_fault_though_nothing_failed(core, monkeypatch):
    monkeypatch.setattr(doctor, "_MANY", 2)
    told = told_to(core, f"{URL}/2")
    async with core.database.connection() as connection:
        await begin_stream(connection, f"{URL}/2", core.clock(), connection)
    await write(core, 1)
    near = await log_stream(told)
    await write(core, 1)
    far = await log_stream(told)

    assert (near.is_ok, far.is_ok) == (True, False)
    assert "last failure" not in far.found
