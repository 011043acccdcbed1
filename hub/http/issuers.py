"""Whose tokens are taken beside the hub's own: issuers that an operator wrote down, each pinned.

One `[[issuer]]` of the file is one issuer: its `issuer` and the `audience` it writes for us, the
`algorithms` it may use, its keys (`jwks_file` beside the file, or `jwks_url`), and in `clients` how
its name for a system becomes a registered client. So it speaks for those clients and for no other,
and only for what they are registered for. Claims that it calls otherwise are named by
`client_claim`, `department_claim`, `role_claim` and `purpose_claim`.

Spec: RFC 9068 4, RFC 8725.
"""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from authlib.oauth2.rfc9068.claims import (  # type: ignore[import-untyped]  # Authlib ships no types
    JWTAccessTokenClaimsValidator,
)
from joserfc.errors import ExpiredTokenError, JoseError

from hub.access import Caller, Purpose
from hub.errors import SetupError
from hub.http.clients import Client
from hub.http.details import Details, stated_details
from hub.http.issuer_keys import IssuerKeys, KeySources
from hub.http.jose import Claims, InvalidTokenError, kid_of, peek, verify
from hub.http.registry import Renamed
from hub.http.tokens import TOKEN_TYPE, TokenIssuer, VerifiedToken, stated_binding

SKEW_S: Final = 30
"""How far an issuer's clock may be ahead of ours."""
MAX_LIFETIME_S: Final = 3_600
"""A token that lives longer is refused: so long it would be good after its client was struck off
the issuer's list."""

Algorithm = Literal["ES256", "RS256", "PS256", "EdDSA", "Ed25519"]
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
_Name = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{1,62}$")]


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: _Name
    issuer: _Text
    audience: _Text
    algorithms: Annotated[list[Algorithm], msgspec.Meta(min_length=1)]
    clients: Annotated[dict[_Text, str], msgspec.Meta(min_length=1)]
    jwks_file: str | None = None
    jwks_url: str | None = None
    client_claim: _Text = "client_id"
    department_claim: _Text | None = None
    role_claim: _Text | None = None
    purpose_claim: _Text | None = None


