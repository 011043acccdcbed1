"""A disk that is full: nobody is told that an entry is kept which is not, and the log goes on."""

import asyncio
import os
import random

import pytest

from tests.support.appending import Load, check, log_at, new_log
from tests.support.bare_postgres import bare_postgres

pytestmark = [pytest.mark.database, pytest.mark.timeout(300)]
WRITERS = 16
BALLAST = "ballast"
WAIT_S = 60


@pytest.fixture(scope="module")
def small():
    try:
        with bare_postgres("min_wal_size=2MB", "max_wal_size=4MB", disk="90m") as running:
            yield running
    except PermissionError as refused:
        pytest.skip(str(refused))


def fill(folder, left):
    """Take all the room of the disk but about `left` bytes, while others write to it."""
    with (folder / BALLAST).open("wb") as ballast:
        while (room := _room(folder) - left) > 0:
            try:
                os.posix_fallocate(ballast.fileno(), ballast.seek(0, os.SEEK_END), room)
            except OSError:  # somebody was quicker: there is less room by now
                ballast.truncate()


def _room(folder):
    there = os.statvfs(folder)
    return there.f_bavail * there.f_frsize


def make_room(server):
    (server.folder / BALLAST).unlink()
    if not server.is_running():  # without room for its own log a server ends
        server.stop()
        server.start()


async def full_and_not(server, rounds, chance):
    async with log_at(server.dsn) as log, asyncio.TaskGroup() as group:
        load = Load(log, "full")
        for number in range(WRITERS):
            group.create_task(load.writer(number))
        for _ in range(rounds):
            await load.more(200)
            stalled = load.stalled
            await asyncio.to_thread(fill, server.folder, chance.randrange(8 << 10, 512 << 10))
            async with asyncio.timeout(WAIT_S):
                while load.stalled == stalled:  # noqa: ASYNC110 - writers have no event for it
                    await asyncio.sleep(0.01)
            told = len(load.acknowledged)
            await asyncio.sleep(chance.uniform(0, 0.5))
            await asyncio.to_thread(make_room, server)
            async with asyncio.timeout(WAIT_S):
                await load.more(200)
            assert len(load.acknowledged) >= told + 200
        load.stopping = True
    return load


def test_a_full_disk_loses_nothing_that_was_acknowledged(small):
    asyncio.run(new_log(small.dsn))

    load = asyncio.run(full_and_not(small, 2, random.Random(3)))

    assert load.stalled
    check(small.dsn, load.acknowledged)


@pytest.mark.prove
@pytest.mark.timeout(1200)
def test_a_disk_that_is_full_again_and_again_loses_nothing(small):
    rounds = 15
    asyncio.run(new_log(small.dsn))

    load = asyncio.run(full_and_not(small, rounds, random.Random(11)))

    check(small.dsn, load.acknowledged)
    print(f"\n{rounds} full disks, {len(load.acknowledged)} entries acknowledged, none lost")
