"""The federation's CSV drops, and what they are in our words.

It numbers disabilities in its own way (limb 4, intellectual 5, sight 6, mental 7,
multiple 8), which is not the numbering on the certificates it issues. The day of issue is
sealed, and a certificate that never changed was last changed about then: so it counts from the
first day of the month in which it was changed.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from connectors.checks import holder_is_born, in_order, not_in_future
from connectors.convert import citizen_number, code, compact_date, half_width, matching, text
from connectors.department import Department, setting
from connectors.files import CsvDrops
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import ReasonCode
from connectors.shape import Shape, beijing_day
from schema.codes import CERTIFICATE_STATUS, DISABILITY_CATEGORY, DISABILITY_LEVEL

NAME: Final = "disabled-federation"

HEADER: Final = (
    *("操作", "姓名", "身份证号", "残疾人证号", "残疾类别"),
    *("残疾等级", "发证日期", "证件状态", "更新日期"),
)

CATEGORIES: Final = {
    "2": "2",  # hearing
    "3": "3",  # speech
    "4": "4",  # limb
    "5": "5",  # intellectual
    "6": "1",  # sight
    "7": "6",  # mental
    "8": "7",  # multiple
}
"""The federation's numbering of disability to that of GB/T 26341."""

SHAPE: Final = Shape(
    department=NAME,
    dataset="disability_certificate",
    key="残疾人证号",
    updated="更新日期",
    moment=beijing_day,
    gone={"操作": frozenset({"删除"})},
)

CERTIFICATE: Final = DatasetMapping(
    department=NAME,
    dataset="disability_certificate",
    fields=(
        FieldMap("national_id", "身份证号", citizen_number),
        FieldMap("name", "姓名", text(missing=ReasonCode.NAME_MISSING, longest=50)),
        FieldMap(
            "certificate_number",
            "残疾人证号",
            half_width(matching(r"[0-9]{17}[0-9Xx][0-9]{2}(B[0-9]{1,2})?", "a certificate number")),
        ),
        FieldMap("category", "残疾类别", code(CATEGORIES, DISABILITY_CATEGORY)),
        FieldMap("level", "残疾等级", code({level: level for level in "1234"}, DISABILITY_LEVEL)),
        FieldMap("issued_on", "发证日期", compact_date),
        FieldMap(
            "status",
            "证件状态",
            code({"有效": "valid", "冻结": "frozen", "注销": "cancelled"}, CERTIFICATE_STATUS),
        ),
        FieldMap("updated_on", "更新日期", compact_date),
    ),
    number="national_id",
    name="name",
    valid_from="updated_on",
    first_of_month=True,
    link_only=frozenset({"national_id", "name", "updated_on"}),
    checks=(
        holder_is_born("national_id"),
        not_in_future("issued_on", "updated_on"),
        in_order("issued_on", "updated_on"),
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
        pattern="canlian_*.csv",
        header=HEADER,
        encoding="gb18030",
    )


DEPARTMENT: Final = Department(
    name=NAME,
    mappings={CERTIFICATE.dataset: CERTIFICATE},
    shapes={SHAPE.dataset: SHAPE},
    settings={"folder": "folder where the federation drops its CSV files"},
    connect=connect,
)
