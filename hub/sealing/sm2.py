"""SM2: signatures and encryption by the commercial standard, through a provider of the machine.

The library that does everything else has no SM2, so it is off unless the setting `sm2` names who
has it: the system's OpenSSL (`sm2_libcrypto`), or a token (`sm2_pkcs11`).

A public key is its point: 04, x, y (65 bytes). A signature is DER of r and s, a ciphertext DER of
x, y, SM3 digest and cipher text (GM/T 0009), as OpenSSL has them.

Spec: GB/T 32918 (SM2), GM/T 0009 (its forms), GM/T 0003.5 (curve).
"""

import base64
import binascii
import re
from pathlib import Path
from typing import Final, Protocol

from hub.errors import SetupError

DEFAULT_ID: Final = b"1234567812345678"
"""Who signs, where nothing else was agreed (GM/T 0009, 10)."""
POINT_BYTES: Final = 65
_UNCOMPRESSED: Final = 4
SPKI_HEAD: Final = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
"""DER of a public key's form before its point: id-ecPublicKey, curve 1.2.156.10197.1.301."""
_PEM: Final = re.compile(rb"-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----")


class Sm2(Protocol):
    """What is done with public keys."""

    def verify(
        self, public: bytes, message: bytes, signature: bytes, signer: bytes = DEFAULT_ID
    ) -> bool:
        """Tell whether the key signed the message, under the name of `signer`.

        Raises:
            SetupError: `public` is no point of the curve.
        """
        ...

    def encrypt(self, public: bytes, plain: bytes) -> bytes:
        """Return `plain` encrypted to the key.

        Raises:
            SetupError: `public` is no point of the curve.
        """
        ...


class Sm2Key(Protocol):
    """One private key, wherever it is."""

    @property
    def public(self) -> bytes:
        """Its public half, 65 bytes."""
        ...

    def sign(self, message: bytes, signer: bytes = DEFAULT_ID) -> bytes:
        """Return a signature of the message, under the name of `signer`.

        Raises:
            KeysUnavailableError: The key's device does not answer.
        """
        ...

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Return what was encrypted to the key.

        Raises:
            SealBrokenError: It was encrypted to another key, or altered.
            KeysUnavailableError: The key's device does not answer.
        """
        ...


def is_point(public: bytes) -> bool:
    """Tell whether bytes have the form of a point; the curve itself is checked by a provider."""
    return len(public) == POINT_BYTES and public[0] == _UNCOMPRESSED


def public_key_in(path: Path) -> bytes:
    """Return the point of a public key in PEM (BEGIN PUBLIC KEY), as `openssl pkey -pubout` has it.

    Raises:
        SetupError: The file cannot be read, or holds no such key. A private key is nobody's to
            hand out, and is refused by name.
    """
    try:
        text = path.read_bytes()
    except OSError as problem:
        raise SetupError(f"The key file {path} cannot be read ({problem.strerror}).") from problem
    if b"PRIVATE KEY" in text:
        raise SetupError(f"{path} holds a private key; ask for the public one.")
    found = _PEM.search(text)
    try:
        content = base64.b64decode(b"".join(found[1].split()), validate=True) if found else b""
    except binascii.Error:
        content = b""
    point = content[len(SPKI_HEAD) :]
    if not content.startswith(SPKI_HEAD) or not is_point(point):
        raise SetupError(f"{path} holds no SM2 public key in PEM, uncompressed.")
    return point


# The two forms in which parts of them are written one after the other.


def signature_of(raw: bytes) -> bytes:
    """Return DER of a signature whose r and s stand one after the other, 32 bytes each.

    Raises:
        ValueError: It has another length.
    """
    if len(raw) != 2 * _PART:
        raise ValueError("a signature has 64 bytes")
    return _sequence(_integer(raw[:_PART]) + _integer(raw[_PART:]))


def ciphertext_parts(ciphertext: bytes) -> bytes:
    """Return a ciphertext as devices take it: point (65), digest (32), cipher text (C1 C3 C2).

    Raises:
        ValueError: It is no DER of one.
    """
    tag, body, rest = _read(ciphertext)
    x_tag, x, body = _read(body)
    y_tag, y, body = _read(body)
    digest_tag, digest, body = _read(body)
    text_tag, text, body = _read(body)
    tags = (tag, x_tag, y_tag, digest_tag, text_tag)
    x, y = x.lstrip(b"\0"), y.lstrip(b"\0")
    if rest or body or tags != (0x30, 2, 2, 4, 4) or max(len(x), len(y), len(digest)) > _PART:
        raise ValueError("not the four parts of a ciphertext")
    return bytes([_UNCOMPRESSED]) + x.rjust(_PART, b"\0") + y.rjust(_PART, b"\0") + digest + text


_PART: Final = 32
_SHORT: Final = 0x80


def _read(data: bytes) -> tuple[int, bytes, bytes]:
    """Return the tag and the content of the first element, and what follows it."""
    if len(data) < 2:  # noqa: PLR2004 - tag and length
        raise ValueError("cut short")
    length, start = data[1], 2
    if length >= _SHORT:
        start += length - _SHORT
        length = int.from_bytes(data[2:start], "big")
    if len(data) < start + length:
        raise ValueError("cut short")
    return data[0], data[start : start + length], data[start + length :]


def _integer(big_endian: bytes) -> bytes:
    short = big_endian.lstrip(b"\0") or b"\0"
    if short[0] >= _SHORT:
        short = b"\0" + short
    return bytes([2, len(short)]) + short


def _sequence(body: bytes) -> bytes:
    return bytes([0x30, len(body)]) + body
