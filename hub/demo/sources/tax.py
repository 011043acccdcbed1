"""Writes the tax authority's feed of taxed income."""

from typing import Final

from hub.demo import belongings as b
from hub.demo.people import Person
from hub.demo.sources.scribe import Pen, Scribe, Translation, Words, day
from hub.demo.sources.sinks import TOKEN_FILE, FeedSink
from hub.demo.truth import Fault
from hub.demo.writing import Running, Source, Workshop

DEPARTMENT: Final = "tax"
_INCOME: Final = "personal_income"
_TYPES: Final = {
    "wages": "0100",
    "services": "0400",
    "business": "0500",
    "property": "0800",
    "other": "9900",
}


def _income(record: b.TaxedIncome, person: Person, pen: Pen) -> Words:
    return {
        "操作": "申报",
        "申报流水号": record.key,
        "纳税人识别号": person.number,
        "姓名": person.name,
        "所得项目": _TYPES[record.income_type],
        "所属期": day(record.period, "%Y%m"),
        "收入区间": record.band,
        "扣缴义务人": record.payer.name,
        "更新时间": pen.moment(record.period),
    }


_TRANSLATIONS: Final = (
    Translation(
        _INCOME,
        lambda life: life.economy.taxed,
        _income,
        "纳税人识别号",
        (
            (Fault.UNKNOWN_CODE, "收入区间", "9"),
            (Fault.UNKNOWN_CODE, "所得项目", "0700"),
            (Fault.IMPOSSIBLE_DATE, "所属期", "202613"),
            (Fault.NAME_MISSING, "姓名", " "),
        ),
        ("操作", "作废"),
    ),
)


def _writer(shop: Workshop) -> Scribe:
    return Scribe(shop, DEPARTMENT, _TRANSLATIONS, FeedSink(shop.folder, [_INCOME]))


def start(running: Running) -> dict[str, str]:
    """Run the authority's server; return where its feed is and who we are to it."""
    address = running.serve("hub.demo.systems.feeds", "--data", running.folder)
    return {
        "url": f"{address}/v1/{_INCOME}/changes",
        "token_file": str(running.folder / TOKEN_FILE),
    }


SOURCE: Final = Source(DEPARTMENT, "tax", _writer, start)
