"""Connections to PostgreSQL: a small list of our own, with prepared statements kept.

asyncpg's own pool resets a connection each time it is given back, which costs a third of the
point query; nothing here leaves session state behind, so nothing needs a reset. A connection
that was interrupted in mid-statement is closed, never given out again.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from hub.errors import StoreUnavailableError

_STATEMENTS: Final = 200
"""Prepared statements a connection keeps; bounded, because documents are many."""
Connection = asyncpg.Connection


class Database:
    """A bounded set of connections; lives as long as the application.

    The list of idle connections belongs to one event loop and changes only between awaits.
    """

    def __init__(self, dsn: str, *, size: int = 4, name: str = "hub") -> None:
        """Connect nowhere yet; at most `size` connections will be open."""
        self.dsn = dsn
        self._name = name
        self._places = asyncio.Semaphore(size)
        self._idle: list[Connection] = []
        self._closed = False

    async def _connect(self) -> Connection:
        try:
            return await asyncpg.connect(
                self.dsn,
                statement_cache_size=_STATEMENTS,
                max_cached_statement_lifetime=0,
                server_settings={"application_name": self._name, "jit": "off"},
            )
        except (OSError, asyncpg.PostgresError, TimeoutError) as problem:
            raise StoreUnavailableError("The database does not accept connections.") from problem

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection; wait while all are lent.

        Raises:
            StoreUnavailableError: The database cannot be reached, or the connection broke.
        """
        async with self._places:
            lent = self._idle.pop() if self._idle else await self._connect()
            try:
                yield lent
            except asyncpg.PostgresConnectionError as problem:
                lent.terminate()
                raise StoreUnavailableError("The connection to the database broke.") from problem
            except asyncpg.PostgresError:
                self._give_back(lent)
                raise
            except BaseException:
                # Cancelled or failed with a statement perhaps under way: its state is unknown.
                if lent.is_in_transaction() or not _is_quiet(lent):
                    lent.terminate()
                else:
                    self._give_back(lent)
                raise
            else:
                self._give_back(lent)

    def _give_back(self, lent: Connection) -> None:
        if self._closed or lent.is_closed() or lent.is_in_transaction():
            lent.terminate()
        else:
            self._idle.append(lent)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection inside a transaction, committed on a clean exit."""
        async with self.connection() as lent, lent.transaction():
            yield lent

    async def close(self) -> None:
        """Close every idle connection; lent ones close when they come back."""
        self._closed = True
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.close()


def _is_quiet(connection: Connection) -> bool:
    """Whether no statement can be under way on a connection."""
    return not connection.is_closed() and not asyncio.current_task().cancelling()  # type: ignore[union-attr]  # inside a task
