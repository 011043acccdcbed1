"""Indicators as they are stored: counted behind the log, exactly once, and noted by auditors.

The log is read in stretches. What a stretch adds is stored in the transaction that notes how far
the log was read; so a stretch that broke is read again, and one that was stored is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg

from audit.entry import CODE_BY_KIND
from audit.indicators import (
    Count,
    Observed,
    Rule,
    Sighting,
    indicator_id,
    observed,
    tally,
    window_end,
)
from hub.store.database import Connection

KEPT: Final = timedelta(days=2)
"""How long what has not reached its threshold is kept, after its window."""
_SPAN: Final = """
    select p.next, least(p.next + $1, h.size) as stop
    from indicator_progress p, audit.head h for update of p
"""
_ENTRIES: Final = """
    select seq, at, kind, record, subjects from audit.record
    where seq >= $1 and seq < $2 and kind = any($3::smallint[]) order by seq
"""
_ADD: Final = """
    insert into indicator (id, rule, severity, department, actor, client, started_at, ended_at,
                           first_index, last_index, count, threshold)
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
        $7::timestamptz[], $8::timestamptz[], $9::bigint[], $10::bigint[], $11::bigint[],
        $12::bigint[])
    on conflict (id) do update set
        first_index = least(indicator.first_index, excluded.first_index),
        last_index = greatest(indicator.last_index, excluded.last_index),
        count = indicator.count + excluded.count
"""
_SEE: Final = """
    insert into indicator_seen (rule, started_at, tag, department, index)
    select * from unnest($1::text[], $2::timestamptz[], $3::bytea[], $4::text[], $5::bigint[])
    on conflict do nothing
"""
_SEEN_BY_MANY: Final = """
    select rule, started_at, tag, min(index) as first, max(index) as last, count(*) as many
    from indicator_seen
    where (rule, started_at, tag) in
        (select * from unnest($1::text[], $2::timestamptz[], $3::bytea[]))
    group by rule, started_at, tag
"""
_SET: Final = """
    insert into indicator (id, rule, severity, department, actor, client, started_at, ended_at,
                           first_index, last_index, count, threshold)
    values ($1, $2, $3, '', '', '', $4, $5, $6, $7, $8, $9)
    on conflict (id) do update set last_index = excluded.last_index, count = excluded.count
"""
_MOVED: Final = "update indicator_progress set next = $1"
_SWEEP: Final = "delete from indicator where count < threshold and ended_at < $1"
_FORGET: Final = "delete from indicator_seen where started_at < $1"
_LISTED: Final = """
    select i.*, n.made_by as noted_by, n.made_at as noted_at, n.note, n.number
    from indicator i
    left join lateral (
        select * from indicator_note n where n.indicator_id = i.id order by number desc limit 1
    ) n on true
    where i.count >= i.threshold
      and ($1::text is null or i.department = $1) and ($2::text is null or i.rule = $2)
      and ($3::text is null or i.severity = $3)
      and ($4::timestamptz is null or i.ended_at > $4)
      and (not $5 or n.number is null)
      and ($6::bigint is null or (i.first_index, i.id) < ($6, $7))
      and ($8::text is null or i.id = $8)
    order by i.first_index desc, i.id desc limit $9
"""
_NOTE: Final = """
    insert into indicator_note (indicator_id, number, made_by, made_at, note)
    select $1, coalesce(max(number), 0) + 1, $2, $3, $4 from indicator_note where indicator_id = $1
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which indicators; what is left out does not restrict."""

    department: str | None = None
    rule: str | None = None
    severity: str | None = None
    since: datetime | None = None
    """Whose window was not over by then."""
    is_open: bool = False
    """Only those that nobody has acknowledged."""
    before: tuple[int, str] | None = None
    """Only those after this one in a list: its first entry and its id."""
    id: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Note:
    """What an auditor noted about an indicator last."""

    by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Indicator:
    """A count of a rule's window that has reached its threshold."""

    id: str
    rule: str
    severity: str
    department: str | None
    """None: of several."""
    actor: str | None
    client: str | None
    started_at: datetime
    ended_at: datetime
    first: int
    """Index in the log of the first entry that it rests on."""
    last: int
    count: int
    threshold: int
    note: Note | None


