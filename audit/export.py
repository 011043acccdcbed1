"""Write a log as a folder of static files that can be verified anywhere, offline.

`checkpoint` and `tile/` are a C2SP tlog-tiles log, which other people's programs read. `records/`
holds the records with their secrets: it goes to auditors only, while the rest may be published.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from audit.errors import StorageError
from audit.exported import KEPT, POLICIES, ExportedCheckpoint, ExportedEntry, records_path
from audit.forms import FORMS, SUFFIXES, FormedEntry
from audit.manifest import WHOLE, Listing, TextSigner
from audit.merkle import hash_leaf
from audit.postgres import DATABASE_FAILURES, FAILURES
from audit.published import CHECKPOINT, MINIMUM
from audit.replay import CHUNK
from audit.tiles import TILE_WIDTH, TileTree, encode_bundle, split_hashes, tile_path, widths
from audit.twin import TWIN_KEPT, TWIN_NOTE, twin_path

_ROWS: Final = """
    SELECT seq, kind, record, secret, subjects, commitment
    FROM audit.record WHERE seq >= $1 AND seq < $2 ORDER BY seq
"""
_MINIMUM: Final = "SELECT minimum FROM audit.pruned"
_LEVEL_0: Final = "SELECT hashes FROM audit.tile WHERE level = 0 AND n >= $1 AND n < $2 ORDER BY n"
_TWIN: Final = "SELECT size, partial, note FROM audit.twin"
_TWIN_KEPT: Final = "SELECT size, note FROM audit.twin_checkpoint ORDER BY size"
_TWIN_TILES: Final = "SELECT level, n, hashes FROM audit.twin_tile ORDER BY level, n"
ExportedRow = tuple[int, int, bytes, bytes, bytes, bytes]
"""Seq, kind, record, secret, packed subjects, commitment."""
Progress = Callable[[int, int], None]
"""Is told how many entries are done, of how many."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """What makes a folder a signed export: who signs, when, and what else goes in."""

    signer: TextSigner
    now: datetime
    policies: Mapping[str, str] = field(default_factory=dict)
    """The texts of policies, by digest."""
    forms: Sequence[str] = ()
    """In which other forms the records are written as well (`audit.forms`)."""


def export_log(
    dsn: str, folder: Path, progress: Progress | None = None, sealing: Sealing | None = None
) -> int:
    """Write the log in the database to `folder`, and return the number of its entries.

    The folder shows the log as of one moment; the log may be written to meanwhile. Without
    `sealing` it has no manifest, and nobody can tell what was left out of it afterwards.

    Raises:
        FileExistsError: The folder exists and is not empty.
        OSError: The folder cannot be written.
        StorageError: The database cannot be read, or the log has no entry yet.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty; export to a new folder")
    return asyncio.run(_export(dsn, folder, progress, sealing))


async def _export(
    dsn: str, folder: Path, progress: Progress | None, sealing: Sealing | None
) -> int:
    try:
        connection = await asyncpg.connect(dsn)
    except (*FAILURES, ValueError) as error:
        raise StorageError(f"cannot reach the database: {type(error).__name__}") from error
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await _write_all(connection, folder, progress, sealing)
    except DATABASE_FAILURES as error:
        raise StorageError(f"cannot read the log: {type(error).__name__}") from error
    finally:
        await connection.close()


