"""What is known now is told by two tables: they are what they are made from, whoever writes."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from hub.sealing.keyring import Keyring
from hub.store.present import mended, strays
from schema.catalogue import Catalogue
from tests.support.postgres import fresh_database
from tests.support.world import made_world

pytestmark = [pytest.mark.anyio, pytest.mark.database]
CHANGES = {
    "a membership ends": "update membership set valid_to = current_date",
    "a membership is superseded": "update membership set known_to = now()",
    "a membership goes": "delete from membership",
    "a person moves": (
        "update membership set household_id = (select household_id from household limit 1)"
    ),
    "a link is superseded": "update link set known_to = now()",
    "a link goes": "delete from link",
    "a link moves": "update link set person_id = (select max(person_id::text)::uuid from person)",
    "a key is wrapped anew": "update data_key set wrapped = '\\x00', key_version = 2",
    "a key is destroyed": "delete from data_key",
    "an alias is destroyed": "delete from person",
    "an alias is replaced": "update person set log_alias = '\\x01'",
}


@pytest.fixture(scope="module")
def filled(postgres_server, migrated, tmp_path_factory):
    """Address of a database with a small district that was written row by row."""
    catalogue = Catalogue.discover()
    with fresh_database(postgres_server, migrated) as dsn:
        keyring = Keyring.open_or_create(tmp_path_factory.mktemp("keys"))
        asyncio.run(made_world(catalogue, households=4).write(dsn, keyring))
        yield dsn


@pytest.fixture
async def connection(filled):
    """A connection in a transaction that is undone."""
    connection = await asyncpg.connect(filled)
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()


async def test_what_was_written_row_by_row_is_told(connection):
    assert await strays(connection) == 0
    assert await connection.fetchval("select count(*) from member_now") > 0
    assert await connection.fetchval("select count(*) from identity_now where wrapped is null") == 0


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_is_told_in_its_own_transaction(connection, change):
    before = await connection.fetch("select * from member_now, identity_now order by 1, 2, 3, 4, 5")

    await connection.execute(CHANGES[change])

    after = await connection.fetch("select * from member_now, identity_now order by 1, 2, 3, 4, 5")
    assert await strays(connection) == 0
    assert after != before


async def test_a_destroyed_key_and_a_destroyed_alias_are_nowhere(connection):
    await connection.execute("delete from data_key; delete from person")

    kept = "select count(*) from identity_now where wrapped is not null"
    assert await connection.fetchval(kept) == 0
    assert await connection.fetchval("select count(*) from member_now") == 0


async def test_what_comes_before_what_it_belongs_to_is_told_once_that_comes(connection):
    kept = {name: await connection.fetch(f"select * from {name}") for name in ("link", "data_key")}  # noqa: S608 - two names
    members = await connection.fetch("select * from membership")
    await connection.execute("delete from link; delete from data_key; delete from membership")

    for name, rows in (("membership", members), *kept.items()):
        for row in rows:
            places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
            await connection.execute(f"insert into {name} values ({places})", *row.values())  # noqa: S608 - three names

    assert await strays(connection) == 0
    assert await connection.fetchval("select count(*) from identity_now where wrapped is null") == 0


async def test_strays_are_counted_and_mended(connection):
    await connection.execute("delete from member_now; update identity_now set wrapped = '\\x02'")
    found = await strays(connection)

    assert found > 0
    assert await mended(connection) == found
    assert await strays(connection) == 0


async def test_of_two_writers_at_once_neither_misses_what_the_other_adds(filled):
    one, other = [await asyncpg.connect(filled) for _ in range(2)]
    cell, person, department = await one.fetchrow(
        "select p.cell, p.person_id, 'civil-affairs' from person p limit 1"
    )
    household = await one.fetchval("select household_id from household where cell = $1", cell)
    identity, version = uuid4(), uuid4()
    span = "'-infinity', 'infinity', now(), 'infinity'"
    transaction = one.transaction()
    await transaction.start()
    await one.execute(
        f"insert into link values ($1, $2, $3, $4, 'made up', 100, {span}, $5)",  # noqa: S608 - a constant
        *(cell, identity, uuid4(), person, department),
    )

    second = asyncio.create_task(
        other.execute(
            "insert into membership (cell, household_id, version_id, person_id, "  # noqa: S608 - a constant
            "source_record_id, valid_from, valid_to, known_from, known_to) "
            f"values ($1, $2, $3, $4, $5, {span})",
            *(cell, household, version, person, uuid4()),
        )
    )
    await asyncio.sleep(0.1)
    has_waited = not second.done()
    await transaction.commit()
    await second

    assert has_waited
    assert await strays(one) == 0
    await one.execute("delete from link where identity_id = $1", identity)  # others share the store
    await one.execute("delete from membership where version_id = $1", version)
    await one.close()
    await other.close()
