"""The transport bureau's CSV drops (GB18030): ride-hailing permits, registered ships."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from connectors.checks import holder_is_born, in_order, not_in_future
from connectors.convert import citizen_number, compact_date, half_width, listed, text
from connectors.department import Department, setting
from connectors.files import CsvDrops
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import ReasonCode
from connectors.several import Several
from connectors.shape import Shape, beijing_day
from schema.codes import VALUE_BAND

NAME: Final = "transport"


def _shape(dataset: str, key: str) -> Shape:
    gone = {"操作": frozenset({"注销"})}
    return Shape(NAME, dataset, key=key, updated="更新日期", moment=beijing_day, gone=gone)


DROPS: Final = (
    (
        _shape("ride_hailing_permit", "许可证号"),
        "wangyue_*.csv",
        ("操作", "许可证号", "姓名", "身份证号", "车型", "有效期起", "有效期止", "更新日期"),
    ),
    (
        _shape("ship", "登记号"),
        "chuanbo_*.csv",
        (
            "操作",
            "登记号",
            "姓名",
            "身份证号",
            "船名",
            "船舶种类",
            "价值区间",
            "登记日期",
            "更新日期",
        ),
    ),
)
"""Shape, file pattern and header of each dataset."""

_WHO: Final = (
    FieldMap("national_id", "身份证号", half_width(citizen_number)),
    FieldMap("name", "姓名", text(missing=ReasonCode.NAME_MISSING, longest=50)),
)
_LINK: Final = frozenset({"national_id", "name"})

PERMIT: Final = DatasetMapping(
    department=NAME,
    dataset="ride_hailing_permit",
    fields=(
        *_WHO,
        FieldMap("permit_number", "许可证号", text(longest=40)),
        FieldMap("vehicle_type", "车型", text(longest=50)),
        FieldMap("permit_from", "有效期起", compact_date),
        FieldMap("permit_to", "有效期止", compact_date),
    ),
    number="national_id",
    name="name",
    valid_from="permit_from",
    link_only=_LINK,
    checks=(holder_is_born("national_id"), in_order("permit_from", "permit_to")),
)
SHIP: Final = DatasetMapping(
    department=NAME,
    dataset="ship",
    fields=(
        *_WHO,
        FieldMap("ship_name", "船名", text(longest=50)),
        FieldMap("ship_type", "船舶种类", text(longest=50)),
        FieldMap("value_band", "价值区间", listed(VALUE_BAND)),
        FieldMap("registered_on", "登记日期", compact_date),
    ),
    number="national_id",
    name="name",
    valid_from="registered_on",
    link_only=_LINK | {"registered_on"},
    checks=(holder_is_born("national_id"), not_in_future("registered_on")),
)
MAPPINGS: Final = (PERMIT, SHIP)


def connect(config: Mapping[str, str]) -> Several:
    """Return the connector to the drop folder that `config` tells of.

    Raises:
        ConnectorConfigError: The folder is not named.
    """
    folder = Path(setting(NAME, config, "folder"))
    return Several(
        NAME,
        {
            shape.dataset: CsvDrops(shape, folder, pattern, header, "gb18030")
            for shape, pattern, header in DROPS
        },
    )


DEPARTMENT: Final = Department(
    name=NAME,
    mappings={mapping.dataset: mapping for mapping in MAPPINGS},
    shapes={shape.dataset: shape for shape, _, _ in DROPS},
    settings={"folder": "folder where the transport bureau drops its CSV files"},
    connect=connect,
)
