"""Rows of the named case alone, or of a whole caseload: people and households of open cases."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import asyncpg
import pytest

from hub.access import default_policy_text
from hub.query.policies import publish_policy
from tests.support.asking import OFFICER, WARNER, asking
from tests.support.cases import assign_case, close_case, own_case_policy, register_case
from tests.support.world import CELL, NOW, TODAY, number_of

pytestmark = [pytest.mark.anyio, pytest.mark.database]
PEOPLE = "query ($n: [String!]!) { people(nationalIds: $n) { person { id } status } }"
EARLIER = """query ($n: [String!]!, $d: Date) {
  people(nationalIds: $n, asOf: $d) { person { id } status } }"""
KNOWN = """query ($n: [String!]!, $k: DateTime) {
  people(nationalIds: $n, knownAt: $k) { person { id } status } }"""
HOUSEHOLD = "query ($i: ID!) { household(id: $i) { id members { person { id } } } }"
NODE = "query ($i: ID!) { node(id: $i) { ... on Household { id } ... on Person { id } } }"
FAMILY = """query ($n: String!) { person(nationalId: $n) { household { id members {
  person { id population { name } } } } } }"""
LIST = "{ warnings(first: 50) { edges { node { household { id } } } totalCount } }"
CHOSEN = "{ households(first: 50) { edges { node { id } } totalCount } }"
NOBODY = number_of(998, date(1990, 1, 1))


@pytest.fixture
async def connection(district):
    made = await asyncpg.connect(district[0])
    yield made
    await made.close()


@pytest.fixture
async def governed(connection, catalogue):
    async def governed(rows):
        await publish_policy(connection, own_case_policy(rows), catalogue, NOW)

    yield governed
    await publish_policy(connection, default_policy_text(), catalogue, NOW)


def homes_on(world, day=TODAY):
    """Return the members' numbers of each household within the regions on a day."""
    inside = {
        row["household_id"]
        for row in world.tables["household_place"]
        if row["region"].startswith(CELL)
    }
    by_person = {person: number for number, person in world.person_by_number.items()}
    homes = {}
    for row in world.tables["membership"]:
        if row["household_id"] in inside and row["valid_from"] <= day < row["valid_to"]:
            homes.setdefault(row["household_id"], set()).add(by_person[row["person_id"]])
    return homes


async def seen(ask, world, caller, document=PEOPLE, **more):
    """Return the numbers of those whom a caller is told of, of everybody there is."""
    numbers = [*world.numbers, NOBODY]
    body = await ask.body(document, caller, n=numbers, **more)
    told = zip(numbers, body["data"]["people"], strict=True)
    return {number for number, one in told if one["status"] == "FOUND"}


def person(world, number):
    return ("person", (world.cell, world.person_by_number[number]))


def home_of(homes, number):
    return {one for one, members in homes.items() if number in members}


async def test_of_the_own_case_only_its_people_their_households_and_those_who_live_there(
    ask, world, connection, governed
):
    homes = homes_on(world)
    (first, theirs), (second, others), *_ = list(homes.items())[2:]
    about = [person(world, min(theirs)), ("household", (world.cell, second))]
    await register_case(connection, "own-1", officers=["u17"], roles=(), about=about)
    await register_case(connection, "own-2", officers=["u17"], roles=(), about=about[1:])
    await register_case(connection, "empty", officers=["u17"], roles=())
    await governed("own-case")
    of_person = set().union(*(homes[one] for one in home_of(homes, min(theirs))))

    assert await seen(ask, world, replace(OFFICER, case="own-1")) == of_person | others
    assert await seen(ask, world, replace(OFFICER, case="own-2")) == others
    assert await seen(ask, world, replace(OFFICER, case="empty")) == set()
    # What is asked in another way is held to the same rows.
    two = replace(OFFICER, case="own-2")
    for document in (HOUSEHOLD, NODE):
        for home, is_shown in ((second, True), (first, False)):
            (told,) = (await ask.body(document, two, i=str(home)))["data"].values()
            assert (told is not None) is is_shown
    member = world.person_by_number[min(theirs)]
    assert (await ask.body(NODE, two, i=str(member)))["data"]["node"] is None


