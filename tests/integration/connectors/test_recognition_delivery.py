"""A recognition event reaches the receiver's own process, once, in order, and signed."""

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import httpx2
import msgspec
import pytest
from joserfc import jwe, jws
from joserfc.jwk import ECKey, KeySet

from connectors.outbound.errors import (
    DeliveryRefusedError,
    OutOfOrderError,
    ReceiverUnavailableError,
)
from connectors.outbound.posting import Address
from connectors.outbound.recognition import (
    Change,
    Recognition,
    RecognitionInbox,
    Status,
    event,
)
from hub.commands.receiver_keys import RegisteredKey
from hub.errors import KeysUnavailableError
from hub.http.clients import encryption_key, load_clients, registry_entry
from hub.http.encryption import encryption_jwk
from tests.support.receivers import new_pair, registered_key
from tests.support.systems import running

pytestmark = pytest.mark.anyio

EMPLOYEE, RESIDENT, ENDED = "690106197903150012", "69010619590108004X", "690106201109020025"
HUB_KEY = ECKey.generate_key("P-256", auto_kid=True)
AT = datetime(2026, 11, 23, 8, tzinfo=UTC)


def signed(payload, key=HUB_KEY, alg="ES256"):
    return jws.serialize_compact({"alg": alg, "kid": HUB_KEY.kid}, payload, key, algorithms=[alg])


def recognition(number=RESIDENT, **more):
    return Recognition(
        **{
            "change": Change.ADD,
            "household_id": "h-1",
            "person_key": "p-1",
            "document_number": number,
            "name": "甲",
            "category": "DB",
            "start": date(2026, 12, 1),
            "end": None,
            "region": "420106001001",
            "decision_number": "D-1",
            "decided_on": date(2026, 11, 20),
            "deciding_unit": "示范区民政局",
            "deciding_unit_code": "11320100MB1886843H",
            **more,
        }
    )


class Post:
    """The hub's side: one receiver process, and how to write to it."""

    def __init__(self, url, client, keys):
        self.url = url
        self.receiver_key = keys
        self.client = client
        self.insurance = RecognitionInbox(
            Address("medical-insurance", f"{url}/recognitions", signed, client)
        )

    def encrypt(self, text):
        protected = {"alg": "ECDH-ES", "enc": "A256GCM"}
        return jwe.encrypt_compact(
            protected, text, self.receiver_key, algorithms=["ECDH-ES", "A256GCM"]
        )

    def text(self, number=RESIDENT, *, sequence=1, event_id=None, **more):
        return event(
            recognition(number, **more),
            event_id=event_id or UUID(int=sequence),
            sequence=sequence,
            at=AT,
            encrypt=self.encrypt,
        )

    async def received(self):
        return (await self.client.get(f"{self.url}/recognitions")).json()["items"]


@pytest.fixture
def insurer(tmp_path):
    path = tmp_path / "yibao.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE CBXX (SFZH TEXT, XZLX TEXT, CBZT TEXT)")
    connection.executemany(
        "INSERT INTO CBXX VALUES (?, ?, ?)",
        [(EMPLOYEE, "310", "1"), (RESIDENT.lower(), "390", "1"), (ENDED, "390", "4")],
    )
    connection.commit()
    connection.close()
    keys = KeySet([ECKey.import_key(HUB_KEY.as_dict(private=False))])
    (tmp_path / "hub.jwks").write_bytes(msgspec.json.encode(keys.as_dict()))
    return tmp_path


@pytest.fixture
def post(insurer):
    def start(*options):
        return running(
            "hub.demo.systems.receiver",
            insurer,
            [
                *("--hub-keys", str(insurer / "hub.jwks")),
                *("--home", str(insurer / "receiver")),
                *("--database", str(insurer / "yibao.sqlite")),
                *options,
            ],
        )

    return start


async def opened(client, url):
    assert (await client.get(f"{url}/health")).json() == {"status": "ok"}
    (key,) = (await client.get(f"{url}/jwks.json")).json()["keys"]
    assert "d" not in key
    return Post(url, client, ECKey.import_key(key))


async def test_events_are_acknowledged_with_what_the_insurer_did(post):
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
        with post() as (url, _):
            box = await opened(client, url)

            answers = [
                await box.insurance.send(box.text(number, sequence=place))
                for place, number in enumerate((RESIDENT, EMPLOYEE, ENDED), start=1)
            ]

            assert [(a.message_id.int, a.status, a.reason) for a in answers] == [
                (1, Status.SUBSIDISED, None),
                (2, Status.ENROLLED, None),
                (3, Status.REJECTED, "not-enrolled"),
            ]
            items = await box.received()
            assert [item["sequence"] for item in items] == [1, 2, 3]
            for value in (RESIDENT, EMPLOYEE, "甲"):
                assert value not in str(items)


