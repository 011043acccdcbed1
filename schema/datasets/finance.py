"""Finance: the public payroll, subsidy cards."""

from typing import Final

from schema.catalogue import Dataset, Grain, Subject
from schema.declare import S

_OWNER: Final = "finance"

PUBLIC_PAYROLL: Final = Dataset(
    name="public_payroll",
    type_name="PublicPayroll",
    department=_OWNER,
    zh="财政供养人员信息",
    en="on the public payroll",
    subject=Subject.PERSON,
    many=False,
    source_time_grain=Grain.MONTH,
    refresh="monthly",
    legal_basis="社会救助法 第41条",
    fields=(
        S.text("unit", "单位", "unit", "payroll"),
        S.flag("on_payroll", "财政供养", "whether paid from the public purse", "payroll"),
    ),
)

SUBSIDY_PAYMENT: Final = Dataset(
    name="subsidy_payment",
    type_name="SubsidyPayment",
    department=_OWNER,
    zh="惠民补贴一卡通发放",
    en="payment to a subsidy card",
    subject=Subject.PERSON,
    many=True,
    plural="subsidy_payments",
    source_time_grain=Grain.MONTH,
    refresh="monthly",
    legal_basis="社会救助法 第41条",
    fields=(
        S.text("item", "补贴项目", "item", "payment"),
        S.cents("amount_cents", "发放金额", "amount", "payment"),
        S.day("paid_on", "发放日期", "day of payment", "payment"),
    ),
)

DEPARTMENT_NAMES: Final = {"finance": ("财政", "finance")}
DATASETS: Final = (PUBLIC_PAYROLL, SUBSIDY_PAYMENT)