async def count_behind(connection: Connection, rules: Sequence[Rule], limit: int) -> int:
    """Let the rules read up to `limit` more entries of the log; return how many.

    In the caller's transaction. Several processes may do it at once: one waits for the other.
    """
    (row,) = await connection.fetch(_SPAN, limit)
    start, stop = row["next"], row["stop"]
    if start >= stop:
        return 0
    kinds = sorted({CODE_BY_KIND[kind] for rule in rules for kind in rule.kinds})
    entries = [
        observed(r["seq"], r["at"], r["kind"], r["record"], r["subjects"])
        for r in await connection.fetch(_ENTRIES, start, stop, kinds)
    ]
    if entries:
        await _store(connection, rules, entries)
    await connection.execute(_MOVED, stop)
    return int(stop - start)


async def indicators(connection: Connection, wanted: Wanted) -> list[Indicator]:
    """Return indicators, that of the latest first entry first."""
    index, after = wanted.before or (None, None)
    rows = await connection.fetch(
        _LISTED,
        wanted.department,
        wanted.rule,
        wanted.severity,
        wanted.since,
        wanted.is_open,
        index,
        after,
        wanted.id,
        wanted.limit,
    )
    return [_indicator(row) for row in rows]


async def add_note(
    connection: Connection, indicator: str, by: str, at: datetime, text: str
) -> None:
    """Add a note; two at the same time are refused, and one is made again.

    Raises:
        asyncpg.UniqueViolationError: Somebody else added one meanwhile.
    """
    await connection.execute(_NOTE, indicator, by, at, text)


async def _store(
    connection: Connection, rules: Sequence[Rule], entries: Sequence[Observed]
) -> None:
    by_id = {rule.id: rule for rule in rules}
    added = tally(rules, entries)
    counts = list(added.counts.values())
    if counts:
        await connection.execute(_ADD, *_columns(counts, by_id))
    if added.sightings:
        await _see(connection, by_id, list(added.sightings.values()))
    newest = datetime.fromtimestamp(max(entry.at_ms for entry in entries) / 1_000, UTC)
    await connection.execute(_SWEEP, newest - KEPT)
    await connection.execute(_FORGET, newest - KEPT)


def _columns(counts: Sequence[Count], rules: Mapping[str, Rule]) -> list[list[object]]:
    rows = [
        (
            each.id,
            each.rule,
            rules[each.rule].severity,
            *each.who,
            _moment(each.start_s),
            window_end(rules[each.rule], each.start_s),
            each.first,
            each.last,
            each.count,
            rules[each.rule].threshold,
        )
        for each in counts
    ]
    return [list(column) for column in zip(*rows, strict=True)]


async def _see(connection: Connection, rules: Mapping[str, Rule], seen: Sequence[Sighting]) -> None:
    rows = [(s.rule, _moment(s.start_s), s.tag, s.department, s.place) for s in seen]
    await connection.execute(_SEE, *(list(column) for column in zip(*rows, strict=True)))
    whom = sorted({row[:3] for row in rows})
    found = await connection.fetch(
        _SEEN_BY_MANY, *(list(column) for column in zip(*whom, strict=True))
    )
    for row in found:
        rule, start = rules[row["rule"]], int(row["started_at"].timestamp())
        if row["many"] >= rule.threshold:
            await connection.execute(
                _SET,
                indicator_id(rule.id, start, row["tag"].hex()),
                rule.id,
                rule.severity,
                row["started_at"],
                window_end(rule, start),
                row["first"],
                row["last"],
                row["many"],
                rule.threshold,
            )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _indicator(row: asyncpg.Record) -> Indicator:
    noted = None
    if row["number"] is not None:
        noted = Note(row["noted_by"], row["noted_at"], row["note"])
    return Indicator(
        row["id"], row["rule"], row["severity"],
        row["department"] or None, row["actor"] or None, row["client"] or None,
        row["started_at"], row["ended_at"], row["first_index"], row["last_index"],
        row["count"], row["threshold"], noted,
    )  # fmt: skip