@dataclass(frozen=True, slots=True)
class OutsideIssuer:
    """An issuer that the hub trusts for some of its clients."""

    entry: _Entry
    clients: Mapping[str, Client]
    """By the name that this issuer has for each."""
    keys: IssuerKeys

    async def verified(self, token: str, now: datetime) -> VerifiedToken:
        """Return what `token` says, once it is proven to be this issuer's, for us, and alive.

        1. It is a compact JWS as ours are, of typ at+jwt; its algorithm is one that the operator
           chose, and a key of this issuer signed it.
        2. `iss` is this issuer, and `aud` is, or names, the audience written down for us.
        3. `exp` is ahead, and at most an hour after `iat`; `iat` and `nbf` are not (30 s of skew).
        4. The claim that names the client names one for which this issuer speaks; `sub`,
           `client_id` and `jti` are texts. Department and role, if it states them, are that
           client's.
        5. The purpose is that of `authorization_details`, or of the claim chosen for it.
        6. `cnf`, if it is there, names one key or one certificate.

        Raises:
            InvalidTokenError: With the rule that it breaks.
            KeysUnavailableError: (1) cannot be decided.
        """
        # Step 1.
        keys = await self.keys.for_kid(kid_of(token))
        claims = verify(token, keys, {TOKEN_TYPE}, self.entry.algorithms)
        # Steps 2 and 3.
        self._check_claims(claims, int(now.timestamp()))
        # Step 4.
        client = self._client(claims)
        # Step 5.
        details = self._details(claims)
        caller = Caller(
            department=client.department,
            role=client.role,
            purpose=details.purpose,
            client_id=client.id,
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
            self.entry.issuer,
            self.entry.audience,
            int(claims["iat"]),
            binding,
        )

    def _check_claims(self, claims: Claims, now: int) -> None:
        registry = JWTAccessTokenClaimsValidator(
            now=now,
            leeway=SKEW_S,
            iss={"essential": True, "value": self.entry.issuer},
            aud={"essential": True, "value": self.entry.audience},
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
        if claims["exp"] <= now:  # the skew is for clocks that are ahead
            raise InvalidTokenError("it has expired")
        if claims["exp"] - claims["iat"] > MAX_LIFETIME_S:
            raise InvalidTokenError(f"it lives longer than {MAX_LIFETIME_S} seconds")

    def _client(self, claims: Claims) -> Client:
        if not all(isinstance(claims[name], str) for name in ("sub", "client_id", "jti")):
            raise InvalidTokenError("sub, client_id and jti must be texts")
        named = claims.get(self.entry.client_claim)
        client = self.clients.get(named) if isinstance(named, str) else None
        if client is None:
            raise InvalidTokenError("it names no client for which its issuer may speak")
        for claim, own in (
            (self.entry.department_claim, client.department),
            (self.entry.role_claim, client.role),
        ):
            if claim is not None and claims.get(claim) != own:
                raise InvalidTokenError(f"its {claim} is not what its client is registered for")
        return client

    def _details(self, claims: Claims) -> Details:
        if self.entry.purpose_claim is None:
            details = stated_details(claims.get("authorization_details"))
            if details is None:
                raise InvalidTokenError("its authorization_details are not one hub_query")
            return details
        purpose = claims.get(self.entry.purpose_claim)
        if not isinstance(purpose, str) or purpose not in set(Purpose):
            raise InvalidTokenError(f"its {self.entry.purpose_claim} is no purpose")
        if "authorization_details" in claims:
            raise InvalidTokenError("it states its purpose twice")
        return Details(Purpose(purpose))


@dataclass(frozen=True, slots=True)
class Issuers:
    """The hub's own issuer and the others, by the `iss` of their tokens."""

    own: TokenIssuer
    others: Mapping[str, OutsideIssuer]

    async def verified(self, token: str, now: datetime) -> VerifiedToken:
        """Return what `token` says, checked by the rules of whoever it says has issued it.

        Raises:
            InvalidTokenError: With the rule that it breaks.
            KeysUnavailableError: The keys of its issuer are not to be had.
        """
        if self.others:
            named = peek(token).get("iss")
            other = self.others.get(named) if isinstance(named, str) else None
            if other is not None:
                return await other.verified(token, now)
        return self.own.verified(token, now)


def load_issuers(
    text: str,
    sources: KeySources,
    clients: Mapping[str, Client],
    own: str,
    known: Collection[str] | None = None,
) -> Mapping[str, OutsideIssuer]:
    """Return the issuers of a file by their `iss`; `own` is the hub's.

    `clients` is looked into for each token. `known` are the ids that the file may name, also of
    those that may not sign in now; None: those of `clients`.

    Raises:
        SetupError: The issuer and the field that is wrong, never a value.
    """
    try:
        tables = tomllib.loads(text).get("issuer", [])
    except tomllib.TOMLDecodeError as problem:
        raise SetupError(f"The file of issuers is no TOML: {problem}.") from None
    if not isinstance(tables, list):
        raise SetupError("The file of issuers has no [[issuer]] tables, but something else.")
    found: dict[str, OutsideIssuer] = {}
    for number, table in enumerate(tables, 1):
        try:
            entry = msgspec.convert(table, _Entry)
        except msgspec.ValidationError as problem:
            raise SetupError(f"Issuer {number} of the file is wrong: {problem}.") from None
        place = f"Issuer {entry.id}"
        if entry.issuer == own or entry.issuer in found:
            raise SetupError(f"{place}: its issuer is the hub itself, or stands in the file twice.")
        keys = sources.keys(place, entry.id, entry.algorithms, entry.jwks_file, entry.jwks_url)
        _check_clients(place, entry, clients.keys() if known is None else known)
        found[entry.issuer] = OutsideIssuer(entry, Renamed(entry.clients, clients), keys)
    return found


def read_issuers(
    path: Path, clients: Mapping[str, Client], own: str, known: Collection[str] | None = None
) -> Mapping[str, OutsideIssuer]:
    """Return the issuers of the file at `path`; none, if there is no file.

    Raises:
        SetupError: It, or a file that it names, cannot be read or is wrong.
    """
    try:
        text = path.read_text("utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError):
        raise SetupError(f"The file of issuers {path} cannot be read.") from None
    return load_issuers(text, KeySources(path.parent), clients, own, known)


def _check_clients(place: str, entry: _Entry, known: Collection[str]) -> None:
    strange = sorted(set(entry.clients.values()).difference(known))
    if strange:
        raise SetupError(f"{place}: clients has {', '.join(strange)}, which is not registered.")
