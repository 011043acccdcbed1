"""Write a log as a folder of static files that can be verified anywhere, offline.

`checkpoint` and `tile/` are a C2SP tlog-tiles log, which other people's programs read. `records/`
holds the records with their secrets: it goes to auditors only, while the rest may be published.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from audit.errors import StorageError
from audit.merkle import hash_leaf
from audit.postgres import DATABASE_FAILURES, FAILURES
from audit.replay import CHUNK
from audit.sources import ExportedCheckpoint, ExportedEntry, records_path
from audit.tiles import TILE_WIDTH, TileTree, encode_bundle, tile_path, widths

_ROWS: Final = """
    SELECT seq, kind, record, secret, subjects, commitment
    FROM audit.record WHERE seq >= $1 AND seq < $2 ORDER BY seq
"""
Progress = Callable[[int, int], None]
"""Is told how many entries are done, of how many."""


def export_log(dsn: str, folder: Path, progress: Progress | None = None) -> int:
    """Write the log in the database to `folder`, and return the number of its entries.

    The folder shows the log as of one moment; the log may be written to meanwhile.

    Raises:
        FileExistsError: The folder exists and is not empty.
        OSError: The folder cannot be written.
        StorageError: The database cannot be read, or the log has no entry yet.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; export to a new folder")
    return asyncio.run(_export(dsn, folder, progress))


async def _export(dsn: str, folder: Path, progress: Progress | None) -> int:
    try:
        connection = await asyncpg.connect(dsn)
    except (*FAILURES, ValueError) as error:
        raise StorageError(f"cannot reach the database: {type(error).__name__}") from error
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await _write_all(connection, folder, progress)
    except DATABASE_FAILURES as error:
        raise StorageError(f"cannot read the log: {type(error).__name__}") from error
    finally:
        await connection.close()


async def _write_all(
    connection: asyncpg.Connection, folder: Path, progress: Progress | None
) -> int:
    head = await connection.fetchrow("SELECT size, note FROM audit.head")
    if head is None or not head["size"]:
        raise StorageError("the log has no entry yet")
    size = int(head["size"])
    tree = TileTree()
    for start in range(0, size, CHUNK):
        stop = min(start + CHUNK, size)
        _write_chunk(folder, start, tree, await connection.fetch(_ROWS, start, stop))
        if progress:
            progress(stop, size)
    for (level, count, width), hashes in zip(widths(size), tree.partial(), strict=False):
        if width:
            _write(folder / tile_path(level, count, width), hashes)
    kept = await connection.fetch("SELECT size, note FROM audit.checkpoint ORDER BY size")
    lines = [msgspec.json.encode(ExportedCheckpoint(row[0], row[1])) for row in kept]
    _write(folder / "checkpoints.jsonl", b"".join(line + b"\n" for line in lines))
    # Last, so that a folder without it is recognisably unfinished.
    _write(folder / "checkpoint", head["note"].encode())
    return size


def _write_chunk(folder: Path, start: int, tree: TileTree, rows: list[asyncpg.Record]) -> None:
    lines = [
        msgspec.json.encode(
            ExportedEntry(row[0], row[1], row[2].decode(), row[3].hex(), row[4].hex())
        )
        for row in rows
    ]
    _write(folder / records_path(start), b"".join(line + b"\n" for line in lines))
    commitments = [row["commitment"] for row in rows]
    for at in range(0, len(commitments), TILE_WIDTH):
        bundle = commitments[at : at + TILE_WIDTH]
        n = (start + at) // TILE_WIDTH
        _write(folder / tile_path("entries", n, len(bundle)), encode_bundle(bundle))
    for entry in commitments:
        tree.append(hash_leaf(entry))
    for level, n, hashes in tree.take_completed():
        _write(folder / tile_path(level, n), hashes)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
