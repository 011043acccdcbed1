"""The school roll's CSV drops, and what they are in our words.

It writes days as a spreadsheet does (2026/9/1), and grades in words that count either through
(七年级) or within the stage (初一).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from connectors.checks import Reason, holder_is_born, not_in_future
from connectors.convert import Fault, Value, citizen_number, code, optional, text
from connectors.department import Department, setting
from connectors.files import CsvDrops
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import ReasonCode
from connectors.shape import Shape
from tests.fourth.datasets.evening_schools import ROLL_STATUS, SCHOOL_STAGE

NAME: Final = "evening-schools"

HEADER: Final = (
    *("学籍号", "学生姓名", "身份证件号", "学校名称", "学段"),
    *("年级", "学籍状态", "变动日期", "更新时间"),
)
_THROUGH: Final = "一二三四五六七八九"
GRADES: Final = (
    {f"{numeral}年级": grade for grade, numeral in enumerate(_THROUGH, 1)}
    | {f"初{numeral}": grade for grade, numeral in enumerate("一二三", 7)}
    | {f"高{numeral}": grade for grade, numeral in enumerate("一二三", 10)}
)
"""Their words for a grade to our count, 1 to 12."""
FIRST_AND_LAST: Final = {"primary": (1, 6), "junior": (6, 9), "senior": (10, 12)}
"""Stage to its grades; where primary school has five years, junior school starts with the sixth."""
_NO_DAY: Final = Fault(ReasonCode.DATE_IMPOSSIBLE, "a calendar day written YYYY/M/D was expected")
_NO_GRADE: Final = Fault(ReasonCode.CODE_UNKNOWN, "the word is not in the agreed table of grades")
_SLASHED: Final = re.compile(r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})")

SHAPE: Final = Shape(
    department=NAME,
    dataset="evening_roll",
    key="学籍号",
    updated="更新时间",
    gone={"学籍状态": frozenset({"撤销"})},
)


def slashed_date(word: str | None) -> Value | Fault:
    """Return the day that YYYY/M/D names."""
    found = _SLASHED.fullmatch((word or "").strip())
    try:
        return date(*map(int, found.groups())) if found else _NO_DAY
    except ValueError:
        return _NO_DAY


def grade(word: str | None) -> Value | Fault:
    """Return the grade, counted through from primary school."""
    return GRADES.get((word or "").strip(), _NO_GRADE)


def grade_fits_stage(values: Mapping[str, Value], today: date) -> Iterator[Reason]:
    """Check that a known grade is one of its stage."""
    del today
    stage, found = values.get("stage"), values.get("grade")
    first, last = FIRST_AND_LAST.get(str(stage), (1, 12))
    if isinstance(found, int) and not first <= found <= last:
        yield Reason(ReasonCode.ORDER, "grade", "a grade of the stage was expected")


ROLL: Final = DatasetMapping(
    department=NAME,
    dataset="evening_roll",
    fields=(
        FieldMap("national_id", "身份证件号", citizen_number),
        FieldMap("name", "学生姓名", text(missing=ReasonCode.NAME_MISSING, longest=50)),
        FieldMap("school", "学校名称", text(longest=100)),
        FieldMap(
            "stage",
            "学段",
            code(
                {"1": "primary", "2": "junior", "3": "senior", "4": "vocational", "5": "higher"},
                SCHOOL_STAGE,
            ),
        ),
        FieldMap("grade", "年级", optional(grade)),
        FieldMap(
            "status",
            "学籍状态",
            code(
                {"在读": "attending", "休学": "suspended", "退学": "left", "毕业": "finished"},
                ROLL_STATUS,
            ),
        ),
        FieldMap("changed_on", "变动日期", slashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="changed_on",
    link_only=frozenset({"national_id", "name", "changed_on"}),
    checks=(holder_is_born("national_id"), not_in_future("changed_on"), grade_fits_stage),
)


def connect(config: Mapping[str, str]) -> CsvDrops:
    """Return the connector to the drop folder that `config` tells of.

    Raises:
        ConnectorConfigError: The folder is not named.
    """
    return CsvDrops(
        shape=SHAPE,
        folder=Path(setting(NAME, config, "folder")),
        pattern="xueji_*.csv",
        header=HEADER,
        encoding="utf-8",
    )


DEPARTMENT: Final = Department(
    name=NAME,
    mappings={ROLL.dataset: ROLL},
    shapes={SHAPE.dataset: SHAPE},
    settings={"folder": "folder where the evening schools drop its CSV files"},
    connect=connect,
)
