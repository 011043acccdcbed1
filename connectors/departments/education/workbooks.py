"""The education bureau's workbooks: school roll (学籍), aid (资助), reports of schools (预警).

Its stages are the figures 1 to 6. Days are sealed, so a record counts from the first day of the
month in which it begins.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from connectors.checks import holder_is_born, not_in_future, not_negative
from connectors.convert import citizen_number, code, dashed_date, half_width, text, whole, yuan
from connectors.department import Department, setting
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import ReasonCode
from connectors.shape import Shape
from connectors.sheets import Sheet, SheetDrops
from schema.codes import AID_LEVEL, SCHOOL_ALERT_KIND, SCHOOL_STAGE, SCHOOL_STATUS

NAME: Final = "education"
PATTERN: Final = "xueji_*.xlsx"

STAGES: Final = {
    "1": "primary",
    "2": "junior",
    "3": "senior",
    "4": "vocational",
    "5": "college",
    "6": "university",
}
"""The bureau's figures for stages [D]."""
STATUSES: Final = {
    "在籍在读": "enrolled",
    "休学": "suspended",
    "离校": "left",
    "毕业": "graduated",
}
ALERTS: Final = {"成绩骤降": "results", "长期缺课": "absence", "疑似辍学": "dropout"}
LEVELS: Final = {"一档": "1", "二档": "2", "三档": "3"}
_MOST_GRADES: Final = 9

ROLL_SHEET: Final = Sheet(
    "学籍",
    ("学籍号", "姓名", "身份证号", "学校", "学段", "年级", "状态", "入学日期", "更新时间"),
    Shape(NAME, "school_roll", key="学籍号", updated="更新时间"),
)
AID_SHEET: Final = Sheet(
    "资助",
    ("资助编号", "姓名", "身份证号", "学期", "档次", "金额", "发放日期", "更新时间"),
    Shape(NAME, "student_aid", key="资助编号", updated="更新时间"),
)
ALERT_SHEET: Final = Sheet(
    "预警",
    ("预警编号", "姓名", "身份证号", "预警类别", "报告日期", "撤销", "更新时间"),
    Shape(
        NAME,
        "school_alert",
        key="预警编号",
        updated="更新时间",
        gone={"撤销": frozenset({"是"})},
    ),
)
SHEETS: Final = (ROLL_SHEET, AID_SHEET, ALERT_SHEET)

_WHO: Final = (
    FieldMap("national_id", "身份证号", half_width(citizen_number)),
    FieldMap("name", "姓名", text(missing=ReasonCode.NAME_MISSING, longest=50)),
)
_LINK: Final = frozenset({"national_id", "name"})

ROLL: Final = DatasetMapping(
    department=NAME,
    dataset="school_roll",
    fields=(
        *_WHO,
        FieldMap("school", "学校", text()),
        FieldMap("stage", "学段", code(STAGES, SCHOOL_STAGE)),
        FieldMap("grade", "年级", whole(1, _MOST_GRADES)),
        FieldMap("status", "状态", code(STATUSES, SCHOOL_STATUS)),
        FieldMap("entered_on", "入学日期", dashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="entered_on",
    first_of_month=True,
    link_only=_LINK | {"entered_on"},
    checks=(holder_is_born("national_id"), not_in_future("entered_on")),
)
AID: Final = DatasetMapping(
    department=NAME,
    dataset="student_aid",
    fields=(
        *_WHO,
        FieldMap("term", "学期", text(longest=20)),
        FieldMap("level", "档次", code(LEVELS, AID_LEVEL)),
        FieldMap("amount_cents", "金额", yuan),
        FieldMap("paid_on", "发放日期", dashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="paid_on",
    first_of_month=True,
    link_only=_LINK | {"paid_on"},
    checks=(
        holder_is_born("national_id"),
        not_in_future("paid_on"),
        not_negative("amount_cents"),
    ),
)
ALERT: Final = DatasetMapping(
    department=NAME,
    dataset="school_alert",
    fields=(
        *_WHO,
        FieldMap("kind", "预警类别", code(ALERTS, SCHOOL_ALERT_KIND)),
        FieldMap("reported_on", "报告日期", dashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="reported_on",
    first_of_month=True,
    link_only=_LINK,
    checks=(holder_is_born("national_id"), not_in_future("reported_on")),
)
MAPPINGS: Final = (ROLL, AID, ALERT)


def connect(config: Mapping[str, str]) -> SheetDrops:
    """Return the connector to the drop folder that `config` tells of.

    Raises:
        ConnectorConfigError: The folder is not named.
    """
    return SheetDrops(
        department=NAME,
        folder=Path(setting(NAME, config, "folder")),
        pattern=PATTERN,
        sheets=SHEETS,
    )


DEPARTMENT: Final = Department(
    name=NAME,
    mappings={mapping.dataset: mapping for mapping in MAPPINGS},
    shapes={sheet.shape.dataset: sheet.shape for sheet in SHEETS},
    settings={"folder": "folder where the education bureau drops its workbooks"},
    connect=connect,
)
