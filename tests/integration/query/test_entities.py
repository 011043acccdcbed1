"""What is asked through an interface or a union is one batch, under the rules of every way."""

from itertools import cycle, islice
from uuid import UUID

import pytest

from hub.errors import InvalidDocumentError, NotGrantedError, TooCostlyError
from hub.query import representations
from tests.support.asking import ANALYST, AUDITOR, INSURER, OFFICER, WARNER

pytestmark = [pytest.mark.anyio, pytest.mark.database]

ENTITIES = """query ($r: [_Any!]!) {
  _entities(representations: $r) {
    __typename
    ... on Node { id }
    ... on Person { population { name } }
    ... on Household { region members { person { id } } }
  }
}"""
NOBODY = "00000000-0000-4000-8000-000000000000"


def person(key) -> dict:
    return {"__typename": "Person", "id": str(key)}


def household(key) -> dict:
    return {"__typename": "Household", "id": str(key)}


@pytest.fixture
def homes(world):
    """The households of the caller's regions, and the ones outside."""
    inside, outside = [], []
    for row in world.tables["household_place"]:
        chosen = inside if row["region"].startswith("420106") else outside
        chosen.append(row["household_id"])
    return inside, outside


@pytest.fixture
def people(world, homes):
    """Who lives in a household of the caller's regions now, and who does not."""
    inside = {
        row["person_id"]
        for row in world.tables["membership"]
        if row["household_id"] in homes[0] and row["valid_to"].year == 9999
    }
    everybody = list(world.person_by_number.values())
    return [p for p in everybody if p in inside], [p for p in everybody if p not in inside]


async def test_mixed_entities_come_in_the_order_asked_each_of_its_own_type(ask, people, homes):
    asked = [household(homes[0][1]), person(people[0][2]), person(NOBODY), household(homes[0][0])]
    asked += [person(people[1][0]), household(homes[1][0]), person(people[0][2]), household("x")]
    body = await ask.body(ENTITIES, r=asked)

    assert "errors" not in body
    told = body["data"]["_entities"]
    assert [one and (one["__typename"], one["id"]) for one in told] == [
        ("Household", str(homes[0][1])),
        ("Person", str(people[0][2])),
        None,
        ("Household", str(homes[0][0])),
        None,
        None,
        ("Person", str(people[0][2])),
        None,
    ]
    assert told[1]["population"]["name"].startswith("试")
    assert "region" not in told[1]
    assert told[0]["members"]
    assert "population" not in told[0]


async def test_the_unknown_and_the_invisible_are_null_alike_and_the_log_tells_them_apart(
    ask, people, homes
):
    asked = [person(people[1][0]), person(NOBODY), person("x"), household(homes[1][0])]
    body = await ask.body(ENTITIES, r=[*asked, person(people[0][0]), household(homes[0][0])])

    assert body["data"]["_entities"][:4] == [None] * 4
    roots = {root["name"]: root for root in ask.log.record()["roots"]}
    counted = {
        name: (root["found"], root["outside"], root["unknown"]) for name, root in roots.items()
    }
    assert counted == {"Person.id": (1, 1, 2), "Household.id": (1, 1, 0)}


async def test_entities_by_the_thousand_are_one_statement(ask, people, homes):
    asked = [*map(person, people[0]), *map(household, homes[0])]
    many = list(islice(cycle(asked), 4_000))
    await ask.body(ENTITIES, r=asked)
    ask.database.statements = 0

    body = await ask.body(ENTITIES, r=many)

    assert ask.database.statements == 1
    assert [one["id"] for one in body["data"]["_entities"]] == [one["id"] for one in many]


async def test_the_record_of_entities_names_each_subject_with_its_fields(ask, people, homes):
    alone = "query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }"
    await ask.body(alone, r=[person(people[0][0]), person(people[0][0]), household(homes[0][0])])

    (entry,) = ask.log.entries
    assert sorted(ask.log.fields_of(subject.field_set) for subject in entry.subjects) == [
        ("Household.__typename", "Household.id"),
        ("Person.__typename", "Person.id"),
    ]
    assert str(people[0][0]).encode() not in entry.record


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("690106199001010014", "object"),
        ({"id": "690106199001010014"}, "__typename"),
        ({"__typename": "Alert", "id": "690106199001010014"}, "__typename"),
        ({"__typename": ["Person"], "id": "1"}, "__typename"),
        ({"__typename": "Person"}, "id of a Person"),
        ({"__typename": "Household", "id": True}, "id of a Household"),
        ({"__typename": "Household", "id": {"690106199001010014": 1}}, "id of a Household"),
    ],
)
async def test_a_malformed_representation_is_named_by_its_place_and_never_quoted(
    ask, people, bad, says
):
    with pytest.raises(InvalidDocumentError, match=r"representations\[1\]") as refusal:
        await ask.body(ENTITIES, r=[person(people[0][0]), bad])

    assert says in str(refusal.value)
    assert "6901" not in str(refusal.value)
    assert b"6901" not in ask.log.entries[-1].record


