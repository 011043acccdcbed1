"""The housing bureau's CSV drops (UTF-8 with a byte-order mark), one file pattern a dataset."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from connectors.checks import holder_is_born, in_order, not_in_future, not_negative
from connectors.convert import (
    citizen_number,
    dashed_date,
    half_width,
    listed,
    optional,
    text,
    whole,
    yuan,
)
from connectors.department import Department, setting
from connectors.files import CsvDrops
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import ReasonCode
from connectors.several import Several
from connectors.shape import Shape
from schema.codes import DANGER_GRADE

NAME: Final = "housing"
_LARGEST_SQM: Final = 10_000


def _shape(dataset: str) -> Shape:
    gone = {"状态": frozenset({"撤销"})}
    return Shape(NAME, dataset, key="编号", updated="更新时间", gone=gone)


_HEAD: Final = ("编号", "姓名", "身份证号", "状态")
DROPS: Final = (
    (
        _shape("public_rental"),
        "gongzu_*.csv",
        (*_HEAD, "地址", "面积", "月租金", "合同起", "合同止", "更新时间"),
    ),
    (
        _shape("housing_subsidy"),
        "butie_*.csv",
        (*_HEAD, "月补贴", "起始日期", "终止日期", "更新时间"),
    ),
    (
        _shape("purchase_filing"),
        "beian_*.csv",
        (*_HEAD, "地址", "面积", "合同日期", "更新时间"),
    ),
    (
        _shape("dangerous_housing"),
        "weifang_*.csv",
        (*_HEAD, "地址", "鉴定等级", "鉴定日期", "更新时间"),
    ),
)
"""Shape, file pattern and header of each dataset."""

_WHO: Final = (
    FieldMap("national_id", "身份证号", half_width(citizen_number)),
    FieldMap("name", "姓名", text(missing=ReasonCode.NAME_MISSING, longest=50)),
)
_LINK: Final = frozenset({"national_id", "name"})
_AREA: Final = FieldMap("area_sqm", "面积", whole(1, _LARGEST_SQM))
_ADDRESS: Final = FieldMap("address", "地址", optional(text()))

RENTAL: Final = DatasetMapping(
    department=NAME,
    dataset="public_rental",
    fields=(
        *_WHO,
        _ADDRESS,
        _AREA,
        FieldMap("rent_cents", "月租金", yuan),
        FieldMap("contract_from", "合同起", dashed_date),
        FieldMap("contract_to", "合同止", optional(dashed_date)),
    ),
    number="national_id",
    name="name",
    valid_from="contract_from",
    link_only=_LINK,
    checks=(
        holder_is_born("national_id"),
        in_order("contract_from", "contract_to"),
        not_negative("rent_cents"),
    ),
)
SUBSIDY: Final = DatasetMapping(
    department=NAME,
    dataset="housing_subsidy",
    fields=(
        *_WHO,
        FieldMap("monthly_cents", "月补贴", yuan),
        FieldMap("start_date", "起始日期", dashed_date),
        FieldMap("end_date", "终止日期", optional(dashed_date)),
    ),
    number="national_id",
    name="name",
    valid_from="start_date",
    link_only=_LINK,
    checks=(
        holder_is_born("national_id"),
        in_order("start_date", "end_date"),
        not_negative("monthly_cents"),
    ),
)
FILING: Final = DatasetMapping(
    department=NAME,
    dataset="purchase_filing",
    fields=(*_WHO, _ADDRESS, _AREA, FieldMap("contract_date", "合同日期", dashed_date)),
    number="national_id",
    name="name",
    valid_from="contract_date",
    link_only=_LINK,
    checks=(holder_is_born("national_id"), not_in_future("contract_date")),
)
DANGEROUS: Final = DatasetMapping(
    department=NAME,
    dataset="dangerous_housing",
    fields=(
        *_WHO,
        _ADDRESS,
        FieldMap("grade", "鉴定等级", listed(DANGER_GRADE)),
        FieldMap("appraised_on", "鉴定日期", dashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="appraised_on",
    link_only=_LINK,
    checks=(holder_is_born("national_id"), not_in_future("appraised_on")),
)
MAPPINGS: Final = (RENTAL, SUBSIDY, FILING, DANGEROUS)


def connect(config: Mapping[str, str]) -> Several:
    """Return the connector to the drop folder that `config` tells of.

    Raises:
        ConnectorConfigError: The folder is not named.
    """
    folder = Path(setting(NAME, config, "folder"))
    return Several(
        NAME,
        {
            shape.dataset: CsvDrops(shape, folder, pattern, header, "utf-8")
            for shape, pattern, header in DROPS
        },
    )


DEPARTMENT: Final = Department(
    name=NAME,
    mappings={mapping.dataset: mapping for mapping in MAPPINGS},
    shapes={shape.dataset: shape for shape, _, _ in DROPS},
    settings={"folder": "folder where the housing bureau drops its CSV files"},
    connect=connect,
)
