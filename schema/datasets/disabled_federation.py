"""Disabled Persons' Federation: certificates."""

from typing import Final

from schema import coarse
from schema.catalogue import Classification, Dataset, Field, Grain, Kind, Subject
from schema.codes import CERTIFICATE_STATUS, DISABILITY_CATEGORY, DISABILITY_LEVEL

_S: Final = Classification.SENSITIVE

DISABILITY_CERTIFICATE: Final = Dataset(
    name="disability_certificate",
    type_name="DisabilityCertificate",
    department="disabled-federation",
    zh="残疾人证信息",
    en="disability certificate",
    subject=Subject.PERSON,
    many=True,
    plural="disability_certificates",
    source_time_grain=Grain.MONTH,
    refresh="weekly",
    legal_basis="社会救助法 第16条、第21条、第41条",
    fields=(
        Field("certificate_number", "残疾人证号", "certificate number", Kind.TEXT, _S, sealed=True),
        Field(
            "category",
            "残疾类别",
            "category of disability",
            Kind.CODE,
            _S,
            sealed=True,
            seal_group="disability",
            codes=DISABILITY_CATEGORY,
        ),
        Field(
            "level",
            "残疾等级",
            "level, 1 is the most severe",
            Kind.CODE,
            _S,
            sealed=True,
            seal_group="disability",
            codes=DISABILITY_LEVEL,
        ),
        Field(
            "severe",
            "是否重度残疾",
            "whether severe for assistance, the verdict",
            Kind.FLAG,
            _S,
            sealed=True,
            derived=coarse.is_severe_disability,
        ),
        Field("issued_on", "发证日期", "day of issue", Kind.DATE, _S, sealed=True),
        Field(
            "status",
            "证件状态",
            "status of the certificate",
            Kind.CODE,
            _S,
            sealed=True,
            codes=CERTIFICATE_STATUS,
        ),
    ),
)

DEPARTMENT_NAMES: Final = {"disabled-federation": ("残疾人联合会", "Disabled Persons' Federation")}
DATASETS: Final = (DISABILITY_CERTIFICATE,)
