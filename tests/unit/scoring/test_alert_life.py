from itertools import pairwise

import pytest

from schema.codes import ALERT_OUTCOME, ALERT_STATUS, HARDSHIP_CAUSE, VISIT_RESULT
from scoring.alert_life import (
    ENDS,
    NEXT,
    AlertOutcome,
    AlertStatus,
    Cause,
    TransitionError,
    advance,
)


def test_an_alert_goes_from_screening_over_services_to_its_end():
    walk = [
        AlertStatus.SCREENED,
        AlertStatus.ASSIGNED,
        AlertStatus.UNREACHABLE,
        AlertStatus.ASSIGNED,
        AlertStatus.VISITED,
        AlertStatus.CAUSE_CONFIRMED,
        AlertStatus.NEEDS_ASSESSED,
        AlertStatus.REFERRED,
        AlertStatus.REFERRED,
        AlertStatus.SERVICE_CONFIRMED,
        AlertStatus.CLOSED,
    ]

    for status, to in pairwise(walk):
        assert advance(status, to) is to


@pytest.mark.parametrize("status", ["not-in-need", "data-error", "unreachable"])
def test_a_visit_that_finds_no_need_ends_the_alert(status):
    assert advance(AlertStatus.VISITED, AlertStatus(status)) is AlertStatus(status)
    assert advance(AlertStatus(status), AlertStatus.CLOSED) is AlertStatus.CLOSED


def test_a_step_is_not_left_out():
    with pytest.raises(TransitionError, match="can become assigned"):
        advance(AlertStatus.SCREENED, AlertStatus.VISITED)


def test_what_is_closed_stays_closed():
    for status in AlertStatus:
        with pytest.raises(TransitionError, match="nothing: it is closed"):
            advance(AlertStatus.CLOSED, status)


def test_every_status_has_its_successors_and_but_the_first_a_predecessor():
    assert NEXT.keys() == set(AlertStatus)
    assert set().union(*NEXT.values()) == set(AlertStatus) - {AlertStatus.QUEUED}


def test_how_an_alert_ends_is_told_wherever_a_clerk_may_close_it():
    closable = {status for status in AlertStatus if AlertStatus.CLOSED in NEXT[status]}

    assert ENDS.keys() == closable


@pytest.mark.parametrize(
    ("words", "code_list"),
    [
        (AlertStatus, ALERT_STATUS),
        (AlertOutcome, ALERT_OUTCOME),
        (Cause, HARDSHIP_CAUSE),
        (set(ENDS) - {AlertStatus.SERVICE_CONFIRMED} | {"cause-confirmed"}, VISIT_RESULT),
    ],
)
def test_the_machine_and_the_code_list_have_the_same_words(words, code_list):
    assert {str(word) for word in words} == {code.value for code in code_list.codes}
