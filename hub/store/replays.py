"""What a replay reads, and who asked for which: statements over the log and two tables.

A request for a replay goes one way: asked, then approved or refused by somebody else, then run
once. What was not done in time has lapsed; nothing is deleted.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from hub.store.database import Connection

WAITS: Final = timedelta(hours=24)
"""How long a request waits for somebody who approves it."""
HOLDS: Final = timedelta(minutes=30)
"""How long after the approval it may be run."""
_KEEP: Final = """
    insert into asked_document (hash, sealed, used_on) values ($1, $2, $3)
    on conflict (hash) do update set sealed = excluded.sealed,
        used_on = greatest(asked_document.used_on, excluded.used_on)
"""
_DOCUMENT: Final = "select sealed from asked_document where hash = $1"
_ENTRY: Final = "select kind, record, aside from audit.record where seq = $1"
_POLICY: Final = (
    "select document from policy_history where digest = $1 order by revision desc limit 1"
)
_DESTROYED: Final = "select count(*) from shredding where shredded_at >= $1"
_ASK: Final = """
    insert into replay_request (id, index, reason, asked_by, asked_at) values ($1, $2, $3, $4, $5)
"""
_DECIDE: Final = """
    update replay_request set decided_by = $2, decided_at = $3, expires_at = $4
    where id = $1 and decided_at is null
"""
_RUN: Final = "update replay_request set ran_at = $2, verdict = $3, why = $4 where id = $1"
_ONE: Final = "select * from replay_request where id = $1 for update"
_SAME: Final = """
    select * from replay_request
    where index = $1 and asked_by = $2 and reason = $3 and decided_at is null and asked_at > $4
"""
_LISTED: Final = """
    select * from replay_request
    where ($1::bigint is null or index = $1)
      and ($2::timestamptz is null or (asked_at, id) < ($2, $3::uuid))
      and case $4::text
        when 'asked' then decided_at is null and asked_at > $5::timestamptz - $6::interval
        when 'approved' then ran_at is null and expires_at > $5
        when 'refused' then decided_at is not null and expires_at is null
        when 'run' then ran_at is not null
        when 'lapsed' then ran_at is null and (expires_at <= $5
            or decided_at is null and asked_at <= $5::timestamptz - $6::interval)
        else true end
    order by asked_at desc, id desc limit $7
"""
_REQUESTS_UNDER: Final = """
    select count(*), max((at at time zone 'Asia/Shanghai')::date) from audit.record
    where aside is not null and substring(aside from 1 for 4) <= int4send($1)
"""
_DOCUMENTS_UNDER: Final = """
    select count(*), max(used_on) from asked_document
    where substring(sealed from 1 for 4) <= int4send($1)
"""
_FORGET: Final = """
    update audit.record set aside = null where aside is not null and at < $1
"""
_FORGET_DOCUMENTS: Final = "delete from asked_document where used_on < $1"


class State(StrEnum):
    """Where a request for a replay stands."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    RUN = "run"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """One request for a replay."""

    id: UUID
    index: int
    reason: str
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    expires_at: datetime | None
    ran_at: datetime | None
    verdict: str | None
    why: tuple[str, ...]

    def state(self, now: datetime) -> State:
        """Return where it stands."""
        if self.ran_at is not None:
            return State.RUN
        if self.decided_at is None:
            return State.ASKED if now < self.asked_at + WAITS else State.LAPSED
        if self.expires_at is None:
            return State.REFUSED
        return State.APPROVED if now < self.expires_at else State.LAPSED


@dataclass(frozen=True, slots=True)
class AskedEntry:
    """An entry of the log with what is kept beside it."""

    kind: int
    record: bytes
    aside: bytes | None


async def keep_document(connection: Connection, hash_: str, sealed: bytes, today: date) -> None:
    """Store a document under its hash, or note that it was used today."""
    await connection.execute(_KEEP, hash_, sealed, today)


async def document_kept(connection: Connection, hash_: str) -> bytes | None:
    """Return a document, sealed."""
    found: bytes | None = await connection.fetchval(_DOCUMENT, hash_)
    return found


async def asked_entry(log: Connection, index: int) -> AskedEntry | None:
    """Return one entry."""
    row = await log.fetchrow(_ENTRY, index)
    return None if row is None else AskedEntry(*row)


async def policy_then(connection: Connection, digest: str) -> str | None:
    """Return the text of a policy that was in force once."""
    found: str | None = await connection.fetchval(_POLICY, digest)
    return found


async def policies_kept(connection: Connection) -> dict[str, str]:
    """Return the text of every policy that was ever in force, by digest."""
    rows = await connection.fetch("select distinct digest, document from policy_history")
    return {row["digest"]: row["document"] for row in rows}


async def destroyed_since(connection: Connection, moment: datetime) -> int:
    """Return how many people were destroyed since."""
    found: int = await connection.fetchval(_DESTROYED, moment)
    return found


async def ask(connection: Connection, made: ReplayRequest) -> None:
    """Store a new request."""
    await connection.execute(_ASK, made.id, made.index, made.reason, made.asked_by, made.asked_at)


async def same_request(
    connection: Connection, index: int, by: str, reason: str, now: datetime
) -> ReplayRequest | None:
    """Return the request that says the same and waits still."""
    row = await connection.fetchrow(_SAME, index, by, reason, now - WAITS)
    return None if row is None else _request(row)


async def locked_request(connection: Connection, id_: UUID) -> ReplayRequest | None:
    """Return a request, which nobody else changes until this transaction ends."""
    row = await connection.fetchrow(_ONE, id_)
    return None if row is None else _request(row)


async def decide(
    connection: Connection, id_: UUID, by: str, at: datetime, *, is_approved: bool
) -> None:
    """Store somebody's decision."""
    await connection.execute(_DECIDE, id_, by, at, at + HOLDS if is_approved else None)


async def note_run(
    connection: Connection, id_: UUID, at: datetime, verdict: str, why: tuple[str, ...]
) -> None:
    """Store that it was run, and what came of it."""
    await connection.execute(_RUN, id_, at, verdict, "\n".join(why))


async def requests(
    connection: Connection,
    now: datetime,
    *,
    index: int | None = None,
    state: str | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int = 100,
) -> list[ReplayRequest]:
    """Return requests, the newest first."""
    moment, id_ = before or (None, None)
    rows = await connection.fetch(_LISTED, index, moment, id_, state, now, WAITS, limit)
    return [_request(row) for row in rows]


class Under(NamedTuple):
    """What is sealed under a version of the replay key and those before it."""

    requests: int
    documents: int
    newest: date | None


async def sealed_under(connection: Connection, log: Connection, version: int) -> Under:
    """Return how much is sealed under a version or an older one; looks at every entry."""
    (documents,) = await connection.fetch(_DOCUMENTS_UNDER, version)
    (requests,) = await log.fetch(_REQUESTS_UNDER, version)
    days = [row[1] for row in (documents, requests) if row[1] is not None]
    return Under(requests[0], documents[0], max(days, default=None))


async def forget_requests(log: Connection, before: datetime) -> int:
    """Destroy what the log keeps of requests before a moment; return of how many entries."""
    done: str = await log.execute(_FORGET, before)
    return int(done.rpartition(" ")[2])


async def forget_documents(connection: Connection, day: date) -> None:
    """Destroy the documents that were last used before a day."""
    await connection.execute(_FORGET_DOCUMENTS, day)


def _request(row: object) -> ReplayRequest:
    given = dict(row)  # type: ignore[call-overload]  # a row of asyncpg
    why = given.pop("why")
    return ReplayRequest(**given, why=tuple(filter(None, why.split("\n"))))
