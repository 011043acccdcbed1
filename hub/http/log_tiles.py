"""The audit log as static tiles, so that any tlog-tiles client can watch it.

What is served are salted commitments and their hashes: they say nothing about anybody. A valid
token of any client is asked for all the same, for how many accesses there are is nobody else's
business. Full tiles never change and may be cached; the checkpoint may not.

Spec: C2SP tlog-tiles (5ba5ee8).
"""

import re
from dataclasses import dataclass
from typing import Final

import asyncpg

from audit.merkle import hash_leaf
from audit.tiles import TILE_WIDTH, encode_bundle, tile_path, tile_root
from hub.errors import CorruptError
from hub.http.auth import Authenticator
from hub.http.exchange import Incoming, NotFoundError, Reply
from hub.store.database import Connection, Database

_PLACE: Final = re.compile(
    r"(?P<level>[0-9]|[1-5][0-9]|6[0-3]|entries)"
    r"/(?P<n>(?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)
_HEAD: Final = "SELECT size, note FROM audit.head"
_TILES: Final = "SELECT hashes FROM audit.tile WHERE level = $1 AND n >= $2 AND n < $3 ORDER BY n"
_ENTRIES: Final = "SELECT commitment FROM audit.record WHERE seq >= $1 AND seq < $2 ORDER BY seq"
_FOREVER: Final = "private, max-age=31536000, immutable"
_BYTES: Final = "application/octet-stream"
_ENTRY_LEVEL: Final = "entries"


@dataclass(frozen=True, slots=True)
class Place:
    """Which tile or bundle is asked for; `level` -1 is the entries themselves."""

    level: int
    n: int
    width: int

    @property
    def start(self) -> int:
        """Number of its first hash within its level."""
        return self.n * TILE_WIDTH

    def fits(self, size: int) -> bool:
        """Whether a log of `size` entries has so much of it."""
        per_hash: int = TILE_WIDTH ** max(self.level, 0)
        return self.start + self.width <= size // per_hash


@dataclass(frozen=True, slots=True)
class LogTiles:
    """Serves the checkpoint and the tiles."""

    authenticator: Authenticator
    database: Database

    async def checkpoint(self, incoming: Incoming) -> Reply:
        """Give the newest signed checkpoint."""
        self.authenticator.caller(incoming)
        async with self.database.connection() as connection:
            head = await connection.fetchrow(_HEAD)
        if head is None or not head["size"]:
            raise NotFoundError("The log has no entry yet.")
        return Reply(200, "text/plain; charset=utf-8", head["note"].encode())

    async def tile(self, incoming: Incoming) -> Reply:
        """Give a tile of hashes or a bundle of entries; a partial one as far as the log goes."""
        self.authenticator.caller(incoming)
        place = parsed_place(incoming.path_text("place"))
        async with self.database.connection() as connection:
            head = await connection.fetchrow(_HEAD)
            if head is None or not place.fits(head["size"]):
                raise NotFoundError("The log does not reach as far as this tile.")
            content = await _content(connection, place)
        return Reply(200, _BYTES, content, cache=_FOREVER)


def parsed_place(text: str) -> Place:
    """Return the tile that the path after `tile/` names.

    Raises:
        NotFoundError: It names none, or not in the one way that the specification has.
    """
    found = _PLACE.fullmatch(text)
    if found is None:
        raise NotFoundError("This is no path of a tile.")
    level, n = found["level"], int(found["n"].replace("x", "").replace("/", ""))
    width = int(found["width"] or TILE_WIDTH)
    is_partial = found["width"] is not None
    if (is_partial and width >= TILE_WIDTH) or f"tile/{text}" != tile_path(level, n, width):
        raise NotFoundError("This is no path of a tile.")
    return Place(-1 if level == _ENTRY_LEVEL else int(level), n, width)


async def _content(connection: Connection, place: Place) -> bytes:
    start, stop = place.start, place.start + place.width
    try:
        if place.level < 0:
            return encode_bundle(await _column(connection, _ENTRIES, start, stop))
        if place.width == TILE_WIDTH:
            (tile,) = await _column(connection, _TILES, place.level, place.n, place.n + 1)
            return tile
        return await _partial(connection, place.level, start, stop)
    except ValueError:
        raise CorruptError("A tile of the log is missing or malformed.") from None


async def _partial(connection: Connection, level: int, start: int, stop: int) -> bytes:
    """Return hashes of a tile that is not full, from what lies below it."""
    if level == 0:
        entries = await _column(connection, _ENTRIES, start, stop)
        hashes = [hash_leaf(entry) for entry in entries]
    else:
        tiles = await _column(connection, _TILES, level - 1, start, stop)
        hashes = [tile_root(tile) for tile in tiles]
    if len(hashes) != stop - start:
        raise ValueError("rows are missing")
    return b"".join(hashes)


async def _column(connection: asyncpg.Connection, sql: str, *bounds: int) -> list[bytes]:
    return [row[0] for row in await connection.fetch(sql, *bounds)]
