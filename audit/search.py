"""Answer an auditor: which entries are about whom, by whom, of what kind, and when.

The indexes from subject and from facets to entries are built behind the log; `find` reads them and
scans what they do not cover yet, in one snapshot, so nothing that is on record is missing from an
answer. What an index gives is a candidate, and is checked by the entry itself.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

import asyncpg
import numpy as np

from audit.candidates import Bounds, Entries, Extent, candidates, extents, gaps, windows
from audit.defined import Definitions, record_of
from audit.dictionary import Fields
from audit.entry import (
    KIND_BY_CODE,
    SUBJECT_SIZE,
    TAG_SIZE,
    EntryKind,
    SubjectAccess,
    unpack_subjects,
)
from audit.facets import Facet, Sought, meets, needles
from audit.segments import bucket_of, entries_about, segment_of

_AMONG: Final = """
    SELECT seq, at, kind, department, record, secret, subjects, commitment FROM audit.record
    WHERE seq = ANY ($1::bigint[])
"""
# Where no index leads: what a record that is looked for must contain is looked for in its bytes.
_BETWEEN: Final = """
    SELECT seq, at, kind, department, record, secret, subjects, commitment FROM audit.record
    WHERE seq >= $1 AND seq < $2
      AND NOT EXISTS (SELECT FROM unnest($3::bytea[]) AS part WHERE position(part IN record) = 0)
"""
_EXTENT: Final = "SELECT coalesce((SELECT min(seq) FROM audit.record), 0), size FROM audit.head"
# The segments hold entries below `next`; the tail from there on is read as it is.
_SEGMENTS: Final = """
    SELECT progress.next, segment.bucket, segment.start, segment.postings
    FROM audit.index_progress AS progress
    LEFT JOIN audit.subject_segment AS segment ON segment.bucket = ANY ($1::smallint[])
"""
_TAIL_ABOUT: Final = """
    SELECT seq FROM audit.record
    WHERE seq >= $1 AND EXISTS (
        SELECT FROM generate_series(0, length(subjects) / 36 - 1) AS i
        WHERE substring(subjects FROM i * 36 + 1 FOR 32) = ANY ($2::bytea[]))
"""
_SPAN: Final = """
    SELECT progress.next, least(progress.next + $1, head.size) AS stop
    FROM audit.index_progress AS progress, audit.head FOR UPDATE OF progress
"""
_WAITING: Final = """
    SELECT coalesce(sum(length(subjects)), 0) / 36 FROM audit.record WHERE seq >= $1 AND seq < $2
"""
_TOO_MANY: Final = """
    SELECT min(seq) FROM (
        SELECT seq, sum(length(subjects)) OVER (ORDER BY seq) AS so_far
        FROM audit.record WHERE seq >= $1 AND seq < $2
    ) AS grown WHERE so_far > $3 * 36
