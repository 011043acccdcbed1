"""What a plan touches is what was selected and granted; everything else is a null and a reason."""

from dataclasses import replace
from datetime import date

import pytest

from hub.access import Caller, Reason, load_policy
from hub.errors import InvalidDocumentError, NotGrantedError
from hub.query.describe import described
from hub.query.model import Constant, LevelKind, fields_about
from hub.query.sql_parts import level_columns

TODAY = date(2026, 11, 23)
OFFICER = Caller("civil-affairs", "officer", "WARN", "c")
INSURER = Caller("medical-insurance", "clerk", "PUSH", "c")
ANALYST = Caller("civil-affairs", "analyst", "WARN", "c")
AUDITOR = Caller("audit-office", "auditor", "AUDIT", "c")


@pytest.fixture
def planned(documents, planner, policy):
    def plan(text, caller=OFFICER, using=policy, **branches):
        document = documents.parsed(text)
        entitlement = using.entitlement(caller, TODAY)
        return planner.plan(document, document.operation(None), branches, entitlement)

    return plan


def person(selection, variables=""):
    return f'query Q{variables} {{ person(nationalId: "1") {{ {selection} }} }}'


def test_columns_and_groups_are_those_of_granted_fields(planned):
    plan = planned(person("population { name phone ethnicGroup region }"), INSURER)

    (_, records) = plan.levels
    assert records.groups == ("who",)
    assert records.columns == ()
    assert {e.field for e in plan.errors} == {
        "Population.phone",
        "Population.ethnicGroup",
        "Population.region",
    }


def test_a_denied_selection_has_one_error_with_every_place_it_is_at(planned):
    text = person("population { name phone } ...F") + (
        " fragment F on Person { population { phone } }"
    )
    plan = planned(text, INSURER)

    (error,) = plan.errors
    assert error.path == ("person", "population", "phone")
    assert len(error.locations) == 2
    assert error.code is Reason.NOT_GRANTED
    assert "medical-insurance" in error.message


def test_a_way_to_records_of_which_nothing_is_granted_is_denied(planned):
    plan = planned(person("population { name } medicalSettlements { recordId }"), INSURER)

    assert [e.field for e in plan.errors] == ["Person.medicalSettlements"]
    assert len(plan.levels) == 2


def test_provenance_and_type_names_come_with_a_way_that_is_granted(planned):
    plan = planned(person("population { __typename recordId validTo provider sourceTime }"))

    assert not plan.errors
    assert plan.levels[1].columns == ("record_id", "valid_to", "source_time")


def test_fields_of_fragments_are_merged_by_response_key_in_order(planned):
    plan = planned(
        person("...A id population { name } ... on Person { population { phone } }")
        + " fragment A on Person { household { region } population { sex } }"
    )

    shape = plan.roots[0].shape
    assert [output.key for output in shape.outputs] == ["household", "population", "id"]
    assert plan.levels[2].groups == ("who", "phone")


def test_an_alias_is_another_way_to_the_same_records(planned):
    plan = planned(person("a: population { name } b: population { phone }"))

    assert [level.groups for level in plan.levels] == [(), ("who",), ("phone",)]


def test_what_is_skipped_is_not_planned(planned):
    text = person(
        "id household @include(if: $h) { id } population @skip(if: $h) { name }",
        "($h: Boolean!)",
    )

    assert [lvl.kind for lvl in planned(text, h=True).levels] == [
        LevelKind.PEOPLE,
        LevelKind.HOUSEHOLD_OF_PERSON,
    ]
    assert planned(text, h=False).levels[1].groups == ("who",)


def test_a_branch_that_is_neither_true_nor_false_is_refused(planned):
    text = person("id household @include(if: $h) { id }", "($h: Boolean = true)")

    with pytest.raises(InvalidDocumentError, match="null"):
        planned(text, h=None)


def test_a_person_of_a_household_shares_the_row_of_the_membership(planned):
    plan = planned('{ household(id: "x") { members { relation person { id } } } }')

    assert [level.kind for level in plan.levels] == [LevelKind.HOUSEHOLD, LevelKind.MEMBERS]
    assert level_columns(plan.levels[1]) == ("parent", "person_id", "log_alias", "relation")


def without(policy, *paths, key=("civil-affairs", "officer", "WARN")):
    """Return the policy with one entitlement alone, and that one without `paths`."""
    (rule,) = (rule for rule in policy.rules if rule.key == key)
    grants = tuple(g for g in rule.grants if g.path not in paths)
    return replace(policy, rules=(replace(rule, grants=grants),), _known={})


HOME = '{ household(id: "x") { members%s { relation person { population { name } } } } }'


def test_an_anchor_belongs_to_its_own_selection_of_members(planned):
    plan = planned(
        '{ household(id: "x") { a: members(anchor: "y") { relation } members { relation } } }'
    )

    assert [level.anchor is not None for level in plan.levels] == [False, True, False]
    assert "relations: to an anchor" in described(plan)


