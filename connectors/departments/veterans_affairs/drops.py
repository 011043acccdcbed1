"""The veterans bureau's CSV drops (GB18030), and what they are in our words.

The day of the first payment is sealed, so treatment counts from the first day of its month.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from connectors.checks import holder_is_born, not_in_future, not_negative
from connectors.convert import citizen_number, code, dashed_date, half_width, text, yuan
from connectors.department import Department, setting
from connectors.files import CsvDrops
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import ReasonCode
from connectors.shape import Shape
from schema.codes import PREFERENCE_KIND

NAME: Final = "veterans-affairs"

HEADER: Final = (
    "操作",
    "优抚编号",
    "姓名",
    "身份证号",
    "优抚类别",
    "月标准",
    "起发日期",
    "更新时间",
)

KINDS: Final = {"11": "disabled-soldier", "21": "martyr-family", "31": "veteran"}
"""The bureau's categories [D]."""

SHAPE: Final = Shape(
    department=NAME,
    dataset="preferential_treatment",
    key="优抚编号",
    updated="更新时间",
    gone={"操作": frozenset({"停发"})},
)

TREATMENT: Final = DatasetMapping(
    department=NAME,
    dataset="preferential_treatment",
    fields=(
        FieldMap("national_id", "身份证号", half_width(citizen_number)),
        FieldMap("name", "姓名", text(missing=ReasonCode.NAME_MISSING, longest=50)),
        FieldMap("kind", "优抚类别", code(KINDS, PREFERENCE_KIND)),
        FieldMap("monthly_cents", "月标准", yuan),
        FieldMap("start_date", "起发日期", dashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="start_date",
    first_of_month=True,
    link_only=frozenset({"national_id", "name"}),
    checks=(
        holder_is_born("national_id"),
        not_in_future("start_date"),
        not_negative("monthly_cents"),
    ),
)


def connect(config: Mapping[str, str]) -> CsvDrops:
    """Return the connector to the drop folder that `config` tells of.

    Raises:
        ConnectorConfigError: The folder is not named.
    """
    return CsvDrops(
        shape=SHAPE,
        folder=Path(setting(NAME, config, "folder")),
        pattern="youfu_*.csv",
        header=HEADER,
        encoding="gb18030",
    )


DEPARTMENT: Final = Department(
    name=NAME,
    mappings={TREATMENT.dataset: TREATMENT},
    shapes={SHAPE.dataset: SHAPE},
    settings={"folder": "folder where the veterans bureau drops its CSV files"},
    connect=connect,
)
