"""Reads a department's SQL database, read-only, in the order (time of change, key).

The cursor holds the last pair of each table. A row that appears later with an older time
of change is not seen; a department whose clock can go back needs a full pull (no cursor).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

import msgspec
import sqlalchemy as sa
import stamina
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from connectors.errors import SourceFormatError, SourceRefusedError, SourceUnavailableError
from connectors.protocol import Page, ReasonCode, SourceRecord, Unreadable
from connectors.shape import Shape

T = TypeVar("T")
_READ_ONLY: Final = {
    "sqlite": "PRAGMA query_only = ON",
    "postgresql": "SET default_transaction_read_only = on",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
}

_REFUSING: Final = ("28", "42501")
"""SQLSTATEs of an account that is not accepted, or may not read the table."""
_PASSING: Final = ("08", "40", "53", "55", "57", "58")
"""Classes of a connection, a conflict, a shortage, a lock, an operator, a disk: they pass."""

Kinds = Mapping[str, sa.types.TypeEngine[object]]
"""Column -> its type, where the database does not compare the column with a word by itself."""
Cursor = dict[str, tuple[str, str]]
_CURSOR: Final = msgspec.json.Decoder(Cursor)


_UNCLEAR: Final = (sa.exc.OperationalError, sa.exc.ProgrammingError, sa.exc.InterfaceError)
"""Errors that an absent database and a wrong table have in common."""


class _PassingError(Exception):
    """One attempt failed in a way that another may not; `str()` names the kind of error."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table that is read: its name, all columns that are wanted, and their shape."""

    name: str
    columns: tuple[str, ...]
    shape: Shape


@dataclass(frozen=True, slots=True)
class SqlTables:
    """The connector of a department that lets us read tables of its database."""

    department: str
    url: str = field(repr=False)
    tables: tuple[Table, ...]
    limit: int = 1000
    attempts: int = 4
    timeout_s: float = 60.0

    async def pull(self, cursor: str | None) -> AsyncIterator[Page]:
        """Yield the rows behind `cursor`, table by table; see `Connector.pull`.

        Rows without a time of change or a key have no place in that order; they are
        reported unreadable at each pull, until the department mends them.
        """
        done = self._parsed(cursor)
        engine = self._engine()
        try:
            for table in self.tables:
                async for page in self._pull_table(engine, table, done):
                    yield page
        finally:
            engine.dispose()

    async def _pull_table(
        self, engine: sa.Engine, table: Table, done: Cursor
    ) -> AsyncIterator[Page]:
        kinds = await self._tried(engine, table, partial(_kinds, table))
        lost = await self._tried(engine, table, _reading(_placeless(table, self.limit)))
        if lost:
            why = f"{table.shape.updated} or {table.shape.key} is empty"
            yield Page(
                (),
                tuple(
                    table.shape.unreadable(
                        f"{table.name} row {number} without a place",
                        ReasonCode.ROW_UNREADABLE,
                        why,
                    )
                    for number, _ in enumerate(lost, start=1)
                ),
                _written(done),
            )
        read = 0
        while True:
            statement = _behind(table, kinds, done.get(table.name), self.limit)
            rows = await self._tried(engine, table, _reading(statement))
            if not rows:
                return
            last = rows[-1]
            done[table.name] = (str(last[table.shape.updated]), str(last[table.shape.key]))
            yield _page(table, rows, read, _written(done))
            read += len(rows)

    async def _tried(
        self, engine: sa.Engine, table: Table, work: Callable[[sa.Connection], T]
    ) -> T:
        """Return what `work` reads of `table`, at the first attempt that succeeds."""
        try:
            async for attempt in stamina.retry_context(
                on=_PassingError,
                attempts=self.attempts,
                timeout=None,
                wait_initial=0.1,
                wait_max=2.0,
            ):
                with attempt:
                    return await self._attempt(engine, table, work)
        except _PassingError as error:
            await asyncio.to_thread(self._explain, engine, table)
            raise SourceUnavailableError(
                self.department, table.name, f"{error} at every attempt"
            ) from None
        raise AssertionError("the attempts end in rows or an error")

    async def _attempt(
        self, engine: sa.Engine, table: Table, work: Callable[[sa.Connection], T]
    ) -> T:
        """Return what was read; a driver's own words stay here, for they can quote values."""
        try:
            async with asyncio.timeout(self.timeout_s):
                return await asyncio.to_thread(_done_on, engine, work)
        except (TimeoutError, OSError) as error:
            raise _PassingError(type(error).__name__) from None
        except (sa.exc.DBAPIError, UnicodeDecodeError) as error:
            raise self._judged(table, error) from None

    def _judged(self, table: Table, error: Exception) -> Exception:
        """Return what a database's error means to us; of its words, its code at most is told."""
        state = _state(error)
        if state.startswith(_REFUSING):
            why = f"does not accept our account ({state})"
            return SourceRefusedError(self.department, table.name, why)
        if isinstance(error, _UNCLEAR) or state.startswith(_PASSING):
            return _PassingError(f"{type(error).__name__}{state and ' ' + state}")
        why = f"cannot be read ({state or type(error).__name__})"
        return SourceFormatError(self.department, table.name, why)

    def _explain(self, engine: sa.Engine, table: Table) -> None:
        """Tell a wrong table from an absent database, which drivers report alike."""
        try:
            found = _done_on(
                engine,
                lambda c: {column["name"] for column in sa.inspect(c).get_columns(table.name)},
            )
        except sa.exc.NoSuchTableError:
            raise SourceFormatError(self.department, table.name, "no such table") from None
        except (sa.exc.SQLAlchemyError, OSError):
            return
        missing = sorted(set(table.columns) - found)
        if missing:
            raise SourceFormatError(
                self.department, table.name, f"columns missing: {', '.join(missing)}"
            )

    def _engine(self) -> sa.Engine:
        engine = _engine_of(self.url)
        statement = _READ_ONLY.get(engine.dialect.name)
        if statement:
            sa.event.listen(engine, "connect", _executing(statement))
        return engine

    def _parsed(self, cursor: str | None) -> Cursor:
        try:
            return _CURSOR.decode(cursor) if cursor else {}
        except msgspec.DecodeError:
            raise SourceFormatError(self.department, "cursor", "is not one of ours") from None


