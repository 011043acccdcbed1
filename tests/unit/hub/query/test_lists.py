"""A filter becomes clauses and values; what a field cannot be is refused without quoting it."""

from datetime import UTC, date, datetime

import pytest
from graphql import parse
from graphql.execution.values import get_argument_values
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidDocumentError, TooCostlyError
from hub.query.lists import (
    MAX_VALUES,
    Comparison,
    areas,
    asked,
    both,
    check_values,
    steering,
    values_in,
)

PREFIXES = st.lists(st.text("12", max_size=4), max_size=6)


@pytest.fixture
def ask(catalogue, schema):
    def read(text):
        node = parse(f"{{ {text} }}").definitions[0].selection_set.selections[0]
        name = node.name.value
        return asked(
            catalogue, name, get_argument_values(schema.query_type.fields[name], node, None)
        )

    return read


def households(stated, order="ID"):
    return f"households(orderBy: {order}, filter: {stated})"


def test_nothing_stated_chooses_everything(ask):
    for text in ("households", households("{}"), households("{score: {}, has: [], region: null}")):
        one = ask(text)
        assert one.choice.text == "id"
        assert one.values == {}
        assert not one.is_stated


def test_each_condition_has_a_value_of_its_own(ask):
    one = ask(households('{score: {band: [RED], total: {from: 40, to: 60}}, region: "4201"}'))

    (clause,) = one.choice.clauses
    assert [(c.column, c.test) for c in clause.conditions] == [
        ("total", Comparison.FROM),
        ("total", Comparison.TO),
        ("band", Comparison.ANY),
    ]
    assert [one.values[c.parameter] for c in clause.conditions] == [40, 60, ["red"]]
    assert one.below == ("4201",)
    assert set(steering(one.choice)) == {
        "Household.region",
        "Score.total",
        "Score.band",
        "Score.__typename",
    }


def test_a_fact_of_a_member_steers_by_the_members_too(ask):
    one = ask(households("{has: [DISABILITY_CERTIFICATE], lacks: [SCORE]}"))

    assert set(steering(one.choice)) == {
        "Household.members",
        "DisabilityCertificate.__typename",
        "Score.__typename",
    }
    assert one.told == {"has": ["disability_certificate"], "lacks": ["score"]}


@pytest.mark.parametrize(
    ("stated", "below"),
    [
        ('regions: ["4201", "4202"]', ("4201", "4202")),
        ('region: "420106", regions: ["4201", "430"]', ("420106",)),
        ('region: "4201", regions: ["420106", "4202"]', ("420106",)),
        ('region: "43", regions: ["4201"]', ()),
        ("regions: []", ()),
    ],
)
def test_two_ways_to_name_regions_mean_what_lies_in_both(ask, stated, below):
    assert ask(households("{" + stated + "}")).below == below


@given(PREFIXES, PREFIXES, st.text("12", min_size=4, max_size=6))
def test_what_lies_below_both_lies_below_one_of_each_and_is_named_once(one, other, region):
    met = both(one, other)

    assert sum(region.startswith(prefix) for prefix in met) == (
        any(map(region.startswith, one)) and any(map(region.startswith, other))
    )
    assert both(other, one) == met == tuple(sorted(met))


def test_as_many_regions_as_a_body_holds_are_put_together_in_little_time():
    regions = [f"42{n:010d}" for n in range(19_000)]

    assert both(regions, ["42", *regions]) == tuple(regions)


def test_the_values_of_all_lists_in_a_filter_are_counted_together():
    chosen = {"region": "42", "regions": ["1", "2"], "score": {"band": ["red"], "total": None}}

    assert values_in({"filter": chosen, "statuses": ["a"], "first": 50}) == 4
    check_values(MAX_VALUES)
    with pytest.raises(TooCostlyError) as refusal:
        check_values(MAX_VALUES + 1)
    assert (refusal.value.limit, refusal.value.allowed) == ("values", MAX_VALUES)


def test_moments_are_told_in_utc_and_days_as_days(ask):
    one = ask(
        'warnings(filter: {openedAt: {since: "2026-09-01T08:00:00+08:00"},'
        ' dueOn: {to: "2026-11-30"}, changedSince: "2026-10-01T00:00:00Z"})'
    )

    assert list(one.values.values()) == [
        datetime(2026, 9, 1, tzinfo=UTC),
        date(2026, 11, 30),
        datetime(2026, 10, 1, tzinfo=UTC),
    ]
    assert one.choice.text == "total-desc; opened_at from; due_on to; known_from after"
    assert set(steering(one.choice)) == {
        "Alert.total",
        "Alert.openedAt",
        "Alert.dueOn",
        "Alert.knownFrom",
    }


@pytest.mark.parametrize(
    "text",
    [
        households('{alerts: {status: ["690106197903150012"]}}'),
        households('{region: "69010619790315001X"}'),
        households('{regions: ["6901x"]}'),
        households('{changedSince: "2026-09-01T08:00:00"}'),
        households('{alerts: {openedAt: {until: "0001-01-01T00:00:00+14:00"}}}'),
        'warnings(filter: {assignee: ["\\u0000690106197903150012"]})',
    ],
)
def test_what_a_field_cannot_be_is_refused_unquoted(ask, text):
    with pytest.raises(InvalidDocumentError) as refusal:
        ask(text)
    assert "6901" not in str(refusal.value)


def test_a_text_goes_on_record_only_as_far_as_it_is_a_name(ask):
    one = ask('warnings(filter: {assignee: ["u17", "690106197903150012", "某人"]})')

    assert one.told == {"Alert.assignee any": ["u17", "...", "..."]}


def test_lists_with_other_values_have_cursors_of_their_own(ask):
    digests = {
        ask(text).digest
        for text in (
            "households",
            households("{}", "REGION"),
            households("{score: {total: {from: 1}}}"),
            households("{score: {total: {from: 2}}}"),
            households("{has: [SCORE]}"),
            households("{lacks: [SCORE]}"),
            'warnings(region: "42")',
            "warnings",
        )
    }
    assert len(digests) == 8
    assert ask("warnings(first: 1)").digest == ask('warnings(asOf: "2026-01-01")').digest


@pytest.mark.parametrize(
    ("regions", "stated", "low", "high", "narrow"),
    [
        (["420106"], "{}", ["420106"], ["420106999999"], False),
        (["42"], '{regions: ["420106001", "420106001002"]}', ["420106001"], ["420106001999"], True),
        (["420106001001"], '{region: "42"}', ["420106001001"], ["420106001001"], True),
        (["420106"], '{region: "43"}', [], [], True),
        ([], "{}", [], [], True),
    ],
)
def test_a_list_looks_only_where_the_caller_may_and_wants_to(
    ask, regions, stated, low, high, narrow
):
    assert areas(ask(households(stated)), regions) == {
        "below": [f"{prefix}%" for prefix in low],
        "low": low,
        "high": high,
        "narrow": narrow,
    }
