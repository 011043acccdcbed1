"""The health commission's feeds: births, deaths, and one status of everybody who is asked about.

Of a major disease the ICD-10 code comes in; only the class of the list is kept. The cause of a
death is not asked for.
"""

from collections.abc import Mapping
from typing import Final

from connectors.checks import holder_is_born, not_in_future
from connectors.convert import (
    citizen_number,
    dashed_date,
    flag,
    major_disease,
    optional,
    text,
)
from connectors.department import Department
from connectors.feeds import feeds_of
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import ReasonCode
from connectors.several import Several
from connectors.shape import Shape

NAME: Final = "health"


def _shape(dataset: str, key: str) -> Shape:
    gone = {"操作": frozenset({"作废"})}
    return Shape(NAME, dataset, key=key, updated="更新时间", gone=gone)


SHAPES: Final = (
    _shape("birth_certificate", "出生证编号"),
    _shape("death_certificate", "死亡证编号"),
    _shape("health_status", "档案号"),
)

_WHO: Final = (
    FieldMap("national_id", "身份证号", citizen_number),
    FieldMap("name", "姓名", text(missing=ReasonCode.NAME_MISSING, longest=50)),
)
_LINK: Final = frozenset({"national_id", "name"})

BIRTH: Final = DatasetMapping(
    department=NAME,
    dataset="birth_certificate",
    fields=(
        *_WHO,
        FieldMap("certificate_number", "出生证编号", text(longest=40)),
        FieldMap("born_on", "出生日期", dashed_date),
        FieldMap("place", "接生机构", optional(text())),
    ),
    number="national_id",
    name="name",
    valid_from="born_on",
    first_of_month=True,
    link_only=_LINK,
    checks=(not_in_future("born_on"),),
)
DEATH: Final = DatasetMapping(
    department=NAME,
    dataset="death_certificate",
    fields=(
        *_WHO,
        FieldMap("certificate_number", "死亡证编号", text(longest=40)),
        FieldMap("died_on", "死亡日期", dashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="died_on",
    first_of_month=True,
    link_only=_LINK,
    checks=(holder_is_born("national_id"), not_in_future("died_on")),
)
STATUS: Final = DatasetMapping(
    department=NAME,
    dataset="health_status",
    fields=(
        *_WHO,
        FieldMap("major_disease_class", "疾病编码", major_disease),
        FieldMap("major_disease_since", "确诊日期", optional(dashed_date)),
        FieldMap("severe_mental_disorder", "严重精神障碍", flag(yes="1", no="0")),
        FieldMap("stated_on", "登记日期", dashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="stated_on",
    first_of_month=True,
    link_only=_LINK | {"stated_on"},
    checks=(
        holder_is_born("national_id"),
        not_in_future("major_disease_since", "stated_on"),
    ),
)
MAPPINGS: Final = (BIRTH, DEATH, STATUS)


def connect(config: Mapping[str, str]) -> Several:
    """Return the connector to the commission's feeds that `config` tells of.

    Raises:
        ConnectorConfigError: A setting is missing, or the token cannot be read.
    """
    return feeds_of(NAME, SHAPES, config)


DEPARTMENT: Final = Department(
    name=NAME,
    mappings={mapping.dataset: mapping for mapping in MAPPINGS},
    shapes={shape.dataset: shape for shape in SHAPES},
    settings={
        "url": "address below which each dataset has its feed: DATASET/changes",
        "token_file": "file with the bearer token that the commission gave us",
    },
    connect=connect,
)
