"""What rules must know of an entry that the entry does not say: of its reader, whom it is about.

Three things are remembered, each kept up in the transaction that counts: when a reader last asked,
which sets of fields a department has read on which day, and who is on a list. The lists name
people by the alias by which the log knows them; their tags are computed here, under every epoch.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

from audit.dictionary import definition_in
from audit.entry import EntryKind
from audit.indicator_rules import BEIJING, Rule, Unusual
from audit.indicators import Circumstances, Observed
from hub.store.database import Connection

SLEEP_DAYS: Final = 14
"""An account that asked for nothing for so long is said to wake when it asks again."""
_LATEST: Final = 2
"""Fields read until so many days ago are known: entries around midnight change nothing."""
_FIELDS_KEPT: Final = timedelta(days=120)
_ASKING: Final = (EntryKind.ANSWER, EntryKind.DENIAL)
_READERS: Final = """
    select r.department, r.actor, last_at, woke_at, slept_days
    from indicator_reader r join unnest($1::text[], $2::text[]) as t(department, actor)
        on r.department = t.department and r.actor = t.actor
"""
_READ: Final = """
    insert into indicator_reader (department, actor, last_at, woke_at, slept_days)
    select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::int[])
    on conflict (department, actor) do update set
        last_at = excluded.last_at, woke_at = excluded.woke_at, slept_days = excluded.slept_days
"""
_LISTS: Final = "select list, department, actor, log_alias from indicator_list"
_USES: Final = """
    select department, by_person, day, field_set, answers from indicator_field_use
    where department = any($1::text[]) and day between $2 and $3
"""
_USE: Final = """
    insert into indicator_field_use (department, by_person, day, field_set, answers)
    select * from unnest($1::text[], $2::bool[], $3::date[], $4::bigint[], $5::bigint[])
    on conflict (department, by_person, day, field_set)
    do update set answers = indicator_field_use.answers + excluded.answers
"""
_FORGET_USES: Final = "delete from indicator_field_use where day < $1"
_DEFINED: Final = """
    select seq, record from audit.record where kind = 9 and seq >= $1 order by seq
