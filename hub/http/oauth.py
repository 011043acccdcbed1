"""The authorization server: a registered client exchanges an assertion for an access token.

Spec: RFC 6749 4.4 (client credentials), RFC 7523 (assertions), RFC 9396 (authorization_details),
RFC 8414 (metadata), RFC 9449 5 (DPoP). There are no secrets, no users, no refresh tokens and no
other grants.
"""

from dataclasses import dataclass
from typing import Final

import orjson
import structlog
from authlib.oauth2.rfc8414 import (  # type: ignore[import-untyped]  # Authlib ships no types
    AuthorizationServerMetadata,
)

from hub.access import Purpose
from hub.clock import Clock
from hub.http.assertions import AssertionCheck
from hub.http.certificates import Certificates
from hub.http.clients import Client
from hub.http.details import DETAIL_TYPE, Details, stated_details
from hub.http.dpop import (
    HEADER,
    NONCE_HEADER,
    InvalidProofError,
    NonceNeededError,
    ProofCheck,
)
from hub.http.endpoint import NewId
from hub.http.exchange import Incoming, Reply, json_reply
from hub.http.forms import read_form, stated_assertion
from hub.http.jose import ALGORITHM
from hub.http.problems import OAuthError
from hub.http.token_desk import INTROSPECTION_PATH, REVOCATION_PATH
from hub.http.tokens import LIFETIME_S, Binding, TokenIssuer

TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 - a path
JWKS_PATH: Final = "/oauth/jwks"
METADATA_PATH: Final = "/.well-known/oauth-authorization-server"
PUBLIC: Final = "public, max-age=300"
"""How long public keys and metadata may be kept."""
_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("hub.http.oauth")


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """Serves the three paths of OAuth."""

    issuer: TokenIssuer
    assertions: AssertionCheck
    proofs: ProofCheck
    certificates: Certificates
    clock: Clock
    new_id: NewId
    body_timeout_s: float

    async def token(self, incoming: Incoming) -> Reply:
        """Issue a token.

        1. The body is a form of at most 16 KiB that arrives in time, no parameter twice.
        2. `grant_type` is client_credentials.
        3. A proof in `DPoP`, if there is one, is good: then the token is bound to its key. It is
           looked at before the assertion, so that who needs a nonce has not used that up.
        4. The client proves itself by `client_assertion`; no other way is offered.
        5. The token can be bound as the registry demands: by a proof, or by the certificate that
           the connection showed.
        6. `authorization_details` are one hub_query with one purpose; `scope` is ignored.
        7. The purpose is registered for the client, and so are the regions, if there are any.

        Raises:
            OAuthError: With the code of RFC 6749 5.2, RFC 9449 5 or RFC 9396 5.
            MemoryFullError: It cannot be known whether the proof was used before.
            StoreUnavailableError: It cannot be known whether the assertion was used before.
        """
        # Step 1.
        form = await read_form(incoming, self.body_timeout_s)
        # Step 2.
        grant_type = form.get("grant_type")
        if grant_type is None:
            raise OAuthError("invalid_request", "grant_type is missing.")
        if grant_type != "client_credentials":
            raise OAuthError("unsupported_grant_type", "grant_type must be client_credentials.")
        # Step 3.
        jkt = self._proven(incoming)
        # Step 4.
        client = await self.assertions.client(stated_assertion(form), form.get("client_id"))
        # Step 5.
        binding = _binding(client, jkt, self.certificates.of(incoming))
        # Steps 6 and 7.
        details = _details(form.get("authorization_details"), client)
        token = self.issuer.issue(client, details, self.clock(), self.new_id(), binding)
        _log.info("token issued", client=client.id, purpose=str(details.purpose))
        return json_reply(
            {
                "access_token": token,
                "token_type": "Bearer" if jkt is None else "DPoP",
                "expires_in": LIFETIME_S,
                "authorization_details": details.told(),
            }
        )

    def _proven(self, incoming: Incoming) -> str | None:
        """Return the thumbprint of the key in the proof, or None where there is no proof."""
        proof = incoming.header(HEADER)
        if proof is None:
            return None
        now = self.clock().timestamp()
        method, path = incoming.scope["method"], incoming.scope["path"]
        try:
            thumbprint, fresh = self.proofs.proven(proof, method, path, now)
        except InvalidProofError as refused:
            raise OAuthError("invalid_dpop_proof", f"The proof is refused: {refused}.") from None
        except NonceNeededError:
            raise OAuthError(
                "use_dpop_nonce",
                "Make the proof with the nonce in the header DPoP-Nonce.",
                nonce=self.proofs.nonce(now),
            ) from None
        if fresh is not None:
            incoming.told.append((NONCE_HEADER, fresh))
        return thumbprint

    async def jwks(self, incoming: Incoming) -> Reply:
        """Give the public keys that verify our tokens, also of the one that signs next."""
        del incoming
        keys = self.issuer.signing.at(self.clock()).keys
        return json_reply(keys.as_dict(private=False), cache=PUBLIC)

    async def metadata(self, incoming: Incoming) -> Reply:
        """Say where everything is and what is offered."""
        del incoming
        told = server_metadata(self.issuer.issuer, certificates=self.certificates.are_offered)
        return json_reply(dict(told), cache=PUBLIC)


