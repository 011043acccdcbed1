"""What a score may look at: one household on one day, each input known with its source or unknown.

An input is `Known(value, evidence)` or None. None is *unknown* and never means zero,
"no" or "none": a list of events that is known to be empty is `Known((), evidence)`.
Whoever builds a household passes what is known and leaves the rest to the defaults.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Which department said so, and when its record was last changed (aware UTC)."""

    department: str
    source_time: datetime

    def __post_init__(self) -> None:
        """Refuse a moment without a zone."""
        if self.source_time.tzinfo is None:
            raise ValueError("source_time must be an aware moment, in UTC")


@dataclass(frozen=True, slots=True)
class Known(Generic[T_co]):
    """A value that some department vouches for."""

    value: T_co
    evidence: Evidence


class Schooling(StrEnum):
    """The stage of school that a person attends."""

    NONE = "none"
    COMPULSORY = "compulsory"
    UPPER_SECONDARY = "upper-secondary"
    UNIVERSITY = "university"


@dataclass(frozen=True, slots=True)
class Disability:
    """One component of a valid certificate: GB/T 26341 category 1-7 and level 1-4."""

    category: int
    level: int


MonthlyCents = tuple[tuple[date, int], ...]
"""Amounts by calendar month: the month's first day and cents, each month once."""
Days = tuple[date, ...]


class Input(StrEnum):
    """Every input by name: an attribute of `Member` or of `Household`."""

    # a member's
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    RELATION = "relation"
    DISABILITIES = "disabilities"
    ADMISSIONS = "admissions"
    SELF_PAID = "self_paid"
    MAJOR_DISEASE = "major_disease"
    EMPLOYEE_INSURED = "employee_insured"
    EMPLOYED = "employed"
    UNEMPLOYMENT_BENEFIT_ENDED = "unemployment_benefit_ended"
    REGISTERED_UNEMPLOYED = "registered_unemployed"
    SCHOOLING = "schooling"
    SCHOOL_ALERT = "school_alert"
    UNATTENDED_CHILD = "unattended_child"
    RELEASED_FROM_CUSTODY = "released_from_custody"
    # the household's
    REGION = "region"
    MONTHLY_INCOME_CENTS = "monthly_income_cents"
    INCOME_SIX_MONTHS_AGO_CENTS = "income_six_months_ago_cents"
    RIGID_SPENDING_CENTS = "rigid_spending_cents"
    DANGEROUS_HOUSING = "dangerous_housing"
    SINGLE_PARENT = "single_parent"
    ASSISTED_BEFORE = "assisted_before"
    SUPPORT_OUTSIDE = "support_outside"
    HAS_CARER = "has_carer"
    DIBAO_LOST = "dibao_lost"
    ONLY_EARNER_DIED = "only_earner_died"
    DISASTERS = "disasters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person of the household; `person_ref` is opaque and never shown in a reason."""

    person_ref: str
    birth_date: Known[date] | None = None
    sex: Known[str] | None = None
    """GB/T 2261.1. Read by no rule yet."""
    relation: Known[str] | None = None
    """To the head, GB/T 4761. Read by no rule yet."""
    disabilities: Known[tuple[Disability, ...]] | None = None
    """Every component of the certificates valid on `as_of`; () when there is none."""
    admissions: Known[int] | None = None
    """Hospital admissions in the 12 months before `as_of`."""
    self_paid: Known[MonthlyCents] | None = None
    """Self-paid medical expense by month of settlement, without voided settlements."""
    major_disease: Known[bool] | None = None
    employee_insured: Known[bool] | None = None
    """Active in the employees' medical scheme: True tells work, False tells nothing."""
    employed: Known[bool] | None = None
    """Insured or employed in any of the last 3 months, as human resources know it."""
    unemployment_benefit_ended: Known[Days] | None = None
    registered_unemployed: Known[bool] | None = None
    schooling: Known[Schooling] | None = None
    school_alert: Known[bool] | None = None
    """The school reported a drop in results or absence."""
    unattended_child: Known[bool] | None = None
    """The verdict "orphan or de facto unattended child", never the circumstances."""
    released_from_custody: Known[Days] | None = None
    """Only the days of release."""

    def __post_init__(self) -> None:
        """Refuse amounts and counts below zero, and months that are not months."""
        if self.admissions is not None and self.admissions.value < 0:
            raise ValueError("admissions must not be negative")
        if self.self_paid is not None:
            months = [month for month, _ in self.self_paid.value]
            if any(month.day != 1 for month in months) or len(set(months)) != len(months):
                raise ValueError("self_paid must name each month once, by its first day")
            if any(cents < 0 for _, cents in self.self_paid.value):
                raise ValueError("self_paid must not be negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """A household as it was on `as_of`; ages and look-back windows count from that day."""

    as_of: date
    members: tuple[Member, ...]
    region: Known[str] | None = None
    """12 digits; finds the local standards."""
    monthly_income_cents: Known[int] | None = None
    """Administrative income of the whole household, never from banks."""
    income_six_months_ago_cents: Known[int] | None = None
    rigid_spending_cents: Known[int] | None = None
    """Necessary medical and education spending a month."""
    dangerous_housing: Known[bool] | None = None
    single_parent: Known[bool] | None = None
    assisted_before: Known[bool] | None = None
    support_outside: Known[bool] | None = None
    """Whether somebody outside the household supports it."""
    has_carer: Known[bool] | None = None
    """Where unknown, the members' ages and health may still tell."""
    dibao_lost: Known[Days] | None = None
    only_earner_died: Known[Days] | None = None
    """Days on which the only earner died."""
    disasters: Known[Days] | None = None
    """Days of reported fires and accidents."""

    def __post_init__(self) -> None:
        """Refuse a household of nobody, a member twice, and amounts below zero."""
        refs = {member.person_ref for member in self.members}
        if not refs or len(refs) != len(self.members):
            raise ValueError("a household has members, each of them once")
        for amount in (
            self.monthly_income_cents,
            self.income_six_months_ago_cents,
            self.rigid_spending_cents,
        ):
            if amount is not None and amount.value < 0:
                raise ValueError("incomes and spending must not be negative")


MEMBER_INPUTS: Final = frozenset(Input(f.name) for f in fields(Member) if f.name != "person_ref")
HOUSEHOLD_INPUTS: Final = frozenset(
    Input(f.name) for f in fields(Household) if f.name not in {"as_of", "members"}
)


S = TypeVar("S", Member, Household)


def without(household: Household, inputs: Iterable[Input]) -> Household:
    """Return the household as if `inputs` were unknown."""
    forgotten = frozenset(inputs)
    if not forgotten:
        return household
    members = tuple(_less(member, forgotten & MEMBER_INPUTS) for member in household.members)
    return replace(_less(household, forgotten & HOUSEHOLD_INPUTS), members=members)


def _less(subject: S, forgotten: Iterable[Input]) -> S:
    known: dict[str, Any] = {
        name.value: None for name in forgotten if getattr(subject, name.value) is not None
    }
    return replace(subject, **known) if known else subject
