"""Proof of possession: each request is signed by the key that its token is bound to.

The key comes with the proof, as the standard has it, and is worth nothing by itself: it must be
the one whose thumbprint the token carries. Its header is read once and remembered, because a
client sends the same one again and again; signature and claims are checked every time.

Spec: RFC 9449; RFC 7638 (thumbprints).
"""

import base64
import binascii
import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from hub.http.jose import ALGORITHM
from hub.http.replay import ReplayMemory

SCHEME: Final = "dpop"
HEADER: Final = b"dpop"
NONCE_HEADER: Final = "dpop-nonce"
PROOF_TYPE: Final = "dpop+jwt"
MAX_PROOF_BYTES: Final = 2_048
MAX_AGE_S: Final = 60
SKEW_S: Final = 30
"""How far a department's clock may be ahead of ours."""
_MAX_JTI: Final = 255
_MAX_KEYS: Final = 1_024
_HEADER_NAMES: Final = frozenset({"typ", "alg", "jwk"})
_KEY_NAMES: Final = frozenset({"kty", "crv", "x", "y", "kid", "use", "alg", "key_ops"})
_COORDINATE: Final = 32
_HTTP_PORTS: Final = {"http": 80, "https": 443}
_ECDSA: Final = ec.ECDSA(SHA256())


class InvalidProofError(Exception):
    """A proof is not to be believed; the text names the rule that it breaks, not its content."""


class UsedBeforeError(InvalidProofError):
    """A proof that was good was sent again."""


class NonceNeededError(Exception):
    """The proof must be made anew with the nonce that goes with the refusal."""


@dataclass(frozen=True, slots=True)
class _ProofKey:
    thumbprint: str
    public: ec.EllipticCurvePublicKey


class ProofCheck:
    """Decides whether a proof fits a request. Its memory is bounded; one for each event loop."""

    def __init__(self, issuer: str, memory: ReplayMemory) -> None:
        """`issuer` is the address by which clients know this hub, without a slash at its end."""
        self._issuer = issuer
        self._memory = memory
        self._keys: OrderedDict[str, _ProofKey] = OrderedDict()

    def nonce(self, now: float) -> str:
        """Return the nonce to make the next proof with."""
        return self._memory.nonce(now)

    def proven(
        self, proof: str, method: str, path: str, now: float, token: str | None = None
    ) -> tuple[str, str | None]:
        """Return the thumbprint of the key that made `proof` for this request, and use it up.

        Beside it stands the nonce to go on with, where the one of the proof will soon be too old.

        1. It is a compact JWS of at most 2 KiB whose header has typ, alg and jwk only.
        2. `typ` is dpop+jwt and `alg` ES256; `jwk` is a public key on P-256, and no more.
        3. That key verifies the signature.
        4. `htm` and `htu` are the method and the address of this request.
        5. `iat` is at most 60 s old and 30 s ahead.
        6. `ath` is the hash of `token`; without a token there is none.
        7. `nonce` is one that this hub gave out within the last minute.
        8. `jti` was not used by this key under such a nonce. The look-up is last, so that only a
           proof that is right otherwise is used up.

        Raises:
            InvalidProofError: 1 to 6 and 8.
            NonceNeededError: 7.
            MemoryFullError: (8) cannot be decided.
        """
        # Steps 1 to 3.
        key, claims = self._signed(proof)
        # Steps 4 to 6.
        self._check_request(claims, method, path)
        _check_time(claims, now)
        _check_token(claims, token)
        # Step 7.
        nonce = claims.get("nonce")
        epoch = self._memory.epoch(nonce, now) if isinstance(nonce, str) else None
        if epoch is None:
            raise NonceNeededError
        # Step 8.
        jti = claims.get("jti")
        if not isinstance(jti, str) or not 0 < len(jti) <= _MAX_JTI:
            raise InvalidProofError(f"jti must be a text of 1 to {_MAX_JTI} characters")
        if not self._memory.use(epoch, key.thumbprint, jti):
            raise UsedBeforeError("it was used before; make a new one for each request")
        fresh = None if self._memory.is_newest(epoch, now) else self._memory.nonce(now)
        return key.thumbprint, fresh

    def _signed(self, proof: str) -> tuple[_ProofKey, dict[str, Any]]:
        # Step 1.
        if len(proof) > MAX_PROOF_BYTES:
            raise InvalidProofError(f"it is longer than {MAX_PROOF_BYTES} bytes")
        parts = proof.split(".")
        if len(parts) != 3:  # noqa: PLR2004 - header, payload, signature
            raise InvalidProofError("it is not a compact JWS")
        head, payload, signature = parts
        # Step 2.
        key = self._key(head)
        # Step 3.
        raw = _decoded(signature)
        if len(raw) != 2 * _COORDINATE:
            raise InvalidProofError("its key does not verify its signature")
        r, s = int.from_bytes(raw[:_COORDINATE], "big"), int.from_bytes(raw[_COORDINATE:], "big")
        try:
            key.public.verify(encode_dss_signature(r, s), f"{head}.{payload}".encode(), _ECDSA)
        except (InvalidSignature, ValueError):
            raise InvalidProofError("its key does not verify its signature") from None
        return key, _object(payload)

    def _key(self, head: str) -> _ProofKey:
        known = self._keys.get(head)
        if known is None:
            known = _proof_key(_object(head))
            while len(self._keys) >= _MAX_KEYS:
                self._keys.popitem(last=False)
            self._keys[head] = known
        return known

    def _check_request(self, claims: dict[str, Any], method: str, path: str) -> None:
        if claims.get("htm") != method:
            raise InvalidProofError("htm is not the method of this request")
        stated, here = claims.get("htu"), self._issuer + path
        if stated != here and (not isinstance(stated, str) or _normal(stated) != _normal(here)):
            raise InvalidProofError("htu is not the address of this request")


