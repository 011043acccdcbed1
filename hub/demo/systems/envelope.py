"""The receiver's cryptography: whose signature an event carries, and the number in it.

This is another department's program: it keeps its own key and trusts the hub's key set,
which it reads from a file or an address at each event, so that a new key counts at once.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
import msgspec
from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

_SIGNATURES: Final = ["ES256"]
_JWS_DOTS: Final = 2
_ENCLOSING: Final = ["ECDH-ES+A256KW", "A256GCM"]
_ENCRYPTION: Final = ["ECDH-ES", "A256GCM"]


class UntrustedError(Exception):
    """The text is not signed by the hub."""


class UnreadableNumberError(Exception):
    """The document number is not encrypted to our key."""


@dataclass(frozen=True, slots=True)
class HubKeys:
    """Where the hub's public keys are: a file's path or an http address."""

    source: str

    def payload(self, text: bytes) -> bytes:
        """Return what a compact JWS signs, once its signature holds.

        Raises:
            UntrustedError: It does not, or its form or algorithm is another.
        """
        try:
            signed = jws.deserialize_compact(text, self._keys(), algorithms=_SIGNATURES)
        except (JoseError, ValueError, KeyError):
            raise UntrustedError from None
        return signed.payload

    def _keys(self) -> KeySet:
        try:
            if self.source.startswith("http"):
                answer = httpx2.get(self.source, timeout=5.0, trust_env=False)
                return KeySet.import_key_set(answer.raise_for_status().json())
            return KeySet.import_key_set(msgspec.json.decode(Path(self.source).read_bytes()))
        except (OSError, httpx2.HTTPError, ValueError, JoseError, TypeError):
            raise UntrustedError from None


class OwnKey:
    """The receiver's own key, kept in a file that only it may read."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.touch(mode=0o600)
            path.write_bytes(ECKey.generate_key("P-256", auto_kid=True).as_pem(private=True))
        self._key = ECKey.import_key(path.read_bytes())
        self._key.ensure_kid()

    def public_set(self) -> dict[str, object]:
        """Return the JWK set to which document numbers are encrypted."""
        return {"keys": [{**self._key.as_dict(private=False), "use": "enc"}]}

    def message(self, text: bytes) -> bytes:
        """Return the signed message that a body is, or that is encrypted in it to this key.

        Raises:
            UntrustedError: It is encrypted to somebody else, or otherwise than agreed.
        """
        if text.count(b".") == _JWS_DOTS:
            return text
        try:
            opened = jwe.decrypt_compact(text, self._key, algorithms=_ENCLOSING)
        except (JoseError, ValueError):
            raise UntrustedError from None
        if opened.headers().get("cty") != "jose":
            raise UntrustedError
        return opened.plaintext or b""

    def number(self, text: str) -> str:
        """Return the document number in a compact JWE.

        Raises:
            UnreadableNumberError: It is not encrypted to this key.
        """
        try:
            opened = jwe.decrypt_compact(text, self._key, algorithms=_ENCRYPTION)
            return (opened.plaintext or b"").decode("ascii")
        except (JoseError, ValueError):
            raise UnreadableNumberError from None
