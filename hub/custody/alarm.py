"""Somebody is told of a broken seal: it is counted, on record, and the operator's command is run.

Each process hears what it finds itself and writes it down within a second; whichever is awake then
runs the command, once in a while for all of them. What cannot be written down, or told, is tried
again, and is in the log of the process all the same.
"""

import asyncio
import os
import signal
import threading
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import asyncpg
import orjson
import structlog

from audit.entry import EntryKind
from hub.clock import Clock
from hub.errors import HubError
from hub.sealing.broken import EVENT, Break, listening
from hub.store.breaks import Broken, add_breaks, claimed, mark_told
from hub.store.database import Database
from hub.store.journal import Journal, recorded

PAUSE: Final = timedelta(minutes=5)
"""Between two runs of the command, whatever is found and by however many processes."""
_LOOK_EVERY_S: Final = 60.0
_GATHER_S: Final = 0.5
"""What is found within it is one entry of the log: a page of many is one operation."""
_COMMAND_S: Final = 15.0
_LAST_S: Final = 20.0
_KEPT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""Of our environment, which may hold secrets, the command gets these."""
_TROUBLE: Final = (HubError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("hub.alarm")


@dataclass(frozen=True, slots=True)
class Hook:
    """The operator's command: it gets what was found on its standard input, as JSON."""

    command: Sequence[str]
    origin: str
    """The hub's name, for whoever has several."""
    patience_s: float = _COMMAND_S

    async def tell(self, found: Sequence[Broken]) -> bool:
        """Run it; return whether it ended with 0 in time. Why not is in the log."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env={name: os.environ[name] for name in _KEPT if name in os.environ},
                start_new_session=True,
            )
        except OSError as problem:
            _log.error("alarm.failed", why=type(problem).__name__)
            return False
        try:
            async with asyncio.timeout(self.patience_s):
                await process.communicate(self._said(found))
        except TimeoutError:
            _log.error("alarm.failed", why="no end in time")
            return False
        finally:
            with suppress(ProcessLookupError):  # whatever it started goes with it
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        if process.returncode != 0:
            _log.error("alarm.failed", why="exit status", status=process.returncode)
        return process.returncode == 0

    def _said(self, found: Sequence[Broken]) -> bytes:
        places = [
            {
                "department": each.department,
                "dataset": each.dataset,
                "reason": each.reason,
                "found": each.found,
                "first": each.first_at,
                "last": each.last_at,
            }
            for each in found
        ]
        return orjson.dumps({"event": EVENT, "hub": self.origin, "places": places}) + b"\n"


class Alarm:
    """Hears of broken seals in one process, writes them down, and has the operator told."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        clock: Clock,
        hook: Hook | None,
        pause: timedelta = PAUSE,
    ) -> None:
        """Without `hook` it is written down only."""
        self._database = database
        self._journal = journal
        self._clock = clock
        self._hook = hook
        self._pause = pause
        self._found: Counter[Break] = Counter()
        self._unrecorded: Counter[Break] = Counter()
        """Counted, but not in the log yet: something that is tried again and again fills it not."""
        self._recorded_at: dict[Break, datetime] = {}
        self._lock = threading.Lock()
        self._heard = asyncio.Event()
        self._is_ending = False
        self._loop: asyncio.AbstractEventLoop | None = None

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Hear and tell while this is open; what was found last is written down at its end."""
        self._loop, self._is_ending = asyncio.get_running_loop(), False
        with listening(self.hear):
            task = asyncio.create_task(self._watch())
            try:
                yield
            finally:
                await self._end(task)
                if self._found or self._unrecorded:
                    await self._last()

    def hear(self, found: Break) -> None:
        """Keep what was found until it is written down; from any thread."""
        with self._lock:
            self._found[found] += 1
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._heard.set)

    async def settle(self, *, is_last: bool = False) -> None:
        """Write down what was heard, and have the operator told if it is time.

        It is counted at once, and in the audit log once in a while, or now if this `is_last`.

        Raises:
            StoreUnavailableError, AuditUnavailableError: It is kept, and written down next time.
        """
        await self._write_down(is_last=is_last)
        if self._hook is not None:
            await self._tell(self._hook)

    async def _write_down(self, *, is_last: bool) -> None:
        with self._lock:
            found, self._found = self._found, Counter()
        now = self._clock()
        owed = found + self._unrecorded
        due = {each: n for each, n in owed.items() if is_last or self._is_due(each, now)}
        if not found and not due:
            return
        try:
            async with self._database.transaction() as connection:
                await add_breaks(connection, found, now)
                for each, count in sorted(due.items()):
                    await recorded(self._journal, EntryKind.KEY, _entry(each, count))
        except BaseException:
            with self._lock:
                self._found += found
            raise
        self._unrecorded = Counter({each: n for each, n in owed.items() if each not in due})
        self._recorded_at.update(dict.fromkeys(due, now))

    def _is_due(self, found: Break, now: datetime) -> bool:
        before = self._recorded_at.get(found)
        return before is None or now - before >= self._pause

    async def _tell(self, hook: Hook) -> None:
        async with self._database.transaction() as connection:
            found = await claimed(connection, self._clock(), self._pause)
        if found and await hook.tell(found):
            async with self._database.transaction() as connection:
                await mark_told(connection, found)
            _log.info("alarm.told", places=len(found))

    async def _end(self, task: "asyncio.Task[None]") -> None:
        """Let what is being written down come to its end: cut off, it would be counted twice."""
        self._is_ending = True
        self._heard.set()
        _, unfinished = await asyncio.wait({task}, timeout=_LAST_S)
        if unfinished:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _watch(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_S):
                    await self._heard.wait()
                if not self._is_ending:
                    await asyncio.sleep(_GATHER_S)
            if self._is_ending:
                return
            self._heard.clear()
            try:
                await self.settle()
            except _TROUBLE as problem:
                _log.error("alarm.waits", why=type(problem).__name__)

    async def _last(self) -> None:
        try:
            async with asyncio.timeout(_LAST_S):
                await self.settle(is_last=True)
        except (*_TROUBLE, TimeoutError) as problem:
            _log.error("alarm.lost", why=type(problem).__name__, places=len(self._found))


def _entry(found: Break, count: int) -> dict[str, object]:
    return {
        "act": "seal broken",
        "owner": found.department,
        "dataset": found.dataset,
        "reason": str(found.reason),
        "found": count,
        "by": "hub",
        "outcome": "found",
    }
