"""Education: rolls, aid, what schools report. Most are about children: class S."""

from typing import Final

from schema.catalogue import Dataset, Grain, Subject
from schema.codes import AID_LEVEL, SCHOOL_ALERT_KIND, SCHOOL_STAGE, SCHOOL_STATUS
from schema.declare import S

_OWNER: Final = "education"

SCHOOL_ROLL: Final = Dataset(
    name="school_roll",
    type_name="SchoolRoll",
    department=_OWNER,
    zh="学籍信息",
    en="place on a school's roll",
    subject=Subject.PERSON,
    many=True,
    plural="school_rolls",
    source_time_grain=Grain.MONTH,
    refresh="each term",
    legal_basis="社会救助法 第39条、第41条",
    fields=(
        S.text("school", "学校", "school"),
        S.code("stage", "学段", "stage", SCHOOL_STAGE, "roll"),
        S.whole("grade", "年级", "grade within the stage", "grade", "roll"),
        S.code("status", "学籍状态", "status", SCHOOL_STATUS, "roll"),
    ),
)

STUDENT_AID: Final = Dataset(
    name="student_aid",
    type_name="StudentAid",
    department=_OWNER,
    zh="学生资助信息",
    en="student aid",
    subject=Subject.PERSON,
    many=True,
    plural="student_aids",
    source_time_grain=Grain.MONTH,
    refresh="each term",
    legal_basis="社会救助法 第41条",
    fields=(
        S.text("term", "学期", "term", "aid"),
        S.code("level", "资助档次", "level", AID_LEVEL, "aid"),
        S.cents("amount_cents", "资助金额", "amount a term", "aid"),
    ),
)

SCHOOL_ALERT: Final = Dataset(
    name="school_alert",
    type_name="SchoolAlert",
    department=_OWNER,
    zh="学业预警信息",
    en="what a school reported about a pupil",
    subject=Subject.PERSON,
    many=True,
    plural="school_alerts",
    source_time_grain=Grain.MONTH,
    refresh="weekly",
    legal_basis="社会救助法 第39条",
    fields=(
        S.code("kind", "预警类别", "what was reported", SCHOOL_ALERT_KIND, "alert"),
        S.day("reported_on", "报告日期", "day of the report", "alert"),
    ),
)

DEPARTMENT_NAMES: Final = {"education": ("教育", "education")}
DATASETS: Final = (SCHOOL_ROLL, STUDENT_AID, SCHOOL_ALERT)
