"""Whose rows a receiver reads, and how far one request of an entitlement may reach."""

import secrets
from dataclasses import replace
from datetime import date

import asyncpg
import pytest

from hub.access import default_policy_text
from hub.errors import TooCostlyError
from hub.query.policies import publish_policy
from tests.support.asking import INSURER, WARNER
from tests.support.world import LOADED, NOW, insert, number_of

pytestmark = [pytest.mark.anyio, pytest.mark.database]
PERSON = "query ($n: String!) { person(nationalId: $n) { id population { name } } }"
PEOPLE = "query ($n: [String!]!) { people(nationalIds: $n) { person { id } status } }"
BY_ID = "query ($i: ID!) { node(id: $i) { ... on Person { id } } }"
NOBODY = number_of(999, date(1990, 1, 1))
ASKS = 'department = "medical-insurance"\nrole = "clerk"\npurpose = "PUSH"\n'


@pytest.fixture
async def connection(district):
    made = await asyncpg.connect(district[0])
    yield made
    await made.close()


@pytest.fixture
async def governed(connection, catalogue):
    """Put a policy in force whose insurance clerk has more to keep to; taken back afterwards."""

    async def governed(more, asks=ASKS):
        text = default_policy_text().replace(asks, asks + more)
        await publish_policy(connection, text, catalogue, NOW)

    yield governed
    await publish_policy(connection, default_policy_text(), catalogue, NOW)


def people_of(world):
    """Return the numbers of those with a recognition, and of those without one, in the regions."""
    homes = {
        row["household_id"]
        for row in world.tables["household_place"]
        if row["region"].startswith("420106")
    }
    inside = {
        row["person_id"] for row in world.tables["membership"] if row["household_id"] in homes
    }
    recognised = {row["identity_id"] for row in world.tables["recognition"]}
    of = {
        person: identity in recognised
        for (department, person), identity in world.identities.items()
        if department == "civil-affairs"
    }
    seen = [(n, p) for n, p in world.person_by_number.items() if p in inside]
    return [n for n, p in seen if of.get(p)], [n for n, p in seen if not of.get(p)]


async def announce(connection, world, number, receiver):
    person = world.person_by_number[number]
    row = {
        "message_id": world.uuid(),
        "receiver": receiver,
        "sequence": secrets.randbelow(10**9),
        "kind": "recognised",
        "cell": world.cell,
        "identity_id": world.identities["civil-affairs", person],
        "payload": b"",
        "status": "acknowledged",
        "attempts": 1,
        "written_at": LOADED,
        "next_attempt_at": LOADED,
    }
    await insert(connection, "outbox", row)


async def known(ask, number):
    return (await ask.body(PERSON, INSURER, n=number))["data"]["person"] is not None


async def test_a_receiver_learns_of_nobody_but_those_announced_to_it(
    ask, world, connection, governed
):
    recognised, others = people_of(world)
    announced, elsewhere, *silent = recognised
    await announce(connection, world, announced, "medical-insurance")
    await announce(connection, world, elsewhere, "education")
    assert await known(ask, others[0]), "without the rule it is told who is in the graph"
    await governed('rows = "own-recipients"\n')

    assert await known(ask, announced)
    for number in (elsewhere, *silent, *others):
        assert not await known(ask, number)
    told = await ask.body(PEOPLE, INSURER, n=[announced, elsewhere, others[0], NOBODY])
    assert [one["status"] for one in told["data"]["people"]] == ["FOUND", *["NOT_FOUND"] * 3]
    ids = [world.person_by_number[number] for number in (announced, elsewhere)]
    nodes = [await ask.body(BY_ID, INSURER, i=str(one)) for one in ids]
    assert [node["data"]["node"] is not None for node in nodes] == [True, False]
    await connection.execute("delete from outbox")


async def test_one_request_names_no_more_people_than_its_entitlement(ask, world, governed):
    await governed("limits = { people = 2, retention_days = 30 }\n")

    answered = await ask.body(PEOPLE, INSURER, n=world.numbers[:2])
    with pytest.raises(TooCostlyError) as refused:
        await ask.body(PEOPLE, INSURER, n=world.numbers[:3])

    assert refused.value.limit == "people"
    assert refused.value.allowed == 2
    assert answered["extensions"]["retention"] == {"days": 30}
    other = await ask.body("{ warnings(first: 1) { edges { node { band } } } }", WARNER)
    assert "retention" not in other["extensions"]


async def test_an_id_that_is_looked_for_among_two_types_is_named_once(ask, world, governed):
    text = 'department = "civil-affairs"\nrole = "officer"\npurpose = "WARN"\n'
    assert text in default_policy_text()
    await governed("limits = { people = 1 }\n", asks=text)
    one, other = list(world.person_by_number.values())[:2]

    answered = await ask.body(BY_ID, WARNER, i=str(one))

    assert answered["data"]["node"] == {"id": str(one)}
    both = f'{{ a: node(id: "{one}") {{ id }} b: node(id: "{other}") {{ id }} }}'
    with pytest.raises(TooCostlyError):
        await ask.body(both, WARNER)


async def test_a_token_for_some_types_is_answered_about_them(ask, world):
    narrow = replace(WARNER, datasets=frozenset({"Population"}))
    document = """query ($n: String!) { person(nationalId: $n) { id
      population { name } medicalEnrolments { scheme } } }"""

    body = await ask.body(document, narrow, n=world.numbers[0])

    assert body["data"]["person"]["population"]["name"]
    assert {e["extensions"]["reason"] for e in body["errors"]} == {"NOT_GRANTED"}


async def test_a_limit_that_was_raised_holds_for_the_next_question(ask, world, governed):
    await governed("limits = { people = 1 }\n")
    with pytest.raises(TooCostlyError):
        await ask.body(PEOPLE, INSURER, n=world.numbers[:2])

    await governed("limits = { people = 2 }\n")

    assert (await ask.body(PEOPLE, INSURER, n=world.numbers[:2]))["data"]["people"]
