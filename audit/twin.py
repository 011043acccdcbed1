"""A second tree over the same entries, of SM3 in place of SHA-256, under an origin of its own.

C2SP tlog-tiles fixes SHA-256; who needs the hash of the state's own suite (GM/T 0004) verifies the
twin beside the log. Its leaves are the log's 34-byte commitments: leaf SM3(00 ‖ commitment), node
SM3(01 ‖ left ‖ right), tiles of 256 hashes. Its origin is the log's and `/sm3`, its notes are
signed by the log's own keys under that name.

It follows behind the log. Pure: `audit.twin_log` keeps it, `audit.twin_check` verifies it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.hashes import SM3, Hash
from typing_extensions import override

from audit.checkpoint import Opener, vkey_of
from audit.errors import InvalidNoteError
from audit.merkle import HASH_SIZE
from audit.notes import read_vkey
from audit.replay import Problem
from audit.tiles import TILE_BYTES, TILE_WIDTH, TileTree, split_hashes, tile_path, widths

SUFFIX: Final = "/sm3"
FOLDER: Final = "sm3"
"""Where a log's files have those of its twin, and where the hub serves them."""
TWIN_NOTE: Final = f"{FOLDER}/checkpoint"
TWIN_KEPT: Final = f"{FOLDER}/checkpoints.jsonl"


def sm3(data: bytes) -> bytes:
    """Return SM3 of `data` (GM/T 0004)."""
    working = Hash(SM3())
    working.update(data)
    return working.finalize()


def twin_leaf(entry: bytes) -> bytes:
    """Return the leaf hash of a commitment in the twin."""
    return sm3(b"\x00" + entry)


class TwinTree(TileTree):
    """The tree over SM3."""

    __slots__ = ()

    @classmethod
    def kept(cls, size: int, frontier: bytes, partial: Sequence[bytes]) -> "TwinTree":
        """Return the tree as it was kept.

        Raises:
            ValueError: What was kept is no tree of that size.
        """
        tree = cls()
        tree.size = size
        tree._frontier = split_hashes(frontier)
        tree._partial = [split_hashes(level) for level in partial]
        if len(frontier) != size.bit_count() * HASH_SIZE:
            raise ValueError(f"{len(frontier)} bytes are no frontier of {size} entries")
        return tree

    @override
    @staticmethod
    def join(left: bytes, right: bytes) -> bytes:
        return sm3(b"\x01" + left + right)

    def packed_frontier(self) -> bytes:
        """Return the frontier as it is kept."""
        return b"".join(self._frontier)


def twin_vkeys(vkeys: Sequence[str]) -> list[str]:
    """Return the verifier keys of the twin, by those of its log: the same keys, its own name.

    Raises:
        InvalidNoteError: One is no verifier key of a log.
    """
    found = [read_vkey(vkey, b"\x01", "the verifier key", "Ed25519 key") for vkey in vkeys]
    return [vkey_of(key.name + SUFFIX, key.public) for key in found]


@dataclass(frozen=True, slots=True)
class TwinNote:
    """A checkpoint of the twin: where it stands, its signed size and root."""

    place: str
    size: int
    root: bytes


def opened_notes(
    told: Sequence[tuple[str, str]], verifiers: Opener
) -> tuple[list[TwinNote], list[Problem]]:
    """Return the checkpoints of notes, given as place and text, and what is wrong with others."""
    notes: list[TwinNote] = []
    problems: list[Problem] = []
    for place, text in told:
        try:
            checkpoint = verifiers.open(text)
        except InvalidNoteError as error:
            problems.append(Problem(place, str(error)))
        else:
            notes.append(TwinNote(place, checkpoint.size, checkpoint.root))
    return notes, problems


class TwinReplay:
    """Grows the twin over the log's entries, a tile at a time, and gathers what is wrong."""

    def __init__(self, size: int, notes: Sequence[TwinNote]) -> None:
        """Take how far the twin reaches, and its checkpoints that verified."""
        self.problems: list[Problem] = []
        self.tree = TwinTree()
        self.higher: list[tuple[int, int, bytes]] = []
        """Level, number and hashes of the tiles above the lowest, as the entries give them."""
        self.size = size
        self._notes = sorted(notes, key=lambda note: note.size, reverse=True)
        for note in notes:
            if note.size > size:
                what = f"covers {note.size} entries, but the twin has {size}"
                self.problems.append(Problem(note.place, what))

    def add(self, entries: Sequence[bytes | None], stored: bytes | None) -> None:
        """Take the entries of the next tile, None where they are gone, and the tile as stored.

        `stored` is None where the tile is not full, and so need not be stored.
        """
        n = self.tree.size // TILE_WIDTH
        hashes = split_hashes(stored) if stored and len(stored) == TILE_BYTES else []
        if len(entries) == TILE_WIDTH and not hashes:
            self.problems.append(Problem(f"sm3 tile 0/{n}", "is missing or cut"))
        for place, entry in enumerate(entries):
            leaf = hashes[place] if entry is None and hashes else twin_leaf(entry or b"")
            if hashes and leaf != hashes[place]:
                what = f"differs from the entries, first at entry {n * TILE_WIDTH + place}"
                self.problems.append(Problem(f"sm3 tile 0/{n}", what))
                hashes = []
            self._compare()
            self.tree.append(leaf)
        self.higher += [tile for tile in self.tree.take_completed() if tile.level]

    def finish(self) -> None:
        """Compare the last checkpoints."""
        self._compare()

    def _compare(self) -> None:
        while self._notes and self._notes[-1].size <= self.tree.size:
            note = self._notes.pop()
            if note.size == self.tree.size and note.root != self.tree.root():
                self.problems.append(Problem(note.place, "its root is not that of the entries"))


def twin_paths(size: int) -> Iterator[str]:
    """Yield every file that an export has of a twin of `size` entries."""
    if size:
        yield from (TWIN_NOTE, TWIN_KEPT)
    for level, count, width in widths(size):
        yield from (twin_path(level, n) for n in range(count))
        if width:
            yield twin_path(level, count, width)


def twin_path(level: int, n: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a tile of the twin, below the log's own prefix."""
    return f"{FOLDER}/{tile_path(level, n, width)}"
