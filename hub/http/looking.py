"""Many wait for one look at what the database has, and nobody waits for ever.

What is looked at before every request must not hang: a network that is gone tells nobody. So a look
has a limit, and whoever waited for one that failed fails with it, and does not look in turn.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg

from hub.errors import StoreUnavailableError

LIMIT_S: Final = 10.0
"""Longer than anybody waits for a connection while all are lent."""


class Looking:
    """Looks when what is known is too old; belongs to one event loop."""

    def __init__(
        self,
        is_fresh: Callable[[], bool],
        look: Callable[[], Awaitable[None]],
        limit_s: float = LIMIT_S,
    ) -> None:
        """Look at nothing yet; after `look`, `is_fresh` tells whether somebody has just looked."""
        self._is_fresh = is_fresh
        self._look = look
        self._limit_s = limit_s
        self._one = asyncio.Lock()
        self._failed = 0
        self._told: StoreUnavailableError | None = None
        """What the last one that failed is told by; it is never raised itself."""

    async def fresh(self) -> None:
        """Return when what is known is fresh; nearly always at once.

        Raises:
            StoreUnavailableError: It could not be looked at, by us or by whom we waited for.
        """
        if self._is_fresh():
            return
        failed = self._failed
        async with self._one:
            if self._is_fresh():
                return  # somebody else has looked meanwhile
            if self._failed != failed and self._told is not None:
                raise _again(self._told)
            try:
                async with asyncio.timeout(self._limit_s):
                    await self._look()
            except (StoreUnavailableError, asyncpg.PostgresError, TimeoutError) as problem:
                self._failed += 1
                self._told = _told(problem)
                raise _again(self._told) from problem


def _told(problem: Exception) -> StoreUnavailableError:
    """Return what is said of a look that failed."""
    if isinstance(problem, StoreUnavailableError):
        return _again(problem)
    return StoreUnavailableError("It cannot be looked up whether the caller may ask.")


def _again(problem: StoreUnavailableError) -> StoreUnavailableError:
    """Return the same without what led to it: a stored one would keep all of a request."""
    return type(problem)(*problem.args)
