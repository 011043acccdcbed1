"""The event says what civil affairs decided; its answers are read with suspicion."""

import json
from datetime import UTC, date, datetime
from uuid import UUID

import httpx2
import pytest

from connectors.outbound.acknowledgement import Acknowledgement
from connectors.outbound.errors import (
    DeliveryRefusedError,
    OutOfOrderError,
    ReceiverUnavailableError,
)
from connectors.outbound.posting import Address
from connectors.outbound.recognition import (
    RECEIVERS,
    STATUSES,
    Change,
    Recognition,
    RecognitionInbox,
    Status,
    event,
)

pytestmark = pytest.mark.anyio
ID = UUID("0190a0b0-0000-7000-8000-000000000001")
DECISION = Recognition(
    change=Change.STOP,
    household_id="h-1",
    person_key="p-1",
    document_number="690106197903150012",
    name="甲",
    category="DY",
    start=date(2026, 7, 1),
    end=date(2026, 11, 30),
    region="420106001001",
    decision_number="D-7",
    decided_on=date(2026, 11, 20),
    deciding_unit="示范区民政局",
    deciding_unit_code="11320100MB1886843H",
)


def text():
    return event(
        DECISION,
        event_id=ID,
        sequence=7,
        at=datetime(2026, 11, 23, 8, tzinfo=UTC),
        encrypt=lambda number: f"sealed-{len(number)}",
    )


def insurance(status, body, receiver="medical-insurance"):
    def answer(request):
        assert request.headers["content-type"] == "application/jose"
        assert request.content.startswith(b"signed:")
        return httpx2.Response(status, content=body)

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    return RecognitionInbox(Address(receiver, "http://insurer.test/recognitions", _signed, client))


def _signed(payload):
    return "signed:" + payload.hex()


def test_the_event_holds_the_decision_and_no_citizen_number():
    content = json.loads(text())

    assert content["type"] == "cn.gov.civil-affairs.recognition.stop"
    assert content["id"] == str(ID)
    assert content["data"]["documentNumber"] == "sealed-18"
    assert content["data"]["endDate"] == "2026-11-30"
    assert content["data"]["sequence"] == 7
    assert b"690106197903150012" not in text()


async def test_an_acknowledgement_is_read():
    body = json.dumps({"eventId": str(ID), "status": "REJECTED", "reason": "not-enrolled"})

    answer = await insurance(202, body.encode()).send(text())

    assert answer == Acknowledgement(ID, Status.REJECTED, "not-enrolled")


@pytest.mark.parametrize("receiver", RECEIVERS)
async def test_a_receiver_answers_with_its_own_statuses_and_no_others(receiver):
    for status in Status:
        body = json.dumps({"eventId": str(ID), "status": status, "reason": None}).encode()
        if status in STATUSES[receiver]:
            assert (await insurance(202, body, receiver).send(text())).status is status
        else:
            with pytest.raises(DeliveryRefusedError, match="not its own"):
                await insurance(202, body, receiver).send(text())


def test_charities_are_told_nothing():
    assert not [name for name in RECEIVERS if "charit" in name]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
async def test_a_passing_failure_is_for_later(status):
    with pytest.raises(ReceiverUnavailableError, match=str(status)):
        await insurance(status, b"").send(text())


@pytest.mark.parametrize("status", [200, 301, 400, 401, 404, 422])
async def test_any_other_answer_needs_an_operator(status):
    with pytest.raises(DeliveryRefusedError, match=str(status)):
        await insurance(status, b"{}").send(text())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"{}",
        b'{"eventId":"x","status":"ENROLLED","reason":null}',
        b'{"eventId":"0190a0b0-0000-7000-8000-000000000001","status":"MAYBE","reason":null}',
        b'{"eventId":"0190a0b0-0000-7000-8000-000000000002","status":"ENROLLED","reason":null}',
        b" " * 70_000,
    ],
)
async def test_an_acknowledgement_of_another_form_or_event_is_refused(body):
    with pytest.raises(DeliveryRefusedError):
        await insurance(202, body).send(text())


@pytest.mark.parametrize(
    ("body", "expected"), [(b'{"expectedSequence":3,"status":409}', 3), (b"?", None)]
)
async def test_a_gap_names_the_event_that_is_expected(body, expected):
    with pytest.raises(OutOfOrderError) as caught:
        await insurance(409, body).send(text())

    assert caught.value.expected_sequence == expected
