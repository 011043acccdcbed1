"""Findings as they are stored: windows that reached their threshold, each with its life.

The life is only added to (`indicator_note`): the last step says where a finding stands. What was
counted, and how, is `hub.store.indicator_counting`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from hub.store.database import Connection

OPEN: Final = "open"
_LISTED: Final = """
    select i.*, n.made_by as noted_by, n.made_at as noted_at, n.note, n.number,
        coalesce(n.state, 'open') as state, n.verdict
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
      and ($10::text is null or coalesce(n.state, 'open') = $10)
    order by i.first_index desc, i.id desc limit $9
"""
_LIFE: Final = """
    select * from indicator_note where indicator_id = any($1::text[]) order by indicator_id, number
"""
_NOTE: Final = """
    insert into indicator_note
        (indicator_id, number, made_by, made_at, note, step, state, verdict, words_of)
    select $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, $6, $7, $8
    from indicator_note where indicator_id = $1
    returning number
"""
_LOCKED: Final = "select id from indicator where id = $1 and count >= threshold for update"
_JUDGED: Final = """
    select i.rule, count(*) as raised,
        count(*) filter (where coalesce(n.state, 'open') = 'open') as open,
        count(n.verdict) as decided,
        count(*) filter (where n.verdict = 'harmless') as harmless
    from indicator i
    left join lateral (
        select * from indicator_note n where n.indicator_id = i.id order by number desc limit 1
    ) n on true
    where i.count >= i.threshold group by i.rule order by i.rule
"""
_TOOK_PART: Final = """
    select record from audit.record
    where (seq = any($1::bigint[]) or ($2 and seq between $3 and $4)) and department = $5
      and kind in (3, 4)
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings; what is left out does not restrict."""

    department: str | None = None
    rule: str | None = None
    severity: str | None = None
    since: datetime | None = None
    """Whose window was not over by then."""
    is_open: bool = False
    """Only those of which nobody has said anything."""
    before: tuple[int, str] | None = None
    """Only those after this one in a list: its first entry and its id."""
    id: str | None = None
    limit: int = 100
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A step in the life of a finding: what somebody noted or judged, and where it stood then."""

    by: str
    at: datetime
    text: str
    step: str = "NOTE"
    state: str = OPEN
    verdict: str | None = None
    """`harmless`, `misuse`, or nobody has judged."""
    words_of: str | None = None
    """Whose explanation it is, an opaque id."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """A count of a rule's window that has reached its threshold: a finding."""

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
    entries: tuple[int, ...] = ()
    """The first of the entries that it rests on."""
    usual: int | None = None
    usual_days: int | None = None
    usual_of: str | None = None
    state: str = OPEN
    verdict: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """How many findings a rule has raised, and what became of them."""

    rule: str
    raised: int
    open: int
    decided: int
    """Somebody has judged: harmless or misuse."""
    harmless: int

    @property
    def false_alarms(self) -> int | None:
        """False alarms among what is decided, in hundredths of a percent; None: nothing is."""
        return None if not self.decided else 10_000 * self.harmless // self.decided


async def indicators(connection: Connection, wanted: Wanted) -> list[Indicator]:
    """Return findings, that of the latest first entry first."""
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
        wanted.state,
    )
    return [_indicator(row) for row in rows]


async def lives(connection: Connection, ids: Sequence[str]) -> dict[str, list[Note]]:
    """Return the steps of each finding, the oldest first."""
    found: dict[str, list[Note]] = {each: [] for each in ids}
    for row in await connection.fetch(_LIFE, list(ids)):
        found[row["indicator_id"]].append(_note(row))
    return found


async def judged(connection: Connection) -> list[Judged]:
    """Return what became of the findings of each rule, by its id."""
    rows = await connection.fetch(_JUDGED)
    return [Judged(r["rule"], r["raised"], r["open"], r["decided"], r["harmless"]) for r in rows]


def all_judged(rules: Sequence[Judged]) -> Judged:
    """Return the sums of all rules, under the name `all`."""
    sums = [sum(getattr(one, name) for one in rules) for name in
            ("raised", "open", "decided", "harmless")]  # fmt: skip
    return Judged("all", *sums)


async def locked(connection: Connection, finding: str) -> Indicator | None:
    """Return a finding that nobody else takes a step of until the transaction is over."""
    if not await connection.fetch(_LOCKED, finding):
        return None
    (found,) = await indicators(connection, Wanted(id=finding, limit=1))
    return found


async def records_behind(log: Connection, finding: Indicator, department: str) -> list[bytes]:
    """Return the records of a department's entries that a finding may rest on.

    Those that it names; where there are more than it names, all from its first to its last.
    """
    more = finding.count > len(finding.entries)
    rows = await log.fetch(
        _TOOK_PART, list(finding.entries), more, finding.first, finding.last, department
    )
    return [row["record"] for row in rows]


async def add_note(connection: Connection, indicator: str, note: Note) -> int:
    """Add a step; return its number. Two at the same time are refused, and one is made again.

    Raises:
        asyncpg.UniqueViolationError: Somebody else added one meanwhile.
    """
    number: int = await connection.fetchval(
        _NOTE, indicator, note.by, note.at, note.text, note.step, note.state, note.verdict,
        note.words_of,
    )  # fmt: skip
    return number


def _note(row: asyncpg.Record) -> Note:
    return Note(
        row["made_by"], row["made_at"], row["note"], row["step"], row["state"], row["verdict"],
        row["words_of"],
    )  # fmt: skip


def _indicator(row: asyncpg.Record) -> Indicator:
    noted = None
    if row["number"] is not None:
        noted = Note(row["noted_by"], row["noted_at"], row["note"])
    return Indicator(
        row["id"], row["rule"], row["severity"],
        row["department"] or None, row["actor"] or None, row["client"] or None,
        row["started_at"], row["ended_at"], row["first_index"], row["last_index"],
        row["count"], row["threshold"], noted, tuple(row["entries"]),
        row["usual"], row["usual_days"], row["usual_of"] or None, row["state"], row["verdict"],
    )  # fmt: skip
