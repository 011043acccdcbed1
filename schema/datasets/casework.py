"""Civil affairs' casework: what visits found, and which services families were referred to.

Both are about the household and hang on an alert. Why a family is in need, what it needs and
where it was referred tell of health and means: each is sealed apart, because those who may know
the need (a social worker) may not know the cause.
"""

from typing import Final

from schema.catalogue import Classification, Dataset, Field, Kind, Subject
from schema.codes import FAMILY_NEED, HARDSHIP_CAUSE, REFERRAL_STATE, SERVICE, VISIT_RESULT

_G: Final = Classification.GENERAL
_S: Final = Classification.SENSITIVE
_ALERT: Final = Field("alert_id", "预警标识", "opaque record id of the alert", Kind.TEXT, _G)

VISIT: Final = Dataset(
    name="visit",
    type_name="Visit",
    department="civil-affairs",
    zh="入户走访",
    en="visit to a warned family",
    subject=Subject.HOUSEHOLD,
    many=True,
    plural="visits",
    refresh="real time",
    legal_basis="社会救助法 第10条、第55条",
    internal=True,
    fields=(
        _ALERT,
        Field("visited_on", "入户日期", "day of the visit", Kind.DATE, _G),
        Field("result", "走访结果", "what the visit found", Kind.CODE, _G, codes=VISIT_RESULT),
        Field("visitor", "走访人", "who recorded it, as the department names them", Kind.TEXT, _G),
        Field(
            "cause",
            "致困原因",
            "confirmed cause",
            Kind.CODE,
            _S,
            sealed=True,
            codes=HARDSHIP_CAUSE,
        ),
        Field(
            "needs",
            "帮扶需求",
            "what the family needs, once assessed",
            Kind.STRUCTURE,
            _S,
            sealed=True,
            structure="FamilyNeed",
        ),
        Field("notes", "走访记录", "notes of the visitor", Kind.TEXT, _S, sealed=True),
    ),
)

REFERRAL: Final = Dataset(
    name="referral",
    type_name="Referral",
    department="civil-affairs",
    zh="服务转介",
    en="referral to a service",
    subject=Subject.HOUSEHOLD,
    many=True,
    plural="referrals",
    refresh="real time",
    legal_basis="社会救助法 第34条、第55条",
    internal=True,
    fields=(
        _ALERT,
        Field("referred_on", "转介日期", "day of the referral", Kind.DATE, _G),
        Field("state", "转介状态", "what became of it", Kind.CODE, _G, codes=REFERRAL_STATE),
        Field("settled_on", "落实日期", "day it was provided or declined", Kind.DATE, _G),
        Field("need", "对应需求", "need it answers", Kind.CODE, _S, sealed=True, codes=FAMILY_NEED),
        Field(
            "service",
            "服务项目",
            "service",
            Kind.CODE,
            _S,
            sealed=True,
            seal_group="offer",
            codes=SERVICE,
        ),
        Field(
            "receiver",
            "承接单位",
            "who is to provide it",
            Kind.TEXT,
            _S,
            sealed=True,
            seal_group="offer",
        ),
    ),
)

DATASETS: Final = (VISIT, REFERRAL)
