"""What an operation costs is known from its plan, and a refusal says how to ask for less."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from graphql import execute_sync, get_introspection_query, parse

from hub.access import Caller, Limits
from hub.errors import TooCostlyError
from hub.query.bind import bind, coerced
from hub.query.cost import checked_cost, checked_introspection, checked_range, cost_of
from hub.query.levels import MAX_LEVELS
from hub.query.listing import SEARCH_COST
from hub.query.plans import Plans
from tests.support.world import number_of

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
OFFICER = Caller("civil-affairs", "officer", "WARN", "c")
NUMBER = number_of(3, date(1990, 1, 1))
PEOPLE = "query ($n: [String!]!) { people(nationalIds: $n) { person { population { name } } } }"


class PlainTags:
    """Tags that show what they are of."""

    def people(self, number):
        return (number.encode(),)

    def identifier(self, dataset, key):
        return f"{dataset}{key}".encode()


@pytest.fixture
def roots(documents, schema, planner, policy):
    def bound_roots(text, **variables):
        document = documents.parsed(text)
        operation = document.operation(None)
        plan = planner.plan(document, operation, {}, policy.entitlement(OFFICER, TODAY))
        return bind(plan, coerced(schema, operation, variables), NOW, PlainTags())

    return bound_roots


@pytest.fixture
def introspection(documents, schema):
    def cost(text, *keys):
        document = documents.parsed(text)
        return checked_introspection(schema, document, document.operation(None), frozenset(keys))

    return cost


def test_the_cost_is_what_one_row_costs_for_every_person_asked_about(roots):
    one = cost_of(roots(PEOPLE, n=[NUMBER]))

    assert one > 1
    assert cost_of(roots(PEOPLE, n=[NUMBER] * 50)) == 50 * one


def test_a_page_costs_what_its_size_says_whatever_is_found(roots):
    text = "query ($n: Int!) { warnings(first: $n) { edges { node { band total } } } }"

    assert cost_of(roots(text, n=40)) == 4 * cost_of(roots(text, n=10))


def test_a_list_inside_a_row_costs_as_many_rows_as_it_is_declared_to_have(roots):
    household = '{ household(id: "x") { %s } }'
    alone = cost_of(roots(household % "id"))
    members = cost_of(roots(household % "id members { person { id } }")) - alone

    assert members >= 4
    assert members % 4 == 0


def test_what_is_shown_again_under_another_key_is_another_value_of_each_row(roots):
    once = cost_of(
        roots("query ($n: [String!]!) { people(nationalIds: $n) { index } }", n=[NUMBER])
    )

    again = "a: index b: index person { __typename a: __typename b: __typename }"
    text = f"query ($n: [String!]!) {{ people(nationalIds: $n) {{ {again} }} }}"
    assert cost_of(roots(text, n=[NUMBER])) == once + 1 + 2
    many = " ".join(f"a{n}: __typename" for n in range(59))
    deep = f"{{ people(nationalIds: [{', '.join(['$n'] * 3)}]) {{ person {{ {many} }} }} }}"
    assert cost_of(roots(f"query ($n: String!) {deep}", n=NUMBER)) >= 3 * 59


def test_a_value_with_parts_costs_each_part_that_is_shown_again(roots):
    text = "{{ households(first: 1) {{ edges {{ node {{ score {{ reasons {{ {} }} }} }} }} }} }}"

    again = cost_of(roots(text.format("points a: points b: points")))
    assert again == cost_of(roots(text.format("points"))) + 2


def test_a_list_of_another_day_or_moment_may_be_gone_through_in_vain(roots):
    text = "{{ households(first: 1, {}) {{ edges {{ cursor }} }} }}"

    now = cost_of(roots(text.format('asOf: "2026-11-23"')))
    assert now < SEARCH_COST
    for times in ('asOf: "1900-01-01"', 'knownAt: "1970-01-01T00:00:00Z"'):
        assert cost_of(roots(text.format(times))) == now + SEARCH_COST


def test_nothing_is_free(roots):
    assert cost_of(roots("{ __typename }")) == 1


def test_a_cost_at_the_limit_is_let_through_and_one_more_is_refused_with_what_to_do(roots):
    bound = roots(PEOPLE, n=[NUMBER] * 50)
    cost = cost_of(bound)

    assert checked_cost(bound, cost) == cost
    with pytest.raises(TooCostlyError) as caught:
        checked_cost(bound, cost - 1)
    refused = caught.value
    assert (refused.limit, refused.allowed, refused.cost) == ("cost", cost - 1, cost)
    assert str(cost) in str(refused)
    assert f"{cost - 1} are allowed" in str(refused)
    assert "fewer people" in str(refused)


def test_the_root_that_costs_most_is_named(roots):
    bound = roots(
        "query ($n: [String!]!) { people(nationalIds: $n) { person { id } } "
        'person(nationalId: "x") { id } }',
        n=[NUMBER] * 30,
    )

    with pytest.raises(TooCostlyError) as caught:
        checked_cost(bound, 1)
    assert caught.value.root == "people"
    assert f"people ({30 * bound[0].root.unit_cost})" in str(caught.value)


RANGES = """query ($n: [String!]!, $r: [_Any!]!) {
  people(nationalIds: $n) { index }
  _entities(representations: $r) { ... on Person { id } ... on Household { id } }
  warnings(first: 30) { edges { cursor } } households(first: 40) { edges { cursor } } }"""


def test_every_number_and_every_id_is_somebody_named_and_the_longest_page_counts(roots):
    entities = [
        {"__typename": kind, "id": str(n)} for n, kind in enumerate(("Person", "Household"))
    ]
    bound = roots(RANGES, n=[NUMBER, NUMBER, "x"], r=entities)

    checked_range(bound, Limits(people=5, page=40))
    checked_range(bound, Limits())
    checked_range((), Limits(people=0, page=0))
    with pytest.raises(TooCostlyError) as caught:
        checked_range(bound, Limits(people=4))
    assert (caught.value.limit, caught.value.allowed) == ("people", 4)
    assert str(caught.value).startswith("5 people are asked for; 4 are allowed")
    with pytest.raises(TooCostlyError) as caught:
        checked_range(bound, Limits(page=39))
    assert (caught.value.limit, caught.value.allowed) == ("page", 39)
    assert str(caught.value).startswith("A page of 40 is asked for; 39 are allowed")


def test_who_is_named_is_counted_without_looking_at_anybody(roots):
    class Unread(tuple):
        __slots__ = ()

        def __iter__(self):
            raise AssertionError

    entities = [{"__typename": "Person", "id": str(n)} for n in range(9)]
    text = "query ($r: [_Any!]!) { a: _entities(representations: $r) { __typename ... on Person"
    text += " { id } } node(id: 7) { id } }"
    bound = [replace(one, ids=Unread(one.ids)) for one in roots(text, r=entities)]

    checked_range(bound, Limits(people=10))
    with pytest.raises(TooCostlyError, match="10 people are asked for; 9 are allowed"):
        checked_range(bound, Limits(people=9))


def test_the_schema_may_be_asked_for_once_in_full(introspection):
    whole = introspection(get_introspection_query(input_value_deprecation=True), "__schema")
    assert 1_000 < whole < 100_000


@pytest.mark.parametrize(
    "text",
    [
        "{ __schema { types { fields { type { fields { name } } } } } }",
        "{ " + " ".join(
            f"a{n}: __schema {{ types {{ name fields {{ name args {{ name }} }} }} }}"
            for n in range(20)
        ) + " }",
        "{ " + " ".join(f"a{n}: __schema {{ ...F }}" for n in range(20)) + " } "
        "fragment F on __Schema { types { name fields { name type { name } } } }",
    ],
)  # fmt: skip
def test_an_introspection_that_multiplies_is_refused(introspection, text):
    with pytest.raises(TooCostlyError) as caught:
        introspection(text, "__schema", *(f"a{n}" for n in range(20)))
    assert (caught.value.limit, caught.value.root) == ("introspection", "__schema")


def test_the_cost_of_introspection_is_about_the_values_that_come_back(introspection, schema):
    text = "{ __schema { types { name fields { name args { name } } } } }"

    found = values(execute_sync(schema, parse(text)).data)
    assert 0.8 * found < introspection(text, "__schema") < 2 * found


def values(node):
    if isinstance(node, dict):
        return 1 + sum(values(each) for each in node.values())
    if isinstance(node, list):
        return sum(values(each) for each in node)
    return 1


@pytest.mark.parametrize(("people", "is_taken"), [(16, True), (17, False)])
def test_an_operation_has_at_most_sixty_four_levels_or_its_statement_is_not_made(
    documents, schema, planner, composer, policy, people, is_taken
):
    fields = "{ id household { id members { person { id } } } population { name } }"
    roots = (f'a{n}: person(nationalId: "x") {fields}' for n in range(people))
    document = documents.parsed("{ " + " ".join(roots) + " }")
    plans, operation = Plans(planner, composer), document.operation(None)
    values = coerced(schema, operation, {})
    asked = (document, operation, values, policy.entitlement(OFFICER, TODAY))

    if is_taken:
        assert len(plans.prepared(*asked).plan.levels) == MAX_LEVELS
    else:
        with pytest.raises(TooCostlyError) as caught:
            plans.prepared(*asked)
        assert (caught.value.limit, caught.value.allowed) == ("levels", MAX_LEVELS)


def test_the_schema_as_a_text_is_not_free(introspection):
    assert introspection("{ _service { sdl } }", "_service") >= 2_000
    many = "{ " + " ".join(f"a{n}: _service {{ sdl }}" for n in range(60)) + " }"
    with pytest.raises(TooCostlyError):
        introspection(many, *(f"a{n}" for n in range(60)))
