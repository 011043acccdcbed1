"""Read a log for verification from its database.

A source is a small value that can be sent to another process, which then reads its own stretch.
Nothing that is read is believed: what cannot be read is a `Problem`, not an exception.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final, cast

import asyncpg

from audit.errors import StorageError
from audit.postgres import FAILURES
from audit.replay import Chunk, Claims, Problem, StoredRow, check_chunk
from audit.segments import missing_entries
from audit.tiles import TILE_WIDTH

_ROWS: Final = """
    SELECT seq, kind, record, secret, subjects, commitment,
           (date_part('epoch', at) * 1000)::bigint, department
    FROM audit.record WHERE seq >= $1 AND seq < $2 ORDER BY seq
"""
_LEVEL_0: Final = "SELECT n, hashes FROM audit.tile WHERE level = 0 AND n >= $1 AND n < $2"
# Where the log was never pruned, there may be no such table yet.
_IS_PRUNED: Final = "SELECT to_regclass('audit.pruned') IS NOT NULL"
_MINIMUM: Final = "SELECT minimum FROM audit.pruned"
_HIGHER: Final = """
    SELECT level, n, hashes FROM audit.tile
    WHERE level BETWEEN 1 AND 6 AND n < $1::bigint >> 8 * (level + 1)
"""
_STRAY: Final = """
    SELECT 'tile ' || level || '/' || n FROM audit.tile
    WHERE level > 6 OR n >= $1::bigint >> 8 * (level + 1)
    UNION ALL
    SELECT 'entry ' || seq FROM audit.record WHERE seq >= $1 OR seq < 0
    LIMIT 20
"""
_SEGMENTS: Final = """
    SELECT start, stop, array_agg(bucket), array_agg(postings) FROM audit.subject_segment
    GROUP BY start, stop ORDER BY start, stop
"""
_SUBJECTS: Final = "SELECT seq, subjects FROM audit.record WHERE seq >= $1 AND seq < $2"
_NAMED: Final = 20
"""Entries whose index is wrong that are named; there may be more."""


@dataclass(frozen=True, slots=True)
class DatabaseSource:
    """The log in the schema `audit` of a PostgreSQL database."""

    dsn: str = field(repr=False)

    def claims(self) -> Claims:
        """Return what the database says of its log, as of one moment.

        Raises:
            StorageError: The database cannot be read.
        """
        return asyncio.run(self._claims())

    def check(self, start: int, stop: int) -> Chunk:
        """Return what entries `start` to `stop` come to.

        Raises:
            StorageError: The database cannot be read.
        """
        return asyncio.run(self._check(start, stop))

    async def _connect(self) -> asyncpg.Connection:
        try:
            return await asyncpg.connect(self.dsn)
        except (*FAILURES, ValueError) as error:
            raise StorageError(f"cannot reach the database: {type(error).__name__}") from error

    async def _claims(self) -> Claims:
        connection = await self._connect()
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return await _read_claims(connection)
        except FAILURES as error:
            raise StorageError(f"cannot read the log: {type(error).__name__}") from error
        finally:
            await connection.close()

    async def _check(self, start: int, stop: int) -> Chunk:
        connection = await self._connect()
        try:
            rows = await connection.fetch(_ROWS, start, stop)
            tiles = await connection.fetch(_LEVEL_0, start // TILE_WIDTH, stop // TILE_WIDTH)
            minimum = await _minimum(connection)  # after the rows: it is set before they go
        except FAILURES as error:
            raise StorageError(f"cannot read the log: {type(error).__name__}") from error
        finally:
            await connection.close()
        # The statement names the columns in the order of a StoredRow; copying them costs time.
        stored = cast("list[StoredRow]", rows)
        return check_chunk(start, stop, stored, {row[0]: row[1] for row in tiles}, minimum)


async def _minimum(connection: asyncpg.Connection) -> int:
    if not await connection.fetchval(_IS_PRUNED):
        return 0
    return await connection.fetchval(_MINIMUM) or 0


async def _read_claims(connection: asyncpg.Connection) -> Claims:
    head = await connection.fetchrow("SELECT size, frontier, note FROM audit.head")
    if head is None:
        return Claims(0, (), {}, None, None, [Problem("head", "is missing")])
    size = head["size"]
    checkpoints = await connection.fetch("SELECT size, note FROM audit.checkpoint ORDER BY size")
    notes = [(f"checkpoint {row['size']}", row["size"], row["note"]) for row in checkpoints]
    if size:
        notes.append(("head", size, head["note"] or ""))
    tiles = {(row[0], row[1]): row[2] for row in await connection.fetch(_HIGHER, size)}
    problems = [
        Problem(row[0], "lies beyond the end of the log")
        for row in await connection.fetch(_STRAY, size)
    ]
    problems += [
        Problem(f"index of entry {seq}", "does not lead from its subjects to it")
        for seq in sorted(await _misindexed(connection))[:_NAMED]
    ]
    minimum = await _minimum(connection)
    return Claims(size, notes, tiles, head["frontier"], None, problems, minimum)


async def _misindexed(connection: asyncpg.Connection) -> set[int]:
    """Return entries that the index does not lead to as their subjects have it, segment by segment.

    A span that no segment covers is compared with nothing, so its entries with subjects are wrong.
    """
    next_entry: int = await connection.fetchval("SELECT next FROM audit.index_progress") or 0
    wrong: set[int] = set()
    covered = 0
    async for start, stop, buckets, postings in connection.cursor(_SEGMENTS):
        wrong |= await _wrong_in(connection, covered, start, {})
        wrong |= await _wrong_in(connection, start, stop, dict(zip(buckets, postings, strict=True)))
        covered = stop
    return wrong | await _wrong_in(connection, covered, next_entry, {})


async def _wrong_in(
    connection: asyncpg.Connection, start: int, stop: int, stored: dict[int, bytes]
) -> set[int]:
    if start >= stop:
        return set()
    rows = [tuple(row) for row in await connection.fetch(_SUBJECTS, start, stop)]
    return missing_entries(rows, start, stored)
