"""Dimension 3: illness, what it costs, and disability."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Final

from scoring.household import Evidence, Input, Known, Member
from scoring.parameters.document import Tier
from scoring.rules import people
from scoring.rules.logic import Truth, disjunction, month_shift
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
    verdict,
)

_SHARE_READS: Final = frozenset({Input.SELF_PAID, Input.MONTHLY_INCOME_CENTS})


def paid_by_month(case: Case, first: date) -> dict[date, int]:
    """Return what the members are known to have paid themselves, from month `first` to now."""
    total: dict[date, int] = {}
    for member in case.members:
        for month, cents in member.self_paid.value if member.self_paid else ():
            if first <= month <= case.as_of:
                total[month] = total.get(month, 0) + cents
    return total


def self_paid_evidence(case: Case) -> tuple[Evidence, ...]:
    """Return who vouches for what was paid."""
    return unique(e for m in case.members for e in evidence_of(m.self_paid))


def self_paid_share(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points by self-paid medical expense over income, in twelve months.

    The months are the current one and those before it. Without any expense the share
    is nothing whatever the income; with expense and no income it is above every cut.
    Once the expense that is known reaches the highest tier, the rest cannot change it.
    """
    months = case.document.windows.spending_months
    first = month_shift(case.as_of, 1 - months)
    paid = sum(paid_by_month(case, first).values())
    all_known = all(m.self_paid is not None for m in case.members)
    if all_known and paid == 0:
        return NO_POINTS
    income = case.household.monthly_income_cents
    missing = {Input.MONTHLY_INCOME_CENTS: income is None, Input.SELF_PAID: not all_known}
    if income is None:
        return Undecided(frozenset(name for name, is_missing in missing.items() if is_missing))
    earned = income.value * months
    points = max((t.points for t in tiers if paid and paid * BP >= t.cut * earned), default=0)
    if not all_known and points < max(t.points for t in tiers):
        return Undecided(frozenset({Input.SELF_PAID}))
    evidence = unique((*self_paid_evidence(case), income.evidence))
    return Decided(points, {"months": months}, evidence)


def _any(
    case: Case, tiers: tuple[Tier, ...], name: Input, holds: Callable[[Case, Member], Truth]
) -> Outcome:
    truths = tuple((member, holds(case, member)) for member in case.members)
    evidence = _told(name, (member for member, truth in truths if truth))
    return verdict(disjunction(truth for _, truth in truths), tiers, {name}, evidence)


def _told(name: Input, members: Iterable[Member]) -> Iterable[Evidence]:
    for member in members:
        known: Known[object] | None = getattr(member, name.value)
        yield from evidence_of(known)


def admissions(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points when one member was in hospital as often as the tier's cut."""
    known = [m.admissions.value for m in case.members if m.admissions is not None]
    most = max(known, default=0)
    points = points_from(most, tiers)
    if len(known) < len(case.members) and points < max(t.points for t in tiers):
        return Undecided(frozenset({Input.ADMISSIONS}))
    often = (m for m in case.members if m.admissions and m.admissions.value == most)
    return Decided(points, {"count": most}, unique(_told(Input.ADMISSIONS, often)))


def major_disease(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points when a member has a listed major disease."""
    return _any(
        case, tiers, Input.MAJOR_DISEASE, lambda _, member: people.truth_of(member.major_disease)
    )


def severe_disability(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points when a member has a disability that is severe for assistance."""
    return _any(case, tiers, Input.DISABILITIES, people.is_severe)


RULES: Final = {
    "self-paid-share": Rule(self_paid_share, _SHARE_READS, frozenset({"months"}), tiers=Tiers.MANY),
    "admissions": Rule(
        admissions, frozenset({Input.ADMISSIONS}), frozenset({"count"}), tiers=Tiers.MANY
    ),
    "major-disease": Rule(major_disease, frozenset({Input.MAJOR_DISEASE})),
    "severe-disability": Rule(severe_disability, frozenset({Input.DISABILITIES})),
}
