from dataclasses import fields, replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.household import (
    HOUSEHOLD_INPUTS,
    MEMBER_INPUTS,
    Disability,
    Household,
    Input,
    Member,
    Schooling,
    without,
)
from scoring.rules import RULES, Case, Decided
from scoring.score import Band, band_of, score
from tests.support.households import AS_OF, REGION, full_profile, known

PROFILE = full_profile()
EXAMPLES = settings(max_examples=40, deadline=None)
cents = st.integers(0, 2_000_000)
flags = st.booleans()
lately = st.lists(st.dates(AS_OF - timedelta(days=120), AS_OF + timedelta(days=9)), max_size=2)
VALUES = {
    Input.BIRTH_DATE: st.dates(date(1930, 1, 1), date(2026, 10, 1)),
    Input.SEX: st.sampled_from(["1", "2"]),
    Input.RELATION: st.just("02"),
    Input.DISABILITIES: st.lists(
        st.builds(Disability, st.integers(1, 7), st.integers(1, 4)), max_size=2
    ).map(lambda found: [(d.category, d.level) for d in found]),
    Input.ADMISSIONS: st.integers(0, 3),
    Input.SELF_PAID: st.dictionaries(
        st.sampled_from([date(2026, month, 1) for month in range(1, 12)]), cents, max_size=3
    ).map(lambda months: list(months.items())),
    Input.SCHOOLING: st.sampled_from([stage.value for stage in Schooling]),
    Input.UNEMPLOYMENT_BENEFIT_ENDED: lately,
    Input.RELEASED_FROM_CUSTODY: lately,
    Input.REGION: st.sampled_from([REGION, "690101001001"]),
    Input.MONTHLY_INCOME_CENTS: cents,
    Input.INCOME_SIX_MONTHS_AGO_CENTS: cents,
    Input.RIGID_SPENDING_CENTS: cents,
    Input.DIBAO_LOST: lately,
    Input.ONLY_EARNER_DIED: lately,
    Input.DISASTERS: lately,
}


def inputs(names):
    """Return a strategy for keyword arguments: each input known, all of them."""
    ordered = sorted(names)
    return st.fixed_dictionaries(
        {name.value: VALUES.get(name, flags).map(lambda v, n=name: known(n, v)) for name in ordered}
    )


@st.composite
def known_households(draw):
    people = draw(st.lists(inputs(MEMBER_INPUTS), min_size=1, max_size=4))
    return Household(
        as_of=AS_OF,
        members=tuple(Member(person_ref=f"p{i}", **p) for i, p in enumerate(people)),
        **draw(inputs(HOUSEHOLD_INPUTS)),
    )


def forgetting(draw, value, names):
    forgotten = draw(st.sets(st.sampled_from(sorted(names))))
    return replace(value, **{name.value: None for name in forgotten})


@st.composite
def pairs(draw, overriding=frozenset()):
    """A household of which much is unknown, and the same one wholly known."""
    whole = draw(known_households())
    partly = replace(
        whole,
        members=tuple(forgetting(draw, m, MEMBER_INPUTS - overriding) for m in whole.members),
    )
    return forgetting(draw, partly, HOUSEHOLD_INPUTS - overriding), whole


def outcomes(household):
    region = household.region.value if household.region else None
    case = Case(household, PROFILE.document, PROFILE.region(region, AS_OF))
    return {i.code: RULES[i.rule].decide(case, i.tiers) for i in PROFILE.document.indicators}


def points_of(scored):
    return {reason.indicator: reason.points for reason in scored.reasons}


@EXAMPLES
@given(pairs())
def test_points_stay_within_their_caps_and_add_up_to_the_total(pair):
    scored = score(pair[0], PROFILE)

    assert all(0 <= d.points <= d.cap and 0 <= d.coverage <= d.cap for d in scored.dimensions)
    assert scored.total == sum(d.points for d in scored.dimensions) <= 100
    assert scored.coverage == sum(d.coverage for d in scored.dimensions) <= 100
    assert scored.band is (Band.RED if scored.triggers else band_of(scored.total, PROFILE.document))


@EXAMPLES
@given(pairs())
def test_what_is_undecided_gives_no_points(pair):
    scored = score(pair[0], PROFILE)

    assert not set(scored.undecided) & points_of(scored).keys()
    assert bool(scored.undecided) == bool(scored.missing_inputs)


@EXAMPLES
@given(pairs())
def test_more_knowledge_never_lowers_the_coverage(pair):
    partly, whole = (score(household, PROFILE) for household in pair)

    assert partly.coverage <= whole.coverage
    assert set(whole.undecided) <= set(partly.undecided)


@EXAMPLES
@given(pairs(overriding=frozenset({Input.EMPLOYEE_INSURED, Input.HAS_CARER})))
def test_what_was_decided_on_part_of_the_facts_is_what_all_of_them_say(pair):
    # Two inputs overrule another one when they become known, and are known from the start here.
    partly, whole = (outcomes(household) for household in pair)

    for code, outcome in partly.items():
        if isinstance(outcome, Decided):
            assert isinstance(whole[code], Decided), code
            assert outcome.points == whole[code].points, code


@EXAMPLES
@given(pairs())
def test_each_input_that_is_missing_is_unknown_somewhere(pair):
    household = pair[0]
    for name in score(household, PROFILE).missing_inputs:
        owners = household.members if Input(name) in MEMBER_INPUTS else (household,)
        no_standard = name == Input.REGION
        assert no_standard or any(getattr(owner, name) is None for owner in owners)


@EXAMPLES
@given(known_households(), st.randoms(use_true_random=False))
def test_the_order_of_the_members_changes_nothing(household, random):
    members = list(household.members)
    random.shuffle(members)

    assert score(replace(household, members=tuple(members)), PROFILE) == score(household, PROFILE)


@EXAMPLES
@given(known_households())
def test_a_rule_reads_only_the_inputs_that_it_names(household):
    everything = MEMBER_INPUTS | HOUSEHOLD_INPUTS
    for indicator in PROFILE.document.indicators:
        rule = RULES[indicator.rule]
        seen = without(household, everything - rule.reads)
        region = seen.region.value if seen.region else None
        case = Case(seen, PROFILE.document, PROFILE.region(region, AS_OF))
        assert rule.decide(case, indicator.tiers) == outcomes(household)[indicator.code]


def test_every_input_is_an_attribute_and_every_attribute_an_input():
    names = {f.name for f in (*fields(Member), *fields(Household))}

    assert {name.value for name in Input} == names - {"person_ref", "as_of", "members"}
    assert not MEMBER_INPUTS & HOUSEHOLD_INPUTS
