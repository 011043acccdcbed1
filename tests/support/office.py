"""A seeded generator of offices at work, and of people who misuse what they may read.

Thirteen weeks of a district: counters, caseworkers, a hotline with shifts, information desks,
supervisors, systems that work at night; lunch, overtime, month's end, public holidays and the
weekend days worked in their place, leave, mistyped numbers, a form that asks for one field too
many, a form that is new. Nothing here knows the rules: when offices work is told by the table of
the statutory clocks. What is planted says which pattern it is.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256

from audit.indicator_rules import BEIJING
from scoring.parameters.working_days import packaged_calendar

FIRST = date(2026, 8, 3)
DAYS = 91
A_READER = 1_480
"""About so many accesses of somebody in that time."""
PEOPLE_A_READER = 800
"""A district of 240,000 people on its rolls has some 300 readers."""
OFFICES = packaged_calendar()
HOLIDAYS = OFFICES.days_off
DEPARTMENTS = (
    *("civil-affairs", "medical-insurance", "housing", "education"),
    *("human-resources", "disabled-federation", "health", "tax"),
)
NAMES = ("Population.name", "Population.birthDate", "Person.id")
FIELDS = {
    "civil-affairs": [*NAMES, "Score.total", "Alert.status", "Household.region"],
    "medical-insurance": [*NAMES, "Recognition.category", "Insurance.state"],
    "housing": [*NAMES, "Recognition.category", "Dwelling.area"],
    "education": [*NAMES, "Recognition.category", "Enrolment.stage"],
    "human-resources": [*NAMES, "Employment.state", "Recognition.category"],
    "disabled-federation": [*NAMES, "Disability.grade", "Recognition.category"],
    "health": [*NAMES, "Illness.group", "Recognition.category"],
    "tax": [*NAMES, "Household.region"],
}
NEW_FORM = "Recognition.decidedOn"
PRIVATE = ["Illness.group", "Disability.grade", "Population.phone"]
PATTERNS = (
    *("at night", "burst", "many people", "many readers", "no casework", "relatives"),
    *("outside the caseload", "denied burst", "not by number", "dormant account"),
    *("unusual fields", "watched people"),
)
SHARES = (("counter", 45), ("case", 30), ("review", 8), ("info", 5), ("hotline", 5), ("lead", 7))


def tag_of(person: int) -> bytes:
    """Stands for somebody in the log."""
    return sha256(b"office %d" % person).digest()


@dataclass(frozen=True, slots=True)
class Event:
    """What is put on record: an answer, a refusal or a step of casework."""

    at: datetime
    kind: str
    department: str
    actor: str | None
    client: str
    people: tuple[int, ...] = ()
    fields: tuple[str, ...] = ()
    root: str = "person"
    case: str | None = None
    unknown: int = 0
    outside: int = 0
    denied: tuple[str, ...] = ()
    pattern: str | None = None
    """Which misuse it is part of; None: work."""


@dataclass(slots=True)
class Reader:
    """Somebody who works in an office."""

    department: str
    actor: str
    work: str
    pace: float
    """How many people a day."""
    pool: list[int]
    away: set[date] = field(default_factory=set)
    family: tuple[int, ...] = ()


class Office:
    """A district with about so many accesses in its thirteen weeks; the same for the same seed."""

    def __init__(self, seed: int, accesses: int) -> None:
        self.random = random.Random(seed)
        self.accesses = accesses
        count = max(round(accesses / A_READER), 3 * len(DEPARTMENTS))
        self.pace = min(accesses / count / A_READER, 1.0)
        self.people = PEOPLE_A_READER * count
        self.batch = min(300, self.people // 300)
        works = [work for work, share in SHARES for _ in range(share)]
        self.readers = [self._reader(n, self.random.choice(works)) for n in range(count)]
        self.watched = self.random.sample(range(self.people), 25)
        self.close = {(reader.department, reader.actor): reader.family for reader in self.readers}
        first = FIRST + timedelta(days=self.random.randrange(60, 68))
        self.new_form = (self.random.choice(DEPARTMENTS[1:]), first)
        self.bad_form = (self.random.choice(DEPARTMENTS[1:]), first - timedelta(days=20))

    def events(self) -> list[Event]:
        """Return everything in the order of time."""
        made = [*self._work(), *self._night_systems(), *self._misuse()]
        return sorted(made, key=lambda each: each.at)

    def _reader(self, number: int, work: str) -> Reader:
        chance = self.random
        department = DEPARTMENTS[number % len(DEPARTMENTS)]
        pace = {"counter": 26, "case": 14, "review": 20, "info": 32, "hotline": 70, "lead": 6}[work]
        home = chance.randrange(self.people - 400)
        reader = Reader(
            department, f"c-{number}", work, pace * chance.uniform(0.6, 1.5),
            chance.sample(range(home, home + 400), 220),
        )  # fmt: skip
        place = chance.randrange(self.people - 6)
        reader.family = tuple(range(place, place + chance.randint(2, 5)))
        if chance.random() < 0.5:
            start, length = chance.randrange(DAYS), chance.choice([3, 5, 7, 10, 14])
            reader.away |= {FIRST + timedelta(days=start + each) for each in range(length)}
        if chance.random() < 0.02:
            reader.away |= {FIRST + timedelta(days=10 + each) for each in range(65)}
        return reader

    # ---- work -------------------------------------------------------------------------------

    def _work(self) -> Iterator[Event]:
        for number in range(DAYS):
            day = FIRST + timedelta(days=number)
            for reader in self.readers:
                if day in reader.away:
                    continue
                yield from self._day(reader, day)

    def _day(self, reader: Reader, day: date) -> Iterator[Event]:
        chance, is_off = self.random, not OFFICES.is_working_day(day)
        shift = "day"
        if reader.work == "hotline":
            shift = chance.choices(["day", "late", "night", "off"], [5, 2, 1, 2])[0]
        elif is_off and chance.random() > (0.03 if day not in HOLIDAYS else 0.005):
            return
        if shift == "off":
            return
        rate = reader.pace * (0.15 if is_off and reader.work != "hotline" else 1)
        if day.day >= 27:
            rate *= 1.9 if reader.work == "review" else 1.35
        if shift == "night":
            rate *= 0.25
        rate *= self.pace
        for _ in range(round(chance.lognormvariate(0, 0.35) * rate)):
            yield from self._look_up(reader, self._moment(day, shift))

    def _moment(self, day: date, shift: str) -> datetime:
        """Return a moment of a shift: mornings and afternoons, lunch, some overtime."""
        chance = self.random
        if shift == "late":
            hour = chance.uniform(13, 21.5)
        elif shift == "night":
            hour = chance.uniform(20, 29)
        elif chance.random() < 0.03:
            hour = 17.5 + min(chance.expovariate(1 / 1.2), 6)
        elif chance.random() < 0.06:
            hour = chance.uniform(12, 14)
        else:
            hour = chance.choice(
                [chance.triangular(8.4, 12, 9.8), chance.triangular(13.9, 17.6, 15)]
            )
        return datetime.combine(day, time(), BEIJING) + timedelta(hours=hour)

    def _look_up(self, reader: Reader, at: datetime) -> Iterator[Event]:
        chance, (fields, denied) = self.random, self._form(reader.department, at.date())
        if chance.random() < 0.003:
            yield self._event("denial", reader, at, denied=("Population.phone NOT_GRANTED",))
            return
        if reader.work == "lead" and chance.random() < 0.5:
            many = tuple(chance.sample(range(self.people), chance.randint(20, 50)))
            root = chance.choice(["households", "warnings", "warnings"])
            yield self._event("answer", reader, at, people=many, fields=fields, root=root)
            return
        mistyped = chance.random()
        if mistyped < 0.03:
            odd = {"unknown": 1} if mistyped < 0.018 else {"outside": 1}
            yield self._event("answer", reader, at, fields=fields, **odd)
            return
        home = self._home(reader)
        if not home:
            return
        case = f"G-{home[0]}" if reader.work == "case" and chance.random() < 0.6 else None
        yield self._event(
            "answer", reader, at, people=home, fields=fields, case=case, denied=denied
        )
        follows = {"case": 0.75, "review": 0.5, "counter": 0.15}.get(reader.work, 0.0)
        if chance.random() < follows:
            then = at + timedelta(days=chance.expovariate(1 / 2.5), minutes=20)
            yield self._event("command", reader, then, people=home)

    def _form(self, department: str, day: date) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return what a department's form asks for on a day, and what it is refused."""
        fields = tuple(FIELDS[department])
        new, since = self.new_form
        if department == new and day >= since:
            fields = (*fields, NEW_FORM)
        bad, when = self.bad_form
        if department == bad and when <= day < when + timedelta(days=3):
            return fields, ("Population.phone NOT_GRANTED",)
        if self.random.random() < 0.006:
            return fields, (
                self.random.choice(["Population.phone", "Score.total"]) + " NOT_GRANTED",
            )
        return fields, ()

    def _home(self, reader: Reader) -> tuple[int, ...]:
        """Return a family of the reader's work, or of whoever comes to the counter.

        Cases of people whom curiosity looks for are few, and given to few; a relative's case is
        handed on. Neither is always so.
        """
        chance = self.random
        person = chance.choice(reader.pool)
        if chance.random() < 0.08:
            person = chance.randrange(self.people)
        home = range(person, min(person + chance.randint(1, 4), self.people))
        apart = {*self.watched, *reader.family}
        if chance.random() < 0.05:
            return tuple(home)
        return tuple(one for one in home if one not in apart)

    def _event(self, kind: str, reader: Reader, at: datetime, **said: object) -> Event:
        client = f"{reader.department}-desk"
        return Event(
            at.astimezone(UTC),
            kind,
            reader.department,
            reader.actor,
            client,
            **said,  # type: ignore[arg-type]
        )

    def _night_systems(self) -> Iterator[Event]:
        """Systems compare their rolls at night, in batches; at month's end all of them.

        A small district has short rolls; one of 90,000 people and more has batches of 300.
        """
        chance = self.random
        for number in range(DAYS):
            day = FIRST + timedelta(days=number)
            for department in DEPARTMENTS[1:4]:
                start = datetime.combine(day, time(1, 30), BEIJING)
                for batch in range(6 if day.day < 27 else 14):
                    at = start + timedelta(minutes=3 * batch, seconds=chance.uniform(0, 90))
                    first = chance.randrange(max(self.people - 400, 1))
                    yield Event(
                        at.astimezone(UTC), "answer", department, None, f"{department}-rolls",
                        tuple(range(first, first + self.batch)), tuple(FIELDS[department]),
                        "people",
                    )  # fmt: skip

    # ---- misuse -----------------------------------------------------------------------------

    def _misuse(self) -> Iterator[Event]:
        """Yield twelve patterns, each by people who also work, on days after the seventh week."""
        chance = self.random
        able = [r for r in self.readers if r.work in {"counter", "case"}]
        able = [r for r in able if not r.away & self._later()] or able
        chosen = chance.sample(able, 10)
        for pattern, reader in zip(
            [p for p in PATTERNS if p not in {"many readers", "dormant account"}], chosen,
            strict=True,
        ):  # fmt: skip
            for event in getattr(self, "_" + pattern.replace(" ", "_"))(reader):
                yield self._planted(event, pattern)
        for pattern in ("many readers", "dormant account"):
            for event in getattr(self, "_" + pattern.replace(" ", "_"))(self.readers):
                is_work = event.actor == "c-left" and event.at.date() < FIRST + timedelta(days=7)
                yield event if is_work else self._planted(event, pattern)

    @staticmethod
    def _planted(event: Event, pattern: str) -> Event:
        parts = {name: getattr(event, name) for name in Event.__slots__}
        return Event(**{**parts, "pattern": pattern})

    @staticmethod
    def _later() -> set[date]:
        days = {FIRST + timedelta(days=number) for number in range(50, DAYS - 16)}
        return {day for day in days if OFFICES.is_working_day(day)}

    def _days(self, count: int) -> list[date]:
        days = sorted(self._later())
        start = self.random.randrange(len(days) - count)
        return days[start : start + count]

    def _asked(self, reader: Reader, at: datetime, **said: object) -> Event:
        known = {"people": (self.random.randrange(self.people),),
                 "fields": tuple(FIELDS[reader.department])}  # fmt: skip
        return self._event("answer", reader, at, **{**known, **said})

    def _at_night(self, reader: Reader) -> Iterator[Event]:
        for day in self._days(3):
            for _ in range(self.random.randint(5, 9)):
                hour = self.random.uniform(22.5, 25.5)
                yield self._asked(
                    reader, datetime.combine(day, time(), BEIJING) + timedelta(hours=hour)
                )

    def _burst(self, reader: Reader) -> Iterator[Event]:
        at = self._moment(self._days(1)[0], "day")
        for _ in range(self.random.randint(130, 190)):
            at += timedelta(seconds=self.random.uniform(3, 8))
            yield self._asked(reader, at)

    def _many_people(self, reader: Reader) -> Iterator[Event]:
        for day in self._days(4):
            for _ in range(self.random.randint(140, 200)):
                yield self._asked(reader, self._moment(day, "day"))

    def _many_readers(self, readers: list[Reader]) -> Iterator[Event]:
        somebody, days = self.random.randrange(self.people), self._days(3)
        for reader in self.random.sample(readers, min(14, len(readers))):
            at = self._moment(self.random.choice(days), "day")
            yield self._asked(reader, at, people=(somebody,))

    def _no_casework(self, reader: Reader) -> Iterator[Event]:
        for day in self._days(10):
            for _ in range(self.random.randint(12, 18) + round(2 * reader.pace)):
                yield self._asked(reader, self._moment(day, "day"))

    def _relatives(self, reader: Reader) -> Iterator[Event]:
        for day in self._days(3):
            relative = self.random.choice(reader.family)
            yield self._asked(reader, self._moment(day, "day"), people=(relative,))

    def _outside_the_caseload(self, reader: Reader) -> Iterator[Event]:
        (day,) = self._days(1)
        for _ in range(self.random.randint(18, 30)):
            yield self._asked(reader, self._moment(day, "day"), people=(), outside=1)

    def _denied_burst(self, reader: Reader) -> Iterator[Event]:
        at = self._moment(self._days(1)[0], "day")
        for _ in range(self.random.randint(50, 70)):
            at += timedelta(seconds=self.random.uniform(5, 14))
            denied = (self.random.choice(["Population.phone", "Score.total"]) + " NOT_GRANTED",)
            yield self._event("denial", reader, at, denied=denied)

    def _not_by_number(self, reader: Reader) -> Iterator[Event]:
        (day,) = self._days(1)
        for _ in range(self.random.randint(35, 55)):
            first = self.random.randrange(self.people - 50)
            yield self._asked(reader, self._moment(day, "day"), root="households",
                              people=tuple(range(first, first + 50)))  # fmt: skip

    def _dormant_account(self, readers: list[Reader]) -> Iterator[Event]:
        left = Reader(self.random.choice(readers).department, "c-left", "counter", 20, [])
        for day in range(5):
            for _ in range(20):
                yield self._asked(left, self._moment(FIRST + timedelta(days=day), "day"))
        last = sorted(self._later())[-6]
        for _ in range(self.random.randint(8, 14)):
            yield self._asked(left, self._moment(last, "day"))

    def _unusual_fields(self, reader: Reader) -> Iterator[Event]:
        (day,) = self._days(1)
        odd = [name for name in PRIVATE if name not in FIELDS[reader.department]]
        fields = (*FIELDS[reader.department], *odd)
        for _ in range(self.random.randint(6, 12)):
            yield self._asked(reader, self._moment(day, "day"), fields=fields)

    def _watched_people(self, reader: Reader) -> Iterator[Event]:
        for day in self._days(2):
            somebody = self.random.choice(self.watched)
            yield self._asked(reader, self._moment(day, "day"), people=(somebody,))
