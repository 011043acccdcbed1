"""What insurers and the federation know about the made-up people: enrolment, bills, certificates.

Amounts are integer cents. Every day lies in the past of `today`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Final

from hub.demo.people import Household, Person, Plot

CERTIFICATE_SHARE: Final = 0.12
STANDARD_CENTS: Final = 93_000
"""The minimum living standard a month, Wuhan, as the worked example has it."""
HARD_TRIGGER_TIMES: Final = 3
_OLD = 65


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
    """Makes the charts of one household from its own chance; `workers` are insured as employees."""

    def __init__(self, rng: Random, today: date, workers: frozenset[str]) -> None:
        self._rng = rng
        self._today = today
        self._workers = workers

    def charts(self, house: Household) -> Iterator[Chart]:
        """Yield one chart for everyone, members first, then who died."""
        listed = house.listed is not None
        for place, person in enumerate(house.everyone):
            bills = [bill for bill in self._bills(house, person, place) if _lived(bill, person)]
            yield Chart(
                person,
                self._enrolment(person, listed=listed),
                tuple(
                    replace(bill, key=f"JS{person.slot}{number:02d}")
                    for number, bill in enumerate(bills)
                ),
                None if house.plot is Plot.KNOWN else self._certificate(person),
            )

    def _bills(self, house: Household, person: Person, place: int) -> Iterator[Settlement]:
        if house.plot is Plot.KNOWN:
            if place == 0:
                yield from self._known_stays()
            return
        if house.listed is not None or self._rng.random() < 0.3:
            yield from self._ordinary(person)
        if place == 0 and house.plot is Plot.HARD_PRESSED:
            for days_ago in (40, 130, 210)[: self._rng.randint(2, 3)]:
                total = self._rng.randint(700_000, 1_600_000)
                yield self._stay(days_ago=days_ago, total_cents=total, self_share=0.3)
        if place == 0 and house.plot is Plot.HEAVY_BILL:
            yield self._heavy(len(house.members))

    def _known_stays(self) -> Iterator[Settlement]:
        """Two stays and their follow-up: 24,000 yuan in a year, no month with 11,160 or more."""
        for months_ago, total, share in ((10, 2_000_000, 0.4), (3, 2_500_000, 0.4)):
            stay = self._stay(days_ago=months_ago * 30, total_cents=total, self_share=share)
            yield replace(stay, major=False)
        for days_ago, own in ((250, 380_000), (45, 220_000)):
            day = self._today - timedelta(days=days_ago)
            yield self._settled("14", day, 0, own * 2, 0.5)

    def _enrolment(self, person: Person, *, listed: bool) -> Enrolment | None:
        rng, works = self._rng, person.key in self._workers
        if rng.random() < 0.03 and not works:
            return None
        status = "1" if works else rng.choices(("1", "2", "4"), (94, 4, 2))[0]
        start = self._enrolled_from(person)
        return Enrolment(
            key=f"YB{person.slot}",
            scheme="310" if works else "390",
            status=status,
            subsidised=listed and not works and rng.random() < 0.5,
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
        for _ in range(rng.choices((0, 1, 2, 4), (62, 25, 10, 3))[0]):
            cost = rng.randint(8_000, 90_000)
            yield self._bill("11", days=0, total_cents=cost, self_share=0.45)
        if age >= _OLD and rng.random() < 0.2:
            for _ in range(3):
                cost = rng.randint(15_000, 150_000)
                yield self._bill("14", days=0, total_cents=cost, self_share=0.3)
        if rng.random() < (0.14 if age >= _OLD else 0.04):
            cost = rng.randint(300_000, 2_500_000)
            share = rng.uniform(0.06, 0.14)
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
        own = round(total_cents * self_share)
        return Settlement(
            key="",
            kind=kind,
            admitted=discharged - timedelta(days=days),
            discharged=discharged,
            total_cents=total_cents,
            fund_cents=total_cents - own,
            self_cents=own,
            major=kind == "21" and self._rng.random() < 0.06,
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
        number = person.former_number or person.number
        return Certificate(f"{number}{category}{level}", category, level, issued)


def _lived(bill: Settlement, person: Person) -> bool:
    """Whether the person was born before the bill and did not die before its end."""
    return person.birth_date < bill.admitted and (
        person.died_on is None or bill.discharged <= person.died_on
    )