async def test_a_case_of_the_department_without_somebody_who_acts_shows_nobody(
    ask, world, connection, governed
):
    about = [person(world, world.numbers[4])]
    await register_case(connection, "system", officers=["u17"], roles=(), about=about)
    await governed("own-case")

    assert world.numbers[4] in await seen(ask, world, replace(OFFICER, case="system"))
    assert await seen(ask, world, replace(OFFICER, case="system", actor=None)) == set()
    assert await seen(ask, world, replace(WARNER, actor=None)) == set()


async def test_a_caseload_is_every_open_case_of_who_acts_for_that_purpose(
    ask, world, connection, governed
):
    await governed("own-case")
    homes = homes_on(world)
    one, two, three, four = list(homes)[:4]
    for number, home, said in (
        ("load-1", one, {"officers": ["u30"]}),
        ("load-2", two, {"officers": [], "roles": ["officer"], "purposes": ["WARN"]}),
        ("load-3", three, {"officers": ["u30"], "closed_on": TODAY}),
        ("load-4", four, {"officers": ["u30"], "purposes": ["CASE"]}),
        ("load-6", four, {"officers": ["u30"], "opened_on": TODAY + timedelta(days=1)}),
    ):
        about = [("household", (world.cell, home))]
        await register_case(connection, number, about=about, **{"roles": (), **said})
    await register_case(
        connection, "load-5", "medical-insurance", officers=["u30"], roles=(),
        about=[("household", (world.cell, three))],
    )  # fmt: skip
    warner = replace(WARNER, actor="u30")
    assert await seen(ask, world, warner) == homes[one] | homes[two]

    listed = (await ask.body(LIST, warner))["data"]["warnings"]
    ids = {edge["node"]["household"]["id"] for edge in listed["edges"]}
    assert ids <= {str(one), str(two)}
    assert listed["totalCount"] == len(listed["edges"])
    chosen = (await ask.body(CHOSEN, warner))["data"]["households"]
    assert {edge["node"]["id"] for edge in chosen["edges"]} == {str(one), str(two)}
    assert chosen["totalCount"] == 2

    await assign_case(connection, "load-1", officers=["u31"])
    await close_case(connection, "load-2", on=TODAY)
    assert await seen(ask, world, warner) == set()
    assert await seen(ask, world, replace(warner, actor="u31")) == homes[one]


async def test_whose_household_is_theirs_is_decided_on_the_day_asked(
    ask, world, connection, governed
):
    await governed("own-case")
    moved = world.tables["membership"][0]
    number = next(n for n, p in world.person_by_number.items() if p == moved["person_id"])
    await register_case(
        connection, "moved", officers=["u17"], roles=(), about=[person(world, number)]
    )
    caller = replace(OFFICER, case="moved")
    now, before = homes_on(world), homes_on(world, date(2026, 6, 1))

    today = await seen(ask, world, caller)
    earlier = await seen(ask, world, caller, EARLIER, d="2026-06-01")
    known = await seen(ask, world, caller, KNOWN, k=NOW.isoformat())

    assert today == known == set().union(*(now[one] for one in home_of(now, number)))
    assert earlier == set().union(*(before[one] for one in home_of(before, number)))
    assert today != earlier


async def test_it_is_still_one_statement_and_another_worker_says_the_same(
    ask, world, connection, governed, district, catalogue
):
    await governed("own-case")
    about = [person(world, world.numbers[2])]
    await register_case(connection, "once", officers=["u17"], roles=(), about=about)
    caller, other = replace(OFFICER, case="once"), asking(district[0], district[2], catalogue)
    first = await ask.body(FAMILY, caller, n=world.numbers[2])
    await asyncio.sleep(0)  # statements are counted a little later
    before = ask.database.statements

    again = await ask.body(FAMILY, caller, n=world.numbers[2])
    await asyncio.sleep(0)
    elsewhere = await other.body(FAMILY, caller, n=world.numbers[2])

    assert ask.database.statements == before + 1
    assert first["data"] == again["data"] == elsewhere["data"]
    assert first["data"]["person"]["household"]["members"]
    await other.database.close()
