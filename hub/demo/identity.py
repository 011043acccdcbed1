"""An OpenID provider for the demonstration: made-up people, no passwords, on loopback only.

`hub serve` never imports this. It is mounted beside the hub of a demonstration, under the same
checks of the address as `hub.demo.signing_in`. It keeps nothing: a code is a token of its own that
says what it is for, and works once.

Spec: OpenID Connect Core 1.0 3.1, RFC 7636, RFC 9207.
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode

from joserfc.jwk import ECKey, KeySet
from starlette.routing import BaseRoute, Route

from hub.clock import Clock
from hub.demo.installation import AUDITOR, OFFICER, DemoClient
from hub.demo.signing_in import check_is_local
from hub.errors import InvalidRequestError
from hub.http.assertions import OnceOnly
from hub.http.console.files import HEADERS
from hub.http.endpoint import Endpoint, NewId
from hub.http.exchange import Incoming, Reply, json_reply
from hub.http.forms import read_form
from hub.http.issuer_keys import KeySources
from hub.http.jose import ALGORITHM, InvalidTokenError, sign, verify
from hub.http.problems import Form, OAuthError
from hub.http.routes import Parts
from hub.http.session_desk import CALLBACK_PATH
from hub.http.sign_in import load_sign_in
from hub.sealing.keyring import KeyKind
from hub.sealing.signing import signing_key

BASE_PATH: Final = "/demo/identity"
HUB: Final = "hub-pages"
"""The hub's name with this provider."""
_CODE_TYPE: Final = "demo-code+jwt"
_CODE_S: Final = 60
_ID_TOKEN_S: Final = 300


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody made up who can sign in."""

    id: str
    zh: str
    en: str
    roles: tuple[str, ...]


PEOPLE: Final = (
    Person("auditor-1", "审计员", "an auditor", ("auditor",)),
    Person("officer-1", "民政经办人", "an officer of civil affairs", ("officer",)),
    Person("head-1", "经办兼审计（演示用）", "an officer who audits too", ("auditor", "officer")),
    Person("visitor-1", "无角色者", "somebody without a role here", ()),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Serves the provider's paths."""

    issuer: str
    callback: str
    after: str
    """Where a browser may be sent after signing out."""
    key: ECKey
    once: OnceOnly
    clock: Clock
    new_id: NewId
    body_timeout_s: float

    async def authorize(self, incoming: Incoming) -> Reply:
        """Let somebody choose who they are; with `person`, send them back with a code.

        Raises:
            InvalidRequestError: It is not the hub that asks, or not as it must.
        """
        asked = dict(parse_qsl(incoming.scope["query_string"].decode("latin-1")))
        expected = {
            "client_id": HUB,
            "redirect_uri": self.callback,
            "response_type": "code",
            "code_challenge_method": "S256",
        }
        is_whole = all(asked.get(name) for name in ("state", "nonce", "code_challenge"))
        if expected.items() - asked.items() or not is_whole:
            raise InvalidRequestError("Only the hub of this demonstration signs people in here.")
        chosen = next((person for person in PEOPLE if person.id == asked.get("person")), None)
        if chosen is None:
            return _page(asked)
        claims = {
            "sub": chosen.id,
            "nonce": asked["nonce"],
            "challenge": asked["code_challenge"],
            "exp": int(self.clock().timestamp()) + _CODE_S,
            "jti": self.new_id(),
        }
        code = sign(claims, self.key, _CODE_TYPE)
        back = urlencode({"code": code, "state": asked["state"], "iss": self.issuer})
        return _sent_to(f"{self.callback}?{back}")

    async def token(self, incoming: Incoming) -> Reply:
        """Give an ID token for a code.

        Raises:
            OAuthError: The code is not good, was used, or is another attempt's.
        """
        form = await read_form(incoming, self.body_timeout_s)
        now = int(self.clock().timestamp())
        try:
            code = verify(form.get("code", ""), KeySet([self.key]), {_CODE_TYPE})
        except InvalidTokenError:
            raise OAuthError("invalid_grant", "This is no code.") from None
        hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(hashed).rstrip(b"=").decode()
        is_theirs = (form.get("client_id"), form.get("redirect_uri")) == (HUB, self.callback)
        if not (is_theirs and secrets.compare_digest(challenge, code["challenge"])):
            raise OAuthError("invalid_grant", "The code is another attempt's.")
        until = datetime.fromtimestamp(code["exp"], UTC)
        if code["exp"] <= now or not await self.once.use("demo-identity", code["jti"], until):
            raise OAuthError("invalid_grant", "The code has expired, or was used.")
        person = next(person for person in PEOPLE if person.id == code["sub"])
        claims = {
            "iss": self.issuer,
            "sub": person.id,
            "aud": HUB,
            "iat": now,
            "exp": now + _ID_TOKEN_S,
            "nonce": code["nonce"],
            "roles": list(person.roles),
        }
        return json_reply(
            {
                "id_token": sign(claims, self.key, "JWT"),
                "access_token": self.new_id(),
                "token_type": "Bearer",
                "expires_in": _ID_TOKEN_S,
            }
        )

    async def jwks(self, incoming: Incoming) -> Reply:
        """Give the key that verifies its tokens."""
        del incoming
        return json_reply(KeySet([self.key]).as_dict(private=False))

    async def end(self, incoming: Incoming) -> Reply:
        """Send the browser back: there is no session here that could end."""
        del incoming
        return _sent_to(self.after)


