"""The finance bureau's tables CZGYRY (public payroll) and YKTFF (subsidy cards), and ours.

The day of a payment is sealed, so a payment counts from the first day of its month.
"""

from collections.abc import Mapping
from typing import Final

from connectors.checks import holder_is_born, not_in_future, not_negative
from connectors.convert import citizen_number, dashed_date, flag, optional, text, yuan
from connectors.department import Department, setting
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import ReasonCode
from connectors.shape import Shape
from connectors.sql import SqlTables, Table

NAME: Final = "finance"

_WHO: Final = (
    FieldMap("national_id", "SFZH", citizen_number),
    FieldMap("name", "XM", text(missing=ReasonCode.NAME_MISSING, longest=50)),
)
_LINK: Final = frozenset({"national_id", "name"})

PAYROLL_TABLE: Final = Table(
    name="CZGYRY",
    columns=("RYBH", "SFZH", "XM", "DWMC", "GYBZ", "KSRQ", "GXSJ"),
    shape=Shape(NAME, "public_payroll", key="RYBH", updated="GXSJ"),
)
PAYMENT_TABLE: Final = Table(
    name="YKTFF",
    columns=("FFLSH", "SFZH", "XM", "BTXM", "FFJE", "FFRQ", "THBZ", "GXSJ"),
    shape=Shape(
        NAME, "subsidy_payment", key="FFLSH", updated="GXSJ", gone={"THBZ": frozenset({"1"})}
    ),
)

PAYROLL: Final = DatasetMapping(
    department=NAME,
    dataset="public_payroll",
    fields=(
        *_WHO,
        FieldMap("unit", "DWMC", optional(text())),
        FieldMap("on_payroll", "GYBZ", flag(yes="1", no="0")),
        FieldMap("since", "KSRQ", dashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="since",
    link_only=_LINK | {"since"},
    checks=(holder_is_born("national_id"), not_in_future("since")),
)
PAYMENT: Final = DatasetMapping(
    department=NAME,
    dataset="subsidy_payment",
    fields=(
        *_WHO,
        FieldMap("item", "BTXM", text()),
        FieldMap("amount_cents", "FFJE", yuan),
        FieldMap("paid_on", "FFRQ", dashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="paid_on",
    first_of_month=True,
    link_only=_LINK,
    checks=(
        holder_is_born("national_id"),
        not_in_future("paid_on"),
        not_negative("amount_cents"),
    ),
)


def connect(config: Mapping[str, str]) -> SqlTables:
    """Return the connector to the bureau's database that `config` tells of.

    Raises:
        ConnectorConfigError: The address is missing.
    """
    return SqlTables(
        department=NAME,
        url=setting(NAME, config, "url"),
        tables=(PAYROLL_TABLE, PAYMENT_TABLE),
    )


DEPARTMENT: Final = Department(
    name=NAME,
    mappings={PAYROLL.dataset: PAYROLL, PAYMENT.dataset: PAYMENT},
    shapes={table.shape.dataset: table.shape for table in (PAYROLL_TABLE, PAYMENT_TABLE)},
    settings={"url": "SQLAlchemy address of the bureau's database, for a read-only account"},
    connect=connect,
)