"""
_MOST_SUBJECTS: Final = 1 << 18
"""Of a segment: 9 MB of entries, and several times that while they are sorted."""
_SUBJECTS: Final = (
    "SELECT seq, subjects FROM audit.record WHERE seq >= $1 AND seq < $2 AND length(subjects) > 0"
)
_MOVED: Final = "UPDATE audit.index_progress SET next = $1"
_SCANNED: Final = 512
"""Entries that are read at a time where no index leads."""
_READ: Final = 2_000
"""Entries that are read at a time where an index leads to them, and candidates that are few."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What an auditor looks for; what is left out does not restrict. Times are half-open."""

    tags: Sequence[bytes] = ()
    """Entries about any of these subjects."""
    facets: Sequence[Sought] = ()
    """Entries that meet all of these conditions."""
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

    @property
    def sought(self) -> tuple[Sought, ...]:
        """All conditions on facets."""
        more = list(self.facets)
        if self.department is not None:
            more.append(Sought(Facet.DEPARTMENT, (self.department,)))
        if self.kinds:
            more.append(Sought(Facet.KIND, tuple(kind.value for kind in self.kinds)))
        return tuple(more)

    @property
    def bounds(self) -> Bounds:
        """Between which entries and moments to look."""
        first = 0 if self.after is None else self.after + 1
        return Bounds(first, self.before, self.since, self.until)


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


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that meets every condition, and what was decoded to find that out."""

    row: asyncpg.Record
    record: Mapping[str, Any]
    fields: Fields
    """The names that were read."""

    @property
    def kind(self) -> EntryKind:
        """What it is about."""
        return KIND_BY_CODE[self.row["kind"]]

    def stored(self) -> StoredEntry:
        """Return it as it is on record."""
        row = self.row
        return StoredEntry(
            row["seq"],
            row["at"],
            self.kind,
            row["department"],
            row["record"],
            row["secret"],
            unpack_subjects(row["subjects"]),
            row["commitment"],
        )


async def find(
    connection: asyncpg.Connection, wanted: Filter, definitions: Definitions | None = None
) -> list[StoredEntry]:
    """Return the entries that `wanted` describes, in the order of the log or backwards.

    In one snapshot: the transaction that the caller is in (repeatable read), or one of its own.
    `definitions` are those of this log as far as the caller has met them. The caller puts the
    look-up itself on record.
    """
    return [match.stored() async for match in matches(connection, wanted, definitions)]


async def matches(
    connection: asyncpg.Connection, wanted: Filter, definitions: Definitions | None = None
) -> AsyncIterator[Match]:
    """Give what `find` returns, with what was decoded of it."""
    async with _snapshot(connection):
        known = definitions or Definitions()
        await known.refresh(connection)
        search = _Search(connection, wanted, known)
        left = wanted.limit
        async for places, is_led in search.places():
            at = 0
            while left and at < len(places):
                width = min(left, _READ) if is_led else _SCANNED
                for match in await search.read(places[at : at + width], is_led=is_led):
                    if left:
                        left -= 1
                        yield match
                at += width
            if not left:
                return


async def count(
    connection: asyncpg.Connection,
    wanted: Filter,
    most: int,
    definitions: Definitions | None = None,
) -> int:
    """Return how many entries `wanted` describes, at least `most` where they are as many or more.

    What the index leads to is counted unread, the rest entry by entry. Snapshot as for `find`.
    """
    async with _snapshot(connection):
        known = definitions or Definitions()
        await known.refresh(connection)
        search = _Search(connection, wanted, known)
        total = 0
        async for places, is_led in search.places():
            is_exact = is_led and not wanted.tags
            total += len(places) if is_exact else len(await search.read(places, is_led=is_led))
            if total >= most:
                break
        return total


@asynccontextmanager
async def _snapshot(connection: asyncpg.Connection) -> AsyncIterator[None]:
    if connection.is_in_transaction():
        yield
    else:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield


@dataclass(slots=True)
class _Search:
    """One search, in one snapshot."""

    connection: asyncpg.Connection
    wanted: Filter
    definitions: Definitions

    async def places(self) -> AsyncIterator[tuple[Entries, bool]]:
        """Give entries to be read, in the order asked, and whether an index led to them."""
        ((lowest, size),) = await self.connection.fetch(_EXTENT)
        bounds = self.wanted.bounds
        bounds = replace(bounds, first=max(bounds.first, lowest))
        among = None
        if self.wanted.tags:
            among = await about(self.connection, self.wanted.tags)
            last = size if bounds.stop is None else bounds.stop
            among = among[slice(*np.searchsorted(among, (bounds.first, last)))]
            if len(among) <= _READ:
                yield self._ordered(among), True
                return
        known = await extents(self.connection)
        waiting: list[Extent] = []
        for begin, end, extent in self._pieces(known, bounds, size):
            if extent is not None:
                waiting.append(extent)
                continue
            async for found in self._led(waiting, bounds, among):
                yield found, True
            waiting = []
            for found in self._unled(begin, end, among):
                yield found, among is not None
        async for found in self._led(waiting, bounds, among):
            yield found, True

    def _pieces(
        self, known: Sequence[Extent], bounds: Bounds, size: int
    ) -> list[tuple[int, int, Extent | None]]:
        """Return what there is to look through, in the order asked."""
        spans = [(e.start, e.stop, e) for e in known if bounds.may_hold(e)]
        holes = [(begin, end, None) for begin, end in gaps(known, bounds, size)]
        pieces = sorted([*spans, *holes], key=itemgetter(0))
        return pieces[::-1] if self.wanted.newest_first else pieces

    async def _led(
        self, spans: Sequence[Extent], bounds: Bounds, among: Entries | None
    ) -> AsyncIterator[Entries]:
        for window in windows(spans):
            found = await candidates(self.connection, window, self.wanted.sought, bounds, among)
            for extent in window:
                if extent.start in found:
                    yield self._ordered(found[extent.start])

    def _unled(self, begin: int, end: int, among: Entries | None) -> Iterator[Entries]:
        """Give what lies where the index of facets has nothing."""
        if among is not None:
            yield self._ordered(among[slice(*np.searchsorted(among, (begin, end)))])
            return
        places = self._ordered(np.arange(begin, end, dtype=np.int64))
        for at in range(0, len(places), _SCANNED):
            yield places[at : at + _SCANNED]

    def _ordered(self, places: Entries) -> Entries:
        return places[::-1] if self.wanted.newest_first else places

    async def read(self, places: Entries, *, is_led: bool) -> list[Match]:
        """Return those of some entries that meet every condition, in the order asked.

        Where no index led to them they are a stretch of the log.
        """
        if not len(places):
            return []
        if is_led:
            rows = await self.connection.fetch(_AMONG, places.tolist())
        else:
            bounds = int(places.min()), int(places.max()) + 1
            rows = await self.connection.fetch(_BETWEEN, *bounds, needles(self.wanted.sought))
        rows.sort(key=itemgetter("seq"), reverse=self.wanted.newest_first)
        tags = frozenset(self.wanted.tags)
        sought = self.wanted.sought
        since, until = self.wanted.since, self.wanted.until
        found: list[Match] = []
        for row in rows:
            at = row["at"]
            if (since is not None and at < since) or (until is not None and at >= until):
                continue
            if tags and tags.isdisjoint(_tags(row["subjects"])):
                continue
            record = record_of(row["record"])
            fields = self.definitions.names(record, row["subjects"])
            if meets(KIND_BY_CODE[row["kind"]], record, fields, sought):
                found.append(Match(row, record, fields))
        return found


def _tags(subjects: bytes) -> Iterator[bytes]:
    return (subjects[at : at + TAG_SIZE] for at in range(0, len(subjects), SUBJECT_SIZE))


async def about(connection: asyncpg.Connection, tags: Sequence[bytes]) -> Entries:
    """Return the entries that may be about some subjects, each once, ascending."""
    by_bucket: dict[int, list[bytes]] = {}
    for tag in tags:
        by_bucket.setdefault(bucket_of(tag), []).append(tag)
    rows = await connection.fetch(_SEGMENTS, list(by_bucket))
    found: set[int] = set()
    for _, bucket, start, postings in rows:
        if bucket is not None:
            found.update(entries_about(by_bucket[bucket], start, postings))
    tail = rows[0][0] if rows else 0
    found.update(row[0] for row in await connection.fetch(_TAIL_ABOUT, tail, list(tags)))
    return np.array(sorted(found), np.int64)


async def index_behind(
    connection: asyncpg.Connection, limit: int, *, subjects: int = 0, most: int = _MOST_SUBJECTS
) -> int:
    """Index up to `limit` more entries as one segment; return how many, 0 when none is left.

    They are about `most` subjects together, or it is one entry: each counts as often as it stands.

    Where fewer entries wait and they are about fewer than `subjects`, they are left for later:
    small segments make look-ups slow, and the tail is read anyway. One transaction; several
    processes may call it at once, and one of them waits.
    """
    async with connection.transaction():
        ((start, stop),) = await connection.fetch(_SPAN, limit)
        if stop - start < limit and await connection.fetchval(_WAITING, start, stop) < subjects:
            return 0
        if start < stop:
            too_many = await connection.fetchval(_TOO_MANY, start, stop, most)
            stop = stop if too_many is None else max(too_many, start + 1)
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
