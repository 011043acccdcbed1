"""A whole made-up district, compared with its truth file."""

import pytest

from hub.demo.district import DEFAULT_HOUSEHOLDS
from tests.support.district import district, hub_on
from tests.support.truth import compare_scores, compare_with_the_truth, read

pytestmark = [pytest.mark.anyio, pytest.mark.database]

HUNDRED_THOUSAND_PEOPLE = 65_000
"""Households that have so many people between them."""
NEARLY_ALL_FAULTS = 8
"""A seed by which 300 households have a fault of nearly every kind."""


async def everything(hub):
    """Return the number of rows of each table, and the newest known time."""
    tables = await read(
        hub, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    counts = {}
    for (name,) in tables:
        ((counts[name],),) = await read(hub, f'SELECT count(*) FROM "{name}"')  # noqa: S608 - a name from the catalogue
    ((newest,),) = await read(hub, "SELECT at FROM known_time")
    return counts, newest


@pytest.fixture
def sized_town(request, tmp_path):
    """A district of as many households, from the seed, as the test asks for."""
    households, seed = request.param
    with district(tmp_path, households, seed) as made:
        yield made


@pytest.mark.parametrize("sized_town", [(300, NEARLY_ALL_FAULTS)], indirect=True)
async def test_a_district_is_as_its_truth_file_says(store, keyring, sized_town):
    async with hub_on(store, keyring) as hub:
        await compare(hub, sized_town)


@pytest.mark.prove
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(
    "sized_town",
    [(DEFAULT_HOUSEHOLDS, 1), (HUNDRED_THOUSAND_PEOPLE, 1)],
    ids=["default-size", "hundred-thousand-people"],
    indirect=True,
)
async def test_a_large_district_is_as_its_truth_file_says(store, keyring, sized_town):
    async with hub_on(store, keyring) as hub:
        await compare(hub, sized_town)


async def compare(hub, town):
    await hub.load_scope(town)
    reports = await hub.read_once(town)

    await compare_with_the_truth(hub, town, reports)
    await compare_scores(hub, town)


async def test_reading_everything_again_changes_nothing(store, keyring, town):
    async with hub_on(store, keyring) as hub:
        await hub.load_scope(town)
        await hub.read_all(town)
        before, known = await everything(hub)
        async with hub.database.connection() as connection:
            await connection.execute("UPDATE cursor SET position = NULL")

        reports = await hub.read_all(town)
        await hub.load_scope(town)
        await hub.read_all(town)

        assert sum(report.read for report in reports.values()) > 0
        assert all(report.accepted == 0 for report in reports.values())
        assert await everything(hub) == (before, known)


async def test_a_family_that_paid_much_is_warned_about(store, keyring, town):
    async with hub_on(store, keyring) as hub:
        await hub.load_scope(town)
        await hub.read_all(town)

        red = await read(
            hub,
            "SELECT h.number_tag FROM alert a JOIN household h ON h.household_id = a.identity_id "
            "WHERE a.known_to = 'infinity' AND a.band = 'red' AND a.urgent",
        )

        struggling = [home for home in town.of("household") if home["hard_trigger"]]
        assert struggling
        assert {hub.tagger.household(str(home["household"])) for home in struggling} <= {
            row["number_tag"] for row in red
        }


async def test_no_number_or_name_is_in_the_store_in_clear(store, keyring, town):
    async with hub_on(store, keyring) as hub:
        await hub.load_scope(town)
        await hub.read_all(town)
        names = [
            row[0]
            for row in await read(
                hub,
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
            )
        ]
        text = ""
        for name in names:
            rows = await read(hub, f'SELECT t::text FROM "{name}" t')  # noqa: S608 - a name from the catalogue
            text += "\n".join(row[0] for row in rows)

        assert "420106" in text
        for person in town.of("person"):
            for value in (person["number"], person["name"], person["phone"]):
                assert value not in text
                assert value.encode().hex() not in text
