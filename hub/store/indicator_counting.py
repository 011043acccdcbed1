"""Indicators are counted behind the log, exactly once, in stretches.

What a stretch adds is stored in the transaction that notes how far the log was read; so a stretch
that broke is read again, and one that was stored is not, wherever the log is: it only grows. A
window that reaches its rule's threshold is weighed once against what is usual: days that are over
by the day before yesterday, so that entries that come around midnight change nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import asyncpg

from audit.entry import CODE_BY_KIND, EntryKind
from audit.indicator_rules import (
    BEIJING,
    DISTINCT,
    Rule,
    raised_threshold,
    window_end,
    window_start,
)
from audit.indicators import Count, Observed, Sighting, Tally, Waiting, Who, observed, tally
from hub.store.database import Connection
from hub.store.indicator_surroundings import Surroundings

KEPT: Final = timedelta(days=2)
"""How long what has not reached its threshold is kept, after its window."""
USUAL_KEPT: Final = timedelta(days=120)
_SETTLED: Final = timedelta(minutes=2)
"""How much later than its neighbours in the log an entry may say that it was."""
_NEXT: Final = "select next from indicator_progress for update"
_SIZE: Final = "select size from audit.head"
_ENTRIES: Final = """
    select seq, at, kind, record, subjects from audit.record
    where seq >= $1 and seq < $2 and kind = any($3::smallint[]) order by seq
"""
_ADD: Final = """
    insert into indicator (id, rule, severity, department, actor, client, started_at, ended_at,
                           first_index, last_index, count, threshold, entries)
    select id, rule, severity, department, actor, client, started_at, ended_at, first_index,
        last_index, count, threshold, string_to_array(entries, ',')::bigint[]
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
        $7::timestamptz[], $8::timestamptz[], $9::bigint[], $10::bigint[], $11::bigint[],
        $12::bigint[], $13::text[])
        as t(id, rule, severity, department, actor, client, started_at, ended_at, first_index,
             last_index, count, threshold, entries)
    on conflict (id) do update set
        first_index = least(indicator.first_index, excluded.first_index),
        last_index = greatest(indicator.last_index, excluded.last_index),
        count = indicator.count + excluded.count,
        entries = (indicator.entries || excluded.entries)[1:50]
    returning id, count
"""
_SEE: Final = """
    insert into indicator_seen (rule, started_at, tag, seen_by, index)
    select * from unnest($1::text[], $2::timestamptz[], $3::bytea[], $4::text[], $5::bigint[])
    on conflict do nothing returning rule, started_at, tag, seen_by
"""
_WAIT: Final = """
    insert into indicator_waiting (rule, started_at, department, actor, client, tag, at, index)
    select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[],
        $6::bytea[], $7::timestamptz[], $8::bigint[])
    on conflict do nothing
"""
_WORKED: Final = """
    insert into indicator_worked (department, tag, at)
    select * from unnest($1::text[], $2::bytea[], $3::timestamptz[]) on conflict do nothing
"""
_RIPE: Final = """
    with ripe as (delete from indicator_waiting where rule = $1 and at <= $2 returning *)
    select r.* from ripe r where not exists (
        select from indicator_worked w where w.department = r.department and w.tag = r.tag
           and w.at between r.at - $3::interval and r.at + $3::interval)
    order by r.at, r.index
"""
_PEAKS: Final = """
    insert into indicator_usual (rule, department, actor, client, day, peak)
    select rule, department, actor, client, day, max(peak)
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::date[], $6::bigint[])
        as t(rule, department, actor, client, day, peak)
    group by rule, department, actor, client, day
    on conflict (rule, department, actor, client, day)
    do update set peak = greatest(indicator_usual.peak, excluded.peak)
"""
_UNWEIGHED: Final = """
    select id, rule, department, actor, client, started_at from indicator
    where id = any($1::text[]) and usual_of is null
"""
_USUAL: Final = """
    select count(*) as days, percentile_disc(0.5) within group (order by peak) as usual
    from indicator_usual
    where rule = $1 and department = $2 and ($3::text is null or (actor = $3 and client = $4))
      and day between $5 and $6
