"""What can be said of one member: age, sickness, severe disability, work.

Spec: working age 18-59, "severe for assistance" = level 1-2 of any category or level 3
of intellectual or mental disability; sick = listed major disease, repeated admissions
or severe disability.
"""

from typing import Final

from scoring.household import Evidence, Input, Known, Member
from scoring.rules.logic import Truth, age_on, conjunction, disjunction, negation
from scoring.rules.outcome import Case, evidence_of

SICKNESS: Final = frozenset({Input.MAJOR_DISEASE, Input.ADMISSIONS, Input.DISABILITIES})


def truth_of(known: Known[bool] | None) -> Truth:
    """Return a flag's value, or unknown."""
    return None if known is None else known.value


def age(case: Case, member: Member) -> int | None:
    """Return the member's age in whole years on the household's day."""
    return None if member.birth_date is None else age_on(member.birth_date.value, case.as_of)


def is_aged(case: Case, member: Member, low: int, high: int) -> Truth:
    """Whether the member is `low` to `high` years old, both inclusive."""
    years = age(case, member)
    return None if years is None else low <= years <= high


def is_minor(case: Case, member: Member) -> Truth:
    """Whether the member is a child before the law."""
    years = age(case, member)
    return None if years is None else years < case.document.ages.adult


def is_working_age(case: Case, member: Member) -> Truth:
    """Whether the member is of an age to work."""
    ages = case.document.ages
    return is_aged(case, member, ages.working_from, ages.working_to)


def is_severe(case: Case, member: Member) -> Truth:
    """Whether a disability of the member counts as severe for assistance."""
    if member.disabilities is None:
        return None
    illness = case.document.illness
    return any(
        disability.level <= illness.severe_level
        or (
            disability.level <= illness.severe_level_mind
            and disability.category in illness.mind_categories
        )
        for disability in member.disabilities.value
    )


def is_admitted_often(case: Case, member: Member) -> Truth:
    """Whether the member was in hospital often enough to count as sick."""
    if member.admissions is None:
        return None
    return member.admissions.value >= case.document.illness.sick_admissions


def is_sick(case: Case, member: Member) -> Truth:
    """Whether the member counts as sick or severely disabled."""
    return disjunction(
        (
            truth_of(member.major_disease),
            is_admitted_often(case, member),
            is_severe(case, member),
        )
    )


def is_working(member: Member) -> Truth:
    """Whether the member works.

    Active enrolment in the employees' scheme tells work; its absence tells nothing, and
    then employment data decides.
    """
    return truth_of(member.employee_insured) or truth_of(member.employed)


def is_able(case: Case, member: Member) -> Truth:
    """Whether the member is of working age and not sick."""
    return conjunction((is_working_age(case, member), negation(is_sick(case, member))))


def sickness_evidence(case: Case, member: Member) -> tuple[Evidence, ...]:
    """Return what makes the member sick, or, where that is not so, what says they are not."""
    telling = (
        member.major_disease if truth_of(member.major_disease) else None,
        member.admissions if is_admitted_often(case, member) else None,
        member.disabilities if is_severe(case, member) else None,
    )
    return evidence_of(*telling) or evidence_of(
        member.major_disease, member.admissions, member.disabilities
    )
