"""Lists come page by page: together they are the whole, whatever is written in between."""

import asyncio
import re
from random import Random

import asyncpg
import pytest

from hub.errors import InvalidDocumentError, NotGrantedError
from hub.query.policies import publish_policy
from hub.sealing.keyring import Keyring
from hub.store.migrate import migrate
from schema.catalogue import Catalogue
from schema.graph_lists import AlertOrder, HouseholdOrder
from tests.support.asking import ANALYST, INSURER, WARNER, asking
from tests.support.postgres import fresh_database
from tests.support.world import LOADED, World, made_world

pytestmark = [pytest.mark.anyio, pytest.mark.database]
HOUSEHOLDS = """
query ($first: Int!, $after: String, $order: HouseholdOrder!, $known: DateTime,
       $filter: HouseholdFilter) {
  list: households(first: $first, after: $after, orderBy: $order, knownAt: $known, filter: $filter)
  { totalCount edges { cursor node { id score { total knownFrom } region } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
}"""
WARNINGS = """
query ($first: Int!, $after: String, $order: AlertOrder!, $known: DateTime, $filter: AlertFilter) {
  list: warnings(first: $first, after: $after, orderBy: $order, knownAt: $known, filter: $filter)
  { totalCount edges { cursor node { recordId total dueOn openedAt } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
}"""
LATER = """
with old as (
  update score set known_to = '2026-10-05' where known_to = 'infinity' and total > 40 returning *
)
insert into score
select cell, identity_id, gen_random_uuid(), record_id, source_record_id, source_time,
       valid_from, valid_to, '2026-10-05', 'infinity', 100 - total, band, coverage, profile,
       sealed_dimensions, sealed_reasons, sealed_cause_hint
from old"""
"""New versions of scores, as a rescoring writes them; what is sealed is never opened here."""


@pytest.fixture(scope="session")
def growing(postgres_server, migrated, tmp_path_factory):
    """Address of a district that one test writes to, its rows, and its keys."""
    catalogue = Catalogue.discover()
    keyring = Keyring.open_or_create(tmp_path_factory.mktemp("list-keys"))
    world = made_world(catalogue, seed=11, households=14)
    for n in (2, 5, 9):  # a few that were never scored
        home = world.tables["household"][n]["household_id"]
        world.tables["score"] = [r for r in world.tables["score"] if r["identity_id"] != home]
    with fresh_database(postgres_server, migrated) as dsn:
        asyncio.run(world.write(dsn, keyring))
        yield dsn, world, keyring


@pytest.fixture
async def lister(growing):
    dsn, _, keyring = growing
    made = asking(dsn, keyring, Catalogue.discover())
    yield made
    await made.database.close()


async def pages(ask, document, size, between=None, **variables):
    """Return every edge of a list, taken in pages, and what the pages said on the way."""
    edges, told, after = [], [], None
    while True:
        body = await ask.body(document, WARNER, first=size, after=after, **variables)
        page = body["data"]["list"]
        edges += page["edges"]
        told.append(page)
        if not page["pageInfo"]["hasNextPage"]:
            return edges, told
        assert len(page["edges"]) == size
        after = page["pageInfo"]["endCursor"]
        if between is not None:
            await between()


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize(
    ("document", "order"),
    [(HOUSEHOLDS, o.name) for o in HouseholdOrder] + [(WARNINGS, o.name) for o in AlertOrder],
    ids=lambda value: value if len(value) < 20 else "",
)
async def test_pages_put_together_are_the_whole_list(lister, document, order, size):
    whole, (only,) = await pages(lister, document, 200, order=order)
    edges, told = await pages(lister, document, size, order=order)

    assert edges == whole
    assert len(whole) > 6
    assert {page["totalCount"] for page in told} == {only["totalCount"]} == {len(whole)}
    assert [page["pageInfo"]["hasPreviousPage"] for page in told] == [False] + [True] * (
        len(told) - 1
    )
    for page in told:
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]


async def test_the_unknown_come_last_in_both_directions(lister):
    for order in ("TOTAL_DESC", "TOTAL_ASC", "SCORED_DESC"):
        edges, _ = await pages(lister, HOUSEHOLDS, 2, order=order)
        known = [edge["node"]["score"] is not None for edge in edges]

        assert known == sorted(known, reverse=True)
        assert known.count(False) >= 2
    ranged, _ = await pages(
        lister, HOUSEHOLDS, 2, order="TOTAL_ASC", filter={"score": {"total": {"from": -5}}}
    )
    assert ranged
    assert all(edge["node"]["score"] for edge in ranged)


async def test_at_a_pinned_known_time_pages_are_whole_whatever_is_written_between(
    database, tmp_path
):
    catalogue = Catalogue.discover()
    keyring = Keyring.open_or_create(tmp_path)
    await migrate(database, catalogue)
    await made_world(catalogue, seed=13, households=10).write(database, keyring)
    ask = asking(database, keyring, catalogue)
    orders = [order.name for order in HouseholdOrder]
    whole = {}
    for order in orders:
        body = await ask.body(HOUSEHOLDS, WARNER, first=200, order=order)
        whole[order] = body["data"]["list"]["edges"]
    pinned = body["extensions"]["knownAt"]

    async def write() -> None:
        more = World(catalogue, Random(len(ask.log.entries)))
        home = more.household("420106001001")
        more.record("score", home, {"total": 50, "band": "yellow", "coverage": 60})
        for row in more.tables["household_place"] + more.tables["score"]:
            row["known_from"] = LOADED.replace(month=10, day=5)
        await more.write(database, keyring)
        connection = await asyncpg.connect(database)
        await connection.execute(LATER)
        await connection.close()

    for order in orders:
        edges, told = await pages(ask, HOUSEHOLDS, 3, write, order=order, known=pinned)
        after, _ = await pages(ask, HOUSEHOLDS, 200, order=order)

        assert edges == whole[order]
        assert len(after) > len(edges)
        assert len(told) > 2
    await ask.database.close()


