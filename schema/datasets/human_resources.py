"""Human resources and social security: insurance, pensions, unemployment."""

from typing import Final

from schema.catalogue import Dataset, Grain, Subject
from schema.codes import INSURED_STATUS, SOCIAL_SCHEME
from schema.declare import G, S

_OWNER: Final = "human-resources"

SOCIAL_INSURANCE: Final = Dataset(
    name="social_insurance",
    type_name="SocialInsurance",
    department=_OWNER,
    zh="社会保险参保信息",
    en="spell of social insurance",
    subject=Subject.PERSON,
    many=True,
    plural="social_insurances",
    refresh="monthly",
    legal_basis="社会救助法 第39条、第41条",
    fields=(
        G.text("unit", "参保单位", "unit that pays", sealed=True),
        G.code("scheme", "险种", "scheme", SOCIAL_SCHEME),
        G.code("status", "缴费状态", "status", INSURED_STATUS),
        G.day("month_from", "起始月", "first day of the first month"),
        G.day("month_to", "终止月", "first day of the last month; null while it lasts"),
        S.cents("base_cents", "月缴费基数", "pay base a month"),
    ),
)

PENSION: Final = Dataset(
    name="pension",
    type_name="Pension",
    department=_OWNER,
    zh="养老金待遇信息",
    en="pension",
    subject=Subject.PERSON,
    many=True,
    plural="pensions",
    source_time_grain=Grain.MONTH,
    refresh="monthly",
    legal_basis="社会救助法 第41条",
    fields=(
        S.day("start_date", "领取起始日期", "first day", "pension"),
        S.day("end_date", "停发日期", "last day; null while it is paid", "pension"),
        S.cents("monthly_cents", "月养老金", "amount a month", "pension"),
    ),
)

UNEMPLOYMENT_BENEFIT: Final = Dataset(
    name="unemployment_benefit",
    type_name="UnemploymentBenefit",
    department=_OWNER,
    zh="失业保险金信息",
    en="unemployment benefit",
    subject=Subject.PERSON,
    many=True,
    plural="unemployment_benefits",
    source_time_grain=Grain.MONTH,
    refresh="monthly",
    legal_basis="社会救助法 第39条、第41条",
    fields=(
        S.day("start_date", "领取起始日期", "first day", "benefit"),
        S.day("end_date", "期满日期", "last day", "benefit"),
        S.cents("monthly_cents", "月失业金", "amount a month", "benefit"),
    ),
)

EMPLOYMENT_REGISTRATION: Final = Dataset(
    name="employment_registration",
    type_name="EmploymentRegistration",
    department=_OWNER,
    zh="就业失业登记信息",
    en="registration as employed or unemployed",
    subject=Subject.PERSON,
    many=False,
    refresh="monthly",
    legal_basis="社会救助法 第39条、第41条",
    fields=(
        G.flag("registered_unemployed", "登记失业", "whether registered as unemployed"),
        G.day("registered_on", "登记日期", "day of registration"),
        G.flag("in_training", "参加培训", "whether in training"),
        G.flag("public_post", "公益性岗位", "whether on a public-welfare post"),
    ),
)

DEPARTMENT_NAMES: Final = {
    "human-resources": ("人力资源和社会保障", "human resources and social security")
}
DATASETS: Final = (SOCIAL_INSURANCE, PENSION, UNEMPLOYMENT_BENEFIT, EMPLOYMENT_REGISTRATION)
