"""What the hub must make of a household: its score, worked out from its members' lives.

A second program beside `scoring`: it shares no rule with it, only the numbers of the packaged
profile. It knows what the departments wrote, less what the hub cannot have, and takes every
department as read to its end. `docs/scoring.md` says what each input means.
"""

import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from typing import Any, Final

from hub.demo.expected import Expected
from hub.demo.expected_member import Seen, months_earlier
from hub.demo.lives import MemberLife
from hub.demo.people import Household
from hub.demo.truth import PersonTruth

_PROFILE: Final = "profile_2026_07.toml"
_WHOLE: Final = 10_000
_ADULT, _LAST_WORKING, _OLD, _VERY_OLD = 18, 59, 60, 80
_TRIGGER_DAYS: Final = 90
_HEARD_DAYS: Final = 7
"""The register may hear of a death a week late; so long after the ninety days one still counts."""
_ALONE, _TOGETHER = frozenset({"10", "30", "40"}), frozenset({"20", "21", "22", "23"})
_HEAD, _SPOUSES = "02", frozenset({"10", "11", "12"})
_RED: Final = "red"


class Expectation:
    """Works out scores of one day; holds the profile's numbers, and nobody."""

    def __init__(self, today: date) -> None:
        """Read the numbers of the packaged profile."""
        text = resources.files("scoring.parameters").joinpath(_PROFILE).read_text("utf-8")
        self._today = today
        self._profile: dict[str, Any] = tomllib.loads(text)

    def of(
        self, house: Household, lives: Iterable[tuple[MemberLife, PersonTruth]]
    ) -> Expected | None:
        """Return the score of a household; None where it has none.

        It has none when it is out of scope, and when nobody lives in it. `lives` are of
        everybody who lives there or died there, with what was told of them once written.
        """
        if house.listed is None:
            return None
        seen = [Seen(life, truth.lost, self._today) for life, truth in lives if not truth.removed]
        members = [one for one in seen if not one.has_left]
        if not members:
            return None
        home = _Home(self._today, members, seen, self._standards(house.region))
        points: Counter[str] = Counter()
        unknown: Counter[str] = Counter()
        for indicator in self._profile["indicators"]:
            value = _INDICATORS[indicator["code"]](home)
            tiers = indicator["tiers"]
            if value is None:
                unknown[indicator["dimension"]] += max(tier["points"] for tier in tiers)
            else:
                points[indicator["dimension"]] += _points(value, tiers)
        dimensions = [(one["code"], one["cap"]) for one in self._profile["dimensions"]]
        total = sum(min(points[code], cap) for code, cap in dimensions)
        coverage = sum(max(0, cap - unknown[code]) for code, cap in dimensions)
        triggers = sorted(code for code, holds in _TRIGGERS.items() if holds(home))
        return Expected(self._today, total, self._band(total, triggers), coverage, tuple(triggers))

    def _standards(self, region: str) -> tuple[int, int] | None:
        """Return the local dibao standard in cents and the ratio of rigid spending, if known."""
        found = [r for r in self._profile["regions"] if region.startswith(r["prefix"])]
        in_force = [r for r in found if r["valid_from"] <= self._today]
        if not in_force:
            return None
        nearest = max(in_force, key=lambda r: (len(r["prefix"]), r["valid_from"]))
        return nearest["dibao_standard_cents"], nearest["rigid_ratio_bp"]

    def _band(self, total: int, triggers: Sequence[str]) -> str:
        if triggers:
            return _RED
        reached = [band["band"] for band in self._profile["bands"] if total >= band["cut"]]
        return reached[-1] if reached else "green"


@dataclass(frozen=True, slots=True)
class _Home:
    """A household on a day: who lives there, who lives there or died there, local standards."""

    today: date
    members: list[Seen]
    everyone: list[Seen]
    standards: tuple[int, int] | None

    def ages(self, low: int, high: int = 999) -> int:
        """Return how many members are `low` to `high` years old."""
        return sum(low <= one.age <= high for one in self.members)

    @property
    def since(self) -> date:
        """The first day on which an event still sets off a trigger."""
        return self.today - timedelta(days=_TRIGGER_DAYS)

    @property
    def income(self) -> int:
        """What all members have a month, in cents."""
        return sum(one.income(self.today) for one in self.members)

    @property
    def rigid(self) -> int:
        """A twelfth of what was paid for treatment within twelve months, in cents."""
        since = months_earlier(self.today, 12)
        bills = (bill for one in self.members for bill in one.bills)
        return sum(b.self_cents for b in bills if since < b.discharged <= self.today) // 12

    @property
    def paid(self) -> Counter[date]:
        """What all members paid for treatment, by the first day of the month, in cents."""
        months: Counter[date] = Counter()
        for one in self.members:
            for bill in one.bills:
                if bill.discharged <= self.today:
                    months[bill.discharged.replace(day=1)] += bill.self_cents
        return months

    @property
    def free_and_standard(self) -> tuple[int, int] | None:
        """Income less rigid spending, and the standard of all members together, in cents."""
        if self.standards is None:
            return None
        return self.income - self.rigid, self.standards[0] * len(self.members)

    def lately(self, days: Iterable[date]) -> bool:
        """Whether one of `days` lies within the window of a trigger."""
        return any(self.since <= day <= self.today for day in days)


# ---- indicators: a value to compare with the tiers; None where nothing can be said -------------


def _dependency(home: _Home) -> int:
    able = [one for one in home.members if one.is_able]
    idle = sum(not one.works for one in able)
    return idle * _WHOLE // len(able) if able else _WHOLE


