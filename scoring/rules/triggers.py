"""Hard triggers: single events that call for a visit whatever the score.

A trigger fires on what is known and stays silent otherwise; it never adds points. The
day it carries tells one occurrence from the next, so that an event which was already
looked into does not open a second alert.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from scoring.household import Days, Evidence, Input, Known
from scoring.rules.economy import RATIO_READS, free_income
from scoring.rules.health import paid_by_month, self_paid_evidence
from scoring.rules.outcome import Case, evidence_of, unique
from scoring.rules.people import is_minor, truth_of


@dataclass(frozen=True, slots=True)
class Fired:
    """The trigger's condition holds; `occurred_on` is None where it is a state, not an event."""

    occurred_on: date | None
    evidence: tuple[Evidence, ...]
    arguments: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TriggerRule:
    """A named trigger: the inputs it reads, the arguments its text may quote."""

    check: Callable[[Case, int], Fired | None]
    """Takes the case and the trigger's cut."""
    reads: frozenset[Input]
    arguments: frozenset[str] = frozenset()


def _since(case: Case) -> date:
    return case.as_of - timedelta(days=case.document.windows.trigger_days)


def _latest(case: Case, events: Iterable[Known[Days] | None]) -> Fired | None:
    since = _since(case)
    recent = [
        (day, known.evidence)
        for known in events
        if known is not None
        for day in known.value
        if since <= day <= case.as_of
    ]
    if not recent:
        return None
    latest = max(day for day, _ in recent)
    return Fired(latest, unique(evidence for day, evidence in recent if day == latest))


def only_earner_died(case: Case, _cut: int) -> Fired | None:
    """The only earner died lately."""
    return _latest(case, (case.household.only_earner_died,))


def disaster(case: Case, _cut: int) -> Fired | None:
    """A fire or an accident was reported lately."""
    return _latest(case, (case.household.disasters,))


def self_paid_month(case: Case, cut: int) -> Fired | None:
    """The household paid, in one calendar month, `cut` bp of the standard of all its persons.

    A month counts while one of its days lies in the window. The occurrence is the
    latest such month.
    """
    if case.region is None:
        return None
    standard = len(case.members) * case.region.dibao_standard_cents
    heavy = [
        month
        for month, cents in paid_by_month(case, _since(case).replace(day=1)).items()
        if cents * 10_000 >= cut * standard
    ]
    if not heavy:
        return None
    latest = max(heavy)
    arguments = {"year": latest.year, "month": latest.month, "times": cut // 10_000}
    return Fired(latest, self_paid_evidence(case), arguments)


def unattended_child(case: Case, _cut: int) -> Fired | None:
    """A child is an orphan or de facto unattended."""
    children = [
        m.unattended_child
        for m in case.members
        if truth_of(m.unattended_child) and is_minor(case, m) is not False
    ]
    return Fired(None, unique(evidence_of(*children))) if children else None


def released_without_income(case: Case, _cut: int) -> Fired | None:
    """A member was released from custody lately, and the household has no income."""
    income = case.household.monthly_income_cents
    if income is None or income.value:
        return None
    return _latest(case, (m.released_from_custody for m in case.members))


def dibao_lost(case: Case, cut: int) -> Fired | None:
    """The household lost dibao lately and still lies below `cut` bp of the local standard."""
    parts = free_income(case)
    if parts is None or parts[0] * 10_000 >= cut * parts[1]:
        return None
    return _latest(case, (case.household.dibao_lost,))


TRIGGER_RULES: Final = {
    "only-earner-died": TriggerRule(only_earner_died, frozenset({Input.ONLY_EARNER_DIED})),
    "disaster": TriggerRule(disaster, frozenset({Input.DISASTERS})),
    "self-paid-month": TriggerRule(
        self_paid_month,
        frozenset({Input.SELF_PAID, Input.REGION}),
        frozenset({"year", "month", "times"}),
    ),
    "unattended-child": TriggerRule(
        unattended_child, frozenset({Input.UNATTENDED_CHILD, Input.BIRTH_DATE})
    ),
    "released-without-income": TriggerRule(
        released_without_income,
        frozenset({Input.RELEASED_FROM_CUSTODY, Input.MONTHLY_INCOME_CENTS}),
    ),
    "dibao-lost": TriggerRule(dibao_lost, RATIO_READS | frozenset({Input.DIBAO_LOST})),
}
