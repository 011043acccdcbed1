"""Tells the national credit platform of commitments: builds the message, sends it once.

A commitment is recorded under its code, later corrected (whole, when its performance has been
determined or something in it was wrong), and withdrawn when the credit is repaired or it should
never have been recorded. The platform takes a message once, in its place of the sequence, and
gives it a receipt number; a record that it cannot use is rejected field by field, and the queue
goes on. The contract, which is our own document as the official one was not obtained:
`openapi/national-credit-platform.yaml`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from connectors.outbound.acknowledgement import (
    OTHER,
    Acknowledgement,
    FieldFault,
    code_or_other,
)
from connectors.outbound.commitment_record import FIELDS, CommitmentRecord, wire
from connectors.outbound.posting import Address, enveloped, must_be_about, posted, read_answer

RECEIVER: Final = "national-credit-platform"
COMMITMENT: Final = "commitment"
"""The kind of a message that holds a record."""
WITHDRAWAL: Final = "commitment-withdrawal"
"""The kind of a message that takes a record back."""


class Operation(StrEnum):
    """What a message does to the platform's record of a commitment."""

    RECORD = "RECORD"
    """The first record under this code."""
    CORRECT = "CORRECT"
    """A whole record in the place of the one that the platform has."""
    WITHDRAW = "WITHDRAW"
    """The platform stops to show, share and use the record, and erases it."""


class WithdrawalReason(StrEnum):
    """Why a record is withdrawn."""

    CREDIT_REPAIRED = "credit-repaired"
    PUBLICITY_ENDED = "publicity-ended"
    """The longest time that the rules of repair allow is over."""
    RECORDED_WRONGLY = "recorded-wrongly"


class PlatformStatus(StrEnum):
    """What the platform did with a message."""

    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"


class _Rejected(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    field: str
    reason: str


class _Answer(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    message_id: UUID
    status: PlatformStatus
    receipt_number: Annotated[str, Meta(pattern=r"^[A-Z]{2,6}-[0-9]{8}-[0-9]{1,9}\Z")] | None
    faults: Annotated[list[_Rejected], Meta(max_length=100)]


_FIELD_NAMES: Final = frozenset(f.zh for f in FIELDS)
_REJECTED: Final = "record-rejected"


def record_message(
    record: CommitmentRecord,
    *,
    message_id: UUID,
    sequence: int,
    at: datetime,
    operation: Operation = Operation.RECORD,
) -> bytes:
    """Return the text of a message that records or corrects, ready to be signed.

    `at` is when it was decided to send it, aware; `sequence` counts from 1 without gaps.

    Raises:
        InvalidRecordError: The record has faults.
        ValueError: `operation` is WITHDRAW, which has a message of its own.
    """
    if operation is Operation.WITHDRAW:
        raise ValueError("a withdrawal holds no record")
    data = {
        "operation": operation,
        "sequence": sequence,
        "commitmentCode": record.code,
        "record": wire(record),
        "withdrawal": None,
    }
    kind = f"cn.gov.civil-affairs.commitment.{operation.lower()}"
    return enveloped(kind, message_id=message_id, subject=record.code, at=at, data=data)


def withdrawal_message(
    code: str,
    reason: WithdrawalReason,
    decided_on: date,
    *,
    message_id: UUID,
    sequence: int,
    at: datetime,
) -> bytes:
    """Return the text of a message that takes the record of commitment `code` back."""
    data = {
        "operation": Operation.WITHDRAW,
        "sequence": sequence,
        "commitmentCode": code,
        "record": None,
        "withdrawal": {"reason": reason, "decidedOn": decided_on},
    }
    kind = "cn.gov.civil-affairs.commitment.withdraw"
    return enveloped(kind, message_id=message_id, subject=code, at=at, data=data)


@dataclass(frozen=True, slots=True)
class NationalCreditPlatform:
    """The platform, as we reach it."""

    address: Address

    async def send(self, text: bytes) -> Acknowledgement:
        """Send one message and return the platform's acknowledgement of it.

        One attempt; sending the same message again is safe and gives the same answer. A
        rejected record is acknowledged too: its faults say which field and why.

        Raises:
            ReceiverUnavailableError: Nobody knows whether it arrived: send it again later.
            OutOfOrderError: The platform misses a message before this one.
            DeliveryRefusedError: The platform will not take this message however often it is
                sent: an operator must look at it.
        """
        body = await posted(self.address, text)
        answer = read_answer(self.address.receiver, body, _Answer)
        must_be_about(self.address.receiver, answer.message_id, text)
        is_rejected = answer.status is PlatformStatus.REJECTED
        return Acknowledgement(
            answer.message_id,
            answer.status,
            _REJECTED if is_rejected else None,
            answer.receipt_number,
            tuple(map(_fault, answer.faults)) if is_rejected else (),
        )


def _fault(rejected: _Rejected) -> FieldFault:
    """Keep the name of a field that there is, and a reason that is a code."""
    name = rejected.field if rejected.field in _FIELD_NAMES else OTHER
    return FieldFault(name, code_or_other(rejected.reason) or OTHER)
