"""Tokens that were given back before their time: known to every worker within half a second.

They are rows of one table until the tokens would have ended by themselves. Each worker keeps all of
them in memory and looks again when what it knows is older than `FRESH_S`; while it cannot look, no
token is taken. A row has a tag of the token's id, not the id.

Spec: RFC 7009.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from hub.clock import Clock
from hub.errors import UnavailableError
from hub.http.looking import Looking
from hub.sealing.tags import Tagger
from hub.store.database import Database

FRESH_S: Final = 0.5
MAX_FOR_CLIENT: Final = 1_000
"""Of one client at a time: all are read twice a second."""
_ROOM: Final = "select count(*) from token_revoked where client_id = $1"
_REVOKE: Final = """
    insert into token_revoked (jti_tag, client_id, expires_at, tag_version)
    select tag, $2, $3, $4 from unnest($1::bytea[]) as tag
    on conflict (jti_tag) do nothing
"""
_FORGET: Final = "delete from token_revoked where expires_at < $1"
_READ: Final = "select jti_tag from token_revoked"


class TooManyRevokedError(UnavailableError):
    """The token is as good as before; try again when some of those that were revoked have ended."""

    code = "BUSY"
    retry_after_s = 60


class Revocations(Protocol):
    """Remembers which tokens were revoked, for all workers."""

    async def revoke(self, client_id: str, jti: str, expires_at: datetime) -> None:
        """Revoke a token; it is durable on return.

        Raises:
            StoreUnavailableError: Nobody knows; the token must be taken for good.
        """

    async def is_revoked(self, client_id: str, jti: str) -> bool:
        """Return whether a token was revoked at least half a second ago.

        Raises:
            StoreUnavailableError: Nobody knows; refuse.
        """


class StoredRevocations:
    """`Revocations` in the table `token_revoked`; its memory belongs to one event loop."""

    def __init__(
        self, database: Database, tagger: Tagger, clock: Clock, monotonic: Callable[[], float]
    ) -> None:
        """Know nothing yet: the first question looks."""
        self._database = database
        self._tagger = tagger
        self._clock = clock
        self._monotonic = monotonic
        self._known: frozenset[bytes] = frozenset()
        self._read_at = float("-inf")
        self._looking = Looking(self._is_fresh, self._look)

    async def revoke(self, client_id: str, jti: str, expires_at: datetime) -> None:
        """Revoke a token, and forget those that have ended.

        Raises:
            TooManyRevokedError: The client has revoked too many already.
            StoreUnavailableError: As the protocol has it.
        """
        async with self._database.transaction() as connection:
            await connection.execute(_FORGET, self._clock())
            if (await connection.fetchval(_ROOM, client_id) or 0) >= MAX_FOR_CLIENT:
                raise TooManyRevokedError("This client has revoked too many tokens; try later.")
            tags, version = self._tags(client_id, jti), self._tagger.newest()
            await connection.execute(_REVOKE, tags, client_id, expires_at, version)
        self._read_at = float("-inf")

    async def is_revoked(self, client_id: str, jti: str) -> bool:
        """Return whether a token was revoked; nearly always without a look at the database."""
        if not self._is_fresh():
            await self._looking.fresh()
        known = self._known
        return bool(known) and not known.isdisjoint(self._tags(client_id, jti))

    def _tags(self, client_id: str, jti: str) -> list[bytes]:
        """Return keyed tags; assertions of a client have another first part."""
        return self._tagger.onces(f"revoked/{client_id}", jti)

    def _is_fresh(self) -> bool:
        return self._monotonic() - self._read_at < FRESH_S

    async def _look(self) -> None:
        began = self._monotonic()
        async with self._database.connection() as connection:
            rows = await connection.fetch(_READ)
        self._known = frozenset(row["jti_tag"] for row in rows)
        # What was revoked after the question was sent may not be among them.
        self._read_at = began
