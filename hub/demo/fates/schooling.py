"""Schools: who is on which roll, who gets aid, what schools report."""

from datetime import date
from typing import Final

from hub.demo import names
from hub.demo.fates.fate import Fate
from hub.demo.lives import Education
from hub.demo.people import DAUGHTER, Person, Plot
from hub.demo.records import SchoolAlert, SchoolRoll, StudentAid

_BEFORE: Final = {"junior": "primary", "senior": "junior", "vocational": "junior"}
_OLDEST: Final = 22


def education(fate: Fate, person: Person) -> Education:
    """Return the person's rolls, aid and alerts."""
    age = fate.age(person)
    if not 6 <= age <= _OLDEST or not fate.is_listed:
        return Education()
    if fate.is_known:
        return _known(fate, person) if person.relation == DAUGHTER else Education()
    place = _place(fate, age)
    if place is None:
        return Education()
    stage, grade = place
    rolls = _rolls(fate, person, stage, grade)
    aids = _aid(fate, person) if fate.chance(0.15) else ()
    return Education(rolls, aids, _alerts(fate, person, stage))


def _known(fate: Fate, person: Person) -> Education:
    roll = _roll(fate, person, "junior", 2, "enrolled")
    alert = SchoolAlert(f"YJ{person.slot}", "results", fate.ago(20, 40))
    return Education((roll,), (), (alert,))


def _place(fate: Fate, age: int) -> tuple[str, int] | None:
    """Return the stage and grade of an age, or None for who is at no school."""
    roll = fate.rng.random()
    if age <= 11:
        return "primary", age - 5
    if age <= 14:
        return "junior", age - 11
    if age <= 17:
        stage = "senior" if roll < 0.55 else "vocational"
        return (stage, age - 14) if roll < 0.88 else None
    stage = "university" if roll < 0.25 else "college"
    return (stage, min(age - 17, 4 if stage == "university" else 3)) if roll < 0.45 else None


def _rolls(fate: Fate, person: Person, stage: str, grade: int) -> tuple[SchoolRoll, ...]:
    status = fate.rng.choices(("enrolled", "suspended", "left"), (96, 2, 2))[0]
    now = _roll(fate, person, stage, grade, status)
    before = _BEFORE.get(stage)
    if before is None or not fate.chance(0.15):
        return (now,)
    return (_roll(fate, person, before, 6 if before == "primary" else 3, "graduated"), now)


def _roll(fate: Fate, person: Person, stage: str, grade: int, status: str) -> SchoolRoll:
    year = fate.today.year - grade - (fate.today.month < 9)
    year += 1
    if status == "graduated":
        year -= 6
    since = date(min(year, fate.today.year - (fate.today.month < 9)), 9, 1)
    school = names.school(fate.house.region, stage)
    return SchoolRoll(f"XJ{person.slot}{stage[:2]}", school, stage, grade, status, since)


def _aid(fate: Fate, person: Person) -> tuple[StudentAid, ...]:
    level = fate.rng.choice("123")
    cents = {"1": 200_000, "2": 125_000, "3": 75_000}[level]
    term = f"{fate.today.year - 1}-2"
    day = date(fate.today.year - 1, 10, fate.rng.randint(1, 28))
    return (StudentAid(f"ZX{person.slot}", term, level, cents, day),)


def _alerts(fate: Fate, person: Person, stage: str) -> tuple[SchoolAlert, ...]:
    hard = fate.plot is Plot.HARD_PRESSED
    if stage not in {"primary", "junior", "senior"}:
        return ()
    if not fate.chance(0.6 if hard else 0.05):
        return ()
    kind = fate.rng.choice(("results", "absence", "dropout"))
    days = (10, 150) if hard or fate.chance(0.5) else (210, 390)
    return (SchoolAlert(f"YJ{person.slot}", kind, fate.ago(*days)),)
