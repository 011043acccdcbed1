"""Answer an auditor: which entries are about whom, by whom, of what kind, and when.

The index from subject to entries is built behind the log; `find` reads the index and scans what it
does not cover yet, in one snapshot, so nothing that is on record is missing from an answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from audit.entry import CODE_BY_KIND, KIND_BY_CODE, EntryKind, SubjectAccess, unpack_subjects
from audit.segments import bucket_of, entries_about, segment_of

_COLUMNS: Final = """
    SELECT seq, at, kind, department, record, secret, subjects, commitment
    FROM audit.record
    WHERE ($1::bigint IS NULL OR seq > $1) AND ($2::bigint IS NULL OR seq < $2)
      AND ($3::smallint[] IS NULL OR kind = ANY ($3))
      AND ($4::text IS NULL OR department = $4)
      AND ($5::timestamptz IS NULL OR at >= $5) AND ($6::timestamptz IS NULL OR at < $6)
"""
# The segments hold entries below `next`; the tail from there on is read as it is. What a segment
# gives is a candidate: an entry is about a subject only if the tag is among its subjects.
_ABOUT: Final = """
      AND (seq = ANY ($9::bigint[]) OR seq >= $10)
      AND EXISTS (
        SELECT FROM generate_series(0, length(subjects) / 36 - 1) AS i
        WHERE substring(subjects FROM i * 36 + 1 FOR 32) = ANY ($8::bytea[]))
"""
_UPWARDS: Final = " ORDER BY seq LIMIT $7"
_DOWNWARDS: Final = " ORDER BY seq DESC LIMIT $7"
_SEGMENTS: Final = """
    SELECT progress.next, segment.bucket, segment.start, segment.postings
    FROM audit.index_progress AS progress
    LEFT JOIN audit.subject_segment AS segment ON segment.bucket = ANY ($1::smallint[])
"""
_SPAN: Final = """
    SELECT progress.next, least(progress.next + $1, head.size) AS stop
    FROM audit.index_progress AS progress, audit.head FOR UPDATE OF progress
"""
_WAITING: Final = """
    SELECT coalesce(sum(length(subjects)), 0) / 36 FROM audit.record WHERE seq >= $1 AND seq < $2
"""
_SUBJECTS: Final = (
    "SELECT seq, subjects FROM audit.record WHERE seq >= $1 AND seq < $2 AND length(subjects) > 0"
)
_MOVED: Final = "UPDATE audit.index_progress SET next = $1"


@dataclass(frozen=True, slots=True)
class Filter:
    """What an auditor looks for; what is left out does not restrict. Times are half-open."""

    tags: Sequence[bytes] = ()
    """Entries about any of these subjects."""
    department: str | None = None
    kinds: Sequence[EntryKind] = ()
    since: datetime | None = None
    until: datetime | None = None
    after: int | None = None
    """Only entries with a higher index: the last one of the page before."""
    before: int | None = None
    """Only entries with a lower index: for pages that go back in time."""
    newest_first: bool = False
    limit: int = 100


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """One entry as it is on record, with what proves it."""

    index: int
    at: datetime
    kind: EntryKind
    department: str | None
    record: bytes
    secret: bytes
    subjects: tuple[SubjectAccess, ...]
    commitment: bytes


async def find(connection: asyncpg.Connection, wanted: Filter) -> list[StoredEntry]:
    """Return the entries that `wanted` describes, in the order of the log or backwards.

    At most two statements; what is recorded between them is found or not, but nothing before.
    The caller puts the look-up itself on record.
    """
    arguments: list[object] = [
        wanted.after,
        wanted.before,
        [CODE_BY_KIND[kind] for kind in wanted.kinds] or None,
        wanted.department,
        wanted.since,
        wanted.until,
        wanted.limit,
    ]
    statement = _COLUMNS
    if wanted.tags:
        statement += _ABOUT
        candidates, tail = await _candidates(connection, wanted.tags)
        arguments += [list(wanted.tags), candidates, tail]
    statement += _DOWNWARDS if wanted.newest_first else _UPWARDS
    return [_stored(row) for row in await connection.fetch(statement, *arguments)]


async def _candidates(
    connection: asyncpg.Connection, tags: Sequence[bytes]
) -> tuple[list[int], int]:
    """Return the entries that the segments have for `tags`, and the first one that has none."""
    by_bucket: dict[int, list[bytes]] = {}
    for tag in tags:
        by_bucket.setdefault(bucket_of(tag), []).append(tag)
    rows = await connection.fetch(_SEGMENTS, list(by_bucket))
    found: set[int] = set()
    for _, bucket, start, postings in rows:
        if bucket is not None:
            found.update(entries_about(by_bucket[bucket], start, postings))
    return sorted(found), (rows[0][0] if rows else 0)


async def index_behind(connection: asyncpg.Connection, limit: int, *, subjects: int = 0) -> int:
    """Index up to `limit` more entries as one segment; return how many, 0 when none is left.

    Where fewer entries wait and they are about fewer than `subjects`, they are left for later:
    small segments make look-ups slow, and the tail is read anyway. One transaction; several
    processes may call it at once, and one of them waits.
    """
    async with connection.transaction():
        ((start, stop),) = await connection.fetch(_SPAN, limit)
        if stop - start < limit and await connection.fetchval(_WAITING, start, stop) < subjects:
            return 0
        if start < stop:
            rows = [tuple(row) for row in await connection.fetch(_SUBJECTS, start, stop)]
            await connection.copy_records_to_table(
                "subject_segment",
                schema_name="audit",
                columns=("bucket", "start", "stop", "postings"),
                records=[
                    (bucket, start, stop, postings)
                    for bucket, postings in segment_of(rows, start).items()
                ],
            )
            await connection.execute(_MOVED, stop)
    return int(stop - start)


def _stored(row: asyncpg.Record) -> StoredEntry:
    return StoredEntry(
        row["seq"],
        row["at"],
        KIND_BY_CODE[row["kind"]],
        row["department"],
        row["record"],
        row["secret"],
        unpack_subjects(row["subjects"]),
        row["commitment"],
    )
