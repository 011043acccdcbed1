"""Tells departments whom civil affairs has recognised: builds the event, sends it once.

An event holds civil affairs' own decision and nothing that another department supplied. Each
receiver has a sequence, an encryption key and keys for people of its own, so that no two of
them can put together what they were told by anything but the citizen number.
Whoever calls keeps the outbox: it gives each event its id and its place in the receiver's
sequence once, and sends the same signed text again until it is acknowledged.
The contract: `openapi/departments/recognition.yaml`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from connectors.outbound.acknowledgement import Acknowledgement, code_or_other
from connectors.outbound.errors import DeliveryRefusedError
from connectors.outbound.posting import (
    Address,
    Encrypt,
    enveloped,
    must_be_about,
    posted,
    read_answer,
)

KIND: Final = "recognition"
"""The kind of its messages in the outbox."""


class Change(StrEnum):
    """What a decision does to the recognition."""

    ADD = "ADD"
    CHANGE = "CHANGE"
    STOP = "STOP"
    CORRECT = "CORRECT"


class Status(StrEnum):
    """What a receiver did with an event."""

    ENROLLED = "ENROLLED"
    """Insured already, or on the receiver's roll now."""
    SUBSIDISED = "SUBSIDISED"
    """The insurance contribution is paid for."""
    NOTED = "NOTED"
    """Kept for the receiver's own work; nothing follows by itself."""
    REJECTED = "REJECTED"
    """Taken and not applied; the reason says why."""


_NOTING: Final = frozenset({Status.NOTED, Status.REJECTED})
STATUSES: Final[Mapping[str, frozenset[Status]]] = {
    "medical-insurance": frozenset({Status.ENROLLED, Status.SUBSIDISED, Status.REJECTED}),
    "education": _NOTING,
    "housing": _NOTING,
    "human-resources": _NOTING,
    "disabled-federation": _NOTING,
}
"""Who may be told, and what each may answer. Charities are told nothing without consent."""
RECEIVERS: Final = tuple(STATUSES)


@dataclass(frozen=True, slots=True)
class Recognition:
    """One decision about one person. `category` is a code of `assistance_category`."""

    change: Change
    household_id: str
    person_key: str
    """Names the person to this receiver only; not the citizen number."""
    document_number: str = field(repr=False)
    name: str = field(repr=False)
    category: str
    start: date
    end: date | None
    region: str
    decision_number: str
    decided_on: date
    deciding_unit: str
    deciding_unit_code: str


class _Answer(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    event_id: UUID
    status: Status
    reason: str | None


def event(
    recognition: Recognition, *, event_id: UUID, sequence: int, at: datetime, encrypt: Encrypt
) -> bytes:
    """Return the event's text, ready to be signed; the citizen number in it is encrypted.

    `at` is when it was decided to send it, aware; `sequence` counts from 1 without gaps.
    """
    data = {
        "change": recognition.change,
        "sequence": sequence,
        "householdId": recognition.household_id,
        "personKey": recognition.person_key,
        "documentNumber": encrypt(recognition.document_number.encode()),
        "name": recognition.name,
        "category": recognition.category,
        "startDate": recognition.start,
        "endDate": recognition.end,
        "region": recognition.region,
        "decisionNumber": recognition.decision_number,
        "decisionDate": recognition.decided_on,
        "decidingUnit": recognition.deciding_unit,
        "decidingUnitCode": recognition.deciding_unit_code,
    }
    kind = f"cn.gov.civil-affairs.recognition.{recognition.change.lower()}"
    return enveloped(kind, message_id=event_id, subject=recognition.household_id, at=at, data=data)


@dataclass(frozen=True, slots=True)
class RecognitionInbox:
    """A department's inbox for recognitions, one of `RECEIVERS`, as we reach it."""

    address: Address

    async def send(self, text: bytes) -> Acknowledgement:
        """Send one event and return the receiver's acknowledgement of it.

        One attempt; sending the same event again is safe and gives the same answer.

        Raises:
            ReceiverUnavailableError: Nobody knows whether it arrived: send it again later.
            OutOfOrderError: The receiver misses an event before this one.
            DeliveryRefusedError: The receiver will not take this event however often it is
                sent: an operator must look at it.
        """
        name = self.address.receiver
        answer = read_answer(name, await posted(self.address, text), _Answer)
        must_be_about(name, answer.event_id, text)
        if answer.status not in STATUSES[name]:
            raise DeliveryRefusedError(name, "answered with a status that is not its own")
        return Acknowledgement(answer.event_id, answer.status, code_or_other(answer.reason))
