"""Writes the finance bureau's database: the public payroll and the subsidy cards."""

from typing import Final

from hub.demo import belongings as b
from hub.demo.lives import MemberLife
from hub.demo.people import Person
from hub.demo.sources.scribe import Pen, Scribe, Translation, Words, day, yuan
from hub.demo.sources.sinks import SqliteSink, SqlTable
from hub.demo.truth import Fault
from hub.demo.writing import Running, Source, Workshop

DEPARTMENT: Final = "finance"
_PAYROLL, _PAYMENT = "public_payroll", "subsidy_payment"
_DATABASE: Final = "caizheng.sqlite"
_TABLES: Final = {
    _PAYROLL: SqlTable(
        "CZGYRY", ("RYBH", "SFZH", "XM", "DWMC", "GYBZ", "KSRQ", "GXSJ"), "RYBH", "GXSJ"
    ),
    _PAYMENT: SqlTable(
        "YKTFF",
        ("FFLSH", "SFZH", "XM", "BTXM", "FFJE", "FFRQ", "THBZ", "GXSJ"),
        "FFLSH",
        "GXSJ",
    ),
}


def _on_payroll(life: MemberLife) -> tuple[b.Payroll, ...]:
    found = life.economy.payroll
    return () if found is None else (found,)


def _payroll(record: b.Payroll, person: Person, pen: Pen) -> Words:
    return {
        "RYBH": record.key,
        "SFZH": person.former_number or person.number,
        "XM": person.name,
        "DWMC": record.unit.name,
        "GYBZ": "1" if record.on_payroll else "0",
        "KSRQ": day(record.since),
        "GXSJ": pen.moment(record.since),
    }


def _payment(record: b.SubsidyPayment, person: Person, pen: Pen) -> Words:
    return {
        "FFLSH": record.key,
        "SFZH": person.number,
        "XM": person.name,
        "BTXM": record.item,
        "FFJE": yuan(record.amount_cents),
        "FFRQ": day(record.paid_on),
        "THBZ": "0",
        "GXSJ": pen.moment(record.paid_on),
    }


_TRANSLATIONS: Final = (
    Translation(_PAYROLL, _on_payroll, _payroll, "SFZH", ((Fault.UNKNOWN_CODE, "GYBZ", "Y"),)),
    Translation(
        _PAYMENT,
        lambda life: life.economy.payments,
        _payment,
        "SFZH",
        (
            (Fault.NEGATIVE_AMOUNT, "FFJE", "-100.00"),
            (Fault.IMPOSSIBLE_DATE, "FFRQ", "2026-06-31"),
        ),
        ("THBZ", "1"),
    ),
)


def _writer(shop: Workshop) -> Scribe:
    return Scribe(shop, DEPARTMENT, _TRANSLATIONS, SqliteSink(shop.folder / _DATABASE, _TABLES))


def start(running: Running) -> dict[str, str]:
    """Return where the database lies; nothing has to run."""
    return {"url": f"sqlite:///{running.folder / _DATABASE}"}


SOURCE: Final = Source(DEPARTMENT, "finance", _writer, start)
