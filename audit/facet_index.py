"""The index of facets in PostgreSQL, built behind the log: step by step, and merged into spans.

A step is a span of few entries, so that little is left to be scanned at the end of the log; when a
long span is full its steps are merged, so that a look-up reads few values. Each is one transaction
under one lock: several processes do it once, and one that is killed leaves nothing half done.

The index is never believed alone: what it lost is built anew, and what it gives is checked.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

import asyncpg
import numpy as np
from numpy.typing import NDArray

from audit.defined import Definitions, record_of
from audit.entry import KIND_BY_CODE
from audit.facets import FORM, field_values, key_of, stated_values
from audit.postings import MAX_SPAN, Packed, merged, packed

_LOCK: Final = "SELECT form FROM audit.facet_progress FOR UPDATE"
_REACHED: Final = """
    SELECT head.size, (SELECT min(seq) FROM audit.record) AS lowest,
           count(span.start) AS spans, min(start) AS start, max(stop) AS stop,
           coalesce(sum(stop - start), 0) AS covered
    FROM audit.head LEFT JOIN audit.facet_span AS span ON true GROUP BY head.size
"""
_ROWS: Final = """
    SELECT seq, kind, record, subjects FROM audit.record
    WHERE seq >= $1 AND seq < $2 ORDER BY seq
"""
_FORGET: Final = """
    DELETE FROM audit.facet_span;
    DELETE FROM audit.facet_own;
    DELETE FROM audit.facet_rest;
"""
_FORM: Final = "UPDATE audit.facet_progress SET form = $1"
_SPANS: Final = """
    SELECT start, stop, moments FROM audit.facet_span WHERE start >= $1 ORDER BY start
"""
_OWN: Final = "SELECT start, key, postings FROM audit.facet_own WHERE start = ANY ($1::bigint[])"
_REST: Final = (
    "SELECT start, bucket, postings FROM audit.facet_rest WHERE start = ANY ($1::bigint[])"
)
_DROP: Final = (
    "DELETE FROM audit.facet_span WHERE start = ANY ($1::bigint[])",
    "DELETE FROM audit.facet_own WHERE start = ANY ($1::bigint[])",
    "DELETE FROM audit.facet_rest WHERE start = ANY ($1::bigint[])",
)
_TOUCHED: Final = """
    SELECT start, stop FROM audit.facet_span
    WHERE start < $2 AND stop > $1 AND (stop <= $2 OR $3) ORDER BY start
