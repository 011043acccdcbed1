"""The suites of algorithms: what seals, wraps, commits and makes tags, chosen by one byte.

    suite  sealed values       data key   wrapped by it     commitment, tags
    1      AES-256-GCM         32 bytes   AES-KW            SHA-256, HMAC-SHA-256
    2      SM4-128-GCM         16 bytes   SM4-GCM, bound    SM3, HMAC-SM3

A version of a key has one suite for as long as it lives. A data key has the suite of the key that
wraps it, and its length tells which: no two suites may have data keys of one length. Readers take
every suite of this table, writers that of the data key at hand.

Spec: GB/T 32907 (SM4), GB/T 32905 (SM3), RFC 8998 (SM4-GCM), RFC 3394 (AES-KW), RFC 2104 (HMAC).
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.hashes import SM3, Hash
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)

from hub.errors import SetupError
from hub.sealing.broken import DATA_KEY, UNKNOWN, Reason, broken

NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
_BLOCK: Final = 64
"""Bytes that SHA-256 and SM3 take at a time."""

BROKEN: Final = (InvalidTag, InvalidUnwrap, ValueError)
"""What the ciphers of every suite raise of bytes that are not theirs."""


class Suite(IntEnum):
    """Which algorithms; the number stands in front of every sealed value, and never changes."""

    AES = 1
    SM = 2

    @property
    def word(self) -> str:
        """The word by which people name it: `aes` or `sm`."""
        return self.name.lower()


SUITES: Final = {suite.word: suite for suite in Suite}
"""The suites by the words that settings and commands take."""


class Digest(Protocol):
    """A digest that has begun."""

    def copy(self) -> "Digest":
        """Return another one, as far as this one has come."""

    def update(self, data: bytes, /) -> None:
        """Go on with `data`."""

    def digest(self) -> bytes:
        """Return the 32 bytes."""


class _Sm3:
    """SM3 with the methods that a digest of hashlib has; hashlib itself may come without SM3."""

    __slots__ = ("_hash",)

    def __init__(self, begun: Hash) -> None:
        self._hash = begun

    def copy(self) -> "_Sm3":
        return _Sm3(self._hash.copy())

    def update(self, data: bytes, /) -> None:
        self._hash.update(data)

    def digest(self) -> bytes:
        return self._hash.finalize()


def _sha256(data: bytes) -> Digest:
    return hashlib.sha256(data)


def _sm3(data: bytes) -> Digest:
    begun = Hash(SM3())
    begun.update(data)
    return _Sm3(begun)


def _aes_encrypt(key: bytes, nonce: bytes, plain: bytes, aad: bytes) -> bytes:
    return AESGCM(key).encrypt(nonce, plain, aad)


def _aes_decrypt(key: bytes, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
    return AESGCM(key).decrypt(nonce, sealed, aad)


def sm4_encrypt(key: bytes, nonce: bytes, plain: bytes, aad: bytes) -> bytes:
    """Return SM4-GCM ciphertext and its tag of 16 bytes."""
    working = Cipher(SM4(key), modes.GCM(nonce)).encryptor()
    working.authenticate_additional_data(aad)
    return working.update(plain) + working.finalize() + working.tag


def sm4_decrypt(key: bytes, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Return what `sm4_encrypt` encrypted.

    Raises:
        InvalidTag: It does not authenticate.
        ValueError: It, the key or the nonce is too short.
    """
    working = Cipher(SM4(key), modes.GCM(nonce, sealed[-TAG_BYTES:])).decryptor()
    working.authenticate_additional_data(aad)
    return working.update(sealed[:-TAG_BYTES]) + working.finalize()


def _aes_wrap(over: bytes, raw: bytes, aad: bytes) -> bytes:
    del aad  # AES-KW binds nothing
    return aes_key_wrap(over, raw)


def _aes_unwrap(over: bytes, wrapped: bytes, aad: bytes) -> bytes:
    del aad
    return aes_key_unwrap(over, wrapped)


def _sm4_wrap(over: bytes, raw: bytes, aad: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + sm4_encrypt(over, nonce, raw, aad)


def _sm4_unwrap(over: bytes, wrapped: bytes, aad: bytes) -> bytes:
    return sm4_decrypt(over, wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], aad)


@dataclass(frozen=True, slots=True)
class Algorithms:
    """What one suite does each thing with; bytes that are not theirs raise one of `BROKEN`."""

    suite: Suite
    key_bytes: int
    """Length of its data keys, and of the department's keys that wrap them."""
    encrypt: Callable[[bytes, bytes, bytes, bytes], bytes]
    """(key, nonce, plain, aad) -> ciphertext || tag"""
    decrypt: Callable[[bytes, bytes, bytes, bytes], bytes]
    """(key, nonce, ciphertext || tag, aad) -> plain"""
    wrap: Callable[[bytes, bytes, bytes], bytes]
    """(department's key, data key, aad) -> wrapped data key"""
    unwrap: Callable[[bytes, bytes, bytes], bytes]
    """(department's key, wrapped data key, aad) -> data key"""
    begun: Callable[[bytes], Digest]
    """Bytes -> the suite's digest of 32 bytes, begun with them."""


_AES: Final = Algorithms(Suite.AES, 32, _aes_encrypt, _aes_decrypt, _aes_wrap, _aes_unwrap, _sha256)
_SM: Final = Algorithms(Suite.SM, 16, sm4_encrypt, sm4_decrypt, _sm4_wrap, _sm4_unwrap, _sm3)
ALGORITHMS: Final = {Suite.AES: _AES, Suite.SM: _SM}


def suite_of(key: bytes) -> Algorithms:
    """Return the algorithms of a data key, by its length.

    Raises:
        SealBrokenError: No suite has data keys of this length.
    """
    for algorithms in ALGORITHMS.values():
        if algorithms.key_bytes == len(key):
            return algorithms
    said = "A data key has a length that no suite has."
    raise broken(UNKNOWN, DATA_KEY, Reason.SUITE, said)


def require(suite: Suite) -> None:
    """Let a suite be chosen only where the library has its algorithms.

    Raises:
        SetupError: It does not; nothing was made.
    """
    found = ALGORITHMS[suite]
    try:
        found.encrypt(bytes(found.key_bytes), bytes(NONCE_BYTES), b"", b"")
        found.begun(b"").digest()
    except UnsupportedAlgorithm as problem:
        raise SetupError(
            f"Suite {suite.word} cannot be used: the cryptography library of this machine lacks "
            "its algorithms. Install the wheel of `cryptography` that requirements name."
        ) from problem


class Mac:
    """HMAC under one key, both of its passes begun: a tag is two copies, not four objects.

    Spec: RFC 2104.
    """

    def __init__(self, secret: bytes, label: bytes = b"", suite: Suite = Suite.AES) -> None:
        """Begin with `label`; the digest is that of the suite."""
        begun = ALGORITHMS[suite].begun
        short = secret if len(secret) <= _BLOCK else begun(secret).digest()
        key = short.ljust(_BLOCK, b"\0")
        self._inner = begun(bytes(byte ^ 0x36 for byte in key) + label)
        self._outer = begun(bytes(byte ^ 0x5C for byte in key))

    def of(self, message: bytes) -> bytes:
        """Return the tag of label and message, 32 bytes."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.digest()
