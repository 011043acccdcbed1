"""The sealed value: AES-256-GCM over a group of fields, bound to exactly one place.

    sealed    = format(1) || suite(1) || nonce(12) || ciphertext || tag(16)
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
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.errors import SealBrokenError
from hub.sealing.datakeys import AES_SUITE
from schema.catalogue import Dataset, Values

_FORMAT: Final = 1
_HEAD: Final = bytes([_FORMAT, AES_SUITE])
_NONCE: Final = 12
_START: Final = len(_HEAD) + _NONCE
_BLOCK: Final = 16

T = TypeVar("T")

Json = str | int | bool | None | list["Json"] | dict[str, "Json"]
"""An opened value, as JSON has it: dates are ISO texts."""
Opener = Callable[[bytes, bytes, bytes, bytes], list[Json]]
"""(raw data key, identity id bytes, version id bytes, sealed value) -> the group's values."""


@lru_cache(maxsize=1024)  # one for each sealed column
def aad_prefix(owner: str, dataset: str, group: str) -> bytes:
    """Return the part of the AAD that is the same for every row of a sealed column."""
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
    """Return `values` sealed for one place; dates and moments become ISO texts."""
    return _sealed(AESGCM(key), prefix + identity + version, values)


def seal_bytes(key: bytes, aad: bytes, plain: bytes) -> bytes:
    """Return bytes sealed for the place that `aad` names whole; padding is the caller's."""
    return _encrypted(AESGCM(key), aad, plain)


def _sealed(cipher: AESGCM, aad: bytes, values: Sequence[object]) -> bytes:
    return _encrypted(cipher, aad, _padded(values))


def _encrypted(cipher: AESGCM, aad: bytes, plain: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return _HEAD + nonce + cipher.encrypt(nonce, plain, aad)


def opener(owner: str, dataset: str, group: str) -> Opener:
    """Return a function that opens one sealed column; the AAD's fixed part is bound once.

    The function raises SealBrokenError when a value was changed, moved or sealed otherwise.
    """
    return _opening(owner, dataset, group, orjson.loads)


def bytes_opener(
    owner: str, dataset: str, group: str
) -> Callable[[bytes, bytes, bytes, bytes], bytes]:
    """Return a function that opens what `seal_bytes` sealed, as `opener` does."""
    return _opening(owner, dataset, group, bytes)


def _opening(
    owner: str, dataset: str, group: str, read: Callable[[bytes], T]
) -> Callable[[bytes, bytes, bytes, bytes], T]:
    prefix = aad_prefix(owner, dataset, group)

    def opened(key: bytes, identity: bytes, version: bytes, sealed: bytes) -> T:
        if sealed[:2] != _HEAD:
            raise SealBrokenError(f"A value of {dataset}.{group} has an unknown format or suite.")
        try:
            plain = AESGCM(key).decrypt(
                sealed[2:_START], sealed[_START:], prefix + identity + version
            )
        except (InvalidTag, ValueError) as problem:
            raise SealBrokenError(
                f"A value of {dataset}.{group} does not authenticate."
            ) from problem
        return read(plain)

    return opened


def seal_groups(
    dataset: Dataset, values: Values, key: bytes, identity: UUID, version: UUID
) -> dict[str, bytes]:
    """Return every sealed column of one record version, `sealed_<group>` by name."""
    if not dataset.groups:
        return {}
    cipher, place = AESGCM(key), identity.bytes + version.bytes
    return {
        f"sealed_{group}": _sealed(
            cipher,
            aad_prefix(dataset.department, dataset.name, group) + place,
            [values.get(f.name) for f in fields],
        )
        for group, fields in dataset.groups.items()
    }
