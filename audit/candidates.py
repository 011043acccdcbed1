"""Which entries may be what is looked for, span by span, as the index of facets has it.

What the index gives is a candidate, unless nothing but times was asked for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import asyncpg
import numpy as np
from numpy.typing import NDArray

from audit.entry import EPOCH
from audit.facet_index import MOMENT
from audit.facets import Sought, Value, key_of
from audit.postings import Mask, bucket_of, mask_in_rest, mask_of

_SPANS: Final = """
    SELECT start, stop, earliest, latest FROM audit.facet_span ORDER BY start
"""
_MOMENTS: Final = "SELECT start, moments FROM audit.facet_span WHERE start = ANY ($1::bigint[])"
# A key stands in its own value or, in that span, among the rare ones.
_POSTINGS: Final = """
    SELECT w.key, s.start, s.postings, true
    FROM unnest($1::bigint[]) AS w (key) JOIN audit.facet_own AS s USING (key)
    WHERE s.start >= $3 AND s.start < $4
    UNION ALL
    SELECT w.key, r.start, r.postings, false
    FROM unnest($1::bigint[], $2::smallint[]) AS w (key, bucket)
    JOIN audit.facet_rest AS r USING (bucket)
    WHERE r.start >= $3 AND r.start < $4
      AND NOT EXISTS (SELECT FROM audit.facet_own AS s WHERE s.key = w.key AND s.start = r.start)
"""
_FIRST_WINDOW: Final = 4
"""Spans that are read at first; each time twice as many, for what is rare."""

Entries = NDArray[np.int64]


class Extent(NamedTuple):
    """A span of the index, and the times of its entries in milliseconds since 1970."""

    start: int
    stop: int
    earliest: int
    latest: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which entries and moments to look; half-open, None does not restrict."""

    first: int = 0
    stop: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    def narrowed(self, extent: Extent) -> tuple[int, int]:
        """Return which entries of a span lie between, as far as their numbers say."""
        last = extent.stop if self.stop is None else min(extent.stop, self.stop)
        return max(extent.start, self.first), last

    @property
    def since_ms(self) -> int | None:
        """The first moment in milliseconds; what lies within one comes after its beginning."""
        return None if self.since is None else -((EPOCH - self.since) // timedelta(milliseconds=1))

    @property
    def until_ms(self) -> int | None:
        """The moment in milliseconds with which it is over."""
        return None if self.until is None else -((EPOCH - self.until) // timedelta(milliseconds=1))

    def may_hold(self, extent: Extent) -> bool:
        """Whether anything of a span can lie between."""
        begin, end = self.narrowed(extent)
        since, until = self.since_ms, self.until_ms
        return (
            begin < end
            and (since is None or extent.latest >= since)
            and (until is None or extent.earliest < until)
        )

    def holds_all(self, extent: Extent) -> bool:
        """Whether all moments of a span lie between."""
        since, until = self.since_ms, self.until_ms
        return (since is None or extent.earliest >= since) and (
            until is None or extent.latest < until
        )


async def extents(connection: asyncpg.Connection) -> list[Extent]:
    """Return the spans of the index, in order."""
    return [Extent(*row) for row in await connection.fetch(_SPANS)]


def gaps(known: Sequence[Extent], bounds: Bounds, size: int) -> list[tuple[int, int]]:
    """Return the stretches that no span covers, the end of the log among them, in order."""
    last = size if bounds.stop is None else min(size, bounds.stop)
    found: list[tuple[int, int]] = []
    reached = bounds.first
    for extent in known:
        if reached < min(extent.start, last):
            found.append((reached, min(extent.start, last)))
        reached = max(reached, extent.stop)
    if reached < last:
        found.append((reached, last))
    return found


def windows(wanted: Sequence[Extent]) -> Iterator[Sequence[Extent]]:
    """Give spans in the order they come, few at first and then more at a time."""
    at, width = 0, _FIRST_WINDOW
    while at < len(wanted):
        yield wanted[at : at + width]
        at += width
        width *= 2


async def candidates(
    connection: asyncpg.Connection,
    window: Sequence[Extent],
    sought: Sequence[Sought],
    bounds: Bounds,
    among: Entries | None,
) -> Mapping[int, Entries]:
    """Return the candidates of some spans, ascending, by the span's start.

    `among` restricts them to those entries. A span without any has no place in the answer.

    Raises:
        LogInconsistentError: A value of the index is malformed.
    """
    masks = {extent.start: _numbered(extent, bounds, among) for extent in window}
    cut = [extent for extent in window if not bounds.holds_all(extent)]
    if cut:
        for start, moments in (await moments_of(connection, cut)).items():
            masks[start] &= _timed(moments, bounds)
    if sought:
        await _sift(connection, window, sought, masks)
    found = ((start, np.flatnonzero(mask)) for start, mask in masks.items())
    return {start: distances + start for start, distances in found if len(distances)}


async def _sift(
    connection: asyncpg.Connection,
    window: Sequence[Extent],
    sought: Sequence[Sought],
    masks: Mapping[int, Mask],
) -> None:
    """Take from the masks what does not meet every condition."""
    values = [(one.facet, value) for one in sought for value in one.values]
    known = await masks_of(connection, window, values)
    for start, mask in masks.items():
        for one in sought:
            any_of = np.zeros(len(mask), np.bool_)
            for value in one.values:
                found = known[start].get((one.facet, value))
                if found is not None:
                    any_of |= found
            np.logical_and(mask, any_of, out=mask)


async def masks_of(
    connection: asyncpg.Connection, window: Sequence[Extent], values: Iterable[Value]
) -> Mapping[int, Mapping[Value, Mask]]:
    """Return by span which of its entries may have which value; a value that none has is left out.

    Raises:
        LogInconsistentError: A value of the index is malformed.
    """
    spans = {extent.start: extent.stop - extent.start for extent in window}
    by_key = {key_of(*value): value for value in values}
    keys = list(by_key)
    rows = await connection.fetch(
        _POSTINGS, keys, [bucket_of(key) for key in keys], min(spans), max(spans) + 1
    )
    known: dict[int, dict[Value, Mask]] = {start: {} for start in spans}
    for key, start, value, is_own in rows:
        if start in spans:
            span = spans[start]
            mask = mask_of(value, span) if is_own else mask_in_rest(key, value, span)
            known[start][by_key[key]] = mask
    return known


async def moments_of(
    connection: asyncpg.Connection, window: Sequence[Extent]
) -> Mapping[int, Entries]:
    """Return by span its entries' moments, milliseconds since 1970; 0 where one is gone."""
    rows = await connection.fetch(_MOMENTS, [extent.start for extent in window])
    return {start: np.frombuffer(moments, MOMENT) for start, moments in rows}


def _numbered(extent: Extent, bounds: Bounds, among: Entries | None) -> Mask:
    begin, end = bounds.narrowed(extent)
    mask = np.zeros(extent.stop - extent.start, np.bool_)
    if among is None:
        mask[begin - extent.start : end - extent.start] = True
    else:
        first, last = np.searchsorted(among, (begin, end))
        mask[among[first:last] - extent.start] = True
    return mask


def _timed(moments: NDArray[np.int64], bounds: Bounds) -> Mask:
    mask = moments > 0
    if bounds.since_ms is not None:
        mask &= moments >= bounds.since_ms
    if bounds.until_ms is not None:
        mask &= moments < bounds.until_ms
    return mask
