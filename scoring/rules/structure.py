"""Dimension 1: age and structure of the household."""

from collections.abc import Iterable
from typing import Final

from scoring.household import Evidence, Input, Member
from scoring.parameters.document import Tier
from scoring.rules import people
from scoring.rules.logic import Truth, conjunction, count, disjunction
from scoring.rules.outcome import (
    BP,
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

_BIRTH: Final = frozenset({Input.BIRTH_DATE})
_RATIO_READS: Final = _BIRTH | people.SICKNESS | frozenset({Input.EMPLOYED, Input.EMPLOYEE_INSURED})


def _counted(pairs: Iterable[tuple[Member, Truth]], tiers: tuple[Tier, ...]) -> Outcome:
    listed = tuple(pairs)
    bounds = count(truth for _, truth in listed)
    points = points_from(bounds.low, tiers)
    if points != points_from(bounds.high, tiers):
        return Undecided(_BIRTH)
    evidence = (e for m, truth in listed if truth for e in evidence_of(m.birth_date))
    return Decided(points, {"count": bounds.low}, unique(evidence))


def minor_children(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points by the number of members under age."""
    return _counted(((m, people.is_minor(case, m)) for m in case.members), tiers)


def old_people(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points by the number of old members."""
    old = case.document.ages.old
    return _counted(((m, people.is_aged(case, m, old, 999)) for m in case.members), tiers)


def dependency_ratio(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points when too few of those able to work do work.

    The share of non-working among able members (working age, not sick); where nobody is
    able the share is whole. With cut c the share reaches c exactly when the sum over
    members of (1 - c for an able one without work, -c for an able one at work, else 0)
    is not negative; the sum's bounds come from each member's possibilities.
    """
    (tier,) = tiers
    low = high = 0
    for member in case.members:
        worths = tuple(_ratio_worths(case, member, tier.cut))
        low, high = low + min(worths), high + max(worths)
    if low >= 0:
        return Decided(tier.points, evidence=unique(_ratio_evidence(case)))
    return Decided(0) if high < 0 else Undecided(_RATIO_READS)


def _ratio_worths(case: Case, member: Member, cut: int) -> Iterable[int]:
    able, working = people.is_able(case, member), people.is_working(member)
    if able is not True:
        yield 0
    if able is not False and working is not True:
        yield BP - cut
    if able is not False and working is not False:
        yield -cut


def _ratio_evidence(case: Case) -> Iterable[Evidence]:
    for member in case.members:
        yield from evidence_of(member.birth_date)
        if people.is_working_age(case, member):
            yield from people.sickness_evidence(case, member)
            yield from evidence_of(member.employed)


def single_parent(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points to a single parent with a child under age."""
    household = case.household
    has_child = disjunction(people.is_minor(case, m) for m in case.members)
    truth = conjunction((people.truth_of(household.single_parent), has_child))
    missing = {Input.SINGLE_PARENT} if has_child else {Input.SINGLE_PARENT, Input.BIRTH_DATE}
    return verdict(truth, tiers, missing, evidence_of(household.single_parent))


def very_old_alone(case: Case, tiers: tuple[Tier, ...]) -> Outcome:
    """Give points to a very old person who lives alone."""
    only, *others = case.members
    very_old = people.is_aged(case, only, case.document.ages.very_old, 999)
    truth = conjunction((not others, very_old))
    return verdict(truth, tiers, _BIRTH, evidence_of(only.birth_date))


RULES: Final = {
    "minor-children": Rule(minor_children, _BIRTH, frozenset({"count"}), tiers=Tiers.MANY),
    "old-people": Rule(old_people, _BIRTH, frozenset({"count"}), tiers=Tiers.MANY),
    "dependency-ratio": Rule(dependency_ratio, _RATIO_READS, tiers=Tiers.ONE),
    "single-parent": Rule(single_parent, frozenset({Input.SINGLE_PARENT, Input.BIRTH_DATE})),
    "very-old-alone": Rule(very_old_alone, _BIRTH),
}
