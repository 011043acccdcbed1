"""What the log is told of an answer: who, why, which fields, about whom; never a value.

The record names fields, departments, opaque ids and counts. Whom it is about are tags of log
aliases. It also counts what was not found, and tells the unknown from those outside the caller's
rows, which the caller cannot tell apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from audit.entry import Entry, EntryKind, SubjectAccess, Subjects
from audit.errors import LogError
from audit.log import Receipt
from hub.access import Caller
from hub.errors import AuditUnavailableError, CaseRefusedError, HubError, NotGrantedError
from hub.memory import forget_oldest
from hub.query.consent import answered_with, covered_subjects
from hub.query.documents import masked
from hub.query.fetch import Columns, Sealed
from hub.query.model import BoundRoot, Number, Plan, PlannedError, RootKind
from hub.query.receiving import Receiving
from hub.query.registers import TYPES, Found
from hub.query.representations import BY_ID, counted
from hub.query.shape import found_rows
from hub.sealing.tags import epochs_of

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_OF_PEOPLE: Final = frozenset({RootKind.PERSON, RootKind.PEOPLE})
_REMEMBERED: Final = 64_000
"""Tags that are kept, some 280 bytes each: what lists show again and again."""


class AuditLog(Protocol):
    """The log that answers wait for; `audit.log.Log` is one.

    `append` returns when the entry is durable and raises LogError otherwise; `define` returns the
    id of a set of field names once its definition is durable.
    """

    @property
    def field_sets(self) -> Mapping[tuple[str, ...], int]:
        """The ids of the sets that are defined at this moment, by their names, sorted."""

    async def append(self, entry: Entry) -> Receipt:
        """Make an entry durable."""

    async def define(self, names: Sequence[str]) -> int:
        """Return the id of a set of field names."""


class SubjectEpoch(Protocol):
    """Turns a log alias into the tag that stands for its subject, under one key."""

    @property
    def version(self) -> int:
        """The number of the epoch."""

    def subject(self, log_alias: bytes, /) -> bytes:
        """Return the tag, to be put on record."""


class SubjectTagger(Protocol):
    """Knows under which key subjects are put on record."""

    def epoch(self) -> SubjectEpoch:
        """Return the key of now."""


_About = Sequence[tuple[Sequence[bytes], tuple[str, ...]]]
"""The log aliases of subjects, and the fields that are answered about them, sorted."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a request whatever becomes of it."""

    caller: Caller
    request_id: str
    at: datetime
    document: str
    """Hexadecimal SHA-256 of its text: what the caller wrote may hold anything."""
    operation_name: str | None
    channel: str = "graphql"
    receiving: Receiving | None = None

    def record(self, outcome: str) -> dict[str, object]:
        """Return the part of a record that every entry about a request has.

        Of an answer that leaves encrypted it says so, and to which key.
        """
        caller = self.caller
        record: dict[str, object] = {
            "at": (self.at - _EPOCH) // _MILLISECOND,
            "request": self.request_id,
            "department": caller.department,
            "role": caller.role,
            "actor": caller.actor,
            "client": caller.client_id,
            "purpose": caller.purpose,
            "case": caller.case,
            "operation": masked(self.operation_name),
            "document": self.document,
            "channel": self.channel,
            "outcome": outcome,
        }
        if self.receiving is not None and outcome == "answered":
            record["encryption"] = self.receiving.record()
        return record


@dataclass(frozen=True, slots=True)
class Kept:
    """What the entry of an answer gets so that it can be replayed (`hub.query.kept`)."""

    asked: str
    """Digest of the sealed request, which stands aside of the record."""
    answer: str
    """Keyed digest of what is shown."""
    aside: bytes = field(repr=False)


