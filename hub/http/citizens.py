"""A portal asserts which citizen asks: a JWT of its own key, short-lived, that works once.

It stands in the body of a request, never in an address or a header, and is never logged. `typ` is
`citizen+jwt`, so that it cannot be mistaken for the assertion by which the portal signs in.

Spec: RFC 7519, RFC 8725; the rules of RFC 7523 section 3 where they fit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry

from hub.access import Caller
from hub.clock import Clock
from hub.http.assertions import SKEW_S, OnceOnly
from hub.http.clients import Client
from hub.http.jose import InvalidTokenError, verify
from hub.http.registry import Registry, Unchanging
from hub.http.reuse import Reuse, Unnoted
from hub.query.citizens import CitizenNotAssertedError

TYPE: Final = "citizen+jwt"
MAX_AHEAD_S: Final = 120
"""How far ahead an assertion may expire."""
_MAX_JTI: Final = 255
_USE: Final = "citizen"


@dataclass(frozen=True, slots=True)
class CitizenAssertions:
    """Decides whether a portal's word on a citizen is good."""

    clients: Mapping[str, Client]
    audience: str
    """How an assertion names us: by the name of the log, which every receipt has too."""
    once: OnceOnly
    clock: Clock
    registry: Registry = field(default_factory=Unchanging)
    reuse: Reuse = field(default_factory=Unnoted)

    async def number(self, assertion: str, caller: Caller) -> str:
        """Return the number of the citizen, and use the assertion up.

        1. The client that asks is registered, and a key of its that is good now signed the
           assertion, with ES256, as a `citizen+jwt`.
        2. `iss` is that client; `aud` is this hub's log and nothing besides; `iat` and `exp` are
           there and in time, `exp` at most 2 minutes ahead; `sub` and `jti` are texts.
        3. Nobody used its `jti` before; this is last, so that only a good one is used up.

        Raises:
            CitizenNotAssertedError: The rule that was broken, never who is named.
            StoreUnavailableError: (1) or (3) cannot be decided.
        """
        await self.registry.fresh()
        client = self.clients.get(caller.client_id)
        if client is None:
            raise _refusal("its client is not registered")
        now = self.clock()
        try:
            claims = verify(assertion, client.keys_at(now), (TYPE,))
            _check(claims, client.id, self.audience, now)
        except InvalidTokenError as refused:
            raise _refusal(str(refused)) from None
        # Step 3.
        expires_at = datetime.fromtimestamp(claims["exp"], UTC) + timedelta(seconds=2 * SKEW_S)
        if not await self.once.use(f"{_USE} {client.id}", claims["jti"], expires_at):
            await self.reuse.seen(client.department, client.id, "assertion")
            raise _refusal("it was used before; make a new one for each request")
        return str(claims["sub"])


def _check(claims: Mapping[str, object], client_id: str, audience: str, now: datetime) -> None:
    registry = JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=SKEW_S,
        iss={"essential": True, "value": client_id},
        sub={"essential": True},
        aud={"essential": True, "value": audience},
        exp={"essential": True},
        iat={"essential": True},
        jti={"essential": True},
    )
    try:
        registry.validate(dict(claims))
    except JoseError:
        # The library's own text may repeat a value.
        raise InvalidTokenError("a claim is missing, wrong or out of time") from None
    sub, jti, exp = claims["sub"], claims["jti"], claims["exp"]
    if claims["aud"] != audience:
        raise InvalidTokenError("aud must name this hub's log and nothing else")
    if not isinstance(sub, str) or not isinstance(jti, str) or not 0 < len(jti) <= _MAX_JTI:
        raise InvalidTokenError(f"sub is a text, and jti one of 1 to {_MAX_JTI} characters")
    if not isinstance(exp, (int, float)) or exp > now.timestamp() + MAX_AHEAD_S + SKEW_S:
        raise InvalidTokenError(f"exp may be at most {MAX_AHEAD_S} seconds ahead")


def _refusal(reason: str) -> CitizenNotAssertedError:
    return CitizenNotAssertedError(f"The assertion of the citizen is refused: {reason}.")
