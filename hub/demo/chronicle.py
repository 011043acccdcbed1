"""Makes the lives of the made-up households.

A life is a pure function of seed, day and household: the same household has the same life
in a district of any size, and nothing is held from one household to the next.
"""

from collections.abc import Iterator
from datetime import date
from random import Random

from hub.demo.fates.authority import justice, public_security
from hub.demo.fates.countryside import countryside
from hub.demo.fates.dwelling import housing
from hub.demo.fates.economy import economy
from hub.demo.fates.fate import Fate
from hub.demo.fates.illness import health
from hub.demo.fates.kinship import civil_affairs
from hub.demo.fates.livelihood import human_resources
from hub.demo.fates.others import others
from hub.demo.fates.schooling import education
from hub.demo.health import Clinic
from hub.demo.lives import HouseholdLife, MemberLife
from hub.demo.people import Household
from hub.demo.town import Town


class Chronicle:
    """Makes lives; holds the seed, the day, and nobody."""

    def __init__(self, *, seed: int, today: date) -> None:
        self._seed = seed
        self._today = today
        self._town = Town(seed=seed, today=today)

    def lives(self, count: int) -> Iterator[HouseholdLife]:
        """Yield the lives of all households of `count` indices, in the town's order."""
        for house in self._town.households(count):
            yield self.of(house)

    def of(self, house: Household) -> HouseholdLife:
        """Return the life of one household."""
        rng = Random(f"life {self._seed} {house.number}")
        fate = Fate(rng, house, self._today, self._town.outsider)
        livelihoods = {person: human_resources(fate, person) for person in house.everyone}
        workers = frozenset(
            person.key for person, known in livelihoods.items() if fate.earns(known.work)
        )
        clinic = Clinic(rng, self._today, workers)
        return HouseholdLife(
            house,
            tuple(
                MemberLife(
                    person=chart.person,
                    house=house,
                    chart=chart,
                    human_resources=livelihoods[chart.person],
                    civil_affairs=civil_affairs(fate, chart),
                    public_security=public_security(fate, chart.person),
                    justice=justice(fate, chart.person),
                    health=health(fate, chart),
                    education=education(fate, chart.person),
                    housing=housing(fate, chart.person, livelihoods[chart.person].work),
                    economy=economy(fate, chart.person, livelihoods[chart.person].work),
                    countryside=countryside(fate, chart.person),
                    others=others(fate, chart.person),
                )
                for chart in clinic.charts(house)
            ),
        )
