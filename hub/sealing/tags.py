"""Keyed tags: equality over sealed values, and names for subjects in the log.

A plain hash of a citizen number is reversible by enumeration (about 2^37 of them), so a tag is
an HMAC (of SHA-256, or of SM3: the suite of the key's version says) under a key that is never in
the database. Each use has its own label; a tag of one use says nothing about another's.

While the tag key changes, two versions are alive: what is stored is under one of them, and whoever
looks something up does it by both (`hub.custody.tags`). Ids that must stay the same, of records,
decisions and people who sign in, are made under a key of their own.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar, Final

from hub.clock import Clock, utc_now
from hub.errors import KeysUnavailableError
from hub.sealing.keyring import HUB, Key, KeyKind, Keyring, KeyStatus
from hub.sealing.signing import begins_at
from hub.sealing.suites import Mac, Suite

_PERSON: Final = b"hub/tag/person/v1\0"
_HOUSEHOLD: Final = b"hub/tag/household/v1\0"
_RECORD: Final = b"hub/tag/record/v1\0"
_CONTENT: Final = b"hub/tag/content/v1\0"
_ONCE: Final = b"hub/tag/once/v1\0"
_SUBJECT: Final = b"hub/tag/subject/v1\0"
_NUMBER: Final = 18
"""Characters of a citizen number."""


class SubjectTag(bytes):
    """Stands for a person or household in the log, under another epoch than the first."""

    __slots__ = ()
    epoch: ClassVar[int] = 1
    """The version of its key."""


class TagKey:
    """Computes tags under one version of a key."""

    def __init__(self, key: Key) -> None:
        """Begin what can be begun."""
        self.version = key.version
        self._mac = Mac(key.secret, suite=key.suite)
        self._person = Mac(key.secret, _PERSON + _NUMBER.to_bytes(4, "big"), key.suite)

    def _tag(self, label: bytes, *parts: str) -> bytes:
        said = [label]
        for part in parts:
            encoded = part.encode()
            said += (len(encoded).to_bytes(4, "big"), encoded)
        return self._mac.of(b"".join(said))

    def person(self, citizen_number: str) -> bytes:
        """Tag of a citizen number in its 18-character form."""
        encoded = citizen_number.encode()
        if len(encoded) != _NUMBER:
            return self._tag(_PERSON, citizen_number)
        return self._person.of(encoded)  # the same tag: its beginning is always this one

    def household(self, number: str) -> bytes:
        """Tag of a household book number."""
        return self._tag(_HOUSEHOLD, number)

    def record(self, dataset: str, key: str) -> bytes:
        """Tag of a source's own record key, which may be a citizen number."""
        return self._tag(_RECORD, dataset, key)

    def content(self, dataset: str, words: str) -> bytes:
        """Tag of a record's words: equal when nothing changed."""
        return self._tag(_CONTENT, dataset, words)

    def once(self, client: str, jti: str) -> bytes:
        """Tag of something that may be used once."""
        return self._tag(_ONCE, client, jti)


