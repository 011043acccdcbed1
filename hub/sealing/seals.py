"""The sealed value: a group of fields under the suite's cipher, bound to exactly one place.

    sealed    = format(1) || suite(1) || nonce(12) || ciphertext || tag(16)
    suite     = 1 AES-256-GCM, 2 SM4-GCM: that of the data key, which its length tells
    plaintext = JSON array of the group's values in declared order, padded with blanks to a
                multiple of 16 bytes, so that yes and no have one length
    AAD       = format(1) || suite(1) || len16(owner) || len16(dataset) || len16(group)
                || identity id(16) || version id(16)         (len16: two bytes of length, then text)

Nothing that key rotation changes is in the AAD; everything the reader knows from the row is.
A new format gets a new first byte; readers refuse bytes they do not know.
"""

import secrets
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, TypeVar
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.errors import SealBrokenError
from hub.sealing.broken import Reason, broken
from hub.sealing.suites import ALGORITHMS, BROKEN, NONCE_BYTES, Suite, suite_of
from schema.catalogue import Dataset, Values

_FORMAT: Final = 1
_HEAD: Final = bytes([_FORMAT, Suite.AES])
_HEADS: Final = {bytes([_FORMAT, suite]): found for suite, found in ALGORITHMS.items()}
_AES_KEY: Final = ALGORITHMS[Suite.AES].key_bytes
_START: Final = len(_HEAD) + NONCE_BYTES
_BLOCK: Final = 16
_CIPHERS: Final = 4_096
"""Ciphers that are kept at hand, 2.6 kB each: those of lists that are read again and again."""

T = TypeVar("T")

Json = str | int | bool | None | list["Json"] | dict[str, "Json"]
"""An opened value, as JSON has it: dates are ISO texts."""
Opener = Callable[[bytes, bytes, bytes, bytes], list[Json]]
"""(raw data key, identity id bytes, version id bytes, sealed value) -> the group's values."""
Resealer = Callable[[bytes, bytes, bytes, bytes, bytes], bytes]
"""(raw data key, the next one, identity id bytes, version id bytes, sealed value) -> the next."""
ColumnOpener = Callable[
    [Sequence[bytes], Sequence[bytes], Sequence[bytes], Sequence[bytes]], list[list[Json]]
]
"""The same of a column: what an `Opener` is given, each a sequence of one length."""


cipher_of: Final = lru_cache(maxsize=_CIPHERS)(AESGCM)
"""Return the cipher of a data key of suite 1; setting one up takes longer than opening a value."""


@lru_cache(maxsize=1024)  # one for each sealed column
def aad_prefix(owner: str, dataset: str, group: str) -> bytes:
    """Return the part of the AAD that is the same for every row of a sealed column.

    It is that of suite 1; whoever seals or opens in another puts that one's byte in its place.
    """
    parts = [_HEAD]
    for text in (owner, dataset, group):
        encoded = text.encode()
        parts.append(len(encoded).to_bytes(2, "big") + encoded)
    return b"".join(parts)


def _padded(values: Sequence[object]) -> bytes:
    plain = orjson.dumps(values)
    return plain + b" " * (-len(plain) % _BLOCK)


def seal(
    key: bytes, prefix: bytes, identity: bytes, version: bytes, values: Sequence[object]
) -> bytes:
    """Return `values` sealed for one place; dates and moments become ISO texts.

    Raises:
        SealBrokenError: No suite has data keys of this length.
    """
    return seal_bytes(key, prefix + identity + version, _padded(values))


