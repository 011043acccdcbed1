"""Drop the entries that need not be kept any more, in the database; `audit.retention` has the rule.

1. `planned` finds up to where, and what is held below. 2. The caller puts the purge on the log.
3. `publish` sets the minimum index. 4. `drop_some` deletes, a stretch in a transaction, until
nothing is left. Whatever ends it in between, the next run goes on: before 3 nothing has gone, and
after it the entry is there that says what goes.

The database lets nobody delete an entry that stands at or above the minimum index, is held, or is
of a kind that is always kept: a trigger looks at what was deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from audit.errors import LogInconsistentError
from audit.facet_index import index_again
from audit.retention import ALWAYS_KEPT, Purge, Span, merged, overlap, purge_in
from audit.segments import segment_of
from audit.tiles import TILE_WIDTH

_STATE: Final = "SELECT minimum, announced, done FROM audit.pruned"
_LIMITS: Final = """
    SELECT head.size, progress.next, pruned.minimum,
           (SELECT min(seq) FROM audit.record WHERE seq >= pruned.minimum AND at >= $1)
    FROM audit.head, audit.index_progress AS progress, audit.pruned
"""
_HELD: Final = "SELECT start, stop FROM audit.hold WHERE released_at IS NULL"
_GOING: Final = """
    SELECT count(*) FROM audit.record AS r
    WHERE seq < $1 AND kind <> ALL ($2::smallint[]) AND NOT EXISTS (
        SELECT FROM unnest($3::bigint[], $4::bigint[]) AS k (start, stop)
        WHERE r.seq >= k.start AND r.seq < k.stop)
"""
_OLDEST: Final = """
    SELECT seq FROM audit.record WHERE kind <> ALL ($1::smallint[]) ORDER BY seq LIMIT 1
"""
_PUBLISH: Final = """
    UPDATE audit.pruned SET minimum = $1, announced = $2, done = $3
    WHERE minimum <= $1 AND coalesce(announced, -1) < $2
"""
_LOCK: Final = "SELECT minimum, announced, done FROM audit.pruned FOR UPDATE"
_ANNOUNCED: Final = "SELECT record FROM audit.record WHERE seq = $1"
_DROP: Final = """
    DELETE FROM audit.record AS r
    WHERE seq >= $1 AND seq < $2 AND kind <> ALL ($3::smallint[]) AND NOT EXISTS (
        SELECT FROM unnest($4::bigint[], $5::bigint[]) AS k (start, stop)
        WHERE r.seq >= k.start AND r.seq < k.stop)
"""
_SEGMENTS: Final = """
    SELECT DISTINCT start, stop FROM audit.subject_segment WHERE start < $2 AND stop > $1
"""
_DROP_SEGMENT: Final = "DELETE FROM audit.subject_segment WHERE start = $1 AND stop = $2"
_SUBJECTS: Final = """
    SELECT seq, subjects FROM audit.record
    WHERE seq >= $1 AND seq < $2 AND length(subjects) > 0 ORDER BY seq
