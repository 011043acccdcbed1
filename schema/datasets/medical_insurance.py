"""Medical insurance: who is enrolled, and what was settled."""

from typing import Final

from schema import coarse
from schema.catalogue import Classification, Dataset, Field, Grain, Kind, Subject
from schema.codes import ENROLMENT_STATUS, INSURANCE_SCHEME, SELF_PAID_BAND, VISIT_TYPE

_G: Final = Classification.GENERAL
_S: Final = Classification.SENSITIVE

MEDICAL_ENROLMENT: Final = Dataset(
    name="medical_enrolment",
    type_name="MedicalEnrolment",
    department="medical-insurance",
    zh="医疗保险参保信息",
    en="medical insurance enrolment",
    subject=Subject.PERSON,
    many=True,
    plural="medical_enrolments",
    refresh="monthly",
    legal_basis="社会救助法 第24条、第41条",
    fields=(
        Field(
            "personal_number",
            "个人编号",
            "personal number at the insurer",
            Kind.TEXT,
            _G,
            sealed=True,
        ),
        Field("scheme", "险种类型", "insurance scheme", Kind.CODE, _G, codes=INSURANCE_SCHEME),
        Field("status", "参保状态", "enrolment status", Kind.CODE, _G, codes=ENROLMENT_STATUS),
        Field(
            "subsidised", "是否资助参保", "whether the contribution is subsidised", Kind.FLAG, _G
        ),
        Field("start_date", "参保开始日期", "first day of enrolment", Kind.DATE, _G),
        Field("end_date", "参保结束日期", "last day of enrolment", Kind.DATE, _G),
    ),
)

MEDICAL_SETTLEMENT: Final = Dataset(
    name="medical_settlement",
    type_name="MedicalSettlement",
    department="medical-insurance",
    zh="医疗费用结算信息",
    en="medical expense settlement",
    subject=Subject.PERSON,
    many=True,
    plural="medical_settlements",
    source_time_grain=Grain.MONTH,
    refresh="monthly",
    legal_basis="社会救助法 第22条、第24条、第39条",
    fields=(
        Field("settlement_number", "结算流水号", "settlement number", Kind.TEXT, _S, sealed=True),
        Field(
            "visit_type",
            "就诊类别",
            "kind of visit",
            Kind.CODE,
            _S,
            sealed=True,
            seal_group="visit",
            codes=VISIT_TYPE,
        ),
        Field(
            "admitted_on",
            "入院日期",
            "day of admission or visit",
            Kind.DATE,
            _S,
            sealed=True,
            seal_group="visit",
        ),
        Field(
            "discharged_on",
            "出院日期",
            "day of discharge",
            Kind.DATE,
            _S,
            sealed=True,
            seal_group="visit",
        ),
        Field(
            "settled_on",
            "结算日期",
            "day of settlement",
            Kind.DATE,
            _S,
            sealed=True,
            seal_group="visit",
        ),
        Field(
            "total_cents",
            "总费用",
            "total expense",
            Kind.CENTS,
            _S,
            sealed=True,
            seal_group="money",
            unit="cent CNY",
        ),
        Field(
            "fund_paid_cents",
            "基金支付",
            "paid by the fund",
            Kind.CENTS,
            _S,
            sealed=True,
            seal_group="money",
            unit="cent CNY",
        ),
        Field(
            "self_paid_cents",
            "个人自付",
            "paid by the person",
            Kind.CENTS,
            _S,
            sealed=True,
            seal_group="money",
            unit="cent CNY",
        ),
        Field(
            "self_paid_band",
            "个人自付区间",
            "band of what the person paid, the coarse form",
            Kind.CODE,
            _S,
            sealed=True,
            codes=SELF_PAID_BAND,
            derived=coarse.self_paid_band,
        ),
        Field("major_disease", "大病标志", "listed major disease", Kind.FLAG, _S, sealed=True),
    ),
)

DEPARTMENT_NAMES: Final = {"medical-insurance": ("医疗保障", "medical insurance")}
DATASETS: Final = (MEDICAL_ENROLMENT, MEDICAL_SETTLEMENT)
