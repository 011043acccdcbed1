"""Messages arrive once, in order and acknowledged, whatever breaks on the way."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import asyncpg
import pytest

from audit.entry import EntryKind
from connectors.outbound.errors import DeliveryRefusedError, ReceiverUnavailableError
from hub.delivery.sender import Sender
from hub.errors import AuditUnavailableError
from hub.store.outbox import revive
from tests.fakes.audit_log import Break
from tests.support.casework import (
    OFFICER,
    QUICK,
    RECEIVER,
    REGIONS,
    decision,
    desk,
    receiver,
)

pytestmark = [pytest.mark.anyio, pytest.mark.database, pytest.mark.system]


@pytest.fixture
def url(tmp_path, keys_of_the_hub, hamlet):
    with receiver(tmp_path / "insurer", keys_of_the_hub, hamlet.places) as address:
        yield address


@pytest.fixture
async def office(store, keys_of_the_hub, url):
    async with desk(store, keys_of_the_hub, url) as made:
        yield made


async def recognised(office):
    household, _ = await office.warned_household()
    return await office.recognise(decision(household), OFFICER, REGIONS)


class Unheard:
    """Sends, and never hears the answer: a hub that is killed between sending and storing."""

    def __init__(self, inner):
        self.inner = inner
        self.sent = asyncio.Event()

    async def send(self, text):
        await self.inner.send(text)
        self.sent.set()
        await asyncio.Event().wait()


class Raises:
    """A receiver that fails in one way."""

    def __init__(self, error):
        self.error = error
        self.sent = 0

    async def send(self, text):
        self.sent += 1
        raise self.error


def sender(office, port):
    hub = office.hub
    ports = {RECEIVER: port}
    return Sender(hub.database, office.journal, hub.keys, hub.tagger, ports, office.clock, QUICK)


async def test_messages_arrive_in_order_and_their_acknowledgements_are_stored(office):
    outcome = await recognised(office)

    done = await office.sender.deliver_pending()

    received = await office.received()
    rows = await office.read("SELECT status, acknowledgement FROM outbox")
    assert done.acknowledged == outcome.people == len(received)
    assert [item["sequence"] for item in received] == list(range(1, outcome.people + 1))
    assert all(
        (status == "acknowledged" and "SUBSIDISED" in text)
        or "ENROLLED" in text
        or "REJECTED" in text
        for status, text in rows
    )
    assert (await office.sender.deliver_pending()).acknowledged == 0


async def test_each_sending_is_on_record_before_it_happens(office):
    await recognised(office)
    office.journal.breaks = Break.BEFORE

    with pytest.raises(AuditUnavailableError):
        await office.sender.deliver_pending()

    assert await office.received() == []
    office.journal.breaks = None
    office.clock.forward(minutes=2)
    done = await office.sender.deliver_pending()
    sent = [e for e in office.journal.entries if e.kind is EntryKind.MESSAGE]
    assert len(sent) == done.acknowledged
    assert all(len(entry.subjects) == 1 for entry in sent)


async def test_a_receiver_that_fails_at_first_gets_the_message_later(
    store, keys_of_the_hub, tmp_path, hamlet
):
    folder = tmp_path / "failing"
    options = ("--fail-first", "2")
    with receiver(folder, keys_of_the_hub, hamlet.places, *options) as url:
        async with desk(store, keys_of_the_hub, url) as office:
            outcome = await recognised(office)
            first = await office.sender.deliver_pending()
            too_early = await office.sender.deliver_pending()
            office.clock.forward(seconds=1)
            second = await office.sender.deliver_pending()
            office.clock.forward(seconds=2)
            third = await office.sender.deliver_pending()

            assert (first.postponed, first.acknowledged) == (1, 0)
            assert (too_early.postponed, too_early.acknowledged) == (0, 0)
            assert (second.postponed, second.acknowledged) == (1, 0)
            assert third.acknowledged == outcome.people == len(await office.received())


async def test_a_sender_that_was_killed_before_the_acknowledgement_sends_again_once(office):
    outcome = await recognised(office)
    unheard = Unheard(office.insurance)
    killed = asyncio.create_task(sender(office, unheard).deliver_pending())
    await unheard.sent.wait()
    killed.cancel()
    with pytest.raises(asyncio.CancelledError):
        await killed
    assert len(await office.received()) == 1
    leased = await office.sender.deliver_pending()

    office.clock.forward(minutes=2)
    done = await office.sender.deliver_pending()

    assert leased.acknowledged == 0
    assert done.acknowledged == outcome.people
    assert len(await office.received()) == outcome.people


async def test_after_too_many_attempts_the_queue_stops_visibly_and_can_be_revived(office):
    outcome = await recognised(office)
    down = Raises(ReceiverUnavailableError(RECEIVER, "answered 503"))
    for _ in range(9):
        await sender(office, down).deliver_pending()
        office.clock.forward(minutes=1)

    queue = await office.queue()
    assert down.sent == QUICK.attempts
    assert (queue.dead, queue.blocked_at, queue.waiting) == (1, 1, outcome.people - 1)
    assert (await office.sender.deliver_pending()).acknowledged == 0

    async with office.hub.database.connection() as connection:
        assert await revive(connection, RECEIVER, office.clock()) == 1
    assert (await office.sender.deliver_pending()).acknowledged == outcome.people


async def test_messages_to_a_receiver_that_is_back_need_not_wait_for_their_next_attempt(office):
    outcome = await recognised(office)
    down = Raises(ReceiverUnavailableError(RECEIVER, "answered 503"))
    await sender(office, down).deliver_pending()

    assert (await office.sender.deliver_pending()).acknowledged == 0
    async with office.hub.database.connection() as connection:
        assert await revive(connection, RECEIVER, office.clock()) == 1
    assert (await office.sender.deliver_pending()).acknowledged == outcome.people


async def test_a_refused_message_is_dead_at_once_and_nothing_is_skipped(office):
    await recognised(office)
    refusing = Raises(DeliveryRefusedError(RECEIVER, "answered 400"))

    done = await sender(office, refusing).deliver_pending()
    await sender(office, refusing).deliver_pending()

    assert (done.dead, refusing.sent) == (1, 1)
    assert (await office.queue()).blocked_at == 1


async def test_a_receiver_that_lost_its_inbox_is_sent_everything_again(
    office, tmp_path, keys_of_the_hub, hamlet
):
    household, _ = await office.warned_household()
    outcome = await recognised(office)
    await office.sender.deliver_pending()
    (other,) = await office.read(
        "SELECT m.household_id FROM membership m WHERE m.household_id <> $1 LIMIT 1", household
    )
    more = await office.recognise(decision(other[0], "示民救〔2026〕2号"), OFFICER, REGIONS)
    with receiver(tmp_path / "anew", keys_of_the_hub, hamlet.places) as url:
        address = replace(office.insurance.address, url=f"{url}/recognitions")
        port = type(office.insurance)(address)
        done = await sender(office, port).deliver_pending()
        items = (await office.client.get(f"{url}/recognitions")).json()["items"]

    total = outcome.people + more.people
    assert done.sent_again == outcome.people
    assert [item["sequence"] for item in items] == list(range(1, total + 1))


async def test_two_senders_do_not_send_one_message_twice(office):
    outcome = await recognised(office)
    sent = []

    class Counting:
        async def send(self, text):
            sent.append(text)
            return await office.insurance.send(text)

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(sender(office, Counting()).deliver_pending())
    await office.sender.deliver_pending()

    assert len(sent) == outcome.people
    assert len(await office.received()) == outcome.people


async def test_a_running_sender_hears_of_new_messages_and_survives_a_lost_connection(office):
    running = asyncio.create_task(office.sender.run())
    try:
        outcome = await recognised(office)
        await arrived(office, outcome.people)
        connection = await asyncpg.connect(office.hub.dsn)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND datname = current_database() AND backend_type = 'client backend'"
        )
        await connection.close()
        (other,) = await eventually(
            office, "SELECT DISTINCT household_id FROM membership ORDER BY 1 LIMIT 1"
        )
        more = await office.recognise(decision(other[0], "示民救〔2026〕3号"), OFFICER, REGIONS)
        await arrived(office, outcome.people + more.people)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def eventually(office, statement):
    """Read, past connections that were killed while they were idle."""
    while True:
        try:
            return await office.read(statement)
        except Exception:  # noqa: BLE001 - whatever a killed connection raises
            await asyncio.sleep(0.02)


async def arrived(office, count):
    async with asyncio.timeout(20):
        while len(await office.received()) < count:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.02)