"""
_DONE: Final = "UPDATE audit.pruned SET done = $1"
_ABOUT_ANYBODY: Final = """
    SELECT EXISTS (SELECT FROM audit.record WHERE at < $1 AND length(subjects) > 0)
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a purge would do."""

    minimum: int
    """Entries below it go; it is a multiple of 256, so that full tiles stand for them."""
    former: int
    """The minimum index up to now."""
    kept: tuple[Span, ...]
    """Entries below that are held."""
    going: int
    """How many entries are dropped."""


async def planned(
    connection: asyncpg.Connection,
    before: datetime,
    held: Sequence[Span] = (),
    *,
    at_most: int | None = None,
) -> Plan:
    """Return the purge of what was recorded before a moment; nothing is changed.

    `held` is kept besides what `audit.hold` holds. The minimum index never falls, and never passes
    `at_most`, nor what the index from subjects to entries does not cover yet.
    """
    size, indexed, former, first = await _row(connection, _LIMITS, before)
    limit = min(size if first is None else first, size, indexed)
    if at_most is not None:
        limit = min(limit, at_most)
    minimum = max(limit - limit % TILE_WIDTH, former)
    kept = tuple(overlap(await held_spans(connection, held), [(0, minimum)] if minimum else []))
    starts, stops = _columns(kept)
    going = await connection.fetchval(_GOING, minimum, ALWAYS_KEPT, starts, stops)
    return Plan(minimum, former, kept, going)


async def held_spans(connection: asyncpg.Connection, more: Sequence[Span] = ()) -> list[Span]:
    """Return what is held, `more` included."""
    return merged([*((row[0], row[1]) for row in await connection.fetch(_HELD)), *more])


async def publish(connection: asyncpg.Connection, minimum: int, announced: int) -> None:
    """Set the minimum index, once entry `announced` says so durably.

    Raises:
        LogInconsistentError: Somebody else's is published already: plan anew.
    """
    oldest = await connection.fetchval(_OLDEST, ALWAYS_KEPT)
    done = await connection.execute(_PUBLISH, minimum, announced, min(minimum, oldest or 0))
    if done != "UPDATE 1":
        raise LogInconsistentError("the minimum index has moved on meanwhile")


async def drop_some(connection: asyncpg.Connection, limit: int) -> int | None:
    """Drop what may go of the next `limit` entries; return how many went, None when all are done.

    One transaction. What is held by now is kept, whatever was announced.
    """
    async with connection.transaction():
        minimum, announced, start = await _row(connection, _LOCK)
        if start >= minimum or announced is None:
            return None
        stop = min(start + limit, minimum)
        purge = await _purge(connection, announced)
        starts, stops = _columns(await held_spans(connection, purge.kept))
        done = await connection.execute(_DROP, start, stop, ALWAYS_KEPT, starts, stops)
        for span in await connection.fetch(_SEGMENTS, start, stop):
            await _segment_again(connection, span[0], span[1])
        await index_again(connection, start, stop, is_last=stop == minimum)
        await connection.execute(_DONE, stop)
    return int(done.removeprefix("DELETE "))


async def is_unfinished(connection: asyncpg.Connection) -> bool:
    """Return whether a purge was announced and published, and has not dropped everything yet."""
    minimum, announced, done = await _row(connection, _STATE)
    return announced is not None and done < minimum


async def is_about_anybody(connection: asyncpg.Connection, before: datetime) -> bool:
    """Return whether an entry is left that was recorded before a moment and is about somebody."""
    found: bool = await connection.fetchval(_ABOUT_ANYBODY, before)
    return found


async def _row(connection: asyncpg.Connection, sql: str, *arguments: object) -> asyncpg.Record:
    row = await connection.fetchrow(sql, *arguments)
    if row is None:
        raise LogInconsistentError("the log does not say up to where it was pruned")
    return row


async def _purge(connection: asyncpg.Connection, index: int) -> Purge:
    record = await connection.fetchval(_ANNOUNCED, index)
    purge = None if record is None else purge_in(record)
    if purge is None:
        raise LogInconsistentError(f"entry {index} does not announce the purge that it should")
    return purge


async def _segment_again(connection: asyncpg.Connection, start: int, stop: int) -> None:
    """Make one segment of the index from subjects anew, from the entries that are left."""
    rows = [tuple(row) for row in await connection.fetch(_SUBJECTS, start, stop)]
    await connection.execute(_DROP_SEGMENT, start, stop)
    if rows:
        await connection.copy_records_to_table(
            "subject_segment",
            schema_name="audit",
            columns=("bucket", "start", "stop", "postings"),
            records=[(b, start, stop, postings) for b, postings in segment_of(rows, start).items()],
        )


def _columns(spans: Sequence[Span]) -> tuple[list[int], list[int]]:
    return [start for start, _ in spans], [stop for _, stop in spans]
