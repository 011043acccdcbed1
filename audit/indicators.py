"""Indicators for auditors: what in the log is worth a look, by rules that are data. Pure.

A rule (`audit.indicator_rules`) counts entries in windows of time by whose doing they are, or by
whom they are about, and is a finding when the count reaches its threshold. Each names the entries
that it rests on, so that anybody who has the log can count again; it never names a person.

Windows are cut at even times of Beijing, not where the first entry lies. So what a stretch of the
log adds does not depend on the stretches before: counts add up, in whatever pieces the log is
read, and a log that is counted once more from its beginning gives the same indicators.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple

import orjson

from audit.entry import EPOCH, KIND_BY_CODE, SUBJECT_SIZE, TAG_SIZE, EntryKind
from audit.indicator_rules import DISTINCT, OF_SUBJECT, Rule, window_start

KEPT_ENTRIES: Final = 50
"""Of so many entries an indicator keeps the index; the rest lie between the first and the last."""
_BEIJING_S: Final = 8 * 3_600
_HOUR_S: Final = 3_600
_DAY_S: Final = 86_400
_LABEL: Final = "hub-audit/indicator/v1"
_EPOCH: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of an entry from elsewhere than the entry."""

    near: AbstractSet[bytes] = frozenset()
    """Which of its subjects are near to who asked."""
    watched: AbstractSet[bytes] = frozenset()
    """Which of its subjects curiosity looks for."""
    slept_days: int = 0
    """How long the account had asked for nothing when it last woke."""
    awake_s: int = 0
    """How long it has been awake since: seconds."""
    read_before: AbstractSet[str] | None = None
    """Fields that the department has read before; None: too little is known of it."""
    read_now: AbstractSet[str] = frozenset()


NOTHING_KNOWN: Final = Circumstances()


@dataclass(frozen=True, slots=True)
class Observed:
    """What rules read of one entry."""

    index: int
    at_ms: int
    kind: EntryKind
    record: Mapping[str, Any]
    packed: bytes = b""
    """Its subjects, as stored."""
    around: Circumstances = NOTHING_KNOWN

    @property
    def department(self) -> str:
        """Who asked."""
        return str(self.record.get("department") or "")

    @property
    def actor(self) -> str:
        """Which person asked, as the department names them; "": a system by itself."""
        return str(self.record.get("actor") or "")

    @property
    def subjects(self) -> int:
        """How many people and households it is about."""
        told = self.record.get("subjects")
        return told if isinstance(told, int) else len(self.packed) // SUBJECT_SIZE

    @property
    def unseen(self) -> int:
        """How many people were asked about who were not there for the caller."""
        return self.asked_for("unknown", "outside")

    def asked_for(self, *names: str) -> int:
        """Return how many people were asked about who were this: `unknown`, `outside`."""
        roots = self.record.get("roots")
        return sum(
            count
            for root in (roots if isinstance(roots, list) else ())
            for name in names
            if isinstance(count := root.get(name), int)
        )

    @property
    def root_names(self) -> set[str]:
        """The fields of Query that it asked for."""
        roots = self.record.get("roots")
        return {str(root.get("name")) for root in (roots if isinstance(roots, list) else ())}

    @property
    def denied(self) -> list[tuple[str, str]]:
        """Refused fields, each with the code of its reason."""
        stated = self.record.get("denied")
        parted = [str(each).partition(" ") for each in stated] if isinstance(stated, list) else []
        return [(path, code) for path, _, code in parted]

    @property
    def tags(self) -> set[bytes]:
        """The subjects' tags."""
        steps = range(0, len(self.packed), SUBJECT_SIZE)
        return {self.packed[at : at + TAG_SIZE] for at in steps}


def observed(index: int, at: datetime, kind: int, record: bytes, packed: bytes) -> Observed:
    """Return an entry as rules read it, from its stored parts."""
    content: object = orjson.loads(record)
    at_ms = (at - EPOCH) // timedelta(milliseconds=1)
    told = content if isinstance(content, dict) else {}
    return Observed(index, at_ms, KIND_BY_CODE[kind], told, packed)


