"""Permits, ships, machines, land: what transport and agriculture know."""

from datetime import timedelta
from typing import Final

from hub.demo.belongings import (
    FarmMachine,
    FarmSubsidy,
    LandContract,
    RelapseListing,
    RideHailingPermit,
    Ship,
)
from hub.demo.fates.fate import ADULT, Fate
from hub.demo.lives import Countryside
from hub.demo.people import Person, Plot

_MACHINES: Final = ("手扶拖拉机", "微耕机", "插秧机")
_SHIPS: Final = ("渔船", "货船")


def countryside(fate: Fate, person: Person) -> Countryside:
    """Return the person's permits, ships, machines, land and place on the relapse list."""
    if fate.is_known or fate.age(person) < ADULT or not fate.is_listed:
        return Countryside()
    return Countryside(
        ride_hailing=_permit(fate, person) if fate.chance(0.006) else (),
        ships=_ship(fate, person) if fate.chance(0.002) else (),
        machines=_machine(fate, person) if fate.chance(0.004) else (),
        land=_land(fate, person) if fate.chance(0.015) else (),
        subsidies=_subsidy(fate, person) if fate.chance(0.015) else (),
        relapse=_relapse(fate, person) if fate.is_head(person) else None,
    )


def _permit(fate: Fate, person: Person) -> tuple[RideHailingPermit, ...]:
    start = fate.ago(100, 900)
    end = start + timedelta(days=5 * 365)
    return (RideHailingPermit(f"WYC{person.slot}", "小型轿车", start, end),)


def _ship(fate: Fate, person: Person) -> tuple[Ship, ...]:
    kind = fate.rng.choice(_SHIPS)
    name = f"示范{person.slot[-5:]}号"
    return (Ship(f"CB{person.slot}", name, kind, fate.rng.choice("1234"), fate.ago(100, 5000)),)


def _machine(fate: Fate, person: Person) -> tuple[FarmMachine, ...]:
    kind = fate.rng.choice(_MACHINES)
    return (FarmMachine(f"NJ{person.slot}", kind, fate.rng.choice("12"), fate.ago(100, 4000)),)


def _land(fate: Fate, person: Person) -> tuple[LandContract, ...]:
    start = fate.ago(1000, 5000)
    area = fate.rng.randrange(300, 6000)
    return (LandContract(f"TD{person.slot}", area, start, start + timedelta(days=30 * 365)),)


def _subsidy(fate: Fate, person: Person) -> tuple[FarmSubsidy, ...]:
    cents = fate.rng.randrange(5_000, 60_000, 100)
    return (FarmSubsidy(f"NB{person.slot}", "耕地地力保护补贴", cents, fate.ago(20, 360)),)


def _relapse(fate: Fate, person: Person) -> RelapseListing | None:
    hard = fate.plot in {Plot.STRAINED, Plot.HARD_PRESSED}
    if not fate.chance(0.05 if hard else 0.008):
        return None
    kind = fate.rng.choice(("unstable", "marginal", "sudden"))
    return RelapseListing(f"FP{person.slot}", kind, fate.ago(30, 1200), fate.chance(0.3))