"""
MOMENT: Final = np.dtype("<i8")
_AT_ONCE: Final = 128
"""Entries that are in memory at a time: one about 5,000 people has 180 kB."""


@dataclass(frozen=True, slots=True)
class Steps:
    """How many entries are indexed at a time, and how many a span has when it is merged."""

    step: int = 2_048
    span: int = MAX_SPAN


class Span(NamedTuple):
    """What is stored of entries `start` to `stop`."""

    start: int
    stop: int
    moments: bytes
    postings: Packed


Row = tuple[int, int, bytes, bytes]
"""Number, kind, record and packed subjects of an entry."""


async def index_facets(
    connection: asyncpg.Connection, definitions: Definitions, steps: Steps = Steps()
) -> int:
    """Index one more step of the log; return how many entries, 0 when fewer are waiting.

    One transaction; several processes may call it at once, and one of them waits.
    """
    async with connection.transaction():
        form = await connection.fetchval(_LOCK)
        ((size, lowest, spans, start, stop, covered),) = await connection.fetch(_REACHED)
        if lowest is None:
            return 0
        if form != FORM or not spans or covered != stop - start:
            await connection.execute(_FORGET)
            await connection.execute(_FORM, FORM)
            stop = lowest - lowest % steps.span
        end = stop - stop % steps.step + steps.step
        if end > size:
            return 0
        await definitions.refresh(connection)
        await _store(connection, await _made(connection, stop, end, definitions))
        if not end % steps.span:
            await _merge(connection, end - steps.span)
    return int(end - stop)


async def index_again(
    connection: asyncpg.Connection, start: int, stop: int, *, is_last: bool
) -> None:
    """Index anew the spans that end among entries `start` to `stop`, some of which are gone.

    `is_last`: also the one that ends behind them. In the caller's transaction.
    """
    await connection.execute(_LOCK)
    definitions = Definitions()
    for begin, end in await connection.fetch(_TOUCHED, start, stop, is_last):
        await definitions.refresh(connection)
        made = await _made(connection, begin, end, definitions)
        for statement in _DROP:
            await connection.execute(statement, [begin])
        await _store(connection, made)


async def _made(
    connection: asyncpg.Connection, start: int, stop: int, definitions: Definitions
) -> Span:
    """Read entries and return what the index has of them; a few at a time, for some are long."""
    making = _Making(start, stop, definitions)
    for first in range(start, stop, _AT_ONCE):
        last = min(first + _AT_ONCE, stop)
        rows = [tuple(row) for row in await connection.fetch(_ROWS, first, last)]
        await asyncio.to_thread(making.add, rows)
    return await asyncio.to_thread(making.span)


class _Making:
    """What the index has of entries `start` to `stop`; of those that are gone it has nothing."""

    def __init__(self, start: int, stop: int, definitions: Definitions) -> None:
        """Have no entry yet."""
        self._start, self._stop, self._definitions = start, stop, definitions
        self._keys: list[NDArray[np.int64]] = [np.array([], np.int64)]
        self._owners: list[int] = []
        self._counts: list[int] = []
        self._moments = np.zeros(stop - start, MOMENT)
        self._by_names: dict[tuple[str, ...], list[int]] = {}

    def add(self, rows: Iterable[Row]) -> None:
        """Add entries, in their order."""
        keys: list[int] = []
        known = self._by_names
        for seq, kind, body, subjects in rows:
            record = record_of(body)
            self._moments[seq - self._start] = _moment(record)
            names = self._definitions.names(record, subjects)
            of_fields = known.get(names)
            if of_fields is None:
                of_fields = known[names] = [key_of(*value) for value in field_values(names)]
            before = len(keys)
            keys += [key_of(*value) for value in stated_values(KIND_BY_CODE[kind], record)]
            keys += of_fields
            self._owners.append(seq - self._start)
            self._counts.append(len(keys) - before)
        self._keys.append(np.array(keys, np.int64))

    def span(self) -> Span:
        """Return what was added."""
        distances = np.repeat(np.array(self._owners, np.int64), np.array(self._counts, np.int64))
        made = packed(np.concatenate(self._keys), distances, self._stop - self._start)
        return Span(self._start, self._stop, self._moments.tobytes(), made)


def _moment(record: dict[str, Any]) -> int:
    at = record.get("at")
    return at if type(at) is int else 0


def bounds_of(moments: bytes) -> tuple[int, int]:
    """Return the earliest and the latest moment; of no entries, nothing can lie between them."""
    told: NDArray[np.int64] = np.frombuffer(moments, MOMENT)
    told = told[told > 0]
    return (int(told.min()), int(told.max())) if len(told) else (0, -1)


async def _store(connection: asyncpg.Connection, made: Span) -> None:
    postings, start = made.postings, made.start
    await connection.copy_records_to_table(
        "facet_own",
        schema_name="audit",
        columns=("key", "start", "postings"),
        records=[(key, start, value) for key, value in postings.own.items()],
    )
    await connection.copy_records_to_table(
        "facet_rest",
        schema_name="audit",
        columns=("bucket", "start", "postings"),
        records=[(bucket, start, value) for bucket, value in postings.rest.items()],
    )
    await connection.copy_records_to_table(
        "facet_span",
        schema_name="audit",
        columns=("start", "stop", "earliest", "latest", "moments"),
        records=[(start, made.stop, *bounds_of(made.moments), made.moments)],
    )


async def _merge(connection: asyncpg.Connection, first: int) -> None:
    """Make one span of those from `first` on."""
    spans = await connection.fetch(_SPANS, first)
    if len(spans) < 2:  # noqa: PLR2004 - one is one already
        return
    starts = [row["start"] for row in spans]
    own: dict[int, dict[int, bytes]] = {start: {} for start in starts}
    rest: dict[int, dict[int, bytes]] = {start: {} for start in starts}
    for start, key, value in await connection.fetch(_OWN, starts):
        own[start][key] = value
    for start, bucket, value in await connection.fetch(_REST, starts):
        rest[start][bucket] = value
    begin, end = starts[0], spans[-1]["stop"]
    parts = [
        (
            row["start"] - begin,
            Packed(own[row["start"]], rest[row["start"]]),
            row["stop"] - row["start"],
        )
        for row in spans
    ]
    made = await asyncio.to_thread(partial(merged, parts, end - begin))
    for statement in _DROP:
        await connection.execute(statement, starts)
    moments = b"".join(row["moments"] for row in spans)
    await _store(connection, Span(begin, end, moments, made))
