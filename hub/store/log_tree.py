"""Read the published part of the audit log: its newest checkpoint, tiles, bundles, and proofs.

Nothing here is about anybody: hashes, and salted commitments.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from audit.errors import LogInconsistentError
from audit.merkle import HASH_SIZE, hash_leaf
from audit.proving import Proof, Proving, prove, tiles_for
from audit.tiles import TILE_WIDTH, encode_bundle, tile_root
from hub.errors import CorruptError
from hub.store.database import Connection

_HEAD: Final = "SELECT size, note FROM audit.head"
_TILES: Final = "SELECT hashes FROM audit.tile WHERE level = $1 AND n >= $2 AND n < $3 ORDER BY n"
_MINIMUM: Final = "SELECT minimum FROM audit.pruned"
_TWIN: Final = "SELECT size, note FROM audit.twin"
_TWIN_TILE: Final = "SELECT hashes FROM audit.twin_tile WHERE level = $1 AND n = $2"
_ENTRIES: Final = "SELECT commitment FROM audit.record WHERE seq >= $1 AND seq < $2 ORDER BY seq"

_root: Final = lru_cache(maxsize=1_024)(tile_root)
"""Roots of full tiles, by what is in them: 255 hashes each, of which a proof needs up to 255."""


class Newest(NamedTuple):
    """The end of the log: how many entries it has, and the signed note that says so."""

    size: int
    note: str


async def newest(connection: Connection) -> Newest | None:
    """Return the newest checkpoint; None while the log has no entry."""
    head = await connection.fetchrow(_HEAD)
    return None if head is None or not head["size"] else Newest(head["size"], head["note"])


async def minimum_index(connection: Connection) -> int:
    """Return the number below which entries may be gone (C2SP tlog-tiles, "Pruning")."""
    minimum: int = await connection.fetchval(_MINIMUM)
    return minimum


async def bundle(connection: Connection, n: int, width: int) -> bytes:
    """Return the first `width` entries of bundle `n`, which the log reaches.

    Raises:
        CorruptError: They are not all there.
    """
    start = n * TILE_WIDTH
    entries = await _column(connection, _ENTRIES, start, start + width)
    if len(entries) != width:
        raise _missing()
    try:
        return encode_bundle(entries)
    except ValueError:
        raise _missing() from None


async def tile(connection: Connection, level: int, n: int, width: int) -> bytes:
    """Return the first `width` hashes of a tile, which the log reaches.

    Raises:
        CorruptError: They are not all there.
    """
    start = n * TILE_WIDTH
    # Where the tile is full by now, it has what the entries had: those may be gone.
    found: Iterable[bytes] = await _column(connection, _TILES, level, n, n + 1)
    hashes = b"".join(found)[: width * HASH_SIZE]
    if hashes or width == TILE_WIDTH:
        pass
    elif level == 0:
        entries = await _column(connection, _ENTRIES, start, start + width)
        hashes = b"".join(hash_leaf(entry) for entry in entries)
    else:
        below = await _column(connection, _TILES, level - 1, start, start + width)
        hashes = b"".join(map(_root, below))
    if len(hashes) != width * HASH_SIZE:
        raise _missing()
    return hashes


async def newest_of_twin(connection: Connection) -> Newest | None:
    """Return the newest checkpoint of the SM3 twin; None where none is kept."""
    head = await connection.fetchrow(_TWIN)
    return None if head is None or not head["size"] else Newest(head["size"], head["note"])


async def twin_tile(connection: Connection, level: int, n: int) -> bytes | None:
    """Return a full tile of the SM3 twin, None where there is none."""
    hashes: bytes | None = await connection.fetchval(_TWIN_TILE, level, n)
    return hashes


async def proof(connection: Connection, proving: Proving, size: int) -> Proof:
    """Return a proof about the tree of the first `size` entries, which the log reaches.

    Raises:
        CorruptError: A tile is missing.
    """
    tiles = {place: await tile(connection, *place) for place in sorted(tiles_for(proving, size))}
    try:
        return prove(proving, size, tiles)
    except LogInconsistentError:
        raise _missing() from None


def _missing() -> CorruptError:
    return CorruptError("A tile of the log is missing or malformed.")


async def _column(connection: Connection, sql: str, *bounds: int) -> list[bytes]:
    return [row[0] for row in await connection.fetch(sql, *bounds)]
