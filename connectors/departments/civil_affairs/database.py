"""Civil affairs' own registers in its PostgreSQL database, and what they are in our words.

Its allowances number disabilities as GB/T 2261.3 does (61 to 67), which is not the numbering of
certificates; 69, "other", is in none of their categories and is not agreed. Days are sealed, so a
record counts from the first day of the month in which it begins.
"""

from collections.abc import Mapping
from typing import Final

from connectors.checks import holder_is_born, in_order, not_in_future, not_negative
from connectors.convert import (
    citizen_number,
    code,
    dashed_date,
    flag,
    listed,
    matching,
    optional,
    text,
    yuan,
)
from connectors.department import Department, setting
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import ReasonCode
from connectors.shape import Shape
from connectors.sql import SqlTables, Table
from schema.codes import (
    ALLOWANCE_KIND,
    ASSISTANCE_CATEGORY,
    DISABILITY_CATEGORY,
    MARITAL_STATUS,
    ROLL_END_REASON,
    SUPPORT_RELATION,
)

NAME: Final = "civil-affairs"

DISABILITIES: Final = {"61": "1", "62": "2", "63": "3", "64": "4", "65": "5", "66": "6", "67": "7"}
"""GB/T 2261.3 to the categories of GB/T 26341."""
END_REASONS: Final = {
    "01": "income-risen",
    "02": "property",
    "03": "deceased",
    "04": "moved",
    "05": "own-wish",
    "99": "other",
}
ALLOWANCES: Final = {
    "gaoling": "elderly",
    "kuncan": "disability-living",
    "zhongcan": "disability-care",
    "guer": "child",
}
SUPPORTERS: Final = {
    "子女": "child",
    "父母": "parent",
    "兄弟姐妹": "sibling",
    "孙子女": "grandchild",
    "其他": "other",
}
_DIGEST: Final = matching(r"[0-9a-f]{64}", "a digest of 64 hexadecimal digits")


def _table(name: str, dataset: str, *columns: str) -> Table:
    shape = Shape(NAME, dataset, key="id", updated="gxsj", gone={"zt": frozenset({"0"})})
    return Table(name, ("id", "sfzh", "xm", *columns, "zt", "gxsj"), shape)


MARRIAGE_TABLE: Final = _table("hydj", "marital_status", "hyzk", "djrq", "pozy")
FUNERAL_TABLE: Final = _table("bzxx", "funeral", "swrq", "hhrq", "jg")
ROLL_TABLE: Final = _table("jzmc", "assistance_roll", "lb", "ksrq", "tfrq", "tfyy", "yje", "zhym")
HISTORY_TABLE: Final = _table("lshc", "assistance_history", "hcrq", "cjz")
CHILD_TABLE: Final = _table("etfl", "child_status", "ge", "sswr", "ls", "rdrq")
ALLOWANCE_TABLE: Final = _table("fljt", "care_allowance", "lb", "cjlb", "yje", "ksrq", "jsrq")
SUPPORTER_TABLE: Final = _table("syr", "supporter", "syrzj", "syrxm", "gx", "sfzc", "cxrq")
TABLES: Final = (
    MARRIAGE_TABLE,
    FUNERAL_TABLE,
    ROLL_TABLE,
    HISTORY_TABLE,
    CHILD_TABLE,
    ALLOWANCE_TABLE,
    SUPPORTER_TABLE,
)

_WHO: Final = (
    FieldMap("national_id", "sfzh", citizen_number),
    FieldMap("name", "xm", text(missing=ReasonCode.NAME_MISSING, longest=50)),
)
_LINK: Final = frozenset({"national_id", "name"})

