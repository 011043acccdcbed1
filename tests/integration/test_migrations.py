"""Migrations and declarations together give exactly the tables that the code names."""

from dataclasses import replace

import asyncpg
import pytest

from hub.errors import SetupError
from hub.store.migrate import current_revision, differences, migrate, newest_revision
from schema.catalogue import Catalogue, Field, Kind
from schema.catalogue import Classification as Class

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def test_a_migrated_database_equals_the_declared_tables(database):
    catalogue = Catalogue.discover()

    revision = await migrate(database, catalogue)

    assert revision == newest_revision()
    assert await differences(database, catalogue) == []


async def test_migrating_twice_changes_nothing(database):
    catalogue = Catalogue.discover()
    await migrate(database, catalogue)

    again = await migrate(database, catalogue)

    assert again == await current_revision(database)
    assert await differences(database, catalogue) == []


async def test_a_new_field_of_a_declaration_becomes_a_column(database):
    before = Catalogue.discover()
    await migrate(database, before)
    extra = Field("note", "备注", "remark", Kind.TEXT, Class.GENERAL)
    grown = [replace(d, fields=(*d.fields, extra)) if d.name == "population" else d for d in before]

    assert await differences(database, Catalogue(grown)) != []
    await migrate(database, Catalogue(grown))

    assert await differences(database, Catalogue(grown)) == []


async def test_a_declaration_that_changes_a_stored_type_is_refused_and_nothing_moves(database):
    before = Catalogue.discover()
    await migrate(database, before)
    turned = [
        replace(
            d,
            fields=tuple(
                replace(f, kind=Kind.INTEGER, codes=None) if f.name == "status" else f
                for f in d.fields
            ),
        )
        if d.name == "population"
        else d
        for d in before
    ]

    with pytest.raises(SetupError, match=r"population\.status"):
        await migrate(database, Catalogue(turned))

    assert await differences(database, before) == []


async def test_the_clock_of_known_times_has_one_row(database):
    await migrate(database, Catalogue.discover())
    connection = await asyncpg.connect(database)
    try:
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("insert into known_time values (true, now())")
        assert await connection.fetchval("select count(*) from known_time") == 1
    finally:
        await connection.close()
