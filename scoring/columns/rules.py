"""Every indicator's rule by columns, under the name that `scoring.rules` gives it.

A rule answers with points and where it is undecided; where it is, its points are not read.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from scoring.columns.household import Homes
from scoring.columns.logic import Truth, both, count, largest, negation, total
from scoring.columns.table import Truths, Whole
from scoring.facts.reads.learning import STAGES
from scoring.household import Schooling
from scoring.parameters.document import Tier
from scoring.rules.logic import month_shift, months_before
from scoring.rules.outcome import BP

Tiers = tuple[Tier, ...]
Answer = tuple[Whole, Truths]
"""Points, and where they are undecided."""
ColumnRule = Callable[[Homes, Tiers], Answer]
_EVER: Final = 999


def _points(reached: Callable[[Tier], Truths], tiers: Tiers, size: int) -> Whole:
    points = np.zeros(size, np.int64)
    for tier in tiers:
        points = np.maximum(points, np.where(reached(tier), tier.points, 0))
    return points


def _points_from(values: Whole, tiers: Tiers) -> Whole:
    return _points(lambda tier: values >= tier.cut, tiers, len(values))


def _verdict(of: Truth, tiers: Tiers) -> Answer:
    most = max((tier.points for tier in tiers if tier.cut <= 1), default=0)
    return np.where(of == 1, most, 0).astype(np.int64), of == -1


def _most(tiers: Tiers) -> int:
    return max(tier.points for tier in tiers)


# -- structure -------------------------------------------------------------------------------


def _counted(homes: Homes, of: Truth, tiers: Tiers) -> Answer:
    people = homes.people
    mine = of[people.members]
    low = _points_from(count(people.home, mine == 1, homes.size), tiers)
    high = _points_from(count(people.home, mine != 0, homes.size), tiers)
    return low, low != high


def _minor_children(homes: Homes, tiers: Tiers) -> Answer:
    return _counted(homes, homes.minor, tiers)


def _old_people(homes: Homes, tiers: Tiers) -> Answer:
    return _counted(homes, homes.aged(homes.document.ages.old, _EVER), tiers)


def _dependency_ratio(homes: Homes, tiers: Tiers) -> Answer:
    (tier,) = tiers
    people = homes.people
    able, working = homes.able[people.members], homes.working[people.members]
    choices = (
        (able != 1, 0),
        ((able != 0) & (working != 1), BP - tier.cut),
        ((able != 0) & (working != 0), -tier.cut),
    )
    far = 1 << 40
    least = np.min([np.where(may, worth, far) for may, worth in choices], axis=0)
    most = np.max([np.where(may, worth, -far) for may, worth in choices], axis=0)
    low, high = (total(people.home, worth, homes.size) for worth in (least, most))
    return np.where(low >= 0, tier.points, 0), (low < 0) & (high >= 0)


def _single_parent(homes: Homes, tiers: Tiers) -> Answer:
    return _verdict(both(homes.single_parent, homes.people.anyone(homes.minor)), tiers)


def _very_old_alone(homes: Homes, tiers: Tiers) -> Answer:
    very_old = homes.people.anyone(homes.aged(homes.document.ages.very_old, _EVER))
    alone = (homes.people.member_count == 1).astype(np.int8)
    return _verdict(both(alone, very_old), tiers)


# -- economy ---------------------------------------------------------------------------------


def ratio_parts(homes: Homes) -> tuple[Whole, Whole, Truths]:
    """Return income less rigid spending, persons times standard, and where both are known."""
    (income, has_income), (rigid, has_rigid) = homes.income, homes.rigid
    known = homes.has_region & has_income & has_rigid
    return income - rigid, homes.people.member_count * homes.standard, known


def _income_ratio(homes: Homes, tiers: Tiers) -> Answer:
    free, standard, known = ratio_parts(homes)
    return _points(lambda t: free * BP < t.cut * standard, tiers, homes.size), ~known


def _income_drop(homes: Homes, tiers: Tiers) -> Answer:
    (now, has_now), (before, has_before) = homes.income, homes.income_before
    drop = (before - now) * BP // np.maximum(before, 1)
    return np.where(before == 0, 0, _points_from(drop, tiers)), ~(has_now & has_before)


def _rigid_share(homes: Homes, tiers: Tiers) -> Answer:
    (income, _), (rigid, _) = homes.income, homes.rigid
    _, _, known = ratio_parts(homes)
    points = _points(lambda t: rigid * BP * BP > homes.ratio * income * t.cut, tiers, homes.size)
    return points, ~known


# -- health ----------------------------------------------------------------------------------


def _self_paid_share(homes: Homes, tiers: Tiers) -> Answer:
    months = homes.document.windows.spending_months
    first = month_shift(homes.people.as_of, 1 - months).toordinal()
    end = month_shift(homes.people.as_of, 1).toordinal()
    rows = homes.paid.where((homes.paid.a >= first) & (homes.paid.a < end))
    paid = total(rows.owner, rows.c, homes.size)
    all_known = homes.people.everybody(homes.people.self_paid_known)
    income, has_income = homes.income
    earned = income * months
    points = _points(lambda t: (paid > 0) & (paid * BP >= t.cut * earned), tiers, homes.size)
    nothing = all_known & (paid == 0)
    unsure = ~has_income | (~all_known & (points < _most(tiers)))
    return np.where(nothing, 0, points), ~nothing & unsure


def _admissions(homes: Homes, tiers: Tiers) -> Answer:
    people = homes.people
    mine = people.admissions[people.members]
    points = _points_from(largest(people.home, np.maximum(mine, 0), homes.size, 0), tiers)
    unknown = count(people.home, mine < 0, homes.size) > 0
    return points, unknown & (points < _most(tiers))


def _major_disease(homes: Homes, tiers: Tiers) -> Answer:
    return _verdict(homes.people.anyone(homes.people.major_disease), tiers)


def _severe_disability(homes: Homes, tiers: Tiers) -> Answer:
    return _verdict(homes.people.anyone(homes.severe), tiers)


# -- school and work -------------------------------------------------------------------------


def _attends(homes: Homes, tiers: Tiers, *stages: Schooling) -> Answer:
    asked = frozenset(STAGES.index(stage) for stage in stages)
    return _verdict(homes.people.anyone(homes.people.attends(asked)), tiers)


def _compulsory_pupil(homes: Homes, tiers: Tiers) -> Answer:
    return _attends(homes, tiers, Schooling.COMPULSORY)


def _student(homes: Homes, tiers: Tiers) -> Answer:
    return _attends(homes, tiers, Schooling.UPPER_SECONDARY, Schooling.UNIVERSITY)


def _school_alert(homes: Homes, tiers: Tiers) -> Answer:
    return _verdict(homes.people.anyone(homes.people.school_alert), tiers)


def _nobody_works(homes: Homes, tiers: Tiers) -> Answer:
    somebody = homes.people.anyone(both(homes.of_working_age, homes.working))
    return _verdict(negation(somebody), tiers)


def _benefit_ended(homes: Homes, tiers: Tiers) -> Answer:
    since = months_before(homes.people.as_of, homes.document.windows.benefit_months)
    return _verdict(homes.people.anyone(homes.people.benefit_ended(since.toordinal())), tiers)


def _registered_unemployed(homes: Homes, tiers: Tiers) -> Answer:
    return _verdict(homes.people.anyone(homes.people.registered_unemployed), tiers)


# -- housing, support, care ------------------------------------------------------------------


def _dangerous_housing(homes: Homes, tiers: Tiers) -> Answer:
    return _verdict(homes.dangerous, tiers)


def _without_carer(homes: Homes, tiers: Tiers) -> Answer:
    patient, carer = homes.people.anyone(homes.sick), homes.people.anyone(homes.able)
    return _verdict(both(patient, negation(carer)), tiers)


def _no_support(homes: Homes, tiers: Tiers) -> Answer:
    return _verdict(negation(homes.supported), tiers)


def _never_assisted(homes: Homes, tiers: Tiers) -> Answer:
    return _verdict(negation(homes.assisted), tiers)


COLUMN_RULES: Final[dict[str, ColumnRule]] = {
    "minor-children": _minor_children,
    "old-people": _old_people,
    "dependency-ratio": _dependency_ratio,
    "single-parent": _single_parent,
    "very-old-alone": _very_old_alone,
    "income-ratio": _income_ratio,
    "income-drop": _income_drop,
    "rigid-share": _rigid_share,
    "self-paid-share": _self_paid_share,
    "admissions": _admissions,
    "major-disease": _major_disease,
    "severe-disability": _severe_disability,
    "compulsory-pupil": _compulsory_pupil,
    "student": _student,
    "school-alert": _school_alert,
    "nobody-works": _nobody_works,
    "benefit-ended": _benefit_ended,
    "registered-unemployed": _registered_unemployed,
    "dangerous-housing": _dangerous_housing,
    "without-carer": _without_carer,
    "no-support": _no_support,
    "never-assisted": _never_assisted,
}
