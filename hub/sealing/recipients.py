"""Public keys that answers are encrypted to: which ones are taken, and what is made under them.

One key agreement an answer: a content key goes to the receiver as a compact JWE (ECDH-ES+A256KW,
A256GCM), and each value is a compact JWE of its own under that content key (`dir`, A256GCM), or the
whole answer is one JWE under the receiver's key. The algorithms are these, whatever a key says.

Spec: RFC 7516, RFC 7518 4.5, 4.6 and 5.3, RFC 8037 3.2; docs/receiving.md has the bytes.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Final

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey
from joserfc.registry import HeaderParameter

from hub.errors import SetupError

AGREEMENT: Final = "ECDH-ES+A256KW"
DIRECT: Final = "ECDH-ES"
CONTENT: Final = "A256GCM"
RESPONSE_ID: Final = "rid"
"""The header that names the answer a value belongs to."""
PATH: Final = "path"
"""The header that says where in the answer a value stands, as a JSON pointer (RFC 6901)."""
PART: Final = "part"
"""The header that counts the parts of an export, from 0."""
_CURVES: Final = {("EC", "P-256"): ("x", "y"), ("OKP", "X25519"): ("x",)}
_SECRET: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_BYTES: Final = 32
_HEADERS: Final = jwe.JWERegistry(
    {
        RESPONSE_ID: HeaderParameter("Response id", "str"),
        PART: HeaderParameter("Part of an export", "int"),
    },
    algorithms=[AGREEMENT, CONTENT],
)


def encryption_parts(place: str, jwk: Mapping[str, object]) -> dict[str, str]:
    """Return what is kept of a public encryption key: kty, crv, x, y, kid; nothing else counts.

    A key without a `kid` is named by its thumbprint (RFC 7638).

    Raises:
        SetupError: It is private, for something else, of another curve, or no point of the curve;
            `place` says where it stands. Nothing of the key is repeated.
    """
    where = place[:1].upper() + place[1:]
    if not _SECRET.isdisjoint(jwk):
        raise SetupError(
            f"{where} holds a private or secret key. Make a new key pair, keep its private half, "
            "and hand over the public half only."
        )
    coordinates = _CURVES.get((str(jwk.get("kty")), str(jwk.get("crv"))))
    if coordinates is None:
        raise SetupError(f"{where} must be an EC key on P-256 or an OKP key on X25519.")
    if jwk.get("use") != "enc":
        raise SetupError(f'{where} must say that it is for encryption: "use": "enc".')
    if jwk.get("alg", AGREEMENT) != AGREEMENT:
        raise SetupError(f"{where} must be for {AGREEMENT}, or name no alg.")
    if not all(_is_coordinate(jwk.get(name)) for name in coordinates):
        raise SetupError(f"{where}: x and y must be 32 bytes each in base64url, without padding.")
    wanted = {name: str(jwk[name]) for name in ("kty", "crv", *coordinates)}
    try:
        key = _imported(wanted)
        _check_point(key)
    except (JoseError, ValueError, UnsupportedAlgorithm):
        raise SetupError(f"{where} is no point of its curve that can be agreed with.") from None
    kid = jwk.get("kid", key.thumbprint())
    if not isinstance(kid, str):
        raise SetupError(f"{where}: kid must be a text.")
    return wanted | {"kid": kid}


def thumbprint_of(jwk: Mapping[str, str]) -> str:
    """Return the thumbprint (RFC 7638) of what `encryption_parts` has let pass."""
    return _imported(dict(jwk)).thumbprint()


class JoseRecipient:
    """One registered key that answers are encrypted to; kept as long as its registration is."""

    def __init__(self, jwk: Mapping[str, str]) -> None:
        """Take what `encryption_parts` has let pass.

        Raises:
            SetupError: It has not.
        """
        self.kid = jwk["kid"]
        try:
            self._key = _imported(dict(jwk))
        except (JoseError, ValueError):
            raise SetupError("A stored encryption key cannot be read.") from None

    def fields(self, response_id: str) -> tuple[Mapping[str, str], Callable[[str, bytes], str]]:
        """Return a new content key as the receiver is told it, and what seals a value at a path."""
        secret, kid = os.urandom(_BYTES), response_id
        content_key = {"kty": "oct", "k": _b64(secret), "kid": kid, "use": "enc"}
        told = {
            "form": "fields",
            "recipient": self.kid,
            "kid": kid,
            "response": response_id,
            "key": self._encrypted(
                orjson.dumps(content_key),
                {"typ": "hub-content-key+jwe", "cty": "jwk+json", RESPONSE_ID: response_id},
            ),
        }
        return told, value_sealer(secret, kid, response_id)

    def text(self, text: bytes) -> str:
        """Return a text of a message as a compact JWE with a key agreement of its own.

        ECDH-ES and A256GCM, as the contracts of messages have it.
        """
        header = {"alg": DIRECT, "enc": CONTENT, "kid": self.kid}
        return jwe.encrypt_compact(header, text, self._key, algorithms=[DIRECT, CONTENT])

    def message(self, signed: str) -> str:
        """Return a signed message (a compact JWS) as a compact JWE."""
        return self._encrypted(signed.encode(), {"typ": "hub-message+jwe", "cty": "jose"})

    def whole(
        self, content: bytes, response_id: str, content_type: str, part: int | None = None
    ) -> bytes:
        """Return a whole answer, or a part of an export, as one compact JWE."""
        header: dict[str, object] = {
            "typ": "hub-answer+jwe",
            "cty": content_type,
            RESPONSE_ID: response_id,
        }
        if part is not None:
            header[PART] = part
        return self._encrypted(content, header).encode()

    def _encrypted(self, text: bytes, more: Mapping[str, object]) -> str:
        header = {"alg": AGREEMENT, "enc": CONTENT, "kid": self.kid, **more}
        return jwe.encrypt_compact(header, text, self._key, registry=_HEADERS)


def value_sealer(secret: bytes, kid: str, response_id: str) -> Callable[[str, bytes], str]:
    """Return what makes a value at a path a compact JWE under a content key of this answer alone.

    The key is new for each answer, so its nonces can be counted (NIST SP 800-38D 8.2.1). A path is
    made of response keys, which are GraphQL names, and numbers: JSON needs no escape for it.
    """
    encrypt, to_text = AESGCM(secret).encrypt, urlsafe_b64encode
    head = orjson.dumps({"alg": "dir", "enc": CONTENT, "kid": kid, RESPONSE_ID: response_id})
    # The part that is the same in all of them, filled up so that its base64 can be joined to.
    start = head[:-1] + b',"path":'
    start += b" " * (-len(start) % 3)
    prefix = to_text(start)
    count = 0

    def seal(path: str, value: bytes) -> str:
        nonlocal count
        count += 1
        nonce = count.to_bytes(12, "big")
        header = prefix + to_text(b'"%b"}' % path.encode()).rstrip(b"=")
        sealed = encrypt(nonce, value, header)
        parts = (header, b"", to_text(nonce), to_text(sealed[:-16]), to_text(sealed[-16:]))
        return b".".join(parts).replace(b"=", b"").decode()

    return seal


def _imported(jwk: dict[str, str]) -> ECKey | OKPKey:
    names = ("kty", "crv", "x", "y", "kid")
    public: dict[str, str | list[str]] = {str(name): jwk[name] for name in names if name in jwk}
    return ECKey.import_key(public) if jwk["kty"] == "EC" else OKPKey.import_key(public)


def _check_point(key: ECKey | OKPKey) -> None:
    """Agree once with a key of our own: a point of low order agrees on nothing.

    Raises:
        ValueError: It cannot be agreed with.
    """
    point = key.public_key
    if isinstance(point, ec.EllipticCurvePublicKey):
        ec.generate_private_key(point.curve).exchange(ec.ECDH(), point)
    else:
        assert isinstance(point, X25519PublicKey)  # noqa: S101 - the other of the two curves
        X25519PrivateKey.generate().exchange(point)


def _is_coordinate(text: object) -> bool:
    """Whether it is 32 bytes in the one base64url spelling that they have."""
    if not isinstance(text, str):
        return False
    try:
        content = urlsafe_b64decode(text + "=")
    except ValueError:
        return False
    return len(content) == _BYTES and _b64(content) == text


def _b64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