MARRIAGE: Final = DatasetMapping(
    department=NAME,
    dataset="marital_status",
    fields=(
        *_WHO,
        FieldMap("status", "hyzk", listed(MARITAL_STATUS)),
        FieldMap("event_date", "djrq", dashed_date),
        FieldMap("spouse_document_hash", "pozy", optional(_DIGEST)),
    ),
    number="national_id",
    name="name",
    valid_from="event_date",
    first_of_month=True,
    link_only=_LINK,
    checks=(holder_is_born("national_id"), not_in_future("event_date")),
)
FUNERAL: Final = DatasetMapping(
    department=NAME,
    dataset="funeral",
    fields=(
        *_WHO,
        FieldMap("died_on", "swrq", dashed_date),
        FieldMap("cremated_on", "hhrq", optional(dashed_date)),
        FieldMap("place", "jg", optional(text())),
    ),
    number="national_id",
    name="name",
    valid_from="died_on",
    first_of_month=True,
    link_only=_LINK,
    checks=(
        holder_is_born("national_id"),
        not_in_future("died_on", "cremated_on"),
        in_order("died_on", "cremated_on"),
    ),
)
ROLL: Final = DatasetMapping(
    department=NAME,
    dataset="assistance_roll",
    fields=(
        *_WHO,
        FieldMap("category", "lb", listed(ASSISTANCE_CATEGORY)),
        FieldMap("start_date", "ksrq", dashed_date),
        FieldMap("end_date", "tfrq", optional(dashed_date)),
        FieldMap("end_reason", "tfyy", optional(code(END_REASONS, ROLL_END_REASON))),
        FieldMap("amount_cents", "yje", yuan),
        FieldMap("payee_account", "zhym", optional(matching(r"[0-9*]{8,30}", "a masked account"))),
    ),
    number="national_id",
    name="name",
    valid_from="start_date",
    first_of_month=True,
    link_only=_LINK,
    checks=(
        holder_is_born("national_id"),
        not_in_future("start_date"),
        in_order("start_date", "end_date"),
        not_negative("amount_cents"),
    ),
)
HISTORY: Final = DatasetMapping(
    department=NAME,
    dataset="assistance_history",
    fields=(
        *_WHO,
        FieldMap("checked_on", "hcrq", dashed_date),
        FieldMap("ever_assisted", "cjz", flag(yes="1", no="0")),
    ),
    number="national_id",
    name="name",
    valid_from="checked_on",
    first_of_month=True,
    link_only=_LINK,
    checks=(holder_is_born("national_id"), not_in_future("checked_on")),
)
CHILD: Final = DatasetMapping(
    department=NAME,
    dataset="child_status",
    fields=(
        *_WHO,
        FieldMap("orphan", "ge", flag(yes="1", no="0")),
        FieldMap("unattended", "sswr", flag(yes="1", no="0")),
        FieldMap("left_behind", "ls", flag(yes="1", no="0")),
        FieldMap("found_on", "rdrq", dashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="found_on",
    first_of_month=True,
    link_only=_LINK | {"found_on"},
    checks=(holder_is_born("national_id"), not_in_future("found_on")),
)
ALLOWANCE: Final = DatasetMapping(
    department=NAME,
    dataset="care_allowance",
    fields=(
        *_WHO,
        FieldMap("kind", "lb", code(ALLOWANCES, ALLOWANCE_KIND)),
        FieldMap("disability_category", "cjlb", optional(code(DISABILITIES, DISABILITY_CATEGORY))),
        FieldMap("monthly_cents", "yje", yuan),
        FieldMap("start_date", "ksrq", dashed_date),
        FieldMap("end_date", "jsrq", optional(dashed_date)),
    ),
    number="national_id",
    name="name",
    valid_from="start_date",
    first_of_month=True,
    link_only=_LINK,
    checks=(
        holder_is_born("national_id"),
        not_in_future("start_date"),
        in_order("start_date", "end_date"),
        not_negative("monthly_cents"),
    ),
)
SUPPORTER: Final = DatasetMapping(
    department=NAME,
    dataset="supporter",
    fields=(
        *_WHO,
        FieldMap("supporter_number", "syrzj", citizen_number),
        FieldMap("supporter_name", "syrxm", text(longest=50)),
        FieldMap("relation", "gx", code(SUPPORTERS, SUPPORT_RELATION)),
        FieldMap("supports", "sfzc", flag(yes="1", no="0")),
        FieldMap("asked_on", "cxrq", dashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="asked_on",
    first_of_month=True,
    link_only=_LINK | {"asked_on"},
    checks=(holder_is_born("national_id"), not_in_future("asked_on")),
)
MAPPINGS: Final = (MARRIAGE, FUNERAL, ROLL, HISTORY, CHILD, ALLOWANCE, SUPPORTER)


def connect(config: Mapping[str, str]) -> SqlTables:
    """Return the connector to the database that `config` tells of.

    Raises:
        ConnectorConfigError: The address is missing.
    """
    return SqlTables(department=NAME, url=setting(NAME, config, "url"), tables=TABLES)


DEPARTMENT: Final = Department(
    name=NAME,
    mappings={mapping.dataset: mapping for mapping in MAPPINGS},
    shapes={table.shape.dataset: table.shape for table in TABLES},
    settings={"url": "SQLAlchemy address of civil affairs' own database, for a read-only account"},
    connect=connect,
)
