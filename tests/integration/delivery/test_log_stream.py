"""A SIEM hears of every new entry, in order, at least once, and the log never waits for it."""

import asyncio
import json
import ssl
from contextlib import asynccontextmanager, suppress

import pytest

from audit.entry import Entry, EntryKind, SubjectAccess, canonical
from hub.delivery.log_stream import LogStream
from hub.delivery.stream_ports import EntryWords, HttpPort, NotTakenError, SyslogPort, port_of
from hub.errors import SetupError
from hub.settings import InvalidSettingsError, load_settings
from hub.store.log_stream import stream_state
from tests.support.logged_edge import Hub
from tests.support.tls import write_authority

pytestmark = [pytest.mark.anyio, pytest.mark.database]
WORDS = EntryWords("hub.test/log", "ocsf")
TAG = bytes(range(32))


@pytest.fixture
async def hub(hub_database, tmp_path):
    made = Hub(tmp_path, hub_database)
    yield made
    await made.database.close()


async def write(hub, count, start=0):
    async with hub.new_log() as log:
        names = await log.define(["Person.name"])
        for number in range(start, start + count):
            record = {
                "at": 1_790_000_000_000 + number,
                "number": str(number),
                "outcome": "answered",
            }
            about = [SubjectAccess(TAG, names)]
            await log.append(Entry(EntryKind.ANSWER, canonical(record), about))


class Receiver:
    """Takes what comes over TCP; breaks off after `cuts` messages, once."""

    def __init__(self, cuts=None):
        self.messages, self.cuts, self.connections = [], cuts, 0

    async def __call__(self, reader, writer):
        self.connections += 1
        try:
            while True:
                length = int((await reader.readuntil(b" ")).decode())
                self.messages.append((await reader.readexactly(length)).decode())
                if self.cuts is not None and len(self.messages) >= self.cuts:
                    self.cuts = None
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    def numbers(self):
        return [json.loads(m.partition("\ufeff")[2])["metadata"]["sequence"] for m in self.messages]


@asynccontextmanager
async def listening(receiver, context=None):
    """Give the port at which `receiver` is called for each connection; none outlives it."""
    under_way = set()

    async def connected(reader, writer):
        under_way.add(asyncio.current_task())
        try:
            await receiver(reader, writer)
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in under_way:
            task.cancel()
        if under_way:
            await asyncio.wait(under_way)


