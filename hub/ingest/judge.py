"""What becomes of one source record: pure, given what the store knows about it."""

from dataclasses import dataclass

import orjson

from connectors.checks import Reason
from connectors.mapping import Quarantined, Record
from connectors.protocol import Unreadable
from hub.ingest.known import Known, Registered, folded
from hub.ingest.prepared import Prepared
from hub.ingest.renumbered import kept_identity
from hub.ingest.report import LinkReason
from hub.store.sources import StoredSource


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Exactly this was stored before or settled, or it was taken back before it was known."""


@dataclass(frozen=True, slots=True)
class OutOfScope:
    """Nobody whom the hub may keep."""


@dataclass(frozen=True, slots=True)
class Held:
    """It waits in quarantine for these reasons; `is_new` if it did not wait before."""

    codes: tuple[str, ...]
    reasons: str
    """Canonical JSON: codes, fields and what was expected, never values."""
    is_new: bool


@dataclass(frozen=True, slots=True)
class Stale:
    """A newer version is stored; it is kept as the source's words and changes no fact."""

    stored: StoredSource


@dataclass(frozen=True, slots=True)
class Ended:
    """The department takes a stored record back."""

    record: Record
    stored: StoredSource


@dataclass(frozen=True, slots=True)
class Accepted:
    """A record of a person in scope; `stored` is what it supersedes."""

    record: Record
    stored: StoredSource | None


Verdict = Unchanged | OutOfScope | Held | Stale | Ended | Accepted


def judge(prepared: Prepared, known: Known, *, from_register: bool) -> Verdict:
    """Return what becomes of a record, in the order: seen, in scope, well-formed, linkable."""
    stored = known.sources.get(prepared.key_tag)
    if stored is not None and prepared.content_tag in stored.contents:
        return Unchanged()
    mapped = prepared.mapped
    if isinstance(mapped, Record) and mapped.deleted:
        return _taken_back(mapped, stored)
    if not _is_in_scope(prepared, known):
        return OutOfScope()
    if isinstance(mapped, Quarantined):
        return held(prepared.key_tag, prepared.content_tag, mapped.reasons, known)
    return _judge_record(prepared, mapped, known, from_register=from_register)


def _judge_record(
    prepared: Prepared, mapped: Record, known: Known, *, from_register: bool
) -> Verdict:
    stored = known.sources.get(prepared.key_tag)
    if stored is not None and stored.source_time and mapped.source_time < stored.source_time:
        return Stale(stored)
    reason = _link_reason(prepared, mapped, known, from_register=from_register)
    if reason is not None:
        why = (reason, "", "")
        return _held(prepared.key_tag, prepared.content_tag, [why], known)
    return Accepted(mapped, stored)


def _taken_back(record: Record, stored: StoredSource | None) -> Verdict:
    if stored is None or stored.identity_id is None:
        return Unchanged()
    if stored.source_time and record.source_time < stored.source_time:
        return Stale(stored)
    return Ended(record, stored)


def _is_in_scope(prepared: Prepared, known: Known) -> bool:
    """Whether its number or household is; without a readable number a person must look."""
    if not prepared.tags:
        return True
    if any(tag in known.scope for tag in prepared.tags):
        return True
    return prepared.key_tag in known.sources


def _link_reason(
    prepared: Prepared, record: Record, known: Known, *, from_register: bool
) -> LinkReason | None:
    tag = prepared.number_tag or b""
    registered = known.registered.get(tag)
    if (
        registered is not None
        and registered.record_id != prepared.record_id
        and _is_conflict(registered, record, from_register=from_register)
    ):
        return LinkReason.IDENTITY_CONFLICT
    person = known.people.get(tag)
    if person is None and from_register:
        kept = kept_identity(prepared, record, known, from_register=True)
        person = kept.person if kept else None
    if person is None:
        return None if from_register else LinkReason.PERSON_UNKNOWN
    home = known.households.get(prepared.household_tag or b"")
    cell = home.cell if home else (record.region or person.cell)[: len(person.cell)]
    return LinkReason.COUNTY_CHANGED if cell != person.cell else None


def _is_conflict(registered: Registered, record: Record, *, from_register: bool) -> bool:
    """Whether a number is somebody else's.

    The register has one record of a person: a second one under the same number with another
    name is another person, even born on the same day, as twins are.
    """
    if registered.contradicts(record.name, record.birth_date):
        return True
    names = (registered.name, record.name)
    return from_register and None not in names and len({folded(name) for name in names}) > 1


def held(
    key_tag: bytes, content_tag: bytes, reasons: tuple[Reason, ...], known: Known
) -> Unchanged | Held:
    """Return that a record waits for `reasons`, or that it was settled before."""
    return _held(key_tag, content_tag, [(r.code, r.field, r.detail) for r in reasons], known)


def held_unreadable(
    piece: Unreadable, key_tag: bytes, content_tag: bytes, known: Known
) -> Unchanged | Held:
    """Return that an unreadable piece waits, or that it was settled before."""
    return _held(key_tag, content_tag, [(piece.reason, "", piece.detail)], known)


def _held(
    key_tag: bytes, content_tag: bytes, why: list[tuple[str, str, str]], known: Known
) -> Unchanged | Held:
    reasons = orjson.dumps(
        [{"code": str(code), "field": name, "detail": detail} for code, name, detail in why]
    ).decode()
    rows = [w for w in known.quarantine.get(key_tag, []) if w.content_tag == content_tag]
    if any(row.resolved for row in rows):
        return Unchanged()
    codes = tuple(dict.fromkeys(str(code) for code, _, _ in why))
    return Held(codes, reasons, is_new=not rows)
