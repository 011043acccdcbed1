"""The authorization server: a registered client exchanges an assertion for an access token.

Spec: RFC 6749 4.4 (client credentials), RFC 7523 (assertions), RFC 9396 (authorization_details),
RFC 8414 (metadata). There are no secrets, no users, no refresh tokens and no other grants.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

import orjson
import structlog
from authlib.oauth2.rfc7523 import (  # type: ignore[import-untyped]  # Authlib ships no types
    JWTBearerClientAssertion,
)
from authlib.oauth2.rfc8414 import (  # type: ignore[import-untyped]  # Authlib ships no types
    AuthorizationServerMetadata,
)

from hub.access import Purpose
from hub.clock import Clock
from hub.http.assertions import AssertionCheck
from hub.http.clients import Client
from hub.http.endpoint import NewId
from hub.http.exchange import Incoming, Reply, json_reply
from hub.http.jose import ALGORITHM
from hub.http.limits import MAX_FORM_BYTES, read_body
from hub.http.problems import OAuthError
from hub.http.tokens import DETAIL_TYPE, LIFETIME_S, TokenIssuer, details, stated_purpose

ASSERTION_TYPE: Final[str] = JWTBearerClientAssertion.CLIENT_ASSERTION_TYPE
TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 - a path
JWKS_PATH: Final = "/oauth/jwks"
METADATA_PATH: Final = "/.well-known/oauth-authorization-server"
_FORM: Final = "application/x-www-form-urlencoded"
_MAX_FIELDS: Final = 20
_PUBLIC: Final = "public, max-age=300"
_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("hub.http.oauth")


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """Serves the three paths of OAuth."""

    issuer: TokenIssuer
    assertions: AssertionCheck
    clock: Clock
    new_id: NewId
    body_timeout_s: float

    async def token(self, incoming: Incoming) -> Reply:
        """Issue a token.

        1. The body is a form of at most 16 KiB that arrives in time, no parameter twice.
        2. `grant_type` is client_credentials.
        3. The client proves itself by `client_assertion`; no other way is offered.
        4. `authorization_details` are one hub_query with one purpose; `scope` is ignored.
        5. The purpose is registered for the client.

        Raises:
            OAuthError: With the code of RFC 6749 5.2, or invalid_authorization_details.
            StoreUnavailableError: It cannot be known whether the assertion was used before.
        """
        # Step 1.
        form = await _form(incoming, self.body_timeout_s)
        # Step 2.
        grant_type = form.get("grant_type")
        if grant_type is None:
            raise OAuthError("invalid_request", "grant_type is missing.")
        if grant_type != "client_credentials":
            raise OAuthError("unsupported_grant_type", "grant_type must be client_credentials.")
        # Step 3.
        client = await self.assertions.client(_assertion(form), form.get("client_id"))
        # Steps 4 and 5.
        purpose = _purpose(form.get("authorization_details"), client)
        token = self.issuer.issue(client, purpose, self.clock(), self.new_id())
        _log.info("token issued", client=client.id, purpose=str(purpose))
        return json_reply(
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": LIFETIME_S,
                "authorization_details": details(purpose),
            }
        )

    async def jwks(self, incoming: Incoming) -> Reply:
        """Give the keys that verify our tokens: public halves only."""
        del incoming
        return json_reply(self.issuer.keys.as_dict(private=False), cache=_PUBLIC)

    async def metadata(self, incoming: Incoming) -> Reply:
        """Say where everything is and what is offered."""
        del incoming
        return json_reply(dict(server_metadata(self.issuer.issuer)), cache=_PUBLIC)


def server_metadata(issuer: str) -> AuthorizationServerMetadata:
    """Return the metadata of RFC 8414 for the hub at `issuer`."""
    return AuthorizationServerMetadata(
        issuer=issuer,
        token_endpoint=issuer + TOKEN_PATH,
        jwks_uri=issuer + JWKS_PATH,
        response_types_supported=[],
        grant_types_supported=["client_credentials"],
        token_endpoint_auth_methods_supported=["private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported=[ALGORITHM],
        authorization_details_types_supported=[DETAIL_TYPE],
    )


async def _form(incoming: Incoming, within_s: float) -> Mapping[str, str]:
    media_type = (incoming.header(b"content-type") or "").partition(";")[0].strip().lower()
    if media_type != _FORM:
        raise OAuthError("invalid_request", f"Send the parameters as {_FORM}.")
    body = await read_body(incoming.receive, MAX_FORM_BYTES, within_s=within_s)
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=False,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError:
        raise OAuthError("invalid_request", "The body is not a form.") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise OAuthError("invalid_request", "A parameter stands more than once.")
    return form


def _assertion(form: Mapping[str, str]) -> str:
    assertion = form.get("client_assertion")
    if assertion is None or form.get("client_assertion_type") != ASSERTION_TYPE:
        raise OAuthError(
            "invalid_client",
            f"Prove the client by client_assertion with client_assertion_type {ASSERTION_TYPE}.",
            401,
        )
    return assertion


def _purpose(stated: str | None, client: Client) -> Purpose:
    try:
        purpose = stated_purpose(orjson.loads(stated or ""))
    except orjson.JSONDecodeError:
        purpose = None
    if purpose is None:
        raise OAuthError(
            "invalid_authorization_details",
            f"authorization_details must be one object of type {DETAIL_TYPE} with one purpose of "
            f"{', '.join(Purpose)}.",
        )
    if purpose not in client.purposes:
        raise OAuthError(
            "invalid_authorization_details",
            f"{client.id} is not registered for the purpose {purpose}; it is for "
            f"{', '.join(sorted(client.purposes))}.",
        )
    return purpose
