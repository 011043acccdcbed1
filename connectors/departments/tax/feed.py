"""The tax authority's words for taxed income, and what they are in ours.

It tells a band and never an amount. A month's income is told again when it is corrected.
"""

from collections.abc import Mapping
from typing import Final

from connectors.checks import holder_is_born, not_in_future
from connectors.convert import citizen_number, code, compact_month, optional, text
from connectors.department import Department, secret, setting
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import ReasonCode
from connectors.rest import RestFeed
from connectors.shape import Shape
from schema.codes import INCOME_BAND, INCOME_TYPE

NAME: Final = "tax"

TYPES: Final = {
    "0100": "wages",
    "0400": "services",
    "0500": "business",
    "0800": "property",
    "9900": "other",
}
"""The authority's items of income [D]."""

SHAPE: Final = Shape(
    department=NAME,
    dataset="personal_income",
    key="申报流水号",
    updated="更新时间",
    gone={"操作": frozenset({"作废"})},
)

INCOME: Final = DatasetMapping(
    department=NAME,
    dataset="personal_income",
    fields=(
        FieldMap("national_id", "纳税人识别号", citizen_number),
        FieldMap("name", "姓名", text(missing=ReasonCode.NAME_MISSING, longest=50)),
        FieldMap("income_type", "所得项目", code(TYPES, INCOME_TYPE)),
        FieldMap("period", "所属期", compact_month),
        FieldMap("amount_band", "收入区间", code({str(n): str(n) for n in range(6)}, INCOME_BAND)),
        FieldMap("payer", "扣缴义务人", optional(text())),
    ),
    number="national_id",
    name="name",
    valid_from="period",
    first_of_month=True,
    link_only=frozenset({"national_id", "name"}),
    checks=(holder_is_born("national_id"), not_in_future("period")),
)


def connect(config: Mapping[str, str]) -> RestFeed:
    """Return the connector to the authority's feed that `config` tells of.

    Raises:
        ConnectorConfigError: A setting is missing, or the token cannot be read.
    """
    return RestFeed(
        shape=SHAPE,
        url=setting(NAME, config, "url"),
        token=secret(NAME, config, "token_file"),
    )


DEPARTMENT: Final = Department(
    name=NAME,
    mappings={INCOME.dataset: INCOME},
    shapes={SHAPE.dataset: SHAPE},
    settings={
        "url": "address of the tax authority's change feed",
        "token_file": "file with the bearer token that the authority gave us",
    },
    connect=connect,
)
