"""Access tokens that the hub issues: who is asking, in which role, for which one purpose.

Spec: RFC 9068 (JWT access tokens), RFC 9396 (authorization_details), RFC 7800 (cnf).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from authlib.oauth2.rfc9068.claims import (  # type: ignore[import-untyped]  # Authlib ships no types
    JWTAccessTokenClaimsValidator,
)
from joserfc.errors import ExpiredTokenError, JoseError

from hub.access import Caller, Purpose, is_opaque
from hub.http.clients import Client
from hub.http.details import Details, stated_details
from hub.http.jose import Claims, InvalidTokenError, sign, verify
from hub.sealing.signing import SigningKeys

LIFETIME_S: Final = 600
TOKEN_TYPE: Final = "at+jwt"  # noqa: S105 - a media type


PERSON: Final = "person:"
"""How the opaque id of somebody who signed in begins; no client's id does."""


@dataclass(frozen=True, slots=True)
class Binding:
    """What a token is bound to: the thumbprint of a key (RFC 9449) or a certificate (RFC 8705)."""

    jkt: str | None = None
    x5t: str | None = None

    def told(self) -> dict[str, str]:
        """Return the claim `cnf`."""
        named = {"jkt": self.jkt, "x5t#S256": self.x5t}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A token that was checked: who asks, as far as the token says, and until when."""

    caller: Caller
    expires_at: float
    """Seconds since the epoch."""
    jti: str
    details: Details
    issuer: str
    audience: str
    issued_at: int
    binding: Binding | None = None
    """What the caller must prove beside the token; None: whoever has it may use it."""


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """Issues and verifies tokens of one hub."""

    issuer: str
    resource: str
    """The audience: what the token is good for."""
    signing: SigningKeys
    """What signs, and what verifies: also the key that signs next, and those whose tokens live."""

    def issue(
        self,
        client: Client,
        asked: Purpose | Details,
        now: datetime,
        jti: str,
        binding: Binding | None = None,
        *,
        actor: str | None = None,
        lifetime_s: int = LIFETIME_S,
    ) -> str:
        """Return a token for `client`, bound if `binding` says so.

        `actor` is the person whose session it is for: whoever has it cannot name another one.
        """
        details = asked if isinstance(asked, Details) else Details(asked)
        issued = int(now.timestamp())
        claims: Claims = {
            "iss": self.issuer,
            "sub": actor or client.id,
            "aud": self.resource,
            "client_id": client.id,
            "iat": issued,
            "exp": issued + lifetime_s,
            "jti": jti,
            "department": client.department,
            "role": client.role,
            "authorization_details": details.told(),
        }
        if binding is not None:
            claims["cnf"] = binding.told()
        return sign(claims, self.signing.at(now).key, TOKEN_TYPE)

    def verified(self, token: str, now: datetime) -> VerifiedToken:
        """Return what `token` says, once it is proven to be ours and to be alive.

        1. It is a compact JWS of at most 4 KiB; alg ES256, typ at+jwt, a key of ours signed it.
        2. `iss` is this hub, and `aud` is, or names, this resource.
        3. `exp` is ahead; `iat` is not. No skew: the clock that issued it is our own.
        4. `sub` and `client_id` are one client, or `sub` is a person who signed in; `department`,
           `role` and `jti` are texts.
        5. `authorization_details` is one hub_query with a purpose that the hub knows.
        6. `cnf`, if it is there, names one key or one certificate.

        Raises:
            InvalidTokenError: With the rule that it breaks.
        """
        # Step 1.
        claims = verify(token, self.signing.at(now).keys, {TOKEN_TYPE})
        # Steps 2 and 3.
        self._check_claims(claims, int(now.timestamp()))
        # Step 4.
        texts = [claims.get(name) for name in ("client_id", "department", "role", "jti")]
        actor = _actor(claims["sub"]) if claims["sub"] != claims["client_id"] else None
        if not all(isinstance(text, str) for text in texts):
            raise InvalidTokenError("it does not name one client, its department and its role")
        # Step 5.
        details = stated_details(claims.get("authorization_details"))
        if details is None:
            raise InvalidTokenError("its authorization_details are not one hub_query")
        caller = Caller(
            department=claims["department"],
            role=claims["role"],
            purpose=details.purpose,
            client_id=claims["client_id"],
            actor=actor,
            area=details.regions,
            datasets=details.datasets,
        )
        # Step 6.
        binding = stated_binding(claims["cnf"]) if "cnf" in claims else None
        return VerifiedToken(
            caller,
            float(claims["exp"]),
            claims["jti"],
            details,
            self.issuer,
            self.resource,
            int(claims["iat"]),
            binding,
        )

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


def _actor(subject: object) -> str:
    """Return the person that `sub` names.

    Raises:
        InvalidTokenError: It is no person of a session.
    """
    if isinstance(subject, str) and subject.startswith(PERSON) and is_opaque(subject):
        return subject
    raise InvalidTokenError("it does not name one client, its department and its role")


def stated_binding(stated: object) -> Binding:
    """Return what a token's `cnf` names; what nobody here can check is never taken for nothing.

    Raises:
        InvalidTokenError: It names neither a key nor a certificate, or more than that.
    """
    match stated:
        case {"jkt": str(jkt), **others} if not others:
            return Binding(jkt=jkt)
        case {"x5t#S256": str(x5t), **others} if not others:
            return Binding(x5t=x5t)
        case _:
            raise InvalidTokenError("its cnf is neither one key nor one certificate")