def seal_bytes(key: bytes, aad: bytes, plain: bytes) -> bytes:
    """Return bytes sealed for the place that `aad` names whole; padding is the caller's.

    Raises:
        SealBrokenError: No suite has data keys of this length.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    if len(key) == _AES_KEY:
        return _HEAD + nonce + AESGCM(key).encrypt(nonce, plain, aad)
    return _sealed_otherwise(key, nonce, aad, plain)


def _sealed_otherwise(key: bytes, nonce: bytes, aad: bytes, plain: bytes) -> bytes:
    algorithms = suite_of(key)
    head = bytes([_FORMAT, algorithms.suite])
    return head + nonce + algorithms.encrypt(key, nonce, plain, head + aad[len(head) :])


def _opened_otherwise(key: bytes, aad: bytes, sealed: bytes, place: tuple[str, str, str]) -> bytes:
    """Open what is not of suite 1, and tell what is wrong with what is of none.

    Raises:
        SealBrokenError: An unknown format or suite, or the key is of another suite.
        InvalidTag: It does not authenticate.
        ValueError: It is too short.
    """
    head = sealed[: len(_HEAD)]
    algorithms = _HEADS.get(head)
    if algorithms is None:
        raise _broken(place, Reason.SUITE, "has an unknown format or suite")
    if algorithms.key_bytes != len(key):
        raise _broken(place, Reason.SUITE, "is of another suite than its data key")
    nonce, rest = sealed[len(_HEAD) : _START], sealed[_START:]
    return algorithms.decrypt(key, nonce, rest, head + aad[len(head) :])


def _broken(place: tuple[str, str, str], reason: Reason, said: str) -> SealBrokenError:
    owner, dataset, group = place
    return broken(owner, dataset, reason, f"A value of {dataset}.{group} {said}.")


def opener(owner: str, dataset: str, group: str) -> Opener:
    """Return a function that opens one sealed column; the AAD's fixed part is bound once.

    The function raises SealBrokenError when a value was changed, moved or sealed otherwise.
    """
    return _opening(owner, dataset, group, orjson.loads)


def column_opener(owner: str, dataset: str, group: str) -> ColumnOpener:
    """Return a function that opens a whole sealed column, as `opener` does one value of it."""
    prefix, open_bytes = aad_prefix(owner, dataset, group), bytes_opener(owner, dataset, group)

    def opened(
        keys: Sequence[bytes],
        identities: Sequence[bytes],
        versions: Sequence[bytes],
        sealed: Sequence[bytes],
    ) -> list[list[Json]]:
        cipher = cipher_of
        try:
            plain = [
                cipher(key).decrypt(value[2:_START], value[_START:], prefix + identity + version)
                if value[:2] == _HEAD and len(key) == _AES_KEY
                else open_bytes(key, identity, version, value)
                for key, identity, version, value in zip(
                    keys, identities, versions, sealed, strict=True
                )
            ]
        except BROKEN as problem:
            place = (owner, dataset, group)
            raise _broken(place, Reason.VALUE, "does not authenticate") from problem
        return list(map(orjson.loads, plain))

    return opened


def bytes_opener(
    owner: str, dataset: str, group: str
) -> Callable[[bytes, bytes, bytes, bytes], bytes]:
    """Return a function that opens what `seal_bytes` sealed, as `opener` does."""
    return _opening(owner, dataset, group, bytes)


def resealer(owner: str, dataset: str, group: str) -> Resealer:
    """Return a function that seals a value of one column anew, in its place, under another key.

    What it says is not looked at. The function raises SealBrokenError as `opener` does.
    """
    opened, prefix = bytes_opener(owner, dataset, group), aad_prefix(owner, dataset, group)

    def resealed(old: bytes, new: bytes, identity: bytes, version: bytes, sealed: bytes) -> bytes:
        plain = opened(old, identity, version, sealed)
        return seal_bytes(new, prefix + identity + version, plain)

    return resealed


def _opening(
    owner: str, dataset: str, group: str, read: Callable[[bytes], T]
) -> Callable[[bytes, bytes, bytes, bytes], T]:
    prefix = aad_prefix(owner, dataset, group)

    def opened(key: bytes, identity: bytes, version: bytes, sealed: bytes) -> T:
        aad = prefix + identity + version
        try:
            if sealed[:2] == _HEAD and len(key) == _AES_KEY:
                plain = cipher_of(key).decrypt(sealed[2:_START], sealed[_START:], aad)
            else:
                plain = _opened_otherwise(key, aad, sealed, (owner, dataset, group))
        except BROKEN as problem:
            place = (owner, dataset, group)
            raise _broken(place, Reason.VALUE, "does not authenticate") from problem
        return read(plain)

    return opened


def seal_groups(
    dataset: Dataset, values: Values, key: bytes, identity: UUID, version: UUID
) -> dict[str, bytes]:
    """Return every sealed column of one record version, `sealed_<group>` by name."""
    if not dataset.groups:
        return {}
    place = identity.bytes + version.bytes
    encrypted = _encrypting(key)
    return {
        f"sealed_{group}": encrypted(
            aad_prefix(dataset.department, dataset.name, group) + place,
            _padded([values.get(f.name) for f in fields]),
        )
        for group, fields in dataset.groups.items()
    }


def _encrypting(key: bytes) -> Callable[[bytes, bytes], bytes]:
    """Return `seal_bytes` with the key bound: a record has several groups, and one cipher."""
    if len(key) != _AES_KEY:
        return lambda aad, plain: seal_bytes(key, aad, plain)
    cipher = AESGCM(key)

    def encrypted(aad: bytes, plain: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return _HEAD + nonce + cipher.encrypt(nonce, plain, aad)

    return encrypted
