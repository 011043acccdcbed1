"""Every field that chooses or orders a list must be granted, or all of it is refused."""

from dataclasses import replace
from datetime import date

import pytest

from hub.access import Caller
from hub.errors import NotGrantedError
from hub.query.bind import coerced
from hub.query.fetch import LONG
from hub.query.listing import CLAUSE_COST, COUNT_COST, SEARCH_COST, choices
from hub.query.model import RootKind

TODAY = date(2026, 11, 23)
OFFICER = Caller("civil-affairs", "officer", "WARN", "c")
EDGES = "{ edges { node { id } } }"


@pytest.fixture
def planned(documents, planner, policy, catalogue, schema):
    def plan(text, without=(), **variables):
        document = documents.parsed(text)
        operation = document.operation(None)
        entitlement = policy.entitlement(OFFICER, TODAY)
        decisions = {
            path: decision
            for path, decision in entitlement.decisions.items()
            if not any(path == w or path.partition(".")[0] == w for w in without)
        }
        values = coerced(schema, operation, variables)
        chosen = choices(catalogue, schema, document, operation, {}, values)
        nulls = operation.null_steering(values.coerced)
        rights = replace(entitlement, decisions=decisions)
        return planner.plan(document, operation, {}, rights, chosen, nulls)

    return plan


def test_what_chooses_and_orders_is_answered_about_each_household(planned):
    plan = planned(
        "{ households(filter: {has: [MEDICAL_ENROLMENT], score: {band: [RED]}}, "
        f"orderBy: REGION) {EDGES} }}"
    )

    (level,) = plan.levels
    assert set(level.answered) == {
        "Household.id",
        "Household.members",
        "Household.region",
        "MedicalEnrolment.__typename",
        "Score.__typename",
        "Score.band",
    }


@pytest.mark.parametrize(
    ("arguments", "denied"),
    [
        ("first: 1", "Household.id"),
        ("orderBy: TOTAL_DESC", "Score.total"),
        ("orderBy: SCORED_DESC", "Score"),
        ("orderBy: REGION", "Household.region"),
        ('filter: {region: "42"}', "Household.region"),
        ("filter: {regions: []}", "Household.region"),
        ("filter: {score: {band: [RED]}}", "Score.band"),
        ('filter: {alerts: {status: ["assigned"]}}', "Alert.status"),
        ("filter: {has: [DISABILITY_CERTIFICATE]}", "DisabilityCertificate"),
        ("filter: {lacks: [DISABILITY_CERTIFICATE]}", "DisabilityCertificate"),
        ("filter: {has: [DISABILITY_CERTIFICATE]}", "Household.members"),
        ("filter: {medicalEnrolments: {subsidised: true}}", "MedicalEnrolment.subsidised"),
        ("filter: {medicalEnrolments: {subsidised: true}}", "Household.members"),
        ('filter: {score: {changedSince: "2026-01-01T00:00:00Z"}}', "Score"),
    ],
)
def test_a_denied_field_that_steers_refuses_the_whole_list(planned, arguments, denied):
    text = f"{{ households({arguments}) {EDGES} other: __typename }}"

    assert planned(text).roots
    with pytest.raises(NotGrantedError, match="chosen and ordered") as refusal:
        planned(text, without=(denied,))
    assert {path.partition(".")[0] for path in refusal.value.fields} == {denied.partition(".")[0]}


@pytest.mark.parametrize("order", ["DUE_ASC", "OPENED_DESC", "TOTAL_ASC"])
def test_alerts_are_ordered_by_what_is_granted(planned, order):
    denied = {"DUE_ASC": "Alert.dueOn", "OPENED_DESC": "Alert.openedAt"}.get(order, "Alert.total")
    text = f"{{ warnings(orderBy: {order}) {{ edges {{ cursor }} }} }}"

    assert planned(text).roots[0].order.path == denied
    with pytest.raises(NotGrantedError):
        planned(text, without=(denied,))


def test_a_variable_that_is_null_steers_by_nothing_and_another_plan_is_made(planned):
    text = f"query ($f: HouseholdFilter) {{ households(filter: $f) {EDGES} }}"

    assert planned(text, without=("Score",)).levels[0].choice.text == "id"
    with pytest.raises(NotGrantedError):
        planned(text, without=("Score",), f={"score": {"band": ["RED"]}})


@pytest.mark.parametrize("variables", [{}, {"v": None}])
@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("query ($v: ID) { household(id: 0) { region members(anchor: $v) { relation } } }",
         "Person.id"),
        ("query ($v: String) { warnings(region: $v) { edges { cursor } } }", "Household.region"),
        ("query ($v: [Band!]) { warnings(bands: $v) { edges { cursor } } }", "Alert.band"),
        ("query ($v: String) { warnings(assignee: $v) { edges { cursor } } }", "Alert.assignee"),
        ("query ($v: String) { ...F } fragment F on Query { warnings(assignee: $v) {__typename} }",
         "Alert.assignee"),
    ],
)  # fmt: skip
def test_a_variable_that_is_null_or_absent_needs_no_grant(planned, text, denied, variables):
    assert planned(text, without=(denied,), **variables).levels
    with pytest.raises(NotGrantedError):
        planned(text, without=(denied,), v=["RED"] if "Band" in text else "x")


def test_a_change_counts_only_as_far_as_the_caller_may_read(planned):
    text = f'{{ households(filter: {{changedSince: "2026-01-01T00:00:00Z"}}) {EDGES} }}'

    everything = planned(text).levels[0].choice.watched
    assert everything.place
    assert everything.members
    assert "medical_settlement" in {d.name for d in everything.datasets}
    assert "custody_status" not in {d.name for d in everything.datasets}
    blind = planned(text, without=("Household.members",)).levels[0].choice.watched
    assert not blind.members
    assert {d.name for d in blind.datasets} == {"alert", "score"}
    only_ids = ("Household.members", "Household.region", "Score", "Alert", "Visit", "Referral")
    with pytest.raises(NotGrantedError):
        planned(text, without=only_ids)


def test_counting_and_looking_for_records_cost_something_however_few_are_shown(planned):
    plain = planned(f"{{ households {EDGES} }}").roots[0]
    counted = planned(f"{{ households(filter: {{has: [SCORE]}}) {EDGES[:-1]} totalCount }} }}")

    assert plain.fixed_cost == 0
    assert counted.roots[0].fixed_cost == COUNT_COST + SEARCH_COST + CLAUSE_COST
    assert counted.roots[0].unit_cost == plain.unit_cost
    assert counted.roots[0].kind is RootKind.HOUSEHOLDS


def test_what_may_be_gone_through_to_its_end_is_no_short_question(planned):
    text = "{ warnings(filter: {step: {from: 9}}) { edges { cursor } } }"
    own = planned(text).roots[0]
    changed = planned(f'{{ households(filter: {{changedSince: "1900-01-01T00:00:00Z"}}) {EDGES} }}')

    assert own.fixed_cost == SEARCH_COST + CLAUSE_COST >= LONG
    watched = changed.levels[0].choice.watched.paths
    assert len(watched) > 1
    assert changed.roots[0].fixed_cost == SEARCH_COST + CLAUSE_COST * len(watched)
