"""Health: births, deaths, major diseases as a verdict."""

from typing import Final

from schema import coarse
from schema.catalogue import Dataset, Grain, Subject
from schema.codes import DISEASE_CLASS
from schema.declare import S, X

_OWNER: Final = "health"

BIRTH_CERTIFICATE: Final = Dataset(
    name="birth_certificate",
    type_name="BirthCertificate",
    department=_OWNER,
    zh="出生医学证明",
    en="birth certificate",
    subject=Subject.PERSON,
    many=False,
    source_time_grain=Grain.MONTH,
    refresh="weekly",
    legal_basis="社会救助法 第41条",
    fields=(
        S.text("certificate_number", "出生证编号", "number of the certificate"),
        S.day("born_on", "出生日期", "day of birth", "birth"),
        S.text("place", "接生机构", "where", "birth"),
    ),
)

DEATH_CERTIFICATE: Final = Dataset(
    name="death_certificate",
    type_name="DeathCertificate",
    department=_OWNER,
    zh="死亡医学证明",
    en="death certificate, without the cause",
    subject=Subject.PERSON,
    many=False,
    source_time_grain=Grain.MONTH,
    refresh="weekly",
    legal_basis="社会救助法 第41条、第46条",
    fields=(
        S.text("certificate_number", "死亡证编号", "number of the certificate"),
        S.day("died_on", "死亡日期", "day of death"),
    ),
)

HEALTH_STATUS_RECORD: Final = Dataset(
    name="health_status",
    type_name="HealthStatus",
    department=_OWNER,
    zh="重大疾病与严重精神障碍状态",
    en="major disease and severe mental disorder",
    subject=Subject.PERSON,
    many=False,
    source_time_grain=Grain.MONTH,
    refresh="weekly",
    legal_basis="社会救助法 第24条、第39条",
    fields=(
        X.code(
            "major_disease_class",
            "大病类别",
            "class of a listed major disease",
            DISEASE_CLASS,
            "health",
        ),
        X.day("major_disease_since", "确诊日期", "day of the finding", "health"),
        X.flag(
            "severe_mental_disorder",
            "严重精神障碍",
            "on the register of severe mental disorders",
            "health",
        ),
        S.flag(
            "listed_major_disease",
            "列入大病目录",
            "whether a listed major disease, the verdict",
            derived=coarse.has_listed_disease,
        ),
    ),
)

DEPARTMENT_NAMES: Final = {"health": ("卫生健康", "health")}
DATASETS: Final = (BIRTH_CERTIFICATE, DEATH_CERTIFICATE, HEALTH_STATUS_RECORD)
