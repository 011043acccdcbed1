"""Compact signed tokens, by an algorithm and with keys that the hub itself has chosen.

What the hub signs, and what its clients sign, is ES256; what an outside issuer signs is what the
operator wrote down for it. No algorithm, key or address of a key is taken from a token's header.

Spec: RFC 7515, RFC 7518 3.4, RFC 8725 (best current practice).
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Sequence
from typing import Any, Final

import orjson
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import ECKey, KeySet
from typing_extensions import override

ALGORITHM: Final = "ES256"
MAX_TOKEN_BYTES: Final = 4_096
_HEADER: Final = frozenset({"alg", "typ", "kid"})

Claims = dict[str, Any]
"""What a token says; every value is still to be checked."""


class InvalidTokenError(Exception):
    """A token is not to be believed; the text names the rule that it breaks, not its content."""


class _Pinned(jws.JWSRegistry):
    """Takes the algorithms it is given; EdDSA too, whose wide name most issuers still write.

    RFC 9864 gives up that name because it does not say the curve; our keys do, and it is Ed25519.
    """

    @override
    def get_alg(self, name: str) -> JWSAlgModel:
        """Return the algorithm of that name."""
        if name == "EdDSA" and self.allowed and name in self.allowed:
            return self.algorithms[name]
        return super().get_alg(name)


def sign(claims: Claims, key: ECKey, typ: str) -> str:
    """Return `claims` as a compact JWS of type `typ` that names its key."""
    header = {"alg": ALGORITHM, "kid": key.kid, "typ": typ}
    return jwt.encode(header, claims, key, algorithms=[ALGORITHM])


def peek(token: str) -> Claims:
    """Return the claims of a token that has NOT been verified: only to find whose key to try.

    Raises:
        InvalidTokenError: It is too long, or not a compact JWS with an object inside.
    """
    _check_size(token)
    try:
        claims = orjson.loads(jws.extract_compact(token.encode()).payload)
    except (JoseError, ValueError, RecursionError):
        raise InvalidTokenError("it is not a compact JWS with a JSON object inside") from None
    if not isinstance(claims, dict):
        raise InvalidTokenError("it is not a compact JWS with a JSON object inside")
    return claims


def kid_of(token: str) -> str | None:
    """Return which key a token that has NOT been verified names: only to know whether we have it.

    Raises:
        InvalidTokenError: It is too long, or not a compact JWS.
    """
    _check_size(token)
    try:
        kid = jws.extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError, RecursionError):
        raise InvalidTokenError("it is not a compact JWS") from None
    return kid if isinstance(kid, str) else None


def verify(
    token: str,
    keys: KeySet,
    types: Collection[str],
    algorithms: Sequence[str] = (ALGORITHM,),
) -> Claims:
    """Return the claims of a token that one of `keys` signed.

    1. It is at most 4 KiB and a compact JWS, in the one spelling that its bytes have.
    2. Its header has `alg`, `typ` and `kid` only: no `crit`, no key and no address of one.
    3. `alg` is one of `algorithms`: ES256, if nobody chose others.
    4. `typ` is one of `types`, in lower case, without `application/` before it.
    5. The key that `kid` names, or the only key, verifies the signature.
    6. Its payload is a JSON object.

    Raises:
        InvalidTokenError: With the rule that it breaks.
    """
    # Step 1.
    _check_size(token)
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, RecursionError):
        raise InvalidTokenError("it is not a compact JWS") from None
    if not all(_is_canonical(part) for part in token.split(".")):
        raise InvalidTokenError("it is not a compact JWS")
    # Step 2.
    if not header.keys() <= _HEADER:
        raise InvalidTokenError("its header may have alg, typ and kid only")
    # Step 3.
    if header.get("alg") not in algorithms:
        raise InvalidTokenError(f"it must be signed with {' or '.join(algorithms)}")
    # Step 4.
    typ = header.get("typ", "")
    if not isinstance(typ, str) or typ.lower().removeprefix("application/") not in types:
        raise InvalidTokenError("its typ is not the one of such a token")
    # Steps 5 and 6.
    try:
        return jwt.decode(token, keys, registry=_Pinned(algorithms=list(algorithms))).claims
    except (JoseError, ValueError, RecursionError):
        raise InvalidTokenError("no key of its issuer verifies its signature") from None


def _is_canonical(part: str) -> bool:
    """Whether no other text has the same bytes: the last letter's spare bits are zero."""
    try:
        content = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        return False
    return urlsafe_b64encode(content).rstrip(b"=").decode() == part


def _check_size(token: str) -> None:
    if len(token) > MAX_TOKEN_BYTES:
        raise InvalidTokenError(f"it is longer than {MAX_TOKEN_BYTES} bytes")
