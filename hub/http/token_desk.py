"""What can be done with a token that was issued: ask whether it is good, or give it back.

Both are for registered clients that prove themselves as they do for a token. Whether a token is
good is told to those only that the registry calls a resource server.

Spec: RFC 7662 (introspection), RFC 7009 (revocation).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from hub.errors import UnauthenticatedError
from hub.http.assertions import AssertionCheck
from hub.http.auth import Authenticator
from hub.http.clients import Client
from hub.http.exchange import Incoming, Reply, json_reply
from hub.http.forms import read_form, stated_assertion
from hub.http.problems import OAuthError
from hub.http.revocations import Revocations
from hub.http.tokens import VerifiedToken

INTROSPECTION_PATH: Final = "/oauth/introspect"
REVOCATION_PATH: Final = "/oauth/revoke"
_KEPT_ON: Final = timedelta(seconds=60)
"""After its end: no clock that reads the table is that far behind."""
_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("hub.http.oauth")


@dataclass(frozen=True, slots=True)
class TokenDesk:
    """Serves introspection and revocation."""

    authenticator: Authenticator
    assertions: AssertionCheck
    revocations: Revocations
    body_timeout_s: float

    async def introspect(self, incoming: Incoming) -> Reply:
        """Say whether a token would be taken here now, and if so what it says.

        1. The client proves itself, and the registry calls it a resource server.
        2. What is no token of ours, has ended, was revoked, or is of a client that is registered no
           more like that, is told apart by nothing: it is not active.

        Raises:
            OAuthError: 1; invalid_client, or unauthorized_client (403).
            StoreUnavailableError: It cannot be known.
        """
        client, token = await self._asked(incoming)
        if not client.is_resource_server:
            raise OAuthError(
                "unauthorized_client", f"{client.id} is not registered as a resource server.", 403
            )
        try:
            verified = await self.authenticator.live(token)
        except UnauthenticatedError:
            return json_reply({"active": False})
        return json_reply(_told(verified))

    async def revoke(self, incoming: Incoming) -> Reply:
        """Revoke a token of the client's own; within a second no worker takes it any more.

        A token that is not good, or is none at all, is answered in the same way: it has no effect,
        which is what was asked for.

        Raises:
            OAuthError: invalid_client, or unauthorized_client: the token is somebody else's.
            UnavailableError: It is not revoked; try again.
        """
        client, token = await self._asked(incoming)
        try:
            verified = await self.authenticator.live(token)
        except UnauthenticatedError:
            return json_reply({})
        if verified.caller.client_id != client.id:
            raise OAuthError("unauthorized_client", "The token was issued to another client.")
        until = datetime.fromtimestamp(verified.expires_at, UTC) + _KEPT_ON
        await self.revocations.revoke(client.id, verified.jti, until)
        _log.info("token revoked", client=client.id)
        return json_reply({})

    async def _asked(self, incoming: Incoming) -> tuple[Client, str]:
        form = await read_form(incoming, self.body_timeout_s)
        token = form.get("token")
        if token is None:
            raise OAuthError("invalid_request", "token is missing.")
        client = await self.assertions.client(stated_assertion(form), form.get("client_id"))
        return client, token


def _told(verified: VerifiedToken) -> dict[str, object]:
    caller = verified.caller
    told: dict[str, object] = {
        "active": True,
        "iss": verified.issuer,
        "sub": caller.actor or caller.client_id,
        "aud": verified.audience,
        "client_id": caller.client_id,
        "token_type": "Bearer",
        "iat": verified.issued_at,
        "exp": int(verified.expires_at),
        "jti": verified.jti,
        "department": caller.department,
        "role": caller.role,
        "authorization_details": verified.details.told(),
    }
    if verified.binding is not None:
        told["cnf"] = verified.binding.told()
        told["token_type"] = "Bearer" if verified.binding.jkt is None else "DPoP"
    return told
