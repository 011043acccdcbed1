"""Housing: public rental, subsidies, filings, dangerous dwellings."""

from typing import Final

from schema.catalogue import Dataset, Subject
from schema.codes import DANGER_GRADE
from schema.declare import G

_OWNER: Final = "housing"

PUBLIC_RENTAL: Final = Dataset(
    name="public_rental",
    type_name="PublicRental",
    department=_OWNER,
    zh="公共租赁住房信息",
    en="public rental dwelling",
    subject=Subject.PERSON,
    many=True,
    plural="public_rentals",
    refresh="monthly",
    legal_basis="社会救助法 第41条",
    fields=(
        G.text("address", "地址", "address", sealed=True),
        G.whole("area_sqm", "建筑面积", "floor area", "square metre"),
        G.cents("rent_cents", "月租金", "rent a month"),
        G.day("contract_from", "合同起始日期", "first day of the contract"),
        G.day("contract_to", "合同终止日期", "last day of the contract"),
    ),
)

HOUSING_SUBSIDY: Final = Dataset(
    name="housing_subsidy",
    type_name="HousingSubsidy",
    department=_OWNER,
    zh="住房租赁补贴信息",
    en="rent subsidy",
    subject=Subject.PERSON,
    many=True,
    plural="housing_subsidies",
    refresh="monthly",
    legal_basis="社会救助法 第41条",
    fields=(
        G.cents("monthly_cents", "月补贴金额", "amount a month"),
        G.day("start_date", "开始日期", "first day"),
        G.day("end_date", "结束日期", "last day"),
    ),
)

PURCHASE_FILING: Final = Dataset(
    name="purchase_filing",
    type_name="PurchaseFiling",
    department=_OWNER,
    zh="商品房买卖合同备案",
    en="filing of the purchase of a dwelling",
    subject=Subject.PERSON,
    many=True,
    plural="purchase_filings",
    refresh="monthly",
    legal_basis="社会救助法 第23条、第41条",
    fields=(
        G.text("address", "地址", "address", sealed=True),
        G.whole("area_sqm", "建筑面积", "floor area", "square metre"),
        G.day("contract_date", "合同日期", "day of the contract"),
    ),
)

DANGEROUS_HOUSING: Final = Dataset(
    name="dangerous_housing",
    type_name="DangerousHousing",
    department=_OWNER,
    zh="危险房屋鉴定信息",
    en="appraisal of a dwelling",
    subject=Subject.PERSON,
    many=True,
    plural="dangerous_housings",
    refresh="monthly",
    legal_basis="社会救助法 第39条",
    fields=(
        G.text("address", "地址", "address", sealed=True),
        G.code("grade", "鉴定等级", "grade", DANGER_GRADE),
        G.day("appraised_on", "鉴定日期", "day of the appraisal"),
    ),
)

DEPARTMENT_NAMES: Final = {"housing": ("住房和城乡建设", "housing")}
DATASETS: Final = (PUBLIC_RENTAL, HOUSING_SUBSIDY, PURCHASE_FILING, DANGEROUS_HOUSING)
