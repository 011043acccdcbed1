"""How much of anything the edge takes, and how long it waits."""

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.types import Receive

from hub.errors import InvalidRequestError, UnavailableError

MAX_BODY_BYTES: Final = 1 << 20
MAX_FORM_BYTES: Final = 16 * 1024
"""A token request: one assertion of at most 4 KiB and a few short parameters."""
SEND_TIMEOUT_S: Final = 60.0
"""How long a client may take nothing of what is sent to it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may use."""

    max_body_bytes: int = MAX_BODY_BYTES
    body_timeout_s: float = 10.0
    """For a body to arrive whole."""
    answer_timeout_s: float = 30.0
    """For an operation, its audit entry included."""
    statement_timeout_ms: int = 20_000
    """For one SQL statement; shorter than the operation's, so that the database stops first."""
    max_cached_tokens: int = 4_096
    max_waiting: int = 1_000
    """Operations under way or waiting, of all callers together."""
    max_exports: int = 8
    """Exports under way, of all callers together."""
    send_timeout_s: float = SEND_TIMEOUT_S
    """For a client to take one chunk of an export."""


class BodyTooLargeError(InvalidRequestError):
    """Send less: the message gives the limit."""

    code = "BODY_TOO_LARGE"
    status = 413


class BodyTimeoutError(InvalidRequestError):
    """Send the body faster, and then send the request again."""

    code = "BODY_TIMEOUT"
    status = 408


class BusyError(UnavailableError):
    """Too many operations wait already; try again."""

    code = "BUSY"


class DisconnectedError(Exception):
    """The client went away; there is nobody to answer."""


class Places:
    """`with places:` holds one of a number of places; belongs to one event loop."""

    def __init__(self, count: int) -> None:
        """Offer `count` places."""
        self._free = count

    def __enter__(self) -> None:
        """Take a place.

        Raises:
            BusyError: There is none.
        """
        if self._free < 1:
            raise BusyError("Too many requests wait already; try again.")
        self._free -= 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the place back."""
        self._free += 1


async def read_body(receive: Receive, limit: int, *, within_s: float) -> bytes:
    """Return the whole body, of at most `limit` bytes.

    Raises:
        BodyTooLargeError: There is more; the rest is not read.
        BodyTimeoutError: It did not arrive in time: a slow sender holds no connection for long.
        DisconnectedError: The client went away first.
    """
    try:
        async with asyncio.timeout(within_s):
            return await whole_body(receive, limit)
    except TimeoutError:
        raise body_too_late(within_s) from None


def body_too_late(limit_s: float) -> BodyTimeoutError:
    """Return the error of a body that is not there after `limit_s`."""
    return BodyTimeoutError(f"The body did not arrive within {limit_s:g} seconds.")


def body_too_large(limit: int) -> BodyTooLargeError:
    """Return the error of a body of more than `limit` bytes."""
    return BodyTooLargeError(f"The body is longer than {limit} bytes; send less at once.")


async def whole_body(receive: Receive, limit: int) -> bytes:
    """Return the whole body, however long that takes.

    Raises:
        BodyTooLargeError: There is more than `limit` bytes; the rest is not read.
        DisconnectedError: The client went away first.
    """
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise body_too_large(limit)
        if not message.get("more_body", False):
            return b"".join((*chunks, chunk)) if chunks else chunk
        chunks.append(chunk)


def with_statement_timeout(dsn: str, limit_ms: int) -> str:
    """Return `dsn` such that the server stops each statement after `limit_ms`.

    asyncpg passes parameters that it does not know on to the server as settings.
    """
    parts = urlsplit(dsn)
    query = [pair for pair in parse_qsl(parts.query) if pair[0] != "statement_timeout"]
    query.append(("statement_timeout", str(limit_ms)))
    return urlunsplit(parts._replace(query=urlencode(query)))
