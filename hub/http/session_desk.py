"""How people get in: by the provider to a session, and from that to a short-lived access token.

The session is a cookie, which is good for the paths of this file and nothing else: whatever is
asked of anybody needs an access token, as it does for a department's system.

Spec: OpenID Connect Core 1.0, RFC 9700 2.1 and 4.7, RFC 9207; cookies: RFC 6265bis 4.1.3.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qsl

import msgspec
import structlog

from hub.access import Purpose
from hub.clock import Clock
from hub.errors import InvalidRequestError
from hub.http.assertions import OnceOnly
from hub.http.clients import Client
from hub.http.console.files import HEADERS, PAGES
from hub.http.endpoint import Handler, NewId
from hub.http.exchange import Incoming, NotFoundError, Reply, json_reply
from hub.http.jose import Claims
from hub.http.limits import MAX_FORM_BYTES, read_body
from hub.http.origins import check_same_origin
from hub.http.provider import Attempt, Provider, SignInRefusedError
from hub.http.revocations import Revocations
from hub.http.sessions import ABSOLUTE, Issued, Session, Sessions
from hub.http.sign_in import SignIn
from hub.http.tokens import TokenIssuer

SESSION_PATH: Final = "/session"
SIGN_IN_PATH: Final = "/session/sign-in"
CALLBACK_PATH: Final = "/session/callback"
TOKEN_PATH: Final = "/session/token"  # noqa: S105 - a path
END_PATH: Final = "/session/end"
TOKEN_LIFETIME_S: Final = 300
ATTEMPT_S: Final = 600
"""So long may somebody take at the provider."""
_MAX_QUERY: Final = 8 * 1024
_REVOKED_FOR: Final = timedelta(seconds=60)
_PAGES: Final = {page.path: page.name for page in PAGES}
_PATHS: Final = {name: path for path, name in _PAGES.items()}
_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("hub.http.sessions")


class NotSignedInError(InvalidRequestError):
    """There is no session, or it has ended: sign in again."""

    code = "NOT_SIGNED_IN"
    status = 401


class _Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    role: str
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class SessionDesk:
    """Serves the paths of sessions; where nobody can sign in there is nothing at them."""

    origin: str
    """Of the hub's pages: its address as people know it."""
    sign_in: SignIn | None
    sessions: Sessions
    once: OnceOnly
    issuer: TokenIssuer
    revocations: Revocations
    clock: Clock
    new_id: NewId
    body_timeout_s: float

    def handlers(self) -> Mapping[str, Mapping[str, Handler]]:
        """Return what answers, path by path and method by method."""
        return {
            SESSION_PATH: {"GET": self.told},
            SIGN_IN_PATH: {"GET": self.begin},
            CALLBACK_PATH: {"GET": self.callback},
            TOKEN_PATH: {"POST": self.token},
            END_PATH: {"POST": self.end},
        }

    async def told(self, incoming: Incoming) -> Reply:
        """Say who has signed in, and for what they may get a token.

        Raises:
            NotFoundError: Nobody can sign in here.
            StoreUnavailableError: It cannot be known.
        """
        sign_in, secret = self._set_up(), self._cookie(incoming, "session")
        session = await self.sessions.use(secret) if secret else None
        if session is None:
            return json_reply({"actor": None, "signInPath": SIGN_IN_PATH, "roles": []})
        roles = [
            {
                "id": client.id,
                "department": client.department,
                "role": client.role,
                "purposes": sorted(client.purposes),
            }
            for client in _held(sign_in, session)
        ]
        return json_reply({"actor": session.actor, "signInPath": SIGN_IN_PATH, "roles": roles})

    async def begin(self, incoming: Incoming) -> Reply:
        """Send the browser to the provider, and tie the attempt to this browser by a cookie.

        The cookie has the time, the page to come back to, and 256 random bits. `state`, `nonce` and
        the verifier of PKCE are keyed tags of all of it, so nothing need be remembered here, and
        who has another cookie has another state.

        Raises:
            NotFoundError: Nobody can sign in here.
        """
        provider = self._provider()
        page = _PAGES.get(dict(_query(incoming)).get("to", "/"), "home")
        secret = f"{int(self.clock().timestamp())}.{page}.{secrets.token_urlsafe(32)}"
        cookie = self._set_cookie("sign-in", secret, ATTEMPT_S)
        return _sent_on(provider.address(self._attempt(secret)), cookie)

    async def callback(self, incoming: Incoming) -> Reply:
        """Begin a session, when the provider sends the browser back.

        1. This browser began an attempt, at most ten minutes ago, and `state` is that attempt's.
        2. `iss`, if it is there, is the provider (RFC 9207); the provider reports no error.
        3. The attempt was not used before, by whichever worker.
        4. The code is worth an ID token that is right in all points (`Provider.claims`).
        5. The provider tells a role that means something here.
        6. A new session begins, under a new secret; an older one of this browser ends.

        Raises:
            NotFoundError: Nobody can sign in here.
            SignInRefusedError: 1 to 5.
            UnavailableError: It cannot be known; nobody is let in.
        """
        try:
            return await self._returned(incoming)
        except SignInRefusedError as refused:
            _log.warning("sign-in refused", request=incoming.request_id, reason=str(refused))
            raise

    async def _returned(self, incoming: Incoming) -> Reply:
        provider, query = self._provider(), dict(_query(incoming))
        # Step 1.
        secret = self._cookie(incoming, "sign-in")
        if secret is None:
            raise SignInRefusedError("This browser did not begin to sign in; begin from a page.")
        attempt = self._attempt(secret)
        stated = query.get("state", "")
        if not secrets.compare_digest(stated.encode(), attempt.state.encode()):
            raise SignInRefusedError("The answer belongs to another attempt to sign in.")
        began, page, _ = secret.split(".")  # the hub made it: its state says so
        until = datetime.fromtimestamp(int(began), UTC) + timedelta(seconds=ATTEMPT_S)
        now = self.clock()
        if now >= until:
            raise SignInRefusedError("Signing in took too long; begin again.")
        # Step 2.
        if query.get("iss", provider.sign_in.issuer) != provider.sign_in.issuer:
            raise SignInRefusedError("The answer comes from another provider.")
        if "error" in query or not query.get("code"):
            raise SignInRefusedError("The provider did not let anybody sign in.")
        # Step 3.
        if not await self.once.use("sign-in", secret, until):
            raise SignInRefusedError("This attempt to sign in was used before; begin again.")
        # Step 4.
        claims = await provider.claims(query["code"], attempt, now)
        # Step 5.
        roles = _roles(provider.sign_in, claims)
        if not roles:
            raise SignInRefusedError("The provider tells no role that means anything here.")
        # Step 6.
        await self._end(self._cookie(incoming, "session"))
        actor = self.sessions.actor(provider.sign_in.issuer, claims["sub"])
        new = secrets.token_urlsafe(32)
        await self.sessions.begin(new, Session(actor, roles))
        _log.info("signed in", actor=actor, roles=roles)
        cookies = (
            self._set_cookie("session", new, int(ABSOLUTE.total_seconds())),
            self._set_cookie("sign-in", "", 0),
        )
        return _sent_on(_PATHS[page], *cookies)

    async def token(self, incoming: Incoming) -> Reply:
        """Give a page a token for one of the person's roles and one purpose; it lives 5 minutes.

        1. A page of the hub asks, by JSON of at most 16 KiB.
        2. The session lives.
        3. The role is one of the session's, and the purpose one of that role's.

        Raises:
            NotFoundError: Nobody can sign in here.
            ForeignRequestError: 1.
            InvalidRequestError: 1 and 3.
            NotSignedInError: 2.
            StoreUnavailableError: (2) cannot be decided.
        """
        sign_in = self._set_up()
        # Step 1.
        check_same_origin(incoming, self.origin)
        body = await read_body(incoming.receive, MAX_FORM_BYTES, within_s=self.body_timeout_s)
        try:
            choice = msgspec.json.decode(body, type=_Choice)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise InvalidRequestError("Choose one role and one purpose.") from None
        # Step 2.
        secret = self._cookie(incoming, "session")
        session = await self.sessions.use(secret) if secret else None
        if secret is None or session is None:
            raise NotSignedInError("Sign in first, or again.")
        # Step 3.
        held = {client.id: client for client in _held(sign_in, session)}
        client = held.get(choice.role)
        if client is None or choice.purpose not in client.purposes:
            raise InvalidRequestError("The person has no such role, or not for that purpose.")
        now, jti = self.clock(), self.new_id()
        noted = Issued(client.id, jti, int(now.timestamp()) + TOKEN_LIFETIME_S)
        if not await self.sessions.issued(secret, noted):
            raise NotSignedInError("The session has ended, or has too many tokens; wait.")
        token = self.issuer.issue(
            client, choice.purpose, now, jti, actor=session.actor, lifetime_s=TOKEN_LIFETIME_S
        )
        return json_reply(
            {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFETIME_S}
        )

    async def end(self, incoming: Incoming) -> Reply:
        """End the session and its tokens, and say where to end the provider's.

        Raises:
            NotFoundError: Nobody can sign in here.
            ForeignRequestError: No page of the hub asks.
            StoreUnavailableError: It has not ended.
        """
        provider = self._provider()
        check_same_origin(incoming, self.origin)
        await self._end(self._cookie(incoming, "session"))
        reply = json_reply({"signOutAt": provider.end_address(f"{self.origin}/")})
        gone = ("set-cookie", self._set_cookie("session", "", 0))
        return Reply(reply.status, reply.media_type, reply.body, (gone,))

    async def _end(self, secret: str | None) -> None:
        if not secret:
            return
        now = self.clock().timestamp()
        for token in await self.sessions.end(secret):
            if token.expires_at > now:
                until = datetime.fromtimestamp(token.expires_at, UTC) + _REVOKED_FOR
                await self.revocations.revoke(token.client_id, token.jti, until)

    def _set_up(self) -> SignIn:
        if self.sign_in is None:
            raise NotFoundError("People do not sign in at this hub; use an access token.")
        return self.sign_in

    def _provider(self) -> Provider:
        return Provider(self._set_up(), self.origin + CALLBACK_PATH)

    def _attempt(self, secret: str) -> Attempt:
        derived = self.sessions.derived
        return Attempt(
            derived("state", secret), derived("nonce", secret), derived("verifier", secret)
        )

    def _name(self, name: str) -> str:
        """Return a cookie's name; over TLS such that no other host and no path can set it."""
        return f"__Host-hub-{name}" if self.origin.startswith("https:") else f"hub-{name}"

    def _cookie(self, incoming: Incoming, name: str) -> str | None:
        try:
            found = SimpleCookie(incoming.header(b"cookie") or "").get(self._name(name))
        except CookieError:
            return None
        return None if found is None else found.value or None

    def _set_cookie(self, name: str, value: str, age_s: int) -> str:
        secure = "; Secure" if self.origin.startswith("https:") else ""
        return (
            f"{self._name(name)}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age_s}{secure}"
        )


