"""Read an exported log for verification: its published part, the records and the kept checkpoints.

Every file must be one that an export of this size has, and each of those must be there.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from audit.published import (
    CHECKPOINT,
    MINIMUM,
    bundles_of,
    higher_tiles,
    read_bundle,
    read_minimum,
    read_tile,
)
from audit.reading import FolderReader
from audit.replay import CHUNK, Chunk, Claims, Problem, StoredRow, check_chunk
from audit.tiles import TILE_WIDTH, tile_path, widths
from audit.twin import TWIN_NOTE, twin_paths

KEPT: Final = "checkpoints.jsonl"
RECORDS: Final = "records"
POLICIES: Final = "policies"
_NAMED: Final = 20
"""Files too many that are named; there may be more."""


class ExportedEntry(msgspec.Struct, frozen=True):
    """One line of an export: what is needed to recompute a commitment. Bytes are hexadecimal."""

    seq: int
    kind: int
    record: str
    secret: str
    subjects: str


class ExportedCheckpoint(msgspec.Struct, frozen=True):
    """One kept checkpoint of an export."""

    size: int
    note: str


_ENTRY: Final = msgspec.json.Decoder(ExportedEntry)
_CHECKPOINT: Final = msgspec.json.Decoder(ExportedCheckpoint)


def records_path(start: int) -> str:
    """Return the path of the file that holds the records of the chunk from `start` on."""
    return f"{RECORDS}/{start // CHUNK:09d}.jsonl"


def is_export(folder: Path) -> bool:
    """Return whether a folder has records, and not only what may be published."""
    return (folder / RECORDS).is_dir() or (folder / KEPT).exists()


def paths_of(size: int, minimum: int = 0) -> Iterator[str]:
    """Yield every file that the export of a log of `size` entries has."""
    yield from (CHECKPOINT, KEPT)
    if minimum:
        yield MINIMUM
    for start in range(0, size, CHUNK):
        yield records_path(start)
    for n, width in bundles_of(minimum, size):
        yield tile_path("entries", n, width)
    for level, count, width in widths(size):
        yield from (tile_path(level, n) for n in range(count))
        if width:
            yield tile_path(level, count, width)


@dataclass(frozen=True, slots=True)
class ExportSource:
    """The log as a folder: `checkpoint`, `checkpoints.jsonl`, `tile/` and `records/`."""

    folder: Path
    more: frozenset[str] = frozenset()
    """Files that stand beside the log's, and are checked otherwise."""

    def claims(self) -> Claims:
        """Return what the folder says of its log; its size is what the newest checkpoint says.

        Raises:
            StorageError: A file is there and cannot be read.
        """
        note = (self._read(CHECKPOINT) or b"").decode(errors="replace")
        notes: list[tuple[str, int | None, str]] = []
        problems: list[Problem] = []
        kept = self._read(KEPT)
        if kept is None:
            problems.append(Problem(KEPT, "is missing"))
        for number, line in enumerate((kept or b"").splitlines(), 1):
            try:
                checkpoint = _CHECKPOINT.decode(line)
            except msgspec.MsgspecError:
                problems.append(Problem(f"{KEPT} line {number}", "cannot be read"))
            else:
                notes.append((f"checkpoint {checkpoint.size}", checkpoint.size, checkpoint.note))
        size = self._claimed_size(note)
        if size or note:
            notes.append((CHECKPOINT, None, note))
        minimum = min(read_minimum(self._reader), size)
        full, partial = higher_tiles(self._reader, size)
        problems += self._strays(size, minimum)
        return Claims(size, notes, full, None, partial, problems, minimum)

    def _claimed_size(self, note: str) -> int:
        """Return how many entries to look for; the note itself is verified by the replay."""
        lines = note.split("\n")
        claimed = lines[1] if len(lines) > 1 else ""
        is_size = claimed.isascii() and claimed.isdigit() and len(claimed) < 16  # noqa: PLR2004
        files = sorted((self.folder / RECORDS).glob("*.jsonl"))
        entries = 0
        if files:
            last = files[-1].read_bytes().splitlines()
            entries = (len(files) - 1) * CHUNK + len(last)
        # A note that promises more than there is must not make us search without end.
        return min(int(claimed), entries + CHUNK) if is_size else entries

    def _strays(self, size: int, minimum: int) -> list[Problem]:
        """Return the files that an export of this size does not have, the first ones by name."""
        there = (path for path in self.folder.rglob("*") if not path.is_dir() or path.is_symlink())
        wanted = set(paths_of(size, minimum)) | set(twin_paths(self._twin_size(size)))
        found = {path.relative_to(self.folder).as_posix() for path in there} - wanted
        found -= self.more
        return [Problem(path, "is no file of this export") for path in sorted(found)[:_NAMED]]

    def _twin_size(self, size: int) -> int:
        """Return how far the SM3 twin says it reaches, 0 where there is none."""
        lines = (self._read(TWIN_NOTE) or b"").decode(errors="replace").split("\n")
        told = lines[1] if len(lines) > 1 else ""
        is_size = told.isascii() and told.isdigit() and len(told) < 16  # noqa: PLR2004
        return min(int(told), size) if is_size else 0

    def check(self, start: int, stop: int) -> Chunk:
        """Return what entries `start` to `stop` come to.

        Raises:
            StorageError: A file is there and cannot be read.
        """
        numbers = range(start // TILE_WIDTH, stop // TILE_WIDTH)
        tiles = {n: read_tile(self._reader, 0, n) for n in numbers}
        problems: list[Problem] = []
        minimum = read_minimum(self._reader)
        first = max(start, min(stop, minimum))
        commitments = [None] * (first - start) + self._commitments(first, stop, problems)
        rows = self._rows(start, commitments, problems)
        present = {n: hashes for n, hashes in tiles.items() if hashes is not None}
        chunk = check_chunk(start, stop, rows, present, minimum)
        chunk.problems += problems
        return chunk

    def _commitments(self, start: int, stop: int, problems: list[Problem]) -> list[bytes | None]:
        entries: list[bytes | None] = []
        for n, width in bundles_of(start, stop):
            found = read_bundle(self._reader, n, width)
            if found is None:
                problems.append(Problem(tile_path("entries", n, width), "is missing or cut"))
            entries += found or [b""] * width
        return entries

    def _rows(
        self, start: int, commitments: Sequence[bytes | None], problems: list[Problem]
    ) -> Iterator[StoredRow]:
        path = records_path(start)
        content = self._read(path)
        if content is None:
            problems.append(Problem(path, "is missing"))
        decode, unhex, count = _ENTRY.decode, bytes.fromhex, len(commitments)
        for number, line in enumerate((content or b"").splitlines(), 1):
            try:
                entry = decode(line)
                secret, subjects = unhex(entry.secret), unhex(entry.subjects)
                record = entry.record.encode()
            except (msgspec.MsgspecError, ValueError):
                problems.append(Problem(f"{path} line {number}", "cannot be read"))
                continue
            seq = entry.seq
            stored = commitments[seq - start] if 0 <= seq - start < count else b""
            yield (seq, entry.kind, record, secret, subjects, stored, None, None)

    def entry(self, index: int) -> ExportedEntry | None:
        """Return one entry by its number; None where it is missing.

        Raises:
            StorageError: The file is there and cannot be read.
        """
        for line in (self._read(records_path(index)) or b"").splitlines():
            with suppress(msgspec.MsgspecError):
                found = _ENTRY.decode(line)
                if found.seq == index:
                    return found
        return None

    @property
    def _reader(self) -> FolderReader:
        return FolderReader(self.folder)

    def _read(self, path: str) -> bytes | None:
        return self._reader.read(path)
