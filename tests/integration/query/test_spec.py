"""What the specification says of variables, directives, fragments and names holds end to end."""

import json

import asyncpg
import pytest
from graphql import build_client_schema, get_introspection_query, graphql_sync

from hub.access import default_policy_text
from hub.errors import InvalidDocumentError, NotGrantedError
from hub.query.answer import Request
from hub.query.policies import publish_policy
from tests.support.asking import ANALYST, AUDITOR, INSURER, OFFICER, WARNER
from tests.support.world import NOW

pytestmark = [pytest.mark.anyio, pytest.mark.database]
FIRST = "query ($f: Int{0}) {{ warnings(first: $f) {{ edges {{ node {{ total }} }} }} }}"
BANDS = "query ($b: [Band!]) { warnings(bands: $b) { edges { node { band } } } }"
SECRET = "690106199001010014"


async def edges(ask, document, **variables) -> list:
    body = await ask.body(document, WARNER, **variables)
    return [edge["node"] for edge in body["data"]["warnings"]["edges"]]


async def test_a_variable_that_is_left_out_leaves_the_argument_to_its_own_default(ask):
    whole = await edges(ask, "{ warnings { edges { node { total } } } }")

    assert await edges(ask, FIRST.format("")) == whole
    assert await edges(ask, FIRST.format(" = 2")) == whole[:2]
    assert await edges(ask, FIRST.format(" = 2"), f=1) == whole[:1]
    assert await edges(ask, FIRST.format(""), f=1.0) == whole[:1]


@pytest.mark.parametrize("default", ["", " = 2"])
async def test_null_is_no_left_out_value_where_an_argument_takes_none(ask, default):
    with pytest.raises(InvalidDocumentError) as refusal:
        await ask.body(FIRST.format(default), WARNER, f=None)

    assert refusal.value.locations


async def test_null_where_it_may_stand_is_as_if_nothing_was_asked(ask):
    assert await edges(ask, BANDS, b=None) == await edges(ask, BANDS)


async def test_one_value_stands_for_a_list_of_it(ask):
    assert await edges(ask, BANDS, b="RED") == await edges(ask, BANDS, b=["RED"])
    literal = "{ warnings(bands: RED) { edges { node { band } } } }"
    assert await edges(ask, literal) == await edges(ask, BANDS, b=["RED"])
    assert {node["band"] for node in await edges(ask, literal)} == {"red"}


@pytest.mark.parametrize(
    ("kind", "argument", "value"),
    [
        ("Int!", "first", 3.5),
        ("Int!", "first", True),
        ("Int!", "first", "3"),
        ("Int!", "first", 2**31),
        ("Int!", "first", None),
        ("[Band!]", "bands", SECRET),
        ("[Band!]", "bands", [None]),
        ("Date", "asOf", SECRET),
        ("Date", "asOf", 20261101),
        ("DateTime", "knownAt", SECRET),
        ("String", "region", 420106),
    ],
)
async def test_a_value_of_the_wrong_type_is_refused_by_its_variable_and_not_quoted(
    ask, kind, argument, value
):
    document = f"query ($v: {kind}) {{ warnings({argument}: $v) {{ __typename }} }}"

    with pytest.raises(InvalidDocumentError, match=r"\$v") as refusal:
        await ask.body(document, WARNER, v=value)

    assert SECRET not in str(refusal.value)
    assert SECRET.encode() not in ask.log.entries[-1].record


@pytest.mark.parametrize("value", ['"1"', "1.5", "true", '"690106199001010014"'])
async def test_an_amount_is_a_whole_number_of_cents(ask, value):
    with pytest.raises(InvalidDocumentError) as refusal:
        ask.answerer.documents.parsed(
            "mutation { commit(input: {noticeId: 1, members: [], vehicles: 0, properties: 0, "
            f"businesses: 0, depositCents: 1, monthlyIncomeCents: {value}, authorisations: [], "
            "staffCommits: true}) { code } }"
        )
    assert "6901" not in str(refusal.value)


@pytest.mark.parametrize(
    ("include", "skip", "is_there"),
    [(True, False, True), (True, True, False), (False, False, False), (False, True, False)],
)
async def test_a_selection_is_made_if_it_is_included_and_not_skipped(
    ask, world, include, skip, is_there
):
    document = """query ($n: String!, $i: Boolean!, $s: Boolean!) { person(nationalId: $n) {
      __typename
      id @include(if: $i) @skip(if: $s)
      ... @include(if: $i) @skip(if: $s) { inline: id }
      ... on Person @skip(if: $s) @include(if: $i) { typed: id }
      ...F @include(if: $i) @skip(if: $s) } }
    fragment F on Node { spread: id }"""
    body = await ask.body(document, n=world.numbers[0], i=include, s=skip)

    found = {"id", "inline", "typed", "spread"} if is_there else set()
    assert set(body["data"]["person"]) == {"__typename"} | found


