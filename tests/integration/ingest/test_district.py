"""A whole made-up district, compared with its truth file."""

from collections import Counter

import orjson
import pytest

from hub.demo.district import DEFAULT_HOUSEHOLDS
from hub.demo.score_check import expected_scores, stored_scores
from tests.support.district import district, hub_on

pytestmark = [pytest.mark.anyio, pytest.mark.database]

HUNDRED_THOUSAND_PEOPLE = 65_000
"""Households that have so many people between them."""

OWNERS = """
SELECT s.key_tag, l.person_id FROM source_record s
JOIN link l ON l.cell = s.cell AND l.identity_id = s.identity_id AND l.known_to = 'infinity'
WHERE s.known_to = 'infinity'
"""


async def read(hub, statement, *arguments):
    async with hub.database.connection() as connection:
        return await connection.fetch(statement, *arguments)


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


async def test_the_graph_is_what_the_truth_file_says(store, keyring, town):
    await compare_with_the_truth(store, keyring, town)


@pytest.fixture
def sized_town(request, tmp_path):
    """A district of as many households as the test asks for."""
    with district(tmp_path, households=request.param, seed=1) as made:
        yield made


@pytest.mark.prove
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("sized_town", [2_000], indirect=True)
async def test_two_thousand_households_are_what_their_truth_file_says(store, keyring, sized_town):
    await compare_with_the_truth(store, keyring, sized_town)


@pytest.mark.parametrize("sized_town", [300], indirect=True)
async def test_every_household_has_the_score_that_its_lives_give(store, keyring, sized_town):
    await compare_scores(store, keyring, sized_town)


@pytest.mark.prove
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("sized_town", [DEFAULT_HOUSEHOLDS, HUNDRED_THOUSAND_PEOPLE], indirect=True)
async def test_every_household_of_a_large_district_has_its_score(store, keyring, sized_town):
    await compare_scores(store, keyring, sized_town)


async def compare_scores(store, keyring, town):
    async with hub_on(store, keyring) as hub:
        await hub.load_scope(town)
        await hub.read_all(town)
        async with hub.database.connection() as connection:
            stored = await stored_scores(connection, hub.facts, hub.keys)

        expected = expected_scores(town.places.truth, hub.tagger)
        assert {score.band for score in expected.values()} >= {"green", "yellow", "red"}
        numbers = {
            hub.tagger.household(h["household"]): h["household"] for h in town.of("household")
        }
        differing = {
            numbers[tag]: (stored.get(tag), expected.get(tag))
            for tag in stored.keys() | expected.keys()
            if stored.get(tag) != expected.get(tag)
        }
        assert differing == {}


async def compare_with_the_truth(store, keyring, town):
    async with hub_on(store, keyring) as hub:
        await hub.load_scope(town)
        reports = await hub.read_all(town)

        (summary,) = town.of("summary")
        quarantined = sum((report.quarantined for report in reports.values()), Counter())
        assert quarantined == Counter(summary["quarantined"])
        waiting = await read(hub, "SELECT reasons FROM quarantine WHERE resolved_at IS NULL")
        codes = Counter(reason["code"] for (row,) in waiting for reason in orjson.loads(row))
        assert codes <= quarantined
        await no_two_people_are_one(hub, town)
        await who_is_out_of_scope_left_no_trace(hub, town)
        ((homes,),) = await read(hub, "SELECT count(*) FROM household")
        assert homes == summary["households_in_scope"]


async def no_two_people_are_one(hub, town):
    people = {
        row["tag"]: row["person_id"]
        for row in await read(hub, "SELECT tag, person_id FROM person_tag")
    }
    owners = {row["key_tag"]: row["person_id"] for row in await read(hub, OWNERS)}
    broken = {
        hub.tagger.record(fault["dataset"], fault["key"])
        for fault in town.of("fault")
        if fault["expected"] != "accepted" or fault["fault"] == "taken-back"
    }
    in_scope = [person for person in town.of("person") if person["in_scope"]]
    assert len(people) == len(in_scope)
    assert len(set(people.values())) == len(in_scope)
    nowhere = 0
    for person in in_scope:
        person_id = people[hub.tagger.person(person["number"])]
        for dataset, keys in person["records"].items():
            for key in keys:
                tag = hub.tagger.record(dataset, key)
                if tag in owners:
                    assert owners[tag] == person_id
                elif tag not in broken:
                    nowhere += 1
    keyless = [f for f in town.of("fault") if f["fault"] in {"column-lost", "broken-bytes"}]
    assert nowhere == len(keyless)


async def who_is_out_of_scope_left_no_trace(hub, town):
    tags = set()
    for table in ("source_record", "quarantine"):
        tags |= {row["key_tag"] for row in await read(hub, f"SELECT key_tag FROM {table}")}  # noqa: S608 - two names above
    people = {row["tag"] for row in await read(hub, "SELECT tag FROM person_tag")}
    for person in town.of("person"):
        if not person["in_scope"]:
            assert hub.tagger.person(person["number"]) not in people
            for dataset, keys in person["records"].items():
                assert not tags & {hub.tagger.record(dataset, key) for key in keys}


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