def _single_parent(home: _Home) -> int | None:
    if not any(one.age < _ADULT for one in home.members):
        return 0
    adults = [one for one in home.members if one.age >= _ADULT]
    heads = [one for one in adults if one.relation == _HEAD]
    if not heads:
        return None
    if any(one.relation in _SPOUSES for one in adults):
        return 0
    status = heads[0].marital_status
    return int(status in _ALONE) if status in _ALONE | _TOGETHER else None


def _income_drop(home: _Home) -> int:
    day = months_earlier(home.today, 6)
    before = sum(one.income(day) for one in home.members)
    return (before - home.income) * _WHOLE // before if before else 0


def _rigid_share(home: _Home) -> int | None:
    """Return spending over what the local ratio allows; a whole number reached only from above."""
    if home.standards is None:
        return None
    spent, allowed = home.rigid * _WHOLE * _WHOLE, home.standards[1] * home.income
    return -(-spent // allowed) - 1 if allowed else spent


def _self_paid_share(home: _Home) -> int:
    first = months_earlier(home.today.replace(day=1), 11)
    paid = sum(cents for month, cents in home.paid.items() if month >= first)
    if not paid:
        return 0
    yearly = home.income * 12
    return paid * _WHOLE // yearly if yearly else paid * _WHOLE


def _works_not(home: _Home) -> int:
    return int(not any(_ADULT <= p.age <= _LAST_WORKING and p.works for p in home.members))


def _benefit_ended(home: _Home) -> int:
    since = months_earlier(home.today, 3)
    ends = [benefit.end for one in home.members for benefit in one.benefits]
    return int(any(since <= end <= home.today for end in ends))


def _without_carer(home: _Home) -> int:
    return int(any(p.is_sick for p in home.members) and not any(p.is_able for p in home.members))


def _never_assisted(home: _Home) -> int | None:
    if any(one.roll for one in home.members):
        return 0
    told = [one.ever_assisted for one in home.members if one.ever_assisted is not None]
    return int(not any(told)) if told else None


Value = int | tuple[int, int] | None
_INDICATORS: Final[dict[str, Callable[[_Home], Value]]] = {
    "minor-children": lambda home: home.ages(0, _ADULT - 1),
    "old-people": lambda home: home.ages(_OLD),
    "dependency-ratio": _dependency,
    "single-parent": _single_parent,
    "very-old-alone": lambda home: int(len(home.members) == 1 and home.ages(_VERY_OLD) == 1),
    "income-ratio": lambda home: home.free_and_standard,
    "income-drop": _income_drop,
    "rigid-share": _rigid_share,
    "self-paid-share": _self_paid_share,
    "admissions": lambda home: max(one.admissions for one in home.members),
    "major-disease": lambda home: int(any(one.has_major_disease for one in home.members)),
    "severe-disability": lambda home: int(any(one.is_severe for one in home.members)),
    "compulsory-pupil": lambda home: int(any(one.is_pupil for one in home.members)),
    "student": lambda home: int(any(one.is_student for one in home.members)),
    "school-alert": lambda home: int(any(one.has_school_alert for one in home.members)),
    "nobody-works": _works_not,
    "benefit-ended": _benefit_ended,
    "registered-unemployed": lambda home: int(any(one.is_unemployed for one in home.members)),
    "dangerous-housing": lambda home: int(any(one.in_danger for one in home.members)),
    "without-carer": _without_carer,
    "no-support": lambda home: int(not any(one.is_supported for one in home.members)),
    "never-assisted": _never_assisted,
}


def _points(value: int | tuple[int, int], tiers: Iterable[dict[str, int]]) -> int:
    """Return the most points of a tier that a value reaches; of the income, that it is below."""
    if isinstance(value, tuple):
        free, standard = value
        return max((t["points"] for t in tiers if free * _WHOLE < t["cut"] * standard), default=0)
    return max((t["points"] for t in tiers if value >= t["cut"]), default=0)


# ---- hard triggers ---------------------------------------------------------------------


def _only_earner_died(home: _Home) -> bool:
    latest = _TRIGGER_DAYS + _HEARD_DAYS
    concerned = [p for p in home.everyone if not p.has_left or p.days_gone <= latest]
    return home.lately(
        day
        for dead in concerned
        for day in dead.died_on
        if (dead.is_paid(day) or dead.is_paid(day - timedelta(days=1)))
        and not any(other.is_paid(day) for other in home.members if other is not dead)
    )


def _disaster(home: _Home) -> bool:
    return home.lately(day for one in home.members for day in one.disasters)


def _self_paid_month(home: _Home) -> bool:
    if home.standards is None:
        return False
    least, first = 3 * home.standards[0] * len(home.members), home.since.replace(day=1)
    return any(month >= first and cents >= least for month, cents in home.paid.items())


def _unattended_child(home: _Home) -> bool:
    return any(one.is_unattended and one.age < _ADULT for one in home.members)


def _released(home: _Home) -> bool:
    return not home.income and home.lately(day for one in home.members for day in one.released_on)


def _dibao_lost(home: _Home) -> bool:
    parts = home.free_and_standard
    ends = [day for one in home.members for day in one.dibao_ended_on]
    return parts is not None and parts[0] < parts[1] and home.lately(ends)


_TRIGGERS: Final[dict[str, Callable[[_Home], bool]]] = {
    "only-earner-died": _only_earner_died,
    "disaster": _disaster,
    "self-paid-month": _self_paid_month,
    "unattended-child": _unattended_child,
    "released-without-income": _released,
    "dibao-lost": _dibao_lost,
}