async def test_a_branch_that_is_null_is_refused(ask):
    document = "query ($b: Boolean = true) { a: __typename @skip(if: $b) b: __typename }"

    assert (await ask.body(document))["data"] == {"b": "Query"}
    with pytest.raises(InvalidDocumentError, match="null"):
        await ask.body(document, b=None)


async def test_one_of_several_operations_is_run_by_its_name(ask, world):
    document = """query A($n: String!) { person(nationalId: $n) { id } }
                  query B { __typename } mutation C { __typename }"""

    async def named(name, **variables):
        request = Request(document, variables, name, OFFICER, "r-1", NOW)
        return json.loads((await ask.answerer.answer(request)).body)["data"]

    assert (await named("A", n=world.numbers[0]))["person"]["id"]
    assert await named("B") == {"__typename": "Query"}
    for name in (None, "D", ""):
        with pytest.raises(InvalidDocumentError):
            await named(name)
    with pytest.raises(InvalidDocumentError, match="mutation"):
        await named("C")


async def test_a_subscription_is_refused_for_what_it_is(ask):
    with pytest.raises(InvalidDocumentError, match="subscription operation is not supported"):
        await ask.body("subscription { warnings { __typename } }")


async def test_a_type_says_its_name_on_every_level(ask):
    body = await ask.body(
        """{ __typename warnings(first: 1) { __typename pageInfo { __typename }
             edges { __typename node { __typename ... on Record { of: __typename }
               household { __typename score { __typename reasons { __typename } }
                 members { __typename person { __typename ... on Node { of: __typename } } } } } } }
        }""",
        WARNER,
    )
    page = body["data"]["warnings"]
    node = page["edges"][0]["node"]
    home = node["household"]

    assert (body["data"]["__typename"], page["__typename"]) == ("Query", "AlertConnection")
    assert page["pageInfo"] == {"__typename": "PageInfo"}
    assert page["edges"][0]["__typename"] == "AlertEdge"
    assert (node["__typename"], node["of"]) == ("Alert", "Alert")
    assert (home["__typename"], home["score"]["__typename"]) == ("Household", "Score")
    assert home["members"][0]["__typename"] == "Member"
    assert home["members"][0]["person"] == {"__typename": "Person", "of": "Person"}


async def test_selections_of_one_key_are_merged_wherever_they_stand(ask, world):
    document = """query ($n: String!) {
      person(nationalId: $n) { household { id } population { name } }
      ...Q ... on Query { person(nationalId: $n) { ... on Node { ... on Person {
        household { members { person { population { birthDate } } } } } } } } }
    fragment Q on Query { person(nationalId: $n) { ...P ...P } }
    fragment P on Person { household { region members { relation } } population { sex } }"""
    body = await ask.body(document, n=world.numbers[2])

    person = body["data"]["person"]
    assert list(person) == ["household", "population"]
    assert list(person["household"]) == ["id", "region", "members"]
    assert list(person["household"]["members"][0]) == ["relation", "person"]
    assert list(person["population"]) == ["name", "sex"]


async def test_a_refused_list_that_may_not_be_null_takes_the_whole_answer_with_it(ask, world):
    """`people` is [PersonLookup!]!: its null would be the null of `data`."""
    with pytest.raises(NotGrantedError, match=r"Query\.people"):
        await ask.body(
            "query ($n: [String!]!) { people(nationalIds: $n) { index } __schema { __typename } }",
            AUDITOR,
            n=[world.numbers[0]],
        )


async def test_the_whole_introspection_is_answered_as_graphql_core_answers_it(ask):
    query = get_introspection_query(
        descriptions=True, specified_by_url=True, directive_is_repeatable=True,
        schema_description=True, input_value_deprecation=True,
    )  # fmt: skip
    body = await ask.body(query, INSURER)

    schema = ask.answerer.documents.schema
    assert body["data"] == graphql_sync(schema, query).data
    assert build_client_schema(body["data"]).type_map["Node"]


async def test_who_may_not_introspect_is_told_so_and_learns_nothing(ask, district, catalogue):
    closed = default_policy_text().replace(
        'role = "analyst"', 'role = "analyst"\nintrospection = false'
    )
    connection = await asyncpg.connect(district[0])
    await publish_policy(connection, closed, catalogue, NOW)
    try:
        for document in (
            "{ __schema { queryType { name } } }",
            '{ a: __type(name: "Person") { name } b: __typename }',
            "{ ... on Query { _service { sdl } } }",
        ):
            with pytest.raises(NotGrantedError, match="declare another purpose") as refusal:
                await ask.body(document, ANALYST)
            assert refusal.value.fields
            assert ask.log.record()["outcome"] == "refused"
            assert await ask.body(document, WARNER)
        assert (await ask.body("{ __typename }", ANALYST))["data"] == {"__typename": "Query"}
    finally:
        await publish_policy(connection, default_policy_text(), catalogue, NOW)
        await connection.close()
