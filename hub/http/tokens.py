"""Access tokens that the hub issues: who is asking, in which role, for which one purpose.

Spec: RFC 9068 (JWT access tokens), RFC 9396 (authorization_details).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from authlib.oauth2.rfc9068.claims import (  # type: ignore[import-untyped]  # Authlib ships no types
    JWTAccessTokenClaimsValidator,
)
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import ECKey, KeySet

from hub.access import Caller, Purpose
from hub.http.clients import Client
from hub.http.jose import Claims, InvalidTokenError, sign, verify

LIFETIME_S: Final = 600
DETAIL_TYPE: Final = "hub_query"
TOKEN_TYPE: Final = "at+jwt"  # noqa: S105 - a media type


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A token that was checked: who asks, as far as the token says, and until when."""

    caller: Caller
    expires_at: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """Issues and verifies tokens of one hub."""

    issuer: str
    resource: str
    """The audience: what the token is good for."""
    key: ECKey
    keys: KeySet
    """What verifies: the key itself, and older ones whose tokens still live."""

    def issue(self, client: Client, purpose: Purpose, now: datetime, jti: str) -> str:
        """Return a token for `client` that lives ten minutes."""
        issued = int(now.timestamp())
        claims: Claims = {
            "iss": self.issuer,
            "sub": client.id,
            "aud": self.resource,
            "client_id": client.id,
            "iat": issued,
            "exp": issued + LIFETIME_S,
            "jti": jti,
            "department": client.department,
            "role": client.role,
            "authorization_details": details(purpose),
        }
        return sign(claims, self.key, TOKEN_TYPE)

    def verified(self, token: str, now: datetime) -> VerifiedToken:
        """Return what `token` says, once it is proven to be ours and to be alive.

        1. It is a compact JWS of at most 4 KiB; alg ES256, typ at+jwt, a key of ours signed it.
        2. `iss` is this hub, and `aud` is, or names, this resource.
        3. `exp` is ahead; `iat` is not. No skew: the clock that issued it is our own.
        4. `sub` and `client_id` are one client, and `department`, `role` and `jti` are texts.
        5. `authorization_details` is one hub_query with a purpose that the hub knows.

        Raises:
            InvalidTokenError: With the rule that it breaks.
        """
        # Step 1.
        claims = verify(token, self.keys, {TOKEN_TYPE})
        # Steps 2 and 3.
        self._check_claims(claims, int(now.timestamp()))
        # Step 4.
        texts = [claims.get(name) for name in ("client_id", "department", "role", "jti")]
        if claims["sub"] != claims["client_id"] or not all(isinstance(text, str) for text in texts):
            raise InvalidTokenError("it does not name one client, its department and its role")
        # Step 5.
        purpose = stated_purpose(claims.get("authorization_details"))
        if purpose is None:
            raise InvalidTokenError("its authorization_details are not one hub_query")
        caller = Caller(
            department=claims["department"],
            role=claims["role"],
            purpose=purpose,
            client_id=claims["client_id"],
        )
        return VerifiedToken(caller, float(claims["exp"]))

    def _check_claims(self, claims: Claims, now: int) -> None:
        registry = JWTAccessTokenClaimsValidator(
            now=now,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.resource},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            client_id={"essential": True},
            jti={"essential": True},
        )
        try:
            registry.validate(claims)
        except ExpiredTokenError:
            raise InvalidTokenError("it has expired") from None
        except JoseError:
            raise InvalidTokenError("it is not for this hub, or a claim is missing") from None


def details(purpose: Purpose) -> list[dict[str, str]]:
    """Return the authorization_details of a token for `purpose`."""
    return [{"type": DETAIL_TYPE, "purpose": purpose}]


def stated_purpose(stated: object) -> Purpose | None:
    """Return the one purpose that authorization_details state, or None if they do not."""
    match stated:
        case [{"type": "hub_query", "purpose": str(purpose), **others}] if (
            not others and purpose in set(Purpose)
        ):
            return Purpose(purpose)
        case _:
            return None
