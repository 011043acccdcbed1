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

_COLUMNS: Final = """
    SELECT seq, at, kind, department, record, secret, subjects, commitment
    FROM audit.record
    WHERE ($1::bigint IS NULL OR seq > $1) AND ($2::bigint IS NULL OR seq < $2)
      AND ($3::smallint[] IS NULL OR kind = ANY ($3))
      AND ($4::text IS NULL OR department = $4)
      AND ($5::timestamptz IS NULL OR at >= $5) AND ($6::timestamptz IS NULL OR at < $6)
"""
# The index holds entries below `next`; the tail from there on is read as it is.
_ABOUT: Final = """
      AND seq IN (
        SELECT seq FROM audit.subject_index WHERE tag = ANY ($8::bytea[])
        UNION ALL
        SELECT tail.seq FROM audit.record AS tail
        WHERE tail.seq >= (SELECT next FROM audit.index_progress)
          AND EXISTS (
            SELECT FROM generate_series(0, length(tail.subjects) / 36 - 1) AS i
            WHERE substring(tail.subjects FROM i * 36 + 1 FOR 32) = ANY ($8::bytea[])))
"""
_UPWARDS: Final = " ORDER BY seq LIMIT $7"
_DOWNWARDS: Final = " ORDER BY seq DESC LIMIT $7"
_SPAN: Final = """
    SELECT progress.next, least(progress.next + $1, head.size) AS stop
    FROM audit.index_progress AS progress, audit.head FOR UPDATE OF progress
"""
_INDEX: Final = """
    INSERT INTO audit.subject_index (tag, seq)
    SELECT DISTINCT substring(subjects FROM i * 36 + 1 FOR 32), seq
    FROM audit.record, generate_series(0, length(subjects) / 36 - 1) AS i
    WHERE seq >= $1 AND seq < $2
    ON CONFLICT DO NOTHING
"""


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

    One statement. The caller puts the look-up itself on record.
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
        arguments.append(list(wanted.tags))
    statement += _DOWNWARDS if wanted.newest_first else _UPWARDS
    return [_stored(row) for row in await connection.fetch(statement, *arguments)]


async def index_behind(connection: asyncpg.Connection, limit: int) -> int:
    """Index up to `limit` more entries by subject; return how many, 0 when none is left.

    One transaction; several processes may call it at once, and one of them waits.
    """
    async with connection.transaction():
        ((start, stop),) = await connection.fetch(_SPAN, limit)
        if start < stop:
            await connection.execute(_INDEX, start, stop)
            await connection.execute("UPDATE audit.index_progress SET next = $1", stop)
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
