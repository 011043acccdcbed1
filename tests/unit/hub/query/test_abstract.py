"""What is asked through an interface is planned for each type on its own, by its own grants."""

from dataclasses import replace
from datetime import date

import pytest

from hub.access import Caller
from hub.errors import NotGrantedError
from hub.query.model import Constant, Entities, Gathered, LevelKind, RootKind

TODAY = date(2026, 11, 23)
OFFICER = Caller("civil-affairs", "officer", "WARN", "c")
INSURER = Caller("medical-insurance", "clerk", "PUSH", "c")
ANALYST = Caller("civil-affairs", "analyst", "WARN", "c")
AUDITOR = Caller("audit-office", "auditor", "AUDIT", "c")
MIXED = """query ($r: [_Any!]!) { _entities(representations: $r) {
  ... on Person { household { region } } ... on Household { region } } }"""


@pytest.fixture
def planned(documents, planner, policy):
    def plan(text, caller=OFFICER, using=policy):
        document = documents.parsed(text)
        entitlement = using.entitlement(caller, TODAY)
        return planner.plan(document, document.operation(None), {}, entitlement)

    return plan


def test_each_type_has_its_root_its_level_and_its_own_selection(planned):
    plan = planned(MIXED)

    (output,) = plan.outputs
    assert isinstance(output, Entities)
    assert [root.kind for root in plan.roots] == [RootKind.PERSON_BY_ID, RootKind.HOUSEHOLD_BY_ID]
    assert [level.kind for level in plan.levels] == [
        LevelKind.PEOPLE_BY_ID,
        LevelKind.HOUSEHOLD_OF_PERSON,
        LevelKind.HOUSEHOLDS_BY_ID,
    ]
    assert plan.levels[0].columns == ()
    assert plan.levels[2].columns == ("region",)
    assert "Person.id" in plan.levels[0].answered
    assert "Household.id" in plan.levels[2].answered


def test_two_lists_of_entities_do_not_share_a_root(planned):
    plan = planned(
        """query ($r: [_Any!]!, $id: ID!) { a: _entities(representations: $r) { __typename }
             warnings { edges { cursor } } b: node(id: $id) { id } }"""
    )

    assert [root.index for root in plan.roots] == [0, 1, 2, 3, 4]
    assert [root.key for root in plan.roots] == ["a", "a", "warnings", "b", "b"]


@pytest.mark.parametrize(
    ("caller", "kept", "grant", "key"),
    [
        (INSURER, RootKind.PERSON_BY_ID, "Household.id", "region"),
        (ANALYST, RootKind.HOUSEHOLD_BY_ID, "Person.id", "household"),
    ],
)
def test_a_type_that_may_not_be_asked_by_id_is_not_searched_and_that_is_told_once(
    planned, caller, kept, grant, key
):
    text = MIXED.replace("{ region } }", "{ region } x: __typename y: records { recordId } }", 1)
    text = text.replace("... on Household {", "... on Household { __typename", 1)
    plan = planned(text, caller)

    assert [root.kind for root in plan.roots] == [kept]
    missing = [e for e in plan.errors if e.field == grant]
    assert [e.path for e in missing] == [("_entities", key)]


def test_nothing_is_told_of_a_type_of_which_nothing_of_its_own_is_asked(planned):
    plan = planned("query ($id: ID!) { node(id: $id) { __typename id } }", ANALYST)

    assert not plan.errors
    assert [root.kind for root in plan.roots] == [RootKind.HOUSEHOLD_BY_ID]


def test_where_no_type_may_be_asked_by_id_a_node_is_null_and_a_list_refuses_the_operation(planned):
    node = planned("query ($id: ID!) { node(id: $id) { id } __schema { __typename } }", AUDITOR)

    assert node.outputs[0] == Constant("node", None)
    assert [e.field for e in node.errors] == ["Query.node"]
    with pytest.raises(NotGrantedError, match=r"Query\._entities"):
        planned(MIXED.replace(") {", ") { __schema { __typename }", 1), AUDITOR)


def test_records_are_those_of_every_type_of_which_something_is_granted(planned, catalogue):
    text = """{ person(nationalId: "1") { records { recordId ... on Population { phone }
      ... on DisabilityCertificate { __typename category provider } } } }"""
    plan = planned(text, INSURER)

    gathered = plan.roots[0].shape.outputs[0]
    assert isinstance(gathered, Gathered)
    names = [shape.type_name for shape in gathered.shapes]
    assert names == sorted(names)
    assert "DisabilityCertificate" not in names
    assert {(e.path, e.field) for e in plan.errors} == {
        (("person", "records", "phone"), "Population.phone"),
        (("person", "records", "category"), "DisabilityCertificate.category"),
    }
    stored = {dataset.type_name for dataset in catalogue.stored}
    assert set(names) <= stored


def test_records_of_which_nothing_is_granted_are_denied_as_a_way(planned, policy):
    bare = replace(
        policy,
        rules=tuple(
            replace(rule, grants=tuple(g for g in rule.grants if g.path == "Person.id"))
            for rule in policy.rules
        ),
        _known={},
    )
    plan = planned('{ person(nationalId: "1") { id records { recordId } } }', using=bare)

    assert plan.roots[0].shape.outputs[1] == Constant("records", None)
    assert [e.field for e in plan.errors] == ["Person.records"]
