"""The columnar pass says of every household what the interpreter says of it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.columns import ColumnScorer, table_of
from scoring.columns.outcome import kept_rows
from scoring.columns.rules import COLUMN_RULES
from scoring.columns.triggers import COLUMN_TRIGGERS
from scoring.facts import Vector, decoded, encoded
from scoring.household import Input
from scoring.inputs import family, household_on
from scoring.rules import RULES, TRIGGER_RULES
from scoring.score import Band, score
from tests.support.facts import AS_OF, KNOWN, person, rows_of, silences
from tests.support.households import full_profile
from tests.support.made_families import DEPARTMENTS, asked, families, family_by_chance
from tests.support.zhou import family as zhou

PROFILE = full_profile()
LATER = datetime(2026, 8, 1, tzinfo=UTC)
TODAY = AS_OF.toordinal()
unavailable = st.just(frozenset()) | st.frozensets(st.sampled_from(list(Input)), max_size=6)


def vector_of(rows, outcome=()):
    return encoded(Vector(TODAY, date.max.toordinal(), (*rows, *outcome)))


def interpreted(vector, profile, said, as_of=AS_OF):
    household = household_on(family(decoded(vector).rows, as_of, said))
    return None if household is None else score(household, profile)


def compare(vectors, profile, said, as_of=AS_OF):
    """Assert that columns and interpreter agree on each household; return both."""
    by_columns = ColumnScorer(profile).score(table_of(vectors), as_of, said)
    one_by_one = [interpreted(vector, profile, said, as_of) for vector in vectors]
    document = profile.document
    for place, single in enumerate(one_by_one):
        assert by_columns.scored[place] == (single is not None)
        if single is None:
            continue
        points = {reason.indicator: reason.points for reason in single.reasons}
        points |= dict.fromkeys(single.undecided, -1)
        told = dict(
            zip((i.code for i in document.indicators), by_columns.points[place], strict=True)
        )
        assert {code: given for code, given in told.items() if given} == points
        fired = {t.code: t.occurred_on.toordinal() if t.occurred_on else 0 for t in single.triggers}
        days = dict(zip((t.code for t in document.triggers), by_columns.fired[place], strict=True))
        assert {code: day for code, day in days.items() if day >= 0} == fired
        assert by_columns.dimensions[place].tolist() == [d.points for d in single.dimensions]
        assert by_columns.coverages[place].tolist() == [d.coverage for d in single.dimensions]
        assert by_columns.total[place] == single.total
        assert by_columns.coverage[place] == single.coverage
        assert by_columns.band[place] == single.band.rank
    return by_columns, one_by_one


@settings(max_examples=40, deadline=None)
@given(st.lists(families, min_size=1, max_size=8), asked, unavailable)
def test_both_programs_give_the_same_scores(made, departments, missing):
    profile = replace(PROFILE, unavailable=missing)
    vectors = [vector_of(rows_of(*people, region=region)) for people, region in made]

    compare(vectors, profile, silences(departments))
    compare(vectors, profile, silences(departments, whole_from=LATER), date(2026, 12, 31))


def made_by_chance(seed, count):
    random = Random(seed)
    made = [family_by_chance(random) for _ in range(count)]
    return [vector_of(rows_of(*people, region=region)) for people, region in made]


def test_both_programs_give_the_same_scores_of_two_thousand_households():
    vectors = made_by_chance(7, 2_000)

    outcome, _ = compare(vectors, PROFILE, silences())

    assert min(outcome.bands()) > 0
    fired = (outcome.fired >= 0).sum(axis=0)
    assert fired.min() > 0
    assert (outcome.points > 0).any(axis=0).all()
    assert (outcome.points < 0).any(axis=0).sum() >= 8


@pytest.mark.prove
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(20))
def test_both_programs_give_the_same_scores_over_and_over(seed):
    random = Random(seed)
    departments = [name for name in DEPARTMENTS if random.random() < 0.7]
    missing = frozenset(name for name in Input if random.random() < 0.1)
    said = silences(departments, whole_from=LATER if seed % 2 else KNOWN)

    compare(made_by_chance(seed, 5_000), replace(PROFILE, unavailable=missing), said)


def test_every_rule_and_trigger_has_its_column():
    assert COLUMN_RULES.keys() == RULES.keys()
    assert COLUMN_TRIGGERS.keys() == TRIGGER_RULES.keys()


def test_the_worked_example_by_columns():
    outcome, _ = compare([vector_of(rows_of(*zhou()))], PROFILE, silences())

    assert (outcome.total[0], outcome.coverage[0]) == (67, 94)
    assert outcome.bands() == [0, 0, 1, 0]
    assert Band.ORANGE.rank == outcome.band[0]


@settings(max_examples=30, deadline=None)
@given(st.lists(families, min_size=1, max_size=6), asked)
def test_a_score_that_the_vector_keeps_is_unchanged_and_another_is_not(made, departments):
    said = silences(departments)
    facts = [rows_of(*people, region=region) for people, region in made]
    scores = [interpreted(vector_of(rows), PROFILE, said) for rows in facts]
    living = [(rows, s) for rows, s in zip(facts, scores, strict=True) if s is not None]
    kept = [vector_of(rows, kept_rows(s, PROFILE)) for rows, s in living]
    bare = [vector_of(rows) for rows, _ in living]
    if not living:
        return

    assert not compare(kept, PROFILE, said)[0].changed.any()
    assert compare(bare, PROFILE, said)[0].changed.all()
    other = replace(PROFILE, digest="00" * 32)
    assert compare(kept, other, said)[0].changed.all()


def test_one_point_more_in_the_vector_is_a_change():
    rows = rows_of(*zhou())
    kept = list(kept_rows(interpreted(vector_of(rows), PROFILE, silences()), PROFILE))
    kept[0] = kept[0]._replace(a=kept[0].a + 1)

    assert compare([vector_of(rows, kept)], PROFILE, silences())[0].changed.tolist() == [True]


def test_an_amount_that_could_overflow_is_left_to_the_interpreter():
    pension = {"start_date": None, "end_date": None, "monthly_cents": 10_000_000_001}
    rich, poor = person([("pension", pension)]), person()
    vectors = [vector_of(rows_of(rich)), vector_of(rows_of(poor))]

    outcome = ColumnScorer(PROFILE).score(table_of(vectors), AS_OF, silences())

    assert outcome.unusual.tolist() == [True, False]
