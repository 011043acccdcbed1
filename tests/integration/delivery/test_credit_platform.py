"""Commitments reach the credit platform's own process once and in order, whatever breaks."""

import asyncio
import json
import logging
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from uuid import UUID

import httpx2
import pytest

from audit.entry import EntryKind
from connectors.outbound.acknowledgement import Acknowledgement
from connectors.outbound.commitment_record import InvalidRecordError
from connectors.outbound.national_credit_platform import (
    RECEIVER,
    NationalCreditPlatform,
    Operation,
    WithdrawalReason,
)
from connectors.outbound.posting import Address
from connectors.outbound.recognition import Status
from hub.casework.credit_letters import Posting, post_record, post_withdrawal
from hub.commands.doctor import _outbox
from hub.delivery.sender import Sender
from hub.errors import StoreUnavailableError
from hub.sealing.signing import MessageSigner
from hub.store.facts import known_now
from hub.store.outbox import Letter, states_of, write_letter
from hub.store.people import NewPeople, identities_of_people, people_by_tag
from tests.fakes.audit_log import FakeLog
from tests.fakes.database import BreakingDatabase, Commit
from tests.support.casework import QUICK, MovingClock
from tests.support.commitments import BROKEN, INTERIM, KEPT
from tests.support.district import hub_on, made_keyring
from tests.support.golden import ROOT
from tests.support.systems import free_port, running

pytestmark = [pytest.mark.anyio, pytest.mark.database, pytest.mark.system]
PATIENT = replace(QUICK, attempts=9)
SECRETS = (INTERIM.promisor_name, INTERIM.promisor_code, BROKEN.unperformed, INTERIM.content)


class Credit:
    """A hub that writes to the platform, and one of the people it knows."""

    def __init__(self, hub, keyring, client, port):
        self.hub, self.client, self.port = hub, client, port
        self.clock, self.journal = MovingClock(), FakeLog()
        self.sign = MessageSigner(keyring).sign
        self.promisor = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/commitments"

    def sender(self, *, database=None, timeout_s=5, sign=None):
        address = Address(RECEIVER, self.url, sign or self.sign, self.client, timeout_s)
        ports = {RECEIVER: NationalCreditPlatform(address)}
        hub = self.hub
        inner = database or hub.database
        return Sender(inner, self.journal, hub.keys, hub.tagger, ports, self.clock, PATIENT)

    async def record(self, number, record=INTERIM, operation=Operation.RECORD):
        posting = Posting(self.promisor, UUID(int=number), self.clock())
        async with self.hub.database.transaction() as connection:
            return await post_record(connection, posting, record, operation)

    async def withdraw(self, number, code):
        posting = Posting(self.promisor, UUID(int=number), self.clock())
        why = (WithdrawalReason.CREDIT_REPAIRED, date(2026, 11, 20))
        async with self.hub.database.transaction() as connection:
            return await post_withdrawal(connection, posting, code, *why)

    async def items(self):
        answer = (await self.client.get(self.url)).raise_for_status()
        return answer.json()["items"]

    async def state(self, number):
        async with self.hub.database.connection() as connection:
            (found,) = await states_of(connection, [UUID(int=number)])
        return found

    async def errors(self):
        async with self.hub.database.connection() as connection:
            rows = await connection.fetch("SELECT status, last_error FROM outbox ORDER BY sequence")
        return [tuple(row) for row in rows]


@pytest.fixture
def platform(tmp_path, keys_of_the_hub):
    """Start the platform on a port that stays the same; its folder too, unless another is named."""
    keys = tmp_path / "hub-keys.json"
    keys.write_text(json.dumps(MessageSigner(keys_of_the_hub).jwks()), encoding="utf-8")
    port = free_port()

    def start(*options, home="platform"):
        arguments = ["--hub-keys", str(keys), "--home", str(tmp_path / home), "--port", str(port)]
        return running("hub.demo.systems.credit_platform", tmp_path, [*arguments, *options])

    start.port, start.file = port, tmp_path / "platform" / "taken.sqlite"
    return start


@asynccontextmanager
async def opened(store, keyring, port):
    async with (
        hub_on(store, keyring) as hub,
        httpx2.AsyncClient(trust_env=False, timeout=60) as client,
    ):
        credit = Credit(hub, keyring, client, port)
        async with hub.database.transaction() as connection:
            tag = await connection.fetchval("SELECT tag FROM person_tag ORDER BY tag LIMIT 1")
            (person,) = (await people_by_tag(connection, [tag])).values()
            new = NewPeople(hub.keys, hub.tagger.version, await known_now(connection))
            credit.promisor = new.identity("civil-affairs", tag, person)
            await new.write(connection)
            found = await identities_of_people(connection, hub.keys, [person])
        assert credit.promisor in found
        yield credit


@pytest.fixture
async def credit(store, keys_of_the_hub, platform):
    async with opened(store, keys_of_the_hub, platform.port) as made:
        yield made


