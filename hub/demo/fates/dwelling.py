"""Dwellings: what housing, natural resources and the housing fund know."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from hub.demo.belongings import (
    DangerousHousing,
    HousingFund,
    HousingSubsidy,
    PublicRental,
    PurchaseFiling,
    RealEstate,
)
from hub.demo.fates.fate import ADULT, Fate
from hub.demo.lives import Housing
from hub.demo.people import Person, Plot
from hub.demo.records import Work

_DANGER: Final = {Plot.STRAINED: 0.1, Plot.HARD_PRESSED: 0.15}


def housing(fate: Fate, person: Person, work: Iterable[Work]) -> Housing:
    """Return where the person lives and what of it is theirs."""
    if fate.is_known or fate.age(person) < ADULT or not fate.is_listed:
        return Housing()
    head = fate.is_head(person)
    return Housing(
        rentals=_rental(fate, person) if head and fate.chance(0.1) else (),
        subsidies=_subsidy(fate, person) if head and fate.chance(0.05) else (),
        purchases=_purchase(fate, person) if fate.chance(0.006) else (),
        dangerous=_danger(fate, person) if head else (),
        estates=_estate(fate, person) if fate.chance(0.2 if head else 0.05) else (),
        fund=_fund(fate, person, tuple(work)),
    )


def _rental(fate: Fate, person: Person) -> tuple[PublicRental, ...]:
    start = fate.ago(100, 900)
    area = fate.rng.randint(28, 60)
    return (
        PublicRental(
            f"GZ{person.slot}",
            fate.house.address,
            area,
            area * 800,
            start,
            start + timedelta(days=3 * 365),
        ),
    )


def _subsidy(fate: Fate, person: Person) -> tuple[HousingSubsidy, ...]:
    start = fate.ago(30, 300)
    cents = fate.rng.randrange(30_000, 90_000, 5_000)
    return (HousingSubsidy(f"BT{person.slot}", cents, start, start + timedelta(days=365)),)


def _purchase(fate: Fate, person: Person) -> tuple[PurchaseFiling, ...]:
    area, day = fate.rng.randint(50, 110), fate.ago(50, 2500)
    return (PurchaseFiling(f"GF{person.slot}", fate.house.address, area, day),)


def _danger(fate: Fate, person: Person) -> tuple[DangerousHousing, ...]:
    if not fate.chance(_DANGER.get(fate.plot, 0.01)):
        return ()
    grade = fate.rng.choices("ABCD", (1, 2, 5, 3))[0]
    return (DangerousHousing(f"WF{person.slot}", fate.house.address, grade, fate.ago(30, 700)),)


def _estate(fate: Fate, person: Person) -> tuple[RealEstate, ...]:
    rng = fate.rng
    return (
        RealEstate(
            key=f"BDC{person.slot}",
            unit_number=f"420106{person.slot}GB00001F0001",
            share_percent=rng.choice((50, 100, 100)),
            address=fate.house.address,
            use=rng.choices(("dwelling", "commercial", "parking"), (94, 3, 3))[0],
            area_sqm=rng.randint(25, 95),
            registered_on=fate.ago(100, 5000),
            mortgaged=rng.random() < 0.1,
            status=rng.choices(("current", "sealed-off", "historical"), (94, 1, 5))[0],
        ),
    )


def _fund(fate: Fate, person: Person, work: tuple[Work, ...]) -> HousingFund | None:
    if not work or not fate.chance(0.5):
        return None
    spell, pays = work[-1], fate.earns(work)
    base = spell.base_cents if pays else 0
    rng = fate.rng
    stated = date(fate.today.year, fate.today.month, 1) - timedelta(days=1)
    return HousingFund(
        key=f"GJ{person.slot}",
        status="normal" if pays else "frozen",
        base_cents=base,
        monthly_cents=base * 16 // 100,
        balance_cents=rng.randrange(50_000, 6_000_000),
        withdrawn_cents=rng.randrange(0, 500_000) if rng.random() < 0.2 else 0,
        stated_on=stated,
    )
