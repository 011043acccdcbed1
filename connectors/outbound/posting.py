"""Posts a signed message to a receiver, once, and says what its answer means for the queue.

Every receiver's contract has the same frame: a CloudEvents 1.0 envelope as the payload of a
compact JWS, 202 for a message that was taken now or earlier, 409 for a gap in the sequence.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

import httpx2
import msgspec

from connectors.outbound.errors import (
    DeliveryRefusedError,
    OutOfOrderError,
    ReceiverUnavailableError,
)

SOURCE: Final = "urn:social-assistance-hub:civil-affairs"
_MOST_BYTES: Final = 64 * 1024
_FOR_LATER: Final = frozenset({408, 425, 429})

Sign = Callable[[bytes], str]
"""Returns the compact JWS (ES256) of a payload; the hub's sealing fills it."""
Encrypt = Callable[[bytes], str]
"""Returns the compact JWE of a text to the receiver's key; the hub's sealing fills it."""

Answer = TypeVar("Answer", bound=msgspec.Struct)


class _Gap(msgspec.Struct, rename="camel"):
    expected_sequence: int


@dataclass(frozen=True, slots=True)
class Address:
    """Where a receiver takes messages, and how we reach it. `client` belongs to the caller."""

    receiver: str
    url: str
    sign: Sign = field(repr=False)
    client: httpx2.AsyncClient = field(repr=False)
    timeout_s: float = 10.0
    """For all of an attempt, the answer included."""


def enveloped(
    kind: str, *, message_id: UUID, subject: str, at: datetime, data: Mapping[str, object]
) -> bytes:
    """Return a message's text, ready to be signed. `at` is when it was decided to send it."""
    content = {
        "specversion": "1.0",
        "id": str(message_id),
        "source": SOURCE,
        "type": kind,
        "subject": subject,
        "time": at,
        "datacontenttype": "application/json",
        "data": data,
    }
    return msgspec.json.encode(content)


async def posted(address: Address, text: bytes) -> bytes:
    """Return the body of the receiver's acknowledgement.

    One attempt; sending the same text again is safe and gives the same answer.

    Raises:
        ReceiverUnavailableError: Nobody knows whether it arrived: send it again later.
        OutOfOrderError: The receiver misses a message before this one.
        DeliveryRefusedError: The receiver will not take this message however often it is
            sent: an operator must look at it.
    """
    name = address.receiver
    try:
        async with asyncio.timeout(address.timeout_s):
            status, body = await _answer(address, address.sign(text))
    except (httpx2.TransportError, httpx2.DecodingError) as error:
        raise ReceiverUnavailableError(name, type(error).__name__) from None
    except TimeoutError:
        raise ReceiverUnavailableError(name, "no answer in time") from None
    if status in _FOR_LATER or status >= httpx2.codes.INTERNAL_SERVER_ERROR:
        raise ReceiverUnavailableError(name, f"answered {status}")
    if status == httpx2.codes.CONFLICT:
        raise OutOfOrderError(name, _expected_sequence(body))
    if status != httpx2.codes.ACCEPTED or len(body) > _MOST_BYTES:
        raise DeliveryRefusedError(name, f"answered {status}")
    return body


async def _answer(address: Address, signed: str) -> tuple[int, bytes]:
    """Return status and body; of a body that is too long, a little more than is allowed."""
    request = address.client.stream(
        "POST",
        address.url,
        content=signed,
        headers={"Content-Type": "application/jose", "Accept": "application/json"},
        timeout=None,
    )
    async with request as response:
        body = bytearray()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > _MOST_BYTES:
                break
        return response.status_code, bytes(body)


def read_answer(receiver: str, body: bytes, form: type[Answer]) -> Answer:
    """Return the acknowledgement that a body holds.

    Raises:
        DeliveryRefusedError: It has another form than agreed.
    """
    try:
        return msgspec.json.decode(body, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise DeliveryRefusedError(receiver, "answered in another form than agreed") from None


def must_be_about(receiver: str, answered: UUID, text: bytes) -> None:
    """Make sure that an acknowledgement is about the message that was sent.

    Raises:
        DeliveryRefusedError: It is about another one.
    """
    if str(answered) != msgspec.json.decode(text)["id"]:
        raise DeliveryRefusedError(receiver, "acknowledged another event")


def _expected_sequence(body: bytes) -> int | None:
    try:
        return msgspec.json.decode(body, type=_Gap).expected_sequence
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
