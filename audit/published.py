"""What anybody may see of a log: checkpoint, tiles and entry bundles, as C2SP tlog-tiles has them.

`PublishedSource` gives them to verification: without the records, so what it shows is that the
tiles, the entries' commitments and the checkpoint are of one tree, not what the entries say.

Spec: C2SP tlog-tiles (5ba5ee8).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from audit.checkpoint import Opener
from audit.entry import COMMITMENT_SIZE
from audit.errors import InvalidNoteError
from audit.merkle import HASH_SIZE, hash_leaf
from audit.reading import Reader
from audit.replay import MISSING_LEAF, Chunk, Claims, Problem, tile_problems
from audit.tiles import TILE_BYTES, TILE_WIDTH, decode_bundle, split_hashes, tile_path, widths

CHECKPOINT: Final = "checkpoint"
MINIMUM: Final = "minimum-index"
"""The file, or the path, that tells the minimum index of a pruned log: one line, a number."""
_MAX_DIGITS: Final = 18
_CUT: Final = "the bundle is missing, cut, or has another number of entries"


@dataclass(frozen=True, slots=True)
class PublishedSource:
    """A log by its static files, up to the checkpoint that it was opened with."""

    reader: Reader
    note: str
    size: int
    minimum: int = 0

    @classmethod
    def open(cls, reader: Reader, verifier: Opener) -> "PublishedSource":
        """Return the log as of its newest checkpoint; none of it when the note does not verify.

        Raises:
            StorageError: The place does not answer.
        """
        note = (reader.read(CHECKPOINT) or b"").decode(errors="replace")
        try:
            size = verifier.open(note).size
        except InvalidNoteError:
            size = 0  # a size that nobody signed must not make us search without end
        return cls(reader, note, size, min(read_minimum(reader), size))

    def claims(self) -> Claims:
        """Return what the log says of itself.

        Raises:
            StorageError: The place does not answer.
        """
        notes = [(CHECKPOINT, None, self.note)] if self.note else []
        full, partial = higher_tiles(self.reader, self.size)
        return Claims(
            self.size, notes, full, None, partial, minimum=self.minimum, has_records=False
        )

    def check(self, start: int, stop: int) -> Chunk:
        """Return what entries `start` to `stop` come to.

        Raises:
            StorageError: The place does not answer.
        """
        chunk = Chunk(start, minimum=self.minimum)
        for n, width in bundles_of(start, stop):
            if (n + 1) * TILE_WIDTH <= self.minimum:
                self._pruned(chunk, n)
                continue
            entries = read_bundle(self.reader, n, width)
            if entries is None:
                chunk.problems.append(Problem(f"bundle {n}", _CUT))
                chunk.leaves += [MISSING_LEAF] * width
                continue
            for seq, entry in enumerate(entries, n * TILE_WIDTH):
                if len(entry) != COMMITMENT_SIZE:
                    what = f"is no commitment: it has {len(entry)} bytes, not {COMMITMENT_SIZE}"
                    chunk.problems.append(Problem(f"entry {seq}", what))
            leaves = [hash_leaf(entry) for entry in entries]
            chunk.leaves += leaves
            if width == TILE_WIDTH:
                stored = read_tile(self.reader, 0, n)
                chunk.problems += tile_problems(n, b"".join(leaves), stored)
        return chunk

    def _pruned(self, chunk: Chunk, n: int) -> None:
        """Let the tile stand for the entries that are gone; the levels above it must fit."""
        hashes = read_tile(self.reader, 0, n) or b""
        if len(hashes) != TILE_BYTES:
            chunk.problems.append(Problem(f"tile 0/{n}", "is missing or cut"))
            hashes = MISSING_LEAF * TILE_WIDTH
        chunk.leaves += split_hashes(hashes)


def read_minimum(reader: Reader) -> int:
    """Return the minimum index that a log tells, 0 where it tells none that can be one.

    Raises:
        StorageError: The place does not answer.
    """
    told = (reader.read(MINIMUM) or b"0").decode(errors="replace").removesuffix("\n")
    is_number = told.isascii() and told.isdigit() and len(told) <= _MAX_DIGITS
    minimum = int(told) if is_number else 0
    return minimum - minimum % TILE_WIDTH


def bundles_of(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield number and width of the bundles over entries `start` to `stop`; `start` is aligned."""
    for n in range(start // TILE_WIDTH, -(-stop // TILE_WIDTH)):
        yield n, min(TILE_WIDTH, stop - n * TILE_WIDTH)


def read_tile(reader: Reader, level: int, n: int, width: int = TILE_WIDTH) -> bytes | None:
    """Return the first `width` hashes of a tile, None where it is missing.

    A log may drop a partial tile once it has the full one, so that is looked for as well.

    Raises:
        StorageError: The place does not answer.
    """
    found = reader.read(tile_path(level, n, width))
    if found is None and width < TILE_WIDTH:
        found = reader.read(tile_path(level, n))
        return None if found is None else found[: width * HASH_SIZE]
    return found


def read_bundle(reader: Reader, n: int, width: int = TILE_WIDTH) -> list[bytes] | None:
    """Return the first `width` entries of a bundle, None where they are not all there.

    Raises:
        StorageError: The place does not answer.
    """
    found = reader.read(tile_path("entries", n, width))
    is_longer = found is None and width < TILE_WIDTH
    if is_longer:
        found = reader.read(tile_path("entries", n))
    try:
        entries = decode_bundle(found or b"")
    except ValueError:
        return None
    if is_longer:
        entries = entries[:width]
    return entries if len(entries) == width else None


def higher_tiles(reader: Reader, size: int) -> tuple[dict[tuple[int, int], bytes], Sequence[bytes]]:
    """Return the full tiles of level 1 and up, and the unfinished tile of every level.

    Raises:
        StorageError: The place does not answer.
    """
    full: dict[tuple[int, int], bytes] = {}
    partial: list[bytes] = []
    for level, count, width in widths(size):
        for n in range(count if level else 0):
            hashes = read_tile(reader, level, n)
            if hashes is not None:
                full[level, n] = hashes
        tail = read_tile(reader, level, count, width) if width else b""
        partial.append(tail or b"")
    return full, partial
