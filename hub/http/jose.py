"""Compact signed tokens: ES256 and nothing else, with keys that the hub itself has chosen.

No algorithm, key or address of a key is ever taken from a token's header.

Spec: RFC 7515, RFC 7518 3.4, RFC 8725 (best current practice).
"""

from collections.abc import Collection
from typing import Any, Final

import orjson
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

ALGORITHM: Final = "ES256"
MAX_TOKEN_BYTES: Final = 4_096
_HEADER: Final = frozenset({"alg", "typ", "kid"})

Claims = dict[str, Any]
"""What a token says; every value is still to be checked."""


class InvalidTokenError(Exception):
    """A token is not to be believed; the text names the rule that it breaks, not its content."""


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


def verify(token: str, keys: KeySet, types: Collection[str]) -> Claims:
    """Return the claims of a token that one of `keys` signed.

    1. It is at most 4 KiB and a compact JWS.
    2. Its header has `alg`, `typ` and `kid` only: no `crit`, no key and no address of one.
    3. `alg` is ES256.
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
    # Step 2.
    if not header.keys() <= _HEADER:
        raise InvalidTokenError("its header may have alg, typ and kid only")
    # Step 3.
    if header.get("alg") != ALGORITHM:
        raise InvalidTokenError(f"it must be signed with {ALGORITHM}")
    # Step 4.
    typ = header.get("typ", "")
    if not isinstance(typ, str) or typ.lower().removeprefix("application/") not in types:
        raise InvalidTokenError("its typ is not the one of such a token")
    # Steps 5 and 6.
    try:
        return jwt.decode(token, keys, algorithms=[ALGORITHM]).claims
    except (JoseError, ValueError, RecursionError):
        raise InvalidTokenError("no key of its issuer verifies its signature") from None


def _check_size(token: str) -> None:
    if len(token) > MAX_TOKEN_BYTES:
        raise InvalidTokenError(f"it is longer than {MAX_TOKEN_BYTES} bytes")
