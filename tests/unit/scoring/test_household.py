from datetime import UTC, date, datetime

import pytest

from scoring.household import Evidence, Household, Input, Known, Member, without
from tests.support.households import AS_OF, household, member


def test_what_nobody_told_is_unknown():
    person = Member(person_ref="a")

    assert all(getattr(person, name.value, None) is None for name in Input)


def test_evidence_needs_a_moment_with_a_zone():
    with pytest.raises(ValueError, match="aware"):
        Evidence("civil-affairs", datetime(2026, 1, 1))  # noqa: DTZ001 the point of the test


@pytest.mark.parametrize(
    "inputs",
    [
        {"admissions": -1},
        {"self_paid": [[date(2026, 1, 1), -1]]},
        {"self_paid": [[date(2026, 1, 2), 1]]},
        {"self_paid": [[date(2026, 1, 1), 1], [date(2026, 1, 1), 1]]},
    ],
)
def test_impossible_counts_amounts_and_months_are_refused(inputs):
    with pytest.raises(ValueError, match=r"admissions|self_paid"):
        member(**inputs)


def test_a_household_of_nobody_or_of_one_person_twice_is_refused():
    with pytest.raises(ValueError, match="members"):
        Household(as_of=AS_OF, members=())
    with pytest.raises(ValueError, match="members"):
        Household(as_of=AS_OF, members=(member("a"), member("a")))


@pytest.mark.parametrize(
    "name", ["monthly_income_cents", "income_six_months_ago_cents", "rigid_spending_cents"]
)
def test_an_amount_below_zero_is_refused(name):
    with pytest.raises(ValueError, match="negative"):
        household({}, **{name: -1})


def test_forgetting_inputs_leaves_the_others():
    whole = household(
        {"admissions": 2, "birth_date": date(1980, 1, 1)}, {"admissions": 1}, single_parent=True
    )

    partly = without(whole, {Input.ADMISSIONS, Input.SINGLE_PARENT})

    assert partly == household({"birth_date": date(1980, 1, 1)}, {})
    assert without(whole, ()) is whole


def test_a_known_value_carries_who_vouches_for_it():
    evidence = Evidence("education", datetime(2026, 9, 1, tzinfo=UTC))

    person = Member(person_ref="a", school_alert=Known(value=True, evidence=evidence))

    assert person.school_alert is not None
    assert person.school_alert.evidence.department == "education"