class Tagger:
    """Computes tags under every version of the tag key; lives as long as the process."""

    def __init__(self, keyring: Keyring, clock: Clock = utc_now) -> None:
        """Take the tag keys, the key of ids and the log's subject keys.

        Raises:
            KeysUnavailableError: One of them is missing; `hub migrate` makes it.
        """
        self._keyring = keyring
        self._seen = -1
        self._live: tuple[TagKey, ...] = ()
        self._names = TagKey(keyring.primary(KeyKind.IDENTIFIER))
        self._clock = clock
        self._epochs: tuple[Epoch, ...] = ()
        keyring.primary(KeyKind.SUBJECT)
        self.live()

    def live(self) -> tuple[TagKey, ...]:
        """Return the versions that rows may be under; the first one is what is stored under."""
        if (seen := self._keyring.changes()) != self._seen:
            self._take(seen)
        return self._live

    def _take(self, seen: int) -> None:
        """Take the keys as they are after some of them have changed."""
        keys = self._keyring.versions(KeyKind.TAG)
        primary = self._keyring.primary(KeyKind.TAG)
        known = {key.version: key for key in self._live}
        others = [key for key in reversed(keys) if key.version != primary.version]
        self._live = tuple(known.get(k.version) or TagKey(k) for k in (primary, *others))
        self._epochs = tuple(map(Epoch, reversed(self._keyring.versions(KeyKind.SUBJECT))))
        self._seen = seen

    def looked(self) -> tuple[TagKey, ...]:
        """Return the versions as they are this moment, whatever was known of them."""
        self._keyring.look()
        return self.live()

    def under(self, version: int) -> TagKey:
        """Return one version that is alive.

        Raises:
            KeysUnavailableError: It has been destroyed, or never was.
        """
        for key in self.live():
            if key.version == version:
                return key
        raise KeysUnavailableError(f"Version {version} of the tag key is not in the keyring.")

    @property
    def version(self) -> int:
        """The version that is stored under."""
        return self.live()[0].version

    def person(self, citizen_number: str) -> bytes:
        """Tag of a citizen number, to be stored."""
        return self.live()[0].person(citizen_number)

    def people(self, citizen_number: str) -> tuple[bytes, ...]:
        """Tags of a citizen number under every living version, to look it up by."""
        live = self.live()
        if len(live) == 1:
            return (live[0].person(citizen_number),)
        return tuple(key.person(citizen_number) for key in live)

    def household(self, number: str) -> bytes:
        """Tag of a household book number, to be stored."""
        return self.live()[0].household(number)

    def record(self, dataset: str, key: str) -> bytes:
        """Tag of a source's own record key, to be stored."""
        return self.live()[0].record(dataset, key)

    def content(self, dataset: str, words: str) -> bytes:
        """Tag of a record's words, to be stored."""
        return self.live()[0].content(dataset, words)

    def onces(self, client: str, jti: str) -> list[bytes]:
        """Tags of something that may be used once, under every living version, sorted.

        Whoever uses it up notes all of them: so two processes of which one has not yet heard of a
        version refuse each other's.
        """
        return sorted(key.once(client, jti) for key in self.live())

    def newest(self) -> int:
        """The newest version that is known, though it may not be stored under yet."""
        return max(key.version for key in self.live())

    def identifier(self, dataset: str, key: str) -> bytes:
        """Return what the id of a record, a decision or a step is made of: for good the same."""
        return self._names.record(dataset, key)

    def pseudonym(self, use: str, secret: str) -> bytes:
        """Return what stands outside for somebody or something: for good the same."""
        return self._names.once(use, secret)

    def epoch(self) -> "Epoch":
        """The epoch that subjects of the log are tagged under at this moment."""
        if (seen := self._keyring.changes()) != self._seen:
            self._take(seen)
        epochs = self._epochs
        if len(epochs) > 1:
            now = self._clock()
            for epoch in epochs:
                if epoch.begins <= now:
                    return epoch
        return epochs[-1]

    def subject(self, log_alias: bytes) -> bytes:
        """Tag of a person or household in the log, to be put on record."""
        return self.epoch().subject(log_alias)

    def subjects(self, log_alias: bytes) -> tuple[bytes, ...]:
        """Tags of a person or household under every epoch that is kept, to look them up by."""
        self.live()
        return tuple(epoch.subject(log_alias) for epoch in self._epochs)


class Epoch:
    """One version of the log's subject-tag key; it is used from the moment on that it begins."""

    def __init__(self, key: Key) -> None:
        """Begin what can be begun."""
        self.version = key.version
        self.begins = begins_at(key)
        self._mac = Mac(key.secret, _SUBJECT, key.suite)
        told = {"__slots__": (), "epoch": key.version}
        later: type[bytes] = type("SubjectTag", (SubjectTag,), told)
        self._made = bytes if key.version == 1 else later

    def subject(self, log_alias: bytes) -> bytes:
        """Tag of a person or household; those of the first epoch are no more than bytes."""
        return self._made(self._mac.of(log_alias))


def epochs_of(tags: Iterable[bytes]) -> list[int]:
    """Return the epochs that tags are of, where they are not all of the first."""
    found = sorted({tag.epoch if isinstance(tag, SubjectTag) else 1 for tag in tags})
    return [] if found == [1] else found


def ensure_tag_keys(keyring: Keyring, today: str, suite: Suite = Suite.AES) -> None:
    """Make the tag key and the key of ids, in this suite, if they are missing.

    Before ids had a key of their own they were made under the first tag key: a hub of that time
    goes on with them.
    """
    if not any(key.kind is KeyKind.IDENTIFIER for key in keyring.all()):
        with keyring.changing():
            kinds = {key.kind: key for key in reversed(keyring.all())}
            first = kinds.get(KeyKind.TAG)
            if KeyKind.IDENTIFIER in kinds:
                pass  # another process has made it
            elif first is None:
                keyring.add(KeyKind.IDENTIFIER, HUB, KeyStatus.PRIMARY, today, suite)
            else:
                keyring.put(replace(first, kind=KeyKind.IDENTIFIER, status=KeyStatus.PRIMARY))
    keyring.ensure(KeyKind.TAG, today=today, suite=suite)
