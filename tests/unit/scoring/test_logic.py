from datetime import date
from itertools import product

import pytest

from scoring.rules.logic import (
    Bounds,
    age_on,
    conjunction,
    count,
    disjunction,
    month_shift,
    months_before,
    negation,
)

TRUTHS = (True, False, None)


def completions(truths):
    return product(*([t] if t is not None else [True, False] for t in truths))


@pytest.mark.parametrize("truths", [(), *product(TRUTHS, repeat=1), *product(TRUTHS, repeat=3)])
def test_an_answer_is_what_every_completion_says(truths):
    for answer, oracle in ((conjunction(truths), all), (disjunction(truths), any)):
        said = {oracle(completed) for completed in completions(truths)}
        assert said == ({answer} if answer is not None else {True, False})
    counts = {sum(completed) for completed in completions(truths)}
    assert count(truths) == Bounds(min(counts), max(counts))


def test_the_opposite_of_unknown_is_unknown():
    assert [negation(truth) for truth in TRUTHS] == [False, True, None]


def test_ages_count_completed_years():
    assert age_on(date(2008, 11, 1), date(2026, 10, 31)) == 17
    assert age_on(date(2008, 11, 1), date(2026, 11, 1)) == 18
    assert age_on(date(2008, 2, 29), date(2028, 2, 29)) == 20


def test_months_shift_over_years():
    assert month_shift(date(2026, 1, 31), -1) == date(2025, 12, 1)
    assert month_shift(date(2026, 12, 5), 1) == date(2027, 1, 1)
    assert months_before(date(2026, 5, 31), 3) == date(2026, 2, 28)
    assert months_before(date(2026, 1, 15), 3) == date(2025, 10, 15)
