"""A whole answer past the messages of ASGI: the same bytes, and every rule of a connection kept."""

import asyncio
import re
from contextlib import asynccontextmanager

import pytest

from hub.http.direct import body_at_hand, sent_at_once
from hub.http.endpoint import Endpoint
from hub.http.exchange import Reply
from hub.http.limits import Limits, whole_body
from hub.http.problems import Form
from hub.http.routes import router
from hub.http.server import Serve
from hub.supervision.listening import listener
from tests.support.edge import new_edge
from tests.support.serving import serving_app

pytestmark = pytest.mark.anyio
PATIENCE_S = 60
LINGERING = Serve(linger_s=10 * PATIENCE_S)
"""A connection that is not closed by its last answer is noticed."""
LARGE = b"b" * 8_000_000
HEADERS = (("content-type", "text/plain"), ("hub-request-id", "r-1"))


class Answering:
    """Sends `body` directly where that can be done, else as ASGI has it; keeps which it was."""

    def __init__(self, body=b"ok", headers=HEADERS, status=200):
        self.body, self.status = body, status
        self.headers = [*headers, ("content-length", str(len(body)))]
        self.was_direct = []
        self.began, self.go_on = asyncio.Event(), asyncio.Event()
        self.go_on.set()

    async def __call__(self, scope, receive, send):
        self.began.set()
        await self.go_on.wait()
        self.was_direct.append(sent_at_once(send, self.status, self.headers, self.body))
        if not self.was_direct[-1]:
            headers = [(name.encode(), value.encode("latin-1")) for name, value in self.headers]
            await send({"type": "http.response.start", "status": self.status, "headers": headers})
            body = b"" if scope["method"] == "HEAD" else self.body
            await send({"type": "http.response.body", "body": body})


def hidden(app):
    """Return `app` behind a `send` that is not the connection's own."""

    async def behind(scope, receive, send):
        async def sending(message):
            await send(message)

        await app(scope, receive, sending)

    return behind


@asynccontextmanager
async def connected(app):
    """Give the server of `app` and a connection to it."""
    bound = listener("127.0.0.1", 0)
    port = bound.getsockname()[1]
    async with serving_app(app, bound, LINGERING) as server, asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        yield server, reader, writer
        writer.close()


def asking(method=b"GET", version=b"1.1", more=b""):
    return method + b" / HTTP/" + version + b"\r\nhost: hub\r\n" + more + b"\r\n"


