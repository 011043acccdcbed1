"""The OpenID provider as the hub sees it: where people are sent, and what comes of their code.

Spec: OpenID Connect Core 1.0 3.1, RFC 7636 (PKCE), RFC 9700 (best current practice).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

import httpx2
from authlib.integrations.base_client import (  # type: ignore[import-untyped]  # Authlib ships no types
    OAuthError,
)
from authlib.integrations.httpx_client import (  # type: ignore[import-untyped]  # as above
    AsyncOAuth2Client,
)
from authlib.oauth2.rfc7523 import PrivateKeyJWT  # type: ignore[import-untyped]  # as above
from joserfc.errors import JoseError
from joserfc.jwt import JWTClaimsRegistry

from hub.errors import InvalidRequestError, UnavailableError
from hub.http.issuer_keys import TIMEOUT_S
from hub.http.issuers import SKEW_S
from hub.http.jose import ALGORITHM, Claims, InvalidTokenError, kid_of, verify
from hub.http.sign_in import SignIn

MAX_AGE_S: Final = 300
"""How old an ID token may be when it arrives."""
_ID_TOKEN_TYPES: Final = frozenset({"", "jwt"})


class SignInRefusedError(InvalidRequestError):
    """Signing in did not come to a good end; begin again from a page of the hub."""

    code = "SIGN_IN_REFUSED"
    status = 403


class ProviderUnavailableError(UnavailableError):
    """The provider of sign-in does not answer; try again."""

    code = "SIGN_IN_UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What ties one attempt to the browser that began it; all of it follows from its cookie."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Provider:
    """Sends people to the provider, and turns their code into what their ID token says."""

    sign_in: SignIn
    redirect_uri: str

    def address(self, attempt: Attempt) -> str:
        """Return where to send the browser."""
        client = self._client()
        address, _ = client.create_authorization_url(
            self.sign_in.authorization_endpoint,
            state=attempt.state,
            code_verifier=attempt.verifier,
            nonce=attempt.nonce,
        )
        return str(address)

    def end_address(self, back: str) -> str | None:
        """Return where the browser may end its session with the provider too, if it offers that."""
        if self.sign_in.end_session_endpoint is None:
            return None
        asked = {"client_id": self.sign_in.client_id, "post_logout_redirect_uri": back}
        return f"{self.sign_in.end_session_endpoint}?{urlencode(asked)}"

    async def claims(self, code: str, attempt: Attempt, now: datetime) -> Claims:
        """Return what the ID token says that the provider gives for `code`.

        1. The provider takes the code, with the verifier of this attempt (PKCE).
        2. The ID token's algorithm is one that the operator chose, and a key of the provider signed
           it; it is no access token.
        3. `iss` is the provider; `aud` is this hub and nobody else.
        4. `exp` is ahead; `iat` is of the last five minutes (30 s of skew).
        5. `nonce` is that of this attempt.
        6. `sub` is a text.

        Raises:
            SignInRefusedError: With the rule that was broken.
            UnavailableError: The provider, or its keys, are not to be had.
        """
        # Step 1.
        token = await self._exchanged(code, attempt)
        try:
            # Step 2.
            keys = await self.sign_in.keys.for_kid(kid_of(token))
            claims = verify(token, keys, _ID_TOKEN_TYPES, self.sign_in.algorithms)
            # Steps 3 to 6.
            self._check(claims, attempt, int(now.timestamp()))
        except InvalidTokenError as refused:
            raise SignInRefusedError(f"The ID token is refused: {refused}.") from None
        return claims

    def _check(self, claims: Claims, attempt: Attempt, now: int) -> None:
        registry = JWTClaimsRegistry(
            now=now,
            leeway=SKEW_S,
            iss={"essential": True, "value": self.sign_in.issuer},
            aud={"essential": True, "value": self.sign_in.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": attempt.nonce},
        )
        try:
            registry.validate(claims)
        except JoseError:
            raise InvalidTokenError("a claim is missing, wrong or out of time") from None
        if claims["aud"] not in (self.sign_in.client_id, [self.sign_in.client_id]):
            raise InvalidTokenError("aud names others too")
        if claims["exp"] <= now or claims["iat"] < now - MAX_AGE_S:
            raise InvalidTokenError("it has expired")
        if not isinstance(claims["sub"], str):
            raise InvalidTokenError("sub must be a text")

    async def _exchanged(self, code: str, attempt: Attempt) -> str:
        client = self._client()
        try:
            async with client:
                answer = await client.fetch_token(
                    self.sign_in.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=attempt.verifier,
                    redirect_uri=self.redirect_uri,
                )
        except (OAuthError, ValueError):
            raise SignInRefusedError("The provider does not take the code.") from None
        except httpx2.HTTPError as problem:
            raise ProviderUnavailableError(
                "The provider of sign-in does not answer; try again."
            ) from problem
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise SignInRefusedError("The provider gave no ID token.")
        return token

    def _client(self) -> AsyncOAuth2Client:
        sign_in = self.sign_in
        client = AsyncOAuth2Client(
            client_id=sign_in.client_id,
            client_secret=sign_in.secret if sign_in.key is None else sign_in.key,
            token_endpoint_auth_method=(
                "private_key_jwt"
                if sign_in.key is not None
                else "client_secret_basic"
                if sign_in.secret is not None
                else "none"
            ),
            redirect_uri=self.redirect_uri,
            scope=sign_in.scope,
            code_challenge_method="S256",
            timeout=TIMEOUT_S,
            trust_env=False,
        )
        if sign_in.key is not None:
            client.register_client_auth_method(PrivateKeyJWT(sign_in.token_endpoint, alg=ALGORITHM))
        return client