def with_identity(parts: Parts, bound: tuple[str, int]) -> tuple[Parts, Sequence[BaseRoute]]:
    """Return the edge of a demonstration whose people sign in by OpenID, and the provider's routes.

    Raises:
        SetupError: It can be reached, or is known, from beyond this machine: nothing is mounted.
    """
    check_is_local(bound[0], parts.issuer)
    issuer = parts.issuer + BASE_PATH
    identity = Identity(
        issuer,
        parts.issuer + CALLBACK_PATH,
        f"{parts.issuer}/",
        signing_key(parts.keyring, KeyKind.IDENTIFIER),
        parts.once,
        parts.clock,
        parts.new_id,
        parts.limits.body_timeout_s,
    )
    routes = [
        Route(f"{BASE_PATH}/{name}", Endpoint({method: handler}, form, parts.new_id))
        for name, method, handler, form in (
            ("authorize", "GET", identity.authorize, Form.PROBLEM),
            ("token", "POST", identity.token, Form.OAUTH),
            ("jwks", "GET", identity.jwks, Form.PROBLEM),
            ("end", "GET", identity.end, Form.PROBLEM),
        )
    ]
    sign_in = load_sign_in(_written(issuer), KeySources(Path()), parts.clients, parts.issuer)
    return replace(parts, sign_in=sign_in), routes


def _written(issuer: str) -> str:
    """Return what an operator would write into issuers.toml for this provider."""
    roles = "".join(_role(claim, client) for claim, client in _ROLES.items())
    return f"""
[sign_in]
issuer = "{issuer}"
client_id = "{HUB}"
authorization_endpoint = "{issuer}/authorize"
token_endpoint = "{issuer}/token"
end_session_endpoint = "{issuer}/end"
jwks_url = "{issuer}/jwks"
algorithms = ["{ALGORITHM}"]
{roles}"""


_ROLES: Final[Mapping[str, DemoClient]] = {"auditor": AUDITOR, "officer": OFFICER}


def _role(claim: str, client: DemoClient) -> str:
    return f"""
[[sign_in.role]]
claim = "{claim}"
id = "{client.id}-person"
department = "{client.department}"
role = "{client.role}"
purposes = {list(client.purposes)}
"""


def _page(asked: Mapping[str, str]) -> Reply:
    links = "".join(
        f'<li><a id="{person.id}" href="?{escape(urlencode({**asked, "person": person.id}))}">'
        f'<span lang="zh-CN">{person.zh}</span> <span lang="en">{person.en}</span></a></li>'
        for person in PEOPLE
    )
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>演示登录 · Demonstration'
        '</title><link rel="icon" href="/console/static/icon.svg" type="image/svg+xml">'
        '<link rel="stylesheet" href="/console/static/style.css"></head><body><main><h1>演示登录 '
        "Who are you?</h1><p>人员均为虚构。 Everybody here is made up.</p>"
        f"<ul>{links}</ul></main></body></html>"
    )
    return Reply(200, "text/html; charset=utf-8", text.encode(), HEADERS)


def _sent_to(address: str) -> Reply:
    return Reply(303, "text/plain; charset=utf-8", b"", (*HEADERS, ("location", address)))
