"""How long entries are kept is dated law; what a purge announces is what may be gone."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.entry import canonical
from audit.errors import LogInconsistentError
from audit.retention import (
    Announced,
    Purge,
    merged,
    overlap,
    packaged_retention,
    purge_in,
    unannounced,
)

SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)))
PURGE = {"act": "purge", "minimum": 512, "before": "2023-11-27", "years": 3, "kept": [[3, 5]]}


@pytest.mark.parametrize(
    ("today", "cut"),
    [
        (date(2026, 11, 27), date(2023, 11, 27)),
        (date(2025, 7, 31), date(2022, 7, 31)),
        (date(2028, 2, 29), date(2025, 2, 28)),
    ],
)
def test_entries_are_kept_for_the_years_that_the_law_in_force_has(today, cut):
    assert packaged_retention().cut(today) == cut


def test_every_period_names_its_law_and_is_no_shorter_than_three_years():
    for period in packaged_retention().periods:
        assert period.years >= 3
        assert "第" in period.reference


def test_before_the_first_period_nothing_may_be_dropped():
    with pytest.raises(ValueError):
        packaged_retention().cut(date(2021, 10, 31))


@given(SPANS, SPANS)
def test_spans_are_sets_of_entries(one, other):
    def entries(spans):
        return {n for start, stop in spans for n in range(start, stop)}

    assert entries(merged(one)) == entries(one)
    assert entries(overlap(merged(one), merged(other))) == entries(one) & entries(other)


def test_a_purge_is_read_from_the_record_that_announces_it():
    assert purge_in(canonical(PURGE)) == Purge(512, "2023-11-27", 3, [(3, 5)])
    assert purge_in(canonical({"act": "hold", "start": 3})) is None


@pytest.mark.parametrize(
    "change", [{"minimum": -1}, {"kept": [[5, 3]]}, {"kept": "all"}, {"act": 7}, {"minimum": "1"}]
)
def test_what_is_no_purge_is_not_taken_for_one(change):
    with pytest.raises(LogInconsistentError):
        purge_in(canonical(PURGE | change))


def announced(index, minimum, kept=()):
    return Announced(index, Purge(minimum, "2023-11-27", 3, list(kept)))


@pytest.mark.parametrize(
    ("minimum", "absent", "purges", "places"),
    [
        (0, [], [], []),
        (0, [], [announced(900, 512)], []),
        (512, [(0, 512)], [announced(900, 512)], []),
        (512, [(0, 512)], [], ["minimum index"]),
        (768, [(0, 768)], [announced(900, 512)], ["minimum index"]),
        (512, [(0, 512)], [announced(400, 512)], ["minimum index"]),
        (512, [(0, 512)], [announced(900, 512, [(3, 5)])], ["entry 3"]),
        (512, [(0, 3), (5, 512)], [announced(900, 512, [(3, 5)])], []),
        (512, [(0, 512)], [announced(900, 512, [(3, 5)]), announced(950, 512)], []),
        (512, [(0, 512)], [announced(900, 512), announced(950, 256)], ["entry 950"]),
    ],
)
def test_what_is_gone_must_have_been_announced(minimum, absent, purges, places):
    assert [place for place, _ in unannounced(minimum, absent, purges)] == places
