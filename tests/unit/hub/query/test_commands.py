"""A mutation is granted by its name, in the order written, and shows what was selected."""

from datetime import date

import pytest
from graphql import GraphQLNonNull, get_named_type, is_leaf_type

from hub.access import Caller
from hub.errors import (
    InvalidDocumentError,
    NotGrantedError,
    SealBrokenError,
    StoreUnavailableError,
    TooCostlyError,
)
from hub.query.commands import (
    MAX_COMMANDS,
    check_command,
    plan_commands,
    shape_payload,
    told_failure,
)
from hub.query.model import Constant

TODAY = date(2026, 11, 23)
APPROVER = Caller("civil-affairs", "approver", "PUSH", "c")
OFFICER = Caller("civil-affairs", "officer", "WARN", "c")
TEXT = """mutation Recognise($in: RecognitionInput!) {
  done: recognise(input: $in) { __typename ids: messageIds ...P } }
fragment P on RecognitionReceipt { people }"""
INPUT = {
    "householdId": "h",
    "category": "DB",
    "startDate": "2026-12-01",
    "decisionNumber": "D1",
    "decidedOn": "2026-11-20",
}


@pytest.fixture
def series(documents, schema, policy):
    def planned(text=TEXT, caller=APPROVER, given=INPUT):
        entitlement = policy.entitlement(caller, TODAY)
        return plan_commands(schema, documents.parsed(text), None, {"in": given}, entitlement)

    return planned


def test_arguments_are_coerced_and_the_payload_is_shaped_as_selected(series):
    (planned,) = series().commands

    assert planned.name == "recognise"
    assert planned.arguments["input"]["startDate"] == date(2026, 12, 1)
    payload = {"people": 3, "messageIds": ["m"], "closedAlertId": None}
    assert shape_payload(planned, payload) == {
        "__typename": "RecognitionReceipt",
        "ids": ["m"],
        "people": 3,
    }


def test_who_is_not_granted_the_mutation_cannot_give_it(series):
    with pytest.raises(NotGrantedError, match=r"Mutation\.recognise"):
        series(caller=OFFICER)


def test_a_wrong_input_is_refused_without_its_value(series):
    with pytest.raises(InvalidDocumentError, match=r"\$in") as refusal:
        series(given={**INPUT, "startDate": "690106199001010014"})
    assert "6901" not in str(refusal.value)


def test_a_query_is_no_command(series):
    with pytest.raises(InvalidDocumentError, match="no mutation"):
        series(text="{ __typename }")


def test_commands_are_in_the_order_in_which_their_keys_come_first(series):
    planned = series(
        """mutation ($in: RecognitionInput!) { b: recognise(input: $in) { people } kind: __typename
             ... on Mutation { a: recognise(input: $in) { people } ...M }
             skipped: recognise(input: $in) @skip(if: true) { people } }
           fragment M on Mutation { b: recognise(input: $in) { messageIds } }"""
    )

    assert [one.key for one in planned.outputs] == ["b", "kind", "a"]
    assert [one.key for one in planned.commands] == ["b", "a"]
    first = planned.commands[0]
    assert first.payload == (("people", "people"), ("messageIds", "messageIds"))
    assert len(first.places) == 2


def test_an_operation_without_a_command_gives_none(series):
    planned = series("mutation { __typename }")

    assert planned.outputs == (Constant("__typename", "Mutation"),)
    assert planned.commands == ()


def test_a_command_that_is_not_granted_among_others_is_left_to_its_turn(series, policy):
    text = TEXT.replace(
        "...P }",
        "...P } other: closeAlert(input: {alertId: 1, step: 1}) { step }",
    )
    planned = series(text)
    entitlement = policy.entitlement(APPROVER, TODAY)

    done, other = planned.commands
    check_command(done, entitlement)
    with pytest.raises(NotGrantedError) as refusal:
        check_command(other, entitlement)
    assert refusal.value.fields == ("Mutation.closeAlert",)


def test_more_commands_than_are_allowed_are_refused_before_the_first(series):
    many = " ".join(f"c{n}: recognise(input: $in) {{ people }}" for n in range(MAX_COMMANDS + 1))

    with pytest.raises(TooCostlyError, match=f"{MAX_COMMANDS} are allowed") as caught:
        series(f"mutation ($in: RecognitionInput!) {{ {many} }}")
    assert (caught.value.limit, caught.value.allowed) == ("commands", MAX_COMMANDS)


def test_outcomes_are_flat_so_that_a_payload_shows_what_was_selected(schema):
    for name, declared in schema.mutation_type.fields.items():
        assert not isinstance(declared.type, GraphQLNonNull), name
        for field in declared.type.fields.values():
            assert is_leaf_type(get_named_type(field.type)), name


@pytest.mark.parametrize(
    ("failure", "code", "says"),
    [
        (NotGrantedError("no grant", ("Mutation.recognise",)), "NOT_GRANTED", "no grant"),
        (StoreUnavailableError("try again"), "STORE_UNAVAILABLE", "try again"),
        (SealBrokenError("a value"), "SEAL_BROKEN", "request id"),
        (ZeroDivisionError("690106199001010014"), "INTERNAL", "request id"),
    ],
)
def test_a_failure_is_told_in_its_place_and_only_what_is_safe(series, failure, code, says):
    (planned,) = series().commands

    error = told_failure(planned, failure, "r-1")

    assert error["path"] == ["done"]
    assert error["locations"] == [{"line": 2, "column": 3}]
    assert error["extensions"]["code"] == code
    assert says in error["message"]
    assert "6901" not in error["message"]
