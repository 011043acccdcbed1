"""What the hub must know of one person on a day: a life less the records that it cannot have.

The half of `hub.demo.expectation` that looks at one member; it shares nothing with `scoring`.
"""

from calendar import monthrange
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from typing import Final, Protocol, TypeVar

from hub.demo.lives import MemberLife
from hub.demo.records import Pension, UnemploymentBenefit, Work

_WORKING_AGES: Final = range(18, 60)
_EMPLOYEES, _INSURED = "310", "1"
_INPATIENT: Final = "21"
_OFTEN: Final = 2
_SEVERE, _SEVERE_MIND, _MIND = 2, 3, frozenset({"5", "6"})
_PUPIL: Final = frozenset({"primary", "junior"})
_STUDENT: Final = frozenset({"senior", "vocational", "college", "university"})
_ALERT: Final = timedelta(days=180)
_DANGEROUS: Final = frozenset({"C", "D"})
_DISASTERS, _LOSS = frozenset({"fire", "accident", "flood", "storm"}), 2


class _Keyed(Protocol):
    @property
    def key(self) -> str: ...


R = TypeVar("R", bound=_Keyed)


def months_earlier(day: date, months: int) -> date:
    """Return the same day some months earlier, or the last day of a month that is shorter."""
    year, month = day.year, day.month - months
    while month < 1:
        year, month = year - 1, month + 12
    return date(year, month, min(day.day, monthrange(year, month)[1]))


