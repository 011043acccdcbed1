"""A step that contradicts itself is refused before anything is read."""

from datetime import date
from uuid import UUID

import pytest

from hub.casework.alert_errors import InvalidStepError, UnknownAlertError
from hub.casework.steps import COMMANDS, Settlement, VisitReport, step_from, words_of
from schema.catalogue import CORE_FIELDS
from scoring.alert_life import AlertStatus

TODAY = date(2026, 11, 23)
ALERT = "6a3cfa54-6ab0-4f3f-9d4f-0f6a0a7c9b11"
OTHER = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
GOOD = {
    "assignAlert": {"assignee": "clerk-7"},
    "recordVisit": {
        "visitedOn": TODAY,
        "result": "cause-confirmed",
        "cause": "illness",
        "notes": "示例",
    },
    "assessNeeds": {"needs": ["money", "study"]},
    "refer": {
        "need": "money",
        "service": "dibao-application",
        "receiver": None,
        "referredOn": TODAY,
    },
    "confirmService": {"referralId": OTHER, "state": "provided", "settledOn": TODAY},
    "closeAlert": {},
}


def stated(command, **changed):
    return step_from(command, {"alertId": ALERT, "step": 3, **GOOD[command], **changed}, TODAY)


def test_every_mutation_of_casework_has_its_reader_and_can_be_granted():
    grantable = {f.name for f in CORE_FIELDS if f.type_name == "Mutation"}

    assert set(COMMANDS) == set(GOOD) <= grantable


def test_a_visit_is_read_as_graphql_names_it_and_shows_no_value():
    visit = stated("recordVisit")

    assert isinstance(visit, VisitReport)
    assert (visit.place.alert_id, visit.place.step) == (UUID(ALERT), 3)
    assert visit.result is AlertStatus.CAUSE_CONFIRMED
    assert "illness" not in repr(visit)
    assert "示例" not in repr(visit)


@pytest.mark.parametrize(
    ("command", "name", "value", "error"),
    [
        ("closeAlert", "alertId", "1", UnknownAlertError),
        ("assignAlert", "assignee", "", InvalidStepError),
        ("assignAlert", "assignee", "690106197903150012", InvalidStepError),
        ("assignAlert", "assignee", "a" * 65, InvalidStepError),
        ("recordVisit", "visitedOn", date(2026, 11, 24), InvalidStepError),
        ("recordVisit", "result", "visited", InvalidStepError),
        ("recordVisit", "result", "not-in-need", InvalidStepError),
        ("recordVisit", "cause", None, InvalidStepError),
        ("recordVisit", "cause", "bad luck", InvalidStepError),
        ("recordVisit", "notes", "x" * 2001, InvalidStepError),
        ("assessNeeds", "needs", [], InvalidStepError),
        ("assessNeeds", "needs", ["money", "money"], InvalidStepError),
        ("assessNeeds", "needs", ["love"], InvalidStepError),
        ("refer", "need", "love", InvalidStepError),
        ("refer", "service", "singing", InvalidStepError),
        ("refer", "receiver", "Street Office", InvalidStepError),
        ("refer", "referredOn", date(2026, 11, 24), InvalidStepError),
        ("confirmService", "state", "open", InvalidStepError),
        ("confirmService", "referralId", "1", InvalidStepError),
        ("confirmService", "settledOn", date(2026, 11, 24), InvalidStepError),
    ],
)
def test_each_fault_is_refused(command, name, value, error):
    with pytest.raises(error):
        stated(command, **{name: value})


def test_two_commands_are_the_same_only_if_they_say_the_same():
    words = [words_of(stated(command)) for command in COMMANDS]
    settled = stated("confirmService")
    assert isinstance(settled, Settlement)

    assert len(set(words)) == len(COMMANDS)
    assert words_of(settled) == words_of(stated("confirmService"))
    for name, value in (("state", "declined"), ("step", 4), ("referralId", ALERT)):
        assert words_of(stated("confirmService", **{name: value})) != words_of(settled)
