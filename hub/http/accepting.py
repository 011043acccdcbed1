"""Takes connections off a listening socket that several workers share, so that each has its part.

The kernel wakes every worker that waits for a connection, and an event loop takes all that are
there before anybody else has a turn: of sixteen connections one worker would get thirteen, and
keep them. So connections are taken one at a time, and a worker that already has some waits a
moment before it takes another one; whoever has fewer is quicker.
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from typing import Final

import orjson
import structlog
from typing_extensions import override

_MOMENT_S: Final = 0.000_5
"""For each connection that is open here."""
_LONGEST_S: Final = 0.01
_BREATH_S: Final = 0.5
"""After an error that stays, like too many open files."""
_FULL: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

_LISTEN_S: Final = 5.0
_HANDSHAKE_S: Final = 5.0
_BUSY: Final = orjson.dumps(
    {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "Too many connections are open; try again.",
        "code": "BUSY",
    }
)
_TURNED_AWAY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\n"
    b"content-type: application/problem+json\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(_BUSY), _BUSY)
)

log = structlog.get_logger()


class TurnedAway(asyncio.Protocol):
    """A connection beyond the limit: its first request is told to come again, and that is all."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait a little for the request: who has not asked does not read an answer."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a stream socket's transport
        self._transport = transport
        self._end = asyncio.get_running_loop().call_later(_LISTEN_S, transport.close)

    @override
    def data_received(self, data: bytes) -> None:
        """Answer, whatever was asked."""
        if not self._transport.is_closing():
            self._transport.write(_TURNED_AWAY)
            self._transport.close()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._end.cancel()


class Acceptor:
    """Takes connections from `bound` until closed; belongs to one event loop."""

    def __init__(
        self,
        bound: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        open_here: Callable[[], int],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`open_here` says how many connections this worker has."""
        self._tls = tls
        self._bound = bound
        self._protocol = protocol
        self._open_here = open_here
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._later: asyncio.TimerHandle | None = None
        self._is_closed = False
        bound.setblocking(False)  # noqa: FBT003 - the standard library's signature

    def begin(self) -> None:
        """Take what is there and what comes."""
        self._loop.add_reader(self._bound, self._offered)

    def close(self) -> None:
        """Take no more, and let go of the socket; may be called twice."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._later is not None:
            self._later.cancel()
        self._loop.remove_reader(self._bound)
        self._bound.close()

    async def wait_closed(self) -> None:
        """Return once what was taken has been given to a protocol."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _offered(self) -> None:
        """A connection is there: take it, or let others have it first."""
        wait_s = min(self._open_here() * _MOMENT_S, _LONGEST_S)
        if wait_s:
            self._pause(wait_s)
        else:
            self._take()

    def _pause(self, wait_s: float) -> None:
        self._loop.remove_reader(self._bound)
        self._later = self._loop.call_later(wait_s, self._resume)

    def _resume(self) -> None:
        self._later = None
        self._loop.add_reader(self._bound, self._offered)
        self._take()

    def _take(self) -> None:
        try:
            connection, _ = self._bound.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # another worker was quicker, or the client has gone
        except OSError as problem:
            if problem.errno not in _FULL:
                raise
            log.warning("connections.wait", reason=errno.errorcode[problem.errno or 0])
            self._pause(_BREATH_S)
            return
        task = self._loop.create_task(self._served(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _served(self, connection: socket.socket) -> None:
        try:
            connection.setblocking(False)  # noqa: FBT003 - the standard library's signature
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is None:
                await self._loop.connect_accepted_socket(self._protocol, connection)
            else:
                await self._loop.connect_accepted_socket(
                    self._protocol,
                    connection,
                    ssl=self._tls,
                    ssl_handshake_timeout=_HANDSHAKE_S,
                )
        except OSError:
            connection.close()  # it has gone already, or showed no certificate that is taken
