"""The made-up people and households: who they are and where each of them belongs."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

HEAD, SPOUSE, SON, DAUGHTER, FATHER, MOTHER = "02", "10", "20", "30", "51", "52"
GRANDSON, GRANDDAUGHTER = "41", "42"
"""Relations to the head of household, GB/T 4761."""

KNOWN_FAMILY: Final = "zhou"
"""The label of the family that is always there."""


class Plot(StrEnum):
    """What befell a household: the turn of its life from which its records follow."""

    ORDINARY = "ordinary"
    STRAINED = "strained"
    """Little income, some of several burdens."""
    HARD_PRESSED = "hard-pressed"
    """Sickness, no work, a child at school: most of the burdens at once."""
    HEAVY_BILL = "heavy-bill"
    """Paid very much for treatment in one month, a short while ago."""
    EARNER_DIED = "earner-died"
    FIRE = "fire"
    """A fire or an accident."""
    UNATTENDED_CHILD = "unattended-child"
    RELEASED = "released"
    """A member came out of custody or prison, and there is no income."""
    LOST_DIBAO = "lost-dibao"
    KNOWN = "known"
    """The worked example of the profile: see `KNOWN_FAMILY`."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A time in a household, as the register says it: since a day, until the next stay."""

    since: date
    household: str
    relation: str
    region: str
    address: str


@dataclass(frozen=True, slots=True)
class Person:
    """One made-up person."""

    key: str
    """The register's number of the person; it never changes."""
    number: str
    """The citizen number today."""
    name: str
    male: bool
    birth_date: date
    ethnic_group: str
    phone: str
    stays: tuple[Stay, ...]
    """At least one, in the order of time; the register wrote each on its first day."""
    former_number: str | None = None
    """The citizen number until `reissued_on`: some departments still use it."""
    reissued_on: date | None = None
    died_on: date | None = None
    death_registered_on: date | None = None
    """When the register heard of the death; None while it has not."""

    @property
    def relation(self) -> str:
        """The relation to the head today."""
        return self.stays[-1].relation

    @property
    def registered_on(self) -> date:
        """The day on which the register wrote the person first."""
        return self.stays[0].since

    @property
    def slot(self) -> str:
        """The nine digits by which all keys of the person's records tell it from others."""
        return self.key[1:]

    @property
    def events(self) -> int:
        """How often the register changed its mind about the person since it wrote it first."""
        changes = len(self.stays) - 1 + (self.reissued_on is not None)
        return changes + (self.death_registered_on is not None)

    def age(self, today: date) -> int:
        """Return the whole years on `today`."""
        born = self.birth_date
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


@dataclass(frozen=True, slots=True)
class Household:
    """One made-up household as it is today; `listed` is why civil affairs lists it, or None.

    `applicant` is the number under which civil affairs lists it. `departed` died and left;
    everybody else who left is a member elsewhere. A household that joined another has no members.
    """

    number: str
    region: str
    address: str
    members: tuple[Person, ...]
    listed: str | None
    plot: Plot = Plot.ORDINARY
    label: str | None = None
    applicant: str = field(default="", repr=False)
    departed: tuple[Person, ...] = ()

    @property
    def struggling(self) -> bool:
        """Whether it paid very much for treatment a short while ago."""
        return self.plot is Plot.HEAVY_BILL

    @property
    def everyone(self) -> tuple[Person, ...]:
        """The members, then who died."""
        return self.members + self.departed
