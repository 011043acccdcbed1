"""The words of casework: the life of an alert, causes, needs, services, visits, referrals [D].

`scoring.alert_life` has the same words as the states of its machine; a test compares the two.
"""

from datetime import date
from typing import Final

from schema.codes.model import Code, CodeList

_EDITION: Final = "hub 2026-07"
_FROM: Final = date(2026, 7, 1)

ALERT_STATUS: Final = CodeList(
    name="alert_status",
    standard="life of an alert",
    edition=_EDITION,
    valid_from=_FROM,
    codes=(
        Code("queued", "排队中", "waits for a free visit in its community"),
        Code("screened", "已预警", "screened"),
        Code("assigned", "已派单", "assigned"),
        Code("visited", "已入户", "visited"),
        Code("cause-confirmed", "困难属实", "visited, the cause is confirmed"),
        Code("not-in-need", "不存在困难", "visited, not in need"),
        Code("data-error", "数据有误", "visited, the data was wrong"),
        Code("unreachable", "未能见面", "could not be reached"),
        Code("needs-assessed", "已评估需求", "needs are assessed"),
        Code("referred", "已转介", "referred to services"),
        Code("service-confirmed", "服务已落实", "what became of every referral is known"),
        Code("closed", "已办结", "closed"),
    ),
)
ALERT_OUTCOME: Final = CodeList(
    name="alert_outcome",
    standard="how an alert ended",
    edition=_EDITION,
    valid_from=_FROM,
    codes=(
        Code("cause-confirmed", "困难属实，已帮扶", "in need, and helped"),
        Code("recognised", "已认定", "assistance recognised"),
        Code("not-in-need", "不存在困难", "verified, not in need"),
        Code("data-error", "数据有误", "a visit found that the data was wrong"),
        Code("unreachable", "无法联系", "could not be reached"),
        Code("data-corrected", "数据更正", "the data was corrected"),
        Code("household-emptied", "家庭已无成员", "nobody lives in the household any more"),
    ),
)
VISIT_RESULT: Final = CodeList(
    name="visit_result",
    standard="what a visit found",
    edition=_EDITION,
    valid_from=_FROM,
    codes=(
        Code("cause-confirmed", "困难属实", "in need; the cause is confirmed"),
        Code("not-in-need", "不存在困难", "not in need"),
        Code("data-error", "数据有误", "the data was wrong"),
        Code("unreachable", "未能见面", "nobody was met"),
    ),
)
HARDSHIP_CAUSE: Final = CodeList(
    name="hardship_cause",
    standard="why a family is in need",
    edition=_EDITION,
    valid_from=_FROM,
    codes=(
        Code("illness", "因病", "illness"),
        Code("disability", "因残", "disability"),
        Code("education", "因学", "education"),
        Code("disaster", "因灾", "disaster"),
        Code("accident", "意外事故", "accident"),
        Code("unemployment", "失业", "unemployment"),
        Code("loss-of-carer", "失去照料人", "loss of the carer"),
        Code("debt", "债务", "debt"),
        Code("other", "其他", "other"),
    ),
)
FAMILY_NEED: Final = CodeList(
    name="family_need",
    standard="what a family needs",
    edition=_EDITION,
    valid_from=_FROM,
    codes=(
        Code("money", "资金", "money"),
        Code("study", "就学", "study"),
        Code("mind", "心理", "peace of mind"),
        Code("care", "照护", "care"),
        Code("work", "就业", "work"),
        Code("housing", "住房", "housing"),
    ),
)
SERVICE: Final = CodeList(
    name="service",
    standard="service supply list; scoring/parameters/services_2026_07.toml",
    edition=_EDITION,
    valid_from=_FROM,
    codes=(
        Code("dibao-application", "申请最低生活保障", "application for dibao"),
        Code("temporary-assistance", "临时救助", "temporary assistance"),
        Code("medical-assistance", "医疗救助", "medical assistance"),
        Code("supplementary-insurance", "补充医疗保险", "supplementary medical insurance"),
        Code("volunteer-tutoring", "志愿者助学", "tutoring by volunteers"),
        Code("student-aid", "助学金", "student aid"),
        Code("counselling", "心理疏导", "counselling"),
        Code("visiting", "探访关爱", "visiting"),
        Code("care-service", "照料服务", "care service"),
        Code("job-placement", "就业推荐", "placement in work"),
        Code("public-welfare-post", "公益性岗位", "public-welfare post"),
        Code("rent-subsidy", "租赁补贴", "rent subsidy"),
        Code("dangerous-house-repair", "危房改造", "repair of a dangerous house"),
    ),
)
REFERRAL_STATE: Final = CodeList(
    name="referral_state",
    standard="what became of a referral",
    edition=_EDITION,
    valid_from=_FROM,
    codes=(
        Code("open", "待落实", "not answered yet"),
        Code("provided", "已落实", "the service is provided"),
        Code("declined", "未落实", "the family or the provider declined"),
    ),
)
WARNING_DIMENSION: Final = CodeList(
    name="warning_dimension",
    standard="dimensions of the early-warning score",
    edition=_EDITION,
    valid_from=_FROM,
    codes=(
        Code("D1", "年龄与家庭结构", "age and structure"),
        Code("D2", "经济状况", "economic status"),
        Code("D3", "健康与残疾", "health and disability"),
        Code("D4", "教育", "education"),
        Code("D5", "就业", "employment"),
        Code("D6", "住房、支持与照料", "housing, support and care"),
    ),
)
CASEWORK_LISTS: Final = (
    ALERT_STATUS,
    ALERT_OUTCOME,
    VISIT_RESULT,
    HARDSHIP_CAUSE,
    FAMILY_NEED,
    SERVICE,
    REFERRAL_STATE,
    WARNING_DIMENSION,
)
