"""Runs a campaign of planted misuse: puts it on record, counts behind it, says what was found."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from audit.entry import Entry, EntryKind, SubjectAccess, canonical
from audit.indicator_rules import packaged_rules
from audit.log import Log
from audit.postgres import PostgresStorage
from hub.store.database import Database
from hub.store.indicator_counting import Counting
from hub.store.indicators import Indicator, Wanted, indicators
from tests.support.audit_log import SIGNER
from tests.support.office import PATTERNS, Event, Office, tag_of

OWN_RULE = {
    "at night": "look-ups-at-night",
    "burst": "burst-of-look-ups",
    "many people": "one-reader-many-people",
    "many readers": "one-person-many-readers",
    "no casework": "look-ups-without-casework",
    "relatives": "own-relatives-or-neighbours",
    "outside the caseload": "outside-the-caseload",
    "denied burst": "many-denials",
    "not by number": "searches-not-by-number",
    "dormant account": "dormant-account-wakes",
    "unusual fields": "unusual-fields",
    "watched people": "watched-people",
}
"""Pattern -> the rule that is about it; others that find it as well do so by chance."""
_AT_A_TIME = 2_000


@dataclass(slots=True)
class Campaign:
    """What became of one."""

    accesses: int
    """Answers and refusals that are work."""
    found: dict[str, set[str]] = field(default_factory=dict)
    """Pattern -> the rules that found it."""
    false: Counter[str] = field(default_factory=Counter)
    """Rule -> findings that rest on work: on less than a quarter that was planted."""
    findings: list[Indicator] = field(default_factory=list)

    @property
    def found_as_meant(self) -> set[str]:
        """Patterns that were found by the rule that is about them."""
        return {name for name, rules in self.found.items() if OWN_RULE[name] in rules}

    @property
    def false_per_thousand(self) -> float:
        """False findings in a thousand accesses."""
        return 1_000 * self.false.total() / self.accesses

    def table(self) -> str:
        """Return what a person reads."""
        lines = [f"{self.accesses:,} accesses that are work; planted and found:"]
        for pattern in PATTERNS:
            rules = ", ".join(sorted(self.found.get(pattern, ()))) or "-"
            by_chance = "" if pattern in self.found_as_meant else "  (not by its own rule)"
            lines.append(f"  {pattern:24} {rules}{by_chance}")
        lines.append(
            f"false findings: {self.false.total()}, {self.false_per_thousand:.3f} in 1,000"
        )
        lines += [f"  {rule:32} {count}" for rule, count in self.false.most_common()]
        return "\n".join(lines)


async def campaign(dsn: str, office: Office, stretch: int = 2_000) -> Campaign:
    """Return what the packaged rules find in an office's log; `dsn` is a hub's, with no log yet."""
    events = office.events()
    patterns = await _recorded(dsn, office, events)
    database = Database(dsn)
    aliases = {tag_of(n)[:16]: tag_of(n) for n in range(office.people)}
    await _listed(database, office)
    counting, moved = Counting(packaged_rules(), lambda alias: (aliases[alias],)), stretch
    while moved == stretch:
        async with database.transaction() as connection:
            moved = await counting.behind(connection, stretch)
    async with database.connection() as connection:
        findings = await indicators(connection, Wanted(limit=100_000))
    await database.close()
    made = Campaign(sum(e.kind != "command" and e.pattern is None for e in events))
    made.findings = findings
    found: defaultdict[str, set[str]] = defaultdict(set)
    for finding in findings:
        rests = Counter(patterns.get(index) for index in finding.entries)
        planted = len(finding.entries) - rests[None]
        if 4 * planted >= len(finding.entries):
            for pattern in rests:
                if pattern is not None:
                    found[pattern].add(finding.rule)
        else:
            made.false[finding.rule] += 1
    made.found = dict(found)
    return made


async def _recorded(dsn: str, office: Office, events: Sequence[Event]) -> dict[int, str | None]:
    """Put events on record in their order; return the pattern of each entry by its index."""
    patterns: dict[int, str | None] = {}
    async with Log(PostgresStorage(dsn), SIGNER, lambda: events[0].at) as log:
        sets = {names: await log.define(list(names)) for names in {e.fields for e in events}}
        for start in range(0, len(events), _AT_A_TIME):
            part = events[start : start + _AT_A_TIME]
            entries = [_entry(each, sets[each.fields]) for each in part]
            async with asyncio.TaskGroup() as group:
                appends = [group.create_task(log.append(entry)) for entry in entries]
            told = zip(appends, part, strict=True)
            patterns |= {append.result().index: event.pattern for append, event in told}
    return patterns


def _entry(event: Event, field_set: int) -> Entry:
    at = int(event.at.timestamp() * 1_000)
    record: dict[str, object] = {
        "at": at, "department": event.department, "actor": event.actor, "client": event.client,
        "case": event.case,
    }  # fmt: skip
    about = [SubjectAccess(tag_of(person), field_set) for person in event.people]
    if event.kind == "command":
        return Entry(EntryKind.COMMAND, canonical({**record, "outcome": "announced"}), about)
    record["denied"] = list(event.denied)
    if event.kind == "denial":
        return Entry(EntryKind.DENIAL, canonical({**record, "reason": "NOT_GRANTED"}))
    counts = {"found": len(event.people), "unknown": event.unknown, "outside": event.outside}
    record |= {
        "channel": "graphql", "fields": field_set, "subjects": len(event.people),
        "roots": [{"name": event.root, **counts}],
    }  # fmt: skip
    return Entry(EntryKind.ANSWER, canonical(record), about)


async def _listed(database: Database, office: Office) -> None:
    rows = [("watched", "", "", tag_of(n)[:16], "auditor-1") for n in office.watched]
    rows += [
        ("close", department, actor, tag_of(n)[:16], "auditor-1")
        for (department, actor), family in office.close.items()
        for n in family
    ]
    async with database.connection() as connection:
        for row in rows:
            await connection.execute(
                "insert into indicator_list values ($1, $2, $3, $4, $5, now()) "
                "on conflict do nothing",
                *row,
            )
