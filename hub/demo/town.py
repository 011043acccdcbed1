"""Makes the made-up district's households, each for itself: order and size do not matter.

The household at an index depends on the seed, the day and the index alone, so that a
district of any size is written without holding it, and a larger one begins with the same
people. One index may give two households: one that split off or one that joined.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Final

from hub.demo import names
from hub.demo.people import (
    DAUGHTER,
    FATHER,
    GRANDDAUGHTER,
    GRANDSON,
    HEAD,
    KNOWN_FAMILY,
    MOTHER,
    SON,
    SPOUSE,
    Household,
    Person,
    Plot,
    Stay,
)
from hub.demo.structure import KINDS, PLOT_KINDS, PLOTS, WEIGHTS, Role
from hub.demo.turns import died, joined, moved_house, reissued, split

SCOPE_SHARE: Final = 0.93
"""How many of the households are on civil affairs' own list."""
LIST_REASONS: Final = ("DB", "DB", "DB", "DY", "DY", "TK", "GX", "monitoring")
KNOWN_FAMILY_INDEX: Final = 7
"""Where the family that is always there stands: after seven others."""
SLOTS: Final = 8
"""Numbers that an index owns: six for members, one re-issued, one for a supporter."""
REISSUED_SLOT, SUPPORTER_SLOT = 6, 7
MAX_INDEX: Final = names.CAPACITY // SLOTS - 1
TWIN_SHARE: Final = 0.1
_TURNS: Final = ((0.012, split), (0.012, joined), (0.02, moved_house), (0.01, reissued))
_YOUNGEST: Final = timedelta(days=90)
_PARENTS: Final = frozenset({FATHER, MOTHER})


class Town:
    """Makes households; holds nothing but the seed and the day."""

    def __init__(self, *, seed: int, today: date) -> None:
        self._seed = seed
        self._today = today
        self._numbers = names.Numbers(seed)

    def households(self, count: int) -> Iterator[Household]:
        """Yield the households of `count` indices; the known family is among the first eight.

        Raises:
            ValueError: There are not so many numbers.
        """
        if count > MAX_INDEX:
            raise ValueError(f"a made-up district has at most {MAX_INDEX:,} families")
        known = min(KNOWN_FAMILY_INDEX, count - 1)
        for index in range(count):
            if index == known:
                yield _Family(self._seed, self._today, self._numbers, index).known()
            else:
                yield from self.at(index)

    def at(self, index: int) -> tuple[Household, ...]:
        """Return the households of an index, as if it were not the known family's."""
        return _Family(self._seed, self._today, self._numbers, index).households()

    def outsider(self, house: Household, birth_date: date, *, male: bool) -> str:
        """Return the number of somebody outside who belongs to a household's relatives."""
        place = int(house.number[1:]) * SLOTS + SUPPORTER_SLOT
        return self._numbers.citizen(place, birth_date, male=male)


