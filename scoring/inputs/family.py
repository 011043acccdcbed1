"""The inputs of the household as a whole, from its members' records."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Final

from scoring.facts import Kind, Source
from scoring.household import Evidence, Household, Input, Known
from scoring.inputs.member import YEAR_MONTHS, member_on
from scoring.inputs.told import LEFT_DAYS, REGISTER, Family, Person, newest
from scoring.rules.logic import age_on, months_before

_ADULT: Final = 18
_HEAD: Final = 2
_SPOUSES: Final = frozenset({10, 11, 12})
"""Relation to the head, GB/T 4761: the head is 02, a spouse 10, a husband 11, a wife 12."""
_ALONE: Final = frozenset({10, 30, 40})
_MARRIED: Final = frozenset({20, 21, 22, 23})
"""GB/T 2261.2: never married, widowed, divorced; married."""
_SIX_MONTHS: Final = 6
_WORK: Final = Source.SOCIAL_INSURANCE.department
_INCOME: Final = (Source.SOCIAL_INSURANCE, Source.PENSION, Source.UNEMPLOYMENT_BENEFIT)
_DEATHS: Final = (Source.FUNERAL, Source.DEATH_CERTIFICATE)
Told = Known[object] | None


def household_on(told: Family) -> Household | None:
    """Return the household as the score sees it; None when nobody lives in it."""
    if not told.members:
        return None
    members = tuple(
        member_on(person, str(index), told.as_of) for index, person in enumerate(told.members)
    )
    known = {name.value: read(told) for name, read in _INPUTS.items()}
    return Household(as_of=told.as_of, members=members, **known)  # type: ignore[arg-type]  # as above


def _known(value: object, evidence: Evidence | None) -> Told:
    return None if evidence is None else Known(value, evidence)


def _vouched(people: Iterable[Person], *sources: Source) -> list[Evidence]:
    return [e for p in people if (e := p.evidence(*sources)) is not None]


def _region(told: Family) -> Told:
    if told.region is None or told.region_since is None:
        return None
    return Known(told.region, Evidence(REGISTER, told.region_since))


def income_on(told: Family, day: int) -> int:
    """Return what the members earn and are paid a month, in cents, by what covers the day."""
    kinds = (Kind.SPELL, Kind.PENSION, Kind.BENEFIT)
    rows = (row for p in told.members for kind in kinds for row in p.of(kind))
    return sum(row.c for row in rows if row.a <= day <= row.b)


def _income(told: Family) -> Told:
    return _income_known(told, told.day)


def _income_before(told: Family) -> Told:
    return _income_known(told, months_before(told.as_of, _SIX_MONTHS).toordinal())


def _income_known(told: Family, day: int) -> Told:
    if not told.was_read(_WORK):
        return None
    return _known(income_on(told, day), _records_or_silence(told, *_INCOME))


def _records_or_silence(told: Family, *sources: Source) -> Evidence | None:
    """Return the newest record of any member, or, where there is none, the reading."""
    speakers = [p for p in told.members if any(s in p.words for s in sources)]
    return newest(_vouched(speakers or told.members, *sources))


def _rigid_spending(told: Family) -> Told:
    if not told.was_read(Source.MEDICAL_SETTLEMENT.department):
        return None
    since = months_before(told.as_of, YEAR_MONTHS).toordinal()
    rows = (row for p in told.members for row in p.of(Kind.SELF_PAID))
    paid = sum(row.c for row in rows if since < row.a <= told.day)
    return _known(paid // YEAR_MONTHS, _records_or_silence(told, Source.MEDICAL_SETTLEMENT))


def _any(told: Family, kind: Kind, source: Source) -> Told:
    """Return True once a member's record says so, False when all were asked."""
    saying = [p for p in told.members if p.of(kind)]
    if saying:
        return _known(value=True, evidence=newest(_vouched(saying, source)))
    return _known(value=False, evidence=_all_asked(told, source))


def _all_asked(told: Family, source: Source) -> Evidence | None:
    """Return the newest word or silence when there is one about every member."""
    vouched = _vouched(told.members, source)
    return _records_or_silence(told, source) if len(vouched) == len(told.members) else None


def _dangerous_housing(told: Family) -> Told:
    return _any(told, Kind.DANGEROUS, Source.DANGEROUS_HOUSING)


