"""What the overview says of a real store: whole tens, nothing smaller, taken anew after a while."""

from datetime import timedelta

import asyncpg
import pytest

from hub.http.console.holdings import Holdings
from hub.sealing.keyring import Keyring
from hub.store.database import Database
from hub.store.holdings import count
from schema.catalogue import Catalogue
from tests.support.edge import SetClock
from tests.support.world import ALWAYS, made_world

pytestmark = [pytest.mark.anyio, pytest.mark.database]
CATALOGUE = Catalogue.discover()


@pytest.fixture
async def filled(hub_database, tmp_path):
    """The database of nine households, and the rows that were written."""
    world = made_world(CATALOGUE)
    await world.write(hub_database, Keyring.open_or_create(tmp_path / "keys"))
    database = Database(hub_database)
    yield database, world
    await database.close()


async def test_records_are_counted_once_however_many_versions_they_have(filled):
    database, world = filled
    async with database.connection() as connection:
        counts = await count(connection, CATALOGUE)

    people = {row["person_id"] for row in world.tables["person"]}
    assert counts.people == len(people) > 9
    assert counts.households == 9
    for name, rows in world.tables.items():
        if name in counts.records:
            known = {row["record_id"] for row in rows if row["known_to"] == ALWAYS}
            assert counts.records[name] == len(known)
    assert len(world.tables["population"]) > counts.records["population"]


async def test_fewer_than_ten_households_are_told_as_fewer_than_ten(filled):
    database, _ = filled
    told = await Holdings(database, CATALOGUE, SetClock()).told()

    assert told["households"] == {"below": 10}
    assert told["people"]["atLeast"] % 10 == 0
    assert all(value == {"below": 10} for value in told["openAlerts"].values())


async def test_counts_are_taken_anew_after_ten_minutes_and_not_before(filled, hub_database):
    database, _ = filled
    clock = SetClock()
    holdings = Holdings(database, CATALOGUE, clock)
    before = (await holdings.told())["households"]
    connection = await asyncpg.connect(hub_database)
    await connection.execute(
        "insert into household "
        "select cell, gen_random_uuid(), log_alias, number_tag, known_from, 1 "
        "from household, generate_series(1, 2)"
    )
    await connection.close()

    clock.forward(timedelta(minutes=9).total_seconds())
    assert (await holdings.told())["households"] == before == {"below": 10}
    clock.forward(timedelta(minutes=1).total_seconds())
    assert (await holdings.told())["households"] == {"atLeast": 20}
