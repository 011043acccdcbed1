"""Veterans affairs: preferential treatment."""

from typing import Final

from schema.catalogue import Dataset, Grain, Subject
from schema.codes import PREFERENCE_KIND
from schema.declare import S

PREFERENTIAL_TREATMENT: Final = Dataset(
    name="preferential_treatment",
    type_name="PreferentialTreatment",
    department="veterans-affairs",
    zh="优抚对象信息",
    en="preferential treatment of veterans and their families",
    subject=Subject.PERSON,
    many=True,
    plural="preferential_treatments",
    source_time_grain=Grain.MONTH,
    refresh="monthly",
    legal_basis="社会救助法 第41条",
    fields=(
        S.code("kind", "优抚类别", "kind", PREFERENCE_KIND, "preference"),
        S.cents("monthly_cents", "月优抚金额", "amount a month", "preference"),
        S.day("start_date", "开始日期", "first day", "preference"),
    ),
)

DEPARTMENT_NAMES: Final = {"veterans-affairs": ("退役军人事务", "veterans affairs")}
DATASETS: Final = (PREFERENTIAL_TREATMENT,)