async def one_answer(reader):
    """Read one answer of known length."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(re.search(rb"content-length: (\d+)", head)[1])
    return head, await reader.readexactly(length)


async def everything(app, question):
    """Return all that a connection gives for one question, but for the time in it."""
    async with connected(app) as (_, reader, writer):
        writer.write(question)
        if b"close" in question or b"1.0" in question:
            told = await reader.read()
        else:
            head = await reader.readuntil(b"\r\n\r\n")
            body = b"" if question.startswith(b"HEAD") else await reader.readexactly(2)
            writer.write(asking(more=b"connection: close\r\n"))
            told = head + body + await reader.read()
    return re.sub(rb"date: [^\r]*", b"date", told)


@pytest.mark.parametrize(
    "question",
    [
        asking(),
        asking(b"HEAD"),
        asking(version=b"1.0"),
        asking(version=b"1.0", more=b"connection: keep-alive\r\nx: close\r\n"),
        asking(more=b"connection: close\r\n"),
        asking(b"POST", more=b"expect: 100-continue\r\ncontent-length: 0\r\n"),
    ],
)
@pytest.mark.parametrize("status", [200, 404, 503])
async def test_the_bytes_are_those_that_uvicorn_writes(question, status):
    direct, plain = Answering(status=status), Answering(status=status)

    told = await everything(direct, question)

    assert told == await everything(hidden(plain), question)
    assert direct.was_direct[0] is not question.startswith(b"HEAD")
    assert not any(plain.was_direct)


async def test_the_answers_of_an_endpoint_are_the_same_either_way():
    async def answered(incoming):
        return Reply(200, "application/json", b"{}", (("ratelimit", '"client";r=1;t=2'),))

    endpoint = Endpoint({"GET": answered}, Form.PROBLEM, lambda: "r-2")

    told = await everything(endpoint, asking())

    assert told == await everything(hidden(endpoint), asking())
    assert b'\r\nratelimit: "client";r=1;t=2\r\n' in told


@pytest.mark.parametrize("text", ["a\r\nx: y", "a\nx: y", "a\rx", "\0", "\x7f", "a\r\n\r\nbody"])
async def test_a_header_with_a_control_character_is_not_sent(text):
    for headers in ([*HEADERS, ("x-told", text)], [(text, "told"), *HEADERS]):
        app = Answering(headers=headers)

        told = await everything(app, asking(more=b"connection: close\r\n"))

        assert app.was_direct == [False]
        assert told == b""


async def test_an_answer_under_way_when_the_server_retires_says_that_it_is_the_last():
    app = Answering()
    app.go_on.clear()
    async with connected(app) as (server, reader, writer):
        writer.write(asking())
        await app.began.wait()
        retiring = asyncio.create_task(server.retire())
        while not server.servers[0]._is_closed:  # noqa: ASYNC110 - a socket has no event for it
            await asyncio.sleep(0.01)
        await asyncio.sleep(0)
        app.go_on.set()
        head, body = await one_answer(reader)
        end = await reader.read()
        writer.close()
        await retiring

    assert app.was_direct == [True]
    assert head.count(b"connection: close") == 1
    assert (body, end) == (b"ok", b"")


async def test_an_answer_under_way_when_the_server_stops_says_that_it_is_the_last():
    app = Answering()
    app.go_on.clear()
    async with connected(app) as (server, reader, writer):
        writer.write(asking())
        await app.began.wait()
        server.stop()
        while not server.servers[0]._is_closed:  # noqa: ASYNC110 - a socket has no event for it
            await asyncio.sleep(0.01)
        app.go_on.set()
        head, _ = await one_answer(reader)
        end = await reader.read()

    assert head.count(b"connection: close") == 1
    assert end == b""


async def test_a_connection_that_is_shed_is_not_gone_past():
    app = Answering()
    async with connected(app) as (server, reader, writer):
        writer.write(asking())
        before, _ = await one_answer(reader)
        server.shed(1.0)
        writer.write(asking())
        after, _ = await one_answer(reader)
        end = await reader.read()

    assert app.was_direct == [True, False]
    assert [head.count(b"connection: close") for head in (before, after)] == [0, 1]
    assert end == b""


async def test_nothing_is_sent_to_a_client_that_has_left():
    app = Answering()
    told = asyncio.Queue()

    async def waiting(scope, receive, send):
        while (await receive())["type"] != "http.disconnect":
            pass
        await app(scope, receive, send)
        await told.put(app.was_direct)

    async with connected(waiting) as (_, _, writer):
        writer.write(asking())
        writer.close()

        assert await told.get() == [False]


async def test_requests_that_come_together_are_answered_one_after_the_other():
    answers = iter([b"first", b"second", b"third"])

    async def each(scope, receive, send):
        await Answering(next(answers))(scope, receive, send)

    async with connected(each) as (server, reader, writer):
        writer.write(asking() * 3)
        bodies = [(await one_answer(reader))[1] for _ in range(3)]

        assert bodies == [b"first", b"second", b"third"]
        assert server.server_state.total_requests == 3


async def test_what_a_client_does_not_take_is_waited_for():
    app = Answering(LARGE)
    async with connected(app) as (_, reader, writer):
        writer.write(asking() * 2)
        while len(app.was_direct) < 2:  # noqa: ASYNC110 - the application has no event for it
            await asyncio.sleep(0.01)

        # The first fills the connection; the second leaves only once the client has read.
        assert app.was_direct == [True, False]
        assert [(await one_answer(reader))[1] for _ in range(2)] == [LARGE] * 2


async def test_a_connection_is_closed_when_nothing_comes_after_an_answer():
    async with connected(Answering()) as (server, reader, writer):
        (connection,) = await some_connections(server)
        connection.timeout_keep_alive = 0.05
        writer.write(asking())
        await one_answer(reader)

        assert await reader.read() == b""


async def some_connections(server):
    while not server.server_state.connections:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    return list(server.server_state.connections)


class Reading:
    """Answers with the body of a request; keeps what was at hand, and what came after it."""

    def __init__(self):
        self.at_hand, self.after = [], asyncio.Queue()

    async def __call__(self, scope, receive, send):
        body = body_at_hand(receive)
        self.at_hand.append(body)
        if body is None:
            body = await whole_body(receive, len(LARGE))
        await Answering(body)(scope, receive, send)
        await self.after.put(await receive())


def posting(body, more=b""):
    return asking(b"POST", more=b"content-length: %d\r\n" % len(body) + more) + body


async def test_a_body_that_came_with_its_head_is_at_hand():
    app = Reading()
    async with connected(app) as (_, reader, writer):
        for body in (b"one", b"", b"three"):
            writer.write(posting(body))
            assert (await one_answer(reader))[1] == body
            assert (await app.after.get())["type"] == "http.disconnect"

    assert app.at_hand == [b"one", b"", b"three"]


async def test_a_body_at_hand_that_is_too_long_is_refused(tmp_path):
    edge = new_edge(tmp_path, limits=Limits(max_body_bytes=100))
    token = edge.bearer()["authorization"].encode()
    more = b"content-type: application/json\r\nauthorization: " + token + b"\r\n"
    async with connected(router(edge.parts)) as (_, reader, writer):
        for size, status in ((100, b"200"), (101, b"413")):
            body = b'{"query": "{ x }"%s}' % (b" " * (size - 18))
            question = posting(body, more).replace(b"POST / ", b"POST /graphql ")
            writer.write(question)

            head, told = await one_answer(reader)

            assert head.split()[1] == status
        assert b"BODY_TOO_LARGE" in told
    assert len(edge.queries.asked) == 1


async def test_a_body_that_comes_later_is_awaited():
    app = Reading()
    async with connected(app) as (_, reader, writer):
        question = posting(b"later")
        writer.write(question[:-2])
        while not app.at_hand:  # noqa: ASYNC110 - the application has no event for it
            await asyncio.sleep(0.01)
        writer.write(question[-2:])

        assert (await one_answer(reader))[1] == b"later"
        assert app.at_hand == [None]


async def test_bodies_of_requests_that_come_together_are_kept_apart():
    app = Reading()
    async with connected(app) as (_, reader, writer):
        writer.write(posting(b"one") + posting(LARGE[:200_000]) + posting(b"three"))

        assert [(await one_answer(reader))[1] for _ in range(3)] == [
            b"one", LARGE[:200_000], b"three",
        ]  # fmt: skip


async def test_a_client_that_waits_to_be_told_to_go_on_is_told():
    app = Reading()
    async with connected(app) as (_, reader, writer):
        writer.write(posting(b"", b"expect: 100-continue\r\n"))

        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
        assert (await one_answer(reader))[1] == b""
        assert app.at_hand == [None]


@pytest.mark.parametrize("size", [5, 70_000])
async def test_after_a_body_that_was_at_hand_it_is_heard_that_the_client_leaves(size):
    """The longer body is one at which uvicorn stops reading."""
    go_on, heard = asyncio.Event(), asyncio.Queue()

    async def waiting(scope, receive, send):
        while receive.__self__.more_body:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        await go_on.wait()
        await heard.put((body_at_hand(receive), asyncio.create_task(receive())))
        await heard.join()

    async with connected(waiting) as (_, _, writer):
        question = posting(b"b" * size)
        for part in (question[:60_000], question[60_000:]):
            writer.write(part)
            await writer.drain()
        go_on.set()
        body, next_message = await heard.get()
        await asyncio.sleep(0)
        is_there = not next_message.done()
        writer.close()
        message = await next_message
        heard.task_done()

    assert (len(body), is_there) == (size, True)
    assert message["type"] == "http.disconnect"


async def test_whoever_waits_for_the_client_to_leave_is_told_when_the_answer_has_gone():
    heard = asyncio.Queue()

    async def watched(scope, receive, send):
        body_at_hand(receive)
        watching = asyncio.create_task(receive())
        await asyncio.sleep(0)
        await Answering()(scope, receive, send)
        await heard.put(await watching)

    async with connected(watched) as (_, reader, writer):
        writer.write(posting(b"asked"))
        await one_answer(reader)

        assert (await heard.get())["type"] == "http.disconnect"
