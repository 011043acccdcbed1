"""Counts that leave are too coarse to tell of one person."""

from hypothesis import given
from hypothesis import strategies as st

from hub.http.console.holdings import STEP, coarse, coarsened
from hub.store.holdings import Counts, is_counted
from schema.catalogue import Catalogue, Classification

numbers = st.integers(min_value=0, max_value=10_000_000)


def test_nothing_and_one_and_nine_look_the_same():
    assert coarse(0) == coarse(1) == coarse(STEP - 1) == {"below": STEP}
    assert coarse(STEP) == {"atLeast": STEP}


@given(numbers)
def test_a_count_is_told_as_a_whole_step_that_it_reaches(number):
    told = coarse(number).get("atLeast", 0)

    assert told % STEP == 0
    assert told <= number < told + STEP


@given(numbers, numbers)
def test_no_two_counts_that_are_told_differ_by_less_than_a_step(one, other):
    difference = abs(coarse(one).get("atLeast", 0) - coarse(other).get("atLeast", 0))

    assert difference == 0 or difference >= STEP


def test_every_count_that_leaves_is_coarse():
    told = coarsened(Counts(21_643, 13_007, {"population": 21_641, "tax": 3}, {"red": 12}))

    assert told == {
        "step": 10,
        "people": {"atLeast": 21_640},
        "households": {"atLeast": 13_000},
        "records": {"population": {"atLeast": 21_640}, "tax": {"below": 10}},
        "openAlerts": {"red": {"atLeast": 10}},
    }


def test_what_is_of_class_x_or_never_stored_is_not_counted():
    for dataset in Catalogue.discover():
        restricted = any(f.classification is Classification.RESTRICTED for f in dataset.fields)
        assert is_counted(dataset) is (dataset.stored and not restricted)
