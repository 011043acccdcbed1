import asyncio
from datetime import timedelta

import asyncpg
import pytest

from hub.errors import StoreUnavailableError
from hub.http.assertions import StoredOnce
from hub.http.limits import with_statement_timeout
from hub.sealing.tags import Tagger
from hub.store.database import Database
from tests.support.cutting import SILENT, UP, Cut, relayed
from tests.support.edge import START, SetClock, new_keyring

pytestmark = [pytest.mark.anyio, pytest.mark.database]
LATER = START + timedelta(seconds=300)


@pytest.fixture
def tagger(tmp_path):
    return Tagger(new_keyring(tmp_path / "keys"))


async def test_an_id_works_once_even_after_a_restart(hub_database, tagger):
    for expected in (True, False):
        database = Database(hub_database)
        once = StoredOnce(database, tagger, SetClock())
        assert await once.use("insurance-system", "id-1", LATER) is expected
        assert await once.use("insurance-system", "id-1", LATER) is False
        await database.close()


async def test_the_same_id_of_another_client_is_another(hub_database, tagger):
    database = Database(hub_database)
    once = StoredOnce(database, tagger, SetClock())

    assert await once.use("insurance-system", "id-1", LATER)
    assert await once.use("civil-affairs-desk", "id-1", LATER)
    assert not await once.use("insurance-system", "id-1", LATER)
    await database.close()


async def test_of_many_at_once_one_wins(hub_database, tagger):
    database = Database(hub_database)
    once = StoredOnce(database, tagger, SetClock())

    async with asyncio.TaskGroup() as group:
        tries = [group.create_task(once.use("x", "id-1", LATER)) for _ in range(12)]

    assert sorted(task.result() for task in tries) == [False] * 11 + [True]
    await database.close()


async def test_what_has_expired_is_forgotten_and_ids_are_not_stored_as_they_are(
    hub_database, tagger
):
    database, clock = Database(hub_database), SetClock()
    once = StoredOnce(database, tagger, clock)
    await once.use("x", "id-1", LATER)
    clock.now = LATER + timedelta(seconds=1)
    await once.use("x", "id-2", clock.now + timedelta(seconds=300))

    async with database.connection() as connection:
        (row,) = await connection.fetch("SELECT * FROM assertion_seen")
    assert [row["jti_tag"]] == tagger.onces("x", "id-2")
    await database.close()


async def test_without_a_database_nobody_knows(tagger):
    once = StoredOnce(Database("postgresql://nobody@127.0.0.1:1/none"), tagger, SetClock())

    with pytest.raises(StoreUnavailableError):
        await once.use("x", "id-1", LATER)


async def test_the_server_stops_a_statement_that_takes_too_long(hub_database):
    dsn = with_statement_timeout(with_statement_timeout(hub_database, 9_000), 50)
    assert dsn.count("statement_timeout") == 1
    database = Database(dsn)

    async with database.connection() as connection:
        assert await connection.fetchval("SHOW statement_timeout") == "50ms"
        with pytest.raises(asyncpg.QueryCanceledError):
            await connection.execute("SELECT pg_sleep(5)")
    await database.close()


async def test_nobody_waits_for_a_network_that_is_gone(hub_database, tagger):
    async with relayed(hub_database) as (relay, address):
        database = Database(address, size=1)
        once = StoredOnce(database, tagger, SetClock(), limit_s=0.5)
        assert await once.use("x", "id-1", LATER)
        relay.arm(Cut(UP, 1, SILENT))

        with pytest.raises(StoreUnavailableError):
            await asyncio.wait_for(once.use("x", "id-2", LATER), 5)

        assert await asyncio.wait_for(once.use("x", "id-3", LATER), 5)
        await database.close()
