"""The housing fund: accounts."""

from typing import Final

from schema.catalogue import Dataset, Grain, Subject
from schema.codes import ACCOUNT_STATUS
from schema.declare import S

HOUSING_FUND_ACCOUNT: Final = Dataset(
    name="housing_fund_account",
    type_name="HousingFundAccount",
    department="housing-fund",
    zh="住房公积金账户信息",
    en="account of the housing fund",
    subject=Subject.PERSON,
    many=False,
    source_time_grain=Grain.MONTH,
    refresh="monthly",
    legal_basis="社会救助法 第23条、第41条",
    fields=(
        S.code("status", "账户状态", "status", ACCOUNT_STATUS, "account"),
        S.cents("deposit_base_cents", "缴存基数", "deposit base a month", "account"),
        S.cents("monthly_cents", "月缴存额", "deposit a month", "account"),
        S.cents("balance_cents", "账户余额", "balance", "account"),
        S.cents("withdrawn_cents", "近12个月提取额", "withdrawn within 12 months", "account"),
    ),
)

DEPARTMENT_NAMES: Final = {"housing-fund": ("住房公积金", "housing fund")}
DATASETS: Final = (HOUSING_FUND_ACCOUNT,)
