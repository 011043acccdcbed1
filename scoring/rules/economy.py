"""Dimension 2: the household's income against the local standards.

Only administrative income; amounts are cents and every comparison is between integers.
"""

from typing import Final

from scoring.household import Input
from scoring.parameters.document import Tier
from scoring.rules.outcome import (
    BP,
    NO_POINTS,
    Case,
    Decided,
    Outcome,
    Rule,
    Tiers,
    Undecided,
    evidence_of,
    points_from,
    unique,
)

RATIO_READS: Final = frozenset(
    {Input.REGION, Input.MONTHLY_INCOME_CENTS, Input.RIGID_SPENDING_CENTS}
)
_DROP_READS: Final = frozenset({Input.MONTHLY_INCOME_CENTS, Input.INCOME_SIX_MONTHS_AGO_CENTS})


def missing_for_ratio(case: Case) -> frozenset[Input]:
    """Return what is missing to compare the income with the local standard."""
    household = case.household
    return frozenset(
        name
        for name, known in (
            (Input.REGION, case.region),
            (Input.MONTHLY_INCOME_CENTS, household.monthly_income_cents),
            (Input.RIGID_SPENDING_CENTS, household.rigid_spending_cents),
        )
        if known is None
    )


def free_income(case: Case) -> tuple[int, int] | None:
    """Return (income less rigid spending, persons x standard) in cents a month, if known."""
    household, region = case.household, case.region
    income, rigid = household.monthly_income_cents, household.rigid_spending_cents
    if region is None or income is None or rigid is None:
        return None
    return income.value - rigid.value, len(case.members) * region.dibao_standard_cents


def income_ratio(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points when what is left a head lies below a multiple of the local standard."""
    parts = free_income(case)
    if parts is None:
        return Undecided(missing_for_ratio(case))
    free, standard = parts
    points = max((t.points for t in tiers if free * BP < t.cut * standard), default=0)
    household = case.household
    evidence = evidence_of(household.monthly_income_cents, household.rigid_spending_cents)
    return Decided(points, {"percent": free * 100 // standard}, unique(evidence))


def income_drop(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points when the income fell by a share within six months."""
    now = case.household.monthly_income_cents
    before = case.household.income_six_months_ago_cents
    if now is None or before is None:
        known = {Input.MONTHLY_INCOME_CENTS: now, Input.INCOME_SIX_MONTHS_AGO_CENTS: before}
        return Undecided(frozenset(name for name, value in known.items() if value is None))
    if before.value == 0:
        return NO_POINTS
    drop = (before.value - now.value) * BP // before.value
    return Decided(
        points_from(drop, tiers), {"percent": drop // 100}, unique(evidence_of(now, before))
    )


def rigid_share(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points when rigid spending takes more of the income than the local ratio.

    The tier's cut is a multiple of that ratio, in basis points.
    """
    missing = missing_for_ratio(case)
    household, region = case.household, case.region
    income, rigid = household.monthly_income_cents, household.rigid_spending_cents
    if region is None or income is None or rigid is None:
        return Undecided(missing)
    left, right = rigid.value * BP * BP, region.rigid_ratio_bp * income.value
    points = max((t.points for t in tiers if left > right * t.cut), default=0)
    return Decided(
        points, {"ratio": region.rigid_ratio_bp // 100}, unique(evidence_of(income, rigid))
    )


RULES: Final = {
    "income-ratio": Rule(income_ratio, RATIO_READS, frozenset({"percent"}), tiers=Tiers.MANY),
    "income-drop": Rule(income_drop, _DROP_READS, frozenset({"percent"}), tiers=Tiers.MANY),
    "rigid-share": Rule(rigid_share, RATIO_READS, frozenset({"ratio"}), tiers=Tiers.MANY),
}
