"""Who signs in: a client proves itself with a short-lived assertion that works once.

Spec: RFC 7523 section 3 and RFC 7521 section 5.2 (private_key_jwt).
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from hub.clock import Clock
from hub.errors import StoreUnavailableError
from hub.http.clients import Client
from hub.http.jose import Claims, InvalidTokenError, kid_of, peek, verify
from hub.http.looking import LIMIT_S
from hub.http.problems import OAuthError
from hub.http.registry import Registry, Unchanging
from hub.http.reuse import Reuse, Unnoted
from hub.sealing.tags import Tagger
from hub.store.database import Database

SKEW_S: Final = 30
"""How far a department's clock may be from ours."""
MAX_AHEAD_S: Final = 300
"""How far ahead an assertion may expire: so long must its id be remembered."""
_MAX_JTI: Final = 255
_TYPES: Final = frozenset({"jwt", "client-authentication+jwt"})
_USE: Final = """
    INSERT INTO assertion_seen (jti_tag, expires_at, tag_version)
    SELECT tag, $2, $3 FROM unnest($1::bytea[]) AS tag
    ON CONFLICT (jti_tag) DO NOTHING
"""
_FORGET: Final = "DELETE FROM assertion_seen WHERE expires_at < $1"


class OnceOnly(Protocol):
    """Remembers which assertions were used, across restarts and processes."""

    async def use(self, client_id: str, jti: str, expires_at: datetime) -> bool:
        """Return whether this is the first use; it is durable on return.

        Raises:
            StoreUnavailableError: Nobody knows; refuse.
        """


class StoredOnce:
    """`OnceOnly` in the table `assertion_seen`, which has tags of ids, not the ids.

    While the tag key changes an id has a tag under each version, and none may be there yet.
    """

    def __init__(
        self, database: Database, tagger: Tagger, clock: Clock, limit_s: float = LIMIT_S
    ) -> None:
        """Remember in `database` under tags of `tagger`, within `limit_s`."""
        self._database = database
        self._tagger = tagger
        self._clock = clock
        self._limit_s = limit_s

    async def use(self, client_id: str, jti: str, expires_at: datetime) -> bool:
        """Return whether this is the first use. Two statements: what has expired is forgotten.

        Raises:
            StoreUnavailableError: As the protocol has it; also where the database hangs.
        """
        try:
            async with asyncio.timeout(self._limit_s):
                return await self._use(client_id, jti, expires_at)
        except TimeoutError as problem:
            raise StoreUnavailableError("The database did not answer.") from problem

    async def _use(self, client_id: str, jti: str, expires_at: datetime) -> bool:
        async with self._database.transaction() as connection:
            await connection.execute(_FORGET, self._clock())
            tags = self._tagger.onces(client_id, jti)
            done = await connection.execute(_USE, tags, expires_at, self._tagger.newest())
            return bool(done == f"INSERT 0 {len(tags)}")


@dataclass(frozen=True, slots=True)
class AssertionCheck:
    """Decides whether an assertion proves a client."""

    clients: Mapping[str, Client]
    audiences: tuple[str, ...]
    """How an assertion may name us: the issuer, or its token endpoint."""
    once: OnceOnly
    clock: Callable[[], datetime]
    registry: Registry = field(default_factory=Unchanging)
    """What keeps `clients` up to date."""
    reuse: Reuse = field(default_factory=Unnoted)
    """Who hears of an assertion that is sent again."""

    async def client(self, assertion: str, client_id: str | None) -> Client:
        """Return the client that `assertion` proves, and use the assertion up.

        1. It is a compact JWS of at most 4 KiB, and `sub` names a client of the registry.
        2. A key that is registered for the client, and good now, signed it with ES256; `typ` is
           that of a JWT. An assertion that names no key may be of any of them.
        3. `iss` and `sub` are the client, and so is the parameter `client_id`, if it was sent.
        4. `aud` is this issuer or its token endpoint, and nobody else besides.
        5. `exp` has not passed, and is at most 5 minutes ahead.
        6. `iat` is there; it and `nbf`, if it is there, are not in the future (30 s of skew).
        7. `jti` was never used by this client; the look-up is last, so that only an assertion
           that is right otherwise is used up.

        Raises:
            OAuthError: invalid_client, with the rule that was broken.
            StoreUnavailableError: (1) or (7) cannot be decided; nobody signs in.
        """
        await self.registry.fresh()
        try:
            client, claims = self._identified(assertion, client_id)
        except InvalidTokenError as refused:
            raise _refusal(str(refused)) from None
        # Step 7.
        expires_at = datetime.fromtimestamp(claims["exp"], UTC) + timedelta(seconds=2 * SKEW_S)
        if not await self.once.use(client.id, claims["jti"], expires_at):
            await self.reuse.seen(client.department, client.id, "assertion")
            raise _refusal("it was used before; make a new one for each token request")
        return client

    def _identified(self, assertion: str, client_id: str | None) -> tuple[Client, Claims]:
        # Step 1.
        named = peek(assertion).get("sub")
        client = self.clients.get(named) if isinstance(named, str) else None
        if client is None:
            # The words of step 2: who is registered is not told.
            raise InvalidTokenError("no key of its issuer verifies its signature")
        # Step 2.
        now = self.clock()
        claims = _signed(assertion, client.keys_at(now))
        # Steps 3 to 6.
        if client_id not in (None, client.id):
            raise InvalidTokenError("it is not of the client in client_id")
        self._check_claims(claims, client, now)
        return client, claims

    def _check_claims(self, claims: Claims, client: Client, now: datetime) -> None:
        registry = JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=SKEW_S,
            iss={"essential": True, "value": client.id},
            sub={"essential": True, "value": client.id},
            aud={"essential": True, "values": list(self.audiences)},
            exp={"essential": True},
            iat={"essential": True},
            jti={"essential": True},
        )
        try:
            registry.validate(claims)
        except JoseError as problem:
            raise InvalidTokenError(_in_our_words(problem)) from None
        if isinstance(claims["aud"], list) and len(claims["aud"]) != 1:
            raise InvalidTokenError("aud must name this server and nobody else")
        if claims["exp"] > now.timestamp() + MAX_AHEAD_S + SKEW_S:
            raise InvalidTokenError(f"exp may be at most {MAX_AHEAD_S} seconds ahead")
        if len(claims["jti"]) > _MAX_JTI:
            raise InvalidTokenError(f"jti may have at most {_MAX_JTI} characters")


def _signed(assertion: str, keys: KeySet) -> Claims:
    """Return what an assertion says that one of `keys` signed, of whichever name.

    Raises:
        InvalidTokenError: None did, or another rule of `verify` is broken.
    """
    if kid_of(assertion) is not None or len(keys.keys) <= 1:
        return verify(assertion, keys, _TYPES)
    for key in keys.keys[:-1]:
        with suppress(InvalidTokenError):
            return verify(assertion, KeySet([key]), _TYPES)
    return verify(assertion, KeySet(keys.keys[-1:]), _TYPES)


def _in_our_words(problem: JoseError) -> str:
    """Return which claim is wrong; the library's own text may repeat its value."""
    claim = getattr(problem, "claim", None)
    if problem.error == "expired_token":
        return "it has expired"
    known = {"iss", "sub", "aud", "exp", "iat", "nbf", "jti"}
    if claim in known:
        return f"{claim} is missing, wrong or out of time"
    return "a claim is wrong"


def _refusal(reason: str) -> OAuthError:
    return OAuthError("invalid_client", f"The client assertion is refused: {reason}.", 401)
