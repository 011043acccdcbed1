"""Data keys: one for each (department, identity), wrapped by the department's key.

The data key is the AES key itself. Its commitment, SHA-256(label, key)[:16], is stored beside
the wrapped form and checked when it is opened, so that a ciphertext opens under one key only.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)

from hub.errors import SealBrokenError
from hub.sealing.keyring import KeyKind, Keyring

AES_SUITE: Final = 1
_COMMITMENT_LABEL: Final = b"hub/data-key-commitment/v1\0"
_COMMITMENT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as it is stored: which key of which department opens it."""

    department: str
    suite: int
    key_version: int
    wrapped: bytes
    commitment: bytes


def commitment_of(key: bytes) -> bytes:
    """Return the 16 bytes that bind a wrapped key to the one key it may open to."""
    return hashlib.sha256(_COMMITMENT_LABEL + key).digest()[:_COMMITMENT_BYTES]


class DataKeys:
    """Makes and opens data keys; remembers a bounded number of opened ones (raw, 32 bytes each).

    The cache belongs to one process and one event loop; entries are only ever added whole.
    """

    def __init__(self, keyring: Keyring, *, capacity: int = 200_000) -> None:
        """Keep at most `capacity` opened keys."""
        self._keyring = keyring
        self._capacity = capacity
        self._opened: OrderedDict[tuple[str, int, bytes, bytes], bytes] = OrderedDict()

    def new(self, department: str) -> tuple[bytes, WrappedKey]:
        """Return a fresh data key of `department`, raw and wrapped.

        Raises:
            KeysUnavailableError: The department has no key.
        """
        over = self._keyring.primary(KeyKind.DEPARTMENT, department)
        raw = secrets.token_bytes(32)
        wrapped = WrappedKey(
            department, AES_SUITE, over.version, aes_key_wrap(over.secret, raw), commitment_of(raw)
        )
        return raw, wrapped

    def open(self, department: str, key_version: int, wrapped: bytes, commitment: bytes) -> bytes:
        """Return the raw data key.

        Raises:
            KeysUnavailableError: The department's key version is not at hand.
            SealBrokenError: The wrapped key does not authenticate or is not the committed one.
        """
        asked = (department, key_version, wrapped, commitment)  # all, or a cached key hides a swap
        raw = self._opened.get(asked)
        if raw is not None:
            return raw
        over = self._keyring.version(KeyKind.DEPARTMENT, department, key_version)
        try:
            raw = aes_key_unwrap(over.secret, wrapped)
        except (InvalidUnwrap, ValueError) as problem:
            raise SealBrokenError(f"A data key of {department} does not open.") from problem
        if not hmac.compare_digest(commitment_of(raw), commitment):
            raise SealBrokenError(f"A data key of {department} is not the one committed to.")
        self._opened[asked] = raw
        if len(self._opened) > self._capacity:
            self._opened.popitem(last=False)
        return raw
