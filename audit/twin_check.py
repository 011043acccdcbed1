"""Verify the SM3 twin of a log, from its database or from an export: `hub-audit ... --sm3`.

1. Its checkpoints are signed by the log's keys, under the twin's name. 2. Its tiles and roots
follow from the commitments of the log's entries. 3. It has every tile up to its size, and a
checkpoint.

That the commitments are those of the entries is what the log's own verification shows.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from audit.checkpoint import NoteVerifiers
from audit.errors import StorageError
from audit.exported import ExportedCheckpoint
from audit.published import read_bundle, read_minimum
from audit.reading import FolderReader
from audit.replay import Problem
from audit.tiles import TILE_WIDTH, widths
from audit.twin import TWIN_KEPT, TWIN_NOTE, TwinReplay, opened_notes, twin_path, twin_vkeys

_LINES: Final = msgspec.json.Decoder(ExportedCheckpoint)


def check_database(dsn: str, vkey: str) -> tuple[int, list[Problem]]:
    """Return how many entries the twin in a database covers, and what is wrong with it.

    Raises:
        StorageError: The database cannot be read, or keeps no twin.
        InvalidNoteError: `vkey` is no verifier key.
    """
    # Here, so that an auditor without the database's driver can verify an export.
    from audit.twin_stored import check_stored

    return asyncio.run(check_stored(dsn, _verifiers(vkey)))


def check_export(folder: Path, vkey: str) -> tuple[int, list[Problem]]:
    """Return how many entries the twin in an export covers, and what is wrong with it.

    Raises:
        StorageError: The export has no twin, or a file cannot be read.
        InvalidNoteError: `vkey` is no verifier key.
    """
    reader = FolderReader(folder)
    note = reader.read(TWIN_NOTE)
    if note is None:
        raise StorageError(f"{folder} has no SM3 twin")
    notes, problems = opened_notes([(TWIN_NOTE, note.decode(errors="replace"))], _verifiers(vkey))
    size = notes[0].size if notes else 0
    told, unread = _kept(reader)
    more, wrong = opened_notes(told, _verifiers(vkey))
    problems += [*unread, *wrong]
    replay = TwinReplay(size, [*notes, *more])
    minimum = read_minimum(reader)
    for start in range(0, size, TILE_WIDTH):
        n, width = start // TILE_WIDTH, min(TILE_WIDTH, size - start)
        entries = [None] * width if start < minimum else _bundle(reader, n, width)
        if entries is None:
            problems.append(Problem(f"bundle {n}", "is missing or cut"))
        stored = reader.read(twin_path(0, n)) if width == TILE_WIDTH else None
        replay.add([b""] * width if entries is None else entries, stored)
    replay.finish()
    for level, n, hashes in replay.higher:
        if reader.read(twin_path(level, n)) != hashes:
            problems.append(Problem(f"sm3 tile {level}/{n}", "is missing or differs"))
    for (level, count, width), hashes in zip(widths(size), replay.tree.partial(), strict=False):
        if width and reader.read(twin_path(level, count, width)) != hashes:
            problems.append(Problem(f"sm3 tile {level}", "the unfinished tile differs"))
    return size, [*problems, *replay.problems]


def _kept(reader: FolderReader) -> tuple[list[tuple[str, str]], list[Problem]]:
    told: list[tuple[str, str]] = []
    problems: list[Problem] = []
    for number, line in enumerate((reader.read(TWIN_KEPT) or b"").splitlines(), 1):
        place = f"{TWIN_KEPT} line {number}"
        try:
            told.append((place, _LINES.decode(line).note))
        except msgspec.MsgspecError:
            problems.append(Problem(place, "cannot be read"))
    return told, problems


def _bundle(reader: FolderReader, n: int, width: int) -> Sequence[bytes | None] | None:
    """Return the first entries of a bundle, which may be wider: the log is ahead of its twin."""
    for wider in range(width, TILE_WIDTH + 1):
        found = read_bundle(reader, n, wider)
        if found is not None:
            return found[:width]
    return None


def _verifiers(vkey: str) -> NoteVerifiers:
    return NoteVerifiers.from_vkeys(twin_vkeys(vkey.split()))
