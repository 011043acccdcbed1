"""Writes the transport bureau's CSV drops in GB18030."""

from typing import Final

from hub.demo import belongings as b
from hub.demo.people import Person
from hub.demo.sources.scribe import Pen, Scribe, Translation, Words, day
from hub.demo.sources.sinks import CsvSink, Drop
from hub.demo.truth import Fault
from hub.demo.writing import Running, Source, Workshop

DEPARTMENT: Final = "transport"
_PERMIT, _SHIP = "ride_hailing_permit", "ship"
_HEADERS: Final = {
    _PERMIT: (
        "wangyue",
        ("操作", "许可证号", "姓名", "身份证号", "车型", "有效期起", "有效期止", "更新日期"),
    ),
    _SHIP: (
        "chuanbo",
        (
            *("操作", "登记号", "姓名", "身份证号", "船名"),
            *("船舶种类", "价值区间", "登记日期", "更新日期"),
        ),
    ),
}
_COMPACT: Final = "%Y%m%d"


def _permit(record: b.RideHailingPermit, person: Person, pen: Pen) -> Words:
    return {
        "操作": "新增",
        "许可证号": record.key,
        "姓名": person.name,
        "身份证号": person.number,
        "车型": record.vehicle_type,
        "有效期起": day(record.start, _COMPACT),
        "有效期止": day(record.end, _COMPACT),
        "更新日期": day(pen.changed(record.start), _COMPACT),
    }


def _ship(record: b.Ship, person: Person, pen: Pen) -> Words:
    return {
        "操作": "新增",
        "登记号": record.key,
        "姓名": person.name,
        "身份证号": person.number,
        "船名": record.name,
        "船舶种类": record.ship_type,
        "价值区间": record.value_band,
        "登记日期": day(record.registered_on, _COMPACT),
        "更新日期": day(pen.changed(record.registered_on), _COMPACT),
    }


_TRANSLATIONS: Final = (
    Translation(
        _PERMIT,
        lambda life: life.countryside.ride_hailing,
        _permit,
        "身份证号",
        ((Fault.DATES_REVERSED, "有效期止", "19900101"),),
        ("操作", "注销"),
    ),
    Translation(
        _SHIP,
        lambda life: life.countryside.ships,
        _ship,
        "身份证号",
        ((Fault.UNKNOWN_CODE, "价值区间", "9"),),
        ("操作", "注销"),
    ),
)


def _writer(shop: Workshop) -> Scribe:
    drops = {
        dataset: Drop(f"{name}_{shop.today:%Y%m%d}.csv", header)
        for dataset, (name, header) in _HEADERS.items()
    }
    return Scribe(shop, DEPARTMENT, _TRANSLATIONS, CsvSink(shop.folder, drops, "gb18030"))


def start(running: Running) -> dict[str, str]:
    """Return where the drops lie; nothing has to run."""
    return {"folder": str(running.folder)}


SOURCE: Final = Source(DEPARTMENT, "transport", _writer, start)