def test_whose_relation_is_told_to_an_anchor_is_known_by_id(planned):
    plan = planned(HOME % '(anchor: "y")')

    assert plan.levels[1].answered == ("Member.relation", "Person.id")


def test_an_anchor_fetches_nobodys_sex(planned, composer):
    with_anchor = composer.compose(planned(HOME % '(anchor: "y")')).text

    assert with_anchor == composer.compose(planned(HOME % "")).text


def test_an_anchor_refuses_the_operation_of_whom_may_not_know_people_by_id(planned, policy):
    narrowed = without(policy, "Person.id")

    with pytest.raises(NotGrantedError, match="told to whom") as refusal:
        planned(HOME % '(anchor: "y")', using=narrowed)
    assert refusal.value.fields == ("Person.id",)
    assert not planned(HOME % "(anchor: null)", using=narrowed).errors


def test_an_anchor_of_members_that_are_denied_is_one_refusal(planned, policy):
    text = '{ household(id: "x") { region members(anchor: "y") { relation } } }'
    plan = planned(text, using=without(policy, "Person.id", "Household.members"))

    assert [error.field for error in plan.errors] == ["Household.members"]


@pytest.mark.parametrize(
    ("arguments", "field"),
    [("", "Alert.total"), ("bands: [RED]", "Alert.total"), ('region: "42"', "Household.region")],
)
def test_a_denied_field_that_steers_refuses_the_operation(planned, policy, arguments, field):
    narrowed = without(policy, field)
    text = f"{{ warnings({arguments}) {{ edges {{ node {{ band }} }} }} }}".replace("()", "")

    with pytest.raises(NotGrantedError) as refusal:
        planned(text, using=narrowed)
    assert refusal.value.fields == (field,)


def test_an_argument_that_is_null_steers_nothing(planned):
    assert planned("{ warnings(bands: null, region: null) { edges { cursor } } }", ANALYST)


def test_an_operation_of_which_nothing_is_granted_is_refused_whole(planned):
    with pytest.raises(NotGrantedError) as refusal:
        planned(person("population { phone } disabilityCertificates { level }"), INSURER)
    assert refusal.value.fields == ("Person.disabilityCertificates", "Population.phone")


def test_whom_nobody_granted_people_learns_not_even_a_status(planned):
    with pytest.raises(NotGrantedError):
        planned('{ people(nationalIds: ["1"]) { status } }', AUDITOR)


def test_the_log_is_asked_alone(planned):
    plan = planned("{ accessLog { edges { node { index at } } } }", AUDITOR)

    assert plan.asks_register
    assert plan.levels == ()
    with pytest.raises(InvalidDocumentError):
        planned("{ a: accessLog { __typename } b: accessLog { __typename } }", AUDITOR)
    with pytest.raises(NotGrantedError):
        planned("{ accessLog { edges { node { index } } } }", OFFICER)


def test_the_schema_is_open_to_everybody(planned):
    plan = planned("{ __schema { queryType { name } } __typename }", AUDITOR)

    assert plan.outputs[1] == Constant("__typename", "Query")
    assert "the schema" in described(plan)


def test_a_consent_that_is_not_on_file_is_the_reason_told(planned, catalogue):
    text = """
[[entitlement]]
department = "civil-affairs"
role = "officer"
purpose = "WARN"
legal_basis = "law"
from = 2026-01-01
until = 2027-01-01
regions = ["42"]
[[entitlement.grant]]
agreement = "A"
source = "public-security"
legal_basis = "law"
from = 2026-01-01
until = 2027-01-01
consent = true
fields = ["Population.phone"]
[[entitlement.grant]]
agreement = "B"
source = "public-security"
legal_basis = "law"
from = 2026-01-01
until = 2027-01-01
fields = ["Population.status"]
"""
    plan = planned(person("population { phone status }"), using=load_policy(text, catalogue))

    (error,) = plan.errors
    assert error.code is Reason.CONSENT_REQUIRED
    assert "authorisation" in error.message


def test_what_is_on_record_about_a_subject_is_all_that_is_answered_of_it(planned):
    plan = planned(person("id population { name } household { region score { total } }"))

    person_level, _, home, _ = plan.levels
    assert fields_about(plan, person_level) == ("Person.household", "Person.id", "Population.name")
    assert fields_about(plan, home) == ("Household.region", "Score.total")


def test_every_column_of_the_statement_follows_from_a_granted_field(planned, composer):
    plan = planned(person("population { name phone } recognitions { category }"), INSURER)

    text = composer.compose(plan).text
    assert "sealed_who" in text
    assert "sealed_recognition" in text
    for absent in ("sealed_phone", "sealed_national_id", "sealed_decision", "ethnic_group"):
        assert absent not in text


def test_equal_plans_are_one_statement_and_no_value_is_in_it(planned, composer):
    text = '{ people(nationalIds: ["690106199001010014"]) { person { population { name } } } }'
    first, second = composer.compose(planned(text)), composer.compose(planned(text))

    assert first == second
    assert "6901" not in first.text
    assert "r0_tags" in first.parameters
