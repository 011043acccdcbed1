"""Banks, securities, insurers, payment institutions: what they answered to one verification.

No connector brings it. An answer is kept sealed for as long as the authorisation it was asked under
lasts, and forgotten when that ends or is withdrawn (`hub.store.consents`).
"""

from typing import Final

from schema.catalogue import Dataset, Subject
from schema.codes import ASSET_KIND
from schema.declare import CONSENTED

BANK_DEPOSIT: Final = Dataset(
    name="bank_deposit",
    type_name="BankDeposit",
    department="banks",
    zh="金融资产信息",
    en="financial assets; asked for one verification, kept while its authorisation lasts",
    subject=Subject.PERSON,
    many=True,
    plural="bank_deposits",
    internal=True,
    refresh="at each application",
    legal_basis="社会救助法 第41条",
    fields=(
        CONSENTED.code("kind", "资产类别", "kind of asset", ASSET_KIND, "asset"),
        CONSENTED.text("institution", "机构", "institution", "asset"),
        CONSENTED.cents("amount_cents", "金额", "amount on the day", "asset"),
        CONSENTED.day("amount_on", "日期", "day of the amount", "asset"),
        CONSENTED.text("query_reference", "查询回执号", "reference of the query", "asset"),
    ),
)

DEPARTMENT_NAMES: Final = {"banks": ("银行业金融机构", "banks")}
DATASETS: Final = (BANK_DEPOSIT,)
