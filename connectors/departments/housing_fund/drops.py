"""The housing fund's CSV drops (UTF-16, little-endian), and what they are in our words.

A drop states each account as it stood on a day; it holds from the first day of that month.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from connectors.checks import holder_is_born, not_in_future, not_negative
from connectors.convert import citizen_number, code, compact_date, half_width, text, yuan
from connectors.department import Department, setting
from connectors.files import CsvDrops
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import ReasonCode
from connectors.shape import Shape, beijing_day
from schema.codes import ACCOUNT_STATUS

NAME: Final = "housing-fund"

HEADER: Final = (
    *("个人账号", "姓名", "证件号码", "账户状态", "缴存基数"),
    *("月缴存额", "账户余额", "近12月提取额", "统计日期"),
)

SHAPE: Final = Shape(
    department=NAME,
    dataset="housing_fund_account",
    key="个人账号",
    updated="统计日期",
    moment=beijing_day,
)

ACCOUNT: Final = DatasetMapping(
    department=NAME,
    dataset="housing_fund_account",
    fields=(
        FieldMap("national_id", "证件号码", half_width(citizen_number)),
        FieldMap("name", "姓名", text(missing=ReasonCode.NAME_MISSING, longest=50)),
        FieldMap(
            "status",
            "账户状态",
            code({"正常": "normal", "封存": "frozen", "销户": "closed"}, ACCOUNT_STATUS),
        ),
        FieldMap("deposit_base_cents", "缴存基数", yuan),
        FieldMap("monthly_cents", "月缴存额", yuan),
        FieldMap("balance_cents", "账户余额", yuan),
        FieldMap("withdrawn_cents", "近12月提取额", yuan),
        FieldMap("stated_on", "统计日期", compact_date),
    ),
    number="national_id",
    name="name",
    valid_from="stated_on",
    first_of_month=True,
    link_only=frozenset({"national_id", "name", "stated_on"}),
    checks=(
        holder_is_born("national_id"),
        not_in_future("stated_on"),
        not_negative("deposit_base_cents", "monthly_cents", "balance_cents", "withdrawn_cents"),
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
        pattern="gjj_*.csv",
        header=HEADER,
        encoding="utf-16-le",
    )


DEPARTMENT: Final = Department(
    name=NAME,
    mappings={ACCOUNT.dataset: ACCOUNT},
    shapes={SHAPE.dataset: SHAPE},
    settings={"folder": "folder where the housing fund drops its CSV files"},
    connect=connect,
)
