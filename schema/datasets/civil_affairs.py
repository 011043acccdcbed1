"""Civil affairs: what the hub's own department computes and decides."""

from typing import Final

from schema.catalogue import Classification, Dataset, Field, Kind, Subject
from schema.codes import (
    ALERT_OUTCOME,
    ALERT_STATUS,
    ASSISTANCE_CATEGORY,
    BAND,
    REGION,
    WARNING_DIMENSION,
)

_G: Final = Classification.GENERAL
_S: Final = Classification.SENSITIVE

RECOGNITION: Final = Dataset(
    name="recognition",
    type_name="Recognition",
    department="civil-affairs",
    zh="社会救助认定信息",
    en="recognition as a recipient of assistance",
    subject=Subject.PERSON,
    many=True,
    plural="recognitions",
    refresh="real time",
    legal_basis="社会救助法 第42条",
    internal=True,
    fields=(
        Field(
            "category",
            "救助类别",
            "category of assistance",
            Kind.CODE,
            _S,
            sealed=True,
            seal_group="recognition",
            codes=ASSISTANCE_CATEGORY,
        ),
        Field(
            "start_date",
            "开始日期",
            "first day",
            Kind.DATE,
            _S,
            sealed=True,
            seal_group="recognition",
        ),
        Field(
            "end_date", "结束日期", "last day", Kind.DATE, _S, sealed=True, seal_group="recognition"
        ),
        Field(
            "decision_number",
            "认定文书号",
            "number of the decision",
            Kind.TEXT,
            _S,
            sealed=True,
            seal_group="decision",
        ),
        Field(
            "decided_on",
            "认定日期",
            "day of the decision",
            Kind.DATE,
            _S,
            sealed=True,
            seal_group="decision",
        ),
        Field(
            "deciding_unit",
            "认定单位",
            "who decided",
            Kind.TEXT,
            _S,
            sealed=True,
            seal_group="decision",
        ),
        Field(
            "region", "区划", "region of the household at the decision", Kind.CODE, _G, codes=REGION
        ),
    ),
)

SCORE: Final = Dataset(
    name="score",
    type_name="Score",
    department="civil-affairs",
    zh="预警评分",
    en="early-warning score",
    subject=Subject.HOUSEHOLD,
    many=False,
    refresh="on change",
    legal_basis="社会救助法 第10条、第39条",
    internal=True,
    orders=("total", "-total", "-known_from"),
    fields=(
        Field("total", "总分", "sum of the dimensions, 0 to 100", Kind.INTEGER, _G, unit="point"),
        Field("band", "预警等级", "band", Kind.CODE, _G, codes=BAND),
        Field(
            "coverage",
            "可判定比例",
            "points that could be decided, of 100",
            Kind.INTEGER,
            _G,
            unit="point",
        ),
        Field("profile", "评分规则", "digest of the profile that was applied", Kind.TEXT, _G),
        Field(
            "dimensions",
            "维度得分",
            "score of each dimension",
            Kind.STRUCTURE,
            _S,
            sealed=True,
            structure="DimensionScore",
        ),
        Field(
            "reasons",
            "评分依据",
            "why, with source and age",
            Kind.STRUCTURE,
            _S,
            sealed=True,
            structure="ScoreReason",
        ),
        Field(
            "cause_hint",
            "致困提示",
            "dimension that weighs most: where a visitor may look first",
            Kind.CODE,
            _S,
            sealed=True,
            codes=WARNING_DIMENSION,
        ),
    ),
)

ALERT: Final = Dataset(
    name="alert",
    type_name="Alert",
    department="civil-affairs",
    zh="预警",
    en="early warning",
    subject=Subject.HOUSEHOLD,
    many=True,
    plural="alerts",
    refresh="on change",
    legal_basis="社会救助法 第10条、第39条",
    internal=True,
    orders=("total", "-total", "due_on", "-opened_at"),
    fields=(
        Field("band", "预警等级", "band", Kind.CODE, _G, codes=BAND),
        Field(
            "total", "总分", "score when the alert was last changed", Kind.INTEGER, _G, unit="point"
        ),
        Field(
            "status",
            "办理状态",
            "where the alert is in its life",
            Kind.CODE,
            _G,
            codes=ALERT_STATUS,
        ),
        Field("opened_at", "预警时间", "when the alert was opened", Kind.MOMENT, _G),
        Field("due_on", "入户期限", "last day for the visit", Kind.DATE, _G),
        Field("outcome", "办理结果", "how the alert ended", Kind.CODE, _G, codes=ALERT_OUTCOME),
        Field("urgent", "是否硬性触发", "whether a hard trigger holds or held", Kind.FLAG, _G),
        Field("assignee", "经办人", "who is to visit, as the department names them", Kind.TEXT, _G),
        Field(
            "step",
            "办理步数",
            "how often casework moved it; names it in a command",
            Kind.INTEGER,
            _G,
        ),
        Field("community", "所在社区", "community when it was opened", Kind.CODE, _G, codes=REGION),
        Field(
            "released_on", "派出日期", "day it left the queue; empty while queued", Kind.DATE, _G
        ),
        Field("closed_on", "办结日期", "day it was closed", Kind.DATE, _G),
        Field(
            "overdue",
            "是否逾期未访",
            "whether the day for the visit has passed without one",
            Kind.FLAG,
            _G,
            computed=True,
        ),
    ),
)

DEPARTMENT_NAMES: Final = {"civil-affairs": ("民政", "civil affairs")}
DATASETS: Final = (RECOGNITION, SCORE, ALERT)
