"""Verify the SM3 twin of a log in its database: `audit.twin_check` says what is looked at."""

from typing import Final

import asyncpg

from audit.checkpoint import Opener
from audit.errors import StorageError
from audit.postgres import FAILURES
from audit.replay import Problem
from audit.tiles import TILE_WIDTH
from audit.twin import TwinReplay, opened_notes

_TWIN: Final = "SELECT size, note FROM audit.twin"
_CHECKPOINTS: Final = "SELECT size, note FROM audit.twin_checkpoint ORDER BY size"
_ENTRIES: Final = "SELECT seq, commitment FROM audit.record WHERE seq >= $1 AND seq < $2"
_STORED: Final = "SELECT n, hashes FROM audit.twin_tile WHERE level = 0 AND n >= $1 AND n < $2"
_HIGHER: Final = "SELECT level, n, hashes FROM audit.twin_tile WHERE level > 0"
_MINIMUM: Final = "SELECT minimum FROM audit.pruned"
_STEP: Final = 64


async def check_stored(dsn: str, verifiers: Opener) -> tuple[int, list[Problem]]:
    """Return how many entries the twin covers, and what is wrong with it, as of one moment.

    Raises:
        StorageError: The database cannot be read, or keeps no twin.
    """
    try:
        connection = await asyncpg.connect(dsn)
    except (*FAILURES, ValueError) as error:
        raise StorageError(f"cannot reach the database: {type(error).__name__}") from error
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await _in_database(connection, verifiers)
    except FAILURES as error:
        raise StorageError(f"cannot read the log: {type(error).__name__}") from error
    finally:
        await connection.close()


async def _in_database(
    connection: asyncpg.Connection, verifiers: Opener
) -> tuple[int, list[Problem]]:
    head = await connection.fetchrow(_TWIN)
    if head is None or not head["size"]:
        raise StorageError("the log keeps no SM3 twin")
    size = int(head["size"])
    kept = [(f"sm3 checkpoint {row[0]}", row[1]) for row in await connection.fetch(_CHECKPOINTS)]
    notes, problems = opened_notes([("sm3 head", head["note"] or ""), *kept], verifiers)
    if not any(note.size == size for note in notes):
        problems.append(Problem("sm3 head", "no checkpoint vouches for the twin's size"))
    replay = TwinReplay(size, notes)
    minimum = await connection.fetchval(_MINIMUM) or 0
    for first in range(0, size, _STEP * TILE_WIDTH):
        last = min(first + _STEP * TILE_WIDTH, size)
        entries = {row[0]: row[1] for row in await connection.fetch(_ENTRIES, first, last)}
        numbers = (first // TILE_WIDTH, last // TILE_WIDTH)
        tiles = {row[0]: row[1] for row in await connection.fetch(_STORED, *numbers)}
        for start in range(first, last, TILE_WIDTH):
            stop = min(start + TILE_WIDTH, last)
            found = [entries.get(seq, None if seq < minimum else b"") for seq in range(start, stop)]
            replay.add(found, tiles.get(start // TILE_WIDTH))
    replay.finish()
    stored = {(row[0], row[1]): row[2] for row in await connection.fetch(_HIGHER)}
    for level, n, hashes in replay.higher:
        if stored.pop((level, n), None) != hashes:
            problems.append(Problem(f"sm3 tile {level}/{n}", "is missing or differs"))
    problems += [Problem(f"sm3 tile {level}/{n}", "is beyond the twin") for level, n in stored]
    return size, [*problems, *replay.problems]
