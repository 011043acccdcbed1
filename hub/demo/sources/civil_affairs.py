"""Writes civil affairs' own registers, and runs the PostgreSQL database that serves them.

The rows are written as CSV files, one a table, while the district is built; the database is a
second embedded server of its own, which takes them in when it starts.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

from hub.demo import records as r
from hub.demo.lives import MemberLife
from hub.demo.people import Person
from hub.demo.sources.scribe import Pen, Scribe, Translation, Words, day, some, yuan
from hub.demo.sources.sinks import CsvSink, Drop
from hub.demo.tables import registers_database
from hub.demo.truth import Fault
from hub.demo.writing import Running, Source, Workshop

DEPARTMENT: Final = "civil-affairs"
_HEAD: Final = ("id", "sfzh", "xm")
_TABLES: Final = {
    "marital_status": ("hydj", ("hyzk", "djrq", "pozy")),
    "funeral": ("bzxx", ("swrq", "hhrq", "jg")),
    "assistance_roll": ("jzmc", ("lb", "ksrq", "tfrq", "tfyy", "yje", "zhym")),
    "assistance_history": ("lshc", ("hcrq", "cjz")),
    "child_status": ("etfl", ("ge", "sswr", "ls", "rdrq")),
    "care_allowance": ("fljt", ("lb", "cjlb", "yje", "ksrq", "jsrq")),
    "supporter": ("syr", ("syrzj", "syrxm", "gx", "sfzc", "cxrq")),
}
"""Dataset to table and its own columns."""
_DISABILITIES: Final = {str(n): str(60 + n) for n in range(1, 8)}
_END_REASONS: Final = {
    "income-risen": "01",
    "property": "02",
    "deceased": "03",
    "moved": "04",
    "own-wish": "05",
    "other": "99",
}
_ALLOWANCES: Final = {
    "elderly": "gaoling",
    "disability-living": "kuncan",
    "disability-care": "zhongcan",
    "child": "guer",
}
_SUPPORTERS: Final = {
    "child": "子女",
    "parent": "父母",
    "sibling": "兄弟姐妹",
    "grandchild": "孙子女",
    "other": "其他",
}
_MARKS: Final = {True: "1", False: "0"}
_GONE: Final = ("zt", "0")
_NUMBER: Final = "sfzh"
_ADULT: Final = 18


def _row(key: str, person: Person, updated: str, **own: str | None) -> Words:
    who: Words = {"id": key, "sfzh": person.number, "xm": person.name}
    return {**who, **own, "zt": "1", "gxsj": updated}


def _marriage(record: r.Marriage, person: Person, pen: Pen) -> Words:
    spouse = record.spouse_number
    digest = (
        spouse
        and hashlib.blake2b(spouse.encode(), key=b"a made-up registry", digest_size=32).hexdigest()
    )
    return _row(
        record.key,
        person,
        pen.moment(record.event_date),
        hyzk=record.status,
        djrq=day(record.event_date),
        pozy=digest,
    )


def _funeral(record: r.Funeral, person: Person, pen: Pen) -> Words:
    return _row(
        record.key,
        person,
        pen.moment(record.cremated_on),
        swrq=day(record.died_on),
        hhrq=day(record.cremated_on),
        jg=record.place,
    )


def _roll(record: r.RollEntry, person: Person, pen: Pen) -> Words:
    return _row(
        record.key,
        person,
        pen.moment(record.end or record.start),
        lb=record.category,
        ksrq=day(record.start),
        tfrq=day(record.end),
        tfyy=_END_REASONS[record.end_reason] if record.end_reason else None,
        yje=yuan(record.monthly_cents),
        zhym=record.payee_account,
    )


def _history(record: r.HistoryEnquiry, person: Person, pen: Pen) -> Words:
    return _row(
        record.key,
        person,
        pen.moment(record.checked_on),
        hcrq=day(record.checked_on),
        cjz=_MARKS[record.ever_assisted],
    )


def _child(record: r.ChildStatus, person: Person, pen: Pen) -> Words:
    return _row(
        record.key,
        person,
        pen.moment(record.since),
        ge=_MARKS[record.orphan],
        sswr=_MARKS[record.unattended],
        ls=_MARKS[record.left_behind],
        rdrq=day(record.since),
    )


def _allowance(record: r.Allowance, person: Person, pen: Pen) -> Words:
    category = record.disability_category
    return _row(
        record.key,
        person,
        pen.moment(record.start),
        lb=_ALLOWANCES[record.kind],
        cjlb=_DISABILITIES[category] if category else None,
        yje=yuan(record.monthly_cents),
        ksrq=day(record.start),
        jsrq=day(record.end),
    )


def _supporter(record: r.Supporter, person: Person, pen: Pen) -> Words:
    return _row(
        record.key,
        person,
        pen.moment(record.asked_on),
        syrzj=record.number,
        syrxm=record.name,
        gx=_SUPPORTERS[record.relation],
        sfzc=_MARKS[record.supports],
        cxrq=day(record.asked_on),
    )


def _children(today: date) -> Callable[[MemberLife], Sequence[r.ChildStatus]]:
    """Return what gives every minor one status: that a row is there tells an age, no more."""

    def found(life: MemberLife) -> Sequence[r.ChildStatus]:
        known, person = life.civil_affairs.child, life.person
        if known is not None:
            return (known,)
        if person.died_on is not None or person.age(today) >= _ADULT:
            return ()
        key, since = f"ET{person.slot}", person.registered_on
        return (r.ChildStatus(key, since, orphan=False, unattended=False, left_behind=False),)

    return found


def _translations(today: date) -> Sequence[Translation[Any]]:
    return (
        Translation(
            "marital_status",
            lambda life: some(life.civil_affairs.marriage),
            _marriage,
            _NUMBER,
            ((Fault.UNKNOWN_CODE, "hyzk", "99"),),
            _GONE,
        ),
        Translation(
            "funeral",
            lambda life: some(life.civil_affairs.funeral),
            _funeral,
            _NUMBER,
            ((Fault.IMPOSSIBLE_DATE, "swrq", "2026-02-30"),),
        ),
        Translation(
            "assistance_roll",
            lambda life: life.civil_affairs.roll,
            _roll,
            _NUMBER,
            ((Fault.UNKNOWN_CODE, "lb", "ZZ"), (Fault.NEGATIVE_AMOUNT, "yje", "-1.00")),
            _GONE,
        ),
        Translation(
            "assistance_history",
            lambda life: some(life.civil_affairs.history),
            _history,
            _NUMBER,
            ((Fault.UNKNOWN_CODE, "cjz", "?"),),
        ),
        Translation(
            "child_status", _children(today), _child, _NUMBER, ((Fault.UNKNOWN_CODE, "ls", "?"),)
        ),
        Translation(
            "care_allowance",
            lambda life: life.civil_affairs.allowances,
            _allowance,
            _NUMBER,
            ((Fault.UNKNOWN_CODE, "cjlb", "69"),),
            _GONE,
        ),
        Translation(
            "supporter",
            lambda life: life.civil_affairs.supporters,
            _supporter,
            _NUMBER,
            ((Fault.UNKNOWN_CODE, "gx", "邻居"),),
            _GONE,
        ),
    )


def _writer(shop: Workshop) -> Scribe:
    drops = {
        dataset: Drop(f"{table}.csv", (*_HEAD, *columns, "zt", "gxsj"))
        for dataset, (table, columns) in _TABLES.items()
    }
    sink = CsvSink(shop.folder, drops, "utf-8")
    return Scribe(shop, DEPARTMENT, _translations(shop.today), sink)


def start(running: Running) -> dict[str, str]:
    """Run the database with the rows in it; return its address, which holds a password."""
    return {"url": running.stack.enter_context(registers_database(running.folder))}


SOURCE: Final = Source(DEPARTMENT, "civil_affairs", _writer, start)
