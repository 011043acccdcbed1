"""Work goes on only while somebody waits for it, and not for longer than a limit.

Nearly every answer is there within milliseconds, so nothing is set up for it that costs more than
an entry in a set: one timer looks through all requests under way, twenty times a second. It stops
what has passed its limit, and begins to watch for the callers of what takes long.
"""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from starlette.types import Message, Receive

from hub.errors import UnavailableError
from hub.http.limits import DisconnectedError

_LOOK_EVERY_S: Final = 0.05
"""How much later than it happened it may be noticed that a limit has passed."""
_WATCHED_AFTER_S: Final = 0.1
"""What has not taken that long is not worth a watch for its caller."""


class AnswerTimeoutError(UnavailableError):
    """It took too long; ask for less, or try again."""

    code = "TIMEOUT"


def answer_too_late(limit_s: float) -> AnswerTimeoutError:
    """Return the error of an answer that is not there after `limit_s`."""
    return AnswerTimeoutError(f"It took longer than {limit_s:g} seconds; ask for less at once.")


class Presence:
    """Looks after everything under way; belongs to one event loop, and begins anew on another."""

    def __init__(self) -> None:
        """Look after nothing yet."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._under_way: set[While] = set()

    def within(
        self, limit_s: float, late: Callable[[float], Exception], receive: Receive | None = None
    ) -> "While":
        """Return what cancels the body of its `with` after `limit_s`; `late` makes the error.

        With `receive` the body is also cancelled when the caller goes away. The request's body must
        have been read then: the next message can only be that.
        """
        return While(self, limit_s, late, receive)

    def begin(self, one: "While") -> asyncio.AbstractEventLoop:
        """Look after `one` from now on; return the loop on whose clock."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._timer, self._under_way = loop, None, set()
        if self._timer is None:
            self._timer = loop.call_later(_LOOK_EVERY_S, self._look, loop)
        self._under_way.add(one)
        return loop

    def end(self, one: "While") -> None:
        """Look after `one` no more."""
        self._under_way.discard(one)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for one in tuple(self._under_way):
            one.look(now)
        again = bool(self._under_way)
        self._timer = loop.call_later(_LOOK_EVERY_S, self._look, loop) if again else None


class While:
    """`with presence.within(...)`: its body is over in time, or cancelled and an error raised."""

    __slots__ = (
        "_asked", "_began", "_is_gone", "_is_stopped", "_late", "_limit_s", "_presence", "_receive",
        "_task", "_watch",
    )  # fmt: skip

    def __init__(
        self,
        presence: Presence,
        limit_s: float,
        late: Callable[[float], Exception],
        receive: Receive | None,
    ) -> None:
        """Begin nothing yet."""
        self._presence = presence
        self._limit_s = limit_s
        self._late = late
        self._receive = receive
        self._watch: asyncio.Task[None] | None = None
        self._is_gone = self._is_stopped = False

    def __enter__(self) -> None:
        """Begin; what cancels the task meanwhile is told apart from what cancelled it before."""
        loop = self._presence.begin(self)
        self._began = loop.time()
        task = asyncio.current_task(loop)
        assert task is not None  # noqa: S101 - every request is a task
        self._task = task
        self._asked = task.cancelling()

    def look(self, now: float) -> None:
        """Stop the body if it is late, else watch for its caller."""
        took = now - self._began
        if took >= self._limit_s:
            self._stop()
        elif self._watch is None and self._receive is not None and took >= _WATCHED_AFTER_S:
            self._watch = asyncio.create_task(self._wait(self._receive), name="is the caller there")

    async def _wait(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._is_gone = True
        self._stop()

    def _stop(self) -> None:
        if not self._is_stopped:
            self._is_stopped = True
            self._presence.end(self)
            self._task.cancel()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End.

        Raises:
            DisconnectedError: The caller went away.
            Exception: The limit has passed: the error that `late` made.
        """
        self._presence.end(self)
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None  # its end would hold this, and all of the request, in a circle
        if not self._is_stopped:
            return
        # As asyncio.timeout has it: our own cancelling is taken back, another's stands.
        if self._task.uncancel() <= self._asked and kind is asyncio.CancelledError:
            if self._is_gone:
                raise DisconnectedError from None
            raise self._late(self._limit_s) from None


class Watch:
    """`with Watch(receive) as watch`: hears that a caller has gone, for all parts of one reply.

    The request's body must have been read then, as for `Presence.within`, which takes `receive`.
    """

    __slots__ = ("_gone", "_receive")

    def __init__(self, receive: Receive) -> None:
        """Hear nothing yet."""
        self._receive = receive

    def __enter__(self) -> Self:
        """Hear of it from now on."""
        self._gone = asyncio.create_task(self._wait(), name="is the caller there")
        return self

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def receive(self) -> Message:
        """Return that the caller has gone, once that is so; may be asked again and again."""
        await asyncio.shield(self._gone)
        return {"type": "http.disconnect"}

    def check(self) -> None:
        """Raise DisconnectedError if the caller has gone."""
        if self._gone.done():
            raise DisconnectedError

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hear no more."""
        self._gone.cancel()
