"""The made-up district's people: households of one to six with plausible ages and kinships.

The same seed, size and day give the same people. Households come one by one, so that a
district of any size can be written without holding it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from hub.demo import names

HEAD, SPOUSE, SON, DAUGHTER, FATHER, MOTHER = "02", "10", "20", "30", "51", "52"
"""Relations to the head of household, GB/T 4761."""

SCOPE_SHARE: Final = 0.8
"""How many of the households are on civil affairs' own list."""
LIST_REASONS: Final = ("DB", "DB", "DB", "DY", "DY", "TK", "GX", "monitoring")
STRUGGLING_SHARE: Final = 0.012
"""How many of the listed households paid very much for treatment a short while ago."""
KNOWN_FAMILY_INDEX: Final = 7
"""Where the family that is always there stands: after seven others."""
KNOWN_FAMILY: Final = "zhou"


@dataclass(frozen=True, slots=True)
class Person:
    """One made-up person."""

    key: str
    """The register's number of the person."""
    number: str
    name: str
    male: bool
    birth_date: date
    relation: str
    ethnic_group: str
    phone: str
    registered_on: date

    def age(self, today: date) -> int:
        """Return the whole years on `today`."""
        born = self.birth_date
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


@dataclass(frozen=True, slots=True)
class Household:
    """One made-up household; `listed` is why civil affairs lists it, None if it does not."""

    number: str
    region: str
    address: str
    members: tuple[Person, ...]
    listed: str | None
    struggling: bool
    label: str | None = None


@dataclass(frozen=True, slots=True)
class _Role:
    """A place in a household: relation, sex (None: either), and years older than the head."""

    relation: str
    male: bool | None
    years: tuple[int, int]


_WIFE: Final = _Role(SPOUSE, None, (-6, 4))
_CHILD: Final = _Role(SON, None, (-34, -22))
_PA: Final = _Role(FATHER, male=True, years=(22, 34))
_MA: Final = _Role(MOTHER, male=False, years=(20, 31))
_KINDS: Final[tuple[tuple[int, tuple[int, int], tuple[_Role, ...]], ...]] = (
    (10, (62, 91), ()),
    (8, (24, 61), ()),
    (14, (60, 85), (_WIFE,)),
    (10, (26, 59), (_WIFE,)),
    (22, (27, 55), (_WIFE, _CHILD)),
    (12, (30, 55), (_WIFE, _CHILD, _CHILD)),
    (10, (28, 52), (_CHILD,)),
    (4, (30, 52), (_CHILD, _MA)),
    (5, (32, 52), (_WIFE, _CHILD, _MA)),
    (4, (32, 52), (_WIFE, _CHILD, _PA, _MA)),
    (1, (32, 50), (_WIFE, _CHILD, _CHILD, _PA, _MA)),
)
"""Weight, the head's ages, and who lives with the head."""
_WEIGHTS: Final = tuple(weight for weight, _, _ in _KINDS)
_YOUNGEST: Final = timedelta(days=90)


class Town:
    """Makes households; owns its random numbers and the numbers that it gave away."""

    def __init__(self, *, seed: int, today: date) -> None:
        self._rng = Random(f"people {seed}")
        self._numbers = names.Numbers(self._rng)
        self._today = today
        self._people = 0

    def households(self, count: int) -> Iterator[Household]:
        """Yield `count` households; the known family is always among the first eight."""
        known = min(KNOWN_FAMILY_INDEX, count - 1)
        for index in range(count):
            yield self._known(index) if index == known else self._household(index)

    def _household(self, index: int) -> Household:
        rng = self._rng
        _, ages, roles = rng.choices(_KINDS, _WEIGHTS)[0]
        head_age, family = rng.randint(*ages), names.surname(rng)
        male = rng.random() < (0.5 if not roles else 0.8)
        members = [self._person(family, HEAD, male=male, age=head_age)]
        for role in roles:
            age = head_age + rng.randint(*role.years)
            if age >= 0:
                members.append(self._relative(role, family, age, head_male=male))
        listed = rng.random() < SCOPE_SHARE
        return self._house(
            index,
            tuple(members),
            rng.choice(LIST_REASONS) if listed else None,
            struggling=listed and rng.random() < STRUGGLING_SHARE,
        )

    def _relative(self, role: _Role, family: str, age: int, *, head_male: bool) -> Person:
        rng = self._rng
        match role.relation:
            case "10":
                return self._person(names.surname(rng), SPOUSE, male=not head_male, age=age)
            case "20":
                male = rng.random() < 0.5  # noqa: PLR2004 - even chances
                return self._person(family, SON if male else DAUGHTER, male=male, age=age)
            case relation:
                name = family if role.male else names.surname(rng)
                return self._person(name, relation, male=bool(role.male), age=age)

    def _known(self, index: int) -> Household:
        """Return the family of the worked example: two stays in hospital, parents, a girl."""
        given = self._person("周", HEAD, male=True, age=44)
        members = (
            given,
            self._person("周", FATHER, male=True, age=68),
            self._person(names.surname(self._rng), MOTHER, male=False, age=66),
            self._person("周", DAUGHTER, male=False, age=13),
        )
        return self._house(index, members, "monitoring", struggling=True, label=KNOWN_FAMILY)

    def _house(
        self,
        index: int,
        members: tuple[Person, ...],
        listed: str | None,
        *,
        struggling: bool,
        label: str | None = None,
    ) -> Household:
        region = names.community(self._rng)
        address = names.address(region, self._rng.randint(1, 400))
        return Household(f"H{index:08d}", region, address, members, listed, struggling, label)

    def _person(self, family: str, relation: str, *, male: bool, age: int) -> Person:
        rng, today = self._rng, self._today
        # A birthday between one year and a day before `today` less `age`, and that day.
        born = date(today.year - age, today.month, 1) - timedelta(days=rng.randint(1, 334))
        born = min(born, today - _YOUNGEST)
        first = max(born + timedelta(days=9), date(2004, 1, 5))
        registered = first + timedelta(days=rng.randint(0, max((today - first).days - 45, 0)))
        self._people += 1
        return Person(
            key=f"R{self._people:09d}",
            number=self._numbers.citizen(born, male=male),
            name=family + names.given_name(rng, male=male),
            male=male,
            birth_date=born,
            relation=relation,
            ethnic_group=rng.choices(("01", "15", "03", "11"), (94, 4, 1, 1))[0],
            phone=names.phone(rng),
            registered_on=registered,
        )
