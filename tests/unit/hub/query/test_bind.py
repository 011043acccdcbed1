"""Arguments are bound a request at a time; what they cannot be is refused without quoting it."""

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest

from hub.access import Caller
from hub.errors import InvalidDocumentError, TooCostlyError
from hub.query.bind import (
    NEWEST,
    bind,
    coerced,
    day_of,
    parameters_of,
)
from hub.query.model import RootKind
from tests.support.world import number_of

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
OFFICER = Caller("civil-affairs", "officer", "WARN", "c")
AUDITOR = Caller("audit-office", "auditor", "AUDIT", "c")
NUMBER = number_of(3, date(1990, 1, 1))


class PlainTags:
    """Tags that show what they are of."""

    def people(self, number):
        return (number.encode(),)

    def identifier(self, dataset, key):
        return f"{dataset}{key}".encode()


@pytest.fixture
def bound(documents, schema, planner, policy):
    def bound_roots(text, **variables):
        document = documents.parsed(text)
        operation = document.operation(None)
        entitlement = policy.entitlement(OFFICER, TODAY)
        plan = planner.plan(document, operation, {}, entitlement)
        values = coerced(schema, operation, variables)
        roots = bind(plan, values, NOW, PlainTags())
        return roots, parameters_of(roots, entitlement)

    return bound_roots


def test_a_day_is_a_day_in_china():
    assert day_of(NOW) == TODAY


@pytest.mark.parametrize("hours", [0, 8, -12])
@pytest.mark.parametrize(("hour", "day"), [(15, date(2026, 11, 22)), (16, TODAY), (23, TODAY)])
def test_a_day_begins_at_midnight_in_china_however_a_moment_is_written(hours, hour, day):
    moment = datetime(2026, 11, 22, hour, 59, 59, 999_999, tzinfo=UTC)

    assert day_of(moment.astimezone(timezone(timedelta(hours=hours)))) == day
    assert day_of(moment) == day


def test_without_times_it_is_today_and_the_newest_known(bound):
    _, parameters = bound(f'{{ person(nationalId: "{NUMBER.lower()}") {{ id }} }}')

    assert parameters == {
        "r0_regions": ["420106%"],
        "r0_as_of": TODAY,
        "r0_known": NEWEST,
        "r0_tags": [NUMBER.encode()],
    }


def test_each_root_has_its_own_times_and_people(bound):
    roots, parameters = bound(
        """query ($n: [String!]!, $d: Date, $k: DateTime) {
          a: people(nationalIds: $n, asOf: $d, knownAt: $k) { index }
          b: household(id: "6ba7b810-9dad-11d1-80b4-00c04fd430c8") { id } }""",
        n=[NUMBER, "x", NUMBER],
        d="2026-05-01",
        k="2026-05-02T08:00:00+08:00",
    )

    assert [n.tags for n in roots[0].numbers] == [(NUMBER.encode(),), (), (NUMBER.encode(),)]
    assert parameters["r0_tags"] == [NUMBER.encode()]
    assert parameters["r0_as_of"] == date(2026, 5, 1)
    assert parameters["r0_known"] == datetime(2026, 5, 2, tzinfo=UTC)
    assert parameters["r1_as_of"] == TODAY
    assert isinstance(parameters["r1_id"], UUID)


def test_no_time_is_one_that_the_driver_takes_for_infinity(bound):
    text = "query ($d: Date, $k: DateTime) { household(id: 0, asOf: $d, knownAt: $k) { id } }"
    roots, parameters = bound(text, d="9999-12-31", k="9999-12-31T23:59:59.999999Z")

    assert parameters["r0_as_of"] == date(9999, 12, 30)
    assert parameters["r0_known"] == NEWEST < datetime.max.replace(tzinfo=UTC)
    assert roots[0].as_of == date.max


def test_what_is_no_id_of_ours_names_nobody(bound):
    _, parameters = bound('{ household(id: "17") { id } }')

    assert parameters["r0_id"] is None


def test_an_anchor_is_bound_for_its_selection_and_null_is_none(bound):
    text = """query ($a: ID, $b: ID, $c: ID) {
      household(id: "6ba7b810-9dad-11d1-80b4-00c04fd430c8") {
        a: members(anchor: $a) { relation } b: members(anchor: $b) { relation }
        c: members(anchor: $c) { relation } d: members { relation } } }"""
    roots, _ = bound(text, a=str(UUID(int=7)), b="nobody")

    assert roots[0].anchors == {1: UUID(int=7), 2: None}


