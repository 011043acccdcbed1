"""Keyed tags: equality over sealed values, and names for subjects in the log.

A plain hash of a citizen number is reversible by enumeration (about 2^37 of them), so a tag is
an HMAC-SHA256 under a key that is never in the database. Each use has its own label; a tag of
one use says nothing about another's.
"""

import hashlib
from typing import Final

from hub.sealing.keyring import KeyKind, Keyring

_PERSON: Final = b"hub/tag/person/v1\0"
_HOUSEHOLD: Final = b"hub/tag/household/v1\0"
_RECORD: Final = b"hub/tag/record/v1\0"
_CONTENT: Final = b"hub/tag/content/v1\0"
_ONCE: Final = b"hub/tag/once/v1\0"
_SUBJECT: Final = b"hub/tag/subject/v1\0"
_NUMBER: Final = 18
"""Characters of a citizen number."""
_BLOCK: Final = 64
"""Bytes that SHA-256 takes at a time."""


class _Mac:
    """HMAC-SHA256 under one key, both of its passes begun: a tag is two copies, not four objects.

    Spec: RFC 2104.
    """

    def __init__(self, secret: bytes, label: bytes = b"") -> None:
        """Begin with `label`."""
        short = secret if len(secret) <= _BLOCK else hashlib.sha256(secret).digest()
        key = short.ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + label)
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in key))

    def of(self, message: bytes) -> bytes:
        """Return the tag of label and message."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()


class Tagger:
    """Computes tags under the primary tag key; lives as long as the process."""

    def __init__(self, keyring: Keyring) -> None:
        """Take the primary tag key and the log's subject key."""
        key = keyring.primary(KeyKind.TAG)
        self.version = key.version
        self._mac = _Mac(key.secret)
        self._person = _Mac(key.secret, _PERSON + _NUMBER.to_bytes(4, "big"))
        self._subject = _Mac(keyring.primary(KeyKind.SUBJECT).secret, _SUBJECT)

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

    def subject(self, log_alias: bytes) -> bytes:
        """Tag of a person or household in the log."""
        return self._subject.of(log_alias)
