"""Connections to PostgreSQL: a small list of our own, with prepared statements kept.

asyncpg's own pool resets a connection each time it is given back, which costs a third of the
point query; nothing here leaves session state behind, so nothing needs a reset. A connection
that was interrupted in mid-statement is closed, never given out again.

A connection acts as one role and keeps it (`SET ROLE`): a query's is that of its entitlement
(`hub.store.wall`). Who asks for one gets an idle connection that has it; only where there is none,
and no place for another connection, an idle one changes. Nobody else sets a role, so the list knows
which connection has which; after a refusal it knows nothing, and the role is set anew.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from types import TracebackType
from typing import Final, NamedTuple, Protocol

import asyncpg
from asyncpg.transaction import Transaction

from hub.errors import StoreBusyError, StoreUnavailableError, WallError
from hub.store.places import Places

_STATEMENTS: Final = 200
"""Prepared statements a connection keeps; bounded, because documents are many."""
_FAREWELL_S: Final = 5.0
_CHECK_CLIENT_MS: Final = "250"
"""How soon PostgreSQL (14 or newer) stops a statement whose connection was closed meanwhile."""
_CLIENT_SIDE: Final = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
_ENDS_IT: Final = frozenset({"FATAL", "PANIC"})
"""Severities after which the server has closed the connection, as when it is shut down."""
Connection = asyncpg.Connection
AS_LOGIN: Final = "none"
"""The role that the hub signs in as: what takes in, scores, decides and looks after the hub."""
_AS_BEGUN: Final = ""
_UNSURE: Final = "?"
"""No role's name here: stands for the role of a connection that was refused something."""
_NO_ROLE: Final = (asyncpg.InvalidParameterValueError, asyncpg.InsufficientPrivilegeError)


class Connections(Protocol):
    """What lends connections that act as one role."""

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """Lend a connection."""


