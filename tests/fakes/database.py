"""A database whose transactions break, before they are stored or after."""

from contextlib import asynccontextmanager
from enum import Enum

import asyncpg


class Commit(Enum):
    """Where a transaction breaks."""

    LOST = "failed, not stored"
    UNHEARD = "failed, stored"


class BreakingDatabase:
    """The real database; the transaction number `at` (from 1) breaks once."""

    def __init__(self, inner, breaks, at):
        self.inner = inner
        self.breaks = breaks
        self.at = at
        self.begun = 0

    def __getattr__(self, name):
        return getattr(self.inner, name)

    @asynccontextmanager
    async def transaction(self):
        self.begun += 1
        is_broken = self.begun == self.at
        async with self.inner.transaction() as connection:
            yield connection
            if is_broken and self.breaks is Commit.LOST:
                raise asyncpg.InterfaceError("the connection is gone")
        if is_broken and self.breaks is Commit.UNHEARD:
            raise asyncpg.InterfaceError("the connection is gone")
