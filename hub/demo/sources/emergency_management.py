"""Writes the emergency bureau's workbook of damage and relief."""

from typing import Final

from hub.demo import belongings as b
from hub.demo.people import Person
from hub.demo.sources.scribe import Pen, Scribe, Translation, Words, day, yuan
from hub.demo.sources.sinks import BookSink, Drop
from hub.demo.truth import Fault
from hub.demo.writing import Running, Source, Workshop

DEPARTMENT: Final = "emergency-management"
_DAMAGE: Final = "disaster_damage"
_HEADER: Final = (
    *("受灾编号", "姓名", "身份证号", "灾种", "发生日期"),
    *("损失等级", "救助金额", "撤销", "更新时间"),
)
_KINDS: Final = {
    "fire": "火灾",
    "accident": "意外事故",
    "flood": "洪涝",
    "storm": "风雹",
    "other": "其他",
}
_LEVELS: Final = {1: "轻微", 2: "一般", 3: "严重", 4: "全损"}


def _damage(record: b.Disaster, person: Person, pen: Pen) -> Words:
    return {
        "受灾编号": record.key,
        "姓名": person.name,
        "身份证号": person.number,
        "灾种": _KINDS[record.kind],
        "发生日期": day(record.occurred_on),
        "损失等级": _LEVELS[record.loss_level],
        "救助金额": yuan(record.relief_cents),
        "撤销": "否",
        "更新时间": pen.moment(record.occurred_on),
    }


_TRANSLATIONS: Final = (
    Translation(
        _DAMAGE,
        lambda life: life.others.disasters,
        _damage,
        "身份证号",
        ((Fault.UNKNOWN_CODE, "损失等级", "特重"), (Fault.NEGATIVE_AMOUNT, "救助金额", "-1")),
        ("撤销", "是"),
    ),
)


def _writer(shop: Workshop) -> Scribe:
    sheets = {_DAMAGE: Drop("受灾台账", _HEADER)}
    book = BookSink(shop.folder, f"zaiqing_{shop.today:%Y%m%d}.xlsx", sheets, made=shop.today)
    return Scribe(shop, DEPARTMENT, _TRANSLATIONS, book)


def start(running: Running) -> dict[str, str]:
    """Return where the workbook lies; nothing has to run."""
    return {"folder": str(running.folder)}


SOURCE: Final = Source(DEPARTMENT, "emergency_management", _writer, start)
