"""The insurer's tables CBXX (enrolment), JSXX (settlement), ZDXX (diagnosis), and ours.

Its column names are the initials of Chinese words. Amounts are yuan; a voided settlement
(ZFBZ 1) is taken back. The exact days of a settlement are sealed, so a settlement counts
from the first day of its month.
"""

from collections.abc import Mapping
from typing import Final

from connectors.checks import holder_is_born, in_order, not_in_future, not_negative, parts_within
from connectors.convert import (
    citizen_number,
    code,
    dashed_date,
    flag,
    major_disease,
    optional,
    text,
    yuan,
)
from connectors.department import Department, setting
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import ReasonCode
from connectors.shape import Shape
from connectors.sql import SqlTables, Table
from schema.codes import ENROLMENT_STATUS, INSURANCE_SCHEME, VISIT_TYPE

NAME: Final = "medical-insurance"

_WHO: Final = (
    FieldMap("national_id", "SFZH", citizen_number),
    FieldMap("name", "XM", text(missing=ReasonCode.NAME_MISSING, longest=50)),
)

ENROLMENT_TABLE: Final = Table(
    name="CBXX",
    columns=("GRBH", "SFZH", "XM", "CSRQ", "XZLX", "CBZT", "SFZZ", "KSRQ", "JSRQ", "GXSJ"),
    shape=Shape(NAME, "medical_enrolment", key="GRBH", updated="GXSJ"),
)
SETTLEMENT_TABLE: Final = Table(
    name="JSXX",
    columns=(
        *("JSLSH", "SFZH", "XM", "YLLB", "RYRQ", "CYRQ", "JSRQ"),
        *("ZFY", "TCZF", "GRZF", "DBBZ", "ZFBZ", "GXSJ"),
    ),
    shape=Shape(
        NAME,
        "medical_settlement",
        key="JSLSH",
        updated="GXSJ",
        gone={"ZFBZ": frozenset({"1"})},
    ),
)

DIAGNOSIS_TABLE: Final = Table(
    name="ZDXX",
    columns=("ZDBH", "SFZH", "XM", "ZDBM", "MTBZ", "RDRQ", "GXSJ"),
    shape=Shape(NAME, "diagnosis_status", key="ZDBH", updated="GXSJ"),
)
TABLES: Final = (ENROLMENT_TABLE, SETTLEMENT_TABLE, DIAGNOSIS_TABLE)

ENROLMENT: Final = DatasetMapping(
    department=NAME,
    dataset="medical_enrolment",
    fields=(
        *_WHO,
        FieldMap("birth_date", "CSRQ", optional(dashed_date)),
        FieldMap("personal_number", "GRBH", text(longest=40)),
        FieldMap("scheme", "XZLX", code({"310": "310", "390": "390"}, INSURANCE_SCHEME)),
        FieldMap(
            "status",
            "CBZT",
            code({"1": "active", "2": "suspended", "4": "ended"}, ENROLMENT_STATUS),
        ),
        FieldMap("subsidised", "SFZZ", flag(yes="1", no="0")),
        FieldMap("start_date", "KSRQ", dashed_date),
        FieldMap("end_date", "JSRQ", optional(dashed_date)),
    ),
    number="national_id",
    name="name",
    birth_date="birth_date",
    valid_from="start_date",
    link_only=frozenset({"national_id", "name", "birth_date"}),
    checks=(
        holder_is_born("national_id"),
        not_in_future("birth_date"),
        in_order("start_date", "end_date"),
    ),
)

SETTLEMENT: Final = DatasetMapping(
    department=NAME,
    dataset="medical_settlement",
    fields=(
        *_WHO,
        FieldMap("settlement_number", "JSLSH", text(longest=40)),
        FieldMap(
            "visit_type",
            "YLLB",
            code({"11": "outpatient", "14": "chronic", "21": "inpatient"}, VISIT_TYPE),
        ),
        FieldMap("admitted_on", "RYRQ", dashed_date),
        FieldMap("discharged_on", "CYRQ", optional(dashed_date)),
        FieldMap("settled_on", "JSRQ", dashed_date),
        FieldMap("total_cents", "ZFY", yuan),
        FieldMap("fund_paid_cents", "TCZF", yuan),
        FieldMap("self_paid_cents", "GRZF", yuan),
        FieldMap("major_disease", "DBBZ", flag(yes="1", no="0")),
    ),
    number="national_id",
    name="name",
    valid_from="settled_on",
    first_of_month=True,
    link_only=frozenset({"national_id", "name"}),
    checks=(
        holder_is_born("national_id"),
        not_in_future("admitted_on", "discharged_on", "settled_on"),
        in_order("admitted_on", "discharged_on"),
        in_order("admitted_on", "settled_on"),
        not_negative("total_cents", "fund_paid_cents", "self_paid_cents"),
        parts_within("total_cents", "fund_paid_cents", "self_paid_cents"),
    ),
)

DIAGNOSIS: Final = DatasetMapping(
    department=NAME,
    dataset="diagnosis_status",
    fields=(
        *_WHO,
        FieldMap("major_disease_class", "ZDBM", major_disease),
        FieldMap("chronic", "MTBZ", flag(yes="1", no="0")),
        FieldMap("stated_on", "RDRQ", dashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="stated_on",
    first_of_month=True,
    link_only=frozenset({"national_id", "name", "stated_on"}),
    checks=(holder_is_born("national_id"), not_in_future("stated_on")),
)
MAPPINGS: Final = (ENROLMENT, SETTLEMENT, DIAGNOSIS)


def connect(config: Mapping[str, str]) -> SqlTables:
    """Return the connector to the insurer's database that `config` tells of.

    Raises:
        ConnectorConfigError: The address is missing.
    """
    return SqlTables(
        department=NAME,
        url=setting(NAME, config, "url"),
        tables=TABLES,
    )


DEPARTMENT: Final = Department(
    name=NAME,
    mappings={mapping.dataset: mapping for mapping in MAPPINGS},
    shapes={table.shape.dataset: table.shape for table in TABLES},
    settings={"url": "SQLAlchemy address of the insurer's database, for a read-only account"},
    connect=connect,
)
