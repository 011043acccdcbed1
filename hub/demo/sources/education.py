"""Writes the education bureau's workbook: school roll, student aid, reports of schools."""

from typing import Final

from hub.demo import records as r
from hub.demo.people import Person
from hub.demo.sources.scribe import Pen, Scribe, Translation, Words, day, yuan
from hub.demo.sources.sinks import BookSink, Drop
from hub.demo.truth import Fault
from hub.demo.writing import Running, Source, Workshop

DEPARTMENT: Final = "education"
_ROLL, _AID, _ALERT = "school_roll", "student_aid", "school_alert"
_SHEETS: Final = {
    _ROLL: Drop(
        "学籍",
        ("学籍号", "姓名", "身份证号", "学校", "学段", "年级", "状态", "入学日期", "更新时间"),
    ),
    _AID: Drop(
        "资助", ("资助编号", "姓名", "身份证号", "学期", "档次", "金额", "发放日期", "更新时间")
    ),
    _ALERT: Drop(
        "预警", ("预警编号", "姓名", "身份证号", "预警类别", "报告日期", "撤销", "更新时间")
    ),
}
_STAGES: Final = {
    "primary": "1",
    "junior": "2",
    "senior": "3",
    "vocational": "4",
    "college": "5",
    "university": "6",
}
_STATUSES: Final = {
    "enrolled": "在籍在读",
    "suspended": "休学",
    "left": "离校",
    "graduated": "毕业",
}
_ALERTS: Final = {"results": "成绩骤降", "absence": "长期缺课", "dropout": "疑似辍学"}
_LEVELS: Final = {"1": "一档", "2": "二档", "3": "三档"}


def _roll(record: r.SchoolRoll, person: Person, pen: Pen) -> Words:
    return {
        "学籍号": record.key,
        "姓名": person.name,
        "身份证号": person.number,
        "学校": record.school.name,
        "学段": _STAGES[record.stage],
        "年级": str(record.grade),
        "状态": _STATUSES[record.status],
        "入学日期": day(record.since),
        "更新时间": pen.moment(record.since),
    }


def _aid(record: r.StudentAid, person: Person, pen: Pen) -> Words:
    return {
        "资助编号": record.key,
        "姓名": person.name,
        "身份证号": person.number,
        "学期": record.term,
        "档次": _LEVELS[record.level],
        "金额": yuan(record.amount_cents),
        "发放日期": day(record.granted_on),
        "更新时间": pen.moment(record.granted_on),
    }


def _alert(record: r.SchoolAlert, person: Person, pen: Pen) -> Words:
    return {
        "预警编号": record.key,
        "姓名": person.name,
        "身份证号": person.number,
        "预警类别": _ALERTS[record.kind],
        "报告日期": day(record.reported_on),
        "撤销": "否",
        "更新时间": pen.moment(record.reported_on),
    }


_TRANSLATIONS: Final = (
    Translation(
        _ROLL,
        lambda life: life.education.rolls,
        _roll,
        "身份证号",
        ((Fault.UNKNOWN_CODE, "学段", "7"), (Fault.IMPOSSIBLE_DATE, "入学日期", "2024-09-31")),
    ),
    Translation(
        _AID,
        lambda life: life.education.aids,
        _aid,
        "身份证号",
        ((Fault.UNKNOWN_CODE, "档次", "四档"), (Fault.NEGATIVE_AMOUNT, "金额", "-1")),
    ),
    Translation(
        _ALERT,
        lambda life: life.education.alerts,
        _alert,
        "身份证号",
        ((Fault.UNKNOWN_CODE, "预警类别", "迟到"),),
        ("撤销", "是"),
    ),
)


def _writer(shop: Workshop) -> Scribe:
    book = BookSink(shop.folder, f"xueji_{shop.today:%Y%m%d}.xlsx", _SHEETS, made=shop.today)
    return Scribe(shop, DEPARTMENT, _TRANSLATIONS, book)


def start(running: Running) -> dict[str, str]:
    """Return where the workbook lies; nothing has to run."""
    return {"folder": str(running.folder)}


SOURCE: Final = Source(DEPARTMENT, "education", _writer, start)
