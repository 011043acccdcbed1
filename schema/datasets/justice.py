"""Justice, prisons, courts, procuratorate: status from and to, never why."""

from typing import Final

from schema import coarse
from schema.catalogue import Dataset, Grain, Subject
from schema.declare import S, X

JUSTICE_STATUS: Final = Dataset(
    name="justice_status",
    type_name="JusticeStatus",
    department="justice",
    zh="司法状态",
    en="status with the justice authorities: from and to only",
    subject=Subject.PERSON,
    many=False,
    source_time_grain=Grain.MONTH,
    refresh="weekly",
    legal_basis="社会救助法 第39条、第41条",
    fields=(
        X.flag("in_prison", "是否服刑", "whether in prison; nothing of why", "justice"),
        X.day("prison_from", "入监日期", "first day", "justice"),
        X.day("prison_to", "出监日期", "day of release", "justice"),
        X.flag("in_correction", "社区矫正", "whether in community correction", "justice"),
        X.day("correction_from", "矫正起始日期", "first day", "justice"),
        X.day("correction_to", "矫正终止日期", "last day", "justice"),
        X.flag(
            "dishonest_debtor",
            "失信被执行人",
            "on the list of dishonest judgment debtors",
            "justice",
        ),
        S.day(
            "released_on",
            "出监日期（结论）",
            "day of release, the verdict for early warning",
            derived=coarse.released_from_prison,
        ),
        S.flag("judicial_aid", "司法救助", "whether judicial aid was given"),
    ),
)

DEPARTMENT_NAMES: Final = {"justice": ("司法行政", "justice")}
DATASETS: Final = (JUSTICE_STATUS,)