async def _write_all(
    connection: asyncpg.Connection,
    folder: Path,
    progress: Progress | None,
    sealing: Sealing | None,
) -> int:
    head = await connection.fetchrow("SELECT size, note FROM audit.head")
    if head is None or not head["size"]:
        raise StorageError("the log has no entry yet")
    size = int(head["size"])
    minimum: int = await connection.fetchval(_MINIMUM)
    writer = ExportWriter(folder, minimum, sealing)
    for start in range(0, size, CHUNK):
        stop = min(start + CHUNK, size)
        rows = [tuple(row) for row in await connection.fetch(_ROWS, start, stop)]
        gone = (start // TILE_WIDTH, min(stop, minimum) // TILE_WIDTH)
        tiles = await connection.fetch(_LEVEL_0, *gone) if start < minimum else []
        writer.add(rows, [row[0] for row in tiles])
        if progress:
            progress(stop, size)
    kept = await connection.fetch("SELECT size, note FROM audit.checkpoint ORDER BY size")
    await _write_twin(connection, writer)
    writer.finish(head["note"], [(row[0], row[1]) for row in kept])
    return size


async def _write_twin(connection: asyncpg.Connection, writer: "ExportWriter") -> None:
    """Write the SM3 twin beside the log, where one is kept."""
    twin = await connection.fetchrow(_TWIN)
    if twin is None or not twin["size"]:
        return
    kept = await connection.fetch(_TWIN_KEPT)
    lines = [msgspec.json.encode(ExportedCheckpoint(row[0], row[1])) for row in kept]
    async for level, n, hashes in connection.cursor(_TWIN_TILES):
        writer.write(twin_path(level, n), hashes)
    for (level, count, width), hashes in zip(widths(twin["size"]), twin["partial"], strict=False):
        if width:
            writer.write(twin_path(level, count, width), hashes)
    writer.write(TWIN_KEPT, b"".join(line + b"\n" for line in lines))
    writer.write(TWIN_NOTE, twin["note"].encode())


class ExportWriter:
    """Writes an export, a chunk of entries at a time, and the checkpoint last."""

    def __init__(self, folder: Path, minimum: int = 0, sealing: Sealing | None = None) -> None:
        """Take the folder, and the log's minimum index: entries below it may be gone."""
        self._folder = folder
        self._minimum = minimum
        self._sealing = sealing
        self._listing = None if sealing is None else Listing(sealing.signer, sealing.now)
        self._tree = TileTree()

    def add(self, rows: Sequence[ExportedRow], pruned: Sequence[bytes] = ()) -> None:
        """Write the next entries in order: `CHUNK` of them, or fewer and then no more.

        `pruned` are the tiles of level 0 of the chunk that lie below the minimum index: of the
        entries that they stand for, `rows` has what is left.

        Raises:
            OSError: The folder cannot be written.
        """
        tree = self._tree
        lines = [
            msgspec.json.encode(
                ExportedEntry(seq, kind, record.decode(), secret.hex(), subjects.hex())
            )
            for seq, kind, record, secret, subjects, _ in rows
        ]
        path = records_path(tree.size)
        self.write(path, b"".join(line + b"\n" for line in lines))
        if self._sealing is not None and self._sealing.forms:
            formed = [FormedEntry(seq, kind, record) for seq, kind, record, *_ in rows]
            for form in self._sealing.forms:
                made = FORMS[form](formed, self._sealing.signer.name)
                self.write(f"{form}/{Path(path).stem}.{SUFFIXES[form]}", made)
        for hashes in pruned:
            self._grow(split_hashes(hashes))
        commitments = [row[-1] for row in rows if row[0] >= self._minimum]
        for at in range(0, len(commitments), TILE_WIDTH):
            bundle = commitments[at : at + TILE_WIDTH]
            n = (tree.size + at) // TILE_WIDTH
            self.write(tile_path("entries", n, len(bundle)), encode_bundle(bundle))
        self._grow([hash_leaf(entry) for entry in commitments])

    def _grow(self, leaves: Sequence[bytes]) -> None:
        for leaf in leaves:
            self._tree.append(leaf)
        for level, n, hashes in self._tree.take_completed():
            self.write(tile_path(level, n), hashes)

    def finish(self, note: str, kept: Sequence[tuple[int, str]]) -> None:
        """Write the unfinished tiles, the kept checkpoints as (size, note), and the newest one.

        Raises:
            OSError: The folder cannot be written.
        """
        tree = self._tree
        if self._minimum:
            self.write(MINIMUM, f"{self._minimum}\n".encode())
        for (level, count, width), hashes in zip(widths(tree.size), tree.partial(), strict=False):
            if width:
                self.write(tile_path(level, count, width), hashes)
        lines = [msgspec.json.encode(ExportedCheckpoint(*each)) for each in kept]
        self.write(KEPT, b"".join(line + b"\n" for line in lines))
        # Last, so that a folder without it is recognisably unfinished.
        self.write(CHECKPOINT, note.encode())
        if self._sealing is not None and self._listing is not None:
            for digest, text in self._sealing.policies.items():
                self.write(f"{POLICIES}/{digest}.toml", text.encode())
            listing, self._listing = self._listing, None
            for path, content in listing.finish(WHOLE, tree.size, tree.size, {}):
                self.write(path, content)

    def write(self, path: str, content: bytes) -> None:
        """Write one file of the export.

        Raises:
            OSError: The folder cannot be written.
        """
        if self._listing is not None:
            self._listing.add(path, content)
        whole = self._folder / path
        whole.parent.mkdir(parents=True, exist_ok=True)
        whole.write_bytes(content)
