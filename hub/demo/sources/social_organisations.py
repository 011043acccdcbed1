"""Writes the social organisations' workbook of help given."""

from typing import Final

from hub.demo import belongings as b
from hub.demo.people import Person
from hub.demo.sources.scribe import Pen, Scribe, Translation, Words, day, yuan
from hub.demo.sources.sinks import BookSink, Drop
from hub.demo.truth import Fault
from hub.demo.writing import Running, Source, Workshop

DEPARTMENT: Final = "social-organisations"
_HELP: Final = "social_help"
_HEADER: Final = (
    *("帮扶编号", "姓名", "身份证号", "帮扶类别", "帮扶单位"),
    *("金额", "帮扶日期", "登记时间"),
)
_KINDS: Final = {
    "worker": "困难职工",
    "woman": "困难妇女",
    "donation": "慈善捐助",
    "red-cross": "红十字救助",
}


def _help(record: b.SocialHelp, person: Person, pen: Pen) -> Words:
    return {
        "帮扶编号": record.key,
        "姓名": person.name,
        "身份证号": person.number,
        "帮扶类别": _KINDS[record.kind],
        "帮扶单位": record.organisation,
        "金额": yuan(record.amount_cents),
        "帮扶日期": day(record.helped_on),
        "登记时间": pen.moment(record.helped_on),
    }


_TRANSLATIONS: Final = (
    Translation(
        _HELP,
        lambda life: life.others.help,
        _help,
        "身份证号",
        ((Fault.UNKNOWN_CODE, "帮扶类别", "其他"), (Fault.NEGATIVE_AMOUNT, "金额", "-1")),
    ),
)


def _writer(shop: Workshop) -> Scribe:
    sheets = {_HELP: Drop("帮扶台账", _HEADER)}
    book = BookSink(shop.folder, f"bangfu_{shop.today:%Y%m%d}.xlsx", sheets, made=shop.today)
    return Scribe(shop, DEPARTMENT, _TRANSLATIONS, book)


def start(running: Running) -> dict[str, str]:
    """Return where the workbook lies; nothing has to run."""
    return {"folder": str(running.folder)}


SOURCE: Final = Source(DEPARTMENT, "social_organisations", _writer, start)
