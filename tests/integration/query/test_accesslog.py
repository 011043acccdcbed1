"""Auditors see who read what about whom, and their look-up is on record before they do."""

from datetime import date

import asyncpg
import pytest

from audit.checkpoint import NoteSigner
from audit.log import Log
from audit.postgres import PostgresStorage
from hub.access import default_policy_text
from hub.clock import utc_now
from hub.errors import NotGrantedError
from hub.query import accesslog
from hub.query.policies import publish_policy
from tests.support.asking import AUDITOR, INSURER, OFFICER, asking
from tests.support.world import NOW, number_of

pytestmark = [pytest.mark.anyio, pytest.mark.database]
LOOKUP = """query ($s: String, $after: String, $d: String) {
  accessLog(subject: $s, first: 2, after: $after, department: $d) {
    edges { cursor node { index kind department role purpose case outcome fields denied
                          subjectCount at } }
    pageInfo { hasNextPage endCursor }
  }
}"""
POINT = """query ($n: String!) {
  person(nationalId: $n) { population { name sex birthDate phone } } }"""


@pytest.fixture
async def recorded(district, catalogue, own_district):
    signer = NoteSigner("hub.test/log", b"\7" * 32)
    async with Log(PostgresStorage(own_district), signer, utc_now) as log:
        made = asking(own_district, district[2], catalogue, log=log)
        yield made
        await made.database.close()


async def test_an_auditor_finds_every_reader_of_a_person_with_fields_and_refusals(recorded, world):
    number = world.numbers[4]
    answered = await recorded.body(POINT, OFFICER, n=number)
    await recorded.body(POINT, INSURER, n=number)
    await recorded.body(POINT, OFFICER, n=world.numbers[0])

    body = await recorded.body(LOOKUP, AUDITOR, s=number)
    edges = body["data"]["accessLog"]["edges"]

    insurer, officer = (edge["node"] for edge in edges)
    assert (insurer["department"], officer["department"]) == ("medical-insurance", "civil-affairs")
    assert insurer["denied"] == ["Population.phone NOT_GRANTED"]
    assert "Population.phone" not in insurer["fields"]
    assert "Population.phone" in officer["fields"]
    assert officer["case"] == "case-1"
    assert officer["subjectCount"] == 1
    assert officer["index"] == answered["extensions"]["receipt"]["index"]


async def test_a_look_up_is_itself_on_record_about_the_person_looked_up(recorded, world):
    number = world.numbers[3]
    first = await recorded.body(LOOKUP, AUDITOR, s=number)
    second = await recorded.body(LOOKUP, AUDITOR, s=number)

    node = second["data"]["accessLog"]["edges"][0]["node"]
    assert node["kind"] == "lookup"
    assert node["department"] == "audit-office"
    assert node["index"] == first["extensions"]["receipt"]["index"]


async def test_pages_of_the_log_go_back_in_time_and_miss_nothing(recorded, world):
    for _ in range(4):
        await recorded.body(POINT, INSURER, n=world.numbers[2])
    seen, after = [], None
    while True:
        body = await recorded.body(LOOKUP, AUDITOR, after=after, d="medical-insurance")
        page = body["data"]["accessLog"]
        seen += [edge["node"]["index"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert len(seen) >= 4
    assert seen == sorted(set(seen), reverse=True)


async def test_nobody_known_gives_an_empty_page_that_is_on_record(recorded):
    body = await recorded.body(LOOKUP, AUDITOR, s=number_of(998, date(1990, 1, 1)))

    assert body["data"]["accessLog"]["edges"] == []
    assert body["extensions"]["receipt"]["index"] >= 0


async def test_an_auditor_whose_right_was_taken_away_sees_nothing(
    recorded, world, own_district, catalogue
):
    await recorded.body(LOOKUP, AUDITOR, s=world.numbers[3])
    connection = await asyncpg.connect(own_district)
    gone = default_policy_text().replace('"AccessEntry.denied", ', "")
    await publish_policy(connection, gone, catalogue, NOW)
    try:
        with pytest.raises(NotGrantedError):
            await recorded.body(LOOKUP, AUDITOR, s=world.numbers[3])
    finally:
        await publish_policy(connection, default_policy_text(), catalogue, NOW)
        await connection.close()


async def test_entries_and_the_policy_they_are_read_under_are_of_one_snapshot(
    recorded, world, own_district, catalogue, monkeypatch
):
    found, other = accesslog.matches, await asyncpg.connect(own_district)
    gone = default_policy_text().replace('"AccessEntry.denied", ', "")
    seen = []

    async def matches_late(connection, wanted, known):
        before = await connection.fetchval("select digest from policy_revision")
        await publish_policy(other, gone, catalogue, NOW)
        seen.append(before == await connection.fetchval("select digest from policy_revision"))
        async for match in found(connection, wanted, known):
            yield match

    monkeypatch.setattr(accesslog, "matches", matches_late)
    try:
        await recorded.body(LOOKUP, AUDITOR, s=world.numbers[3])
    finally:
        await publish_policy(other, default_policy_text(), catalogue, NOW)
        await other.close()
    assert seen
    assert all(seen)


async def test_what_was_read_of_a_household_was_read_about_everybody_in_it(recorded, world):
    member = next(m for m in world.tables["membership"] if m["valid_to"].year == 9999)
    number = next(n for n, p in world.person_by_number.items() if p == member["person_id"])
    read = await recorded.body(
        "query ($h: ID!) { household(id: $h) { id score { band } } }",
        OFFICER,
        h=str(member["household_id"]),
    )
    assert read["data"]["household"]

    body = await recorded.body(LOOKUP, AUDITOR, s=number)
    again = await recorded.body(LOOKUP, AUDITOR, s=number)

    node = body["data"]["accessLog"]["edges"][0]["node"]
    assert node["index"] == read["extensions"]["receipt"]["index"]
    assert "Score.band" in node["fields"]
    looked_up = again["data"]["accessLog"]["edges"][0]["node"]
    assert (looked_up["kind"], looked_up["subjectCount"]) == ("lookup", 1)
