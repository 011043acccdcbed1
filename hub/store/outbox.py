"""Messages to receivers: written with what they tell of, sent after the commit.

A receiver's messages are numbered from 1 without a gap: the number is taken under the
receiver's lock, in the transaction that writes the message.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from asyncpg import Record

from hub.sealing.datakeys import DataKeys
from hub.sealing.seals import aad_prefix, opener, seal
from hub.store.database import Connection

OWNER: Final = "civil-affairs"
"""Whose key seals payloads: every message is civil affairs' own decision."""
CHANNEL: Final = "outbox"
_PREFIX: Final = aad_prefix(OWNER, "outbox", "payload")
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended('hub.outbox.' || $1, 0))"
_LAST: Final = "SELECT coalesce(max(sequence), 0) FROM outbox WHERE receiver = $1"
_INSERT: Final = """
INSERT INTO outbox (message_id, receiver, sequence, kind, cell, identity_id, payload, status,
                    attempts, written_at, next_attempt_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', 0, $8, $8)
"""
_CLAIM: Final = """
WITH head AS (
    SELECT message_id FROM outbox
    WHERE receiver = $1 AND status <> 'acknowledged' ORDER BY sequence LIMIT 1
), claimed AS (
    SELECT o.message_id FROM outbox o JOIN head h ON h.message_id = o.message_id
    WHERE o.status IN ('waiting', 'sending') AND o.next_attempt_at <= $2
    FOR UPDATE OF o SKIP LOCKED
)
UPDATE outbox o SET status = 'sending', attempts = o.attempts + 1, next_attempt_at = $3
FROM claimed c WHERE o.message_id = c.message_id
RETURNING o.message_id
"""
_TAKEN: Final = """
SELECT t.message_id, t.receiver, t.sequence, t.kind, t.cell, t.identity_id, t.payload,
       t.attempts, k.key_version, k.wrapped, k.commitment, p.log_alias
FROM outbox t
JOIN data_key k ON k.cell = t.cell AND k.identity_id = t.identity_id AND k.department = $2
JOIN link l ON l.cell = t.cell AND l.identity_id = t.identity_id AND l.known_to = 'infinity'
JOIN person p ON p.cell = l.cell AND p.person_id = l.person_id
WHERE t.message_id = $1
"""
"""By itself, because a statement that takes a row finds that as it is now, and others as they were.
While the first holds the message nobody seals it anew: key and payload are of one moment."""
_ACKNOWLEDGE: Final = """
UPDATE outbox SET status = 'acknowledged', acknowledged_at = $2, acknowledgement = $3,
                  last_error = NULL
WHERE message_id = $1 AND status <> 'acknowledged'
"""
_POSTPONE: Final = """
UPDATE outbox SET status = $2, next_attempt_at = $3, last_error = $4
WHERE message_id = $1 AND status = 'sending'
"""
_SEND_AGAIN: Final = """
UPDATE outbox SET status = 'waiting', next_attempt_at = $4, attempts = 0
WHERE receiver = $1 AND sequence >= $2 AND sequence < $3 AND status = 'acknowledged'
"""
_REVIVE: Final = """
UPDATE outbox SET status = 'waiting', attempts = 0, next_attempt_at = $2
WHERE receiver = $1 AND (status = 'dead' OR status = 'waiting' AND next_attempt_at > $2)
"""
_QUEUES: Final = """
SELECT receiver,
       count(*) FILTER (WHERE status = 'acknowledged') AS acknowledged,
       count(*) FILTER (WHERE status IN ('waiting', 'sending')) AS waiting,
       count(*) FILTER (WHERE status = 'dead') AS dead,
       min(sequence) FILTER (WHERE status = 'dead') AS blocked_at
FROM outbox GROUP BY receiver ORDER BY receiver
"""
_STATES: Final = """
SELECT message_id, receiver, status, written_at, acknowledged_at, acknowledgement
FROM outbox WHERE message_id = any($1::uuid[]) ORDER BY receiver, sequence
"""


class MessageStatus(StrEnum):
    """Where a message is; a dead one blocks its receiver's queue until somebody revives it."""

    WAITING = "waiting"
    SENDING = "sending"
    ACKNOWLEDGED = "acknowledged"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to be written: whose it is, and its text."""

    message_id: UUID
    receiver: str
    sequence: int
    kind: str
    cell: str
    identity_id: UUID
    text: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this process may send now; `log_alias` is that of the person."""

    message_id: UUID
    receiver: str
    sequence: int
    kind: str
    attempts: int
    text: bytes = field(repr=False)
    log_alias: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LetterState:
    """What became of a message; `acknowledgement` is JSON with `status`, `reason` and more."""

    message_id: UUID
    receiver: str
    status: MessageStatus
    written_at: datetime
    acknowledged_at: datetime | None
    acknowledgement: str | None


