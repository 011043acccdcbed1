"""Marriage, funerals, rolls, children, allowances, supporters: civil affairs' own registers."""

from datetime import date, timedelta
from typing import Final

from hub.demo import names
from hub.demo.fates.fate import ADULT, RETIRED, Fate, years_before
from hub.demo.health import Chart
from hub.demo.lives import CivilAffairs
from hub.demo.people import HEAD, SPOUSE, Person, Plot
from hub.demo.records import (
    Allowance,
    ChildStatus,
    Funeral,
    HistoryEnquiry,
    Marriage,
    RollEntry,
    Supporter,
)

ROLLS: Final = frozenset({"DB", "DY", "TK", "GX"})
_MONTHLY: Final = {"DB": (25_000, 93_000), "DY": (0, 1), "TK": (120_000, 140_000), "GX": (0, 1)}
_WIDOWED, _DIVORCED, _NEVER = "30", "40", "10"
_LEAVING: Final = ("income-risen", "property", "own-wish", "other")


def civil_affairs(fate: Fate, chart: Chart) -> CivilAffairs:
    """Return what civil affairs knows of a person; of the known family nothing at all."""
    person = chart.person
    if fate.is_known:
        return CivilAffairs()
    return CivilAffairs(
        marriage=_marriage(fate, person),
        funeral=_funeral(fate, person),
        roll=_roll(fate, person),
        history=_history(fate, person),
        child=_child(fate, person),
        allowances=_allowances(fate, chart),
        supporters=_supporters(fate, person),
    )


def _marriage(fate: Fate, person: Person) -> Marriage | None:
    age = fate.age(person)
    if age < 22 or not fate.is_listed:
        return None
    married = any(p.relation == SPOUSE for p in fate.house.members)
    if person.relation in {HEAD, SPOUSE} and married:
        if not fate.chance(0.85):
            return None
        others = {HEAD, SPOUSE} - {person.relation}
        other = next(p for p in fate.house.members if p.relation in others)
        wedding = _adult_day(fate, person, 24)
        return Marriage(f"HY{person.slot}", "21", wedding, other.former_number or other.number)
    widowed = any(p.relation in {HEAD, SPOUSE} for p in fate.house.departed)
    if person.relation == HEAD and widowed:
        death = max(p.died_on for p in fate.house.departed if p.died_on is not None)
        return Marriage(f"HY{person.slot}", _WIDOWED, death + timedelta(days=3), None)
    if not fate.chance(0.45 if person.relation == HEAD else 0.15):
        return None
    status = fate.rng.choices((_NEVER, _WIDOWED, _DIVORCED), (2, 4, 4))[0]
    return Marriage(f"HY{person.slot}", status, _adult_day(fate, person, 26), None)


def _adult_day(fate: Fate, person: Person, age: int) -> date:
    """Return a working day around an age of the person, in the past."""
    day = person.birth_date + timedelta(days=round(age * 365.25) - fate.rng.randint(0, 900))
    return min(day, fate.today - timedelta(days=20))


def _funeral(fate: Fate, person: Person) -> Funeral | None:
    if person.died_on is None or not (fate.plot is Plot.EARNER_DIED or fate.chance(0.8)):
        return None
    burnt = min(person.died_on + timedelta(days=fate.rng.randint(1, 4)), fate.today)
    return Funeral(f"BZ{person.slot}", person.died_on, burnt, "示范区殡仪馆")


def _roll(fate: Fate, person: Person) -> tuple[RollEntry, ...]:
    listed = fate.house.listed
    if listed is None or not (fate.is_head(person) or fate.chance(0.3)):
        return ()
    if fate.plot is Plot.LOST_DIBAO:
        if not fate.is_head(person):
            return ()
        return (_entry(fate, person, "DB", fate.ago(400, 900), fate.ago(12, 80)),)
    entries = []
    if fate.chance(0.04):
        start = fate.ago(500, 900)
        entries.append(_entry(fate, person, "LS", start, start + timedelta(days=90)))
    if listed in ROLLS and fate.chance(0.85):
        start = fate.after_birth(person, fate.ago(20, 1500))
        end = start + timedelta(days=180) if fate.chance(0.05) else None
        if person.died_on is not None:
            end = person.died_on
        started = end is None or start < end < fate.today - timedelta(days=100)
        if started or person.died_on is not None:
            first = start if end is None else min(start, end)
            entries.append(_entry(fate, person, listed, first, end))
    return tuple(entries)


def _entry(fate: Fate, person: Person, category: str, start: date, end: date | None) -> RollEntry:
    low, high = _MONTHLY.get(category, (40_000, 80_000))
    reason = fate.rng.choice(_LEAVING) if end is not None else None
    if reason is not None and person.died_on is not None:
        reason = "deceased"
    return RollEntry(
        f"JZ{person.slot}{category}",
        category,
        start,
        end,
        reason,
        fate.rng.randrange(low, high) // 100 * 100,
        f"6200****{fate.rng.randrange(10_000):04d}",
    )


def _history(fate: Fate, person: Person) -> HistoryEnquiry | None:
    share = 0.5 if fate.house.listed == "monitoring" else 0.06
    if not fate.is_head(person) or not fate.is_listed or not fate.chance(share):
        return None
    return HistoryEnquiry(f"LS{person.slot}", fate.ago(10, 300), fate.chance(0.35))


def _child(fate: Fate, person: Person) -> ChildStatus | None:
    if fate.age(person) >= ADULT or not fate.is_listed:
        return None
    since = fate.after_birth(person, fate.ago(40, 600))
    if fate.plot is Plot.UNATTENDED_CHILD:
        orphan = fate.rng.random() < 0.4
        return ChildStatus(f"ET{person.slot}", since, orphan, not orphan, left_behind=False)
    if not fate.chance(0.06):
        return None
    return ChildStatus(
        f"ET{person.slot}", since, orphan=False, unattended=False, left_behind=fate.chance(0.8)
    )


def _allowances(fate: Fate, chart: Chart) -> tuple[Allowance, ...]:
    person, found = chart.person, []
    if not fate.is_listed:
        return ()
    if fate.age(person) >= 80 and fate.chance(0.8):
        start = date(person.birth_date.year + 80, 12, 1)
        start = min(start, fate.today.replace(day=1))
        found.append(Allowance(f"JT{person.slot}1", "elderly", None, 10_000, start, person.died_on))
    certificate = chart.certificate
    if certificate is not None and certificate.level in "12" and fate.chance(0.6):
        start = certificate.issued + timedelta(days=20)
        found.append(
            Allowance(
                *(f"JT{person.slot}2", "disability-care", certificate.category, 15_000),
                *(min(start, fate.today), person.died_on),
            )
        )
    return tuple(entry for entry in found if entry.end is None or entry.start <= entry.end)


def _supporters(fate: Fate, person: Person) -> tuple[Supporter, ...]:
    old = fate.age(person) >= RETIRED
    if not fate.is_listed or not fate.is_head(person) or not fate.chance(0.4 if old else 0.15):
        return ()
    male = fate.rng.random() < 0.5
    years = 27 if old else -27
    year = min(person.birth_date.year + years, fate.today.year - 20)
    born = date(year, 6, fate.rng.randint(1, 28))
    return (
        Supporter(
            key=f"SY{person.slot}",
            number=fate.outsider(fate.house, born, male=male),
            name=names.surname(fate.rng) + names.given_name(fate.rng, male=male),
            relation="child" if old else "parent",
            supports=fate.rng.random() < 0.7,
            asked_on=max(fate.ago(10, 700), years_before(fate.today, 1)),
        ),
    )