def _support_outside(told: Family) -> Told:
    return _any(told, Kind.SUPPORTS, Source.SUPPORTER)


def _assisted_before(told: Family) -> Told:
    on_roll = [p for p in told.members if p.of(Kind.ROLL)]
    if on_roll:
        return _known(value=True, evidence=newest(_vouched(on_roll, Source.ASSISTANCE_ROLL)))
    asked = [p for p in told.members if p.of(Kind.HISTORY)]
    ever = [p for p in asked if p.of(Kind.HISTORY)[0].a]
    return _known(bool(ever), newest(_vouched(ever or asked, Source.ASSISTANCE_HISTORY)))


def _single_parent(told: Family) -> Told:
    ages = {id(p): _age(p, told.as_of) for p in told.members}
    if all(age is not None and age >= _ADULT for age in ages.values()):
        return _known(value=False, evidence=newest(_vouched(told.members, Source.POPULATION)))
    if not any(age is not None and age < _ADULT for age in ages.values()):
        return None
    adults = [p for p in told.members if (ages[id(p)] or 0) >= _ADULT]
    heads = [p for p in adults if p.relation == _HEAD]
    spouses = [p for p in adults if p.relation in _SPOUSES]
    if not heads:
        return None
    if spouses:
        return _known(value=False, evidence=newest(_vouched(heads + spouses, Source.POPULATION)))
    married = heads[0].of(Kind.MARITAL)
    if not married or married[0].a not in _ALONE | _MARRIED:
        return None
    return _known(married[0].a in _ALONE, heads[0].evidence(Source.MARITAL_STATUS))


def _age(person: Person, as_of: date) -> int | None:
    born = person.of(Kind.BORN)
    return age_on(date.fromordinal(born[0].a), as_of) if born else None


def _dibao_lost(told: Family) -> Told:
    return _days(told, Kind.DIBAO_ENDED, Source.ASSISTANCE_ROLL)


def _disasters(told: Family) -> Told:
    return _days(told, Kind.DISASTER, Source.DISASTER_DAMAGE)


def _days(told: Family, kind: Kind, source: Source) -> Told:
    """Return days of events up to now: those that are told, or none when all were asked."""
    days = {row.a for p in told.members for row in p.of(kind) if row.a <= told.day}
    saying = [p for p in told.members if p.of(kind)]
    evidence = newest(_vouched(saying, source)) if days else _all_asked(told, source)
    return _known(tuple(date.fromordinal(day) for day in sorted(days)), evidence)


def _only_earner_died(told: Family) -> Told:
    """Return the days on which somebody died who worked, while no present member did."""
    if not told.was_read(_WORK):
        return None
    lately = [p for p in told.former if p.left_on <= told.day <= p.left_on + LEFT_DAYS]
    days: dict[int, Person] = {}
    for person in (*told.members, *lately):
        others = [p for p in told.members if p is not person]
        for row in person.of(Kind.DIED):
            worked = person.covered(row.a) or person.covered(row.a - 1)
            if row.a <= told.day and worked and not any(p.covered(row.a) for p in others):
                days[row.a] = person
    if days:
        return _known(_dates(days), newest(_vouched(days.values(), *_DEATHS)))
    vouched = [e for s in _DEATHS if (e := _all_asked(told, s)) is not None]
    return _known((), newest(vouched))


def _dates(days: Iterable[int]) -> tuple[date, ...]:
    return tuple(date.fromordinal(day) for day in sorted(days))


_INPUTS: Final[dict[Input, Callable[[Family], Told]]] = {
    Input.REGION: _region,
    Input.MONTHLY_INCOME_CENTS: _income,
    Input.INCOME_SIX_MONTHS_AGO_CENTS: _income_before,
    Input.RIGID_SPENDING_CENTS: _rigid_spending,
    Input.DANGEROUS_HOUSING: _dangerous_housing,
    Input.SINGLE_PARENT: _single_parent,
    Input.ASSISTED_BEFORE: _assisted_before,
    Input.SUPPORT_OUTSIDE: _support_outside,
    Input.DIBAO_LOST: _dibao_lost,
    Input.ONLY_EARNER_DIED: _only_earner_died,
    Input.DISASTERS: _disasters,
}
"""No department tells whether there is a carer; the rule finds out from ages and health."""
