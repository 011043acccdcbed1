"""Cut the tree into static tiles of 256 hashes that any tlog-tiles client can read.

A full tile never changes. The tile of level L and number n holds the hashes of the 256 subtrees of
256**L leaves that follow leaf n * 256**(L+1). An entry bundle holds the entries of one tile of
level 0, each with a length before it.

`TileTree` is owned by whoever appends to it; it is the frontier and the tiles that are not full.

Spec: C2SP tlog-tiles (5ba5ee8).
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from struct import Struct
from typing import Final, NamedTuple

from audit.merkle import HASH_SIZE, Frontier, root_of

TILE_WIDTH: Final = 256
TILE_HEIGHT: Final = 8
TILE_BYTES: Final = TILE_WIDTH * HASH_SIZE
_MAX_ENTRY: Final = 65_535
_COMMITMENT: Final = Struct("2s34s")
_COMMITMENT_LENGTH: Final = (34).to_bytes(2, "big")


class Tile(NamedTuple):
    """One full tile: 256 hashes of 32 bytes."""

    level: int
    n: int
    hashes: bytes


def tile_path(level: int | str, n: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a tile, or of an entry bundle when `level` is "entries".

    Three digits a folder, all but the last with an x before them; a partial tile says its width.
    """
    parts = [f"{n % 1000:03d}"]
    while n >= 1000:  # noqa: PLR2004 - three digits a folder, says the format
        n //= 1000
        parts.append(f"x{n % 1000:03d}")
    path = f"tile/{level}/{'/'.join(reversed(parts))}"
    return path if width == TILE_WIDTH else f"{path}.p/{width}"


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Return the entries with two length bytes before each.

    Raises:
        ValueError: An entry is longer than 65,535 bytes.
    """
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > _MAX_ENTRY:
            raise ValueError(f"an entry of {len(entry)} bytes does not fit in a bundle")
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


def decode_bundle(bundle: bytes) -> list[bytes]:
    """Return the entries of a bundle.

    Raises:
        ValueError: It ends in the middle of an entry.
    """
    entries: list[bytes] = []
    if not len(bundle) % _COMMITMENT.size:  # all as long as commitments are: no need to look
        pairs = list(_COMMITMENT.iter_unpack(bundle))
        if {length for length, _ in pairs} <= {_COMMITMENT_LENGTH}:
            return [entry for _, entry in pairs]
    at = 0
    while at < len(bundle):
        length = int.from_bytes(bundle[at : at + 2], "big")
        entry = bundle[at + 2 : at + 2 + length]
        if at + 2 > len(bundle) or len(entry) != length:
            raise ValueError(f"the bundle ends inside entry {len(entries)}")
        entries.append(entry)
        at += 2 + length
    return entries


def split_hashes(hashes: bytes) -> list[bytes]:
    """Return the 32-byte hashes that `hashes` is made of."""
    return [hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE)]


def tile_root(hashes: bytes) -> bytes:
    """Return the root over the hashes of a full tile: one hash of the level above."""
    return perfect_root(split_hashes(hashes))


def perfect_root(level: Sequence[bytes]) -> bytes:
    """Return the root over a power of two of hashes."""
    while len(level) > 1:
        level = [  # `hash_children`, written out
            sha256(b"\x01" + left + right).digest()
            for left, right in zip(level[::2], level[1::2], strict=True)
        ]
    return level[0]


def widths(size: int) -> Iterator[tuple[int, int, int]]:
    """Yield (level, number of full tiles, width of the partial tile or 0) for a tree of `size`."""
    level = 0
    while size:
        yield level, size // TILE_WIDTH, size % TILE_WIDTH
        size //= TILE_WIDTH
        level += 1


class TileTree:
    """A tree that grows by leaf hashes and hands out each tile that becomes full.

    `completed` collects full tiles until the owner takes them.
    """

    __slots__ = ("_frontier", "_partial", "completed", "size")

    def __init__(self) -> None:
        self.size = 0
        self.completed: list[Tile] = []
        self._frontier: list[bytes] = []
        self._partial: list[list[bytes]] = []

    @classmethod
    def resume(cls, frontier: Frontier, partial: Sequence[Sequence[bytes]]) -> "TileTree":
        """Return the tree as it stood: `partial` has the hashes of each level's unfinished tile.

        Raises:
            ValueError: The two do not describe the same tree.
        """
        tree = cls()
        tree.size = frontier.size
        tree._frontier = list(frontier.hashes)
        tree._partial = [list(level) for level in partial]
        expected = [width for _, _, width in widths(frontier.size)]
        if [len(level) for level in partial] != expected or tree.tail_frontier() != frontier:
            raise ValueError("the unfinished tiles do not add up to the frontier")
        return tree

    def copy(self) -> "TileTree":
        """Return a tree that grows by itself; at most 256 references a level are copied."""
        tree = TileTree()
        tree.size = self.size
        tree._frontier = self._frontier.copy()
        tree._partial = [level.copy() for level in self._partial]
        tree.completed = self.completed.copy()
        return tree

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash. About two hashes of work."""
        self._place(0, leaf)
        if self.size & 1:
            self._carry(leaf, 0)
        else:
            self._frontier.append(leaf)
        self.size += 1

    def append_tile(self, leaves: Sequence[bytes], root: bytes) -> None:
        """Add 256 leaf hashes, and the root over them, to a tree of whole tiles."""
        if not self._partial:
            self._partial.append([])
        self.completed.append(Tile(0, self.size >> TILE_HEIGHT, b"".join(leaves)))
        self._place(1, root)
        self._carry(root, TILE_HEIGHT)
        self.size += TILE_WIDTH

    def _carry(self, node: bytes, height: int) -> None:
        """Add the root of a perfect subtree of that height, and join those of equal height."""
        rest = self.size >> height
        frontier = self._frontier
        while rest & 1:
            node = self.join(frontier.pop(), node)
            rest >>= 1
            height += 1
            if not height % TILE_HEIGHT:
                self._place(height // TILE_HEIGHT, node)
        frontier.append(node)

    def _place(self, level: int, node: bytes) -> None:
        if level == len(self._partial):
            self._partial.append([])
        row = self._partial[level]
        row.append(node)
        if len(row) == TILE_WIDTH:
            n = self.size >> TILE_HEIGHT * (level + 1)
            self.completed.append(Tile(level, n, b"".join(row)))
            row.clear()

    def take_completed(self) -> list[Tile]:
        """Return the tiles that became full since the last call, and forget them."""
        completed, self.completed = self.completed, []
        return completed

    def frontier(self) -> Frontier:
        """Return what must be kept to go on."""
        return Frontier(self.size, tuple(self._frontier))

    def root(self) -> bytes:
        """Return the root hash."""
        return root_of(self._frontier, self.join)

    @staticmethod
    def join(left: bytes, right: bytes) -> bytes:
        """Return the hash of the node above two nodes."""
        return sha256(b"\x01" + left + right).digest()  # `hash_children`, written out

    def partial(self) -> list[bytes]:
        """Return the unfinished tile of each level, from the leaves upwards."""
        return [b"".join(level) for level in self._partial]

    def tail_frontier(self) -> Frontier:
        """Return the frontier as the unfinished tiles alone give it: a check on `frontier`."""
        hashes: list[bytes] = []
        for level in reversed(self._partial):
            tail = Frontier()
            for node in level:
                tail = tail.append(node)
            hashes += tail.hashes
        return Frontier(self.size, tuple(hashes))
