"""Keep the log in PostgreSQL, in the schema `audit`, on one connection of its own.

The lock is the row of `audit.head`: whoever has it FOR UPDATE is the only one to append, in any
process, and rows become visible in the order of their numbers. Commits are durable when they
return; a server that is set up otherwise is refused at the start.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import asyncpg

from audit.entry import CODE_BY_KIND, EntryKind
from audit.errors import LogInconsistentError, LogUnsafeError, StorageError
from audit.merkle import Frontier
from audit.storage import Addition, Head, Row
from audit.tiles import split_hashes

SCHEMA_SQL: Final = (files("audit") / "postgres_schema.sql").read_text("utf-8")
"""The tables, indexes and triggers of the log; may be run again."""

DATABASE_FAILURES: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what a query gets on a connection that has just been lost
)
FAILURES: Final = (*DATABASE_FAILURES, OSError)
"""What asyncpg raises when the server, the connection or a statement fails."""

_DURABLE_SETTINGS: Final = ("fsync", "full_page_writes", "synchronous_commit")
_SETTINGS: Final = "SELECT name, current_setting(name) FROM unnest($1::text[]) AS name"
# A client whose network is gone is not missed by the server for hours, and meanwhile its
# transaction would hold the head. The second setting is new in PostgreSQL 17.
_NO_LONGER_THAN: Final = """
    SELECT set_config(name, $1, false) FROM pg_settings
    WHERE name IN ('idle_in_transaction_session_timeout', 'transaction_timeout')
"""
_LOCK: Final = "SELECT size, frontier, note FROM audit.head FOR UPDATE"
_COMMITMENTS: Final = (
    "SELECT commitment FROM audit.record WHERE seq >= $1 AND seq < $2 ORDER BY seq"
)
_TILES: Final = "SELECT hashes FROM audit.tile WHERE level = $1 AND n >= $2 AND n < $3 ORDER BY n"
# The kind is written out, so that the partial index is used.
_DEFINITIONS: Final = "SELECT record FROM audit.record WHERE kind = 9 AND seq >= $1 ORDER BY seq"
_COLUMNS: Final = """
    SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = 'audit.record'::regclass AND attnum > 0 AND NOT attisdropped
"""
_NO_TILES: Final = (None, None, None)
# One statement and one round trip for everything but the rows themselves.
_ADVANCE: Final = """
    WITH tiles AS (
        INSERT INTO audit.tile (level, n, hashes)
        SELECT * FROM unnest($4::smallint[], $5::bigint[], $6::bytea[])
    ), published AS (
        INSERT INTO audit.checkpoint (size, at, note)
        SELECT $1, $7::timestamptz, $3 WHERE $7::timestamptz IS NOT NULL
    )
    UPDATE audit.head SET size = $1, frontier = $2, note = $3
"""
# The same with the rows, in one statement that commits by itself: a fifth of the round trips. Its
# UPDATE locks the row of the head; where it has waited for another commit it compares again (READ
# COMMITTED), finds another size and changes nothing, and then nothing is inserted either. The
# rows are an array of the table's rows: for an array of each column asyncpg takes far longer.
_ADVANCE_FROM: Final = """
    WITH moved AS (
        UPDATE audit.head SET size = $1, frontier = $2, note = $3
        WHERE size = $8 AND frontier = $9
        RETURNING true
    ), tiles AS (
        INSERT INTO audit.tile (level, n, hashes)
        SELECT t.* FROM unnest($4::smallint[], $5::bigint[], $6::bytea[]) AS t
        WHERE EXISTS (SELECT FROM moved)
    ), published AS (
        INSERT INTO audit.checkpoint (size, at, note)
        SELECT $1, $7::timestamptz, $3
        WHERE $7::timestamptz IS NOT NULL AND EXISTS (SELECT FROM moved)
    ), records AS (
        INSERT INTO audit.record
            (seq, at, kind, department, record, secret, subjects, commitment, aside)
        SELECT r.* FROM unnest($10::audit.record[]) AS r
        WHERE EXISTS (SELECT FROM moved)
    )
    SELECT count(*) FROM moved
