"""An export of the district is what its list is, on record chunk by chunk, in constant memory."""

import asyncio
import gc
import re
import resource
import tracemalloc
from dataclasses import replace
from datetime import timedelta

import asyncpg
import jsonschema
import orjson
import pytest
import yaml

from audit.entry import EntryKind
from hub.errors import NotGrantedError, TooCostlyError
from hub.query.answer import Request
from hub.query.export import Exporter
from hub.query.policies import publish_policy
from hub.query.receiving import Form
from hub.sealing.keyring import Keyring
from hub.store.migrate import migrate
from schema.catalogue import Catalogue
from tests.support.asking import ANALYST, OFFICER, WARNER, asking
from tests.support.golden import ROOT
from tests.support.postgres import fresh_database
from tests.support.receivers import new_pair, receiving
from tests.support.world import LOADED, NOW, World, made_world, number_of

pytestmark = [pytest.mark.anyio, pytest.mark.database]
HOUSEHOLDS = """query ($after: String, $known: DateTime, $order: HouseholdOrder = ID) {
  households(after: $after, knownAt: $known, orderBy: $order) {
    edges { cursor node { id region score { total reasons { points } }
      members { relation person { population { name birthYear } } } } } } }"""
PEOPLE = """query ($n: [String!]!) { people(nationalIds: $n)
  { index status person { id population { name } } } }"""
SAME = HOUSEHOLDS.replace("(after:", "(first: 200, after:")
ASKS = 'role = "officer"\npurpose = "WARN"\n'
MANY = 900
LINE = yaml.safe_load((ROOT / "openapi" / "hub.yaml").read_text("utf-8"))["components"]["schemas"][
    "ExportLine"
]


@pytest.fixture(scope="session")
def large(postgres_server, migrated, tmp_path_factory):
    """A district with more households than a chunk holds: address, rows, keys."""
    catalogue = Catalogue.discover()
    keyring = Keyring.open_or_create(tmp_path_factory.mktemp("export-keys"))
    world = made_world(catalogue, seed=17, households=12)
    for n in range(MANY):
        home = world.household(f"420106001{n % 7:03d}")
        if n % 5:
            world.record("score", home, {"total": n % 90, "band": "yellow", "coverage": 50})
    with fresh_database(postgres_server, migrated) as dsn:
        asyncio.run(world.write(dsn, keyring))
        yield dsn, world, keyring


@pytest.fixture
async def ask(large):
    dsn, _, keyring = large
    made = asking(dsn, keyring, Catalogue.discover())
    yield made
    await made.database.close()


async def begun(ask, document=HOUSEHOLDS, caller=WARNER, how=None, **variables):
    answerer = ask.answerer
    exporter = Exporter(answerer.documents, answerer, answerer.disclosures, answerer.meter)
    request = Request(document, variables, None, caller, "r-9", NOW, receiving=how)
    return await exporter.begin(request)


async def exported(ask, document=HOUSEHOLDS, caller=WARNER, between=None, **variables):
    export, lines = await begun(ask, document, caller, **variables), []
    while not export.is_done:
        chunk = await export.step(caller, NOW)
        lines += map(orjson.loads, chunk.splitlines())
        if between is not None:
            await between()
    return lines


@pytest.mark.parametrize("order", ["ID", "TOTAL_DESC"])
async def test_an_export_is_the_list_row_by_row(ask, order):
    lines = await exported(ask, order=order)
    after, edges = None, []
    while after is not None or not edges:
        body = await ask.body(
            SAME.replace("edges {", "pageInfo { endCursor hasNextPage } edges {", 1),
            WARNER,
            after=after,
            order=order,
        )
        page = body["data"]["households"]
        edges += page["edges"]
        after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None

    assert [line for line in lines if "cursor" in line] == edges
    assert len(edges) > MANY
    assert lines[-1]["count"] == len(edges)
    for line in (*lines[:3], *lines[-2:]):
        jsonschema.validate(line, LINE)