@dataclass(slots=True)
class Disclosures:
    """Puts answers, refusals and failures on record; lives as long as the application.

    What is remembered belongs to one event loop.
    """

    log: AuditLog
    tagger: SubjectTagger
    _tags: dict[bytes, bytes] = field(default_factory=dict, repr=False)
    """The tag of each alias under `_epoch`."""
    _epoch: int = 0
    _known_at: datetime = _EPOCH
    _known: str = ""
    """`_known_at` as text: answers between two commits of facts all have the same moment."""

    async def answered(
        self,
        asked: Asked,
        policy_digest: str,
        plan: Plan,
        bound: Sequence[BoundRoot],
        sealed: Sealed,
        uncovered: Sequence[PlannedError] = (),
        kept: Kept | None = None,
    ) -> Receipt:
        """Return the receipt of an answer once it is on record.

        `uncovered` are the selections that somebody's authorisation does not cover; `kept` is what
        a replay needs.

        Raises:
            AuditUnavailableError: It is not, or nobody knows: nothing may be sent.
        """
        record = asked.record("answered")
        record["policy"] = policy_digest
        if sealed.known_at != self._known_at or not self._known:
            self._known_at = sealed.known_at
            self._known = sealed.known_at.astimezone(UTC).isoformat()
        record["known"] = self._known
        record["denied"] = plan.denied
        if uncovered:
            told = {f"{error.field} {error.code}" for error in uncovered}
            record["denied"] = sorted({*plan.denied, *told})
        record["roots"] = [_root_record(one, sealed) for one in bound if not one.root.is_register]
        aside = None
        if kept is not None:
            record["asked"], record["answer"], aside = kept.asked, kept.answer, kept.aside
        return await self._shown(EntryKind.ANSWER, record, plan, sealed, aside)

    async def replayed(self, record: Mapping[str, object], plan: Plan, sealed: Sealed) -> Receipt:
        """Return the receipt of a replay, about whom the answer was about.

        Raises:
            AuditUnavailableError: It is not on record: nothing may be shown.
        """
        return await self._shown(EntryKind.LOOKUP, dict(record), plan, sealed, None)

    async def _shown(
        self,
        kind: EntryKind,
        record: dict[str, object],
        plan: Plan,
        sealed: Sealed,
        aside: bytes | None,
    ) -> Receipt:
        """Put on record what is shown of whom."""
        answered, levels = plan.answered, sealed.levels
        about = [
            (aliases, fields)
            for index, fields in plan.subjects
            if (aliases := levels[index]["log_alias"])
        ]
        if plan.consents:
            answered = answered_with(plan, sealed)
            about += [one for one in covered_subjects(plan, sealed) if one[0]]
        wanted = answered, *[fields for _, fields in about]
        try:
            try:
                field_sets = list(map(self.log.field_sets.__getitem__, wanted))
            except KeyError:
                field_sets = [await self.log.define(fields) for fields in wanted]
            # From here to `append` nothing waits: all of an answer is under one epoch.
            epoch = self.tagger.epoch()
            subjects = self._subjects(epoch, about, field_sets[1:])
            record["fields"] = field_sets[0]
            record["subjects"] = len(set().union(*[tags for _, tags in subjects]))
            if epoch.version > 1 and subjects:
                record["epochs"] = [epoch.version]
            return await self.log.append(Entry.stating(kind, record, Subjects(subjects), aside))
        except LogError as problem:
            raise _unavailable() from problem

    async def looked_up(self, asked: Asked, kind: RootKind, found: Found) -> Receipt:
        """Return the receipt of a look-up in what the hub tells of itself, such as this log.

        Raises:
            AuditUnavailableError: It is not on record: nothing may be sent.
        """
        whole = {**asked.record("answered"), "policy": found.policy_digest, **found.record}
        try:
            fields = await self.log.define([TYPES[kind]])
            whole["fields"] = fields
            about = [SubjectAccess(tag, fields) for tag in found.tags]
            if self.tagger.epoch().version > 1 and (epochs := epochs_of(found.tags)):
                whole["epochs"] = epochs
            return await self.log.append(Entry.stating(EntryKind.LOOKUP, whole, about))
        except LogError as problem:
            raise _unavailable() from problem

    async def refused(self, asked: Asked, refusal: HubError, outcome: str = "refused") -> bool:
        """Put a refusal or a failure on record; return whether it is.

        One that cannot be recorded is still one: the caller gets no data either way.
        """
        record = asked.record(outcome)
        record["reason"] = refusal.code
        if isinstance(refusal, CaseRefusedError):
            record["reason"] = refusal.reason
        fields = refusal.fields if isinstance(refusal, NotGrantedError) else ()
        record["denied"] = [f"{path} {refusal.code}" for path in fields]
        try:
            await self.log.append(Entry.stating(EntryKind.DENIAL, record))
        except LogError:
            return False
        return True

    async def failed(self, asked: Asked, failure: Exception) -> bool:
        """Put a failure on record, one that nobody foresaw too; return whether it is."""
        known = failure if isinstance(failure, HubError) else HubError()
        return await self.refused(asked, known, "failed")

    def _subjects(
        self, epoch: SubjectEpoch, about: _About, field_sets: Sequence[int]
    ) -> list[tuple[int, list[bytes]]]:
        """Return the tags of all subjects under the fields answered about them, each pair once."""
        groups: list[tuple[int, list[bytes]]] = []
        seen: dict[int, dict[bytes, None]] = {}
        if epoch.version != self._epoch:
            self._tags.clear()
            self._epoch = epoch.version
        known = self._tags
        for (aliases, _), field_set in zip(about, field_sets, strict=True):
            try:
                tags = dict.fromkeys(map(known.__getitem__, aliases))
            except KeyError:
                tags = dict.fromkeys([self._tag(epoch, alias) for alias in aliases])
            before = seen.get(field_set)
            if before is not None:
                tags = {tag: None for tag in tags if tag not in before}
            if tags:
                seen[field_set] = tags if before is None else before | tags
                groups.append((field_set, list(tags)))
        return groups

    def _tag(self, epoch: SubjectEpoch, alias: bytes) -> bytes:
        """Return the tag of an alias; those of aliases that come again are remembered."""
        tag = self._tags.get(alias)
        if tag is None:
            tag = self._tags[alias] = epoch.subject(alias)
            forget_oldest(self._tags, _REMEMBERED)
        return tag


