"""A head without an end is answered 431 while it arrives, on a real connection of this machine.

And nothing is held against a client but what it does not take.
"""

import asyncio
from contextlib import asynccontextmanager, contextmanager

import pytest
import uvicorn
from uvicorn.server import ServerState

from hub.http.wire import MAX_HEAD_BYTES, bounded_http

pytestmark = pytest.mark.anyio
BODY = 200_000


async def app(scope, receive, send):
    """Say how many bytes of a body came."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % size})


@asynccontextmanager
async def connection():
    """Give a connection to a server that bounds heads."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="error", lifespan="off", http=bounded_http(BODY)
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield reader, writer
    writer.close()
    server.should_exit = True
    await task


def head(value_bytes, more=b""):
    return b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"v" * value_bytes + b"\r\n" + more + b"\r\n"


def longest():
    """Return how long the value may be in a head that just reaches the limit."""
    return MAX_HEAD_BYTES - len(b"/") - len(b"host") - len(b"a") - 4 - len(b"x") - 4


async def answer(reader):
    async with asyncio.timeout(5):
        first = await reader.readuntil(b"\r\n\r\n")
    return int(first.split()[1]), first


async def repeated(writer, data, times):
    for _ in range(times):
        writer.write(data)
        await writer.drain()


async def test_a_head_at_the_limit_is_taken_and_one_byte_more_is_431():
    async with connection() as (reader, writer):
        writer.write(head(longest()))
        assert (await answer(reader))[0] == 200
    async with connection() as (reader, writer):
        writer.write(head(longest() + 1))
        status, told = await answer(reader)
        assert status == 431
        assert b"HEAD_TOO_LARGE" in await reader.read()
        assert b"connection: close" in told


async def test_a_header_that_never_ends_is_431_before_it_does():
    async with connection() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nhost: a\r\nx: ")
        for _ in range(MAX_HEAD_BYTES // 1024 + 1):
            writer.write(b"v" * 1024)
            await asyncio.sleep(0)
        assert (await answer(reader))[0] == 431


async def test_many_small_headers_are_431_too():
    async with connection() as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nhost: a\r\n" + b"a: b\r\n" * 8_000)
        assert (await answer(reader))[0] == 431


async def test_a_body_longer_than_a_head_may_be_is_no_head_and_the_next_request_is_answered():
    async with connection() as (reader, writer):
        for _ in range(2):
            size = b"content-length: %d\r\n" % BODY
            writer.write(b"POST / HTTP/1.1\r\nhost: a\r\n" + size + b"\r\n" + b"b" * BODY)
            assert (await answer(reader))[0] == 200
            assert b"%d" % BODY in await reader.readuntil(b"0\r\n\r\n")


async def test_a_request_that_goes_on_after_any_body_is_closed():
    async with connection() as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n")
        trailer = b"t: " + b"v" * 1020 + b"\r\n"
        with pytest.raises(ConnectionError):
            await repeated(writer, trailer, 100 * BODY // len(trailer))
        assert reader.at_eof() or reader.exception() or (await answer(reader))[0] == 431


async def test_what_is_no_request_is_400_as_before():
    async with connection() as (reader, writer):
        writer.write(b"\x16\x03\x01 hello\r\n\r\n")
        assert (await answer(reader))[0] == 400


class Holding(asyncio.Transport):
    """Holds so many bytes that are to leave; knows whether it was broken off."""

    def __init__(self):
        super().__init__()
        self.waiting, self.is_aborted, self.is_closed = 0, False, False

    def get_write_buffer_size(self):
        return self.waiting

    def is_closing(self):
        return self.is_closed

    def close(self):
        self.is_closed = True

    def write(self, data):
        """Let it leave at once."""

    def resume_reading(self):
        """Nothing is read."""

    pause_reading = resume_reading

    def abort(self):
        self.is_aborted = True


@contextmanager
def held(waiting, app=app):
    """Give a connection on which so much waits, and what holds it."""
    transport = Holding()
    transport.waiting = waiting
    protocol = bounded_http(BODY)(uvicorn.Config(app), ServerState(), {})
    protocol.connection_made(transport)
    yield protocol, transport
    protocol._looking.cancel()


HALF = b"GET / HTTP/1.1\r\nhost: hub\r\n"


async def ended(protocol):
    """Return once the request of the moment has been answered."""
    async with asyncio.timeout(5):
        while not protocol.cycle.response_complete:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0)


async def test_what_is_not_taken_breaks_a_full_connection_off():
    with held(100_000) as (protocol, transport):
        protocol.pause_writing()
        for _ in range(4):
            protocol._look()
        assert not transport.is_aborted

        protocol._look()

        assert transport.is_aborted


async def test_a_connection_that_is_full_again_whenever_it_is_looked_at_is_not_broken_off():
    with held(100_000) as (protocol, transport):
        for _ in range(20):
            protocol.pause_writing()
            protocol._look()
            protocol.resume_writing()

        assert not transport.is_aborted


async def test_a_connection_that_takes_more_is_not_broken_off():
    with held(100) as (protocol, transport):
        protocol.data_received(HALF + b"\r\n")
        await ended(protocol)
        for _ in range(20):
            protocol._look()

        assert not transport.is_aborted
        assert not transport.is_closed


async def test_one_byte_less_is_something_taken():
    with held(100_000) as (protocol, transport):
        protocol.pause_writing()
        for _ in range(20):
            transport.waiting -= 1
            for _ in range(4):
                protocol._look()

        assert not transport.is_aborted


@pytest.mark.parametrize("come", [b"", b"GET", HALF])
async def test_a_connection_on_which_no_request_comes_whole_is_closed(come):
    with held(0) as (protocol, transport):
        if come:
            protocol.data_received(come)
        for _ in range(3):
            protocol._look()
        assert not transport.is_closed

        protocol._look()

        assert transport.is_closed


async def test_a_request_that_is_being_answered_is_waited_for_and_one_that_comes_is_no_silence():
    with held(0) as (protocol, transport):
        for _ in range(3):
            for _ in range(3):
                protocol._look()
            protocol.data_received(HALF + b"\r\n")
            for _ in range(6):
                protocol._look()
            await ended(protocol)
            protocol.data_received(HALF)  # the next one begins: uvicorn waits no more
            protocol._look()
            assert not transport.is_closed
            protocol.data_received(b"\r\n")
            await ended(protocol)
            protocol.data_received(b"")


async def test_what_goes_on_after_its_answer_is_cut_off():
    async def early(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    with held(0, early) as (protocol, transport):
        protocol.data_received(b"POST / HTTP/1.1\r\nhost: hub\r\ncontent-length: 9\r\n\r\nx")
        await ended(protocol)
        for _ in range(5):
            protocol.data_received(b"x")
            protocol._look()

        assert transport.is_closed
