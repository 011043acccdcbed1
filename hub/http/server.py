"""The HTTP server of one worker: uvicorn, with the limits and the ways to end that the hub needs.

A worker ends in one of two ways. *Stopped*: it accepts nothing more, closes connections that are
idle, finishes the requests under way, and ends. *Retired*, when another worker takes over the same
port: it accepts nothing more, and each connection is closed after its next answer, which says
`Connection: close`. So a client that keeps its connection open never sends a request into one that
is being closed; those that stay idle are closed after a while, as they would be anyway.

When a worker comes back after another one has ended, the others *shed* a part of their connections
in the same way: clients that keep theirs open would never find it.
"""

import asyncio
import math
import signal
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hub.http.accepting import Acceptor, TurnedAway
from hub.http.limits import MAX_BODY_BYTES, SEND_TIMEOUT_S
from hub.http.wire import bounded_http
from hub.supervision.listening import BACKLOG

KEEP_ALIVE_S: Final = 75
"""An idle connection stays open so long: longer than proxies keep theirs (60 s), so that a proxy
does not send a request into one that is being closed."""
_LINGER_S: Final = 10.0
"""How long a retired worker waits for the next request on a connection."""
_SETTLE_S: Final = 0.3
"""For connections that were accepted in the moment in which the port was given up."""
_POLL_S: Final = 0.05
_CLOSE: Final = (b"connection", b"close")
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


async def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Serve:
    """How much one worker takes, and how long it takes to end."""

    drain_s: int = 30
    """For requests under way when it ends."""
    max_connections: int | None = None
    """Open connections; what comes beyond is answered 503 and closed. None: no limit."""
    linger_s: float = _LINGER_S
    has_others: bool = False
    """Whether other workers take connections from the same socket."""
    max_body_bytes: int = MAX_BODY_BYTES
    """Of one request; its head has a limit of its own."""
    send_timeout_s: float = SEND_TIMEOUT_S
    """A client that takes nothing of its answer for so long, or brings no request to an end, is
    dropped."""
    tls: ssl.SSLContext | None = None
    """None: a proxy in front speaks TLS."""


class Server(uvicorn.Server):
    """uvicorn, but a signal that has been served is not raised again: there is work to finish."""

    def __init__(
        self,
        app: ASGIApp,
        serve: Serve = Serve(),
        *,
        on_ready: Callable[[], Awaitable[None]] = _nothing,
        signals: Sequence[signal.Signals] = _SIGNALS,
    ) -> None:
        """Serve `app`; `on_ready` is awaited once connections are accepted."""
        self._protocol = bounded_http(serve.max_body_bytes, serve.send_timeout_s)
        super().__init__(
            uvicorn.Config(
                app,
                http=self._protocol,
                ws="none",
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                date_header=True,
                proxy_headers=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=serve.drain_s,
            )
        )
        self._serve_as = serve
        self._on_ready = on_ready
        self._signals = signals

    def stop(self) -> None:
        """Finish the requests under way and end; may be called twice."""
        self.should_exit = True

    async def retire(self) -> None:
        """Let another worker have what comes, and end once every connection has been closed."""
        await self._accept_no_more()
        await asyncio.sleep(_SETTLE_S)
        for _ in range(math.ceil(self._serve_as.linger_s / _POLL_S)):
            if not self.server_state.connections:
                break
            await asyncio.sleep(_POLL_S)
        self.stop()

    def shed(self, share: float) -> None:
        """Close a `share` of the open connections, each after its next answer."""
        connections = list(self.server_state.connections)
        for connection in connections[: round(len(connections) * share)]:
            if isinstance(connection, HttpToolsProtocol):
                connection.app = _last(connection.app)

    async def _accept_no_more(self) -> None:
        """Give the port up, and say with every answer from now on that it is the connection's last.

        Without that, a connection that was just being taken would be served for ever.
        """
        for server in self.servers:
            server.close()
        for server in self.servers:
            await server.wait_closed()
        if _CLOSE not in self.config.encoded_headers:
            # Requests that are under way share the first of these lists, so they see it too.
            self.server_state.default_headers.append(_CLOSE)
            self.config.encoded_headers.append(_CLOSE)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish the requests under way; nobody is left on a connection that stays open."""
        await self._accept_no_more()
        await super().shutdown(sockets=[])

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections, and say so."""
        await super().startup(sockets=[])
        acceptors = [self._acceptor(bound) for bound in sockets or ()]
        self.servers = acceptors  # type: ignore[assignment] # closed and waited for like uvicorn's
        for acceptor in acceptors:
            acceptor.begin()
        await self._on_ready()

    def _acceptor(self, bound: socket.socket) -> Acceptor:
        config, state, most = self.config, self.server_state, self._serve_as.max_connections
        loop = asyncio.get_running_loop()

        def protocol() -> asyncio.Protocol:
            if most is not None and len(state.connections) >= most:
                return TurnedAway()
            return self._protocol(config, state, self.lifespan.state, loop)

        open_here = state.connections.__len__ if self._serve_as.has_others else int
        return Acceptor(bound, protocol, open_here, self._serve_as.tls)

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let signals stop the server, as long as this is open."""
        before = {number: signal.signal(number, self.handle_exit) for number in self._signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _last(app: ASGIApp) -> ASGIApp:
    """Return `app`, whose answers say that they are the last ones of their connection."""

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), _CLOSE]}
            await send(message)

        await app(scope, receive, closing)

    return answering