class Who(NamedTuple):
    """Whose doing an indicator is about; of one about a subject, nobody's alone."""

    department: str = ""
    actor: str = ""
    """As the department names its people, an opaque id; "": a system by itself."""
    client: str = ""


@dataclass(slots=True)
class Count:
    """What a stretch of the log adds to one rule's window."""

    rule: Rule
    start_s: int
    """Where the window begins: seconds since 1970."""
    who: Who
    tag: bytes
    """The subject that it is of; empty: it is of a reader or a department."""
    first: int
    last: int
    count: int = 0
    entries: list[int] = field(default_factory=list)
    """The first of the entries that it rests on."""

    @property
    def id(self) -> str:
        """The indicator's name: the same wherever and however often the log is counted."""
        about = (self.tag.hex(),) if self.tag else self.who
        return indicator_id(self.rule.id, self.start_s, *about)

    def add(self, index: int, amount: int) -> None:
        """Count `amount` of an entry."""
        self.first, self.last = min(self.first, index), max(self.last, index)
        self.count += amount
        if len(self.entries) < KEPT_ENTRIES:
            self.entries.append(index)


class Sighting(NamedTuple):
    """Something that counts once in a window: a department, a reader, a subject."""

    rule: str
    start_s: int
    tag: bytes
    """The subject."""
    by: str
    """Who looked at it: a department, or a reader as JSON."""


class Waiting(NamedTuple):
    """Somebody was looked up: it counts if no casework of the department is about them."""

    rule: str
    who: Who
    tag: bytes
    place: int
    """Index of the entry."""
    at_s: int


@dataclass(slots=True)
class Tally:
    """What a stretch of the log adds."""

    counts: dict[tuple[str, int, Who, bytes], Count] = field(default_factory=dict)
    sightings: dict[Sighting, tuple[Rule, Who, int]] = field(default_factory=dict)
    """Each with its rule, whose doing it is, and the first entry that says so."""
    waiting: list[Waiting] = field(default_factory=list)
    worked: set[tuple[str, bytes, int]] = field(default_factory=set)
    """Casework: department, subject, the second."""

    def count(
        self, rule: Rule, start_s: int, who: Who, index: int, amount: int = 1, tag: bytes = b""
    ) -> None:
        """Count `amount` of an entry in a window."""
        key = (rule.id, start_s, who, tag)
        found = self.counts.get(key)
        if found is None:
            found = self.counts[key] = Count(rule, start_s, who, tag, index, index)
        found.add(index, amount)

    def count_seen(self, seen: Sighting) -> None:
        """Count a sighting, which is the first of its kind in the window."""
        rule, who, index = self.sightings[seen]
        of_subject = rule.measure in OF_SUBJECT
        self.count(rule, seen.start_s, who, index, tag=seen.tag if of_subject else b"")


