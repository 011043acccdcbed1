"""Taxed income, businesses, the public purse: what tax, market regulation and finance know."""

from collections.abc import Iterable
from typing import Final

from hub.demo import names
from hub.demo.belongings import BusinessRole, Payroll, SubsidyPayment, TaxedIncome
from hub.demo.fates.fate import ADULT, RETIRED, Fate
from hub.demo.lives import Economy
from hub.demo.people import Person
from hub.demo.records import Work

_BANDS: Final = ((100_000, "1"), (300_000, "2"), (500_000, "3"), (1_000_000, "4"))
_ITEMS: Final = ("耕地地力保护补贴", "计划生育家庭奖励扶助", "高龄津贴", "困难群众价格补贴")


def economy(fate: Fate, person: Person, work: Iterable[Work]) -> Economy:
    """Return the person's taxed income, businesses, payroll and payments."""
    if fate.is_known or fate.age(person) < ADULT or not fate.is_listed:
        return Economy()
    return Economy(
        taxed=_taxed(fate, person, tuple(work)),
        businesses=_business(fate, person) if fate.chance(0.015) else (),
        payroll=_payroll(fate, person) if fate.chance(0.004) else None,
        payments=_payments(fate, person) if fate.chance(0.15) else (),
    )


def band(cents: int) -> str:
    """Return the band of a monthly amount, `income_band`."""
    if cents == 0:
        return "0"
    return next((word for limit, word in _BANDS if cents < limit), "5")


def _taxed(fate: Fate, person: Person, work: tuple[Work, ...]) -> tuple[TaxedIncome, ...]:
    found = []
    month = fate.month(2)
    for spell in work:
        covers = spell.month_from <= month <= (spell.month_to or month)
        if spell.status == "active" and covers and fate.chance(0.7):
            found.append(
                TaxedIncome(
                    *(f"GS{person.slot}1", "wages", month, band(spell.base_cents), spell.unit)
                )
            )
            break
    if fate.age(person) < RETIRED and fate.chance(0.03):
        cents = fate.rng.randrange(20_000, 400_000)
        payer = names.unit(fate.rng)
        found.append(TaxedIncome(f"GS{person.slot}2", "services", month, band(cents), payer))
    return tuple(found)


def _business(fate: Fate, person: Person) -> tuple[BusinessRole, ...]:
    rng = fate.rng
    owner = rng.random() < 0.7
    return (
        BusinessRole(
            key=f"SC{person.slot}",
            business=names.unit(rng, register="92" if owner else "91"),
            role="owner" if owner else rng.choice(("legal-representative", "shareholder")),
            capital_cents=rng.randrange(1, 50) * 1_000_000,
            registered_on=fate.ago(60, 3000),
            status=rng.choices(("open", "revoked", "cancelled"), (60, 15, 25))[0],
        ),
    )


def _payroll(fate: Fate, person: Person) -> Payroll:
    unit = names.unit(fate.rng, register="12")
    return Payroll(f"CZ{person.slot}", unit, fate.rng.random() < 0.9, fate.ago(60, 3000))


def _payments(fate: Fate, person: Person) -> tuple[SubsidyPayment, ...]:
    cents = fate.rng.randrange(5_000, 80_000, 500)
    item = fate.rng.choice(_ITEMS)
    return (SubsidyPayment(f"YKT{person.slot}", item, cents, fate.ago(10, 360)),)
