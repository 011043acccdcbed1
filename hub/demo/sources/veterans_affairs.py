"""Writes the veterans bureau's CSV drop in GB18030."""

from typing import Final

from hub.demo import belongings as b
from hub.demo.people import Person
from hub.demo.sources.scribe import Pen, Scribe, Translation, Words, day, yuan
from hub.demo.sources.sinks import CsvSink, Drop
from hub.demo.truth import Fault
from hub.demo.writing import Running, Source, Workshop

DEPARTMENT: Final = "veterans-affairs"
_TREATMENT: Final = "preferential_treatment"
_HEADER: Final = (
    *("操作", "优抚编号", "姓名", "身份证号"),
    *("优抚类别", "月标准", "起发日期", "更新时间"),
)
_KINDS: Final = {"disabled-soldier": "11", "martyr-family": "21", "veteran": "31"}


def _treatment(record: b.Preference, person: Person, pen: Pen) -> Words:
    return {
        "操作": "新增",
        "优抚编号": record.key,
        "姓名": person.name,
        "身份证号": person.former_number or person.number,
        "优抚类别": _KINDS[record.kind],
        "月标准": yuan(record.monthly_cents),
        "起发日期": day(record.start),
        "更新时间": pen.moment(record.start),
    }


_TRANSLATIONS: Final = (
    Translation(
        _TREATMENT,
        lambda life: life.others.preferences,
        _treatment,
        "身份证号",
        ((Fault.UNKNOWN_CODE, "优抚类别", "41"),),
        ("操作", "停发"),
    ),
)


def _writer(shop: Workshop) -> Scribe:
    drop = Drop(f"youfu_{shop.today:%Y%m%d}.csv", _HEADER)
    return Scribe(
        shop, DEPARTMENT, _TRANSLATIONS, CsvSink(shop.folder, {_TREATMENT: drop}, "gb18030")
    )


def start(running: Running) -> dict[str, str]:
    """Return where the drop lies; nothing has to run."""
    return {"folder": str(running.folder)}


SOURCE: Final = Source(DEPARTMENT, "veterans_affairs", _writer, start)
