"""A relay between a connector and a department's real server, which can spoil answers."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from urllib.parse import urlsplit

Spoil = Callable[[int, bytes], bytes]
"""The number of the request, from 0, and the server's whole answer; what is sent instead."""


@asynccontextmanager
async def relaying(address: str, spoil: Spoil) -> AsyncIterator[str]:
    """Give an address that answers as the server at `address` does, through `spoil`."""
    numbers, server = count(), urlsplit(address)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        once = re.sub(rb"(?i)connection: keep-alive", b"connection: close", head)
        ours, theirs = await asyncio.open_connection(server.hostname, server.port)
        theirs.write(once + body)
        answer = await ours.read()
        theirs.close()
        writer.write(spoil(next(numbers), answer))
        await writer.drain()
        writer.close()

    relays = await asyncio.start_server(relay, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{relays.sockets[0].getsockname()[1]}"
    finally:
        relays.close()
        await relays.wait_closed()


def broken_off(answer: bytes) -> bytes:
    """Return `answer` without the second half of its body."""
    head, end, body = answer.partition(b"\r\n\r\n")
    return head + end + body[: len(body) // 2]


def saying(body: bytes, status: str = "200 OK") -> bytes:
    """Return a whole answer with another body."""
    head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    return head.encode() + body


def after(good: int, spoilt: Callable[[bytes], bytes]) -> Spoil:
    """Return what lets `good` answers pass and spoils all that follow."""
    return lambda number, answer: answer if number < good else spoilt(answer)
