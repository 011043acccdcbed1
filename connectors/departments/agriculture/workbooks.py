"""The agriculture bureau's workbooks: machinery, contracted land, subsidies, the relapse list.

Areas come in mu with up to two decimals (a mu is 666.67 square metres) and are kept in whole
square metres. What is known of the relapse list is sealed with its days, so a listing counts from
the first day of its month.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from connectors.checks import holder_is_born, in_order, not_in_future, not_negative
from connectors.convert import (
    citizen_number,
    code,
    dashed_date,
    flag,
    half_width,
    listed,
    mu,
    optional,
    text,
    yuan,
)
from connectors.department import Department, setting
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import ReasonCode
from connectors.shape import Shape
from connectors.sheets import Sheet, SheetDrops
from schema.codes import RELAPSE_LIST, VALUE_BAND

NAME: Final = "agriculture"
PATTERN: Final = "nongye_*.xlsx"

LISTS: Final = {
    "脱贫不稳定户": "unstable",
    "边缘易致贫户": "marginal",
    "突发严重困难户": "sudden",
}

MACHINE_SHEET: Final = Sheet(
    "农机",
    ("农机号", "姓名", "身份证号", "农机类型", "价值区间", "登记日期", "更新时间"),
    Shape(NAME, "farm_machinery", key="农机号", updated="更新时间"),
)
LAND_SHEET: Final = Sheet(
    "承包地",
    ("合同编号", "姓名", "身份证号", "面积亩", "起始日期", "终止日期", "更新时间"),
    Shape(NAME, "land_contract", key="合同编号", updated="更新时间"),
)
SUBSIDY_SHEET: Final = Sheet(
    "补贴",
    ("补贴编号", "姓名", "身份证号", "项目", "金额", "发放日期", "更新时间"),
    Shape(NAME, "farm_subsidy", key="补贴编号", updated="更新时间"),
)
RELAPSE_SHEET: Final = Sheet(
    "监测对象",
    ("监测编号", "姓名", "身份证号", "类别", "识别日期", "风险消除", "更新时间"),
    Shape(NAME, "relapse_monitoring", key="监测编号", updated="更新时间"),
)
SHEETS: Final = (MACHINE_SHEET, LAND_SHEET, SUBSIDY_SHEET, RELAPSE_SHEET)

_WHO: Final = (
    FieldMap("national_id", "身份证号", half_width(citizen_number)),
    FieldMap("name", "姓名", text(missing=ReasonCode.NAME_MISSING, longest=50)),
)
_LINK: Final = frozenset({"national_id", "name"})

MACHINE: Final = DatasetMapping(
    department=NAME,
    dataset="farm_machinery",
    fields=(
        *_WHO,
        FieldMap("machine_type", "农机类型", text(longest=50)),
        FieldMap("value_band", "价值区间", listed(VALUE_BAND)),
        FieldMap("registered_on", "登记日期", dashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="registered_on",
    link_only=_LINK | {"registered_on"},
    checks=(holder_is_born("national_id"), not_in_future("registered_on")),
)
LAND: Final = DatasetMapping(
    department=NAME,
    dataset="land_contract",
    fields=(
        *_WHO,
        FieldMap("area_sqm", "面积亩", mu),
        FieldMap("contract_from", "起始日期", dashed_date),
        FieldMap("contract_to", "终止日期", optional(dashed_date)),
    ),
    number="national_id",
    name="name",
    valid_from="contract_from",
    link_only=_LINK,
    checks=(holder_is_born("national_id"), in_order("contract_from", "contract_to")),
)
SUBSIDY: Final = DatasetMapping(
    department=NAME,
    dataset="farm_subsidy",
    fields=(
        *_WHO,
        FieldMap("item", "项目", text(longest=50)),
        FieldMap("amount_cents", "金额", yuan),
        FieldMap("paid_on", "发放日期", dashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="paid_on",
    link_only=_LINK,
    checks=(
        holder_is_born("national_id"),
        not_in_future("paid_on"),
        not_negative("amount_cents"),
    ),
)
RELAPSE: Final = DatasetMapping(
    department=NAME,
    dataset="relapse_monitoring",
    fields=(
        *_WHO,
        FieldMap("list_kind", "类别", code(LISTS, RELAPSE_LIST)),
        FieldMap("listed_on", "识别日期", dashed_date),
        FieldMap("risk_gone", "风险消除", flag(yes="是", no="否")),
    ),
    number="national_id",
    name="name",
    valid_from="listed_on",
    first_of_month=True,
    link_only=_LINK,
    checks=(holder_is_born("national_id"), not_in_future("listed_on")),
)
MAPPINGS: Final = (MACHINE, LAND, SUBSIDY, RELAPSE)


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
    settings={"folder": "folder where the agriculture bureau drops its workbooks"},
    connect=connect,
)
