"""Carries one path: methods, request ids, replies. No exception leaves it, so no server logs one.

A plain ASGI callable, because Starlette's own request and response objects cost a third of the
point query.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from starlette.types import Receive, Scope, Send

from hub.access import is_opaque
from hub.http.direct import sent_at_once
from hub.http.exchange import (
    JSON,
    Incoming,
    MethodNotAllowedError,
    Reply,
    check_single,
)
from hub.http.limits import DisconnectedError
from hub.http.media import UNSTATED, accepted
from hub.http.presence import Presence, answer_too_late
from hub.http.problems import Form, outside
from hub.http.streaming import Streamed, stream

Handler = Callable[[Incoming], Awaitable[Reply | Streamed]]
NewId = Callable[[], str]
"""Gives an id that nobody can guess and that was never given before."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What one path does for each method; HEAD goes with GET."""

    handlers: Mapping[str, Handler]
    form: Form
    new_id: NewId

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that the path takes."""
        return tuple(self.handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a client that went away gets nothing, and a web socket is refused."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        headers = dict(scope["headers"])
        request_id = _given_id(headers) or self.new_id()
        told: list[tuple[str, str]] = []
        try:
            check_single(scope["headers"], headers)
            incoming = Incoming(scope, receive, headers, request_id, told)
            reply: Reply | Streamed = await self._handler(scope["method"])(incoming)
        except DisconnectedError:
            return
        except Exception as error:  # noqa: BLE001 - the outermost border: everything ends here
            reply = outside(error, self.form, request_id, self._media_type(scope))
        if isinstance(reply, Streamed):
            first = _encoded([*_headers(reply.media_type, "no-store", request_id), *told])
            await stream(reply, first, send)
            return
        if told:
            reply = replace(reply, headers=(*reply.headers, *told))
        await _send(reply, request_id, send, has_body=scope["method"] != "HEAD")

    def _handler(self, method: str) -> Handler:
        found = self.handlers.get("GET" if method == "HEAD" else method)
        if found is None:
            raise MethodNotAllowedError(self.methods)
        return found

    def _media_type(self, scope: Scope) -> str:
        """Return what an error of GraphQL is sent as; the other forms have one each."""
        if self.form is not Form.GRAPHQL:
            return JSON
        accept = dict(scope["headers"]).get(b"accept")
        return accepted(accept and accept.decode("latin-1")) or UNSTATED


def in_time(handler: Handler, presence: Presence, limit_s: float, *, has_body: bool) -> Handler:
    """Return `handler` with an end: it is stopped after `limit_s`.

    Where no body is to be received, it is stopped too once its caller has gone.
    """

    async def handled(incoming: Incoming) -> Reply | Streamed:
        receive = None if has_body else incoming.receive
        with presence.within(limit_s, answer_too_late, receive):
            return await handler(incoming)

    return handled


def _given_id(headers: Mapping[bytes, bytes]) -> str | None:
    """Return the request id that the caller chose, if it can be put on record."""
    given = headers.get(b"hub-request-id")
    if given is None:
        return None
    text = given.decode("latin-1")
    return text if is_opaque(text) else None


def _headers(media_type: str, cache: str, request_id: str) -> list[tuple[str, str]]:
    return [
        ("content-type", media_type),
        ("cache-control", cache),
        ("x-content-type-options", "nosniff"),
        ("hub-request-id", request_id),
    ]


def _encoded(headers: Sequence[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers]


async def _send(reply: Reply, request_id: str, send: Send, *, has_body: bool) -> None:
    headers = [
        *_headers(reply.media_type, reply.cache, request_id),
        ("content-length", str(len(reply.body))),
        *reply.headers,
    ]
    if sent_at_once(send, reply.status, headers, reply.body):
        return
    start = {"type": "http.response.start", "status": reply.status, "headers": _encoded(headers)}
    await send(start)
    await send({"type": "http.response.body", "body": reply.body if has_body else b""})
