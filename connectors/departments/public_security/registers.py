"""Public security's registers beside the population: vehicles, custody, permits, days abroad.

Of custody it tells from when to when, for everybody in the register and never why: that a row is
there says nothing of a person.
"""

from typing import Final

from connectors.checks import holder_is_born, in_order, not_in_future
from connectors.convert import (
    citizen_number,
    code,
    dashed_date,
    flag,
    listed,
    optional,
    text,
    whole,
)
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import ReasonCode
from connectors.shape import Shape
from schema.codes import VALUE_BAND, VEHICLE_STATUS, VEHICLE_USE

NAME: Final = "public-security"

STATUSES: Final = {
    "A": "normal",
    "B": "transferred",
    "M": "scrapped",
    "E": "cancelled",
}
"""Status of a vehicle, the first letters of the traffic administration's codes [R]."""
USES: Final = {"A": "private", "B": "commercial", "Z": "disability-scooter"}
_DAYS_OF_A_YEAR: Final = 366


def _shape(dataset: str, key: str) -> Shape:
    gone = {"操作": frozenset({"注销"})}
    return Shape(NAME, dataset, key=key, updated="更新时间", gone=gone)


SHAPES: Final = (
    _shape("vehicle", "登记编号"),
    _shape("custody_status", "编号"),
    _shape("residence_permit", "居住证号"),
    _shape("exit_entry", "编号"),
)

_WHO: Final = (
    FieldMap("national_id", "身份证号", citizen_number),
    FieldMap("name", "姓名", text(missing=ReasonCode.NAME_MISSING, longest=50)),
)
_LINK: Final = frozenset({"national_id", "name"})

VEHICLE: Final = DatasetMapping(
    department=NAME,
    dataset="vehicle",
    fields=(
        *_WHO,
        FieldMap("plate", "号牌号码", text(longest=20)),
        FieldMap("plate_class", "号牌种类", text(longest=20)),
        FieldMap("model", "品牌型号", optional(text(longest=80))),
        FieldMap("first_registered_on", "初次登记日期", dashed_date),
        FieldMap("status", "机动车状态", code(STATUSES, VEHICLE_STATUS)),
        FieldMap("value_band", "价值区间", listed(VALUE_BAND)),
        FieldMap("use", "使用性质", code(USES, VEHICLE_USE)),
    ),
    number="national_id",
    name="name",
    valid_from="first_registered_on",
    link_only=_LINK,
    checks=(holder_is_born("national_id"), not_in_future("first_registered_on")),
)
CUSTODY: Final = DatasetMapping(
    department=NAME,
    dataset="custody_status",
    fields=(
        *_WHO,
        FieldMap("in_custody", "羁押", flag(yes="1", no="0")),
        FieldMap("custody_from", "开始日期", optional(dashed_date)),
        FieldMap("custody_to", "解除日期", optional(dashed_date)),
        FieldMap("stated_on", "登记日期", dashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="stated_on",
    first_of_month=True,
    link_only=_LINK | {"stated_on"},
    checks=(
        holder_is_born("national_id"),
        not_in_future("custody_from", "custody_to", "stated_on"),
        in_order("custody_from", "custody_to"),
    ),
)
PERMIT: Final = DatasetMapping(
    department=NAME,
    dataset="residence_permit",
    fields=(
        *_WHO,
        FieldMap("permit_number", "居住证号", text(longest=40)),
        FieldMap("permit_from", "签发日期", dashed_date),
        FieldMap("permit_to", "有效期至", dashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="permit_from",
    link_only=_LINK,
    checks=(holder_is_born("national_id"), in_order("permit_from", "permit_to")),
)
ABROAD: Final = DatasetMapping(
    department=NAME,
    dataset="exit_entry",
    fields=(
        *_WHO,
        FieldMap("days_abroad", "出境天数", whole(0, _DAYS_OF_A_YEAR)),
        FieldMap("counted_on", "统计日期", dashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="counted_on",
    first_of_month=True,
    link_only=_LINK | {"counted_on"},
    checks=(holder_is_born("national_id"), not_in_future("counted_on")),
)
MAPPINGS: Final = (VEHICLE, CUSTODY, PERMIT, ABROAD)
