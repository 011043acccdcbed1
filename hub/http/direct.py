"""What an application and its connection can hand over whole, past the messages of ASGI.

uvicorn reads every header of an answer with two regular expressions, writes head and body apart,
and gives a body that is there already by way of an event. Of a short answer that is more work than
any room of the hub has. Here both are done at once, with the same effect and the same bytes in the
same order, where `send` and `receive` are those of uvicorn's own request: what something has put
itself between (a connection that is being shed, a test) is not gone past.

Whatever is out of the ordinary is left to uvicorn: a connection that takes no more now or has gone,
HEAD, a header with a control character, a client that waits for `100 Continue`.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from starlette.types import Receive, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

Headers = Sequence[tuple[str, str]]

_CONTROLS: Final = bytes(range(32)) + b"\x7f"
_END: Final = b"\r\n"


def sent_at_once(send: Send, status: int, headers: Headers, body: bytes) -> bool:
    """Send a whole answer if that can be done now; return whether it was: nothing is, otherwise.

    `headers` have names in lower case, among them `content-length` with the length of `body`, and
    say nothing of the connection or of an encoding for the transfer.
    """
    cycle = _cycle(send)
    if (
        cycle is None
        or cycle.response_started
        or cycle.disconnected
        or cycle.flow.write_paused
        or cycle.access_log
        or cycle.scope["method"] == "HEAD"
    ):
        return False
    lines = "\r\n".join([f"{name}: {value}" for name, value in headers]).encode("latin-1")
    # All headers are looked at together: no control characters but the ends of the lines between.
    if len(lines) - len(lines.translate(None, _CONTROLS)) != 2 * (len(headers) - 1):
        return False
    of_server, is_last = _of_server(tuple(cycle.default_headers))
    if is_last:
        cycle.keep_alive = False
    elif not cycle.keep_alive:
        lines += b"\r\nconnection: close"
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.expected_content_length = 0
    cycle.transport.writelines((STATUS_LINE[status], of_server, lines, b"\r\n\r\n", body))
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True


def body_at_hand(receive: Receive) -> bytes | None:
    """Return the body of a request of which nothing was received, or None if it is to be awaited.

    What was returned is not received again.
    """
    cycle = _cycle(receive)
    if (
        cycle is None
        or cycle.more_body
        or cycle.disconnected
        or cycle.response_complete
        or cycle.waiting_for_100_continue
    ):
        return None
    body, cycle.body = bytes(cycle.body), bytearray()
    cycle.message_event.clear()  # the next thing that can happen is that the client goes
    return body


def _cycle(method: Send | Receive) -> RequestResponseCycle | None:
    """Return the request of uvicorn that a `send` or `receive` belongs to, if it does."""
    owner = getattr(method, "__self__", None)
    return owner if type(owner) is RequestResponseCycle else None


@lru_cache(maxsize=4)
def _of_server(headers: tuple[tuple[bytes, bytes], ...]) -> tuple[bytes, bool]:
    """Return the headers that uvicorn adds, the same for a second; and whether they say `close`."""
    lines = b"".join([name + b": " + value + _END for name, value in headers])
    return lines, (b"connection", b"close") in headers
