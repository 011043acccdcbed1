"""Connections to PostgreSQL: a small list of our own, with prepared statements kept.

asyncpg's own pool resets a connection each time it is given back, which costs a third of the
point query; nothing here leaves session state behind, so nothing needs a reset. A connection
that was interrupted in mid-statement is closed, never given out again.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final

import asyncpg
from asyncpg.transaction import Transaction

from hub.errors import StoreBusyError, StoreUnavailableError

_STATEMENTS: Final = 200
"""Prepared statements a connection keeps; bounded, because documents are many."""
_FAREWELL_S: Final = 5.0
_CHECK_CLIENT_MS: Final = "250"
"""How soon PostgreSQL (14 or newer) stops a statement whose connection was closed meanwhile."""
_CLIENT_SIDE: Final = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
_ENDS_IT: Final = frozenset({"FATAL", "PANIC"})
"""Severities after which the server has closed the connection, as when it is shut down."""
Connection = asyncpg.Connection


class Database:
    """A bounded set of connections; lives as long as the application.

    The list of idle connections belongs to one event loop and changes only between awaits.
    """

    def __init__(
        self,
        dsn: str,
        *,
        size: int = 4,
        name: str = "hub",
        waiting: int | None = None,
        patience_s: float | None = None,
    ) -> None:
        """Connect nowhere yet; at most `size` connections will be open.

        While all are lent, at most `waiting` wait for one, each for `patience_s`; None is no limit.
        """
        self.dsn = dsn
        self._name = name
        self._places = asyncio.Semaphore(size)
        self._may_wait = waiting
        self._patience_s = patience_s
        self._waiting = 0
        self._idle: list[Connection] = []
        self._closed = False

    async def _connect(self) -> Connection:
        try:
            return await asyncpg.connect(
                self.dsn,
                statement_cache_size=_STATEMENTS,
                max_cached_statement_lifetime=0,
                server_settings={
                    "application_name": self._name,
                    "jit": "off",
                    "client_connection_check_interval": _CHECK_CLIENT_MS,
                },
            )
        except (OSError, asyncpg.PostgresError, TimeoutError) as problem:
            raise StoreUnavailableError("The database does not accept connections.") from problem

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection; wait while all are lent.

        Raises:
            StoreUnavailableError: The database cannot be reached, or the connection broke.
            StoreBusyError: Too many wait already, or this one has waited too long.
        """
        await self._take_place()
        try:
            lent = self._found() or await self._connect()
            with self._lent(lent):
                yield lent
        finally:
            self._places.release()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection inside a transaction, committed on a clean exit.

        Where the server has ended a connection while it was idle, another one is taken.

        Raises:
            StoreUnavailableError: As `connection`; after a failed commit nobody knows whether
                it was done.
        """
        await self._take_place()
        try:
            lent, transaction = await self._begun()
            with self._lent(lent):
                try:
                    yield lent
                except BaseException:
                    await transaction.rollback()
                    raise
                await transaction.commit()
        finally:
            self._places.release()

    async def _take_place(self) -> None:
        if self._places.locked():
            await self._wait()
        else:
            await self._places.acquire()

    async def _wait(self) -> None:
        """Wait for a place, but not in a queue without end."""
        if self._may_wait is not None and self._waiting >= self._may_wait:
            raise StoreBusyError("Too many requests wait for the database already; try again.")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience_s):
                await self._places.acquire()
        except TimeoutError:
            raise StoreBusyError("The database is busy; try again.") from None
        finally:
            self._waiting -= 1

    def _found(self) -> Connection | None:
        """Return an idle connection that is open, as far as this side knows."""
        while self._idle:
            lent = self._idle.pop()
            if not lent.is_closed():
                return lent
        return None

    async def _begun(self) -> tuple[Connection, Transaction]:
        """Return a transaction that has begun; an idle connection that is dead is found by it."""
        lent = self._found()
        if lent is not None:
            with suppress(StoreUnavailableError):
                return await self._begun_on(lent)
        return await self._begun_on(await self._connect())

    async def _begun_on(self, lent: Connection) -> tuple[Connection, Transaction]:
        with self._lent(lent, give_back=False):
            transaction = lent.transaction()
            await transaction.start()
        return lent, transaction

    @contextmanager
    def _lent(self, lent: Connection, *, give_back: bool = True) -> Iterator[None]:
        """Decide what becomes of a lent connection: one that may be unwell is never lent again."""
        try:
            yield
        except TimeoutError:  # an OSError, and a statement is perhaps under way
            lent.terminate()
            raise
        except (asyncpg.PostgresError, *_CLIENT_SIDE) as problem:
            if not _is_broken(lent, problem):
                self._give_back(lent)
                raise
            lent.terminate()
            raise StoreUnavailableError("The connection to the database broke.") from problem
        except Exception:
            self._give_back(lent)
            raise
        except BaseException:
            lent.terminate()  # cancelled, perhaps in mid-statement
            raise
        if give_back:
            self._give_back(lent)

    def _give_back(self, lent: Connection) -> None:
        if self._closed or lent.is_closed() or lent.is_in_transaction():
            lent.terminate()
        else:
            self._idle.append(lent)

    async def close(self) -> None:
        """Close every idle connection; lent ones close when they come back."""
        self._closed = True
        idle, self._idle = self._idle, []
        for connection in idle:
            try:
                await connection.close(timeout=_FAREWELL_S)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                connection.terminate()


def _is_broken(connection: Connection, problem: BaseException) -> bool:
    """Whether an error means that the connection is gone, and not that a statement was wrong."""
    if connection.is_closed() or isinstance(problem, asyncpg.PostgresConnectionError):
        return True
    return getattr(problem, "severity_en", None) in _ENDS_IT
