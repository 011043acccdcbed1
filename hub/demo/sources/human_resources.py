"""Writes the human resources bureau's database: spells, pensions, benefits, registrations."""

from typing import Final

from hub.demo import records as r
from hub.demo.lives import MemberLife
from hub.demo.people import Person
from hub.demo.sources.scribe import Pen, Scribe, Translation, Words, day, yuan
from hub.demo.sources.sinks import SqliteSink, SqlTable
from hub.demo.truth import Fault
from hub.demo.writing import Running, Source, Workshop

DEPARTMENT: Final = "human-resources"
_SPELL, _PENSION = "social_insurance", "pension"
_BENEFIT, _REGISTRATION = "unemployment_benefit", "employment_registration"
_DATABASE: Final = "renshe.sqlite"
_WHO: Final = ("SFZH", "XM")
_TABLES: Final = {
    _SPELL: SqlTable(
        "SBCB",
        ("CBBH", *_WHO, "DWMC", "XZ", "JFZT", "QSNY", "ZZNY", "JFJS", "ZFBZ", "GXSJ"),
        "CBBH",
        "GXSJ",
    ),
    _PENSION: SqlTable("YLDY", ("DYBH", *_WHO, "QSRQ", "ZZRQ", "YLJE", "GXSJ"), "DYBH", "GXSJ"),
    _BENEFIT: SqlTable("SYJ", ("SYBH", *_WHO, "QSRQ", "ZZRQ", "YJE", "GXSJ"), "SYBH", "GXSJ"),
    _REGISTRATION: SqlTable(
        "JYDJ", ("DJBH", *_WHO, "SYBZ", "DJRQ", "PXBZ", "GYGW", "GXSJ"), "DJBH", "GXSJ"
    ),
}
_SCHEMES: Final = {
    "employee-pension": "110",
    "resident-pension": "170",
    "unemployment": "210",
    "work-injury": "410",
}
_STATUSES: Final = {"active": "1", "suspended": "2", "ended": "4"}
_MARKS: Final = {True: "1", False: "0"}


def _who(person: Person) -> Words:
    return {"SFZH": person.number, "XM": person.name}


def _spell(record: r.Work, person: Person, pen: Pen) -> Words:
    return {
        "CBBH": record.key,
        **_who(person),
        "DWMC": record.unit.name,
        "XZ": _SCHEMES[record.scheme],
        "JFZT": _STATUSES[record.status],
        "QSNY": day(record.month_from, "%Y%m"),
        "ZZNY": day(record.month_to, "%Y%m"),
        "JFJS": yuan(record.base_cents),
        "ZFBZ": "0",
        "GXSJ": pen.moment(record.month_to or record.month_from),
    }


def _pension(record: r.Pension, person: Person, pen: Pen) -> Words:
    return {
        "DYBH": record.key,
        "SFZH": person.former_number or person.number,
        "XM": person.name,
        "QSRQ": day(record.start),
        "ZZRQ": day(record.end),
        "YLJE": yuan(record.monthly_cents),
        "GXSJ": pen.moment(record.start),
    }


def _benefit(record: r.UnemploymentBenefit, person: Person, pen: Pen) -> Words:
    return {
        "SYBH": record.key,
        **_who(person),
        "QSRQ": day(record.start),
        "ZZRQ": day(record.end),
        "YJE": yuan(record.monthly_cents),
        "GXSJ": pen.moment(record.start),
    }


def _registration(record: r.EmploymentRegistration, person: Person, pen: Pen) -> Words:
    return {
        "DJBH": record.key,
        **_who(person),
        "SYBZ": _MARKS[record.registered_unemployed],
        "DJRQ": day(record.registered_on),
        "PXBZ": _MARKS[record.in_training],
        "GYGW": _MARKS[record.public_post],
        "GXSJ": pen.moment(record.registered_on),
    }


def _registrations(life: MemberLife) -> tuple[r.EmploymentRegistration, ...]:
    found = life.human_resources.registration
    return () if found is None else (found,)


_TRANSLATIONS: Final = (
    Translation(
        _SPELL,
        lambda life: life.human_resources.work,
        _spell,
        "SFZH",
        ((Fault.UNKNOWN_CODE, "XZ", "990"), (Fault.NEGATIVE_AMOUNT, "JFJS", "-1.00")),
        ("ZFBZ", "1"),
    ),
    Translation(
        _PENSION,
        lambda life: life.human_resources.pensions,
        _pension,
        "SFZH",
        ((Fault.NEGATIVE_AMOUNT, "YLJE", "-1.00"), (Fault.IMPOSSIBLE_DATE, "QSRQ", "2020-02-30")),
    ),
    Translation(
        _BENEFIT,
        lambda life: life.human_resources.benefits,
        _benefit,
        "SFZH",
        ((Fault.DATES_REVERSED, "ZZRQ", "1990-01-01"),),
    ),
    Translation(
        _REGISTRATION, _registrations, _registration, "SFZH", ((Fault.UNKNOWN_CODE, "SYBZ", "Y"),)
    ),
)


def _writer(shop: Workshop) -> Scribe:
    return Scribe(shop, DEPARTMENT, _TRANSLATIONS, SqliteSink(shop.folder / _DATABASE, _TABLES))


def start(running: Running) -> dict[str, str]:
    """Return where the database lies; nothing has to run."""
    return {"url": f"sqlite:///{running.folder / _DATABASE}"}


SOURCE: Final = Source(DEPARTMENT, "human_resources", _writer, start)
