"""The checks of one record complain about what is known, once, and about nothing else."""

from datetime import date

import pytest

from connectors import checks
from connectors.protocol import ReasonCode

TODAY = date(2026, 11, 23)
NUMBER = "690106197903150012"


def reasons(check, **values):
    return [(reason.code, reason.field) for reason in check(values, TODAY)]


def test_a_day_behind_today_is_in_the_future():
    check = checks.not_in_future("day", "other")

    assert reasons(check, day=TODAY) == []
    assert reasons(check, day=date(2026, 11, 24)) == [(ReasonCode.DATE_IN_FUTURE, "day")]
    assert reasons(check, day=None) == []


def test_days_must_not_run_backwards():
    check = checks.in_order("first", "second", "third")
    early, late = date(2026, 1, 1), date(2026, 1, 2)

    assert reasons(check, first=early, second=early, third=late) == []
    assert reasons(check, first=late, second=early) == [(ReasonCode.ORDER, "second")]
    assert reasons(check, first=late, second=None, third=early) == [(ReasonCode.ORDER, "third")]
    assert reasons(check) == []


def test_an_amount_below_zero_is_a_fault():
    check = checks.not_negative("paid")

    assert reasons(check, paid=0) == []
    assert reasons(check, paid=-1) == [(ReasonCode.AMOUNT_FORMAT, "paid")]
    assert reasons(check) == []


def test_parts_do_not_exceed_the_whole():
    check = checks.parts_within("total", "fund", "own")

    assert reasons(check, total=10, fund=6, own=4) == []
    assert reasons(check, total=10, fund=6, own=5) == [(ReasonCode.AMOUNT_FORMAT, "total")]
    assert reasons(check, total=10, fund=11) == [(ReasonCode.AMOUNT_FORMAT, "total")]
    assert reasons(check, fund=6, own=5) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"number": NUMBER, "born": date(1979, 3, 15)}, []),
        (
            {"number": NUMBER, "born": date(1979, 3, 16)},
            [(ReasonCode.NUMBER_BIRTH_DATE, "born")],
        ),
        ({"number": NUMBER}, []),
        ({"born": date(1979, 3, 15)}, []),
        ({"number": "no number", "born": date(1979, 3, 15)}, []),
    ],
)
def test_a_number_carries_the_birth_date_of_its_record(values, expected):
    assert reasons(checks.number_agrees("number", birth_date="born"), **values) == expected


def test_a_number_of_somebody_yet_to_be_born_is_a_fault():
    check = checks.holder_is_born("number")

    assert reasons(check, number=NUMBER) == []
    assert reasons(check) == []
    assert list(check({"number": NUMBER}, date(1979, 3, 14))) != []


def test_no_age_is_too_high():
    assert reasons(checks.holder_is_born("number"), number="440524188001010014") == []