"""
_WEIGH: Final = """
    update indicator set threshold = $2, usual = $3, usual_days = $4, usual_of = $5 where id = $1
"""
_MOVED: Final = "update indicator_progress set next = $1"
_SWEEPS: Final = (
    "delete from indicator where count < threshold and ended_at < $1 and rule <> all($2::text[])",
    "delete from indicator where count < threshold and ended_at < $1",
)
_FORGET: Final = "delete from indicator_seen where rule = $1 and started_at < $2"
_FORGET_WORK: Final = "delete from indicator_worked where at < $1"
_FORGET_USUAL: Final = "delete from indicator_usual where day < $1"


@dataclass(slots=True)
class Counting:
    """Lets the rules read the log; may live as long as the process. Of one task at a time."""

    rules: Sequence[Rule]
    tags_of: Callable[[bytes], Sequence[bytes]] | None = None
    """A person's tags in the log, from the alias; None: nobody is on a list."""
    surroundings: Surroundings = field(init=False)

    def __post_init__(self) -> None:
        self.surroundings = Surroundings(self.rules, self.tags_of)

    async def behind(
        self, connection: Connection, limit: int, log: Connection | None = None
    ) -> int:
        """Let the rules read up to `limit` more entries of the log; return how many.

        In the caller's transaction, which is on the hub's side: the log is read over `log`, where
        it is in a database of its own. Several processes may do it at once: one waits for the
        other.
        """
        log = connection if log is None else log
        start: int = await connection.fetchval(_NEXT)
        stop: int = min(start + limit, await log.fetchval(_SIZE))
        if start >= stop:
            return 0
        kinds = {CODE_BY_KIND[kind] for rule in self.rules for kind in rule.kinds}
        kinds.add(CODE_BY_KIND[EntryKind.COMMAND])
        entries = [
            observed(r["seq"], r["at"], r["kind"], r["record"], r["subjects"])
            for r in await log.fetch(_ENTRIES, start, stop, sorted(kinds))
        ]
        if entries:
            around = await self.surroundings.of(connection, log, entries)
            seen = [replace(e, around=a) for e, a in zip(entries, around, strict=True)]
            await _Stretch(connection, self.rules).store(tally(self.rules, seen), _newest(entries))
        await connection.execute(_MOVED, stop)
        return stop - start


async def count_behind(
    connection: Connection,
    rules: Sequence[Rule],
    limit: int,
    tags_of: Callable[[bytes], Sequence[bytes]] | None = None,
) -> int:
    """Let the rules read up to `limit` more entries of the log; return how many."""
    return await Counting(rules, tags_of).behind(connection, limit)