def _engine_of(url: str) -> sa.Engine:
    """Return an engine without a pool; of an asynchronous driver, its synchronous face."""
    if sa.make_url(url).get_dialect().is_async:
        return create_async_engine(
            url, poolclass=sa.pool.NullPool, hide_parameters=True
        ).sync_engine
    return sa.create_engine(url, poolclass=sa.pool.NullPool, hide_parameters=True)


def _executing(statement: str) -> Callable[[DBAPIConnection, object], None]:
    """Return a listener that runs `statement` on each new connection."""

    def execute(connection: DBAPIConnection, _: object) -> None:
        cursor = connection.cursor()
        cursor.execute(statement)
        cursor.close()
        connection.commit()  # or the first rollback takes the setting back

    return execute


def _state(error: Exception) -> str:
    """Return the SQLSTATE of a database's error, empty where the driver tells none."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state if isinstance(state, str) else ""


def _reading(
    statement: sa.Select[tuple[object, ...]],
) -> Callable[[sa.Connection], list[Mapping[str, object]]]:
    """Return the reading of a statement's rows."""

    def read(connection: sa.Connection) -> list[Mapping[str, object]]:
        return [dict(row) for row in connection.execute(statement).mappings()]

    return read


def _kinds(table: Table, connection: sa.Connection) -> Kinds:
    """Return the types of the columns of the order; the cursor holds them as words.

    PostgreSQL compares a moment or a number with no word; others do, or have words only.
    """
    if connection.dialect.name != "postgresql":
        return {}
    try:
        columns = sa.inspect(connection).get_columns(table.name)
    except sa.exc.NoSuchTableError:
        return {}  # the first reading says so, with its place
    order = {table.shape.updated, table.shape.key}
    return {
        column["name"]: column["type"]
        for column in columns
        if column["name"] in order
        and not isinstance(column["type"], (sa.String, sa.types.NullType))
    }


def _done_on(engine: sa.Engine, work: Callable[[sa.Connection], T]) -> T:
    """Return what `work` does on a connection; called in a thread of its own.

    A driver that is asynchronous (asyncpg) gets an event loop there.
    """
    if not engine.dialect.is_async:
        with engine.connect() as connection:
            return work(connection)

    async def on_loop() -> T:
        async with AsyncEngine(engine).connect() as connection:
            return await connection.run_sync(work)

    return asyncio.run(on_loop())


def _selected(table: Table) -> sa.TableClause:
    return sa.table(table.name, *(sa.column(name) for name in table.columns))


def _behind(
    table: Table, kinds: Kinds, after: tuple[str, str] | None, limit: int
) -> sa.Select[tuple[object, ...]]:
    rows = _selected(table)
    updated, key = rows.c[table.shape.updated], rows.c[table.shape.key]
    statement = sa.select(rows).where(updated.is_not(None), key.is_not(None))
    if after is not None:
        moment = _placed(kinds, table.shape.updated, after[0])
        last = _placed(kinds, table.shape.key, after[1])
        statement = statement.where(
            sa.or_(updated > moment, sa.and_(updated == moment, key > last))
        )
    return statement.order_by(updated, key).limit(limit)


def _placed(kinds: Kinds, column: str, word: str) -> sa.SQLColumnExpression[object]:
    """Return a word of the cursor as the database compares it with the column."""
    literal = sa.literal(word, sa.String)
    if column not in kinds:
        return literal
    return sa.cast(literal, kinds[column])


def _placeless(table: Table, limit: int) -> sa.Select[tuple[object, ...]]:
    rows = _selected(table)
    updated, key = rows.c[table.shape.updated], rows.c[table.shape.key]
    return sa.select(rows).where(sa.or_(updated.is_(None), key.is_(None))).limit(limit)


def _page(table: Table, rows: list[Mapping[str, object]], read: int, cursor: str) -> Page:
    records: list[SourceRecord] = []
    unreadable: list[Unreadable] = []
    for number, row in enumerate(rows, start=read + 1):
        location = f"{table.name} row {number} of this pull"
        words: dict[str, str | None] = {}
        strange = [name for name, value in row.items() if not _put(words, name, value)]
        found = (
            table.shape.unreadable(
                location, ReasonCode.ROW_UNREADABLE, f"not a text or number: {', '.join(strange)}"
            )
            if strange
            else table.shape.record(words, location)
        )
        if isinstance(found, SourceRecord):
            records.append(found)
        else:
            unreadable.append(found)
    return Page(tuple(records), tuple(unreadable), cursor)


def _put(words: dict[str, str | None], name: str, value: object) -> bool:
    """Write `value` as a word; say whether it could be."""
    match value:
        case None | str():
            words[name] = value
        case int() | float() | Decimal() | UUID():
            words[name] = str(value)
        case datetime() | date():
            words[name] = value.isoformat()
        case _:
            return False
    return True


def _written(done: Cursor) -> str:
    return msgspec.json.encode(done, order="sorted").decode()
