"""Vehicles, custody, permits, justice: what public security and the judicial authorities know."""

from datetime import timedelta
from typing import Final

from hub.demo.fates.fate import ADULT, Fate
from hub.demo.lives import PublicSecurity
from hub.demo.people import Person, Plot
from hub.demo.records import Custody, ExitEntry, JusticeStatus, ResidencePermit, Vehicle

_MODELS: Final = ("示范牌轿车", "示范牌面包车", "示范牌电动车", "示范牌客车")


def public_security(fate: Fate, person: Person) -> PublicSecurity:
    """Return the person's vehicles, custody, permit and days abroad."""
    if fate.is_known or fate.age(person) < ADULT or not fate.is_listed:
        return PublicSecurity()
    return PublicSecurity(
        vehicles=_vehicles(fate, person),
        custody=_custody(fate, person),
        permit=_permit(fate, person),
        exit_entry=_abroad(fate, person),
    )


def _vehicles(fate: Fate, person: Person) -> tuple[Vehicle, ...]:
    if not fate.chance(0.05):
        return ()
    rng = fate.rng
    return (
        Vehicle(
            key=f"CL{person.slot}",
            plate=f"示{rng.choice('ABCDE')}{person.slot[-6:]}",
            plate_class="02",
            model=rng.choice(_MODELS),
            first_registered_on=fate.ago(60, 4000),
            status=rng.choices(("normal", "transferred", "scrapped"), (90, 6, 4))[0],
            value_band=rng.choices("1234", (50, 30, 15, 5))[0],
            use=rng.choices(("private", "commercial", "disability-scooter"), (80, 10, 10))[0],
        ),
    )


def _custody(fate: Fate, person: Person) -> Custody | None:
    key = f"JY{person.slot}"
    if fate.plot is Plot.RELEASED and fate.is_head(person):
        return Custody(key, fate.ago(200, 900), fate.ago(8, 80))
    if not fate.chance(0.004):
        return None
    return Custody(key, fate.ago(500, 900), fate.ago(10, 400) if fate.chance(0.7) else None)


def _permit(fate: Fate, person: Person) -> ResidencePermit | None:
    if not fate.chance(0.03):
        return None
    start = fate.ago(40, 330)
    return ResidencePermit(f"ZZ{person.slot}", start, start + timedelta(days=365))


def _abroad(fate: Fate, person: Person) -> ExitEntry | None:
    if not fate.chance(0.015):
        return None
    return ExitEntry(f"CR{person.slot}", fate.rng.randint(1, 60), fate.ago(5, 28))


def justice(fate: Fate, person: Person) -> JusticeStatus | None:
    """Return what justice, prisons and courts know; releases lie long ago."""
    if fate.is_known or fate.age(person) < ADULT or not fate.is_listed or not fate.chance(0.008):
        return None
    rng, key, since = fate.rng, f"SF{person.slot}", fate.ago(30, 300)
    came, went = fate.ago(1500, 2500), fate.ago(400, 1400)
    match rng.randrange(4):
        case 0:
            return JusticeStatus(
                key, since, came, went, None, None, dishonest_debtor=False, judicial_aid=False
            )
        case 1:
            began = fate.ago(200, 390)
            ends = began + timedelta(days=180) if rng.random() < 0.5 else None
            return JusticeStatus(
                key, since, None, None, began, ends, dishonest_debtor=False, judicial_aid=False
            )
        case 2:
            return JusticeStatus(
                key, since, None, None, None, None, dishonest_debtor=True, judicial_aid=False
            )
        case _:
            return JusticeStatus(
                key, since, None, None, None, None, dishonest_debtor=False, judicial_aid=True
            )