@asynccontextmanager
async def answering(statuses, bodies, heads):
    """Answer POSTs over HTTP by `statuses`, the last one for good."""

    async def serve(reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                length = int(head.split("content-length: ")[1].split("\r\n")[0])
                body = await reader.readexactly(length)
                status = statuses.pop(0) if len(statuses) > 1 else statuses[0]
                heads.append(head)
                if status < 300:
                    bodies.append(body)
                writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass

    async with listening(serve) as port:
        yield f"http://127.0.0.1:{port}/in"


def stream(hub, port, name="siem", batch=500):
    return LogStream(hub.database, name, port, hub.clock, look_every_s=0.01, batch=batch)


async def position(hub, name="siem"):
    async with hub.database.connection() as connection:
        return await stream_state(connection, name)


async def test_a_stream_begins_at_the_end_and_tells_each_new_entry_once_in_order(hub):
    await write(hub, 5)
    receiver = Receiver()
    async with listening(receiver) as number:
        port = SyslogPort("127.0.0.1", number, WORDS, None, 5)
        told = stream(hub, port, batch=4)
        assert await told.step() == 0
        await write(hub, 10, start=5)
        while await told.step():
            pass
        await port.close()

    assert receiver.numbers() == list(range(6, 16))
    state = await position(hub)
    assert (state.next, state.behind, state.failure) == (16, 0, "")


async def test_a_message_is_of_rfc_5424_and_says_nothing_of_whom_it_is_about(hub):
    receiver = Receiver()
    async with listening(receiver) as number:
        port = SyslogPort("127.0.0.1", number, WORDS, None, 5)
        told = stream(hub, port)
        await told.step()
        await write(hub, 1)
        await told.step()
        await port.close()

    head, _, text = receiver.messages[-1].partition("\ufeff")
    assert head == "<110>1 2026-09-21T14:13:20.000Z hub.test hub - answer - "
    assert json.loads(text)["class_uid"] == 6005
    assert TAG.hex() not in receiver.messages[-1]


async def test_what_a_broken_connection_may_have_lost_is_told_again(hub):
    receiver = Receiver(cuts=3)
    async with listening(receiver) as number:
        port = SyslogPort("127.0.0.1", number, WORDS, None, 5)
        told = stream(hub, port)
        await told.step()
        await write(hub, 20)
        taken = False
        for _ in range(20):
            try:
                await told.step()
            except NotTakenError:
                assert (await position(hub)).failure
                continue
            taken = True
            break
        await port.close()

    assert taken
    assert receiver.connections == 2
    assert set(receiver.numbers()) == set(range(21))
    assert (await position(hub)).next == 21


async def test_over_tls_only_a_certificate_of_ours_is_believed(hub, tmp_path):
    authority, certificate, key = write_authority(tmp_path / "ours", "127.0.0.1")
    other, _, _ = write_authority(tmp_path / "theirs", "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    receiver = Receiver()
    async with listening(receiver, context) as number:
        url = f"syslog+tls://127.0.0.1:{number}"
        wrong = port_of(url, WORDS, other, None, 5)
        right = port_of(url, WORDS, authority, None, 5)
        told = stream(hub, wrong)
        await told.step()
        await write(hub, 2)
        with pytest.raises(NotTakenError, match="SSLCertVerificationError"):
            await told.step()
        told.port = right
        assert await told.step() == 3
        await right.close()

    assert receiver.numbers() == [0, 1, 2]


@pytest.mark.parametrize("status", [500, 429, 302, 404])
async def test_over_http_only_a_success_takes_a_batch(hub, status, tmp_path):
    token = tmp_path / "token"
    token.write_text("t0ken\n")
    bodies, heads = [], []
    async with answering([status, 202], bodies, heads) as url:
        port = port_of(url, EntryWords("hub.test/log", "record"), None, token, 5)
        told = stream(hub, port)
        await told.step()
        await write(hub, 3)
        with pytest.raises(NotTakenError, match=str(status)):
            await told.step()
        assert (await position(hub)).next == 0
        assert await told.step() == 4
        await port.close()

    lines = [json.loads(line) for line in b"".join(bodies).splitlines()]
    assert [line["index"] for line in lines] == [0, 1, 2, 3]
    assert lines[1]["record"]["number"] == "0"
    assert "authorization: bearer t0ken" in heads[-1]
    assert 'idempotency-key: "hub.test/log/0-3"' in heads[-1]
    assert TAG.hex().encode() not in b"".join(bodies)


async def test_the_log_takes_entries_while_the_receiver_takes_nothing(hub):
    async def deaf(reader, writer):
        await asyncio.sleep(30)

    async with listening(deaf) as number:
        port = HttpPort(f"http://127.0.0.1:{number}/", WORDS, None, None, 30)
        told = stream(hub, port)
        await told.step()
        await write(hub, 1)
        running = asyncio.create_task(told.run())
        await asyncio.sleep(0.1)
        async with asyncio.timeout(5):
            await write(hub, 50, start=1)
        running.cancel()
        await asyncio.wait([running])

    assert (await position(hub)).behind == 52


async def test_what_was_sent_and_not_noted_is_sent_again(hub, monkeypatch):
    bodies = []
    async with answering([200], bodies, []) as url:
        port = port_of(url, WORDS, None, None, 5)
        told = stream(hub, port)
        await told.step()
        await write(hub, 1)
        with monkeypatch.context() as patched:

            async def killed(*_):
                raise asyncio.CancelledError

            patched.setattr("hub.delivery.log_stream.move_stream", killed)
            with pytest.raises(asyncio.CancelledError):
                await told.step()
        await stream(hub, port).step()
        await port.close()

    assert len(bodies) == 2
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize(
    "url",
    ["http://siem.example/in", "syslog://siem.example:514", "ftp://127.0.0.1", "syslog+tls://",
     "https://user:pass@siem.example/"],
)  # fmt: skip
def test_an_address_in_clear_to_another_machine_is_refused(url, tmp_path):
    with pytest.raises(InvalidSettingsError, match="log_stream_url"):
        load_settings(home=tmp_path, log_stream_url=url)


def test_a_missing_file_of_certificates_is_said(tmp_path):
    with pytest.raises(SetupError, match="log_stream_ca_file"):
        port_of("https://siem.example/", WORDS, tmp_path / "none.pem", None, 5)
