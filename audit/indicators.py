"""Indicators for auditors: what in the log is worth a look, by rules that are data. Pure.

A rule counts entries of one department and actor in windows of time, and becomes an indicator when
the count reaches its threshold. Each names the first and the last entry that it rests on, so that
anybody who has the log can count again; it never names a person.

Windows are cut at even times of Beijing, not where the first entry lies. So what a stretch of the
log adds does not depend on the stretches before: counts add up, in whatever pieces the log is
read, and a log that is counted once more from its beginning gives the same indicators.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.resources import files
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
import orjson

from audit.entry import EPOCH, KIND_BY_CODE, SUBJECT_SIZE, TAG_SIZE, EntryKind

_BEIJING_S: Final = 8 * 3_600
_HOUR_S: Final = 3_600
_DAY_S: Final = 86_400
_LABEL: Final = "hub-audit/indicator/v1"

Severity = Literal["low", "medium", "high"]
Measure = Literal["entries", "subjects", "unseen", "departments"]
_Positive = Annotated[int, msgspec.Meta(ge=1)]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When entries become an indicator; what is left out does not restrict."""

    id: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z-]{1,62}$")]
    says: str
    """What it means, for people."""
    says_zh: str
    severity: Severity
    kinds: list[EntryKind]
    measure: Measure
    """What is counted: entries; people and households in them; people asked about who were unknown
    or outside the caller's rows; or, of one subject, departments."""
    window_s: _Positive
    threshold: _Positive
    reasons: list[str] = []
    """Codes of a refusal, of the whole or of a field; `fields` count beside."""
    fields: list[str] = []
    """Refused fields, for whatever reason: `Type.*` or `*.field`."""
    denied: bool = False
    """Only entries in which anything was refused."""
    actors_only: bool = False
    """Only entries that say which person asked."""
    about_people: bool = False
    """Only entries about somebody, or in which somebody was looked for."""
    hours: tuple[int, int] | None = None
    """Only from this hour until before that one, Beijing."""
    channel: str | None = None
    subjects_up_to: int | None = None
    """Only entries about so many at most."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: list[Rule]


def load_rules(text: str) -> tuple[Rule, ...]:
    """Return the rules of a TOML text.

    Raises:
        ValueError: It is no such text, or two rules have one id.
    """
    rules = tuple(msgspec.convert(tomllib.loads(text), _File).rule)
    if len({rule.id for rule in rules}) != len(rules):
        raise ValueError("two rules have one id")
    return rules


def packaged_rules() -> tuple[Rule, ...]:
    """Return the rules that come with the log."""
    return load_rules(files("audit").joinpath("indicators.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Observed:
    """What rules read of one entry."""

    index: int
    at_ms: int
    kind: EntryKind
    record: Mapping[str, Any]
    packed: bytes = b""
    """Its subjects, as stored."""

    @property
    def subjects(self) -> int:
        """How many people and households it is about."""
        told = self.record.get("subjects")
        return told if isinstance(told, int) else len(self.packed) // SUBJECT_SIZE

    @property
    def unseen(self) -> int:
        """How many people were asked about who were not there for the caller."""
        roots = self.record.get("roots")
        return sum(
            count
            for root in (roots if isinstance(roots, list) else ())
            for name in ("unknown", "outside")
            if isinstance(count := root.get(name), int)
        )

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

    rule: str
    start_s: int
    """Where the window begins: seconds since 1970."""
    who: Who
    first: int
    last: int
    count: int

    @property
    def id(self) -> str:
        """The indicator's name: the same wherever and however often the log is counted."""
        return indicator_id(self.rule, self.start_s, *self.who)


class Sighting(NamedTuple):
    """That a department looked at a subject: the first entry of a window that says so."""

    rule: str
    start_s: int
    tag: bytes
    department: str
    place: int


@dataclass(slots=True)
class Tally:
    """What a stretch of the log adds."""

    counts: dict[tuple[str, int, Who], Count] = field(default_factory=dict)
    sightings: dict[tuple[str, int, bytes, str], Sighting] = field(default_factory=dict)


def tally(rules: Sequence[Rule], entries: Iterable[Observed]) -> Tally:
    """Return what `entries`, in the order of the log, add to each rule's windows."""
    added = Tally()
    for entry in entries:
        for rule in rules:
            if applies(rule, entry):
                _add(added, rule, entry)
    return added


def applies(rule: Rule, entry: Observed) -> bool:
    """Whether an entry counts under a rule."""
    record, limit = entry.record, rule.subjects_up_to
    return (
        entry.kind in rule.kinds
        and (not rule.actors_only or bool(record.get("actor")))
        and rule.channel in {None, record.get("channel")}
        and (limit is None or entry.subjects <= limit)
        and (not rule.about_people or bool(entry.subjects or entry.unseen))
        and (rule.hours is None or _is_within(rule.hours, entry.at_ms))
        and _is_refused_like(rule, entry)
    )


def window_start(rule: Rule, at_ms: int) -> int:
    """Return when the window of a moment begins: seconds since 1970."""
    local = at_ms // 1_000 + _BEIJING_S
    return local - local % rule.window_s - _BEIJING_S


def window_end(rule: Rule, start_s: int) -> datetime:
    """Return the moment with which a window is over."""
    return datetime.fromtimestamp(start_s + rule.window_s, UTC)


def indicator_id(rule: str, start_s: int, *about: str) -> str:
    """Return an indicator's id: 32 hexadecimal digits that follow from what it is about."""
    named = json.dumps([_LABEL, rule, start_s, *about], ensure_ascii=False)
    return sha256(named.encode()).hexdigest()[:32]


def _add(added: Tally, rule: Rule, entry: Observed) -> None:
    start, record = window_start(rule, entry.at_ms), entry.record
    department = str(record.get("department") or "")
    if rule.measure == "departments":
        for tag in entry.tags:
            key = (rule.id, start, tag, department)
            added.sightings.setdefault(key, Sighting(*key, entry.index))
        return
    amount = 1
    if rule.measure == "subjects":
        amount = entry.subjects
    elif rule.measure == "unseen":
        amount = entry.unseen
    if amount:
        who = Who(department, str(record.get("actor") or ""), str(record.get("client") or ""))
        made = Count(rule.id, start, who, entry.index, entry.index, 0)
        found = added.counts.setdefault((rule.id, start, who), made)
        found.last = entry.index
        found.count += amount


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
