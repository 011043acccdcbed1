"""Tax: income as a band; no amount leaves the tax authority."""

from typing import Final

from schema.catalogue import Dataset, Grain, Subject
from schema.codes import INCOME_BAND, INCOME_TYPE
from schema.declare import S

PERSONAL_INCOME: Final = Dataset(
    name="personal_income",
    type_name="PersonalIncome",
    department="tax",
    zh="个人所得信息",
    en="taxed income, the amount as a band",
    subject=Subject.PERSON,
    many=True,
    plural="personal_incomes",
    source_time_grain=Grain.MONTH,
    refresh="monthly",
    legal_basis="社会救助法 第41条",
    fields=(
        S.code("income_type", "所得项目", "type of income", INCOME_TYPE, "income"),
        S.day("period", "所属期", "first day of the month", "income"),
        S.code("amount_band", "收入区间", "band of the amount", INCOME_BAND, "income"),
        S.text("payer", "扣缴义务人", "who pays"),
    ),
)

DEPARTMENT_NAMES: Final = {"tax": ("税务", "tax")}
DATASETS: Final = (PERSONAL_INCOME,)
