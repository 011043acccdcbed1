"""Work, pensions and unemployment: what human resources know."""

from datetime import date, timedelta
from typing import Final

from hub.demo import names
from hub.demo.fates.fate import ADULT, RETIRED, Fate, month_back
from hub.demo.lives import HumanResources
from hub.demo.people import FATHER, HEAD, Person, Plot
from hub.demo.records import EmploymentRegistration, Pension, UnemploymentBenefit, Work

KNOWN_WAGE_CENTS: Final = 550_000
KNOWN_PENSIONS: Final = {FATHER: 200_000, "52": 160_000}
"""The known family's income today: 3,600 yuan; half a year ago the head's wage beside it."""
BENEFIT_CENTS: Final = 178_000
_WORKING_SHARE: Final = {
    Plot.ORDINARY: 0.62,
    Plot.STRAINED: 0.25,
    Plot.HEAVY_BILL: 0.6,
    Plot.FIRE: 0.5,
}
"""How many adults work under a plot; under others nobody does."""
_SCHEME: Final = "employee-pension"


def human_resources(fate: Fate, person: Person) -> HumanResources:
    """Return the person's work, pension, benefits and registration."""
    if fate.is_known:
        return _known(fate, person)
    age = fate.age(person)
    if age < ADULT or (not fate.is_listed and fate.chance(0.6)):
        return HumanResources()
    if age >= RETIRED:
        return HumanResources(pensions=_pensions(fate, person))
    if person.died_on is not None and fate.plot is Plot.EARNER_DIED:
        return HumanResources(work=(_spell(fate, person, 20, person.died_on),))
    if fate.rng.random() < _WORKING_SHARE.get(fate.plot, 0.0):
        registration = _registered(fate, person, 0.0)
        return HumanResources(work=_working(fate, person), registration=registration)
    return _without_work(fate, person)


def _known(fate: Fate, person: Person) -> HumanResources:
    if person.relation == HEAD:
        unit = names.unit(fate.rng)
        last = fate.month(5)
        spell = Work(
            f"SB{person.slot}1", unit, _SCHEME, "active", fate.month(40), last, KNOWN_WAGE_CENTS
        )
        return HumanResources(work=(spell,))
    cents = KNOWN_PENSIONS.get(person.relation)
    if cents is None:
        return HumanResources()
    return HumanResources(pensions=(Pension(f"YL{person.slot}", fate.month(60), None, cents),))


def _pensions(fate: Fate, person: Person) -> tuple[Pension, ...]:
    share = {Plot.ORDINARY: 0.86, Plot.HEAVY_BILL: 0.9, Plot.UNATTENDED_CHILD: 0.5}
    if fate.rng.random() >= share.get(fate.plot, 0.45):
        return ()
    first = date(person.birth_date.year + RETIRED, person.birth_date.month, 1)
    low, high = (20_000, 90_000) if fate.plot is Plot.STRAINED else (110_000, 320_000)
    start, cents = min(first, fate.month(1)), fate.rng.randrange(low, high, 1_000)
    if person.died_on is not None and person.died_on < start:
        return ()
    return (Pension(f"YL{person.slot}", start, person.died_on, cents),)


def _working(fate: Fate, person: Person) -> tuple[Work, ...]:
    months = fate.rng.randint(1, 90)
    spells = [_spell(fate, person, months, None)]
    if fate.chance(0.2):
        before = fate.rng.randint(1, 8)
        spells.insert(0, _past(fate, person, months + before))
    return tuple(spells)


def _spell(fate: Fate, person: Person, months: int, until: date | None) -> Work:
    """Return a spell that began some months ago and is over with the month of `until`."""
    low, high = (150_000, 320_000) if fate.plot is Plot.STRAINED else (260_000, 680_000)
    return Work(
        f"SB{person.slot}1",
        names.unit(fate.rng),
        _SCHEME,
        "active",
        fate.month(months),
        None if until is None else month_back(until, 0),
        fate.rng.randrange(low, high, 1_000),
    )


def _past(fate: Fate, person: Person, ended: int) -> Work:
    """Return a spell whose last month lies `ended` months ago."""
    return Work(
        f"SB{person.slot}0",
        names.unit(fate.rng),
        _SCHEME,
        "active",
        fate.month(ended + fate.rng.randint(5, 50)),
        fate.month(ended),
        fate.rng.randrange(240_000, 560_000, 1_000),
    )


def _without_work(fate: Fate, person: Person) -> HumanResources:
    if fate.plot in {Plot.RELEASED, Plot.UNATTENDED_CHILD, Plot.LOST_DIBAO}:
        return HumanResources(registration=_registered(fate, person, 0.4))
    hard = fate.plot is Plot.HARD_PRESSED
    if not hard and not fate.chance(0.4):
        return HumanResources(registration=_registered(fate, person, 0.15))
    ended = 5 if hard else fate.rng.randint(1, 40)
    past = _past(fate, person, ended)
    work: tuple[Work, ...] = (past,)
    if fate.chance(0.1):
        rest = fate.month(ended - 1)
        work = (past, Work(f"SB{person.slot}2", past.unit, _SCHEME, "suspended", rest, None, 0))
    return HumanResources(
        work=work,
        benefits=_benefits(fate, person, ended),
        registration=_registered(fate, person, 0.7 if hard else 0.35),
    )


def _benefits(fate: Fate, person: Person, ended: int) -> tuple[UnemploymentBenefit, ...]:
    """Return the benefit that a lost job gives, some months of it."""
    if ended > 16 or fate.rng.random() > 0.5:
        return ()
    start = fate.month(ended - 1)
    if fate.plot is Plot.HARD_PRESSED:
        end = fate.ago(8, 75)
    else:
        end = start + timedelta(days=30 * fate.rng.randint(2, 12))
    return (UnemploymentBenefit(f"SY{person.slot}", start, max(start, end), BENEFIT_CENTS),)


def _registered(fate: Fate, person: Person, unemployed: float) -> EmploymentRegistration | None:
    """Return a registration: `unemployed` is the chance of one as unemployed."""
    is_out = fate.rng.random() < unemployed
    if not is_out and fate.rng.random() > 0.1:
        return None
    return EmploymentRegistration(
        f"DJ{person.slot}", is_out, fate.ago(5, 400), is_out and fate.chance(0.2), fate.chance(0.05)
    )
