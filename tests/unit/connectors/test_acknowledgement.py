"""What a receiver answers is kept only as far as it cannot be about a person."""

import asyncio
import json
from uuid import UUID

import httpx2
import pytest

from connectors.outbound.errors import DeliveryRefusedError, ReceiverUnavailableError
from connectors.outbound.posting import Address
from connectors.outbound.recognition import RecognitionInbox

pytestmark = pytest.mark.anyio
EVENT = UUID(int=7)


async def inbox(answer, timeout_s=5):
    """Send one event to an insurer that answers as `answer` does."""
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        address = Address("medical-insurance", "http://r.test/x", bytes.decode, client, timeout_s)
        return await RecognitionInbox(address).send(json.dumps({"id": str(EVENT)}).encode())


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (None, None),
        ("not-enrolled", "not-enrolled"),
        ("试用某 690106199001010014 查无此人", "other"),
        ("690106199001010014", "other"),
        ("", "other"),
        ("a" * 40 + " ", "other"),
    ],
)
async def test_a_reason_is_kept_if_it_is_a_code(said, kept):
    async def answer(_request):
        content = {"eventId": str(EVENT), "status": "REJECTED", "reason": said}
        return httpx2.Response(202, json=content)

    taken = await inbox(answer)

    assert taken.reason == kept


async def test_an_answer_that_never_ends_is_given_up_in_time():
    async def trickle():
        while True:
            yield b" "
            await asyncio.sleep(0.01)

    async def answer(_request):
        return httpx2.Response(202, content=trickle())

    with pytest.raises(ReceiverUnavailableError, match="no answer in time"):
        await inbox(answer, timeout_s=0.1)


async def test_an_answer_that_is_too_long_is_not_read_to_its_end():
    given = 0

    async def flood():
        nonlocal given
        for _ in range(1000):
            given += 1
            yield b" " * 65536

    async def answer(_request):
        return httpx2.Response(202, content=flood())

    with pytest.raises(DeliveryRefusedError, match="202"):
        await inbox(answer)

    assert given <= 2
