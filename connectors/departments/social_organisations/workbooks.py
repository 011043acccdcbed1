"""The social organisations' workbooks, and what they are in our words.

One sheet lists all help that was given; the day is sealed, so help counts from the first day of
its month.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from connectors.checks import holder_is_born, not_in_future, not_negative
from connectors.convert import citizen_number, code, dashed_date, half_width, text, yuan
from connectors.department import Department, setting
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import ReasonCode
from connectors.shape import Shape
from connectors.sheets import Sheet, SheetDrops
from schema.codes import HELP_KIND

NAME: Final = "social-organisations"

HEADER: Final = (
    *("帮扶编号", "姓名", "身份证号", "帮扶类别", "帮扶单位"),
    *("金额", "帮扶日期", "登记时间"),
)
SHEET: Final = "帮扶台账"

KINDS: Final = {
    "困难职工": "worker",
    "困难妇女": "woman",
    "慈善捐助": "donation",
    "红十字救助": "red-cross",
}

SHAPE: Final = Shape(department=NAME, dataset="social_help", key="帮扶编号", updated="登记时间")

HELP: Final = DatasetMapping(
    department=NAME,
    dataset="social_help",
    fields=(
        FieldMap("national_id", "身份证号", half_width(citizen_number)),
        FieldMap("name", "姓名", text(missing=ReasonCode.NAME_MISSING, longest=50)),
        FieldMap("kind", "帮扶类别", code(KINDS, HELP_KIND)),
        FieldMap("organisation", "帮扶单位", text()),
        FieldMap("amount_cents", "金额", yuan),
        FieldMap("helped_on", "帮扶日期", dashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="helped_on",
    first_of_month=True,
    link_only=frozenset({"national_id", "name"}),
    checks=(
        holder_is_born("national_id"),
        not_in_future("helped_on"),
        not_negative("amount_cents"),
    ),
)


def connect(config: Mapping[str, str]) -> SheetDrops:
    """Return the connector to the drop folder that `config` tells of.

    Raises:
        ConnectorConfigError: The folder is not named.
    """
    return SheetDrops(
        department=NAME,
        folder=Path(setting(NAME, config, "folder")),
        pattern="bangfu_*.xlsx",
        sheets=(Sheet(SHEET, HEADER, SHAPE),),
    )


DEPARTMENT: Final = Department(
    name=NAME,
    mappings={HELP.dataset: HELP},
    shapes={SHAPE.dataset: SHAPE},
    settings={"folder": "folder where the organisations drop their workbooks"},
    connect=connect,
)
