"""The emergency bureau's workbooks of damage and relief, one for an event or more.

Its levels of loss are words; damage counts from the day of the event.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from connectors.checks import holder_is_born, not_in_future, not_negative
from connectors.convert import (
    citizen_number,
    code,
    dashed_date,
    half_width,
    optional,
    text,
    worded,
    yuan,
)
from connectors.department import Department, setting
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import ReasonCode
from connectors.shape import Shape
from connectors.sheets import Sheet, SheetDrops
from schema.codes import DISASTER_KIND

NAME: Final = "emergency-management"
PATTERN: Final = "zaiqing_*.xlsx"

KINDS: Final = {
    "火灾": "fire",
    "意外事故": "accident",
    "洪涝": "flood",
    "风雹": "storm",
    "其他": "other",
}
LEVELS: Final = {"轻微": 1, "一般": 2, "严重": 3, "全损": 4}

DAMAGE_SHEET: Final = Sheet(
    "受灾台账",
    (
        *("受灾编号", "姓名", "身份证号", "灾种", "发生日期"),
        *("损失等级", "救助金额", "撤销", "更新时间"),
    ),
    Shape(
        NAME,
        "disaster_damage",
        key="受灾编号",
        updated="更新时间",
        gone={"撤销": frozenset({"是"})},
    ),
)
SHEETS: Final = (DAMAGE_SHEET,)

_WHO: Final = (
    FieldMap("national_id", "身份证号", half_width(citizen_number)),
    FieldMap("name", "姓名", text(missing=ReasonCode.NAME_MISSING, longest=50)),
)
_LINK: Final = frozenset({"national_id", "name"})

DAMAGE: Final = DatasetMapping(
    department=NAME,
    dataset="disaster_damage",
    fields=(
        *_WHO,
        FieldMap("kind", "灾种", code(KINDS, DISASTER_KIND)),
        FieldMap("occurred_on", "发生日期", dashed_date),
        FieldMap("loss_level", "损失等级", worded(LEVELS, "a level of loss")),
        FieldMap("relief_cents", "救助金额", optional(yuan)),
    ),
    number="national_id",
    name="name",
    valid_from="occurred_on",
    link_only=_LINK,
    checks=(
        holder_is_born("national_id"),
        not_in_future("occurred_on"),
        not_negative("relief_cents"),
    ),
)
MAPPINGS: Final = (DAMAGE,)


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
    settings={"folder": "folder where the emergency bureau drops its workbooks"},
    connect=connect,
)
