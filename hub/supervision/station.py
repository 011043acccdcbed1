"""A worker's end of the line to its supervisor.

When the stream ends the supervisor is gone, however it went, and a worker that hears that stops:
nothing of a hub is left behind.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Self

from hub.supervision.crew import Word
from hub.supervision.line import Ready


class Station:
    """Says that the worker is ready, and hears orders; belongs to one event loop."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, connection: socket.socket) -> Self:
        """Return the station at this end of a line, which is the station's own from now on."""
        return cls(*await asyncio.open_connection(sock=connection))

    async def say(self, ready: Ready) -> None:
        """Say that requests are answered; a supervisor that is gone is heard of elsewhere."""
        with suppress(ConnectionError):
            self._writer.write(ready.line())
            await self._writer.drain()

    async def orders(self) -> AsyncIterator[Word]:
        """Yield each order; the last one is STOP, given or because the supervisor is gone."""
        while True:
            try:
                line = await self._reader.readline()
            except ConnectionError:
                line = b""
            order = Word(line.decode("ascii").strip()) if line else Word.STOP
            yield order
            if order is Word.STOP:
                return

    def close(self) -> None:
        """Say no more."""
        self._writer.close()
