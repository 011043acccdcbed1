"""The record of a commitment as the national credit platform takes it: twenty fields.

A record says what civil affairs decided and what the applicant signed; nothing that another
department supplied belongs in it. `record_faults` says what is wrong with one, by field and
reason and never with a value; only a record without faults can be written for the wire. The
fields, their lengths and lists were taken from the template of a deployed credit platform: the
official notice was not obtained, and Chinese names go out as they stand there.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from connectors.outbound.barred_words import BARRED
from schema.ids import (
    CitizenNumber,
    CreditCode,
    CreditCodeFault,
    NumberFault,
    parse_citizen_number,
    parse_credit_code,
)


class PromisorKind(StrEnum):
    """Who makes the commitment."""

    LEGAL_PERSON = "法人及非法人组织"
    NATURAL_PERSON = "自然人"
    INDIVIDUAL_BUSINESS = "个体工商户"


class CommitmentType(StrEnum):
    """What the commitment stands for; applicants for assistance replace proofs by it."""

    REPLACES_APPROVAL = "审批替代型"
    TOLERATES_GAPS = "容缺受理型"
    REPLACES_PROOF = "证明事项型"
    REPAIRS_CREDIT = "信用修复型"
    SECTOR_DISCIPLINE = "行业自律型"
    OF_OWN_ACCORD = "主动型"
    OTHER = "其他"


class Performance(StrEnum):
    """How far the commitment was kept.

    The first three are the platform's. `NOT_DETERMINED` is the interim value that
    `openapi/national-credit-platform.yaml` declares as our assumption: nobody has determined
    yet whether it was kept. `FULL` is never assumed; it is determined.
    """

    FULL = "全部履行"
    PARTIAL = "部分履行"
    NONE = "全部未履行"
    NOT_DETERMINED = "尚未认定"


class Publicity(StrEnum):
    """Who may see the record. To publish that somebody asked for assistance reveals poverty."""

    PUBLIC = "可向社会公开"
    RESTRICTED = "特定范围内公开"
    NOT_PUBLIC = "不可公开"


class FaultReason(StrEnum):
    """What is wrong with a field of a record."""

    REQUIRED = "required"
    MUST_BE_EMPTY = "must-be-empty"
    TOO_LONG = "too-long"
    FORMAT = "format"
    CHECK_CHARACTER = "check-character"
    DATE_ORDER = "date-order"
    HEALTH = "health-detail"
    """It tells of an illness, which no credit record of a person may."""


@dataclass(frozen=True, slots=True)
class RecordFault:
    """One thing that is wrong with a record; `field` is its name in our words."""

    field: str
    reason: FaultReason


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentRecord:
    """One commitment. The order of the fields is that of the template."""

    code: str
    """Region of acceptance, date made, six-digit serial: `commitment_code` makes one."""
    promisor_name: str = field(repr=False)
    promisor_kind: PromisorKind = PromisorKind.NATURAL_PERSON
    promisor_code: str = field(repr=False)
    """Citizen number, or the unified social credit code of a unit."""
    commitment_type: CommitmentType = CommitmentType.REPLACES_PROOF
    matter: str
    """The business applied for."""
    content: str = field(repr=False)
    liability: str
    """What follows if the commitment is not kept."""
    made_on: date
    valid_until: date | None = None
    """The last day."""
    performance: Performance
    unperformed: str | None = field(default=None, repr=False)
    accountability: str | None = field(default=None, repr=False)
    """What was done about what was not kept."""
    determined_on: date | None = None
    determining_unit: str | None = None
    determining_unit_code: str | None = None
    accepting_unit: str
    accepting_unit_code: str
    publicity: Publicity = Publicity.NOT_PUBLIC
    remark: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RecordField:
    """One of the twenty: its place, its name in Chinese, and how long it may be."""

    number: int
    name: str
    zh: str
    longest: int | None = None
    """In characters; None for dates and lists."""
    required: bool = True


FIELDS: Final = (
    RecordField(1, "code", "承诺编码", 20),
    RecordField(2, "promisor_name", "承诺人名称", 200),
    RecordField(3, "promisor_kind", "承诺人类别"),
    RecordField(4, "promisor_code", "承诺人代码", 18),
    RecordField(5, "commitment_type", "承诺类型"),
    RecordField(6, "matter", "承诺事由", 512),
    RecordField(7, "content", "承诺内容", 4000),
    RecordField(8, "liability", "违诺责任", 4000),
    RecordField(9, "made_on", "承诺作出日期"),
    RecordField(10, "valid_until", "承诺有效期", required=False),
    RecordField(11, "performance", "承诺履行状态"),
    RecordField(12, "unperformed", "未履行的承诺内容", 4000, required=False),
    RecordField(13, "accountability", "违诺责任追究内容", 4000, required=False),
    RecordField(14, "determined_on", "履行状态认定日期", required=False),
    RecordField(15, "determining_unit", "认定单位", 200, required=False),
    RecordField(16, "determining_unit_code", "认定单位代码", 18, required=False),
    RecordField(17, "accepting_unit", "承诺受理单位", 200),
    RecordField(18, "accepting_unit_code", "承诺受理单位代码", 18),
    RecordField(19, "publicity", "公开类型"),
    RecordField(20, "remark", "备注", 512, required=False),
)
FIELD_BY_NAME: Final[Mapping[str, RecordField]] = {f.name: f for f in FIELDS}
_CODE: Final = re.compile(r"[0-9]{20}", re.ASCII)
_LAST_SERIAL: Final = 999_999
_BREACHED: Final = frozenset({Performance.PARTIAL, Performance.NONE})
_OF_BREACHES: Final = ("unperformed", "accountability")
_OF_DETERMINATIONS: Final = ("determined_on", "determining_unit", "determining_unit_code")
_WRITTEN_BY_STAFF: Final = ("unperformed", "accountability", "remark")


class InvalidRecordError(Exception):
    """A record has faults and was not written; the message names fields and reasons alone."""

    def __init__(self, faults: tuple[RecordFault, ...]) -> None:
        told = ", ".join(f"{f.field} ({f.reason})" for f in faults)
        super().__init__(f"The commitment record cannot be sent as it is: {told}.")
        self.faults = faults


def commitment_code(region: str, made_on: date, serial: int) -> str:
    """Return the code of a commitment: region of acceptance, date made, serial of that day.

    `region` has at least six digits; `serial` is 1 to 999999.

    Raises:
        ValueError: One of them is not so; the message holds neither.
    """
    if not re.match(r"[0-9]{6}", region, re.ASCII) or not 0 < serial <= _LAST_SERIAL:
        raise ValueError("a region has six digits, a serial is 1 to 999999")
    return f"{region[:6]}{made_on:%Y%m%d}{serial:06}"


def record_faults(record: CommitmentRecord) -> tuple[RecordFault, ...]:
    """Return everything that is wrong with a record, nothing if it may be sent."""
    found = (*_of_fields(record), *_of_conditions(record), *_of_codes(record), *_of_dates(record))
    return tuple(dict.fromkeys(found))


def wire(record: CommitmentRecord) -> dict[str, str | None]:
    """Return the record by its Chinese names, all twenty; what is empty is null.

    Raises:
        InvalidRecordError: It has faults.
    """
    faults = record_faults(record)
    if faults:
        raise InvalidRecordError(faults)
    values = ((f.zh, getattr(record, f.name)) for f in FIELDS)
    return {
        zh: value.isoformat() if isinstance(value, date) else None if value is None else str(value)
        for zh, value in values
    }


def _of_fields(record: CommitmentRecord) -> Iterator[RecordFault]:
    for stated in FIELDS:
        value = getattr(record, stated.name)
        if value is None or (isinstance(value, str) and not value.strip()):
            if stated.required:
                yield RecordFault(stated.name, FaultReason.REQUIRED)
            elif value is not None:
                yield RecordFault(stated.name, FaultReason.FORMAT)
        elif stated.longest is not None and len(value) > stated.longest:
            yield RecordFault(stated.name, FaultReason.TOO_LONG)
    for name in _WRITTEN_BY_STAFF:
        if BARRED.tells_of_health(getattr(record, name) or ""):
            yield RecordFault(name, FaultReason.HEALTH)


def _of_conditions(record: CommitmentRecord) -> Iterator[RecordFault]:
    """What a breach has to say, and what may not be said without one, or without a finding."""
    for name in _OF_BREACHES:
        is_empty = getattr(record, name) is None
        if record.performance in _BREACHED and is_empty:
            yield RecordFault(name, FaultReason.REQUIRED)
        if record.performance not in _BREACHED and not is_empty:
            yield RecordFault(name, FaultReason.MUST_BE_EMPTY)
    if record.performance is Performance.NOT_DETERMINED:
        for name in _OF_DETERMINATIONS:
            if getattr(record, name) is not None:
                yield RecordFault(name, FaultReason.MUST_BE_EMPTY)


def _of_codes(record: CommitmentRecord) -> Iterator[RecordFault]:
    if not _CODE.fullmatch(record.code) or record.code[6:14] != f"{record.made_on:%Y%m%d}":
        yield RecordFault("code", FaultReason.FORMAT)
    is_person = record.promisor_kind is PromisorKind.NATURAL_PERSON
    parse = parse_citizen_number if is_person else parse_credit_code
    yield from _of_number("promisor_code", record.promisor_code, parse(record.promisor_code))
    for name in ("determining_unit_code", "accepting_unit_code"):
        code = getattr(record, name)
        if code is not None:
            yield from _of_number(name, code, parse_credit_code(code))


def _of_number(
    name: str, text: str, parsed: CitizenNumber | CreditCode | NumberFault | CreditCodeFault
) -> Iterator[RecordFault]:
    """Only the canonical form is sent: eighteen characters, half-width, capitals."""
    if isinstance(parsed, (CitizenNumber, CreditCode)):
        if parsed.text != text:
            yield RecordFault(name, FaultReason.FORMAT)
    elif parsed in {
        NumberFault.CHECK_DIGIT,
        CreditCodeFault.CHECK_CHARACTER,
        CreditCodeFault.ORGANISATION,
    }:
        yield RecordFault(name, FaultReason.CHECK_CHARACTER)
    elif parsed not in {NumberFault.MISSING, CreditCodeFault.MISSING}:
        yield RecordFault(name, FaultReason.FORMAT)


def _of_dates(record: CommitmentRecord) -> Iterator[RecordFault]:
    for name in ("valid_until", "determined_on"):
        day = getattr(record, name)
        if day is not None and day < record.made_on:
            yield RecordFault(name, FaultReason.DATE_ORDER)