async def test_more_representations_than_are_allowed_are_refused(ask):
    many = [person(NOBODY)] * (representations.MAX_REPRESENTATIONS + 1)

    with pytest.raises(TooCostlyError, match="5001 representations"):
        await ask.body(ENTITIES, r=many)


async def test_no_representation_is_an_empty_list(ask):
    assert (await ask.body(ENTITIES, r=[]))["data"] == {"_entities": []}


async def test_a_node_is_a_person_or_a_household_by_its_id(ask, people, homes):
    document = """query ($a: ID!, $b: ID!, $c: ID!, $d: Date) {
      a: node(id: $a) { ...F } b: node(id: $b) { ...F } c: node(id: $c) { ...F }
      before: node(id: $a, asOf: $d) { ...F } }
    fragment F on Node { __typename id ... on Household { region } ... on Person { household {
      ... on Node { id ... on Household { region } } } } }"""
    body = await ask.body(
        document, a=str(people[0][1]), b=str(homes[0][0]), c=NOBODY, d="2019-01-01"
    )

    data = body["data"]
    assert data["a"]["__typename"] == "Person"
    assert list(data["a"]["household"]) == ["id", "region"]
    assert list(data["b"]) == ["__typename", "id", "region"]
    assert data["c"] is None
    assert data["before"] is None


async def test_who_may_not_know_people_by_id_cannot_ask_for_them_by_id(ask, people, homes):
    document = """query ($p: ID!, $h: ID!) {
      p: node(id: $p) { __typename ... on Person { household { region } } }
      h: node(id: $h) { __typename } }"""
    ids = {"p": str(people[0][0]), "h": str(homes[0][0])}

    with pytest.raises(NotGrantedError, match=r"Query\._entities"):
        await ask.body(ENTITIES, AUDITOR, r=[person(people[0][0])])
    insurer = await ask.body(
        "query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }",
        INSURER,
        r=[household(homes[0][0]), person(people[0][0])],
    )
    body = await ask.body(document, ANALYST, **ids)

    assert insurer["data"]["_entities"] == [None, {"__typename": "Person"}]
    assert body["data"]["p"] is None
    assert body["data"]["h"] == {"__typename": "Household"}
    assert [(e["path"], e["extensions"]["field"]) for e in body["errors"]] == [
        (["p", "household"], "Person.id")
    ]
    assert "FROM person " not in [*ask.answerer.plans._known.values()][-1].statement.text


async def test_records_of_a_person_are_those_of_every_type_of_which_something_is_granted(
    ask, world
):
    document = """query ($n: String!) { person(nationalId: $n) { records {
      __typename recordId provider ... on Population { name phone }
      ... on DisabilityCertificate { category } } } }"""
    number = world.numbers[4]
    officer = await ask.body(document, WARNER, n=number)
    insurer = await ask.body(document, INSURER, n=number)

    kinds = [one["__typename"] for one in officer["data"]["person"]["records"]]
    assert kinds == sorted(kinds)
    assert {"Population", "MedicalEnrolment"} & set(kinds)
    assert UUID(officer["data"]["person"]["records"][0]["recordId"])
    assert {e["extensions"]["field"] for e in insurer["errors"]} == {
        "Population.phone",
        "DisabilityCertificate.category",
    }
    assert "DisabilityCertificate" not in {
        one["__typename"] for one in insurer["data"]["person"]["records"]
    }


async def test_what_describes_the_graph_to_a_gateway_leaves_out_what_only_gateways_ask(ask):
    body = await ask.body("{ _service { __typename text: sdl } }", OFFICER)

    text = body["data"]["_service"]["text"]
    assert body["data"]["_service"]["__typename"] == "_Service"
    assert '@link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])' in text
    assert 'type Person implements Node @key(fields: "id")' in text
    assert 'type Household implements Node @key(fields: "id")' in text
    assert not {"_entities", "_service", "_Any", "_Entity"} & set(text.replace("(", " ").split())
    assert list(ask.log.entries[-1].subjects) == []
