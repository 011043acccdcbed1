"""What a client may keep a connection busy with is bounded: heads of requests, and answers.

uvicorn's parser would collect a head without end and wait for its end for ever, and a client that
reads nothing would keep its connection, and what was to be sent, as long.

A head (request line and headers) that is longer than the limit is answered 431 and the connection
is closed, whether it comes at once or byte by byte. So is a connection whose one request goes on
long after any body that would be taken: what follows a body (trailers) is collected too.

A client that takes nothing of what waits for it is dropped, in the middle of the answer: closing
the connection would not do, since that ends only once everything has left. One that reads, however
slowly, is waited for. What waits is looked at a few times in the time that is allowed, and counts
while nothing can be added to it: the connection is full, or is being closed. What TLS has taken
from us but not sent is not seen before the connection is closed.

A connection on which no request has come whole in as much time is closed too: nothing asked, half a
head, or what goes on after the answer has been given. Where nothing at all follows an answer,
uvicorn closes it (`KEEP_ALIVE_S` of the server).

Spec: RFC 6585 5.
"""

import asyncio
import sys
from typing import ClassVar, Final

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from hub.http.certificates import SCOPE_KEY, thumbprint
from hub.http.limits import SEND_TIMEOUT_S

MAX_HEAD_BYTES: Final = 32 * 1024
_BODY_FACTOR: Final = 8
"""Chunks of a few bytes each take several times what they carry."""
_LOOKS: Final = 4
"""In a row that find nothing taken, until the client is dropped."""
_NOT_LOOKED: Final = sys.maxsize
"""More bytes than can wait: whatever the next look finds is fewer."""
_ANSWER: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: application/problem+json\r\n"
    b"connection: close\r\n"
    b"content-length: %d\r\n\r\n%s"
)
_PROBLEM: Final = (
    b'{"type":"about:blank","title":"Request Header Fields Too Large","status":431,'
    b'"detail":"The head of the request is longer than %d bytes.","code":"HEAD_TOO_LARGE"}'
)


class HeadTooLargeError(Exception):
    """Ends the parser's work on a request; never leaves this module."""


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's own protocol, with an end to everything; one for each connection."""

    max_head_bytes: ClassVar[int] = MAX_HEAD_BYTES
    max_body_bytes: ClassVar[int] = 1 << 20
    send_timeout_s: ClassVar[float] = SEND_TIMEOUT_S
    _looking: asyncio.TimerHandle
    _waiting = _NOT_LOOKED
    """Bytes that the last look found, of those that only become fewer."""
    _in_vain = 0
    """Looks since then that found as many."""
    _seen: RequestResponseCycle | None = None
    """The request that the last look found; None: there was none yet."""
    _unasked = 0
    """Looks since then that found no further one, and none being answered."""
    _received = 0
    """Bytes since the request began; a chunk that also held the end of another is not counted."""
    _chunk = 0
    _in_head = True
    _is_too_large = False
    _certificate: str | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn
        """Note the certificate that the client showed, for all requests, and begin to look."""
        super().connection_made(transport)
        self._look_later()
        tls = transport.get_extra_info("ssl_object")
        shown = None if tls is None else tls.getpeercert(True)  # noqa: FBT003 - DER; its signature
        self._certificate = None if shown is None else thumbprint(shown)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        self._looking.cancel()
        super().connection_lost(exc)

    @override
    def resume_writing(self) -> None:
        """Note that what waited has been taken: from now on there may be more again."""
        self._waiting = _NOT_LOOKED
        super().resume_writing()

    @override
    def data_received(self, data: bytes) -> None:
        """Take a chunk; refuse a head that has become too long without having ended."""
        self._chunk = len(data)
        self._received += self._chunk
        super().data_received(data)
        allowed = self.max_head_bytes
        if not self._in_head:
            allowed += _BODY_FACTOR * self.max_body_bytes
        if self._received > allowed and not self.transport.is_closing():
            self._is_too_large = True
            self.send_400_response("")

    @override
    def on_message_begin(self) -> None:
        """Note that a head begins."""
        self._in_head = True
        super().on_message_begin()
        if self._certificate is not None:
            self.scope[SCOPE_KEY] = self._certificate  # type: ignore[typeddict-unknown-key] # ours

    @override
    def on_headers_complete(self) -> None:
        """Refuse a head that is too long although it ended in the chunk it began in."""
        arrived = max(self._received, self._chunk)
        if arrived > self.max_head_bytes and self._head_bytes() > self.max_head_bytes:
            self._is_too_large = True
            raise HeadTooLargeError
        self._in_head = False
        super().on_headers_complete()

    @override
    def on_message_complete(self) -> None:
        """Note that the next byte may belong to another request."""
        self._received = 0
        self._in_head = True
        super().on_message_complete()

    @override
    def send_400_response(self, msg: str) -> None:
        """Answer 431 where the head is too long, and close; else as uvicorn does."""
        if not self._is_too_large:
            super().send_400_response(msg)
            return
        problem = _PROBLEM % self.max_head_bytes
        self.transport.write(_ANSWER % (len(problem), problem))
        self.transport.close()

    def _look_later(self) -> None:
        self._looking = self.loop.call_later(self.send_timeout_s / _LOOKS, self._look)

    def _look(self) -> None:
        """Drop the client if it has taken nothing for too long, and else look again."""
        before, self._waiting = self._waiting, _NOT_LOOKED
        if self.flow.write_paused or self.transport.is_closing():
            self._waiting = self.transport.get_write_buffer_size() or _NOT_LOOKED
        is_in_vain = before <= self._waiting < _NOT_LOOKED
        self._in_vain = self._in_vain + 1 if is_in_vain else 0
        if self._in_vain >= _LOOKS:
            self.transport.abort()
            return
        self._look_later()
        seen, self._seen = self._seen, self.cycle
        self._unasked = self._unasked + 1 if self._is_unasked() and seen is self.cycle else 0
        if self._unasked >= _LOOKS and not self.transport.is_closing():
            self.transport.close()

    def _is_unasked(self) -> bool:
        """Whether nothing is being answered, and uvicorn does not wait for the next request."""
        cycle: RequestResponseCycle | None = self.cycle  # None until there is one
        is_over = cycle is None or cycle.response_complete
        return is_over and self.timeout_keep_alive_task is None

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)


def bounded_http(max_body_bytes: int, send_timeout_s: float = SEND_TIMEOUT_S) -> type[BoundedHttp]:
    """Return the protocol for a server that takes bodies of at most that many bytes.

    A client that takes nothing of an answer, or brings no request to an end, for `send_timeout_s`
    is dropped.
    """

    class _Bounded(BoundedHttp):
        pass

    _Bounded.max_body_bytes = max_body_bytes
    _Bounded.send_timeout_s = send_timeout_s
    return _Bounded
