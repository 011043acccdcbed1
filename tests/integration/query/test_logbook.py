"""A look-up in the log that is stopped keeps nobody waiting, whatever has become of the network."""

import asyncio
from dataclasses import dataclass

import pytest

from hub.query.logbook import Logbook
from hub.store.database import Database
from hub.store.log_side import LogSide
from tests.support.cutting import SILENT, UP, Cut, relayed, stopped_in_silence

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@dataclass
class Nobody:
    """A look-up about nobody."""

    numbers: tuple = ()


@pytest.mark.parametrize("is_apart", [False, True], ids=["log in the hub", "log apart"])
async def test_who_is_stopped_waits_for_no_network_that_is_gone(hub_database, is_apart):
    async def looking(book, relay):
        async with book.opened(Nobody()) as opened:
            relay.arm(Cut(UP, 1, SILENT))
            await opened.connection.fetchval("SELECT pg_sleep(30)")

    async with relayed(hub_database) as (relay, address):
        store, log = Database(address, size=1), Database(address, size=1)
        book = Logbook(store, None, LogSide(log if is_apart else None))
        work = asyncio.create_task(looking(book, relay))
        await stopped_in_silence(work, relay)

        for each in (store, log):
            async with asyncio.timeout(10), each.connection() as connection:
                assert await connection.fetchval("SELECT 1") == 1
            await each.close()
