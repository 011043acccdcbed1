"""A mutation is granted by its name, given one at a time, and shows what was selected."""

from datetime import date

import pytest

from hub.access import Caller
from hub.errors import InvalidDocumentError, NotGrantedError
from hub.query.commands import plan_command, shape_payload

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
def command(documents, schema, policy):
    def planned(text=TEXT, caller=APPROVER, given=INPUT):
        entitlement = policy.entitlement(caller, TODAY)
        return plan_command(schema, documents.parsed(text), None, {"in": given}, entitlement)

    return planned


def test_arguments_are_coerced_and_the_payload_is_shaped_as_selected(command):
    planned = command()

    assert planned.name == "recognise"
    assert planned.arguments["input"]["startDate"] == date(2026, 12, 1)
    payload = {"people": 3, "messageIds": ["m"], "closedAlertId": None}
    assert shape_payload(planned, payload) == {
        "done": {"__typename": "RecognitionReceipt", "ids": ["m"], "people": 3}
    }


def test_who_is_not_granted_the_mutation_cannot_give_it(command):
    with pytest.raises(NotGrantedError, match=r"Mutation\.recognise"):
        command(caller=OFFICER)


def test_a_wrong_input_is_refused_without_its_value(command):
    with pytest.raises(InvalidDocumentError, match=r"\$in") as refusal:
        command(given={**INPUT, "startDate": "690106199001010014"})
    assert "6901" not in str(refusal.value)


def test_a_query_is_no_command_and_two_commands_are_one_too_many(command):
    with pytest.raises(InvalidDocumentError, match="no mutation"):
        command(text="{ __typename }")
    again = TEXT.replace("...P }", "...P } again: recognise(input: $in) { people }")
    with pytest.raises(InvalidDocumentError, match="one command"):
        command(text=again)
