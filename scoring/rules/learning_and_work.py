"""Dimensions 4 and 5: school and work."""

from collections.abc import Callable
from typing import Final

from scoring.household import Days, Input, Known, Member, Schooling
from scoring.parameters.document import Tier
from scoring.rules import people
from scoring.rules.logic import Truth, conjunction, disjunction, months_before, negation
from scoring.rules.outcome import Case, Outcome, Rule, evidence_of, verdict

_WORK_READS: Final = frozenset({Input.BIRTH_DATE, Input.EMPLOYED, Input.EMPLOYEE_INSURED})


def _any(
    case: Case,
    tiers: tuple[Tier, ...],
    name: Input,
    holds: Callable[[Member], tuple[Truth, Known[object] | None]],
) -> Outcome:
    answers = tuple(holds(member) for member in case.members)
    evidence = evidence_of(*(known for truth, known in answers if truth))
    return verdict(disjunction(truth for truth, _ in answers), tiers, {name}, evidence)


def _at_school(case: Case, tiers: tuple[Tier, ...], stages: frozenset[Schooling]) -> Outcome:
    def attends(member: Member) -> tuple[Truth, Known[object] | None]:
        schooling = member.schooling
        return (None if schooling is None else schooling.value in stages), schooling

    return _any(case, tiers, Input.SCHOOLING, attends)


def compulsory_pupil(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points when a member is in compulsory schooling."""
    return _at_school(case, tiers, frozenset({Schooling.COMPULSORY}))


def student(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points when a member is in upper secondary school or at university."""
    return _at_school(case, tiers, frozenset({Schooling.UPPER_SECONDARY, Schooling.UNIVERSITY}))


def school_alert(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points when a school reported a drop or absence."""
    return _any(
        case,
        tiers,
        Input.SCHOOL_ALERT,
        lambda member: (people.truth_of(member.school_alert), member.school_alert),
    )


def nobody_works(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points when no member of working age is insured as an employee or employed.

    Where nobody is of working age nobody can be, and that is decided without any
    employment data.
    """
    truth = negation(
        disjunction(
            conjunction((people.is_working_age(case, m), people.is_working(m)))
            for m in case.members
        )
    )
    evidence = evidence_of(
        *(m.employed if people.is_working_age(case, m) else m.birth_date for m in case.members)
    )
    return verdict(truth, tiers, _WORK_READS, evidence)


def benefit_ended(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points when a member's unemployment benefit ended within the last months."""
    since = months_before(case.as_of, case.document.windows.benefit_months)

    def ended(member: Member) -> tuple[Truth, Known[Days] | None]:
        days = member.unemployment_benefit_ended
        return (
            None if days is None else any(since <= day <= case.as_of for day in days.value)
        ), days

    return _any(case, tiers, Input.UNEMPLOYMENT_BENEFIT_ENDED, ended)


def registered_unemployed(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points when a member is registered as unemployed."""
    return _any(
        case,
        tiers,
        Input.REGISTERED_UNEMPLOYED,
        lambda m: (people.truth_of(m.registered_unemployed), m.registered_unemployed),
    )


RULES: Final = {
    "compulsory-pupil": Rule(compulsory_pupil, frozenset({Input.SCHOOLING})),
    "student": Rule(student, frozenset({Input.SCHOOLING})),
    "school-alert": Rule(school_alert, frozenset({Input.SCHOOL_ALERT})),
    "nobody-works": Rule(nobody_works, _WORK_READS),
    "benefit-ended": Rule(benefit_ended, frozenset({Input.UNEMPLOYMENT_BENEFIT_ENDED})),
    "registered-unemployed": Rule(registered_unemployed, frozenset({Input.REGISTERED_UNEMPLOYED})),
}