async def test_the_same_event_again_gets_the_same_answer_even_after_a_restart(post):
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
        with post() as (url, _):
            box = await opened(client, url)
            text = box.text()
            first = await box.insurance.send(text)
            assert await box.insurance.send(text) == first
        with post() as (url, _):
            box = await opened(client, url)
            assert await box.insurance.send(text) == first
            assert len(await box.received()) == 1


async def test_a_gap_in_the_sequence_is_noticed_and_the_missing_place_named(post):
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
        with post() as (url, _):
            box = await opened(client, url)
            await box.insurance.send(box.text())

            with pytest.raises(OutOfOrderError) as gap:
                await box.insurance.send(box.text(sequence=3))
            with pytest.raises(OutOfOrderError):
                await box.insurance.send(box.text(sequence=1, event_id=UUID(int=9)))
            with pytest.raises(OutOfOrderError):
                await box.insurance.send(box.text(sequence=2, event_id=UUID(int=1)))

            assert gap.value.expected_sequence == 2
            assert len(await box.received()) == 1


async def test_a_receiver_that_fails_takes_the_event_later(post):
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
        with post("--fail-first", "1") as (url, _):
            box = Post(url, client, ECKey.generate_key("P-256"))
            text = box.text()

            with pytest.raises(ReceiverUnavailableError, match="answered 500"):
                await box.insurance.send(text)

            assert (await box.insurance.send(text)).reason == "document-number-unreadable"
        with pytest.raises(ReceiverUnavailableError, match="ConnectError"):
            await box.insurance.send(text)


async def test_a_message_that_is_encrypted_whole_is_taken_by_its_receiver_alone(post):
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as http:
        with post() as (url, _):
            own = await opened(http, url)
            parts = own.receiver_key.as_dict(private=False) | {"use": "enc"}
            here = client_with(encryption_key(encryption_jwk("the key", parts)))
            elsewhere = client_with(registered_key(new_pair()))
            clients = {"here": here, "elsewhere": elsewhere}

            def inbox(name):
                key = RegisteredKey("medical-insurance", name, clients, lambda: AT)
                sent = Address(
                    "medical-insurance", f"{url}/recognitions", key.enclosing(signed), http
                )
                text = event(
                    recognition(RESIDENT),
                    event_id=UUID(int=1),
                    sequence=1,
                    at=AT,
                    encrypt=key.encrypt,
                )
                return RecognitionInbox(sent), text, key

            port, text, key = inbox("elsewhere")
            with pytest.raises(DeliveryRefusedError):
                await port.send(text)
            port, text, key = inbox("here")
            enclosed = key.enclosing(signed)(text)
            assert (enclosed.count("."), "householdId" in enclosed) == (4, False)
            answer = await port.send(text)
            assert answer.status == Status.SUBSIDISED
            del clients["here"]
            with pytest.raises(KeysUnavailableError, match="no encryption key that is good now"):
                await port.send(text)


def client_with(key):
    entry = registry_entry("a-client", "tax", "clerk", ["PUSH"], ECKey.generate_key("P-256"))
    (made,) = load_clients(entry, str).values()
    return replace(made, encryption_keys=(key,))


async def test_an_event_that_the_hub_did_not_sign_is_refused(post):
    stranger = ECKey.generate_key("P-256", auto_kid=True)
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
        with post() as (url, _):
            box = await opened(client, url)
            forged = signed(box.text(), key=stranger)
            head, body, tail = signed(box.text()).split(".")
            none = "eyJhbGciOiJub25lIn0." + body + "."
            for text in (forged, f"{head}.{body}A.{tail}", none, "x", "", "\u4e00.a.b"):
                answer = await client.post(
                    f"{url}/recognitions",
                    content=text.encode(),
                    headers={"content-type": "application/jose"},
                )
                assert answer.status_code == 401
            assert await box.received() == []


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"category": "XX"},
        {"region": "420106"},
        {"deciding_unit_code": "I" * 18},
        {"household_id": "h" * 101},
    ],
)
async def test_an_event_of_another_form_is_refused_for_good(post, change):
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
        with post() as (url, _):
            box = await opened(client, url)
            with pytest.raises(DeliveryRefusedError, match="answered 422"):
                await box.insurance.send(box.text(**change))
            assert await box.received() == []


async def test_a_body_of_another_type_or_too_large_is_refused(post):
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
        with post() as (url, _):
            wrong = await client.post(f"{url}/recognitions", json={})
            large = await client.post(
                f"{url}/recognitions",
                content=b"x" * 70_000,
                headers={"content-type": "application/jose"},
            )
    assert (wrong.status_code, large.status_code) == (415, 413)