@pytest.mark.parametrize(
    "arguments",
    [
        "first: 0",
        "first: 201",
        'after: "!!"',
        'after: "MTIz"',
        'region: "42%"',
        'assignee: "a\\u0000"',
        'knownAt: "2026-05-01T00:00:00"',
        'knownAt: "9999-12-31T23:59:59-14:00"',
        'knownAt: "0001-01-01T00:00:00+14:00"',
    ],
)
def test_an_impossible_argument_is_refused(bound, arguments):
    with pytest.raises(InvalidDocumentError):
        bound(f"{{ warnings({arguments}) {{ edges {{ cursor }} }} }}")


def test_more_numbers_than_allowed_are_refused(bound):
    text = "query ($n: [String!]!) { people(nationalIds: $n) { index } }"
    with pytest.raises(TooCostlyError, match="5000"):
        bound(text, n=[""] * 5_001)


def test_numbers_that_many_roots_name_by_one_variable_are_tagged_once(
    documents, schema, planner, policy
):
    roots = " ".join(f"a{n}: people(nationalIds: $n) {{ index }}" for n in range(3))
    document = documents.parsed(f"query ($n: [String!]!) {{ {roots} }}")
    operation = document.operation(None)
    plan = planner.plan(document, operation, {}, policy.entitlement(OFFICER, TODAY))
    tagged = []

    class Counting(PlainTags):
        def people(self, number):
            tagged.append(number)
            return super().people(number)

    bound = bind(plan, coerced(schema, operation, {"n": [NUMBER, "x"]}), NOW, Counting())

    assert tagged == [NUMBER]
    assert [one.parameters for one in bound] == [{"tags": [NUMBER.encode()]}] * 3


def test_ids_that_many_roots_name_by_one_variable_are_put_together_once(bound):
    roots = " ".join(
        f"a{n}: _entities(representations: $r) {{ ... on Household {{ id }} }}" for n in range(3)
    )
    named = [{"__typename": "Household", "id": str(UUID(int=7))}] * 2
    found, _ = bound(f"query ($r: [_Any!]!) {{ {roots} }}", r=named)
    homes = [one.parameters for one in found if one.root.kind is RootKind.HOUSEHOLD_BY_ID]

    assert homes == [{"ids": [UUID(int=7)]}] * 3
    assert len(set(map(id, homes))) == 1


@pytest.mark.parametrize("department", ["\0", "某人", "A B", ""])
def test_a_department_that_cannot_be_one_is_refused_unquoted(
    documents, schema, planner, policy, department
):
    document = documents.parsed(
        "query ($d: String) { accessLog(department: $d) { edges { cursor } } }"
    )
    operation = document.operation(None)
    plan = planner.plan(document, operation, {}, policy.entitlement(AUDITOR, TODAY))
    values = coerced(schema, operation, {"d": department})

    with pytest.raises(InvalidDocumentError) as caught:
        bind(plan, values, NOW, PlainTags())
    assert not department or department not in str(caught.value)


@pytest.mark.parametrize(
    ("moment", "is_taken"),
    [
        ("2026-05-01T08:00:00+08:00", True),
        ("2026-05-01T08:00:00", False),
        ("0001-01-01T00:00:00+14:00", False),
        ("9999-12-31T23:59:59-14:00", False),
        ("", False),
    ],
)
def test_a_cursor_of_replays_names_a_moment_that_can_be_told(
    documents, schema, planner, policy, moment, is_taken
):
    document = documents.parsed("query ($a: String) { replays(after: $a) { edges { cursor } } }")
    operation = document.operation(None)
    plan = planner.plan(document, operation, {}, policy.entitlement(AUDITOR, TODAY))
    values = coerced(schema, operation, {"a": f"{moment}_{UUID(int=7)}"})

    if is_taken:
        (root,) = bind(plan, values, NOW, PlainTags())
        assert root.parameters["before"] == (datetime(2026, 5, 1, tzinfo=UTC), UUID(int=7))
    else:
        with pytest.raises(InvalidDocumentError, match="cursor"):
            bind(plan, values, NOW, PlainTags())


@pytest.mark.parametrize(("day", "is_taken"), [
    ("0001-01-01", False), ("1969-12-31", False), ("1970-01-01", True),
    ("9998-12-31", True), ("9999-12-31", False),
])  # fmt: skip
def test_days_of_which_there_can_be_no_log_are_refused(
    documents, schema, planner, policy, day, is_taken
):
    document = documents.parsed(
        'query ($d: Date) { accessProfile(department: "tax", day: $d) { total } }'
    )
    operation = document.operation(None)
    plan = planner.plan(document, operation, {}, policy.entitlement(AUDITOR, TODAY))
    values = coerced(schema, operation, {"d": day})

    if is_taken:
        (root,) = bind(plan, values, NOW, PlainTags())
        assert root.as_of == date.fromisoformat(day)
    else:
        with pytest.raises(InvalidDocumentError, match="1970-01-01"):
            bind(plan, values, NOW, PlainTags())