"""
assert CODE_BY_KIND[EntryKind.DICTIONARY] == 9  # noqa: S101, PLR2004 - as the SQL has it
assert CODE_BY_KIND[EntryKind.RETENTION] == 13  # noqa: S101, PLR2004 - as the schema has it


async def create_schema(connection: asyncpg.Connection) -> None:
    """Create the schema `audit` where it is missing; may be called again."""
    await connection.execute(SCHEMA_SQL)


@dataclass(frozen=True, slots=True)
class _LockedHead:
    """`audit.storage.Locked` inside one transaction."""

    connection: asyncpg.Connection
    head: Head

    async def commitments(self, start: int, stop: int) -> list[bytes]:
        return [row[0] for row in await self.connection.fetch(_COMMITMENTS, start, stop)]

    async def tiles(self, level: int, start: int, stop: int) -> list[bytes]:
        return [row[0] for row in await self.connection.fetch(_TILES, level, start, stop)]

    async def definitions(self, start: int) -> list[bytes]:
        return [row[0] for row in await self.connection.fetch(_DEFINITIONS, start)]

    async def write(self, addition: Addition) -> None:
        await self.connection.copy_records_to_table(
            "record", schema_name="audit", records=addition.rows, columns=Row._fields
        )
        await self.connection.execute(_ADVANCE, *_advance(addition))


def _advance(addition: Addition) -> tuple[object, ...]:
    """Return what an addition changes besides its rows, as the statements have it."""
    frontier, tiles = addition.head.frontier, addition.tiles
    return (
        frontier.size,
        b"".join(frontier.hashes),
        addition.head.note,
        *(zip(*tiles, strict=True) if tiles else _NO_TILES),
        addition.published_at,
    )


class PostgresStorage:
    """`audit.storage.Storage` on asyncpg. `dsn` is a libpq connection string.

    A transaction that takes longer than `abandoned_s` is rolled back by the server: whoever began
    it is gone, and the others are not kept waiting.
    """

    def __init__(
        self, dsn: str, *, connect_timeout_s: float = 5.0, abandoned_s: float = 15.0
    ) -> None:
        self._dsn = dsn
        self._connect_timeout_s = connect_timeout_s
        self._abandoned_ms = f"{abandoned_s * 1000:.0f}"
        self._connection: asyncpg.Connection | None = None
        self._takes_rows = True

    async def open(self) -> None:
        """Connect to a server that keeps what it acknowledges.

        Raises:
            LogUnsafeError: fsync, full_page_writes or synchronous_commit is off.
            StorageError: The server cannot be reached.
        """
        with _translated():
            self._connection = await asyncpg.connect(
                self._dsn,
                timeout=self._connect_timeout_s,
                server_settings={"application_name": "audit log"},
            )
            settings = await self._connection.fetch(_SETTINGS, _DURABLE_SETTINGS)
            await self._connection.fetch(_NO_LONGER_THAN, self._abandoned_ms)
            columns = await self._connection.fetchval(_COLUMNS)
        self._takes_rows = columns == [*Row._fields]
        unsafe = [name for name, value in settings if value == "off"]
        if unsafe:
            await self.close()
            raise LogUnsafeError(
                f"PostgreSQL has {', '.join(unsafe)} off and may lose what it acknowledged; "
                f"turn it on for this database"
            )

    async def advance(self, expected: Frontier, addition: Addition) -> bool:
        """Store the addition if the log ends at `expected`, in one statement, which commits.

        A table that a later version of this program gave another column takes no rows as they are
        here: they are written under the lock, which names their columns.
        """
        connection = self._connected()
        if not self._takes_rows:
            return False
        given = (*_advance(addition), expected.size, b"".join(expected.hashes), addition.rows)
        try:
            moved: int = await connection.fetchval(_ADVANCE_FROM, *given)
        except FAILURES as error:
            raise _failed(error) from error
        return moved == 1

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[_LockedHead]:
        """Hold the row of the head in one transaction; leaving commits.

        Leaving by an error drops the connection, which rolls back: to ask a server for it that
        does not answer any more would take for ever.
        """
        connection = self._connected()
        with _translated():
            transaction = connection.transaction()
            try:
                await transaction.start()
                yield _LockedHead(connection, _head(await connection.fetchrow(_LOCK)))
                await transaction.commit()
            except BaseException:
                await self.close()
                raise

    def _connected(self) -> asyncpg.Connection:
        if self._connection is None:
            raise StorageError("the log is not connected")
        return self._connection

    async def close(self) -> None:
        """Drop the connection at once: a transaction that is under way may or may not count."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None


def _head(row: asyncpg.Record | None) -> Head:
    if row is None:
        raise StorageError("the schema of the log has not been created")
    try:
        return Head(Frontier(row["size"], tuple(split_hashes(row["frontier"]))), row["note"])
    except ValueError as error:
        raise LogInconsistentError(f"the stored head is malformed: {error}") from None


@contextmanager
def _translated() -> Iterator[None]:
    """Let no foreign exception out."""
    try:
        yield
    except FAILURES as error:
        raise _failed(error) from error


def _failed(error: Exception) -> StorageError:
    """Return what a failure is told as. Texts of the server are not: they may quote rows."""
    return StorageError(f"PostgreSQL failed the log: {type(error).__name__}")
