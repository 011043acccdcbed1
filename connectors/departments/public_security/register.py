"""The population register's words, and what they are in ours.

The register numbers its persons (人员编号); that number stays when a citizen number is
corrected, so it is the key. 注销 takes a registration back.
"""

from collections.abc import Mapping
from typing import Final

from connectors.checks import not_in_future, number_agrees
from connectors.convert import (
    citizen_number,
    code,
    compact_date,
    half_width,
    listed,
    matching,
    optional,
    text,
)
from connectors.department import Department, secret, setting
from connectors.departments.public_security import registers
from connectors.feeds import feeds_of
from connectors.mapping import DatasetMapping, FieldMap, HouseholdMap
from connectors.protocol import ReasonCode
from connectors.rest import RestFeed
from connectors.several import Several
from connectors.shape import Shape
from schema.codes import ETHNIC_GROUP, PERSON_STATUS, REGION, RELATION, SEX

NAME: Final = "public-security"

SHAPE: Final = Shape(
    department=NAME,
    dataset="population",
    key="人员编号",
    updated="更新时间",
    gone={"操作": frozenset({"注销"})},
)

POPULATION: Final = DatasetMapping(
    department=NAME,
    dataset="population",
    fields=(
        FieldMap("national_id", "公民身份号码", citizen_number),
        FieldMap("name", "姓名", text(missing=ReasonCode.NAME_MISSING, longest=50)),
        FieldMap("sex", "性别", code({"男": "1", "女": "2", "未知": "0"}, SEX)),
        FieldMap("birth_date", "出生日期", compact_date),
        FieldMap("ethnic_group", "民族", listed(ETHNIC_GROUP)),
        FieldMap(
            "household_number",
            "户号",
            half_width(text(missing=ReasonCode.HOUSEHOLD_MISSING, longest=30)),
        ),
        FieldMap("relation_to_head", "与户主关系", listed(RELATION)),
        FieldMap("registered_address", "户籍地址", optional(text())),
        FieldMap("phone", "联系电话", optional(half_width(matching(r"[0-9-]{5,20}", "a number")))),
        FieldMap("region", "行政区划", listed(REGION)),
        FieldMap(
            "status",
            "人员状态",
            code(
                {"正常": "normal", "迁出": "migrated", "死亡": "deceased", "注销": "cancelled"},
                PERSON_STATUS,
            ),
        ),
        FieldMap("changed_on", "变更日期", compact_date),
    ),
    number="national_id",
    name="name",
    birth_date="birth_date",
    valid_from="changed_on",
    household=HouseholdMap("household_number", "relation_to_head", "region"),
    link_only=frozenset({"changed_on"}),
    checks=(
        not_in_future("birth_date", "changed_on"),
        number_agrees("national_id", birth_date="birth_date"),
    ),
)


def connect(config: Mapping[str, str]) -> RestFeed | Several:
    """Return the connector to the register, and to the other registers where `config` names them.

    The population comes first: who is in it is known when the others are read.

    Raises:
        ConnectorConfigError: A setting is missing, or the token cannot be read.
    """
    population = RestFeed(
        shape=SHAPE,
        url=setting(NAME, config, "url"),
        token=secret(NAME, config, "token_file"),
    )
    if not config.get("registers_url"):
        return population
    others = {"url": config["registers_url"], "token_file": config.get("registers_token_file", "")}
    return Several(
        NAME, {SHAPE.dataset: population, **feeds_of(NAME, registers.SHAPES, others).parts}
    )


DEPARTMENT: Final = Department(
    name=NAME,
    mappings={mapping.dataset: mapping for mapping in (POPULATION, *registers.MAPPINGS)},
    shapes={shape.dataset: shape for shape in (SHAPE, *registers.SHAPES)},
    settings={
        "url": "address of the register's change feed",
        "token_file": "file with the bearer token that the register gave us",
        "registers_url": "address below which vehicles, custody, permits are; may be left out",
        "registers_token_file": "file with the bearer token for them",
    },
    connect=connect,
)