class Seen:
    """One person as the hub sees them on `today`. Amounts are integer cents."""

    def __init__(self, life: MemberLife, lost: AbstractSet[tuple[str, str]], today: date) -> None:
        """`lost` are dataset and key of the records that the hub cannot have."""
        self._today = today
        self._lost = lost
        person, chart = life.person, life.chart
        self._life = life
        self.age = person.age(today)
        self.relation = person.relation
        self._left_on = person.death_registered_on
        self.bills = self._kept("medical_settlement", chart.settlements)
        self._work = self._kept("social_insurance", life.human_resources.work)
        self._pensions = self._kept("pension", life.human_resources.pensions)
        self.benefits = self._kept("unemployment_benefit", life.human_resources.benefits)
        self.roll = self._kept("assistance_roll", life.civil_affairs.roll)

    def _kept(self, dataset: str, records: Iterable[R | None]) -> list[R]:
        """Return the records that the hub has."""
        return [r for r in records if r is not None and (dataset, r.key) not in self._lost]

    # ---- the register --------------------------------------------------------------------

    @property
    def has_left(self) -> bool:
        """Whether the register says that the person is dead."""
        return self._left_on is not None and self._left_on <= self._today

    @property
    def days_gone(self) -> int:
        """Return for how many days the register has said so."""
        return 0 if self._left_on is None else (self._today - self._left_on).days

    @property
    def died_on(self) -> set[date]:
        """The days of death that funeral homes and certificates tell."""
        funerals = self._kept("funeral", [self._life.civil_affairs.funeral])
        certificates = self._kept("death_certificate", [self._life.health.death])
        days = {f.died_on for f in funerals} | {c.died_on for c in certificates}
        return {day for day in days if day <= self._today}

    # ---- health --------------------------------------------------------------------------

    @property
    def admissions(self) -> int:
        """Admissions to hospital within twelve months."""
        since = months_earlier(self._today, 12)
        stays = [bill for bill in self.bills if bill.kind == _INPATIENT]
        return sum(since < stay.admitted <= self._today for stay in stays)

    @property
    def has_major_disease(self) -> bool:
        """Whether a bill or the health department says so."""
        statuses = self._kept("health_status", [self._life.health.status])
        return any(b.major for b in self.bills) or any(s.listed for s in statuses)

    @property
    def is_severe(self) -> bool:
        """Whether a certificate is of a severe disability."""
        certificate = self._life.chart.certificate
        if certificate is None or ("disability_certificate", certificate.number) in self._lost:
            return False
        level = int(certificate.level)
        return level <= _SEVERE or (level == _SEVERE_MIND and certificate.category in _MIND)

    @property
    def is_sick(self) -> bool:
        """Whether the person counts as sick or severely disabled."""
        return self.has_major_disease or self.is_severe or self.admissions >= _OFTEN

    # ---- work and income -----------------------------------------------------------------

    def is_paid(self, day: date) -> bool:
        """Whether a spell of active insurance covers a day."""
        return any(_covers(spell, day) for spell in self._work)

    def income(self, day: date) -> int:
        """Return pay bases, pensions and benefits that cover a day, a month."""
        wages = sum(spell.base_cents for spell in self._work if _covers(spell, day))
        paid: list[Pension | UnemploymentBenefit] = [*self._pensions, *self.benefits]
        return wages + sum(
            p.monthly_cents for p in paid if p.start <= day and (p.end is None or day <= p.end)
        )

    @property
    def works(self) -> bool:
        """Whether insured as an employee, or in active insurance within three months."""
        enrolments = self._kept("medical_enrolment", [self._life.chart.enrolment])
        if any(e.scheme == _EMPLOYEES and e.status == _INSURED for e in enrolments):
            return True
        day, since = self._today, months_earlier(self._today, 3)
        while day > since:
            if self.is_paid(day):
                return True
            day -= timedelta(days=1)
        return False

    @property
    def is_able(self) -> bool:
        """Whether of working age and not sick."""
        return self.age in _WORKING_AGES and not self.is_sick

    @property
    def is_unemployed(self) -> bool:
        """Whether registered as unemployed."""
        found = self._kept("employment_registration", [self._life.human_resources.registration])
        return any(r.registered_unemployed for r in found)

    # ---- school --------------------------------------------------------------------------

    @property
    def _stage(self) -> str | None:
        rolls = self._kept("school_roll", self._life.education.rolls)
        enrolled = [r for r in rolls if r.status == "enrolled" and r.since <= self._today]
        return max(enrolled, key=lambda r: r.since).stage if enrolled else None

    @property
    def is_pupil(self) -> bool:
        """Whether in compulsory schooling."""
        return self._stage in _PUPIL

    @property
    def is_student(self) -> bool:
        """Whether in upper secondary school or at university."""
        return self._stage in _STUDENT

    @property
    def has_school_alert(self) -> bool:
        """Whether a school reported something within half a year."""
        alerts = self._kept("school_alert", self._life.education.alerts)
        return any(self._today - _ALERT <= a.reported_on <= self._today for a in alerts)

    # ---- family and help -----------------------------------------------------------------

    @property
    def marital_status(self) -> str | None:
        """GB/T 2261.2, None where civil affairs has no record."""
        found = self._kept("marital_status", [self._life.civil_affairs.marriage])
        return found[0].status if found else None

    @property
    def is_unattended(self) -> bool:
        """Whether civil affairs' verdict is orphan or de facto unattended child."""
        found = self._kept("child_status", [self._life.civil_affairs.child])
        return any(status.verdict for status in found)

    @property
    def ever_assisted(self) -> bool | None:
        """What an enquiry into former assistance found; None where there was none."""
        found = self._kept("assistance_history", [self._life.civil_affairs.history])
        return found[0].ever_assisted if found else None

    @property
    def is_supported(self) -> bool:
        """Whether somebody outside supports the person."""
        found = self._kept("supporter", self._life.civil_affairs.supporters)
        return any(supporter.supports for supporter in found)

    @property
    def dibao_ended_on(self) -> list[date]:
        """The last days on the roll of dibao, unless it ended by death."""
        ended = [e for e in self.roll if e.category == "DB" and e.end_reason != "deceased"]
        return [entry.end for entry in ended if entry.end is not None]

    # ---- events --------------------------------------------------------------------------

    @property
    def in_danger(self) -> bool:
        """Whether a dwelling was graded as dangerous."""
        found = self._kept("dangerous_housing", self._life.housing.dangerous)
        return any(dwelling.grade in _DANGEROUS for dwelling in found)

    @property
    def disasters(self) -> list[date]:
        """The days of fires, accidents, floods and storms with more than a slight loss."""
        found = self._kept("disaster_damage", self._life.others.disasters)
        return [d.occurred_on for d in found if d.kind in _DISASTERS and d.loss_level >= _LOSS]

    @property
    def released_on(self) -> list[date]:
        """The days of release from custody and from prison."""
        custody = self._kept("custody_status", [self._life.public_security.custody])
        prison = self._kept("justice_status", [self._life.justice])
        days = [c.end for c in custody] + [p.prison_to for p in prison]
        return [day for day in days if day is not None]


def _covers(spell: Work, day: date) -> bool:
    """Whether a spell is active and covers a day; its last month counts to its end."""
    if spell.status != "active" or day < spell.month_from:
        return False
    last = spell.month_to
    return last is None or (day.year, day.month) <= (last.year, last.month)
