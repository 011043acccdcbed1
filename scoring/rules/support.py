"""Dimension 6: housing, support and care."""

from typing import Final

from scoring.household import Input
from scoring.parameters.document import Tier
from scoring.rules import people
from scoring.rules.logic import conjunction, disjunction, negation
from scoring.rules.outcome import Case, Outcome, Rule, evidence_of, verdict

_CARE_READS: Final = people.SICKNESS | frozenset({Input.BIRTH_DATE, Input.HAS_CARER})


def dangerous_housing(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points when the dwelling is graded as dangerous."""
    known = case.household.dangerous_housing
    truth = people.truth_of(known)
    return verdict(truth, tiers, {Input.DANGEROUS_HOUSING}, evidence_of(known))


def without_carer(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points when somebody is sick or severely disabled and nobody can care for them.

    Where no department says whether there is a carer, every member of working age who
    is not sick counts as one.
    """
    known = case.household.has_carer
    carer = (
        known.value
        if known is not None
        else disjunction(people.is_able(case, m) for m in case.members)
    )
    patients = tuple((m, people.is_sick(case, m)) for m in case.members)
    patient = disjunction(sick for _, sick in patients)
    evidence = (e for m, sick in patients if sick for e in people.sickness_evidence(case, m))
    return verdict(
        conjunction((patient, negation(carer))),
        tiers,
        _CARE_READS,
        (*evidence, *evidence_of(known)),
    )


def no_support(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points when nobody outside the household supports it."""
    known = case.household.support_outside
    truth = negation(people.truth_of(known))
    return verdict(truth, tiers, {Input.SUPPORT_OUTSIDE}, evidence_of(known))


def never_assisted(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points when the household was never assisted before."""
    known = case.household.assisted_before
    truth = negation(people.truth_of(known))
    return verdict(truth, tiers, {Input.ASSISTED_BEFORE}, evidence_of(known))


RULES: Final = {
    "dangerous-housing": Rule(dangerous_housing, frozenset({Input.DANGEROUS_HOUSING})),
    "without-carer": Rule(without_carer, _CARE_READS),
    "no-support": Rule(no_support, frozenset({Input.SUPPORT_OUTSIDE})),
    "never-assisted": Rule(never_assisted, frozenset({Input.ASSISTED_BEFORE})),
}
