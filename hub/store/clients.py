"""Systems that may sign in, as they are stored: one row each, and the newest revision of all.

A revision is given under a lock that is held to the commit, so whoever asks for what has changed
since a revision misses nothing. A row is never deleted: who is registered no more says so in its
document, and an entry of the same id in the file does not come back.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from hub.store.database import Connection

_LOCK: Final = "lock table client in share row exclusive mode"
_SINCE: Final = """
    select id, revision, document, changed_by, changed_at from client
    where revision > $1 order by revision
"""
_ONE: Final = "select id, revision, document, changed_by, changed_at from client where id = $1"
_PUT: Final = """
    insert into client (id, revision, document, changed_by, changed_at)
    select $1, coalesce(max(revision), 0) + 1, $2, $3, $4 from client
    on conflict (id) do update set revision = excluded.revision, document = excluded.document,
        changed_by = excluded.changed_by, changed_at = excluded.changed_at
"""


@dataclass(frozen=True, slots=True)
class StoredClient:
    """One row; `document` is read by `hub.http.registrations`."""

    id: str
    revision: int
    document: str
    changed_by: str
    changed_at: datetime


async def changed_since(connection: Connection, revision: int) -> list[StoredClient]:
    """Return the clients that were changed after a revision, in that order; 0: all of them."""
    return [_stored(row) for row in await connection.fetch(_SINCE, revision)]


async def locked_client(connection: Connection, client_id: str) -> StoredClient | None:
    """Return one client, if it has a row; nobody else changes any until the transaction ends."""
    await connection.execute(_LOCK)
    row = await connection.fetchrow(_ONE, client_id)
    return None if row is None else _stored(row)


async def put_client(
    connection: Connection, client_id: str, document: str, by: str, at: datetime
) -> None:
    """Store a client under the next revision; `locked_client` came before it."""
    await connection.execute(_PUT, client_id, document, by, at)


def _stored(row: asyncpg.Record) -> StoredClient:
    return StoredClient(
        row["id"], row["revision"], row["document"], row["changed_by"], row["changed_at"]
    )
