"""Tells medical insurance whom civil affairs has recognised: builds the event, sends it once.

An event holds civil affairs' own decision and nothing that another department supplied.
Whoever calls keeps the outbox: it gives each event its id and its place in the receiver's
sequence once, and sends the same signed text again until it is acknowledged.
The contract: `openapi/departments/medical-insurance-recognition.yaml`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import httpx2
import msgspec

from connectors.outbound.errors import (
    DeliveryRefusedError,
    OutOfOrderError,
    ReceiverUnavailableError,
)

RECEIVER: Final = "medical-insurance"
SOURCE: Final = "urn:social-assistance-hub:civil-affairs"

Sign = Callable[[bytes], str]
"""Returns the compact JWS (ES256) of a payload; the hub's sealing fills it."""
Encrypt = Callable[[bytes], str]
"""Returns the compact JWE of a text to the receiver's key; the hub's sealing fills it."""


class Change(StrEnum):
    """What a decision does to the recognition."""

    ADD = "ADD"
    CHANGE = "CHANGE"
    STOP = "STOP"
    CORRECT = "CORRECT"


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


class Status(StrEnum):
    """What the receiver did with an event."""

    ENROLLED = "ENROLLED"
    SUBSIDISED = "SUBSIDISED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The receiver's answer; `reason` is given with REJECTED: a code, or `other`."""

    event_id: UUID
    status: Status
    reason: str | None


class _Answer(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    event_id: UUID
    status: Status
    reason: str | None


class _Gap(msgspec.Struct, rename="camel"):
    expected_sequence: int


_MOST_BYTES: Final = 64 * 1024
_CODE: Final = re.compile(r"[a-z]+(-[a-z]+){0,7}", re.ASCII)
_OTHER: Final = "other"


def event(
    recognition: Recognition, *, event_id: UUID, sequence: int, at: datetime, encrypt: Encrypt
) -> bytes:
    """Return the event's text, ready to be signed; the citizen number in it is encrypted.

    `at` is when it was decided to send it, aware; `sequence` counts from 1 without gaps.
    """
    content = {
        "specversion": "1.0",
        "id": str(event_id),
        "source": SOURCE,
        "type": f"cn.gov.civil-affairs.recognition.{recognition.change.lower()}",
        "subject": recognition.household_id,
        "time": at,
        "datacontenttype": "application/json",
        "data": {
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
        },
    }
    return msgspec.json.encode(content)


@dataclass(frozen=True, slots=True)
class MedicalInsurance:
    """The receiver, as we reach it. `client` belongs to the caller."""

    url: str
    sign: Sign
    client: httpx2.AsyncClient
    timeout_s: float = 10.0

    async def send(self, text: bytes) -> Acknowledgement:
        """Send one event and return the receiver's acknowledgement of it.

        One attempt; sending the same event again is safe and gives the same answer.

        Raises:
            ReceiverUnavailableError: Nobody knows whether it arrived: send it again later.
            OutOfOrderError: The receiver misses an event before this one.
            DeliveryRefusedError: The receiver will not take this event however often it is
                sent: an operator must look at it.
        """
        try:
            response = await self.client.post(
                self.url,
                content=self.sign(text),
                headers={"Content-Type": "application/jose", "Accept": "application/json"},
                timeout=self.timeout_s,
            )
        except httpx2.TransportError as error:
            raise ReceiverUnavailableError(RECEIVER, type(error).__name__) from None
        return _acknowledged(response, text)


def _acknowledged(response: httpx2.Response, text: bytes) -> Acknowledgement:
    status = response.status_code
    if status in {408, 425, 429} or status >= httpx2.codes.INTERNAL_SERVER_ERROR:
        raise ReceiverUnavailableError(RECEIVER, f"answered {status}")
    if status == httpx2.codes.CONFLICT:
        raise OutOfOrderError(RECEIVER, _expected_sequence(response.content))
    if status != httpx2.codes.ACCEPTED or len(response.content) > _MOST_BYTES:
        raise DeliveryRefusedError(RECEIVER, f"answered {status}")
    try:
        answer = msgspec.json.decode(response.content, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise DeliveryRefusedError(RECEIVER, "answered in another form than agreed") from None
    if str(answer.event_id) != msgspec.json.decode(text)["id"]:
        raise DeliveryRefusedError(RECEIVER, "acknowledged another event")
    return Acknowledgement(answer.event_id, answer.status, _code(answer.reason))


def _code(reason: str | None) -> str | None:
    """Return a reason that is a code; in free words there could be somebody's name or number."""
    return reason if reason is None or _CODE.fullmatch(reason) else _OTHER


def _expected_sequence(body: bytes) -> int | None:
    try:
        return msgspec.json.decode(body, type=_Gap).expected_sequence
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
