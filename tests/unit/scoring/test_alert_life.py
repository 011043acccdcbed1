from itertools import pairwise

import pytest

from scoring.alert_life import NEXT, AlertStatus, TransitionError, advance


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
    assert set().union(*NEXT.values()) == set(AlertStatus) - {AlertStatus.SCREENED}