def thumbprint(x: str, y: str) -> str:
    """Return the SHA-256 thumbprint (RFC 7638) of a P-256 key with these coordinates."""
    canonical = f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'
    return _encoded(hashlib.sha256(canonical.encode()).digest())


def _proof_key(header: dict[str, Any]) -> _ProofKey:
    """Return the key that a proof's header carries (step 2)."""
    if header.keys() != _HEADER_NAMES:
        raise InvalidProofError("its header must have typ, alg and jwk, and nothing else")
    if header["typ"] != PROOF_TYPE or header["alg"] != ALGORITHM:
        raise InvalidProofError(f"it must be of typ {PROOF_TYPE} and signed with {ALGORITHM}")
    jwk = header["jwk"]
    if not isinstance(jwk, dict) or not jwk.keys() <= _KEY_NAMES:
        raise InvalidProofError("jwk must be a public key")
    x, y = jwk.get("x"), jwk.get("y")
    if (
        (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256")
        or jwk.get("alg", ALGORITHM) != ALGORITHM
        or jwk.get("use", "sig") != "sig"
        or not isinstance(x, str)
        or not isinstance(y, str)
    ):
        raise InvalidProofError("jwk must be an EC key on P-256, for signing")
    point = _decoded(x), _decoded(y)
    if any(len(part) != _COORDINATE for part in point):
        raise InvalidProofError("jwk is not a valid public key")
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(point[0], "big"), int.from_bytes(point[1], "big"), ec.SECP256R1()
    )
    try:
        public = numbers.public_key()
    except ValueError:
        raise InvalidProofError("jwk is not a valid public key") from None
    return _ProofKey(thumbprint(_encoded(point[0]), _encoded(point[1])), public)


def _check_time(claims: dict[str, Any], now: float) -> None:
    issued = claims.get("iat")
    if not isinstance(issued, int | float) or isinstance(issued, bool):
        raise InvalidProofError("iat is missing or no number")
    if not now - MAX_AGE_S <= issued <= now + SKEW_S:
        raise InvalidProofError(f"iat must be of the last {MAX_AGE_S} seconds")


def _check_token(claims: dict[str, Any], token: str | None) -> None:
    if token is None:
        return
    stated = claims.get("ath")
    wanted = _encoded(hashlib.sha256(token.encode()).digest())
    if not isinstance(stated, str) or not secrets.compare_digest(
        stated.encode("utf-8", "replace"), wanted.encode()
    ):
        raise InvalidProofError("ath is not the hash of the access token")


def _normal(address: str) -> tuple[str, str, int | None, str] | None:
    """Return what of an address counts: RFC 9449 4.3 leaves query and fragment out of it."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if parts.username is not None or parts.password is not None:
        return None
    return scheme, parts.hostname or "", port or _HTTP_PORTS.get(scheme), parts.path or "/"


def _object(segment: str) -> dict[str, Any]:
    try:
        content = orjson.loads(_decoded(segment))
    except (orjson.JSONDecodeError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise InvalidProofError("it is not a compact JWS of JSON objects")
    return content


def _decoded(segment: str) -> bytes:
    """Return the bytes of unpadded base64url; another spelling of the same bytes is refused."""
    try:
        content = base64.b64decode(
            segment.encode("ascii") + b"=" * (-len(segment) % 4), b"-_", validate=True
        )
    except (binascii.Error, ValueError):
        raise InvalidProofError("it is not a compact JWS") from None
    if _encoded(content) != segment:
        raise InvalidProofError("it is not a compact JWS")
    return content


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