def _root_record(bound: BoundRoot, sealed: Sealed) -> dict[str, object]:
    root = bound.root
    record: dict[str, object] = {
        "name": str(root.kind),
        "asOf": bound.as_of.isoformat(),
        "knownAt": bound.known_at.isoformat() if bound.known_at else None,
    }
    assert root.level is not None  # noqa: S101 - only registers have none
    columns, search = sealed.levels[root.level], sealed.searches[root.index]
    if bound.asked is not None:
        record |= _list_record(bound, search)
    if root.kind in _OF_PEOPLE:
        record |= _people_record(bound, columns, search)
        return record
    if root.kind is RootKind.HOUSEHOLDS:
        return {**record, "found": len(columns["household_id"])}
    if root.kind is RootKind.WARNINGS:
        bands, region = bound.parameters["bands"], bound.parameters["region"]
        assignee = bound.parameters["assignee"]
        chosen = {
            "statuses": bound.parameters["statuses"],
            "assignee": None if assignee is None else masked(str(assignee)),
        }
        count = len(columns["identity_id"])
        return {**record, "bands": bands, "region": region, **chosen, "found": count}
    if root.kind in BY_ID:
        key = BY_ID[root.kind]
        return {**record, **counted(bound, columns[key], search[key])}
    key = "household_id" if root.kind is RootKind.HOUSEHOLD else "record_id"
    found, known = len(columns[key]), len(search[key])
    counts = {"found": found, "outside": known - found, "unknown": int(known == 0)}
    return {**record, **counts}


def _list_record(bound: BoundRoot, search: Columns) -> dict[str, object]:
    """Return what a list was chosen by, where it says so, and how many there are if it tells."""
    asked = bound.asked
    record: dict[str, object] = {}
    if asked is not None and asked.is_stated:
        record = {"order": asked.choice.order.name, "filter": asked.told}
    if "count" in search:
        record["count"] = search["count"][0]
    return record


def _people_record(bound: BoundRoot, columns: Columns, search: Columns) -> dict[str, int]:
    """Count what became of each number; a number that is known but not visible is `outside`."""
    if len(bound.numbers) == 1 and len(search["tag"]) < 2:  # noqa: PLR2004 - nearly always
        return _number_record(bound.numbers[0], columns, search)
    rows = found_rows(bound, search, columns["person_id"])
    found = len(rows) - rows.count(None)
    numbers = bound.numbers
    invalid = sum(not number.is_valid for number in numbers)
    known = set(search["tag"])
    outside = sum(not known.isdisjoint(number.tags) for number in numbers) - found
    unknown = len(numbers) - found - outside - invalid
    return {"found": found, "outside": outside, "unknown": unknown, "invalid": invalid}


def _number_record(number: Number, columns: Columns, search: Columns) -> dict[str, int]:
    """Count the same where one number was asked for, of which at most one tag is known."""
    is_valid = bool(number.tags)
    is_known = bool(search["tag"]) and search["tag"][0] in number.tags
    is_found = is_known and search["person_id"][0] in columns["person_id"]
    return {
        "found": int(is_found),
        "outside": int(is_known and not is_found),
        "unknown": int(is_valid and not is_known),
        "invalid": int(not is_valid),
    }


def _unavailable() -> AuditUnavailableError:
    return AuditUnavailableError("The access could not be put on record; nothing was disclosed.")
