"""The log's side of the store: where the schema `audit` is read and written.

It is the hub's database, or one of its own (`HUB_AUDIT_DATABASE_URL`). Where both are needed at
once, connections are taken in one order everywhere, the hub's first and the log's second, and so
are locks: rows of the hub before those of the log. So nobody waits for whom they keep waiting. No
transaction spans both. What must count once is noted in the hub's database together with how far
the log was read, for the log only grows and is read by number.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from hub.store.database import Connection, Database, snapshot

_SNAPSHOT: Final = "select size from audit.head"


@dataclass(frozen=True, slots=True)
class LogSide:
    """Lends connections to the log to whoever has one to the hub's database."""

    own: Database | None = None
    """The log's own database; None: the log is in the hub's."""

    def of(self, database: Database) -> Database:
        """Return where the log is, for what needs nothing else; `database` is the hub's."""
        return database if self.own is None else self.own

    @asynccontextmanager
    async def beside(self, connection: Connection) -> AsyncIterator[Connection]:
        """Lend what reads and writes the log: `connection` itself, where it is in the same place.

        Raises:
            StoreUnavailableError: The log's database cannot be reached.
        """
        if self.own is None:
            yield connection
        else:
            async with self.own.connection() as there:
                yield there

    @asynccontextmanager
    async def snapshot(self, connection: Connection) -> AsyncIterator[Connection]:
        """Lend what reads the log as of one moment, in a transaction that has begun.

        `connection` is in one that has read nothing yet. The log's moment is the earlier one: a
        policy that is read over `connection` is none that was replaced before the entries were
        read.

        Raises:
            StoreUnavailableError: The log's database cannot be reached.
        """
        async with self.beside(connection) as there:
            if there is connection:
                yield there
                return
            async with snapshot(there):
                await there.fetchval(_SNAPSHOT)
                yield there


IN_HUB: Final = LogSide()
"""The log is in the hub's database."""
