"""The audit log as static tiles, so that any tlog-tiles client can watch it.

What is served are salted commitments and their hashes: they say nothing about anybody. A valid
token of any client is asked for all the same, for how many accesses there are is nobody else's
business; the setting `log_is_public` lifts that. Tiles and bundles never change and may be cached;
the checkpoint may not.

There are two prefixes, of one log: `/log` with the newest checkpoint, `/log/witnessed` with the
newest one that a witness cosigned, for whoever believes no other.

Spec: C2SP tlog-tiles (5ba5ee8).
"""

import gzip
import re
from dataclasses import dataclass, replace
from typing import Final

from audit.tiles import TILE_WIDTH, tile_path
from hub.http.auth import Authenticator
from hub.http.exchange import Incoming, NotFoundError, Reply
from hub.store.database import Connections
from hub.store.log_tree import (
    bundle,
    minimum_index,
    newest,
    newest_of_twin,
    tile,
    twin_tile,
)
from hub.store.witnessed import newest_witnessed

_PLACE: Final = re.compile(
    r"(?P<level>[0-9]|[1-5][0-9]|6[0-3]|entries)"
    r"/(?P<n>(?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)
_REFUSED: Final = re.compile(r"^\s*q=0(\.0*)?\s*$")
_FOREVER: Final = "max-age=31536000, immutable"
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
    database: Connections
    is_public: bool = False
    """Whether no token is asked for, so that other people's programs read it as it stands."""

    async def checkpoint(self, incoming: Incoming) -> Reply:
        """Give the newest signed checkpoint."""
        await self._admit(incoming)
        async with self.database.connection() as connection:
            head = await newest(connection)
        if head is None:
            raise NotFoundError("The log has no entry yet.")
        return Reply(200, "text/plain; charset=utf-8", head.note.encode())

    async def witnessed(self, incoming: Incoming) -> Reply:
        """Give the newest checkpoint that a witness cosigned, with the cosignatures."""
        await self._admit(incoming)
        async with self.database.connection() as connection:
            head = await newest_witnessed(connection)
        if head is None:
            raise NotFoundError("No witness has cosigned a checkpoint of this log.")
        return Reply(200, "text/plain; charset=utf-8", head.note.encode())

    async def minimum(self, incoming: Incoming) -> Reply:
        """Give the minimum index: entries below it may be gone, tiles are not."""
        await self._admit(incoming)
        async with self.database.connection() as connection:
            minimum = await minimum_index(connection)
        return Reply(200, "text/plain; charset=utf-8", f"{minimum}\n".encode())

    async def twin(self, incoming: Incoming) -> Reply:
        """Give the newest signed checkpoint of the SM3 twin."""
        await self._admit(incoming)
        async with self.database.connection() as connection:
            head = await newest_of_twin(connection)
        if head is None:
            raise NotFoundError("This log keeps no SM3 twin.")
        return Reply(200, "text/plain; charset=utf-8", head.note.encode())

    async def twin_tile(self, incoming: Incoming) -> Reply:
        """Give a full tile of the SM3 twin; the entries under it are those of the log."""
        await self._admit(incoming)
        place = parsed_place(incoming.path_text("place"))
        hashes = None
        if place.level >= 0 and place.width == TILE_WIDTH:
            async with self.database.connection() as connection:
                hashes = await twin_tile(connection, place.level, place.n)
        if hashes is None:
            raise NotFoundError("The SM3 twin has no such full tile.")
        cache = f"{'public' if self.is_public else 'private'}, {_FOREVER}"
        return replace(Reply(200, _BYTES, hashes), cache=cache)

    async def tile(self, incoming: Incoming) -> Reply:
        """Give a tile of hashes or a bundle of entries; a partial one as far as the log goes."""
        await self._admit(incoming)
        place = parsed_place(incoming.path_text("place"))
        async with self.database.connection() as connection:
            head = await newest(connection)
            if head is None or not place.fits(head.size):
                raise NotFoundError("The log does not reach as far as this tile.")
            if place.level < 0:
                if place.start + TILE_WIDTH <= await minimum_index(connection):
                    raise NotFoundError("These entries were dropped when their time was over.")
                reply = _packed(await bundle(connection, place.n, place.width), incoming)
            else:
                hashes = await tile(connection, place.level, place.n, place.width)
                reply = Reply(200, _BYTES, hashes)
        return replace(reply, cache=f"{'public' if self.is_public else 'private'}, {_FOREVER}")

    async def _admit(self, incoming: Incoming) -> None:
        if not self.is_public:
            await self.authenticator.caller(incoming)


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


def _packed(content: bytes, incoming: Incoming) -> Reply:
    """Return a bundle, in gzip for who takes it; the same bytes gzip alike each time."""
    vary = (("Vary", "Accept-Encoding"),)
    if not _takes_gzip(incoming.header(b"accept-encoding") or ""):
        return Reply(200, _BYTES, content, vary)
    packed = gzip.compress(content, 6, mtime=0)
    return Reply(200, _BYTES, packed, (("Content-Encoding", "gzip"), *vary))


def _takes_gzip(accepted: str) -> bool:
    codings = (each.partition(";") for each in accepted.lower().split(","))
    return any(name.strip() == "gzip" and not _REFUSED.search(more) for name, _, more in codings)
