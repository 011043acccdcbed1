"""The planner's statistics are gathered when a table has grown, and only then."""

import pytest

from hub.store.sources import GROWING, add_to_scope, analyse_grown
from tests.support.district import hub_on

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def test_a_table_is_analysed_once_it_has_doubled_and_not_again_before(store, keyring):
    async with hub_on(store, keyring) as hub, hub.database.connection() as connection:
        tags = [number.to_bytes(32, "big") for number in range(4000)]
        assert await analyse_grown(connection, GROWING) == []

        await add_to_scope(connection, tags[:1000], "household", 1)
        assert await analyse_grown(connection, GROWING) == ["scope"]
        assert await analyse_grown(connection, GROWING) == []

        await add_to_scope(connection, tags, "household", 2)
        assert await analyse_grown(connection, ["person"]) == []
        assert await analyse_grown(connection, ["person", "scope"]) == ["scope"]
        assert await connection.fetchval(
            "SELECT count(*) FROM pg_stats WHERE tablename = 'scope' AND attname = 'kind'"
        )


async def test_reading_a_district_leaves_its_large_tables_with_statistics(store, keyring, town):
    async with hub_on(store, keyring) as hub:
        await hub.load_scope(town)
        await hub.read(town, "public-security")
        await hub.read(town, "medical-insurance")

        async with hub.database.connection() as connection:
            names = await connection.fetch("SELECT DISTINCT tablename AS name FROM pg_stats")

        assert {"source_record", "medical_settlement"} <= {row["name"] for row in names}