def _query(incoming: Incoming) -> list[tuple[str, str]]:
    text: bytes = incoming.scope["query_string"]
    if len(text) > _MAX_QUERY:
        raise InvalidRequestError("The address is too long.")
    try:
        pairs = parse_qsl(text.decode("ascii"), errors="strict", max_num_fields=20)
    except ValueError:
        raise InvalidRequestError("The address is not in UTF-8, or has too many fields.") from None
    if len(dict(pairs)) != len(pairs):
        raise InvalidRequestError("A field of the address stands twice.")
    return pairs


def _roles(sign_in: SignIn, claims: Claims) -> tuple[str, ...]:
    stated = claims.get(sign_in.role_claim)
    named = [stated] if isinstance(stated, str) else stated if isinstance(stated, list) else []
    known = {
        sign_in.roles[name].id for name in named if isinstance(name, str) and name in sign_in.roles
    }
    return tuple(sorted(known))


def _held(sign_in: SignIn, session: Session) -> list[Client]:
    """Return the roles of a session that are still written down."""
    return [client for name, client in sorted(sign_in.clients.items()) if name in session.roles]


def _sent_on(address: str, *cookies: str) -> Reply:
    headers = (*HEADERS, ("location", address), *(("set-cookie", cookie) for cookie in cookies))
    return Reply(303, "text/plain; charset=utf-8", b"", headers)
