"""Make proofs from tiles: which of them a proof needs, and the hashes that it is made of. Pure.

Spec: C2SP tlog-tiles (5ba5ee8), RFC 6962 §2.1.1 and §2.1.2.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from audit.errors import LogInconsistentError
from audit.merkle import HASH_SIZE, Subtree, consistency_proof, inclusion_proof, root_of
from audit.tiles import TILE_HEIGHT, TILE_WIDTH, perfect_root, split_hashes

Proof = tuple[bytes, ...]
Proving = Callable[[Subtree], Proof]
"""Makes one proof out of subtree hashes."""


class TilePlace(NamedTuple):
    """One tile, as far as it goes in a tree of some size."""

    level: int
    n: int
    width: int


Hashes = Mapping[TilePlace, bytes]


def inclusion(index: int, size: int) -> Proving:
    """Return what proves that entry `index` is in the first `size`."""
    return lambda subtree: inclusion_proof(index, size, subtree)


def consistency(first: int, second: int) -> Proving:
    """Return what proves that the first `first` entries are a prefix of the first `second`."""
    return lambda subtree: consistency_proof(first, second, subtree)


def root(size: int) -> Proving:
    """Return what gives the root over the first `size` entries, as a proof of one hash."""
    return lambda subtree: (subtree(0, size),)


def tiles_for(proving: Proving, size: int) -> frozenset[TilePlace]:
    """Return the tiles of a tree of `size` entries that a proof is made of."""
    needed: set[TilePlace] = set()

    def note(start: int, stop: int) -> bytes:
        needed.update(_tile_of(height, n, size) for height, n in _perfect(start, stop))
        return bytes(HASH_SIZE)

    proving(note)
    return frozenset(needed)


def prove(proving: Proving, size: int, tiles: Hashes) -> Proof:
    """Return the proof, out of the tiles that `tiles_for` names.

    Raises:
        LogInconsistentError: A tile is missing or has another width.
    """

    def subtree(start: int, stop: int) -> bytes:
        return root_of([_hash(height, n, size, tiles) for height, n in _perfect(start, stop)])

    return proving(subtree)


def _perfect(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield height and number of the perfect subtrees over entries `start` to `stop`."""
    while start < stop:
        height = (stop - start).bit_length() - 1
        yield height, start >> height
        start += 1 << height


def _tile_of(height: int, n: int, size: int) -> TilePlace:
    level, above = divmod(height, TILE_HEIGHT)
    tile = (n << above) // TILE_WIDTH
    width = min(TILE_WIDTH, (size >> TILE_HEIGHT * level) - tile * TILE_WIDTH)
    return TilePlace(level, tile, width)


_MISSING: Final = "is missing or has another width"


def _hash(height: int, n: int, size: int, tiles: Hashes) -> bytes:
    place = _tile_of(height, n, size)
    found = tiles.get(place)
    if found is None or len(found) != place.width * HASH_SIZE:
        raise LogInconsistentError(f"tile {place.level}/{place.n} {_MISSING}")
    above = height % TILE_HEIGHT
    first = (n << above) % TILE_WIDTH
    return perfect_root(split_hashes(found)[first : first + (1 << above)])