async def test_a_commitment_is_taken_and_its_receipt_number_stored(credit, platform):
    await credit.record(1)
    with platform():
        done = await credit.sender().deliver_pending()
        (item,) = await credit.items()

    state = await credit.state(1)
    answer = json.loads(state.acknowledgement)
    assert done.acknowledged == 1
    assert (item["state"], item["operation"], item["sequence"]) == ("held", "RECORD", 1)
    assert answer["status"] == "ACCEPTED"
    assert answer["receipt"] == item["receiptNumber"]
    assert INTERIM.promisor_name.encode() in platform.file.read_bytes()


async def test_the_log_names_the_twenty_fields_and_the_purpose_before_the_message_leaves(credit):
    await credit.record(1)

    await credit.sender().deliver_pending()  # nobody is there

    (entry,) = [e for e in credit.journal.entries if e.kind is EntryKind.MESSAGE]
    record = json.loads(entry.record)
    assert (record["receiver"], record["purpose"], record["kind"]) == (
        RECEIVER,
        "CREDIT",
        "commitment",
    )
    assert len(entry.subjects) == 1
    assert not any(secret.encode() in entry.record for secret in SECRETS)


async def test_an_interim_record_is_corrected_when_its_performance_is_determined_and_erased_at_last(
    credit, platform
):
    await credit.record(1)
    await credit.record(2, BROKEN, Operation.CORRECT)
    with platform():
        await credit.sender().deliver_pending()
        held = platform.file.read_bytes()
        await credit.withdraw(3, INTERIM.code)
        done = await credit.sender().deliver_pending()
        items = await credit.items()

    assert BROKEN.unperformed.encode() in held
    assert done.acknowledged == 1
    assert [item["operation"] for item in items] == ["RECORD", "CORRECT", "WITHDRAW"]
    assert {item["state"] for item in items} == {"withdrawn"}
    erased = platform.file.read_bytes()
    assert not any(secret.encode() in erased for secret in SECRETS)


async def test_a_rejected_record_says_which_field_and_the_queue_goes_on(credit, platform):
    await credit.record(1, KEPT, Operation.CORRECT)  # nothing was recorded that could be corrected
    await credit.record(2, INTERIM)
    with platform():
        done = await credit.sender().deliver_pending()
        items = await credit.items()

    answer = json.loads((await credit.state(1)).acknowledgement)
    assert done.acknowledged == 2
    assert [item["status"] for item in items] == ["REJECTED", "ACCEPTED"]
    assert answer == {
        "status": "REJECTED",
        "reason": "record-rejected",
        "faults": [{"field": "承诺编码", "reason": "unknown-commitment"}],
    }


async def test_a_platform_that_lost_its_memory_is_sent_everything_again(credit, platform):
    for number, day in enumerate((15, 16), start=1):
        await credit.record(number, made_on(day))
    with platform():
        await credit.sender().deliver_pending()
    await credit.record(3, made_on(17))
    with platform(home="anew"):
        done = await credit.sender().deliver_pending()
        items = await credit.items()

    assert done.sent_again == 2
    assert [(item["sequence"], item["status"]) for item in items] == [
        (1, "ACCEPTED"),
        (2, "ACCEPTED"),
        (3, "ACCEPTED"),
    ]


def made_on(day):
    made = date(2026, 3, day)
    return replace(INTERIM, made_on=made, code=f"420203{made:%Y%m%d}000001")


async def test_when_the_acknowledgement_is_lost_the_message_is_sent_again_and_taken_once(
    credit, platform
):
    await credit.record(1)
    with platform("--lose-first", "1"):
        first = await credit.sender().deliver_pending()
        taken = await credit.items()
        credit.clock.forward(seconds=2)
        second = await credit.sender().deliver_pending()
        items = await credit.items()

    assert (first.postponed, first.acknowledged, second.acknowledged) == (1, 0, 1)
    assert taken == items
    assert len(items) == 1
    receipt = json.loads((await credit.state(1)).acknowledgement)["receipt"]
    assert receipt == taken[0]["receiptNumber"]


async def test_a_platform_that_fails_hangs_or_is_down_gets_the_message_later(credit, platform):
    await credit.record(1)
    down = await credit.sender().deliver_pending()
    with platform("--fail-first", "1", "--hang-first", "1"):
        credit.clock.forward(seconds=2)
        failing = await credit.sender().deliver_pending()
        credit.clock.forward(minutes=1)
        hanging = await credit.sender(timeout_s=0.3).deliver_pending()
        credit.clock.forward(minutes=1)
        back = await credit.sender().deliver_pending()

    assert down.last_errors == {RECEIVER: "ConnectError"}
    assert failing.last_errors == {RECEIVER: "answered 500"}
    assert hanging.last_errors == {RECEIVER: "no answer in time"}
    assert back.acknowledged == 1


