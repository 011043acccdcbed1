"""Writes public security's registers beside the population: vehicles, custody, permits, exits.

They are served beside the register, by a server of their own.
"""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from hub.demo import records as r
from hub.demo.lives import MemberLife
from hub.demo.people import Person
from hub.demo.sources.scribe import Pen, Scribe, Translation, Words, day, some
from hub.demo.sources.sinks import TOKEN_FILE, FeedSink
from hub.demo.truth import Fault
from hub.demo.writing import Running, Workshop

DEPARTMENT: Final = "public-security"
_FOLDER: Final = "registers"
_VEHICLE, _CUSTODY = "vehicle", "custody_status"
_PERMIT, _ABROAD = "residence_permit", "exit_entry"
_NUMBER: Final = "身份证号"
_ADULT: Final = 18
_STATUSES: Final = {"normal": "A", "transferred": "B", "scrapped": "M", "cancelled": "E"}
_USES: Final = {"private": "A", "commercial": "B", "disability-scooter": "Z"}
_GONE: Final = ("操作", "注销")


def _who(person: Person) -> Words:
    return {"操作": "新增", "身份证号": person.number, "姓名": person.name}


def _vehicle(record: r.Vehicle, person: Person, pen: Pen) -> Words:
    return {
        "登记编号": record.key,
        **_who(person),
        "号牌号码": record.plate,
        "号牌种类": record.plate_class,
        "品牌型号": record.model,
        "初次登记日期": day(record.first_registered_on),
        "机动车状态": _STATUSES[record.status],
        "价值区间": record.value_band,
        "使用性质": _USES[record.use],
        "更新时间": pen.moment(record.first_registered_on),
    }


def _custody(record: "_Custody", person: Person, pen: Pen) -> Words:
    known = record.known
    return {
        "编号": record.key,
        **_who(person),
        "羁押": "1" if known is not None and known.end is None else "0",
        "开始日期": day(known.start) if known else None,
        "解除日期": day(known.end) if known else None,
        "登记日期": day(record.since),
        "更新时间": pen.moment((known and known.end) or record.since),
    }


def _permit(record: r.ResidencePermit, person: Person, pen: Pen) -> Words:
    return {
        "居住证号": record.key,
        **_who(person),
        "签发日期": day(record.start),
        "有效期至": day(record.end),
        "更新时间": pen.moment(record.start),
    }


def _abroad(record: r.ExitEntry, person: Person, pen: Pen) -> Words:
    return {
        "编号": record.key,
        **_who(person),
        "出境天数": str(record.days_abroad),
        "统计日期": day(record.counted_on),
        "更新时间": pen.moment(record.counted_on),
    }


class _Custody:
    """One status of custody; `known` is None for somebody who never was."""

    def __init__(self, key: str, since: date, known: r.Custody | None) -> None:
        self.key = key
        self.since = since
        self.known = known


def _statuses(today: date) -> Callable[[MemberLife], Sequence[_Custody]]:
    """Return what gives every adult one status: that a row is there tells an age, no more."""

    def found(life: MemberLife) -> Sequence[_Custody]:
        known, person = life.public_security.custody, life.person
        if known is not None:
            return (_Custody(known.key, known.start, known),)
        if person.age(today) < _ADULT:
            return ()
        return (_Custody(f"JY{person.slot}", person.registered_on, None),)

    return found


def _translations(today: date) -> Sequence[Translation[Any]]:
    return (
        Translation(
            _VEHICLE,
            lambda life: life.public_security.vehicles,
            _vehicle,
            _NUMBER,
            ((Fault.UNKNOWN_CODE, "机动车状态", "Q"),),
            _GONE,
        ),
        Translation(
            _CUSTODY, _statuses(today), _custody, _NUMBER, ((Fault.UNKNOWN_CODE, "羁押", "?"),)
        ),
        Translation(
            _PERMIT,
            lambda life: some(life.public_security.permit),
            _permit,
            _NUMBER,
            ((Fault.DATES_REVERSED, "有效期至", "1990-01-01"),),
            _GONE,
        ),
        Translation(_ABROAD, lambda life: some(life.public_security.exit_entry), _abroad, _NUMBER),
    )


def registers_writer(shop: Workshop) -> Scribe:
    """Return the writer of the registers, in a folder below the register's own."""
    sink = FeedSink(shop.folder / _FOLDER, [_VEHICLE, _CUSTODY, _PERMIT, _ABROAD])
    return Scribe(shop, DEPARTMENT, _translations(shop.today), sink, rate=0.004)


def start_registers(running: Running) -> dict[str, str]:
    """Run the registers' server; return where its feeds are and who we are to it."""
    folder: Path = running.folder / _FOLDER
    address = running.serve("hub.demo.systems.feeds", "--data", folder)
    return {
        "registers_url": f"{address}/v1",
        "registers_token_file": str(folder / TOKEN_FILE),
    }
