"""Tell a SIEM of new entries, behind the log: in order, at least once, from a kept position.

The worker that leads reads what came since the position, sends it, and moves the position once the
receiver has it. Appending waits for none of this: a receiver that is slow or gone is told later.
After a crash the last batch is sent again; each entry says its number, so that it can be told.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

import asyncpg
import structlog

from hub.clock import Clock
from hub.delivery.stream_ports import NotTakenError, StreamPort
from hub.errors import HubError, StoreUnavailableError
from hub.store.database import Connections
from hub.store.log_side import IN_HUB, LogSide
from hub.store.log_stream import (
    begin_stream,
    entries_from,
    move_stream,
    note_failure,
    stream_state,
)

log = structlog.get_logger(__name__)
BATCH: Final = 500
_LOOK_EVERY_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0


@dataclass(slots=True)
class LogStream:
    """One receiver, by the address that it is set up with."""

    database: Connections
    receiver: str
    port: StreamPort
    clock: Clock
    look_every_s: float = _LOOK_EVERY_S
    batch: int = BATCH
    side: LogSide = IN_HUB

    async def run(self) -> None:
        """Send for as long as we lead."""
        pause = self.look_every_s
        try:
            while True:
                try:
                    sent = await self.step()
                    pause = self.look_every_s
                except NotTakenError as problem:
                    sent, pause = 0, min(pause * 2, _LONGEST_PAUSE_S)
                    log.warning("log.stream.waits", why=str(problem))
                except HubError as problem:
                    sent, pause = 0, min(pause * 2, _LONGEST_PAUSE_S)
                    log.warning("log.stream.waits", why=problem.code)
                if sent < self.batch:
                    await asyncio.sleep(pause)
        finally:
            await self.port.close()

    async def step(self) -> int:
        """Send the next batch; return how many entries that were.

        Raises:
            NotTakenError: The receiver did not take them; the position is what it was.
            StoreUnavailableError: The database gave up; what was sent is sent again.
        """
        try:
            async with (
                self.database.connection() as connection,
                self.side.beside(connection) as there,
            ):
                state = await stream_state(connection, self.receiver, there)
                if state is None:
                    await begin_stream(connection, self.receiver, self.clock(), there)
                    state = await stream_state(connection, self.receiver, there)
                assert state is not None  # noqa: S101 - it has begun
                start, stop = state.next, min(state.next + self.batch, state.size)
                entries = await entries_from(there, start, stop)
            if stop <= start:
                return 0
            try:
                if entries:
                    await self.port.send(entries)
            except NotTakenError as problem:
                async with self.database.connection() as connection:
                    await note_failure(connection, self.receiver, str(problem), self.clock())
                raise
            async with self.database.connection() as connection:
                await move_stream(connection, self.receiver, start, stop, self.clock())
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as problem:
            raise StoreUnavailableError("The database did not answer the stream.") from problem
        return stop - start
