"""A reply that is sent while it is made: one piece in memory, the next one when that has left.

The sender waits until the client has taken what was sent, so a slow client slows the export down
and nothing piles up; one that takes nothing for a while is left. A stream that does not come to its
end is never closed as if it had: the connection breaks instead.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from starlette.types import Send

from hub.http.limits import DisconnectedError


@dataclass(frozen=True, slots=True)
class Streamed:
    """What is sent back piece by piece; `pieces` raises DisconnectedError if nobody takes it."""

    media_type: str
    pieces: AsyncGenerator[bytes, None]
    send_timeout_s: float
    """For the client to take one piece."""


async def stream(reply: Streamed, headers: list[tuple[bytes, bytes]], send: Send) -> None:
    """Send every piece, each once the one before has been taken.

    What is still to be made is abandoned when the client is gone, or takes nothing in time.
    """
    async with aclosing(reply.pieces) as pieces:
        try:
            is_begun = False
            async for piece in pieces:
                async with asyncio.timeout(reply.send_timeout_s):
                    if not is_begun:
                        start = {"type": "http.response.start", "status": 200, "headers": headers}
                        await send(start)
                        is_begun = True
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            async with asyncio.timeout(reply.send_timeout_s):
                await send({"type": "http.response.body", "body": b""})
        except (DisconnectedError, TimeoutError):
            return