async def test_each_chunk_is_an_entry_of_its_own_before_its_lines_are_given_out(ask):
    export = await begun(ask)
    entries = []
    while not export.is_done:
        chunk = await export.step(WARNER, NOW)
        receipt = orjson.loads(next(r for r in chunk.splitlines() if b'"receipt"' in r))
        entries.append(receipt["receipt"]["index"])
        record = ask.log.record()
        rows = sum(line.startswith(b'{"cursor"') for line in chunk.splitlines())
        assert (record["channel"], record["outcome"]) == ("export", "answered")
        assert record["roots"][0]["found"] == rows
        subjects = {s.tag for s in ask.log.entries[-1].subjects}
        assert len(subjects) >= rows
    assert len(entries) == len(set(entries)) == -(-(MANY + 9) // 200)


async def test_it_is_gone_on_with_from_any_line_at_the_same_known_time(ask):
    whole = await exported(ask, order="TOTAL_ASC")
    rows = [line for line in whole if "cursor" in line]

    for place in (0, 199, 200, len(rows) - 2, len(rows) - 1):
        rest = await exported(
            ask, order="TOTAL_ASC", after=rows[place]["cursor"], known=whole[-1]["knownAt"]
        )
        assert [line for line in rest if "cursor" in line] == rows[place + 1 :]


async def test_people_come_in_the_order_asked_whatever_they_are(ask, large):
    _, world, _ = large
    unknown = number_of(999, NOW.date())
    numbers = [*world.numbers, unknown, "no number", world.numbers[0]] * 60
    lines = await exported(ask, PEOPLE, OFFICER, n=numbers)
    rows = [line for line in lines if "index" in line]

    assert [row["index"] for row in rows] == list(range(len(numbers)))
    assert rows[len(world.numbers)]["status"] == "NOT_FOUND"
    assert rows[len(world.numbers) + 1] == {
        "index": len(world.numbers) + 1,
        "status": "INVALID",
        "person": None,
    }
    assert {row["status"] for n, row in zip(numbers, rows, strict=True) if n == numbers[0]} == {
        "FOUND"
    }
    jsonschema.validate(rows[0], LINE)


async def test_what_is_denied_is_told_once_and_null_in_every_row(ask):
    lines = await exported(ask, HOUSEHOLDS, ANALYST)

    jsonschema.validate(lines[0], LINE)
    assert "Population.name" in {error["field"] for error in lines[0]["errors"]}
    assert not any("errors" in line for line in lines[1:])
    people = [m["person"] for row in lines if "node" in row for m in row["node"]["members"]]
    assert people
    assert {person["population"]["name"] for person in people if person} == {None}


async def test_it_ends_where_the_grant_is_withdrawn(ask, large):
    dsn, _, _ = large
    connection = await asyncpg.connect(dsn)
    stated = await connection.fetchval("select document from policy_revision")
    export = await begun(ask)
    await export.step(WARNER, NOW)
    try:
        for field in ("Population.birthYear", "Household.id"):
            fewer = re.sub(rf'"{field}",?', "", stated)
            await publish_policy(connection, fewer, Catalogue.discover(), LOADED)
            with pytest.raises(NotGrantedError) as refusal:
                await export.step(WARNER, NOW)
            assert field in refusal.value.fields
    finally:
        await publish_policy(connection, stated, Catalogue.discover(), LOADED)
        await connection.close()
    assert orjson.loads((await export.step(WARNER, NOW)).splitlines()[-1])["count"] == 400


async def test_it_ends_where_fewer_regions_are_granted(ask):
    export = await begun(ask)
    await export.step(WARNER, NOW)

    with pytest.raises(NotGrantedError, match="when the export began"):
        await export.step(replace(WARNER, area=("420106001001",)), NOW)
    assert not export.is_done
    assert orjson.loads((await export.step(WARNER, NOW)).splitlines()[-1])["count"] > 200


async def test_a_page_that_is_bounded_makes_smaller_chunks_and_no_refusal(ask, large):
    dsn, _, _ = large
    connection = await asyncpg.connect(dsn)
    stated = await connection.fetchval("select document from policy_revision")
    bounded = stated.replace(ASKS, f"{ASKS}limits = {{ page = 12 }}\n")
    assert bounded != stated
    await (await begun(ask)).step(WARNER, NOW)  # the policy without the bound is in memory
    ask.log.entries.clear()
    try:
        await publish_policy(connection, bounded, Catalogue.discover(), LOADED)
        export = await begun(ask)
        chunks = [await export.step(WARNER, NOW) for _ in range(2)]
    finally:
        await publish_policy(connection, stated, Catalogue.discover(), LOADED)
        await connection.close()
    chunks.append(await export.step(WARNER, NOW))

    assert [chunk.count(b'"cursor"') for chunk in chunks] == [10, 10, 200]
    kinds = [(entry.kind, orjson.loads(entry.record)["outcome"]) for entry in ask.log.entries]
    assert kinds == [(EntryKind.ANSWER, "answered")] * 3


async def test_what_costs_too_much_for_one_row_is_on_record_once(large):
    dsn, _, keyring = large
    ask = asking(dsn, keyring, Catalogue.discover(), max_cost=1)
    export = await begun(ask)

    with pytest.raises(TooCostlyError):
        await export.step(WARNER, NOW)

    assert [entry.kind for entry in ask.log.entries] == [EntryKind.DENIAL]
    await ask.database.close()


async def test_what_is_written_on_the_way_is_not_in_it(ask, large):
    dsn, world, keyring = large
    before = await exported(ask)

    async def write() -> None:
        more = World(world.catalogue, world.random)
        home = more.household("420106001001")
        more.record("score", home, {"total": 50, "band": "yellow", "coverage": 60})
        connection = await asyncpg.connect(dsn)
        at = await connection.fetchval("select at + interval '1 minute' from known_time")
        for row in more.tables["household_place"] + more.tables["score"]:
            row["known_from"] = at
        await more.write(dsn, keyring)
        await connection.execute("update known_time set at = $1", at)
        await connection.close()

    during = await exported(ask, between=write)

    rows = [line for line in before if "cursor" in line]
    assert [line for line in during if "cursor" in line] == rows
    assert during[-1] == before[-1]


@pytest.mark.parametrize("form", [None, Form.FIELDS, Form.RESPONSE])
async def test_the_last_chunk_takes_no_more_memory_than_the_first(ask, form):
    """After one export all that is remembered is there; kept lines of another would be seen."""
    await exported(ask)
    how = None if form is None else receiving(new_pair(), form)
    export, held, largest = await begun(ask, how=how), [], 0
    tracemalloc.start()
    try:
        while not export.is_done:
            largest = max(largest, len(await export.step(WARNER, NOW, how)))
            ask.log.entries[:] = [None] * len(ask.log.entries)
            ask.opened.clear()
            gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()

    assert len(held) == 5
    assert held[-1] - held[0] < 3 * largest


@pytest.mark.prove
@pytest.mark.timeout(1800)
async def test_a_hundred_thousand_rows_are_exported_in_constant_memory(huge):
    dsn, keyring = huge
    ask = asking(dsn, keyring, Catalogue.discover())
    export, count, peaks = await begun(ask, order="TOTAL_DESC"), 0, []
    started = asyncio.get_running_loop().time()
    while not export.is_done:
        count += (await export.step(WARNER, NOW)).count(b'"cursor"')
        ask.log.entries[:] = [None] * len(ask.log.entries)
        ask.opened.clear()
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    took = asyncio.get_running_loop().time() - started
    await ask.database.close()

    assert count == 100_000 + 9
    grown = (peaks[-1] - peaks[len(peaks) // 10]) / 1024
    print(f"\n{count} rows in {took:.0f} s, {count / took:.0f} a second; grew by {grown:.1f} MB")
    assert grown < 32


@pytest.fixture
def huge(postgres_server, tmp_path):
    """A district with a hundred thousand more households, and its keys."""
    with fresh_database(postgres_server) as dsn:
        _hundred_thousand(dsn, tmp_path)
        yield dsn, Keyring.open_or_create(tmp_path)


def _hundred_thousand(dsn: str, folder) -> None:
    catalogue = Catalogue.discover()
    world = made_world(catalogue, seed=3, households=12)
    asyncio.run(migrate(dsn, catalogue))
    asyncio.run(world.write(dsn, Keyring.open_or_create(folder)))
    asyncio.run(_multiplied(dsn))


async def _multiplied(dsn: str) -> None:
    """Add households and clear scores by the thousand; nothing sealed is looked at."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        """
        create temp table many as
        select gen_random_uuid() as id, n from generate_series(1, 100000) n;
        insert into household select '420106', id, uuid_send(id), uuid_send(id), '2026-09-01', 1
        from many;
        insert into household_place
        select '420106', id, gen_random_uuid(), '420106001' || lpad((n % 40)::text, 3, '0'),
               '2020-01-01', 'infinity', '2026-09-01', 'infinity' from many;
        insert into data_key
        select '420106', id, department, suite, key_version, wrapped, commitment
        from many, (select * from data_key where department = 'civil-affairs' limit 1) k;
        """
    )
    await connection.execute("analyze")
    await connection.close()


def test_the_clock_of_the_district_is_past_its_known_time():
    assert LOADED + timedelta(days=30) < NOW
