"""A relay between a client and PostgreSQL that cuts the connection at one chosen message.

It reads the messages of the protocol in both directions (PostgreSQL documentation, "Message
Formats") and counts them from the moment it is armed, over as many connections as it takes.
"""

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

UP, DOWN = "to the server", "to the client"
BEFORE, AFTER, SILENT = "before", "after", "silent"
_SOCKET = ".s.PGSQL.5432"


@dataclass(frozen=True)
class Cut:
    """Where to cut: at the `number`th message (from 1) of a direction.

    `before`: it does not arrive any more. `after`: it does, and nothing after it. `silent`: it does
    not arrive, and no end is told either: the connection stays open and says nothing, as one does
    whose network is gone.
    """

    direction: str
    number: int
    when: str


@dataclass
class Relay:
    """Connections by way of `folder`; `arm` it, and see whether it has `fired`."""

    folder: Path
    target: Path
    fired: bool = False
    _armed: Cut | None = None
    _seen: int = 0
    _open: set["_Pair"] = field(default_factory=set)

    @property
    def dsn(self) -> str:
        """How the database is reached through the relay."""
        return f"postgresql://postgres@/postgres?host={self.folder}"

    def arm(self, cut: Cut) -> None:
        """Count from here on."""
        self._armed, self._seen, self.fired = cut, 0, False

    def disarm(self) -> None:
        """Let everything pass."""
        self._armed = None

    def cut_now(self) -> None:
        """End every connection that is open; what is under way is lost."""
        for pair in tuple(self._open):
            pair.abort()

    def judge(self, direction: str) -> str | None:
        """Count one message; return when to cut, if it is the one."""
        if self._armed is None or direction != self._armed.direction:
            return None
        self._seen += 1
        if self._seen != self._armed.number:
            return None
        self.fired = True
        when, self._armed = self._armed.when, None
        return when


@dataclass(eq=False)
class _Pair:
    """The two ends of one connection."""

    relay: Relay
    client: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    server: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    is_silent: bool = False

    def abort(self) -> None:
        for _, writer in (self.client, self.server):
            writer.transport.abort()

    async def pump(self, direction: str) -> None:
        (reader, _), (_, writer) = (
            (self.client, self.server) if direction == UP else (self.server, self.client)
        )
        is_first = direction == UP
        while True:
            message = await _message(reader, is_first=is_first)
            is_first = False
            if self.is_silent:
                continue
            when = self.relay.judge(direction)
            if when == BEFORE:
                self.abort()
                return
            if when == SILENT:
                self.is_silent = True
                continue
            writer.write(message)
            await writer.drain()
            if when == AFTER:
                # Closing sends what is written first; the other side's end is told as well.
                for _, end in (self.client, self.server):
                    end.close()
                return

    async def run(self) -> None:
        self.relay._open.add(self)
        pumps = [asyncio.ensure_future(self.pump(direction)) for direction in (UP, DOWN)]
        try:
            done, _ = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in done:
                with suppress(OSError, EOFError):
                    pump.result()
            if self.is_silent:  # the client gave up; the server is not told
                await asyncio.Event().wait()
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.wait(pumps)
            for pump in pumps:
                if not pump.cancelled():
                    pump.exception()  # it is seen: a lost end is what this is about
            self.relay._open.discard(self)
            for _, writer in (self.client, self.server):
                writer.close()
            for _, writer in (self.client, self.server):
                with suppress(OSError):
                    await writer.wait_closed()


async def _message(reader: asyncio.StreamReader, *, is_first: bool) -> bytes:
    """Read one message; the first of a client has no byte for its type."""
    kind = b"" if is_first else await reader.readexactly(1)
    length = await reader.readexactly(4)
    return kind + length + await reader.readexactly(int.from_bytes(length, "big") - 4)


@asynccontextmanager
async def relaying(server_folder: Path, folder: Path) -> AsyncIterator[Relay]:
    """Give a relay to the server whose socket lies in `server_folder`."""
    relay = Relay(folder, server_folder / _SOCKET)
    running: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        running.add(task)
        task.add_done_callback(running.discard)
        with suppress(OSError, asyncio.CancelledError):
            server = await asyncio.open_unix_connection(str(relay.target))
            await _Pair(relay, (reader, writer), server).run()

    listener = await asyncio.start_unix_server(accept, str(folder / _SOCKET))
    try:
        yield relay
    finally:
        listener.close()
        for task in tuple(running):
            task.cancel()
        if running:
            await asyncio.wait(running)


@asynccontextmanager
async def relayed(dsn: str) -> AsyncIterator[tuple[Relay, str]]:
    """Give a relay to the server of `dsn`, and the address of the same database by way of it."""
    there = re.search("host=([^&]+)", dsn)
    assert there
    with tempfile.TemporaryDirectory(prefix="cut-") as folder:  # a socket's path has 107 bytes
        async with relaying(Path(unquote(there[1])), Path(folder)) as relay:
            yield relay, dsn.replace(there[1], quote(folder, safe=""))


async def stopped_in_silence(work: asyncio.Task[None], relay: Relay) -> None:
    """Stop `work` once the relay has cut it off: it ends, though nobody answers it any more."""
    async with asyncio.timeout(10):
        while not relay.fired:  # noqa: ASYNC110 - the relay has no event for it
            await asyncio.sleep(0.01)

    work.cancel()
    await asyncio.wait({work}, timeout=3)

    assert work.cancelled()
