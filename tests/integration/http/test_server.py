"""A worker's server: how it takes connections, how it is stopped, how it is retired."""

import asyncio
import errno
import socket
from contextlib import asynccontextmanager, suppress

import pytest

from hub.http.server import Serve, Server
from hub.supervision.listening import listener

pytestmark = pytest.mark.anyio
PATIENT = Serve(linger_s=5)
QUESTION = b"GET / HTTP/1.1\r\nhost: hub\r\n\r\n"


class Slow:
    """An application that answers when it is let go."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.began = asyncio.Event()

    async def __call__(self, scope, receive, send):
        self.began.set()
        await self.go_on.wait()
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def served(app, serve=PATIENT, *, bound=None):
    """Serve until this closes; gives the server and its port."""
    bound = bound or listener("127.0.0.1", 0)
    port = bound.getsockname()[1]
    ready = asyncio.Event()

    async def on_ready():
        ready.set()

    server = Server(app, serve, on_ready=on_ready, signals=())
    task = asyncio.create_task(server.serve(sockets=[bound]))
    await ready.wait()
    try:
        yield server, port, task
    finally:
        server.stop()
        await task


class Client:
    """One connection that is kept open."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, port):
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self):
        self.writer.write(QUESTION)
        return await self.answer()

    async def answer(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        body = await self.reader.readexactly(2) if b"content-length: 2" in head else b""
        return head, body

    def close(self):
        self.writer.close()


async def test_a_retired_server_closes_a_connection_only_after_its_next_answer():
    async with served(Slow()) as (server, port, task):
        client = await Client.to(port)
        first, _ = await client.ask()
        retiring = asyncio.create_task(server.retire())
        await asyncio.sleep(0.5)  # longer than it takes to give the port up
        second, body = await client.ask()
        end = await client.reader.read()
        client.close()
        await retiring
        await asyncio.wait_for(task, 5)

    assert b"connection: close" not in first
    assert b"connection: close" in second
    assert (body, end) == (b"ok", b"")


async def test_a_request_that_is_under_way_while_the_server_retires_is_answered_and_closed():
    app = Slow()
    app.go_on.clear()
    async with served(app) as (server, port, task):
        client = await Client.to(port)
        asking = asyncio.create_task(client.ask())
        await app.began.wait()
        retiring = asyncio.create_task(server.retire())
        await asyncio.sleep(0.5)
        app.go_on.set()
        head, body = await asking
        client.close()
        await retiring
        await asyncio.wait_for(task, 5)

    assert b"connection: close" in head
    assert body == b"ok"


async def test_a_retired_server_leaves_the_port_to_the_other_one():
    bound = listener("127.0.0.1", 0)
    with bound.dup() as second:
        async with served(Slow(), bound=bound) as (old, port, gone):
            await old.retire()
            await asyncio.wait_for(gone, 5)
        async with served(Slow(), bound=second.dup()):
            client = await Client.to(port)
            head, _ = await client.ask()
            client.close()

    assert head.startswith(b"http/1.1 200")


async def test_a_stopped_server_finishes_what_is_under_way_and_closes_what_is_idle():
    app = Slow()
    async with served(app) as (server, port, task):
        idle = await Client.to(port)
        await idle.ask()
        app.began.clear()
        app.go_on.clear()
        busy = await Client.to(port)
        asking = asyncio.create_task(busy.ask())
        await app.began.wait()
        server.stop()
        assert await idle.reader.read() == b""
        app.go_on.set()
        head, body = await asking
        idle.close()
        busy.close()
        await asyncio.wait_for(task, 5)

    assert body == b"ok"
    assert b"connection: close" in head


async def test_a_server_that_sheds_closes_a_part_of_its_connections_after_their_next_answer():
    async with served(Slow()) as (server, port, _):
        clients = [await Client.to(port) for _ in range(4)]
        before = [(await client.ask())[0] for client in clients]
        server.shed(0.5)
        after = [await client.ask() for client in clients]
        again = [b"connection: close" in head for head, _ in after]
        for client in clients:
            client.close()

    assert not any(b"connection: close" in head for head in before)
    assert sorted(again) == [False, False, True, True]
    assert [body for _, body in after] == [b"ok"] * 4


async def test_more_connections_than_the_limit_are_told_to_come_again():
    async with served(Slow(), Serve(max_connections=2)) as (_, port, _):
        clients = [await Client.to(port) for _ in range(2)]
        heads = [(await client.ask())[0] for client in clients]
        third = await Client.to(port)
        third.writer.write(QUESTION)
        turned_away = (await third.reader.read()).lower()
        clients.pop().close()
        third.close()
        await asyncio.sleep(0.1)
        again = await Client.to(port)
        heads.append((await again.ask())[0])
        for client in (*clients, again):
            client.close()

    assert [head.split()[1] for head in heads] == [b"200"] * 3
    assert turned_away.startswith(b"http/1.1 503")
    assert b"retry-after: 1" in turned_away
    assert turned_away.endswith(b'"code":"busy"}')


async def test_of_two_servers_on_one_port_the_one_with_fewer_connections_takes_the_next():
    bound = listener("127.0.0.1", 0)
    shared = Serve(has_others=True)
    async with (
        served(Slow(), shared, bound=bound.dup()) as (one, port, _),
        served(Slow(), shared, bound=bound) as (other, _, _),
    ):
        clients = []
        for _ in range(20):
            clients.append(await Client.to(port))
            await clients[-1].ask()
        held = [len(server.server_state.connections) for server in (one, other)]
        for client in clients:
            client.close()

    assert sum(held) == 20
    assert min(held) >= 8, held


async def test_a_stopped_server_ends_though_clients_connect_and_ask_without_a_pause():
    app = Slow()

    async def insist(port):
        with suppress(OSError):
            while True:
                client = await Client.to(port)
                with suppress(asyncio.IncompleteReadError, ConnectionError):
                    while b"connection: close" not in (await client.ask())[0]:
                        pass
                client.close()

    async with served(app) as (server, port, task):
        insisting = [asyncio.create_task(insist(port)) for _ in range(12)]
        await asyncio.sleep(0.3)
        server.stop()
        await asyncio.wait_for(task, 5)
        await asyncio.wait(insisting, timeout=5)

    assert all(one.done() for one in insisting)


class OutOfFiles(socket.socket):
    """A listening socket of a process that has too many files open, for a moment."""

    failures = 2

    def accept(self):
        if self.failures:
            self.failures -= 1
            raise OSError(errno.EMFILE, "too many open files")
        return super().accept()


async def test_a_server_without_a_file_left_waits_and_then_takes_who_is_there():
    bound = OutOfFiles(fileno=listener("127.0.0.1", 0).detach())
    async with served(Slow(), bound=bound) as (_, port, _):
        client = await Client.to(port)
        head, _ = await asyncio.wait_for(client.ask(), 10)
        client.close()

    assert bound.failures == 0
    assert head.startswith(b"http/1.1 200")
