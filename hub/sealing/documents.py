"""Opens documents that the hub signed: a policy and its agreements, as an auditor keeps them.

Spec: RFC 7515 (JWS), RFC 7517 (JWK Set), RFC 8725 3.11 (explicit typing).
"""

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet


class _Large(jws.JWSRegistry):
    """Opens documents of up to 16 MiB: a policy of a large city is about one."""

    max_payload_length = 16 * 1024 * 1024


class ForgedError(Exception):
    """A signed document is not what it should be; the message says how, without quoting it."""


def opened_document(text: str, jwks: object, typ: str) -> bytes:
    """Return what a signed document says.

    1. `jwks` is a JWK Set (RFC 7517).
    2. The document is a compact JWS whose header says ES256 and `typ`, and nothing critical.
    3. The key that its `kid` names is in the set, and it signed the document.

    Raises:
        ForgedError: One of them does not hold.
    """
    try:
        keys = KeySet.import_key_set(jwks)  # type: ignore[arg-type]  # what is none is refused
    except (JoseError, KeyError, TypeError, ValueError, AttributeError):
        raise ForgedError("the keys are no JWK Set") from None
    registry = _Large(None, ["ES256"])
    try:
        header = jws.extract_compact(text.strip().encode(), None, registry).headers()
        if header.get("typ") != typ or "crit" in header:
            raise ForgedError(f"its type is not {typ}")
        if not any(key.kid == header.get("kid") for key in keys):
            raise ForgedError("none of the keys is the one that it names")
        return jws.deserialize_compact(text.strip(), keys, registry=registry).payload
    except (JoseError, ValueError, KeyError, TypeError):
        raise ForgedError("no such key signed it, or it was altered") from None
