"""Who is asking: a bearer token, checked once and then remembered while it lives.

Spec: RFC 6750 2.1 and 3, RFC 9068 4.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from hub.access import Caller
from hub.clock import Clock
from hub.errors import InvalidRequestError, UnauthenticatedError
from hub.http.clients import Client
from hub.http.exchange import Incoming, opaque_header
from hub.http.jose import InvalidTokenError
from hub.http.tokens import TokenIssuer, VerifiedToken

_SCHEME: Final = "bearer"


class Authenticator:
    """Finds the caller of a request. Its memory belongs to one event loop, and is bounded."""

    def __init__(
        self, issuer: TokenIssuer, clients: Mapping[str, Client], clock: Clock, *, remembered: int
    ) -> None:
        """Remember at most `remembered` tokens."""
        self._issuer = issuer
        self._clients = clients
        self._clock = clock
        self._remembered = remembered
        self._known: OrderedDict[str, VerifiedToken] = OrderedDict()

    def caller(self, incoming: Incoming) -> Caller:
        """Return who asks.

        1. There is one Authorization header, of the scheme Bearer, with one token.
        2. The token is ours and alive (`TokenIssuer.verified`), or was so and has not expired.
        3. Its client is still registered, for the same department, role and purpose.
        4. `Hub-Case` and `Hub-Actor`, if sent, are opaque ids.

        Raises:
            UnauthenticatedError: 1 to 3; get a token.
            InvalidRequestError: 4, or the header of 1 is malformed; 400, as RFC 6750 3.1 has it.
        """
        # Step 1.
        token = _bearer(incoming.header(b"authorization"))
        # Steps 2 and 3.
        now = self._clock()
        known = self._known.get(token)
        if known is None:
            known = self._verified(token)
        elif known.expires_at <= now.timestamp():
            del self._known[token]
            raise UnauthenticatedError("The access token is refused: it has expired.")
        # Step 4.
        case = opaque_header(incoming, b"hub-case")
        actor = opaque_header(incoming, b"hub-actor")
        if case is None and actor is None:
            return known.caller
        return replace(known.caller, case=case, actor=actor)

    def _verified(self, token: str) -> VerifiedToken:
        try:
            verified = self._issuer.verified(token, self._clock())
        except InvalidTokenError as refused:
            raise UnauthenticatedError(f"The access token is refused: {refused}.") from None
        caller = verified.caller
        client = self._clients.get(caller.client_id)
        if (
            client is None
            or (client.department, client.role) != (caller.department, caller.role)
            or caller.purpose not in client.purposes
        ):
            raise UnauthenticatedError(
                "The access token is refused: its client is not registered like that any more."
            )
        verified = replace(verified, caller=replace(caller, area=client.area))
        while len(self._known) >= self._remembered:
            self._known.popitem(last=False)
        self._known[token] = verified
        return verified


def _bearer(header: str | None) -> str:
    if header is None:
        raise UnauthenticatedError("Send an access token: Authorization: Bearer <token>.", "")
    scheme, _, token = header.partition(" ")
    if scheme.lower() != _SCHEME:
        raise UnauthenticatedError("Send an access token: Authorization: Bearer <token>.", "")
    token = token.strip(" ")
    if not token or " " in token:
        raise InvalidRequestError("The Authorization header must be Bearer and one token.")
    return token