def server_metadata(issuer: str, *, certificates: bool = False) -> AuthorizationServerMetadata:
    """Return the metadata of RFC 8414 for the hub at `issuer`; `certificates` if it takes them."""
    endpoints = {"token": TOKEN_PATH, "introspection": INTROSPECTION_PATH}
    endpoints["revocation"] = REVOCATION_PATH
    offered: dict[str, object] = {}
    for name, path in endpoints.items():
        offered[f"{name}_endpoint"] = issuer + path
        offered[f"{name}_endpoint_auth_methods_supported"] = ["private_key_jwt"]
        offered[f"{name}_endpoint_auth_signing_alg_values_supported"] = [ALGORITHM]
    return AuthorizationServerMetadata(
        issuer=issuer,
        jwks_uri=issuer + JWKS_PATH,
        response_types_supported=[],
        grant_types_supported=["client_credentials"],
        tls_client_certificate_bound_access_tokens=certificates,
        **offered,
        authorization_details_types_supported=[DETAIL_TYPE],
        dpop_signing_alg_values_supported=[ALGORITHM],
    )


def _binding(client: Client, jkt: str | None, certificate: str | None) -> Binding | None:
    """Return what the client's token is bound to; a key is, whenever there was a proof of one.

    Raises:
        OAuthError: What the registry demands of this client was not shown.
    """
    if client.sender_constraint == "dpop" and jkt is None:
        raise OAuthError(
            "invalid_dpop_proof", f"Tokens of {client.id} are bound to a key: send a proof in DPoP."
        )
    if client.sender_constraint == "mtls":
        if certificate is None:
            raise OAuthError(
                "invalid_request",
                f"Tokens of {client.id} are bound to its certificate: connect with it.",
            )
        if client.certificates and certificate not in client.certificates:
            raise OAuthError(
                "invalid_client", f"Another certificate is registered for {client.id}.", 401
            )
        if jkt is not None:
            raise OAuthError(
                "invalid_dpop_proof",
                f"Tokens of {client.id} are bound to its certificate: send no proof in DPoP.",
            )
        return Binding(x5t=certificate)
    return None if jkt is None else Binding(jkt=jkt)


def _details(stated: str | None, client: Client) -> Details:
    try:
        details = stated_details(orjson.loads(stated or ""))
    except orjson.JSONDecodeError:
        details = None
    if details is None:
        raise OAuthError(
            "invalid_authorization_details",
            f"authorization_details must be one object of type {DETAIL_TYPE} with one purpose of "
            f"{', '.join(Purpose)}, and if need be regions and datasets: lists of texts.",
        )
    if details.purpose not in client.purposes:
        raise OAuthError(
            "invalid_authorization_details",
            f"{client.id} is not registered for the purpose {details.purpose}; it is for "
            f"{', '.join(sorted(client.purposes))}.",
        )
    if not details.is_within(client.area):
        raise OAuthError(
            "invalid_authorization_details",
            f"{client.id} is not registered for one of the regions; they can only be narrowed.",
        )
    return details
