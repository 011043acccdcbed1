"""Evening schools: their roll.

Most pupils are under fourteen, so every field is of class S (PIPL art. 28).
"""

from datetime import date
from typing import Final

from schema.catalogue import Classification, Dataset, Field, Kind, Subject, Values
from schema.codes import Code, CodeList

_S: Final = Classification.SENSITIVE

SCHOOL_STAGE: Final = CodeList(
    name="evening_stage",
    standard="stage of school",
    edition="hub 2026",
    valid_from=date(2026, 1, 1),
    codes=(
        Code("primary", "小学", "primary school"),
        Code("junior", "初中", "junior secondary school"),
        Code("senior", "普通高中", "senior secondary school"),
        Code("vocational", "中等职业学校", "secondary vocational school"),
        Code("higher", "高等学校", "university or college"),
    ),
)
ROLL_STATUS: Final = CodeList(
    name="roll_status",
    standard="status on the school roll",
    edition="hub 2026",
    valid_from=date(2026, 1, 1),
    codes=(
        Code("attending", "在读", "attending"),
        Code("suspended", "休学", "suspended"),
        Code("left", "退学", "left without finishing"),
        Code("finished", "毕业", "finished"),
    ),
)


def is_compulsory_pupil(values: Values) -> bool | None:
    """Whether somebody attends compulsory school: the verdict, without school or grade."""
    stage, status = values.get("stage"), values.get("status")
    if stage is None or status is None:
        return None
    return stage in {"primary", "junior"} and status == "attending"


SCHOOL_ROLL: Final = Dataset(
    name="evening_roll",
    type_name="EveningRoll",
    department="evening-schools",
    zh="夜校学籍信息",
    en="roll of an evening school",
    subject=Subject.PERSON,
    many=False,
    refresh="per term, alerts weekly",
    legal_basis="社会救助法 第16条、第39条、第41条",
    fields=(
        Field("school", "学校", "name of the school", Kind.TEXT, _S, sealed=True),
        Field(
            "stage",
            "学段",
            "stage of school",
            Kind.CODE,
            _S,
            sealed=True,
            seal_group="schooling",
            codes=SCHOOL_STAGE,
        ),
        Field(
            "status",
            "学籍状态",
            "status on the roll",
            Kind.CODE,
            _S,
            sealed=True,
            seal_group="schooling",
            codes=ROLL_STATUS,
        ),
        Field(
            "grade",
            "年级",
            "grade, 1 to 12 counted through",
            Kind.INTEGER,
            _S,
            sealed=True,
        ),
        Field(
            "compulsory",
            "是否义务教育在读",
            "whether attending compulsory school, the verdict",
            Kind.FLAG,
            _S,
            sealed=True,
            derived=is_compulsory_pupil,
        ),
    ),
)

DATASETS: Final = (SCHOOL_ROLL,)
