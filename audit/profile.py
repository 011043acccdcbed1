"""What a department does, day by day and by value, beside what it did before: from the indexes.

Nothing but the tail of the log is read entry by entry, so a year of a busy department takes what
its bitmaps take. Which values are compared is known from the newest entries of both periods; how
often each occurs is counted over all of both.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
import numpy as np
from numpy.typing import NDArray

from audit.candidates import (
    Bounds,
    Entries,
    Extent,
    candidates,
    extents,
    gaps,
    masks_of,
    moments_of,
)
from audit.defined import Definitions
from audit.facets import Facet, Sought, Value, values_of
from audit.search import Filter, matches
from audit.tallies import tallied

COMPARED: Final = (
    Facet.PURPOSE, Facet.KIND, Facet.FIELD, Facet.ACTOR, Facet.REASON, Facet.CHANNEL,
)  # fmt: skip
_SAMPLE: Final = 2_000
_VALUES: Final = 50
_SPANS_AT_ONCE: Final = 8
_BEIJING_MS: Final = 8 * 3_600_000
_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 86_400_000
_HOURS: Final = 24
_EXTENT: Final = "SELECT coalesce((SELECT min(seq) FROM audit.record), 0), size FROM audit.head"
_ALL: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Periods:
    """Two periods, one after the other: from `since` until before `turn`, and on to `until`."""

    since: datetime
    turn: datetime
    until: datetime


@dataclass(slots=True)
class Profile:
    """How often, in the later period and in the earlier one."""

    days: Counter[int] = field(default_factory=Counter)
    """By day of Beijing since 1970, of both periods."""
    refused: Counter[int] = field(default_factory=Counter)
    """The same of entries in which something was refused."""
    hours: list[int] = field(default_factory=lambda: [0] * _HOURS)
    hours_before: list[int] = field(default_factory=lambda: [0] * _HOURS)
    values: dict[Value, list[int]] = field(default_factory=dict)
    """Of each value: later, earlier."""


def day_number(moment: datetime) -> int:
    """Return the day of Beijing that a moment falls on, counted from 1970."""
    return (_ms(moment) + _BEIJING_MS) // _DAY_MS


async def profiled(
    connection: asyncpg.Connection, department: str, periods: Periods, definitions: Definitions
) -> Profile:
    """Return what a department did. In one snapshot, which is the caller's transaction."""
    await definitions.refresh(connection)
    made = Profile()
    sought = Sought(Facet.DEPARTMENT, (department,))
    for since, until in ((periods.turn, periods.until), (periods.since, periods.turn)):
        sample = Filter(facets=[sought], since=since, until=until, newest_first=True, limit=_SAMPLE)
        found = await tallied(connection, sample, definitions, COMPARED)
        for facet, values in found.values.items():
            made.values |= {(facet, name): [0, 0] for name, _ in values.most_common(_VALUES)}
    ((lowest, size),) = await connection.fetch(_EXTENT)
    known = await extents(connection)
    bounds = Bounds(lowest, None, periods.since, periods.until)
    held = [extent for extent in known if bounds.may_hold(extent)]
    for at in range(0, len(held), _SPANS_AT_ONCE):
        await _of_spans(connection, held[at : at + _SPANS_AT_ONCE], sought, bounds, periods, made)
    for begin, end in gaps(known, bounds, size):
        await _unled(connection, Filter(
            facets=[sought], since=periods.since, until=periods.until,
            after=begin - 1, before=end, limit=_ALL,
        ), periods, definitions, made)  # fmt: skip
    return made


async def _of_spans(
    connection: asyncpg.Connection,
    window: Sequence[Extent],
    sought: Sought,
    bounds: Bounds,
    periods: Periods,
    made: Profile,
) -> None:
    found = await candidates(connection, window, [sought], bounds, None)
    if not found:
        return
    moments = await moments_of(connection, window)
    refusal = (Facet.KIND, "denial")
    masks = await masks_of(connection, window, [*made.values, refusal])
    for start, entries in found.items():
        places = entries - start
        at = moments[start][places]
        is_late = at >= _ms(periods.turn)
        refused = np.zeros(len(places), np.bool_)
        for value, mask in masks[start].items():
            has = mask[places]
            if value in made.values:
                late = int(np.count_nonzero(has & is_late))
                made.values[value][0] += late
                made.values[value][1] += int(np.count_nonzero(has)) - late
            if value[0] is Facet.REASON or value == refusal:
                refused |= has
        _add_times(made, at, is_late, refused)


async def _unled(
    connection: asyncpg.Connection,
    wanted: Filter,
    periods: Periods,
    definitions: Definitions,
    made: Profile,
) -> None:
    at: list[int] = []
    refused: list[bool] = []
    async for match in matches(connection, wanted, definitions):
        values = set(values_of(match.kind, match.record, match.fields))
        moment = match.row["at"]
        at.append(_ms(moment))
        refused.append(any(facet is Facet.REASON for facet, _ in values) or match.kind == "denial")
        for value in values & made.values.keys():
            made.values[value][moment < periods.turn] += 1
    if at:
        times = np.array(at, np.int64)
        _add_times(made, times, times >= _ms(periods.turn), np.array(refused, np.bool_))


def _add_times(
    made: Profile, at: Entries, is_late: NDArray[np.bool_], refused: NDArray[np.bool_]
) -> None:
    local = at + _BEIJING_MS
    days, hours = local // _DAY_MS, local % _DAY_MS // _HOUR_MS
    for counted, chosen in ((made.days, days), (made.refused, days[refused])):
        for day, times in zip(*np.unique(chosen, return_counts=True), strict=True):
            counted[int(day)] += int(times)
    for counts, chosen in ((made.hours, hours[is_late]), (made.hours_before, hours[~is_late])):
        for hour, times in enumerate(np.bincount(chosen, minlength=_HOURS).tolist()):
            counts[hour] += times


def _ms(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
