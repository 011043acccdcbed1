"""Public security: the population register."""

from typing import Final

from schema import coarse
from schema.catalogue import Classification, Dataset, Field, Kind, Meaning, Subject
from schema.codes import ETHNIC_GROUP, PERSON_STATUS, REGION, RELATION, SEX

_G: Final = Classification.GENERAL

POPULATION: Final = Dataset(
    name="population",
    type_name="Population",
    department="public-security",
    zh="人口基本信息",
    en="population register",
    subject=Subject.PERSON,
    many=False,
    refresh="daily",
    legal_basis="社会救助法 第41条; 政务数据共享条例 第20条",
    fields=(
        Field(
            "national_id",
            "公民身份号码",
            "citizen number",
            Kind.TEXT,
            _G,
            sealed=True,
            meaning=Meaning.CITIZEN_NUMBER,
        ),
        Field(
            "name",
            "姓名",
            "name",
            Kind.TEXT,
            _G,
            sealed=True,
            seal_group="who",
            meaning=Meaning.NAME,
        ),
        Field("sex", "性别", "sex", Kind.CODE, _G, sealed=True, seal_group="who", codes=SEX),
        Field(
            "birth_date",
            "出生日期",
            "birth date",
            Kind.DATE,
            _G,
            sealed=True,
            seal_group="who",
            meaning=Meaning.BIRTH_DATE,
        ),
        Field(
            "birth_year",
            "出生年份",
            "birth year, the coarse form of the birth date",
            Kind.INTEGER,
            _G,
            sealed=True,
            derived=coarse.birth_year,
        ),
        Field("ethnic_group", "民族", "ethnic group", Kind.CODE, _G, codes=ETHNIC_GROUP),
        Field(
            "household_number",
            "户号",
            "household book number",
            Kind.TEXT,
            _G,
            sealed=True,
            meaning=Meaning.HOUSEHOLD_NUMBER,
        ),
        Field(
            "relation_to_head",
            "与户主关系",
            "relation to the head of household",
            Kind.CODE,
            _G,
            codes=RELATION,
            meaning=Meaning.RELATION,
        ),
        Field("registered_address", "户籍地址", "registered address", Kind.TEXT, _G, sealed=True),
        Field("phone", "联系电话", "telephone number", Kind.TEXT, _G, sealed=True),
        Field(
            "region",
            "行政区划",
            "region of registration",
            Kind.CODE,
            _G,
            codes=REGION,
            meaning=Meaning.REGION,
        ),
        Field(
            "status", "人员状态", "status of the registration", Kind.CODE, _G, codes=PERSON_STATUS
        ),
    ),
)

DEPARTMENT_NAMES: Final = {"public-security": ("公安", "public security")}
DATASETS: Final = (POPULATION,)