@pytest.mark.parametrize("breaks", Commit)
@pytest.mark.parametrize(("transaction", "what"), [(1, "claim"), (2, "acknowledgement")])
async def test_a_hub_that_breaks_between_claiming_sending_and_storing_tells_once(
    credit, platform, breaks, transaction, what
):
    await credit.record(1)
    await credit.record(2, KEPT, Operation.CORRECT)
    broken = BreakingDatabase(credit.hub.database, breaks, transaction)
    with platform():
        with pytest.raises(StoreUnavailableError):
            await credit.sender(database=broken).deliver_pending()
        after = len(await credit.items())
        credit.clock.forward(minutes=2)
        done = await credit.sender().deliver_pending()
        items = await credit.items()

    is_stored = (what, breaks) == ("acknowledgement", Commit.UNHEARD)
    assert after == (what == "acknowledgement")
    assert done.acknowledged == (1 if is_stored else 2)
    assert [item["sequence"] for item in items] == [1, 2]
    assert {item["status"] for item in items} == {"ACCEPTED"}


async def test_no_error_log_or_stored_word_holds_anything_of_the_person(
    credit, platform, caplog, capfd, tmp_path
):
    caplog.set_level(logging.DEBUG)
    await credit.record(1, BROKEN)
    stranger = MessageSigner(made_keyring(tmp_path / "stranger")).sign
    with platform("--fail-first", "1"):
        await credit.sender().deliver_pending()
        credit.clock.forward(minutes=1)
        refused = await credit.sender(sign=stranger).deliver_pending()

    ((status, error),) = await credit.errors()
    out, err = capfd.readouterr()
    said = "".join((str(error), caplog.text, out, err, repr(refused), repr(credit.promisor)))
    assert (status, error, refused.dead) == ("dead", "answered 401", 1)
    assert not any(secret in said for secret in SECRETS)
    async with credit.hub.database.connection() as connection:
        rows = str(await connection.fetch("SELECT o::text FROM outbox o"))
    assert not any(s in rows or s.encode().hex() in rows for s in SECRETS)


async def test_a_record_with_faults_is_never_written(credit):
    with pytest.raises(InvalidRecordError):
        await credit.record(1, replace(BROKEN, accountability="因患糖尿病"))

    assert await credit.errors() == []


async def test_the_same_message_twice_is_written_once(credit):
    assert await credit.record(1) == await credit.record(1)

    assert await credit.errors() == [("waiting", None)]


async def test_a_message_of_a_kind_that_nobody_declared_is_not_sent(credit, platform):
    await credit.record(1)
    async with credit.hub.database.connection() as connection:
        await connection.execute("UPDATE outbox SET kind = 'gossip'")
    with platform():
        done = await credit.sender().deliver_pending()
        items = await credit.items()

    assert (done.dead, items) == (1, [])
    assert [e for e in credit.journal.entries if e.kind is EntryKind.MESSAGE] == []


async def test_the_doctor_names_a_receiver_that_messages_wait_for_and_nobody_set_up(
    credit, tmp_path
):
    await credit.record(1)
    file = tmp_path / "departments.toml"
    core = SimpleNamespace(
        database=credit.hub.database, settings=SimpleNamespace(departments_file=file)
    )

    alone = await _outbox(core)
    file.write_text(f'[receivers.{RECEIVER}]\nurl = "https://r.example"\n', encoding="utf-8")
    set_up = await _outbox(core)

    assert not alone.is_ok
    assert RECEIVER in alone.found
    assert set_up.is_ok
    assert set_up.found == "1 waiting"


class Slow:
    """A receiver that does not answer before another receiver's message was taken."""

    def __init__(self, other):
        self.other = other
        self.taken = asyncio.Event()

    async def send(self, text):
        await self.taken.wait()
        return Acknowledgement(UUID(json.loads(text)["id"]), Status.NOTED)

    async def then(self, text):
        answer = await self.other.send(text)
        self.taken.set()
        return answer


async def test_a_receiver_that_hangs_delays_no_other(credit, platform):
    await credit.record(1)
    promisor, message = credit.promisor, UUID(int=2)
    text = json.dumps({"id": str(message)}).encode()
    place = (message, "housing", 1, "recognition", promisor.person.cell, promisor.identity_id)
    async with credit.hub.database.transaction() as connection:
        await write_letter(connection, Letter(*place, text), promisor.key, credit.clock())
    sender = credit.sender()
    slow = Slow(sender._receivers[RECEIVER])
    sender._receivers = {"housing": slow, RECEIVER: SimpleNamespace(send=slow.then)}

    with platform():
        async with asyncio.timeout(10):
            done = await sender.deliver_pending()

    assert done.acknowledged == 2


async def test_a_hub_that_is_killed_after_the_platform_took_the_message_tells_it_once(
    credit, platform
):
    await credit.record(1)
    command = [sys.executable, "-m", "tests.support.delivering"]
    command += [credit.hub.dsn, str(credit.hub.keyring._folder), credit.url]
    with platform("--mute-first", "1"):
        hub = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
        try:
            async with asyncio.timeout(30):
                while not await credit.items():
                    assert hub.returncode is None
                    await asyncio.sleep(0.02)
        finally:
            hub.kill()
            await hub.wait()
        taken = await credit.items()
        left = await credit.state(1)
        credit.clock.forward(minutes=2)
        done = await credit.sender().deliver_pending()
        items = await credit.items()

    assert left.status == "sending"
    assert done.acknowledged == 1
    assert items == taken
    receipt = json.loads((await credit.state(1)).acknowledgement)["receipt"]
    assert receipt == taken[0]["receiptNumber"]
