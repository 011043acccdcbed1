"""What was asked is sealed for a replay, and what was shown leaves a keyed digest.

    sealed = version(4) || nonce(12) || ciphertext || tag(16)          AES-256-GCM
    AAD    = hub/replay/request/v1 00 || what it is of                 (or .../document/v1 00)
    digest = version ":" first 32 hexadecimal digits of HMAC-SHA256(hub/replay/answer/v1 key, data)

The keys of both are HMAC-SHA256(secret of the `replay` key, label). Nothing but a replay opens what
is sealed here. Destroying a version of the key destroys all that was sealed under it.

Spec: NIST SP 800-56C rev. 2 §4 (one-step key derivation), SP 800-38D (GCM, random nonces).
"""

import hmac
import os
from functools import cached_property
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.sealing.broken import Reason, broken
from hub.sealing.keyring import HUB, Key, KeyKind, Keyring
from hub.sealing.suites import Mac

_NONCE: Final = 12
_VERSION: Final = 4
_START: Final = _VERSION + _NONCE
_DIGITS: Final = 32
REQUEST: Final = b"hub/replay/request/v1\0"
DOCUMENT: Final = b"hub/replay/document/v1\0"


class Seal:
    """One version of the key, with what follows from it."""

    def __init__(self, key: Key) -> None:
        """Take the version."""
        self._key = key
        self.version = key.version
        self._head = key.version.to_bytes(_VERSION, "big")

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(hmac.digest(self._key.secret, b"hub/replay/seal/v1\0", "sha256"))

    @cached_property
    def _mac(self) -> Mac:
        return Mac(hmac.digest(self._key.secret, b"hub/replay/answer/v1\0", "sha256"))

    def digest(self, data: bytes) -> str:
        """Return the keyed digest of what is shown, with the version of the key."""
        return f"{self.version}:{self._mac.of(data).hex()[:_DIGITS]}"

    def seal(self, label: bytes, of: str, plain: bytes) -> bytes:
        """Return `plain` sealed as what `label` and `of` say that it is."""
        nonce = os.urandom(_NONCE)
        return self._head + nonce + self._cipher.encrypt(nonce, plain, label + of.encode())

    def open(self, label: bytes, of: str, sealed: bytes) -> bytes:
        """Return what was sealed under this version.

        Raises:
            SealBrokenError: It was changed, or is of something else.
        """
        nonce, ciphertext = sealed[_VERSION:_START], sealed[_START:]
        try:
            return self._cipher.decrypt(nonce, ciphertext, label + of.encode())
        except (InvalidTag, ValueError):
            raise broken(
                HUB, "replay", Reason.VALUE, "What was kept of a request does not authenticate."
            ) from None


class ReplaySeals:
    """Seals and opens under the `replay` key; lives as long as the process."""

    def __init__(self, keyring: Keyring) -> None:
        """Take the key.

        Raises:
            KeysUnavailableError: There is none; `hub migrate` makes it.
        """
        self._keyring = keyring
        self._seen = keyring.changes()
        self._live = Seal(keyring.primary(KeyKind.REPLAY))

    def now(self) -> Seal:
        """Return the version of the key that seals now; ask again after every wait."""
        seen = self._keyring.changes()
        if seen != self._seen:
            self._live, self._seen = Seal(self._keyring.primary(KeyKind.REPLAY)), seen
        return self._live

    def is_of(self, digest: str, data: bytes) -> bool:
        """Whether `digest` is that of `data`.

        Raises:
            KeysUnavailableError: The key that it was made under was destroyed.
        """
        version, _, _ = digest.partition(":")
        number = int(version) if version.isascii() and version.isdigit() else 0
        found = Seal(self._keyring.version(KeyKind.REPLAY, HUB, number))
        return hmac.compare_digest(found.digest(data), digest)

    def open(self, label: bytes, of: str, sealed: bytes) -> bytes:
        """Return what was sealed.

        Raises:
            KeysUnavailableError: The key that it was sealed under was destroyed.
            SealBrokenError: It was changed, or is of something else.
        """
        version = int.from_bytes(sealed[:_VERSION], "big")
        found = Seal(self._keyring.version(KeyKind.REPLAY, HUB, version))
        return found.open(label, of, sealed)


def digest_of(sealed: bytes) -> str:
    """Return the digest by which a record commits to what is sealed beside it: 32 digits."""
    return sha256(sealed).hexdigest()[:_DIGITS]
