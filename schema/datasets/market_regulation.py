"""Market regulation: who has a business."""

from typing import Final

from schema.catalogue import Dataset, Sharing, Subject
from schema.codes import BUSINESS_ROLE, BUSINESS_STATUS
from schema.declare import G

BUSINESS_REGISTRATION: Final = Dataset(
    name="business_registration",
    type_name="BusinessRegistration",
    department="market-regulation",
    zh="市场主体登记信息",
    en="role in a registered business",
    subject=Subject.PERSON,
    many=True,
    plural="business_registrations",
    sharing=Sharing.UNCONDITIONAL,
    refresh="daily",
    legal_basis="社会救助法 第23条、第41条",
    fields=(
        G.text("credit_code", "统一社会信用代码", "unified social credit code", sealed=True),
        G.text("business_name", "名称", "name of the business", sealed=True),
        G.code("role", "职务", "role", BUSINESS_ROLE),
        G.cents("capital_cents", "出资额", "capital contributed"),
        G.day("registered_on", "成立日期", "day of registration"),
        G.code("status", "登记状态", "status", BUSINESS_STATUS),
    ),
)

DEPARTMENT_NAMES: Final = {"market-regulation": ("市场监督管理", "market regulation")}
DATASETS: Final = (BUSINESS_REGISTRATION,)