class _Stretch:
    """What one stretch adds, on its way into the store. Belongs to one transaction."""

    def __init__(self, connection: Connection, rules: Sequence[Rule]) -> None:
        self._connection = connection
        self._rules = rules

    async def store(self, added: Tally, newest: datetime) -> None:
        """Add it, weigh what reached a threshold, forget what nobody needs."""
        if added.sightings:
            await self._see(added)
        await self._wait(added, newest)
        counts = list(added.counts.values())
        if counts:
            await self._count(counts)
        await self._forget(newest)

    async def _see(self, added: Tally) -> None:
        rows = [
            (seen.rule, _moment(seen.start_s), seen.tag, seen.by, index)
            for seen, (_, _, index) in added.sightings.items()
        ]
        new = {
            Sighting(row[0], int(row[1].timestamp()), row[2], row[3])
            for row in await self._connection.fetch(_SEE, *_columns(rows))
        }
        for seen in added.sightings:
            if seen in new:
                added.count_seen(seen)

    async def _wait(self, added: Tally, newest: datetime) -> None:
        """Put look-ups that wait for casework with the others; count those that waited in vain."""
        if added.worked:
            work = [(name, tag, _moment(at_s)) for name, tag, at_s in sorted(added.worked)]
            await self._connection.execute(_WORKED, *_columns(work))
        by_id: dict[str, list[Rule]] = {}
        for rule in self._rules:
            if rule.unfollowed_days is not None:
                by_id.setdefault(rule.id, []).append(rule)
        if added.waiting:
            waiting = [_waiting(each, _holding(by_id, each)) for each in added.waiting]
            await self._connection.execute(_WAIT, *_columns(waiting))
        for name, rules in by_id.items():
            days = timedelta(days=max(rule.unfollowed_days or 0 for rule in rules))
            until = newest - _SETTLED - days
            for row in await self._connection.fetch(_RIPE, name, until, days):
                at_s = int(row["at"].timestamp())
                rule = next(each for each in rules if each.holds(at_s))
                who = Who(row["department"], row["actor"], row["client"])
                added.count(rule, window_start(rule, at_s * 1_000), who, row["index"])

    async def _count(self, counts: Sequence[Count]) -> None:
        returned = await self._connection.fetch(_ADD, *_columns(map(_row, counts)))
        reached = {row["id"]: int(row["count"]) for row in returned}
        compared = [each for each in counts if each.rule.usual is not None]
        if not compared:
            return
        peaks = [(each.rule.id, *each.who, _day(each.start_s), reached[each.id])
                 for each in compared]  # fmt: skip
        await self._connection.execute(_PEAKS, *_columns(peaks))
        due = {each.id: each.rule for each in compared if reached[each.id] >= each.rule.threshold}
        for row in await self._connection.fetch(_UNWEIGHED, list(due)) if due else ():
            await self._weigh(row, due[row["id"]])

    async def _weigh(self, row: asyncpg.Record, rule: Rule) -> None:
        told = rule.usual
        assert told is not None  # noqa: S101 - only such rules are weighed
        day = row["started_at"].astimezone(BEIJING).date()
        span = (day - timedelta(days=told.days), day - timedelta(days=2))
        usual: tuple[int | None, int | None, str] = (None, None, "")
        for side in told.of:
            whose = (row["actor"], row["client"]) if side == "reader" else (None, None)
            (found,) = await self._connection.fetch(
                _USUAL, rule.id, row["department"], *whose, *span
            )
            if found["days"] >= told.at_least:
                usual = (int(found["usual"]), int(found["days"]), side)
                break
        threshold = raised_threshold(rule, usual[0])
        await self._connection.execute(_WEIGH, row["id"], threshold, *usual)

    async def _forget(self, newest: datetime) -> None:
        until = newest - KEPT
        slow = {rule.id: timedelta(seconds=rule.kept_s) for rule in self._rules if rule.kept_s}
        await self._connection.execute(_SWEEPS[0], until, list(slow))
        if slow:
            longest = max(slow.values())
            await self._connection.execute(_SWEEPS[1], until - longest)
            await self._connection.execute(_FORGET_WORK, until - 2 * longest)
        for rule in self._rules:
            if rule.measure in DISTINCT:
                behind = until - timedelta(seconds=rule.window_s)
                await self._connection.execute(_FORGET, rule.id, behind)
        await self._connection.execute(_FORGET_USUAL, (newest - USUAL_KEPT).date())


def _row(each: Count) -> tuple[object, ...]:
    rule, entries = each.rule, ",".join(map(str, each.entries))
    return (
        each.id, rule.id, rule.severity, *each.who, _moment(each.start_s),
        window_end(rule, each.start_s), each.first, each.last, each.count, rule.threshold, entries,
    )  # fmt: skip


def _waiting(each: Waiting, rule: Rule) -> tuple[object, ...]:
    start = _moment(window_start(rule, each.at_s * 1_000))
    return (each.rule, start, *each.who, each.tag, _moment(each.at_s), each.place)


def _holding(by_id: Mapping[str, Sequence[Rule]], each: Waiting) -> Rule:
    return next(rule for rule in by_id[each.rule] if rule.holds(each.at_s))


def _columns(rows: Iterable[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _newest(entries: Sequence[Observed]) -> datetime:
    return datetime.fromtimestamp(max(entry.at_ms for entry in entries) / 1_000, UTC)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _day(seconds: int) -> date:
    return datetime.fromtimestamp(seconds, BEIJING).date()