class _Family:
    """One index: its random numbers, and the places that it gave away."""

    def __init__(self, seed: int, today: date, numbers: names.Numbers, index: int) -> None:
        self._rng = Random(f"people {seed} {index}")
        self._today = today
        self._numbers = numbers
        self._index = index
        self._given = 0
        self._number = f"H{index:08d}"
        self._region = names.community(self._rng)
        self._address = names.address(self._region, self._rng.randint(1, 400))

    def households(self) -> tuple[Household, ...]:
        rng = self._rng
        listed = rng.choice(LIST_REASONS) if rng.random() < SCOPE_SHARE else None
        plot = rng.choices(*PLOTS)[0] if listed is not None else Plot.ORDINARY
        kinds, weights = PLOT_KINDS.get(plot, (KINDS, WEIGHTS))
        kind = rng.choices(kinds, weights)[0]
        members = self._members(kind.roles, rng.randint(*kind.head_ages))
        house = self._house(tuple(members), listed, plot)
        return self._turned(house)

    def known(self) -> Household:
        """Return the family of the worked example: two stays in hospital, parents, a girl."""
        members = (
            self._person("周", HEAD, male=True, age=44),
            self._person("周", FATHER, male=True, age=68),
            self._person(names.surname(self._rng), MOTHER, male=False, age=66),
            self._person("周", DAUGHTER, male=False, age=13),
        )
        house = self._house(members, "monitoring", Plot.KNOWN)
        return replace(house, label=KNOWN_FAMILY)

    def _turned(self, house: Household) -> tuple[Household, ...]:
        """Let happen to a household what the register must write down: at most one turn."""
        rng, today = self._rng, self._today
        if house.listed is None:
            return (house,)
        if house.plot is Plot.EARNER_DIED:
            return (died(rng, house, today, house.members[0], soon=True),)
        if house.plot not in {Plot.ORDINARY, Plot.STRAINED}:
            return (house,)
        roll = rng.random()
        for share, turn in _TURNS:
            if roll < share:
                return turn(rng, house, today, self._spare_number)
            roll -= share
        if roll < 0.03 and len(house.members) > 1:
            eldest = min(house.members, key=lambda person: person.birth_date)
            return (died(rng, house, today, eldest, soon=False),)
        return (house,)

    def _spare_number(self, person: Person) -> str:
        place = self._index * SLOTS + REISSUED_SLOT
        return self._numbers.citizen(place, person.birth_date, male=person.male)

    def _members(self, roles: tuple[Role, ...], head_age: int) -> Iterator[Person]:
        rng, family = self._rng, names.surname(self._rng)
        male = rng.random() < (0.5 if not roles else 0.8)
        yield self._person(family, HEAD, male=male, age=head_age)
        before: Person | None = None
        for role in roles:
            age = head_age + rng.randint(*role.years)
            if age < 0:
                continue
            sibling = before is not None and before.relation in {SON, DAUGHTER} and role.is_child
            if before is not None and sibling and rng.random() < TWIN_SHARE:
                yield self._twin(before, family)
                continue
            before = self._relative(role, family, age, head_male=male)
            yield before

    def _relative(self, role: Role, family: str, age: int, *, head_male: bool) -> Person:
        rng = self._rng
        if role.relation == SPOUSE:
            return self._person(names.surname(rng), SPOUSE, male=not head_male, age=age)
        if role.relation in _PARENTS:
            male = role.relation == FATHER
            return self._person(
                family if male else names.surname(rng), role.relation, male=male, age=age
            )
        male = rng.random() < 0.5
        words = {SON: (SON, DAUGHTER), GRANDSON: (GRANDSON, GRANDDAUGHTER)}[role.relation]
        return self._person(family, words[0] if male else words[1], male=male, age=age)

    def _twin(self, other: Person, family: str) -> Person:
        """Return a twin: same birthday, often a name that differs in one character."""
        male = self._rng.random() < 0.5
        relation = SON if male else DAUGHTER
        return self._born(family, relation, other.birth_date, other.registered_on, male=male)

    def _person(self, family: str, relation: str, *, male: bool, age: int) -> Person:
        rng, today = self._rng, self._today
        # A birthday between one year and a day before `today` less `age`, and that day.
        born = date(today.year - age, today.month, 1) - timedelta(days=rng.randint(1, 334))
        born = min(born, today - _YOUNGEST)
        first = max(born + timedelta(days=9), date(2004, 1, 5))
        registered = first + timedelta(days=rng.randint(0, max((today - first).days - 45, 0)))
        return self._born(family, relation, born, registered, male=male)

    def _born(
        self, family: str, relation: str, born: date, registered: date, *, male: bool
    ) -> Person:
        rng = self._rng
        place = self._index * SLOTS + self._given
        self._given += 1
        stay = Stay(registered, self._number, relation, self._region, self._address)
        return Person(
            key=f"R{place:09d}",
            number=self._numbers.citizen(place, born, male=male),
            name=family + names.given_name(rng, male=male),
            male=male,
            birth_date=born,
            ethnic_group=rng.choices(("01", "15", "03", "11"), (94, 4, 1, 1))[0],
            phone=names.phone(rng),
            stays=(stay,),
        )

    def _house(self, members: tuple[Person, ...], listed: str | None, plot: Plot) -> Household:
        return Household(
            self._number,
            self._region,
            self._address,
            members,
            listed,
            plot,
            applicant=members[0].number,
        )
