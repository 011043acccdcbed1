"""The head of a request is bounded while it arrives: uvicorn's parser would collect it without end.

A head (request line and headers) that is longer than the limit is answered 431 and the connection
is closed, whether it comes at once or byte by byte. So is a connection whose one request goes on
long after any body that would be taken: what follows a body (trailers) is collected too.

Spec: RFC 6585 5.
"""

import asyncio
from typing import ClassVar, Final

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hub.http.certificates import SCOPE_KEY, thumbprint

MAX_HEAD_BYTES: Final = 32 * 1024
_BODY_FACTOR: Final = 8
"""Chunks of a few bytes each take several times what they carry."""
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
    _received = 0
    """Bytes since the request began; a chunk that also held the end of another is not counted."""
    _chunk = 0
    _in_head = True
    _is_too_large = False
    _certificate: str | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn
        """Note the certificate that the client showed, once for all requests of the connection."""
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        shown = None if tls is None else tls.getpeercert(True)  # noqa: FBT003 - DER; its signature
        self._certificate = None if shown is None else thumbprint(shown)

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

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)


def bounded_http(max_body_bytes: int) -> type[BoundedHttp]:
    """Return the protocol for a server that takes bodies of at most that many bytes."""

    class _Bounded(BoundedHttp):
        pass

    _Bounded.max_body_bytes = max_body_bytes
    return _Bounded
