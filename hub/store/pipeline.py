"""Short statements that are asked at the same time travel together (PostgreSQL's pipeline mode).

Who asks first is sent at once. Whoever asks the same, with values of their own, while that is under
way waits for its end, and then all who wait go in one message over one connection: each has
a snapshot, a result and a failure of its own, as if it had been sent alone, but the switches
between two processes, the reading and the writing are paid once. So nobody waits for company: the
busier the hub is, the more travel together.

What takes long is not sent this way: the last of a message would wait for all before it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import asyncpg

from hub.errors import StoreBusyError
from hub.store.database import Database

_MOST: Final = 4
"""Requests in a message: as soon as so many wait they go, whatever is under way. With more, the hub
has nothing to do while the database works, and the other way round."""
_LATE_S: Final = 0.02
"""Nobody waits longer for the end of another's: it may hang on a lock."""

Row = asyncpg.Record


@dataclass(slots=True, eq=False)
class _Asked:
    values: Sequence[object]
    row: "asyncio.Future[Row | None]"
    message: "_Message | None" = None


@dataclass(slots=True, eq=False)
class _Message:
    """What travels together."""

    asked: list[_Asked]
    task: "asyncio.Task[None] | None" = None

    def stop_if_unwanted(self) -> None:
        """Stop what is under way once nobody waits for it any more."""
        if self.task is not None and all(each.row.done() for each in self.asked):
            self.task.cancel()


@dataclass(slots=True, eq=False)
class _Line:
    """Who asks one statement now."""

    text: str
    role: str
    under_way: int = 0
    waiting: list[_Asked] = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None


class Pipelines:
    """Sends short statements; lives as long as the database, on one event loop."""

    def __init__(self, database: Database) -> None:
        """Send nothing yet."""
        self.database = database
        self._lines: dict[str, _Line] = {}
        self._sent: set[asyncio.Task[None]] = set()

    async def row(self, text: str, values: Sequence[object], role: str) -> Row | None:
        """Return the one row of a statement, together with others that ask the same text.

        A text belongs to one role. Raises what `Database.connection` and the statement raise.
        """
        line = self._lines.get(text)
        if line is None:
            line = self._lines[text] = _Line(text, role, under_way=1)
            try:
                await asyncio.sleep(0)  # whoever is ready to ask the same comes along
                if not line.waiting:
                    return await self._alone(line, values)
                asked = self._joined(line, values)
            finally:
                self._ended(line)
        else:
            asked = self._joined(line, values)
        try:
            return await asked.row
        finally:
            if asked.row.cancelled() and asked.message is not None:
                asked.message.stop_if_unwanted()

    def _joined(self, line: _Line, values: Sequence[object]) -> _Asked:
        """Wait with the others for what is under way."""
        loop = asyncio.get_running_loop()
        asked = _Asked(values, loop.create_future())
        line.waiting.append(asked)
        if len(line.waiting) >= _MOST:
            self._send(line)
        elif line.timer is None:
            line.timer = loop.call_later(_LATE_S, self._send, line)
        return asked

    async def _alone(self, line: _Line, values: Sequence[object]) -> Row | None:
        async with self.database.connection(line.role) as connection:
            return await connection.fetchrow(line.text, *values)

    def _send(self, line: _Line) -> None:
        """Send all who wait and still want to know."""
        if line.timer is not None:
            line.timer.cancel()
            line.timer = None
        wanted = [asked for asked in line.waiting if not asked.row.done()]
        line.waiting = []
        if not wanted:
            return
        message = _Message(wanted)
        for asked in wanted:
            asked.message = message
        line.under_way += 1
        message.task = asyncio.get_running_loop().create_task(self._exchange(line, message))
        self._sent.add(message.task)
        message.task.add_done_callback(self._sent.discard)

    async def _exchange(self, line: _Line, message: _Message) -> None:
        try:
            rows = await self._rows(line, [asked.values for asked in message.asked])
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is told to those who asked
            await self._each(line, message, problem)
        else:
            for asked, row in zip(message.asked, rows, strict=True):
                if not asked.row.done():
                    asked.row.set_result(row)
        finally:
            for asked in message.asked:
                asked.row.cancel()  # nothing where it is done
            self._ended(line)

    async def _rows(self, line: _Line, values: Sequence[Sequence[object]]) -> Sequence[Row | None]:
        if len(values) == 1:
            return [await self._alone(line, values[0])]
        async with self.database.connection(line.role, requests=len(values)) as connection:
            rows: list[Row] = await connection.fetchmany(line.text, values)
        return rows

    async def _each(self, line: _Line, message: _Message, problem: Exception) -> None:
        """Let each of a message that failed fail, or succeed, by itself: one was to blame.

        Where all have waited in vain for a connection, nobody waits again.
        """
        wanted = [asked for asked in message.asked if not asked.row.done()]
        if isinstance(problem, StoreBusyError):
            for asked in wanted:
                asked.row.set_exception(StoreBusyError(*problem.args))
            return
        if len(message.asked) == 1:
            for asked in wanted:
                asked.row.set_exception(problem)
            return
        async with asyncio.TaskGroup() as again:
            for asked in wanted:
                again.create_task(self._again(line, asked))

    async def _again(self, line: _Line, asked: _Asked) -> None:
        try:
            row = await self._alone(line, asked.values)
        except Exception as problem:  # noqa: BLE001 - as above
            if not asked.row.done():
                asked.row.set_exception(problem)
        else:
            if not asked.row.done():
                asked.row.set_result(row)

    def _ended(self, line: _Line) -> None:
        line.under_way -= 1
        if line.under_way:
            return
        self._send(line)
        if not line.under_way:
            del self._lines[line.text]
