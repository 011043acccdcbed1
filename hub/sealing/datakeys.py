"""Data keys: one for each (department, identity), wrapped by the department's key.

The data key is the cipher's key itself, and has the suite of the key that wraps it. Its commitment,
the first half of the suite's digest of (label, key), is stored beside the wrapped form and checked
when it is opened, so that a ciphertext opens under one key only.
"""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hub.errors import KeysUnavailableError
from hub.memory import forget_oldest
from hub.sealing.broken import DATA_KEY, Reason, broken
from hub.sealing.keyring import Key, KeyKind, Keyring
from hub.sealing.suites import ALGORITHMS, BROKEN, suite_of

_WRAP_LABEL: Final = b"hub/data-key-wrap/v1\0"
_COMMITMENT_LABEL: Final = b"hub/data-key-commitment/v1\0"
_COMMITMENT_BYTES: Final = 16

_Stored = tuple[str, int, bytes, bytes]
"""Department, version of its key, wrapped form, commitment: all, or a cached key hides a swap."""


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
    return suite_of(key).begun(_COMMITMENT_LABEL + key).digest()[:_COMMITMENT_BYTES]


def wrap_aad(over: Key) -> bytes:
    """Return what the wrapped form of a data key is bound to, where the suite's wrap can bind.

    label || suite (1) || version of the department's key (4, big-endian) || department
    """
    head = bytes([over.suite]) + over.version.to_bytes(4, "big")
    return _WRAP_LABEL + head + over.owner.encode()


class DataKeys:
    """Makes and opens data keys; remembers a bounded number of opened ones (raw, 32 bytes each).

    The cache belongs to one process and one event loop; entries are only ever added whole.
    """

    def __init__(self, keyring: Keyring, *, capacity: int = 64_000) -> None:
        """Keep at most `capacity` opened keys, some 370 bytes each; opening one takes 3 us."""
        self._keyring = keyring
        self._capacity = capacity
        self._opened: dict[_Stored, bytes] = {}

    def new(self, department: str) -> tuple[bytes, WrappedKey]:
        """Return a fresh data key of `department`, raw and wrapped.

        Raises:
            KeysUnavailableError: The department has no key.
        """
        over = self._keyring.primary(KeyKind.DEPARTMENT, department)
        raw = secrets.token_bytes(ALGORITHMS[over.suite].key_bytes)
        return raw, _wrapped(over, raw, commitment_of(raw))

    def open(self, department: str, key_version: int, wrapped: bytes, commitment: bytes) -> bytes:
        """Return the raw data key.

        Raises:
            KeysUnavailableError: The department's key version is not at hand.
            SealBrokenError: The wrapped key does not authenticate or is not the committed one.
        """
        asked = (department, key_version, wrapped, commitment)
        return self._opened.get(asked) or self._remembered(asked)

    def open_all(self, department: str, stored: Iterable[tuple[int, bytes, bytes]]) -> list[bytes]:
        """Return the raw data key of each version, wrapped form and commitment, as `open` does."""
        asked = [(department, *one) for one in stored]
        found = list(map(self._opened.get, asked))
        if None in found:
            return [raw or self._remembered(one) for raw, one in zip(found, asked, strict=True)]
        return found  # type: ignore[return-value]  # none of them is None

    def _remembered(self, asked: _Stored) -> bytes:
        raw = self._unwrapped(*asked)
        self._opened[asked] = raw
        forget_oldest(self._opened, self._capacity)
        return raw

    def rewrapped(
        self, department: str, key_version: int, wrapped: bytes, commitment: bytes
    ) -> WrappedKey:
        """Return the same data key under the primary key of its department; 4 us.

        Raises:
            KeysUnavailableError: The department's key version is not at hand, or the primary key is
                of another suite: then what is sealed must be sealed anew under another data key.
            SealBrokenError: As `open`; what does not open is not wrapped anew.
        """
        raw = self._unwrapped(department, key_version, wrapped, commitment)
        over = self._keyring.primary(KeyKind.DEPARTMENT, department)
        if ALGORITHMS[over.suite].key_bytes != len(raw):
            raise KeysUnavailableError(
                f"A data key of {department} is of another suite than its department's key, and "
                "is not wrapped by that."
            )
        return _wrapped(over, raw, commitment)

    def _unwrapped(
        self, department: str, key_version: int, wrapped: bytes, commitment: bytes
    ) -> bytes:
        over = self._keyring.version(KeyKind.DEPARTMENT, department, key_version)
        algorithms = ALGORITHMS[over.suite]
        try:
            raw = algorithms.unwrap(over.secret, wrapped, wrap_aad(over))
        except BROKEN as problem:
            said = f"A data key of {department} does not open."
            raise broken(department, DATA_KEY, Reason.KEY, said) from problem
        if len(raw) != algorithms.key_bytes or not hmac.compare_digest(
            commitment_of(raw), commitment
        ):
            said = f"A data key of {department} is not the one committed to."
            raise broken(department, DATA_KEY, Reason.COMMITMENT, said)
        return raw


def _wrapped(over: Key, raw: bytes, commitment: bytes) -> WrappedKey:
    wrapped = ALGORITHMS[over.suite].wrap(over.secret, raw, wrap_aad(over))
    return WrappedKey(over.owner, over.suite, over.version, wrapped, commitment)
