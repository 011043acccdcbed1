"""What is kept of a request, so that an auditor can have it asked again as of then.

The variables are sealed and stand aside of the entry; the document is sealed too, for it may name
people in its literals, and stands once under its hash. The entry's record has the digest of the
sealed request and a keyed digest of what was shown. Nothing here opens anything.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Protocol

import asyncpg
import orjson

from hub.errors import AuditUnavailableError
from hub.query.bind import day_of
from hub.query.disclosure import Asked, Kept
from hub.sealing.replay_seals import DOCUMENT, REQUEST, ReplaySeals, Seal, digest_of
from hub.store.database import Database
from hub.store.replays import keep_document

FORM: Final = 1
_DOCUMENTS: Final = 4_096
"""Hashes of documents that are known to be stored today."""


class Keeper(Protocol):
    """Keeps what was asked, and a digest of what is shown."""

    async def keep(
        self, asked: Asked, document: str, variables: Mapping[str, object], data: bytes
    ) -> Kept | None:
        """Return what the entry of an answer gets; `data` is what is shown, as JSON.

        Raises:
            AuditUnavailableError: It could not be kept: nothing may be sent.
        """


class _Unkept:
    async def keep(
        self, asked: Asked, document: str, variables: Mapping[str, object], data: bytes
    ) -> Kept | None:
        del asked, document, variables, data
        return None


UNKEPT: Final[Keeper] = _Unkept()
"""Keeps nothing: answers under it cannot be replayed."""


@dataclass(slots=True)
class RequestKeeper:
    """Seals requests, and stores each document before the first entry that names it.

    It is stored anew on another day, and under another key: so what is used no more can go.
    """

    seals: ReplaySeals
    database: Database
    _stored: OrderedDict[str, tuple[date, int]] = field(default_factory=OrderedDict, repr=False)

    async def keep(
        self, asked: Asked, document: str, variables: Mapping[str, object], data: bytes
    ) -> Kept | None:
        """Return what the entry of an answer gets.

        Raises:
            AuditUnavailableError: The document could not be stored.
        """
        seal = self.seals.now()
        now = day_of(asked.at), seal.version
        if self._stored.get(asked.document) != now:
            await self._store(seal, asked.document, document, now)
            seal = self.seals.now()
        caller = asked.caller
        datasets = None if caller.datasets is None else sorted(caller.datasets)
        stated = caller.area, datasets, caller.is_actor_stated
        plain = orjson.dumps((FORM, asked.at, asked.operation_name, variables, stated))
        sealed = seal.seal(REQUEST, asked.request_id, plain)
        return Kept(digest_of(sealed), seal.digest(data), sealed)

    async def _store(self, seal: Seal, hash_: str, document: str, now: tuple[date, int]) -> None:
        sealed = seal.seal(DOCUMENT, hash_, document.encode())
        try:
            async with self.database.connection() as connection:
                await keep_document(connection, hash_, sealed, now[0])
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as problem:
            raise AuditUnavailableError(
                "What was asked could not be kept; nothing was disclosed."
            ) from problem
        self._stored[hash_] = now
        if len(self._stored) > _DOCUMENTS:
            self._stored.popitem(last=False)
