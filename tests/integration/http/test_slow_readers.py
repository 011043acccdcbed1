"""A client that takes nothing of its answer is dropped, one that reads slowly gets everything.

On either event loop, over connections of this machine whose kernel keeps little of what is sent.
"""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest

from hub.http.direct import sent_at_once
from hub.http.server import Serve
from hub.http.streaming import Streamed, stream
from hub.supervision.listening import listener
from tests.support.serving import serving_app

pytestmark = pytest.mark.anyio
SEND_TIMEOUT_S = 0.3
BOUNDED = Serve(drain_s=1, linger_s=1, send_timeout_s=SEND_TIMEOUT_S)
PATIENCE_S = 10
"""Nothing else ends a connection so soon."""
KERNEL_BYTES = 4_096
LARGE = b"b" * 2_000_000
SMALL = b"b" * 60_000
"""Less than what makes a connection say that it is full, and more than the kernel keeps of it."""


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}


class Whole:
    """Sends one body at once: past the messages of ASGI, or by them."""

    def __init__(self, body, *, is_direct):
        self.body, self.is_direct = body, is_direct

    async def __call__(self, scope, receive, send):
        length = str(len(self.body))
        if self.is_direct:
            assert sent_at_once(send, 200, [("content-length", length)], self.body)
            return
        headers = [(b"content-length", length.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


class Pieces:
    """Streams so many pieces; knows whether the stream has been closed."""

    def __init__(self, piece, count, send_timeout_s=SEND_TIMEOUT_S):
        self.piece, self.count, self.send_timeout_s = piece, count, send_timeout_s
        self.is_closed = False

    async def _made(self):
        try:
            for _ in range(self.count):
                yield self.piece
        finally:
            self.is_closed = True

    async def __call__(self, scope, receive, send):
        await stream(Streamed("text/plain", self._made(), self.send_timeout_s), [], send)


@asynccontextmanager
async def asked(app, more=b"", serve=BOUNDED):
    """Give the server of `app`, and a socket that has asked it and from which nothing is read."""
    bound = listener("127.0.0.1", 0)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
        client.setblocking(False)  # noqa: FBT003 - the standard library's signature
        async with serving_app(app, bound, serve) as server:
            await loop.sock_connect(client, bound.getsockname())
            await loop.sock_sendall(client, b"GET / HTTP/1.1\r\nhost: hub\r\n" + more + b"\r\n")
            await until(lambda: server.server_state.tasks or server.server_state.total_requests)
            yield server, client


async def until(is_so):
    """Return once `is_so`, which is to be soon."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - uvicorn has no events for these things
            await asyncio.sleep(0.01)


async def nobody_is_served(server):
    """Return once the server has neither connections nor requests."""
    state = server.server_state
    await until(lambda: not state.connections and not state.tasks)


async def read_slowly(client, size):
    """Return what comes, up to an end or `size` bytes; it takes several times the bound."""
    loop = asyncio.get_running_loop()
    taken, began = bytearray(), loop.time()
    while len(taken) < size:
        share = len(taken) / size
        await asyncio.sleep(began + 4 * SEND_TIMEOUT_S * share - loop.time())
        some = await loop.sock_recv(client, 1 << 16)
        if not some:
            break
        taken += some
    assert loop.time() - began > 3 * SEND_TIMEOUT_S
    return bytes(taken)


@pytest.mark.parametrize("is_direct", [True, False])
@pytest.mark.parametrize("more", [b"", b"connection: close\r\n"])
async def test_a_client_that_takes_nothing_of_a_large_answer_is_dropped(is_direct, more):
    async with asked(Whole(LARGE, is_direct=is_direct), more) as (server, _):
        began = asyncio.get_running_loop().time()
        assert server.server_state.connections

        await nobody_is_served(server)

    assert asyncio.get_running_loop().time() - began > SEND_TIMEOUT_S / 2


async def test_a_client_that_does_not_take_the_last_of_an_answer_is_dropped():
    app = Whole(SMALL, is_direct=True)
    async with asked(app, b"connection: close\r\n") as (server, _):
        assert server.server_state.connections

        await nobody_is_served(server)


async def test_an_answer_that_is_not_taken_is_dropped_when_its_idle_connection_is_closed():
    async with asked(Whole(SMALL, is_direct=True)) as (server, _):
        (connection,) = server.server_state.connections
        connection.timeout_keep_alive_handler()

        await nobody_is_served(server)


async def test_a_client_that_stops_in_the_middle_is_dropped():
    async with asked(Whole(LARGE, is_direct=True)) as (server, client):
        await read_slowly(client, len(LARGE) // 2)
        assert server.server_state.connections

        await nobody_is_served(server)


@pytest.mark.parametrize("is_direct", [True, False])
async def test_a_client_that_reads_an_answer_slowly_gets_all_of_it(is_direct):
    async with asked(Whole(LARGE, is_direct=is_direct), b"connection: close\r\n") as (_, client):
        head, body = (await read_slowly(client, len(LARGE) + 1_000)).split(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 200 ")
    assert body == LARGE


@pytest.mark.parametrize("count", [1, 3])
async def test_a_client_that_takes_nothing_of_a_stream_is_dropped(count):
    """Of one piece it is the end of the stream that waits, of three the second piece."""
    app = Pieces(LARGE, count)
    async with asked(app) as (server, _):
        await nobody_is_served(server)

    assert app.is_closed


async def test_a_stream_whose_end_is_not_taken_is_left_in_the_time_for_one_piece():
    app = Pieces(LARGE, 1, send_timeout_s=0.05)
    async with asked(app, serve=Serve(drain_s=1, linger_s=1)) as (server, _):
        await until(lambda: not server.server_state.tasks)
        for connection in server.server_state.connections:
            connection.transport.abort()


async def test_a_client_that_reads_a_stream_slowly_gets_all_of_it():
    piece = LARGE[:100_000]
    async with asked(Pieces(piece, 20), b"connection: close\r\n") as (_, client):
        told = await read_slowly(client, 20 * len(piece) + 1_000)

    assert told.count(b"b" * len(piece)) == 20
    assert told.endswith(b"\r\n0\r\n\r\n")


@pytest.mark.parametrize("come", [b"", b"GET / HTTP/1.1\r\nhost: hub\r\n"])
async def test_a_client_that_brings_no_request_to_an_end_is_dropped(come):
    async with asked(Whole(b"ok", is_direct=True)) as (server, client):
        loop = asyncio.get_running_loop()
        await loop.sock_recv(client, 1_000)
        with socket.socket() as other:
            other.setblocking(False)  # noqa: FBT003 - the standard library's signature
            await loop.sock_connect(other, client.getpeername())
            await loop.sock_sendall(other, come)
            await until(lambda: len(server.server_state.connections) == 2)

            async with asyncio.timeout(PATIENCE_S):
                assert await loop.sock_recv(other, 1_000) == b""

        assert len(server.server_state.connections) == 1


async def test_a_connection_on_which_nothing_waits_stays_open():
    async with asked(Whole(b"ok", is_direct=True)) as (server, client):
        await asyncio.sleep(2 * SEND_TIMEOUT_S)

        assert server.server_state.connections
        assert (await asyncio.get_running_loop().sock_recv(client, 1_000)).endswith(b"ok")
