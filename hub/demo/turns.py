"""Turns of a family's life that the register writes down: deaths, splits, moves, new numbers.

Each takes a household as it was and returns the households that it is today. Days lie far
enough in the past that what else happens to a registration comes later.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from hub.demo import names
from hub.demo.people import FATHER, HEAD, MOTHER, SON, Household, Person, Stay

SpareNumber = Callable[[Person], str]
_ADULT_CHILD = 20
_SETTLED = timedelta(days=40)
"""How long before a turn the register has known everybody whom it concerns."""


def died(rng: Random, house: Household, today: date, person: Person, *, soon: bool) -> Household:
    """Let `person` die; the next member becomes the head where that was the head.

    `soon`: within the last eighty days. Otherwise the register may not have heard of it yet.
    """
    day = today - timedelta(days=rng.randint(25, 80) if soon else rng.randint(30, 330))
    heard = day + timedelta(days=rng.randint(0, 4))
    if not soon and rng.random() < 0.1:
        gone = _known_before(replace(person, died_on=day), day)
        rest = [gone if other is person else other for other in house.members]
        return replace(house, members=tuple(rest))
    gone = _known_before(replace(person, died_on=day, death_registered_on=heard), day)
    rest = [_known_before(other, day) for other in house.members if other is not person]
    if person.relation == HEAD:
        rest = _with_new_head(rest, heard)
    return replace(house, members=tuple(rest), departed=(gone,))


def split(rng: Random, house: Household, today: date, spare: SpareNumber) -> tuple[Household, ...]:
    """Let a grown-up child leave for a household of its own, if there is one."""
    del spare
    children = [p for p in house.members if p.relation in {SON, "30"}]
    grown = [p for p in children if p.age(today) >= _ADULT_CHILD]
    if not grown:
        return (house,)
    day = _day(rng, today)
    leaver = _known_before(grown[0], day)
    region = names.community(rng)
    own = Stay(day, f"F{house.number[1:]}", HEAD, region, names.address(region, 7))
    leaver = replace(leaver, stays=(*leaver.stays, own))
    rest = tuple(_known_before(p, day) for p in house.members if p is not grown[0])
    return (
        replace(house, members=rest),
        Household(
            own.household, region, own.address, (leaver,), house.listed, applicant=leaver.number
        ),
    )


def joined(rng: Random, house: Household, today: date, spare: SpareNumber) -> tuple[Household, ...]:
    """Let a parent of the head, until then a household of its own, move in with the family."""
    del spare
    parents = [p for p in house.members if p.relation in {FATHER, MOTHER}]
    if not parents:
        return (house,)
    day = _day(rng, today)
    came = _known_before(parents[-1], day)
    region = names.community(rng)
    alone = Stay(came.registered_on, f"P{house.number[1:]}", HEAD, region, names.address(region, 9))
    inside = replace(came.stays[-1], since=day)
    came = replace(came, stays=(alone, inside))
    members = tuple(came if p is parents[-1] else _known_before(p, day) for p in house.members)
    emptied = Household(
        alone.household, region, alone.address, (), house.listed, applicant=came.number
    )
    return (replace(house, members=members), emptied)


def moved_house(
    rng: Random, house: Household, today: date, spare: SpareNumber
) -> tuple[Household, ...]:
    """Let the whole household move to another community."""
    del spare
    day = _day(rng, today)
    region = names.community(rng)
    address = names.address(region, rng.randint(1, 400))
    members = []
    for person in house.members:
        known = _known_before(person, day)
        there = replace(known.stays[-1], since=day, region=region, address=address)
        members.append(_gone_on(known, there))
    return (replace(house, region=region, address=address, members=tuple(members)),)


def reissued(
    rng: Random, house: Household, today: date, spare: SpareNumber
) -> tuple[Household, ...]:
    """Let one member get a new citizen number; the register's own key stays."""
    day = _day(rng, today)
    place = rng.randrange(len(house.members))
    person = _known_before(house.members[place], day)
    renewed = replace(person, number=spare(person), former_number=person.number, reissued_on=day)
    members = (*house.members[:place], renewed, *house.members[place + 1 :])
    return (replace(house, members=members),)


def _day(rng: Random, today: date) -> date:
    return today - timedelta(days=rng.randint(25, 300))


def _known_before(person: Person, day: date) -> Person:
    """Return the person as the register has known it for a while on `day`, if it can have."""
    latest = max(person.birth_date + timedelta(days=5), day - _SETTLED)
    first = person.stays[0]
    if first.since <= latest:
        return person
    return replace(person, stays=(replace(first, since=latest), *person.stays[1:]))


def _with_new_head(members: list[Person], day: date) -> list[Person]:
    """Return the members with the eldest adult as their head, relations told anew."""
    head = min(members, key=lambda person: person.birth_date)
    return [_gone_on(p, replace(p.stays[-1], since=day, relation=_after(p, head))) for p in members]


def _gone_on(person: Person, stay: Stay) -> Person:
    """Return the person in the next stay; who was born after it began, only knows it."""
    if person.registered_on < stay.since:
        return replace(person, stays=(*person.stays, stay))
    return replace(person, stays=(replace(stay, since=person.registered_on),))


def _after(person: Person, head: Person) -> str:
    """Return what a member is to the new head: the widow, or the dead head's mother."""
    if person is head:
        return HEAD
    was, heads = person.relation, head.relation
    if heads == "10":
        return {FATHER: "53", MOTHER: "54"}.get(was, was)
    if heads in {FATHER, MOTHER}:
        return {"10": "38", SON: "41", "30": "42", FATHER: "10", MOTHER: "10"}.get(was, "97")
    return "97"
