"""What the hub signs with: P-256 keys for tokens and messages, derived from keyring secrets.

A signing key is derived deterministically from a 32-byte secret of the keyring, so that the
keyring stays the only thing to keep.
"""

from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from joserfc import jws
from joserfc.jwk import ECKey, KeyParameters

from hub.sealing.keyring import HUB, KeyKind, Keyring

_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Order of P-256 (FIPS 186-5)."""


def signing_key(keyring: Keyring, kind: KeyKind, owner: str = HUB) -> ECKey:
    """Return the ES256 key of `kind`, with a `kid` that names its kind and version.

    48 bytes reduced modulo (n - 1), plus 1: FIPS 186-5, A.2.1.
    """
    key = keyring.primary(kind, owner)
    stream = HKDF(hashes.SHA256(), 48, None, b"hub/signing/" + kind.encode()).derive(key.secret)
    scalar = int.from_bytes(stream, "big") % (_ORDER - 1) + 1
    pem = ec.derive_private_key(scalar, ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    name: KeyParameters = {
        "kid": f"{owner}-{kind}-{key.version}",
        "use": "sig",
        "alg": "ES256",
    }
    return ECKey.import_key(pem, name)


def log_seed(keyring: Keyring) -> bytes:
    """Return the 32-byte Ed25519 seed that signs checkpoints of the log."""
    return keyring.primary(KeyKind.LOG).secret


class MessageSigner:
    """Signs outbound messages as compact JWS (ES256); what connectors and delivery are handed."""

    def __init__(self, keyring: Keyring) -> None:
        """Take the outbound signing key."""
        self._key = signing_key(keyring, KeyKind.OUTBOUND)

    def sign(self, payload: bytes) -> str:
        """Return `payload` as a compact JWS."""
        return jws.serialize_compact(
            {"alg": "ES256", "kid": self._key.kid, "typ": "JWS"},
            payload,
            self._key,
            algorithms=["ES256"],
        )

    def jwks(self) -> dict[str, list[dict[str, object]]]:
        """Return the public half, for receivers."""
        return {"keys": [dict(self._key.as_dict(private=False))]}
