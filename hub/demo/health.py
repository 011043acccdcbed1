"""What insurers and the federation know about the made-up people: enrolment, bills, certificates.

Amounts are integer cents. Every day lies in the past of `today`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from hub.demo.people import KNOWN_FAMILY, Household, Person

CERTIFICATE_SHARE: Final = 0.12
STANDARD_CENTS: Final = 93_000
"""The minimum living standard a month, Wuhan, as the worked example has it."""
HARD_TRIGGER_TIMES: Final = 3
_ADULT, _RETIRED, _OLD = 18, 60, 65


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A person's place in a scheme, in the insurer's codes."""

    key: str
    scheme: str
    status: str
    subsidised: bool
    start: date
    end: date | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """One bill; visit kinds in the insurer's codes."""

    key: str
    kind: str
    admitted: date
    discharged: date
    total_cents: int
    fund_cents: int
    self_cents: int
    major: bool


@dataclass(frozen=True, slots=True)
class Certificate:
    """A disability certificate; `category` in the numbering of GB/T 26341."""

    number: str
    category: str
    level: str
    issued: date


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything about one person's health that a department knows."""

    person: Person
    enrolment: Enrolment | None
    settlements: tuple[Settlement, ...]
    certificate: Certificate | None


class Clinic:
    """Makes charts; owns its random numbers and counts the records it made."""

    def __init__(self, *, seed: int, today: date) -> None:
        self._rng = Random(f"health {seed}")
        self._today = today
        self._enrolments = 0
        self._bills = 0

    def charts(self, house: Household) -> Iterator[Chart]:
        """Yield one chart for each member, in the order of the members."""
        for place, person in enumerate(house.members):
            heavy = house.struggling and place == 0
            bills = list(self._ordinary(person))
            if heavy and house.label == KNOWN_FAMILY:
                bills.append(self._stay(days_ago=150, total_cents=1_860_000, self_share=0.42))
            if heavy:
                bills.append(self._heavy(len(house.members)))
            yield Chart(
                person,
                self._enrolment(person, listed=house.listed is not None),
                tuple(bills),
                self._certificate(person),
            )

    def _enrolment(self, person: Person, *, listed: bool) -> Enrolment | None:
        rng, age = self._rng, person.age(self._today)
        works = _ADULT <= age < _RETIRED and rng.random() < (0.3 if listed else 0.6)
        if rng.random() < 0.03:  # noqa: PLR2004 - a few are enrolled nowhere
            return None
        status = rng.choices(("1", "2", "4"), (94, 4, 2))[0]
        start = self._enrolled_from(person)
        self._enrolments += 1
        return Enrolment(
            key=f"YB{self._enrolments:09d}",
            scheme="310" if works else "390",
            status=status,
            subsidised=listed and not works and rng.random() < 0.5,  # noqa: PLR2004 - half
            start=start,
            end=self._today - timedelta(days=rng.randint(1, 25)) if status == "4" else None,
        )

    def _enrolled_from(self, person: Person) -> date:
        """Return the first of a year, or for a small child a day soon after its birth."""
        first, last = max(person.birth_date.year + 1, 2008), self._today.year
        if first > last:
            return person.birth_date + timedelta(days=30)
        return date(self._rng.randint(first, last), 1, 1)

    def _ordinary(self, person: Person) -> Iterator[Settlement]:
        rng, age = self._rng, person.age(self._today)
        for _ in range(rng.choices((0, 1, 2, 4), (55, 25, 14, 6))[0]):
            cost = rng.randint(8_000, 90_000)
            yield self._bill("11", days=0, total_cents=cost, self_share=0.45)
        if age >= _OLD and rng.random() < 0.35:  # noqa: PLR2004 - about a third
            for _ in range(3):
                cost = rng.randint(15_000, 150_000)
                yield self._bill("14", days=0, total_cents=cost, self_share=0.3)
        if rng.random() < (0.14 if age >= _OLD else 0.04):
            cost = rng.randint(300_000, 2_500_000)
            share = rng.uniform(0.08, 0.22)
            yield self._bill("21", days=rng.randint(3, 20), total_cents=cost, self_share=share)

    def _heavy(self, persons: int) -> Settlement:
        """Return a recent stay whose own share alone sets off the hard trigger."""
        least = HARD_TRIGGER_TIMES * STANDARD_CENTS * persons
        own = round(least * self._rng.uniform(1.2, 1.8))
        return self._stay(days_ago=self._rng.randint(2, 40), total_cents=own * 2, self_share=0.5)

    def _stay(self, *, days_ago: int, total_cents: int, self_share: float) -> Settlement:
        discharged = self._today - timedelta(days=days_ago)
        return self._settled("21", discharged, self._rng.randint(6, 18), total_cents, self_share)

    def _bill(self, kind: str, *, days: int, total_cents: int, self_share: float) -> Settlement:
        discharged = self._today - timedelta(days=self._rng.randint(2, 400))
        return self._settled(kind, discharged, days, total_cents, self_share)

    def _settled(
        self, kind: str, discharged: date, days: int, total_cents: int, self_share: float
    ) -> Settlement:
        self._bills += 1
        own = round(total_cents * self_share)
        return Settlement(
            key=f"JS{self._bills:011d}",
            kind=kind,
            admitted=discharged - timedelta(days=days),
            discharged=discharged,
            total_cents=total_cents,
            fund_cents=total_cents - own,
            self_cents=own,
            major=kind == "21" and self._rng.random() < 0.12,  # noqa: PLR2004 - one in eight
        )

    def _certificate(self, person: Person) -> Certificate | None:
        rng = self._rng
        if rng.random() >= CERTIFICATE_SHARE:
            return None
        category = rng.choices("1234567", (12, 20, 3, 45, 8, 9, 3))[0]
        level = rng.choices("1234", (15, 30, 30, 25))[0]
        earliest = max(person.birth_date + timedelta(days=40), date(2009, 1, 5))
        span = max((self._today - earliest).days - 50, 0)
        issued = earliest + timedelta(days=rng.randint(0, span))
        return Certificate(f"{person.number}{category}{level}", category, level, issued)
