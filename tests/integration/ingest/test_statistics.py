"""The planner's statistics are gathered when a table has grown, and only then."""

import pytest

from hub.store.sources import GROWING, add_to_scope, analyse_grown
from tests.support.district import hub_on

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def estimated(connection) -> set[str]:
    """Return the tables of which the planner has estimates.

    What they are is told to nobody whom the table's rows are hidden from: `pg_stats` leaves out
    tables with row-level security.
    """
    rows = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > 0"
        " AND relnamespace = 'public'::regnamespace"
    )
    return {row["relname"] for row in rows}


async def test_a_table_is_analysed_once_it_has_doubled_and_not_again_before(store, keyring):
    async with hub_on(store, keyring) as hub, hub.database.connection() as connection:
        tags = [number.to_bytes(32, "big") for number in range(4000)]
        assert await analyse_grown(connection, GROWING) == []

        await add_to_scope(connection, tags[:1000], ("household", 1, 1))
        assert await analyse_grown(connection, GROWING) == ["scope"]
        assert await analyse_grown(connection, GROWING) == []

        await add_to_scope(connection, tags, ("household", 2, 1))
        assert await analyse_grown(connection, ["person"]) == []
        assert await analyse_grown(connection, ["person", "scope"]) == ["scope"]
        assert await estimated(connection) >= {"scope"}


async def test_reading_a_district_leaves_its_large_tables_with_statistics(store, keyring, town):
    async with hub_on(store, keyring) as hub:
        await hub.load_scope(town)
        await hub.read(town, "public-security")
        await hub.read(town, "medical-insurance")

        async with hub.database.connection() as connection:
            assert await estimated(connection) >= {"source_record", "medical_settlement"}
