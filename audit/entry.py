"""What the log keeps of one event, and the 34 bytes of it that everybody may see.

The tree holds only a salted commitment to an entry: whoever has the tree learns nothing, and an
erased entry leaves every proof whole. The record names fields, departments and opaque ids, never a
value or a number of a person; a subject is an HMAC tag that the hub computes.

Format 1 of the commitment never changes: another layout takes another version byte.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from operator import itemgetter
from typing import Any, Final, NamedTuple

import orjson
from typing_extensions import override

from audit.subjects import subjects_root

SECRET_SIZE: Final = 32
TAG_SIZE: Final = 32
FIELD_SET_SIZE: Final = 4
SUBJECT_SIZE: Final = TAG_SIZE + FIELD_SET_SIZE
COMMITMENT_SIZE: Final = 34
VERSION: Final = 1
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_BODY_LABEL: Final = b"hub-audit/v1\x00"
_SALT_LABEL: Final = b"hub-audit/salt\x00"
_FIRST: Final = itemgetter(0)
_SECOND: Final = itemgetter(1)
_PREFIXES: Final = tuple(bytes((VERSION, kind)) for kind in range(256))
_END_OF_TIME_MS: Final = 253_402_300_800_000  # the year 10000, where a timestamptz stays readable


class EntryKind(StrEnum):
    """What an entry is about."""

    START = "start"
    STOP = "stop"
    ANSWER = "answer"
    DENIAL = "denial"
    INGEST = "ingest"
    SCORING = "scoring"
    LOOKUP = "lookup"
    MESSAGE = "message"
    DICTIONARY = "dictionary"
    POLICY = "policy"
    COMMAND = "command"
    KEY = "key"
    RETENTION = "retention"
    LISTS = "lists"


CODE_BY_KIND: Final[Mapping[EntryKind, int]] = {
    kind: code for code, kind in enumerate(EntryKind, start=1)
}
"""The byte that stands for a kind in a commitment; a new kind is added at the end, none removed."""

KIND_BY_CODE: Final[Mapping[int, EntryKind]] = {code: kind for kind, code in CODE_BY_KIND.items()}


class SubjectAccess(NamedTuple):
    """One subject of an entry and what was read of it.

    A tuple and not a dataclass: a page makes 150 of them, and a tuple is three times cheaper.
    """

    tag: bytes
    """32 bytes: HMAC(epoch key, the person's log alias)."""
    field_set: int
    """The id of the fields that were read, from `Log.define`."""


class Subjects(Sequence[SubjectAccess]):
    """The subjects of an entry as they are read: many who share a field set.

    A page is about 150 of them, and nobody needs a tuple for each to pack them.
    """

    __slots__ = ("groups",)

    def __init__(self, groups: Iterable[tuple[int, Sequence[bytes]]]) -> None:
        """Take the tags of each field set, in order; no group is empty."""
        self.groups = tuple(groups)

    @override
    def __len__(self) -> int:
        return sum(len(tags) for _, tags in self.groups)

    @override
    def __iter__(self) -> Iterator[SubjectAccess]:
        for field_set, tags in self.groups:
            for tag in tags:
                yield SubjectAccess(tag, field_set)

    @override
    def __getitem__(self, place: Any) -> Any:
        return list(self)[place]


class Stamped(NamedTuple):
    """The parts of a record that the log is searched by, and the record that proves them."""

    at: datetime
    department: str | None
    record: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One event for the log.

    `record` is canonical JSON of an object. The log itself reads two of its keys, and both are
    optional: `department` (who asked) and `at` (integer milliseconds since 1970, UTC); a record
    without `at` gets the time at which the log received it.
    """

    kind: EntryKind
    record: bytes
    subjects: Sequence[SubjectAccess] = ()
    aside: bytes | None = field(default=None, repr=False)
    """Sealed bytes that are stored beside the record and are no part of the commitment, so that
    they can be destroyed alone; a record that is to commit to them names their digest."""
    stamped: Stamped | None = field(default=None, init=False, repr=False, compare=False)
    """What was read from the content that `record` was just made of; see `stating`."""

    @classmethod
    def stating(
        cls,
        kind: EntryKind,
        content: Mapping[str, object],
        subjects: Sequence[SubjectAccess] = (),
        aside: bytes | None = None,
    ) -> "Entry":
        """Return the entry whose record is `content`, which has its time in it.

        Spares the log to read back what was written here; what it checks is checked here.

        Raises:
            ValueError: `at` or `department` is of the wrong type or out of range.
        """
        record = canonical(content)
        entry = cls(kind, record, subjects, aside)
        object.__setattr__(entry, "stamped", Stamped(*indexed_parts(content), record))
        return entry


def canonical(mapping: Mapping[str, object]) -> bytes:
    """Return `mapping` as JSON with sorted keys and no spaces, equal to RFC 8785 for our values.

    Values are strings, integers, booleans, null, lists and objects; floats are refused by
    convention, since two programs may print them differently.
    """
    return orjson.dumps(mapping, option=orjson.OPT_SORT_KEYS)


def stamp(record: bytes, now: datetime) -> Stamped:
    """Return the record with its time in it: its own, or `now`.

    Raises:
        ValueError: The record is no JSON object, or `at` or `department` is of the wrong type.
    """
    content: object = orjson.loads(record)
    if not isinstance(content, dict):
        raise ValueError("a record is a JSON object")  # noqa: TRY004 - as for other bad records
    if "at" not in content:
        content["at"] = (now - EPOCH) // _MILLISECOND
        record = canonical(content)
    at, department = indexed_parts(content)
    return Stamped(at, department, record)


def indexed_parts(content: Mapping[str, object]) -> tuple[datetime, str | None]:
    """Return the moment and the department that a record states.

    Raises:
        ValueError: `at` or `department` is of the wrong type or out of range.
    """
    at, department = content.get("at"), content.get("department")
    if type(at) is not int or not 0 <= at < _END_OF_TIME_MS:
        raise ValueError("`at` is an integer of milliseconds since 1970, UTC")
    if department is not None and (not isinstance(department, str) or "\x00" in department):
        raise ValueError("`department` is a string")
    return EPOCH + at * _MILLISECOND, department


def pack_subjects(subjects: Iterable[SubjectAccess]) -> bytes:
    """Return the subjects as stored: tag (32 bytes) and field set (4 bytes) of each, in order.

    Raises:
        ValueError: A tag is not 32 bytes long.
    """
    if not isinstance(subjects, Subjects):
        subjects = Subjects([(field_set, (tag,)) for tag, field_set in subjects])
    packed: list[bytes] = []
    sizes = {TAG_SIZE}
    for field_set, tags in subjects.groups:
        sizes.update(map(len, tags))
        packed.append(field_set.to_bytes(FIELD_SET_SIZE, "big").join([*tags, b""]))
    if len(sizes) > 1:
        wrong = max(sizes - {TAG_SIZE})
        raise ValueError(f"a subject tag has {TAG_SIZE} bytes, not {wrong}")
    return b"".join(packed)


def field_sets_of(subjects: Iterable[SubjectAccess]) -> set[int]:
    """Return every field set that some subject has."""
    if isinstance(subjects, Subjects):
        return set(map(_FIRST, subjects.groups))
    return set(map(_SECOND, subjects))


def unpack_subjects(packed: bytes) -> tuple[SubjectAccess, ...]:
    """Return the subjects that `packed` holds.

    Raises:
        ValueError: Its length is no multiple of 36.
    """
    if len(packed) % SUBJECT_SIZE:
        raise ValueError(f"{len(packed)} bytes are no whole number of subjects")
    return tuple(
        SubjectAccess(
            packed[at : at + TAG_SIZE],
            int.from_bytes(packed[at + TAG_SIZE : at + SUBJECT_SIZE], "big"),
        )
        for at in range(0, len(packed), SUBJECT_SIZE)
    )


def entry_salt(secret: bytes) -> bytes:
    """Return the salt that hides the record; a proof may show it, since it does not give `secret`.

    One-step key derivation from a uniform secret. Spec: NIST SP 800-56C rev. 2 §4.
    """
    return sha256(_SALT_LABEL + secret).digest()[:16]


def commitment(kind: int, secret: bytes, record: bytes, subjects: bytes) -> bytes:
    """Return the 34 bytes that stand for an entry in the tree.

    `subjects` is packed; `secret` is 32 random bytes of this entry alone.
    """
    # As `commitment_over` has it, written out: this is done for each entry, again and again.
    body = (
        _BODY_LABEL
        + sha256(_SALT_LABEL + secret).digest()[:16]
        + sha256(record).digest()
        + subjects_root(secret, subjects)
        + (len(subjects) // SUBJECT_SIZE).to_bytes(8, "big")
    )
    return _PREFIXES[kind] + sha256(body).digest()


def commitment_over(
    kind: int, salt: bytes, record_digest: bytes, subject_root: bytes, count: int
) -> bytes:
    r"""Return the commitment from its parts, for whoever holds a proof instead of the entry.

    Layout: version(1) ‖ kind(1) ‖ SHA-256("hub-audit/v1\0" ‖ salt(16) ‖ SHA-256(record) ‖
    root of the subjects(32) ‖ their number(8)).
    """
    body = _BODY_LABEL + salt + record_digest + subject_root + count.to_bytes(8, "big")
    return _PREFIXES[kind] + sha256(body).digest()