"""
_Side = tuple[str, bool]
"""A department, and whether people of it ask or its systems."""


@dataclass(slots=True)
class _Reader:
    last_at: int
    woke_at: int = 0
    slept_days: int = 0


@dataclass(slots=True)
class Surroundings:
    """Finds what surrounds entries; remembers the dictionary, which only grows."""

    rules: Sequence[Rule]
    tags_of: Callable[[bytes], Sequence[bytes]] | None = None
    _fields: dict[int, frozenset[str]] = field(default_factory=dict)
    _defined: int = 0

    async def of(
        self, connection: Connection, log: Connection, entries: Sequence[Observed]
    ) -> list[Circumstances]:
        """Return what is known of each entry, and remember what they add, in the transaction."""
        close, watched = await self._lists(connection)
        sleeps = await _sleeps(connection, entries)
        used = await self._used(connection, log, entries)
        found = []
        for entry, (slept_days, awake_s), (now, before) in zip(entries, sleeps, used, strict=True):
            near: AbstractSet[bytes] = frozenset()
            curious: AbstractSet[bytes] = frozenset()
            if close and (tags := close.get((entry.department, entry.actor))):
                near = tags & entry.tags
            if watched:
                curious = watched & entry.tags
            found.append(Circumstances(near, curious, slept_days, awake_s, before, now))
        return found

    async def _lists(
        self, connection: Connection
    ) -> tuple[dict[tuple[str, str], set[bytes]], set[bytes]]:
        close: defaultdict[tuple[str, str], set[bytes]] = defaultdict(set)
        watched: set[bytes] = set()
        if self.tags_of is not None and any(rule.listed for rule in self.rules):
            for row in await connection.fetch(_LISTS):
                tags = self.tags_of(row["log_alias"])
                if row["list"] == "watched":
                    watched.update(tags)
                else:
                    close[row["department"], row["actor"]].update(tags)
        return close, watched

    async def _used(
        self, connection: Connection, log: Connection, entries: Sequence[Observed]
    ) -> list[tuple[AbstractSet[str], AbstractSet[str] | None]]:
        """Return of each entry the fields that it read, and those read before."""
        told = [rule.unusual_fields for rule in self.rules if rule.unusual_fields is not None]
        if not told:
            return [(frozenset(), None)] * len(entries)
        sets = [_set_of(entry) for entry in entries]
        if any(each is not None and each not in self._fields for each in sets):
            await self._learn(log)
        uses = await _uses(connection, entries, sets, max(one.days for one in told))
        known: dict[tuple[_Side, date], AbstractSet[str] | None] = {}
        found: list[tuple[AbstractSet[str], AbstractSet[str] | None]] = []
        for entry, field_set in zip(entries, sets, strict=True):
            now = self._fields.get(field_set) if field_set is not None else None
            if now is None:
                found.append((frozenset(), None))
                continue
            key = (_side(entry), _day(entry))
            if key not in known:
                known[key] = self._before(uses[key[0]], key[1], told[-1])
            found.append((now, known[key]))
        return found

    def _before(
        self, uses: dict[tuple[date, int], int], day: date, told: Unusual
    ) -> AbstractSet[str] | None:
        first, last = day - timedelta(days=told.days), day - timedelta(days=_LATEST)
        within = {key: count for key, count in uses.items() if first <= key[0] <= last}
        if sum(within.values()) < told.at_least:
            return None
        return frozenset().union(*(self._fields.get(each, ()) for _, each in within))

    async def _learn(self, log: Connection) -> None:
        for row in await log.fetch(_DEFINED, self._defined):
            defined = definition_in(row["record"])
            self._fields[defined.field_set] = frozenset(defined.fields)
            self._defined = row["seq"] + 1


async def _sleeps(connection: Connection, entries: Sequence[Observed]) -> list[tuple[int, int]]:
    """Return how many days each entry's reader had slept before they woke, and since when not."""
    whose = sorted({(e.department, e.actor) for e in entries if e.actor and e.kind in _ASKING})
    readers: dict[tuple[str, str], _Reader] = {}
    if whose:
        for row in await connection.fetch(_READERS, *_columns(whose)):
            last_at, woke_at = (int(row[name].timestamp()) for name in ("last_at", "woke_at"))
            readers[row[0], row[1]] = _Reader(last_at, woke_at, row["slept_days"])
    found = []
    for entry in entries:
        key, now = (entry.department, entry.actor), entry.at_ms // 1_000
        if not entry.actor or entry.kind not in _ASKING:
            found.append((0, 0))
            continue
        reader = readers.setdefault(key, _Reader(now))
        days = (now - reader.last_at) // 86_400
        if days >= SLEEP_DAYS:
            reader.woke_at, reader.slept_days = now, days
        reader.last_at = max(reader.last_at, now)
        found.append((reader.slept_days, max(now - reader.woke_at, 0)))
    if readers:
        rows = [
            (*key, _moment(each.last_at), _moment(each.woke_at), each.slept_days)
            for key, each in sorted(readers.items())
        ]
        await connection.execute(_READ, *_columns(rows))
    return found


async def _uses(
    connection: Connection, entries: Sequence[Observed], sets: Sequence[int | None], days: int
) -> defaultdict[_Side, dict[tuple[date, int], int]]:
    """Return how often each side of a department read which set on which day, these included."""
    fresh: defaultdict[tuple[str, bool, date, int], int] = defaultdict(int)
    for entry, field_set in zip(entries, sets, strict=True):
        if field_set is not None:
            fresh[*_side(entry), _day(entry), field_set] += 1
    uses: defaultdict[_Side, dict[tuple[date, int], int]] = defaultdict(dict)
    if not fresh:
        return uses
    rows = [(*key, count) for key, count in sorted(fresh.items())]
    await connection.execute(_USE, *_columns(rows))
    names, told = sorted({key[0] for key in fresh}), [key[2] for key in fresh]
    await connection.execute(_FORGET_USES, max(told) - _FIELDS_KEPT)
    span = (min(told) - timedelta(days=days), max(told) - timedelta(days=_LATEST))
    for row in await connection.fetch(_USES, names, *span):
        side = uses[row["department"], row["by_person"]]
        side[row["day"], row["field_set"]] = row["answers"]
    return uses


def _set_of(entry: Observed) -> int | None:
    stated = entry.record.get("fields")
    return stated if entry.kind is EntryKind.ANSWER and isinstance(stated, int) else None


def _side(entry: Observed) -> _Side:
    return entry.department, bool(entry.actor)


def _day(entry: Observed) -> date:
    return datetime.fromtimestamp(entry.at_ms // 1_000, BEIJING).date()


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _columns(rows: Iterable[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
