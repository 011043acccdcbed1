"""Work goes on only while somebody waits for it, and not for longer than a limit."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.types import Receive

from hub.errors import UnavailableError
from hub.http.limits import DisconnectedError


class AnswerTimeoutError(UnavailableError):
    """It took too long; ask for less, or try again."""

    code = "TIMEOUT"


class WhileThere:
    """`async with WhileThere(receive, limit_s):` cancels its body when the caller goes away.

    The request's body must have been read: the next message can only be that the caller is gone.
    On leaving, `DisconnectedError` says that, and `AnswerTimeoutError` that the limit has passed.
    """

    def __init__(self, receive: Receive, limit_s: float) -> None:
        """Watch nothing yet."""
        self._receive = receive
        self._limit_s = limit_s
        self._timeout = asyncio.timeout(limit_s)
        self._is_gone = False
        self._is_over = False

    async def __aenter__(self) -> Self:
        """Start to watch."""
        await self._timeout.__aenter__()
        self._watch = asyncio.create_task(self._wait(), name="is the caller there")
        return self

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if not self._is_over:
            self._is_gone = True
            self._timeout.reschedule(0)  # a moment that has passed: cancels the body at once

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop watching.

        Raises:
            DisconnectedError: The caller went away.
            AnswerTimeoutError: The limit has passed.
        """
        self._is_over = True
        self._watch.cancel()
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError:
            if self._is_gone:
                raise DisconnectedError from None
            raise AnswerTimeoutError(
                f"It took longer than {self._limit_s:g} seconds; ask for less at once."
            ) from None
