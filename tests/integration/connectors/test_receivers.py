"""Each receiver's own process keeps the one contract, with its own key, sequence and statuses."""

import json
import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
import yaml
from joserfc import jwe, jws
from joserfc.jwk import ECKey, KeySet

from connectors.outbound import recognition
from connectors.outbound.errors import OutOfOrderError
from connectors.outbound.posting import Address
from connectors.outbound.recognition import Change, Recognition, RecognitionInbox, event
from hub.commands.places import encryption_keys, read_places
from hub.demo.receivers import PLATFORM, receivers, receivers_toml

pytestmark = [pytest.mark.anyio, pytest.mark.system]
DOCUMENT = yaml.safe_load(
    (Path(__file__).parents[3] / "openapi/departments/recognition.yaml").read_text("utf-8")
)
HUB_KEY = ECKey.generate_key("P-256", auto_kid=True)
NUMBER, NAME = "690106197903150012", "甲"
ENCRYPTION = ["ECDH-ES", "A256GCM"]


def signed(payload):
    header = {"alg": "ES256", "kid": HUB_KEY.kid}
    return jws.serialize_compact(header, payload, HUB_KEY, algorithms=["ES256"])


def text(keys, sequence):
    key = ECKey.import_key(keys["keys"][0])
    decision = Recognition(
        change=Change.ADD,
        household_id="h-1",
        person_key="p-1",
        document_number=NUMBER,
        name=NAME,
        category="DB",
        start=date(2026, 12, 1),
        end=None,
        region="420106001001",
        decision_number="D-1",
        decided_on=date(2026, 11, 20),
        deciding_unit="示范区民政局",
        deciding_unit_code="11320100MB1886843H",
    )
    return event(
        decision,
        event_id=UUID(int=sequence),
        sequence=sequence,
        at=datetime(2026, 11, 23, 8, tzinfo=UTC),
        encrypt=lambda number: jwe.encrypt_compact(
            {"alg": "ECDH-ES", "enc": "A256GCM"}, number, key, algorithms=ENCRYPTION
        ),
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("receivers")
    with sqlite3.connect(folder / "yibao.sqlite") as connection:
        connection.execute("CREATE TABLE CBXX (SFZH TEXT, XZLX TEXT, CBZT TEXT)")
        connection.execute("INSERT INTO CBXX VALUES (?, '390', '1')", (NUMBER,))
    connection.close()
    keys = KeySet([ECKey.import_key(HUB_KEY.as_dict(private=False))])
    (folder / "hub.jwks").write_text(json.dumps(keys.as_dict()))
    return folder


@pytest.fixture(scope="module")
def running(home):
    with receivers(home, home / "hub.jwks", home / "yibao.sqlite") as found:
        yield found


@pytest.mark.parametrize("name", recognition.RECEIVERS)
async def test_a_receiver_takes_what_is_meant_for_it_and_answers_as_the_document_lets_it(
    running, name
):
    receiver = running[name]
    other = next(each for each in recognition.RECEIVERS if each != name)
    async with httpx2.AsyncClient(trust_env=False, timeout=60) as client:
        inbox = RecognitionInbox(Address(name, receiver.inbox, signed, client))

        taken = await inbox.send(text(receiver.keys, 1))
        meant_for_another = await inbox.send(text(running[other].keys, 2))
        with pytest.raises(OutOfOrderError) as gap:
            await inbox.send(text(receiver.keys, 4))
        items = (await client.get(receiver.inbox)).json()["items"]

    assert taken.status != "REJECTED"
    assert {taken.status, "REJECTED"} <= set(DOCUMENT["x-receivers"][name]["statuses"])
    assert meant_for_another.reason == "document-number-unreadable"
    assert gap.value.expected_sequence == 3
    assert [item["sequence"] for item in items] == [1, 2]
    assert NUMBER not in str(items)
    assert NAME not in str(items)


def test_every_receiver_of_recognitions_has_a_key_of_its_own_and_the_platform_none(running):
    keys = {name: json.dumps(each.keys) for name, each in running.items() if each.keys}

    assert set(keys) == set(recognition.RECEIVERS) == set(running) - {PLATFORM}
    assert len(set(keys.values())) == len(keys)
    assert not any('"d"' in each for each in keys.values())


def test_the_hub_finds_every_receiver_where_departments_toml_says(running, home):
    file = home / "departments.toml"
    file.write_text(receivers_toml(home, running), encoding="utf-8")

    found = read_places(file).receivers

    assert {name: each["url"] for name, each in found.items()} == {
        name: each.inbox for name, each in running.items()
    }
    for name in recognition.RECEIVERS:
        assert encryption_keys(name, found[name]) == running[name].keys
    assert "key_file" not in found[PLATFORM]