class _Idle(NamedTuple):
    connection: Connection
    role: str


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
        role: str = _AS_BEGUN,
    ) -> None:
        """Connect nowhere yet; at most `size` connections will be open, and begin as `role`.

        While all are lent, at most `waiting` wait for one, each for `patience_s`; None is no limit.
        """
        self.dsn = dsn
        self._name = name
        self._places = Places(size)
        self._may_wait = waiting
        self._patience_s = patience_s
        self._waiting = 0
        self._size = size
        self._out = 0  # places that are taken, each for a connection that is lent or made
        self._role = role
        self._idle: list[_Idle] = []
        self._closed = False

    def acting_as(self, role: str) -> "Acting":
        """Return what lends these connections as another role."""
        return Acting(self, role)

    async def _connect(self) -> Connection:
        begins = {"role": self._role} if self._role else {}
        try:
            return await asyncpg.connect(
                self.dsn,
                statement_cache_size=_STATEMENTS,
                max_cached_statement_lifetime=0,
                server_settings={
                    "application_name": self._name,
                    "jit": "off",
                    "client_connection_check_interval": _CHECK_CLIENT_MS,
                    **begins,
                },
            )
        except _NO_ROLE as problem:
            raise WallError("The database has no role for that.") from problem
        except (OSError, asyncpg.PostgresError, TimeoutError) as problem:
            raise StoreUnavailableError("The database does not accept connections.") from problem

    def connection(self, role: str | None = None, *, requests: int = 1) -> "Loan":
        """Lend a connection that acts as `role`, or as they begin; wait while all are lent.

        Whoever takes it for several requests waits as several.

        Raises:
            StoreUnavailableError: The database cannot be reached, or the connection broke.
            StoreBusyError: Too many wait already, or this one has waited too long.
            WallError: There is no such role.
        """
        return Loan(self, self._role if role is None else role, requests)

    async def lend(self, role: str, requests: int) -> Connection:
        """Begin to lend a connection, as `connection` says; `take_back` ends it."""
        await self._take_place(requests)
        try:
            return self._found(role) or await self._acting(role)
        except BaseException:
            self._leave_place()
            raise

    def take_back(self, lent: Connection, role: str, problem: BaseException | None) -> None:
        """End what `lend` began; `problem` is what went wrong meanwhile.

        Raises:
            StoreUnavailableError: The connection broke.
        """
        try:
            if problem is None:
                self._give_back(lent, role)
            else:
                self._decide(lent, role, problem)
        finally:
            self._leave_place()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection inside a transaction, committed on a clean exit.

        Where the server has ended a connection while it was idle, another one is taken. Whoever is
        stopped in the middle does not wait for the rollback: the server may not answer any more.

        Raises:
            StoreUnavailableError: As `connection`; after a failed commit nobody knows whether
                it was done.
        """
        await self._take_place()
        try:
            lent, transaction = await self._begun()
            with self._lent(lent, self._role):
                try:
                    yield lent
                except Exception:
                    await transaction.rollback()
                    raise  # whoever is stopped asks for nothing: to close it rolls back as well
                await transaction.commit()
        finally:
            self._leave_place()

    async def _take_place(self, requests: int = 1) -> None:
        if not self._places.taken():
            await self._wait(requests)
        self._out += 1

    def _leave_place(self) -> None:
        self._out -= 1
        self._places.leave()

    async def _wait(self, requests: int) -> None:
        """Wait for a place, but not in a queue without end."""
        if self._may_wait is not None and self._waiting + requests > self._may_wait:
            raise StoreBusyError("Too many requests wait for the database already; try again.")
        self._waiting += requests
        try:
            async with asyncio.timeout(self._patience_s):
                await self._places.wait()
        except TimeoutError:
            raise StoreBusyError("The database is busy; try again.") from None
        finally:
            self._waiting -= requests

    def _found(self, role: str) -> Connection | None:
        """Return an idle connection that has `role` and is open, as far as this side knows."""
        for place in range(len(self._idle) - 1, -1, -1):
            if self._idle[place].role == role:
                lent = self._idle.pop(place).connection
                if not lent.is_closed():
                    return lent
        return None

    async def _acting(self, role: str) -> Connection:
        """Return a connection that is made for `role`, or changes to it where no more may open."""
        while len(self._idle) + self._out > self._size:
            oldest = self._idle.pop(0)
            if not oldest.connection.is_closed():
                with suppress(StoreUnavailableError):  # it was dead; WallError is none of these
                    return await self._changed(oldest, role)
        return await self._changed(_Idle(await self._connect(), self._role), role)

    async def _changed(self, idle: _Idle, role: str) -> Connection:
        """Let a connection act as `role`.

        Raises:
            WallError: There is no such role; the connection keeps the one it has.
            StoreUnavailableError: The connection is dead.
        """
        lent = idle.connection
        if idle.role != role:
            try:
                with self._lent(lent, idle.role, give_back=False):
                    await lent.execute(_role_set(role))
            except _NO_ROLE as problem:
                raise WallError("The database has no role for that.") from problem
        return lent

    async def _begun(self) -> tuple[Connection, Transaction]:
        """Return a transaction that has begun; an idle connection that is dead is found by it."""
        lent = self._found(self._role)
        if lent is not None:
            with suppress(StoreUnavailableError):
                return await self._begun_on(lent)
        return await self._begun_on(await self._acting(self._role))

    async def _begun_on(self, lent: Connection) -> tuple[Connection, Transaction]:
        with self._lent(lent, self._role, give_back=False):
            transaction = lent.transaction()
            await transaction.start()
        return lent, transaction

    @contextmanager
    def _lent(self, lent: Connection, role: str, *, give_back: bool = True) -> Iterator[None]:
        """Take a connection back at the end, or if anything goes wrong."""
        try:
            yield
        except BaseException as problem:
            self._decide(lent, role, problem)
            raise
        if give_back:
            self._give_back(lent, role)

    def _decide(self, lent: Connection, role: str, problem: BaseException) -> None:
        """Decide what becomes of a connection: one that may be unwell is never lent again.

        Raises:
            StoreUnavailableError: It broke.
        """
        if isinstance(problem, TimeoutError):
            lent.terminate()  # an OSError too, and a statement is perhaps under way
        elif isinstance(problem, (asyncpg.PostgresError, *_CLIENT_SIDE)):
            if _is_broken(lent, problem):
                lent.terminate()
                raise StoreUnavailableError("The connection to the database broke.") from problem
            is_refused = isinstance(problem, asyncpg.InsufficientPrivilegeError)
            self._give_back(lent, _UNSURE if is_refused else role)
        elif isinstance(problem, Exception):
            self._give_back(lent, role)
        else:
            lent.terminate()  # cancelled, perhaps in mid-statement

    def _give_back(self, lent: Connection, role: str) -> None:
        if self._closed or lent.is_closed() or lent.is_in_transaction():
            lent.terminate()
        else:
            self._idle.append(_Idle(lent, role))

    async def close(self) -> None:
        """Close every idle connection; lent ones close when they come back."""
        self._closed = True
        idle, self._idle = self._idle, []
        for connection, _ in idle:
            try:
                await connection.close(timeout=_FAREWELL_S)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                connection.terminate()


class Loan:
    """A connection of a database, lent for as long as the block lasts that it is for.

    Written by hand, for each statement is asked on one: a generator made into the same takes three
    times as long.
    """

    __slots__ = ("_database", "_lent", "_requests", "_role")
    _lent: Connection

    def __init__(self, database: Database, role: str, requests: int) -> None:
        """Lend nothing yet."""
        self._database = database
        self._role = role
        self._requests = requests

    async def __aenter__(self) -> Connection:
        """Lend it, as `Database.connection` says."""
        lent = self._lent = await self._database.lend(self._role, self._requests)
        return lent

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take it back."""
        self._database.take_back(self._lent, self._role, problem)


class Acting:
    """Lends the connections of a database as one role."""

    def __init__(self, database: Database, role: str) -> None:
        """Lend nothing yet."""
        self._database = database
        self._role = role

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """Lend a connection that acts as the role; as `Database.connection`."""
        return self._database.connection(self._role)


@asynccontextmanager
async def snapshot(lent: Connection) -> AsyncIterator[None]:
    """Let all that is read over a connection be of one moment; nothing can be written.

    Whoever is stopped in the middle does not wait for the rollback, as in `Database.transaction`.
    """
    transaction = lent.transaction(isolation="repeatable_read", readonly=True)
    await transaction.start()
    try:
        yield
    except Exception:
        await transaction.rollback()
        raise
    await transaction.commit()


def _role_set(role: str) -> str:
    if role == _AS_BEGUN:
        return "reset role"
    if role == AS_LOGIN:
        return "set role none"
    return 'set role "' + role.replace('"', '""') + '"'


def _is_broken(connection: Connection, problem: BaseException) -> bool:
    """Whether an error means that the connection is gone, and not that a statement was wrong."""
    if connection.is_closed() or isinstance(problem, asyncpg.PostgresConnectionError):
        return True
    return getattr(problem, "severity_en", None) in _ENDS_IT
