"""The judicial authorities' feed: from when to when, and two flags; never why.

One row for everybody who is asked about, also where there is nothing: that a row is there says
nothing of a person.
"""

from collections.abc import Mapping
from typing import Final

from connectors.checks import holder_is_born, in_order, not_in_future
from connectors.convert import citizen_number, dashed_date, flag, optional, text
from connectors.department import Department, secret, setting
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import ReasonCode
from connectors.rest import RestFeed
from connectors.shape import Shape

NAME: Final = "justice"

SHAPE: Final = Shape(NAME, "justice_status", key="编号", updated="更新时间")
_YES_NO: Final = flag(yes="1", no="0")

STATUS: Final = DatasetMapping(
    department=NAME,
    dataset="justice_status",
    fields=(
        FieldMap("national_id", "身份证号", citizen_number),
        FieldMap("name", "姓名", text(missing=ReasonCode.NAME_MISSING, longest=50)),
        FieldMap("in_prison", "在押", _YES_NO),
        FieldMap("prison_from", "入监日期", optional(dashed_date)),
        FieldMap("prison_to", "出监日期", optional(dashed_date)),
        FieldMap("in_correction", "矫正", _YES_NO),
        FieldMap("correction_from", "矫正起始", optional(dashed_date)),
        FieldMap("correction_to", "矫正终止", optional(dashed_date)),
        FieldMap("dishonest_debtor", "失信", _YES_NO),
        FieldMap("judicial_aid", "司法救助", _YES_NO),
        FieldMap("stated_on", "登记日期", dashed_date),
    ),
    number="national_id",
    name="name",
    valid_from="stated_on",
    first_of_month=True,
    link_only=frozenset({"national_id", "name", "stated_on"}),
    checks=(
        holder_is_born("national_id"),
        not_in_future("stated_on", "prison_from", "prison_to", "correction_from"),
        in_order("prison_from", "prison_to"),
        in_order("correction_from", "correction_to"),
    ),
)


def connect(config: Mapping[str, str]) -> RestFeed:
    """Return the connector to the feed that `config` tells of.

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
    mappings={STATUS.dataset: STATUS},
    shapes={SHAPE.dataset: SHAPE},
    settings={
        "url": "address of the authorities' change feed",
        "token_file": "file with the bearer token that they gave us",
    },
    connect=connect,
)
