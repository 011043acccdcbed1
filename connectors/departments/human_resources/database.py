"""The human resources bureau's tables SBCB, YLDY, SYJ and DJ, and what they are in ours.

Spells of insurance count by whole months (YYYYMM). The days of pensions and benefits are sealed,
so they count from the first day of the month in which they begin.
"""

from collections.abc import Mapping
from typing import Final

from connectors.checks import holder_is_born, in_order, not_in_future, not_negative
from connectors.convert import (
    citizen_number,
    code,
    compact_month,
    dashed_date,
    flag,
    optional,
    text,
    yuan,
)
from connectors.department import Department, setting
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import ReasonCode
from connectors.shape import Shape
from connectors.sql import SqlTables, Table
from schema.codes import INSURED_STATUS, SOCIAL_SCHEME

NAME: Final = "human-resources"

SCHEMES: Final = {
    "110": "employee-pension",
    "170": "resident-pension",
    "210": "unemployment",
    "410": "work-injury",
}
"""The bureau's schemes [R]."""
STATUSES: Final = {"1": "active", "2": "suspended", "4": "ended"}

SPELL_TABLE: Final = Table(
    "SBCB",
    ("CBBH", "SFZH", "XM", "DWMC", "XZ", "JFZT", "QSNY", "ZZNY", "JFJS", "ZFBZ", "GXSJ"),
    Shape(NAME, "social_insurance", key="CBBH", updated="GXSJ", gone={"ZFBZ": frozenset({"1"})}),
)
PENSION_TABLE: Final = Table(
    "YLDY",
    ("DYBH", "SFZH", "XM", "QSRQ", "ZZRQ", "YLJE", "GXSJ"),
    Shape(NAME, "pension", key="DYBH", updated="GXSJ"),
)
BENEFIT_TABLE: Final = Table(
    "SYJ",
    ("SYBH", "SFZH", "XM", "QSRQ", "ZZRQ", "YJE", "GXSJ"),
    Shape(NAME, "unemployment_benefit", key="SYBH", updated="GXSJ"),
)
REGISTRATION_TABLE: Final = Table(
    "JYDJ",
    ("DJBH", "SFZH", "XM", "SYBZ", "DJRQ", "PXBZ", "GYGW", "GXSJ"),
    Shape(NAME, "employment_registration", key="DJBH", updated="GXSJ"),
)
TABLES: Final = (SPELL_TABLE, PENSION_TABLE, BENEFIT_TABLE, REGISTRATION_TABLE)

_WHO: Final = (
    FieldMap("national_id", "SFZH", citizen_number),
    FieldMap("name", "XM", text(missing=ReasonCode.NAME_MISSING, longest=50)),
)
_LINK: Final = frozenset({"national_id", "name"})

SPELL: Final = DatasetMapping(
    department=NAME,
    dataset="social_insurance",
    fields=(
        *_WHO,
        FieldMap("unit", "DWMC", optional(text())),
        FieldMap("scheme", "XZ", code(SCHEMES, SOCIAL_SCHEME)),
        FieldMap("status", "JFZT", code(STATUSES, INSURED_STATUS)),
        FieldMap("month_from", "QSNY", compact_month),
        FieldMap("month_to", "ZZNY", optional(compact_month)),
        FieldMap("base_cents", "JFJS", yuan),
    ),
    number="national_id",
    name="name",
    valid_from="month_from",
    link_only=_LINK,
    checks=(
        holder_is_born("national_id"),
        not_in_future("month_from", "month_to"),
        in_order("month_from", "month_to"),
        not_negative("base_cents"),
    ),
)
PENSION: Final = DatasetMapping(
    department=NAME,
    dataset="pension",
    fields=(
        *_WHO,
        FieldMap("start_date", "QSRQ", dashed_date),
        FieldMap("end_date", "ZZRQ", optional(dashed_date)),
        FieldMap("monthly_cents", "YLJE", yuan),
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
BENEFIT: Final = DatasetMapping(
    department=NAME,
    dataset="unemployment_benefit",
    fields=(
        *_WHO,
        FieldMap("start_date", "QSRQ", dashed_date),
        FieldMap("end_date", "ZZRQ", dashed_date),
        FieldMap("monthly_cents", "YJE", yuan),
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
REGISTRATION: Final = DatasetMapping(
    department=NAME,
    dataset="employment_registration",
    fields=(
        *_WHO,
        FieldMap("registered_unemployed", "SYBZ", flag(yes="1", no="0")),
        FieldMap("registered_on", "DJRQ", dashed_date),
        FieldMap("in_training", "PXBZ", flag(yes="1", no="0")),
        FieldMap("public_post", "GYGW", flag(yes="1", no="0")),
    ),
    number="national_id",
    name="name",
    valid_from="registered_on",
    link_only=_LINK,
    checks=(holder_is_born("national_id"), not_in_future("registered_on")),
)
MAPPINGS: Final = (SPELL, PENSION, BENEFIT, REGISTRATION)


def connect(config: Mapping[str, str]) -> SqlTables:
    """Return the connector to the bureau's database that `config` tells of.

    Raises:
        ConnectorConfigError: The address is missing.
    """
    return SqlTables(department=NAME, url=setting(NAME, config, "url"), tables=TABLES)


DEPARTMENT: Final = Department(
    name=NAME,
    mappings={mapping.dataset: mapping for mapping in MAPPINGS},
    shapes={table.shape.dataset: table.shape for table in TABLES},
    settings={"url": "SQLAlchemy address of the bureau's database, for a read-only account"},
    connect=connect,
)
