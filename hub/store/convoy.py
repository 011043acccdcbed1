"""Those who ask the same at the same moment go together, and nobody waits long for company.

Who asks first lets the event loop go round a few times, a matter of microseconds where nothing else
is to be done: a client that got several answers at once asks its next questions within those.
Whoever asks the same, with values of their own, while that is under way waits for its end, and then
all who wait go as one: what one exchange costs, whatever it is about, is paid once for all of them.
So the busier the hub is, the more go together.

Each gets what is its own. Where several fail together, each is asked again by itself, so that only
who is to blame hears of it. Who leaves takes nobody along, and what nobody waits for is stopped.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from hub.errors import StoreBusyError

_LATE_S: Final = 0.02
"""Nobody waits longer for the end of another's: it may hang on a lock."""
_TURNS: Final = 8
"""Of the event loop, for which who asks first waits. With one, groups come apart: two of eight turn
into a crowd of ones and threes, each of which costs nearly as much as one of eight."""
_SOON_S: Final = 0.005
"""No longer than that, and to the end of the turn: a long list beside may take turns of many
milliseconds each."""

L = TypeVar("L")
V = TypeVar("V")
R = TypeVar("R")


@dataclass(slots=True, eq=False)
class _Asked(Generic[V, R]):
    value: V
    got: "asyncio.Future[R]"
    convoy: "_Convoy[V, R] | None" = None


@dataclass(slots=True, eq=False)
class _Convoy(Generic[V, R]):
    """Those who go together."""

    asked: "list[_Asked[V, R]]"
    task: "asyncio.Task[None] | None" = None

    def stop_if_unwanted(self) -> None:
        """Stop what is under way once nobody waits for it any more."""
        if self.task is not None and all(each.got.done() for each in self.asked):
            self.task.cancel()


@dataclass(slots=True, eq=False)
class _Line(Generic[L, V, R]):
    """Who asks one thing now."""

    key: Hashable
    what: L
    under_way: int = 0
    waiting: "list[_Asked[V, R]]" = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None


async def _a_few_turns() -> None:
    """Let whoever is ready to ask the same come along."""
    until = time.perf_counter() + _SOON_S
    for _ in range(_TURNS):
        await asyncio.sleep(0)
        if time.perf_counter() > until:
            return


def _stop_with(got: "asyncio.Future[R]", task: "asyncio.Task[None]") -> None:
    """Stop a task once nobody waits for what it gets; one that has told it is done."""
    got.add_done_callback(lambda _: task.cancel())


class Convoys(Generic[L, V, R]):
    """Lets those who ask the same go together; lives on one event loop.

    `send` is given what is asked and the values of all who ask it, and returns what each gets, in
    their order.
    """

    def __init__(self, send: Callable[[L, Sequence[V]], Awaitable[Sequence[R]]], most: int) -> None:
        """Send nothing yet; as soon as `most` wait they go, whatever is under way."""
        self._send_all = send
        self._most = most
        self._lines: dict[Hashable, _Line[L, V, R]] = {}
        self._sent: set[asyncio.Task[None]] = set()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._lines and not self._sent

    async def join(self, key: Hashable, what: L, value: V) -> R:
        """Return what `value` gets, together with others of the same key.

        `what` follows from the key. Raises what `send` raises for it alone.
        """
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line(key, what, under_way=1)
            try:
                await _a_few_turns()
                if not line.waiting:
                    return await self._alone(line, value)
                asked = self._joined(line, value)
            finally:
                self._ended(line)
        else:
            asked = self._joined(line, value)
        try:
            return await asked.got
        finally:
            if asked.got.cancelled() and asked.convoy is not None:
                asked.convoy.stop_if_unwanted()

    def _joined(self, line: _Line[L, V, R], value: V) -> _Asked[V, R]:
        """Wait with the others for what is under way."""
        loop = asyncio.get_running_loop()
        asked: _Asked[V, R] = _Asked(value, loop.create_future())
        line.waiting.append(asked)
        if len(line.waiting) >= self._most:
            self._send(line)
        elif line.timer is None:
            line.timer = loop.call_later(_LATE_S, self._send, line)
        return asked

    async def _alone(self, line: _Line[L, V, R], value: V) -> R:
        (got,) = await self._send_all(line.what, (value,))
        return got

    def _send(self, line: _Line[L, V, R]) -> None:
        """Send all who wait and still want to know."""
        if line.timer is not None:
            line.timer.cancel()
            line.timer = None
        wanted = [asked for asked in line.waiting if not asked.got.done()]
        line.waiting = []
        if not wanted:
            return
        convoy = _Convoy(wanted)
        for asked in wanted:
            asked.convoy = convoy
        line.under_way += 1
        convoy.task = asyncio.get_running_loop().create_task(self._exchange(line, convoy))
        self._sent.add(convoy.task)
        convoy.task.add_done_callback(self._sent.discard)

    async def _exchange(self, line: _Line[L, V, R], convoy: _Convoy[V, R]) -> None:
        try:
            found = await self._send_all(line.what, [asked.value for asked in convoy.asked])
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is told to those who asked
            await self._each(line, convoy, problem)
        else:
            for asked, got in zip(convoy.asked, found, strict=True):
                if not asked.got.done():
                    asked.got.set_result(got)
        finally:
            for asked in convoy.asked:
                asked.got.cancel()  # nothing where it is done
                asked.convoy = None  # no circle is left for the collector, with all that was found
            self._ended(line)

    async def _each(self, line: _Line[L, V, R], convoy: _Convoy[V, R], problem: Exception) -> None:
        """Let each of a convoy that failed fail, or succeed, by itself: one was to blame.

        Where all have waited in vain for a connection, nobody waits again.
        """
        wanted = [asked for asked in convoy.asked if not asked.got.done()]
        if isinstance(problem, StoreBusyError):
            for asked in wanted:
                asked.got.set_exception(StoreBusyError(*problem.args))
            return
        if len(convoy.asked) == 1:
            for asked in wanted:
                asked.got.set_exception(problem)
            return
        async with asyncio.TaskGroup() as again:
            for asked in wanted:
                _stop_with(asked.got, again.create_task(self._again(line, asked)))

    async def _again(self, line: _Line[L, V, R], asked: _Asked[V, R]) -> None:
        try:
            got = await self._alone(line, asked.value)
        except Exception as problem:  # noqa: BLE001 - as above
            if not asked.got.done():
                asked.got.set_exception(problem)
        else:
            if not asked.got.done():
                asked.got.set_result(got)

    def _ended(self, line: _Line[L, V, R]) -> None:
        line.under_way -= 1
        if line.under_way:
            return
        self._send(line)
        if not line.under_way:
            del self._lines[line.key]
