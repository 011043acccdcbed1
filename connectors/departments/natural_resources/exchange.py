"""Registered real estate over the county-city exchange (EX_BDCXX), and what it is in our words.

Who is asked about is civil affairs' own list: its applicants. Days are sealed, so a registration
counts from the first day of its month.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from connectors.checks import holder_is_born, not_in_future
from connectors.convert import (
    citizen_number,
    code,
    dashed_date,
    flag,
    optional,
    text,
    whole,
)
from connectors.department import Department, secret, setting
from connectors.errors import ConnectorConfigError
from connectors.exchange import Asked, BatchExchange, Terms
from connectors.mapping import DatasetMapping, FieldMap
from connectors.monitoring_list import read_monitoring_list
from connectors.protocol import ReasonCode
from connectors.shape import Shape
from schema.codes import ESTATE_STATUS, ESTATE_USE

NAME: Final = "natural-resources"
RESOURCE: Final = "EX_BDCXX"
_LARGEST_SQM: Final = 1_000_000
_WHOLE: Final = 100

USES: Final = {"住宅": "dwelling", "商业": "commercial", "车位": "parking", "其他": "other"}
STATUSES: Final = {"现势": "current", "查封": "sealed-off", "历史": "historical"}

SHAPE: Final = Shape(department=NAME, dataset="real_estate", key="不动产权证号", updated="更新时间")

ESTATE: Final = DatasetMapping(
    department=NAME,
    dataset="real_estate",
    fields=(
        FieldMap("national_id", "权利人证件号", citizen_number),
        FieldMap("name", "权利人", text(missing=ReasonCode.NAME_MISSING, longest=50)),
        FieldMap("certificate_number", "不动产权证号", text(longest=60)),
        FieldMap("unit_number", "不动产单元号", optional(text(longest=40))),
        FieldMap("share_percent", "共有份额", whole(1, _WHOLE)),
        FieldMap("address", "坐落", optional(text())),
        FieldMap("use", "用途", code(USES, ESTATE_USE)),
        FieldMap("area_sqm", "面积", whole(1, _LARGEST_SQM)),
        FieldMap("registered_on", "登记日期", dashed_date),
        FieldMap("mortgaged", "是否抵押", flag(yes="1", no="0")),
        FieldMap("status", "登记状态", code(STATUSES, ESTATE_STATUS)),
    ),
    number="national_id",
    name="name",
    valid_from="registered_on",
    first_of_month=True,
    link_only=frozenset({"national_id", "name"}),
    checks=(holder_is_born("national_id"), not_in_future("registered_on")),
)


def connect(config: Mapping[str, str]) -> BatchExchange:
    """Return the connector to the exchange that `config` tells of.

    Raises:
        ConnectorConfigError: A setting is missing or no number, or the token cannot be read.
    """
    url, roster = setting(NAME, config, "url"), Path(setting(NAME, config, "roster"))

    async def asked() -> Sequence[Asked]:
        found = await read_monitoring_list(roster)
        numbers = sorted({entry.applicant for entry in found.listed})
        return [Asked(_reference(number), number) for number in numbers]

    return BatchExchange(
        department=NAME,
        url=url,
        token=secret(NAME, config, "token_file"),
        resources={RESOURCE: SHAPE},
        roster=asked,
        terms=Terms(
            region=setting(NAME, config, "region"),
            unit=setting(NAME, config, "unit"),
            poll_s=_seconds(setting(NAME, config, "poll_s")),
        ),
    )


def _reference(number: str) -> str:
    """Name a person to the exchange, which gets the number beside it; never stored or shown."""
    return hashlib.sha256(f"{NAME} {number}".encode()).hexdigest()[:32]


def _seconds(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise ConnectorConfigError(NAME, "settings", "poll_s is no number") from None


DEPARTMENT: Final = Department(
    name=NAME,
    mappings={ESTATE.dataset: ESTATE},
    shapes={SHAPE.dataset: SHAPE},
    settings={
        "url": "address of the exchange",
        "token_file": "file with the bearer token that the exchange gave us",
        "roster": "civil affairs' monitoring list: who is asked about",
        "region": "our region, twelve digits",
        "unit": "name of the unit that asks",
        "poll_s": "seconds between two looks at a batch; the exchange expects 300",
    },
    connect=connect,
)
