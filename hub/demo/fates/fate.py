"""What befalls one household: its chance, its plot and its day; and arithmetic of days.

Days of events keep away from the edges of the score's windows (90 and 180 days, 3, 6 and 12
months), so that no question of an inclusive bound decides a life.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from hub.demo.people import KNOWN_FAMILY, Household, Person, Plot
from hub.demo.records import Work

ADULT, RETIRED = 18, 60
Outsider = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Fate:
    """The chance of one household; `outsider` gives the number of a relative elsewhere."""

    rng: Random
    house: Household
    today: date
    outsider: Outsider

    @property
    def plot(self) -> Plot:
        """What befell the household."""
        return self.house.plot

    @property
    def is_known(self) -> bool:
        """Whether it is the worked example's family: chance leaves it alone."""
        return self.house.label == KNOWN_FAMILY

    @property
    def is_listed(self) -> bool:
        """Whether civil affairs lists it: records of others are few, and dropped."""
        return self.house.listed is not None

    def chance(self, share: float) -> bool:
        """Whether something happens that happens to `share` of people; never to the known."""
        return self.rng.random() < share and not self.is_known

    def ago(self, low: int, high: int) -> date:
        """Return a day from `low` to `high` days ago."""
        return self.today - timedelta(days=self.rng.randint(low, high))

    def month(self, back: int) -> date:
        """Return the first day of the month that lies `back` months before this one."""
        return month_back(self.today, back)

    def age(self, person: Person) -> int:
        """Return the person's age today."""
        return person.age(self.today)

    def is_head(self, person: Person) -> bool:
        """Whether the person is the first of the household as it is today."""
        return bool(self.house.members) and person is self.house.members[0]

    def after_birth(self, person: Person, day: date) -> date:
        """Return `day`, or soon after the person's birth where that is later."""
        return max(day, person.birth_date + timedelta(days=30))

    def earns(self, work: Iterable[Work]) -> bool:
        """Whether a spell is paid for this month."""
        return any(spell.status == "active" and spell.month_to is None for spell in work)


def month_back(day: date, back: int) -> date:
    """Return the first day of the month that lies `back` months before that of `day`."""
    year, index = divmod(day.year * 12 + day.month - 1 - back, 12)
    return date(year, index + 1, 1)


def years_before(day: date, years: int) -> date:
    """Return the first of the month of `day`, some years earlier."""
    return date(day.year - years, day.month, 1)
