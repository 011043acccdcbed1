"""What a receiver answers is kept only as far as it cannot be about a person."""

import json
from uuid import UUID

import httpx2
import pytest

from connectors.outbound.posting import Address
from connectors.outbound.recognition import RecognitionInbox

pytestmark = pytest.mark.anyio
EVENT = UUID(int=7)


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

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as client:
        insurance = RecognitionInbox(
            Address("medical-insurance", "http://insurer.test/x", bytes.decode, client)
        )
        taken = await insurance.send(json.dumps({"id": str(EVENT)}).encode())

    assert taken.reason == kept