@dataclass(frozen=True, slots=True)
class Queue:
    """How a receiver's queue stands; `blocked_at` is the sequence of a dead message."""

    receiver: str
    acknowledged: int
    waiting: int
    dead: int
    blocked_at: int | None


async def last_sequence(connection: Connection, receiver: str) -> int:
    """Return the newest sequence of a receiver; its lock is held to the end of the transaction."""
    await connection.execute(_LOCK, receiver)
    last: int = await connection.fetchval(_LAST, receiver)
    return last


async def write_letter(connection: Connection, letter: Letter, key: bytes, at: datetime) -> None:
    """Store a message, sealed; `key` is the data key of (civil affairs, identity)."""
    owner, message = letter.identity_id.bytes, letter.message_id.bytes
    payload = seal(key, _PREFIX, owner, message, [letter.text.decode()])
    place = (letter.message_id, letter.receiver, letter.sequence, letter.kind)
    await connection.execute(_INSERT, *place, letter.cell, letter.identity_id, payload, at)


async def existing_letters(connection: Connection, ids: Sequence[UUID]) -> list[UUID]:
    """Return which messages exist, in the order of their sequence."""
    rows = await connection.fetch(
        "SELECT message_id FROM outbox WHERE message_id = any($1::uuid[]) "
        "ORDER BY receiver, sequence",
        list(ids),
    )
    return [row["message_id"] for row in rows]


async def states_of(connection: Connection, ids: Sequence[UUID]) -> list[LetterState]:
    """Return what became of these messages, a receiver's in the order of their sequence."""
    rows = await connection.fetch(_STATES, list(ids))
    return [LetterState(**{**row, "status": MessageStatus(row["status"])}) for row in rows]


async def claim(
    connection: Connection, keys: DataKeys, receiver: str, now: datetime, lease_until: datetime
) -> Claimed | None:
    """Return the receiver's next message if it is due, taken until `lease_until`.

    Nobody else gets it before that. There is none while the first unacknowledged message is
    dead, not due, or with another sender: order is kept. In the caller's transaction.

    Raises:
        SealBrokenError: The stored payload does not authenticate.
    """
    taken = await connection.fetchval(_CLAIM, receiver, now, lease_until)
    row = await connection.fetchrow(_TAKEN, taken, OWNER) if taken else None
    return _claimed(row, keys) if row else None


def _claimed(row: Record, keys: DataKeys) -> Claimed:
    key = keys.open(OWNER, row["key_version"], row["wrapped"], row["commitment"])
    owner, message = row["identity_id"].bytes, row["message_id"].bytes
    (text,) = opener(OWNER, "outbox", "payload")(key, owner, message, row["payload"])
    return Claimed(
        row["message_id"],
        row["receiver"],
        row["sequence"],
        row["kind"],
        row["attempts"],
        str(text).encode(),
        row["log_alias"],
    )


async def acknowledge(
    connection: Connection, message_id: UUID, at: datetime, acknowledgement: str
) -> None:
    """Store a receiver's acknowledgement; a second one changes nothing."""
    await connection.execute(_ACKNOWLEDGE, message_id, at, acknowledgement)


async def postpone(
    connection: Connection, message_id: UUID, due: datetime, error: str, *, is_dead: bool
) -> None:
    """Let a message wait until `due`, or make it dead; `error` holds nothing of its text."""
    status = MessageStatus.DEAD if is_dead else MessageStatus.WAITING
    await connection.execute(_POSTPONE, message_id, status.value, due, error)


async def send_again(
    connection: Connection, receiver: str, first: int, before: int, now: datetime
) -> int:
    """Let acknowledged messages wait again, from sequence `first` until `before`; how many."""
    status: str = await connection.execute(_SEND_AGAIN, receiver, first, before, now)
    return int(status.rpartition(" ")[2])


async def revive(connection: Connection, receiver: str, now: datetime) -> int:
    """Have a receiver's messages tried now: the dead ones and those that wait for another attempt.

    Returns how many they were.
    """
    status: str = await connection.execute(_REVIVE, receiver, now)
    return int(status.rpartition(" ")[2])


async def queues(connection: Connection) -> list[Queue]:
    """Return how each receiver's queue stands."""
    return [Queue(**dict(row)) for row in await connection.fetch(_QUEUES)]


async def announce(connection: Connection) -> None:
    """Tell senders that there are messages; call it after the commit that wrote them."""
    await connection.execute("SELECT pg_notify($1, '')", CHANNEL)
