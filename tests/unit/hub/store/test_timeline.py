"""Splicing agrees, day by day, with a list that has one entry a day."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store.timeline import Span, cut, joined, splice
from tests.oracles.bitemporal import by_day, said

FIRST, DAYS = date(2026, 1, 1), 30


def day(offset):
    return FIRST + timedelta(days=offset)


@st.composite
def statements(draw):
    start = draw(st.integers(0, DAYS - 1))
    end = draw(st.integers(start + 1, DAYS))
    return Span(day(start), day(end), draw(st.sampled_from("abc")))


@given(st.lists(statements(), max_size=8))
def test_a_spliced_timeline_says_each_day_what_was_said_of_it_last(given_statements):
    timeline, truth = [], [None] * DAYS
    for span in given_statements:
        timeline = splice(timeline, span)
        truth = said(truth, FIRST, span.valid_from, span.valid_to, span.value)

    assert by_day(timeline, FIRST, DAYS) == truth
    assert timeline == sorted(timeline, key=lambda span: span.valid_from)


@given(st.lists(statements(), max_size=8), statements())
def test_a_cut_timeline_says_nothing_of_the_days_that_were_cut(given_statements, gap):
    timeline = []
    for span in given_statements:
        timeline = splice(timeline, span)

    left = cut(timeline, gap.valid_from, gap.valid_to)

    truth = by_day(timeline, FIRST, DAYS)
    assert by_day(left, FIRST, DAYS) == said(truth, FIRST, gap.valid_from, gap.valid_to, None)


@given(st.lists(statements(), max_size=8))
def test_joining_changes_no_day_and_leaves_no_equal_neighbours(given_statements):
    timeline = []
    for span in given_statements:
        timeline = splice(timeline, span)

    fewer = joined(timeline, lambda one, other: one == other)

    assert by_day(fewer, FIRST, DAYS) == by_day(timeline, FIRST, DAYS)
    assert not any(
        a.valid_to == b.valid_from and a.value == b.value for a, b in itertools.pairwise(fewer)
    )


def test_an_interval_without_a_day_is_refused():
    with pytest.raises(ValueError, match="ends after it begins"):
        Span(day(3), day(3), "a")
