from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.coarse import birth_year, is_severe_disability, self_paid_band
from schema.codes import DISABILITY_CATEGORY, DISABILITY_LEVEL, SELF_PAID_BAND


def test_the_birth_year_is_the_year_of_the_birth_date():
    assert birth_year({"birth_date": date(1979, 12, 31)}) == 1979


@pytest.mark.parametrize("values", [{}, {"birth_date": None}, {"birth_date": "1979-12-31"}])
def test_without_a_birth_date_the_year_is_unknown(values):
    assert birth_year(values) is None


@pytest.mark.parametrize(
    ("cents", "band"),
    [
        (-1, "0"),
        (0, "0"),
        (1, "1"),
        (99_999, "1"),
        (100_000, "2"),
        (499_999, "2"),
        (500_000, "3"),
        (1_999_999, "3"),
        (2_000_000, "4"),
        (10**12, "4"),
    ],
)
def test_a_band_begins_at_its_cut_and_ends_below_the_next(cents, band):
    assert self_paid_band({"self_paid_cents": cents}) == band


@pytest.mark.parametrize("values", [{}, {"self_paid_cents": None}, {"self_paid_cents": "12"}])
def test_an_unknown_amount_has_no_band(values):
    assert self_paid_band(values) is None


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**9))
def test_every_band_is_in_its_code_list_and_rises_with_the_amount(cents, more):
    lower = self_paid_band({"self_paid_cents": cents})
    higher = self_paid_band({"self_paid_cents": cents + more})

    assert lower in SELF_PAID_BAND
    assert lower <= higher


def test_severe_are_levels_one_and_two_and_level_three_of_the_mind():
    severe = {
        (category.value, level.value)
        for category in DISABILITY_CATEGORY.codes
        for level in DISABILITY_LEVEL.codes
        if is_severe_disability({"category": category.value, "level": level.value})
    }

    one_and_two = {(c.value, level) for c in DISABILITY_CATEGORY.codes for level in "12"}
    assert severe == one_and_two | {("5", "3"), ("6", "3")}


@pytest.mark.parametrize(
    "values", [{}, {"category": "5"}, {"level": "1"}, {"category": None, "level": "1"}]
)
def test_with_half_a_certificate_the_verdict_is_unknown_not_no(values):
    assert is_severe_disability(values) is None