async def test_a_page_and_its_count_are_one_statement(lister):
    given = {"first": 2, "order": "TOTAL_DESC", "filter": {"has": ["POPULATION"]}}
    await lister.body(HOUSEHOLDS, WARNER, **given)
    lister.database.statements = 0

    body = await lister.body(HOUSEHOLDS, WARNER, **given)

    assert lister.database.statements == 1
    assert body["data"]["list"]["totalCount"] >= len(body["data"]["list"]["edges"])


async def test_nobody_outside_the_callers_regions_is_listed_or_counted(lister, growing):
    _, world, _ = growing
    seen = {
        str(row["household_id"])
        for row in world.tables["household_place"]
        if row["region"].startswith("420106")
    }
    edges, told = await pages(lister, HOUSEHOLDS, 200, order="ID")
    elsewhere, _ = await pages(lister, HOUSEHOLDS, 5, order="ID", filter={"region": "420107"})

    assert {edge["node"]["id"] for edge in edges} == seen
    assert told[0]["totalCount"] == len(seen) < len(world.tables["household"])
    assert elsewhere == []


async def test_has_and_lacks_part_the_households(lister):
    every, _ = await pages(lister, HOUSEHOLDS, 200, order="ID")
    fact = ["DISABILITY_CERTIFICATE"]
    having, _ = await pages(lister, HOUSEHOLDS, 2, order="ID", filter={"has": fact})
    lacking, _ = await pages(lister, HOUSEHOLDS, 2, order="ID", filter={"lacks": fact})

    assert having
    assert lacking
    assert sorted(e["node"]["id"] for e in having + lacking) == [e["node"]["id"] for e in every]


async def test_a_cursor_of_another_filter_is_refused_and_one_of_another_day_is_not(lister):
    given = {"first": 1, "order": "TOTAL_DESC"}
    body = await lister.body(HOUSEHOLDS, WARNER, **given, filter={"has": ["SCORE"]})
    after = body["data"]["list"]["pageInfo"]["endCursor"]

    for other in ({"lacks": ["SCORE"]}, {}, {"has": ["SCORE"], "region": "420106"}):
        with pytest.raises(InvalidDocumentError, match="another order or filter"):
            await lister.body(HOUSEHOLDS, WARNER, **given, filter=other, after=after)
    same = await lister.body(
        HOUSEHOLDS,
        WARNER,
        **given,
        filter={"has": ["SCORE"], "region": None},
        after=after,
        known="2026-10-02T00:00:00Z",
    )
    assert same["data"]["list"]["pageInfo"]["hasPreviousPage"]


async def test_the_plain_worklist_pages_by_cursors_of_its_own_filter(lister):
    document = """query ($after: String, $region: String) {
      warnings(first: 1, after: $after, region: $region)
      { edges { cursor } pageInfo { endCursor } } }"""
    body = await lister.body(document, WARNER, region="420106001")
    after = body["data"]["warnings"]["pageInfo"]["endCursor"]

    again = await lister.body(document, WARNER, region="420106001", after=after)
    assert again["data"]["warnings"]["edges"][0]["cursor"] != after
    with pytest.raises(InvalidDocumentError, match="another order or filter"):
        await lister.body(document, WARNER, region="420106002", after=after)


async def test_what_a_caller_may_not_read_it_may_not_choose_by(lister):
    document = (
        'query { households(filter: {disasterDamages: {kind: ["flood"]}}) { edges { cursor } } }'
    )
    for caller in (WARNER, ANALYST, INSURER):
        with pytest.raises(NotGrantedError):
            await lister.body(document, caller)
    assert {entry["outcome"] for entry in map(lister.log.record, (-3, -2, -1))} == {"refused"}


async def test_the_log_tells_what_was_chosen_and_how_many_there_are(lister):
    await lister.body(
        HOUSEHOLDS, WARNER, first=1, order="REGION", filter={"score": {"total": {"from": 40}}}
    )

    root = lister.log.record()["roots"][0]
    assert (root["name"], root["order"], root["found"]) == ("households", "region", 1)
    assert root["filter"] == {"Score.total from": 40}
    assert root["count"] > 1


async def test_once_a_grant_is_withdrawn_nobody_chooses_by_it_any_more(lister, growing):
    dsn, _, _ = growing
    catalogue = Catalogue.discover()
    given = {"first": 1, "order": "ID", "filter": {"has": ["MEDICAL_ENROLMENT"]}}
    assert (await lister.body(HOUSEHOLDS, WARNER, **given))["data"]["list"]["edges"]

    connection = await asyncpg.connect(dsn)
    stated = await connection.fetchval("select document from policy_revision")
    try:
        fewer = re.sub(r'"MedicalEnrolment\.\w+",?', "", stated)
        await publish_policy(connection, fewer, catalogue, LOADED)
        with pytest.raises(NotGrantedError):
            await lister.body(HOUSEHOLDS, WARNER, **given)
    finally:
        await publish_policy(connection, stated, catalogue, LOADED)
        await connection.close()