def tally(rules: Sequence[Rule], entries: Iterable[Observed]) -> Tally:
    """Return what `entries`, in the order of the log, add to each rule's windows."""
    added = Tally()
    waits = any(rule.unfollowed_days is not None for rule in rules)
    by_kind = {kind: [rule for rule in rules if kind in rule.kinds] for kind in EntryKind}
    for entry in entries:
        for rule in by_kind[entry.kind]:
            if rule.holds(entry.at_ms // 1_000) and applies(rule, entry):
                _add(added, rule, entry)
        if waits and entry.kind is EntryKind.COMMAND and entry.actor:
            at_s = entry.at_ms // 1_000
            added.worked.update((entry.department, tag, at_s) for tag in entry.tags)
    return added


def applies(rule: Rule, entry: Observed) -> bool:
    """Whether an entry counts under a rule."""
    record, limit = entry.record, rule.subjects_up_to
    return (
        entry.kind in rule.kinds
        and (not rule.actors_only or bool(record.get("actor")))
        and (not rule.systems_only or not record.get("actor"))
        and (not rule.without_case or not record.get("case"))
        and rule.channel in {None, record.get("channel")}
        and (limit is None or entry.subjects <= limit)
        and (not rule.about_people or bool(entry.subjects or entry.unseen))
        and (rule.hours is None or _is_within(rule.hours, entry.at_ms))
        and (not rule.on_days_off or rule.calendar.is_off(_day(entry.at_ms)))
        and (not rule.roots or not entry.root_names.isdisjoint(rule.roots))
        and _is_refused_like(rule, entry)
        and _is_so(rule, entry)
    )


def who_of(rule: Rule, entry: Observed) -> Who:
    """Return whose doing an entry is under a rule."""
    if rule.measure in OF_SUBJECT:
        return Who()
    if rule.by == "department":
        return Who(entry.department)
    return Who(entry.department, entry.actor, str(entry.record.get("client") or ""))


def indicator_id(rule: str, start_s: int, *about: str) -> str:
    """Return an indicator's id: 32 hexadecimal digits that follow from what it is about."""
    named = json.dumps([_LABEL, rule, start_s, *about], ensure_ascii=False)
    return sha256(named.encode()).hexdigest()[:32]


def _add(added: Tally, rule: Rule, entry: Observed) -> None:
    start, who = window_start(rule, entry.at_ms), who_of(rule, entry)
    tags = _counted_tags(rule, entry)
    if rule.measure in DISTINCT:
        by = entry.department
        if rule.measure != "departments":
            by = json.dumps(who if rule.measure == "people" else [by, entry.actor])
        for tag in sorted(tags):
            added.sightings.setdefault(Sighting(rule.id, start, tag, by), (rule, who, entry.index))
        return
    if rule.unfollowed_days is not None:
        at_s = entry.at_ms // 1_000
        added.waiting += [Waiting(rule.id, who, tag, entry.index, at_s) for tag in sorted(tags)]
        return
    amount = _amount(rule, entry)
    if amount:
        added.count(rule, start, who, entry.index, amount)


def _amount(rule: Rule, entry: Observed) -> int:
    match rule.measure:
        case "subjects":
            return entry.subjects
        case "unseen":
            return entry.unseen
        case "outside":
            return entry.asked_for("outside")
        case _:
            return 1


def _counted_tags(rule: Rule, entry: Observed) -> AbstractSet[bytes]:
    if rule.listed == "close":
        return entry.around.near
    if rule.listed == "watched":
        return entry.around.watched
    return entry.tags


def _is_so(rule: Rule, entry: Observed) -> bool:
    """Whether what is known from elsewhere is as the rule has it."""
    around = entry.around
    if rule.listed is not None and not _counted_tags(rule, entry):
        return False
    if rule.dormant_days is not None and not (
        around.slept_days >= rule.dormant_days and around.awake_s < rule.window_s
    ):
        return False
    if rule.unusual_fields is not None:
        before = around.read_before
        return before is not None and not around.read_now <= before
    return True


def _is_refused_like(rule: Rule, entry: Observed) -> bool:
    if not (rule.reasons or rule.fields or rule.denied):
        return True
    denied = entry.denied
    reason = entry.record.get("reason")
    if rule.denied:
        return bool(denied) or entry.kind is EntryKind.DENIAL
    if reason in rule.reasons or any(code in rule.reasons for _, code in denied):
        return True
    return any(_is_named(path, rule.fields) for path, _ in denied)


def _is_named(path: str, patterns: Sequence[str]) -> bool:
    owner, _, name = path.partition(".")
    return f"{owner}.*" in patterns or f"*.{name}" in patterns


def _is_within(hours: tuple[int, int], at_ms: int) -> bool:
    hour = (at_ms // 1_000 + _BEIJING_S) % _DAY_S // _HOUR_S
    begins, ends = hours
    return begins <= hour < ends if begins < ends else hour >= begins or hour < ends


def _day(at_ms: int) -> date:
    """Return the day of a moment, Beijing."""
    return date.fromordinal(_EPOCH + (at_ms // 1_000 + _BEIJING_S) // _DAY_S)
