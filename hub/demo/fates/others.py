"""Disasters, honours, help, balances: emergency management, veterans, organisations, banks."""

from typing import Final

from hub.demo.belongings import BankAsset, Disaster, Preference, SocialHelp
from hub.demo.fates.fate import ADULT, Fate
from hub.demo.lives import Others
from hub.demo.people import Person, Plot

_HELPERS: Final = {
    "worker": "示范区总工会",
    "woman": "示范区妇女联合会",
    "donation": "示范慈善会",
    "red-cross": "示范区红十字会",
}
_BANKS: Final = ("示范银行", "示范农村商业银行", "示范储蓄银行")


def others(fate: Fate, person: Person) -> Others:
    """Return what befell the person, honours, help, and what lies in banks."""
    if fate.age(person) < ADULT or not fate.is_listed:
        return Others()
    return Others(
        disasters=_disasters(fate, person),
        preferences=_preference(fate, person) if fate.chance(0.01) else (),
        help=_help(fate, person) if fate.chance(0.03) else (),
        assets=_assets(fate, person),
    )


def _disasters(fate: Fate, person: Person) -> tuple[Disaster, ...]:
    key = f"ZH{person.slot}"
    if not fate.is_head(person):
        return ()
    if fate.plot is Plot.FIRE:
        kind = fate.rng.choice(("fire", "fire", "accident"))
        loss, relief = fate.rng.randint(2, 4), fate.rng.randrange(0, 500_000, 10_000)
        return (Disaster(key, kind, fate.ago(8, 80), loss, relief),)
    if not fate.chance(0.004):
        return ()
    kind = fate.rng.choice(("flood", "storm", "other"))
    lately = fate.chance(0.3)
    day = fate.ago(10, 80) if lately else fate.ago(110, 700)
    return (Disaster(key, kind, day, 1 if lately else fate.rng.randint(1, 3), 0),)


def _preference(fate: Fate, person: Person) -> tuple[Preference, ...]:
    kind = fate.rng.choice(("veteran", "veteran", "disabled-soldier", "martyr-family"))
    cents = fate.rng.randrange(60_000, 200_000, 1_000)
    return (Preference(f"YF{person.slot}", kind, cents, fate.ago(200, 3000)),)


def _help(fate: Fate, person: Person) -> tuple[SocialHelp, ...]:
    kind = fate.rng.choice([k for k in _HELPERS if k != "woman" or not person.male])
    cents = fate.rng.randrange(20_000, 300_000, 10_000)
    return (SocialHelp(f"BF{person.slot}", kind, _HELPERS[kind], cents, fate.ago(10, 360)),)


def _assets(fate: Fate, person: Person) -> tuple[BankAsset, ...]:
    rng, day = fate.rng, fate.ago(0, 0)
    most = 2_000_000 if fate.plot is Plot.ORDINARY else 400_000
    deposit = BankAsset(
        f"YH{person.slot}1", "deposit", rng.choice(_BANKS), rng.randrange(1_000, most), day
    )
    if not fate.chance(0.04):
        return (deposit,)
    kind = rng.choice(("securities", "policy", "payment"))
    return (deposit, BankAsset(f"YH{person.slot}2", kind, "示范机构", rng.randrange(most), day))
