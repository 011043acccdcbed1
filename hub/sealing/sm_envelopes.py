"""The digital envelope of the commercial standards: what only one SM2 key opens.

    envelope  = format(1) || suite(1) || recipient(16) || length(2) || key || nonce(12)
                || ciphertext || tag(16)
    recipient = first half of SM3("hub/sm2-recipient/v1" 00 || point of the receiver's key)
    key       = an SM4 key of 16 bytes, new each time, encrypted by SM2 to that key: DER (GM/T 0009)
    AAD       = "hub/sm2-envelope/v1" 00 || everything before the nonce
    text      = base64url of the envelope, without padding

JOSE has no names for these algorithms, so this is no JWE: docs/sealing.md has it byte by byte.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.hazmat.primitives.hashes import SM3, Hash

from hub.errors import SealBrokenError
from hub.sealing.sm2 import Sm2, Sm2Key
from hub.sealing.suites import (
    ALGORITHMS,
    BROKEN,
    NONCE_BYTES,
    TAG_BYTES,
    Suite,
    sm4_decrypt,
    sm4_encrypt,
)

_HEAD: Final = bytes([1, Suite.SM])
_LABEL: Final = b"hub/sm2-envelope/v1\0"
_RECIPIENT_LABEL: Final = b"hub/sm2-recipient/v1\0"
_RECIPIENT_BYTES: Final = 16
_KEY_AT: Final = len(_HEAD) + _RECIPIENT_BYTES + 2
_KEY_BYTES: Final = ALGORITHMS[Suite.SM].key_bytes


def recipient_of(public: bytes) -> bytes:
    """Return the 16 bytes that name a public key in an envelope."""
    working = Hash(SM3())
    working.update(_RECIPIENT_LABEL + public)
    return working.finalize()[:_RECIPIENT_BYTES]


class Sm2ReceiverKey:
    """The SM2 key of one receiver; what casework is handed, as a `ReceiverKey`."""

    def __init__(self, provider: Sm2, public: bytes) -> None:
        """Take the point of the receiver's public key, and try it.

        Raises:
            SetupError: It is no point of the curve.
        """
        self._provider = provider
        self._public = public
        provider.encrypt(public, bytes(_KEY_BYTES))

    def encrypt(self, text: bytes) -> str:
        """Return `text` in an envelope to the receiver."""
        key, nonce = secrets.token_bytes(_KEY_BYTES), secrets.token_bytes(NONCE_BYTES)
        sealed_key = self._provider.encrypt(self._public, key)
        head = _HEAD + recipient_of(self._public) + len(sealed_key).to_bytes(2, "big") + sealed_key
        sealed = head + nonce + sm4_encrypt(key, nonce, text, _LABEL + head)
        return urlsafe_b64encode(sealed).rstrip(b"=").decode()


def opened_envelope(key: Sm2Key, text: str) -> bytes:
    """Return what is in an envelope to `key`: what a receiver does.

    1. It is base64url of an envelope of this format and suite, and names this key.
    2. Its SM4 key opens under this key, and has 16 bytes.
    3. The rest authenticates under that one, with all that stands before it.

    Raises:
        SealBrokenError: One of them does not hold; it does not say which byte.
        KeysUnavailableError: The key's device does not answer.
    """
    try:
        sealed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        sealed = b""
    if sealed[:_KEY_AT][: len(_HEAD)] != _HEAD or len(sealed) < _KEY_AT:
        raise SealBrokenError("That is no SM2 envelope of a known format.")
    if sealed[len(_HEAD) : _KEY_AT - 2] != recipient_of(key.public):
        raise SealBrokenError("The SM2 envelope is to another key.")
    end = _KEY_AT + int.from_bytes(sealed[_KEY_AT - 2 : _KEY_AT], "big")
    head, nonce, rest = sealed[:end], sealed[end : end + NONCE_BYTES], sealed[end + NONCE_BYTES :]
    if len(rest) < TAG_BYTES:
        raise SealBrokenError("The SM2 envelope is cut short.")
    opened = key.decrypt(head[_KEY_AT:])
    try:
        if len(opened) != _KEY_BYTES:
            raise SealBrokenError("The SM2 envelope holds no SM4 key.")
        return sm4_decrypt(opened, nonce, rest, _LABEL + head)
    except BROKEN as problem:
        raise SealBrokenError("The SM2 envelope does not authenticate.") from problem
