"""Lets a page sign in as a made-up department without a key: under `hub demo` only, on loopback.

`hub serve` never imports this. A page of another site must not be able to use it, so each request
is checked:

1. The hub listens on a loopback address, and departments know it by one; else nothing is mounted.
2. `Host` is that address and port by number or as localhost: a name that somebody points at
   127.0.0.1 (DNS rebinding) is not.
3. `Origin` of a POST is that same address, and `Sec-Fetch-Site`, where sent, is same-origin.
4. The body is JSON of at most 16 KiB: a form of another site cannot send that without asking.
5. The client is a demo client, and the purpose one that it is registered for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

import msgspec
from starlette.routing import BaseRoute, Route

from hub.access import Purpose
from hub.clock import Clock
from hub.demo.installation import CLIENTS
from hub.errors import InvalidRequestError, SetupError
from hub.http.clients import Client
from hub.http.endpoint import Endpoint, NewId
from hub.http.exchange import Incoming, Reply, json_reply
from hub.http.limits import MAX_FORM_BYTES, read_body
from hub.http.origins import ForeignRequestError, check_same_origin, is_loopback
from hub.http.problems import Form
from hub.http.routes import Parts, token_issuer
from hub.http.tokens import LIFETIME_S, TokenIssuer

SIGN_IN_PATH: Final = "/demo/sign-in"


class _Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    client: str
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class SigningIn:
    """Gives the demo clients, and a token for one of them; `hosts` are the names that are ours."""

    clients: tuple[Client, ...]
    hosts: frozenset[str]
    issuer: TokenIssuer
    clock: Clock
    new_id: NewId
    body_timeout_s: float

    async def offered(self, incoming: Incoming) -> Reply:
        """Say which departments one may sign in as, and for which purposes.

        Raises:
            ForeignRequestError: Check 2.
        """
        self._check_host(incoming)
        return json_reply(
            {
                "clients": [
                    {
                        "id": client.id,
                        "department": client.department,
                        "role": client.role,
                        "purposes": sorted(client.purposes),
                    }
                    for client in self.clients
                ]
            }
        )

    async def sign_in(self, incoming: Incoming) -> Reply:
        """Give a token like the one that the client would get by its own key.

        Raises:
            ForeignRequestError: Checks 2 and 3.
            UnsupportedMediaTypeError: Check 4.
            InvalidRequestError: Checks 4 and 5.
        """
        # Checks 2 and 3.
        host = self._check_host(incoming)
        # Check 4 begins there too.
        check_same_origin(incoming, f"http://{host}")
        body = await read_body(incoming.receive, MAX_FORM_BYTES, within_s=self.body_timeout_s)
        # Check 5.
        client, purpose = self._chosen(body)
        token = self.issuer.issue(client, purpose, self.clock(), self.new_id())
        return json_reply({"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME_S})

    def _check_host(self, incoming: Incoming) -> str:
        host = (incoming.header(b"host") or "").lower()
        if host not in self.hosts:
            raise ForeignRequestError("The demonstration is opened by its address on this machine.")
        return host

    def _chosen(self, body: bytes) -> tuple[Client, Purpose]:
        try:
            choice = msgspec.json.decode(body, type=_Choice)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise InvalidRequestError("Choose one client and one purpose.") from None
        for client in self.clients:
            if client.id == choice.client and choice.purpose in client.purposes:
                return client, choice.purpose
        raise InvalidRequestError("No demo client of that name is registered for that purpose.")


def with_signing_in(parts: Parts, bound: tuple[str, int]) -> tuple[Parts, Sequence[BaseRoute]]:
    """Return the edge of a demonstration that listens on `bound`, and its routes beside the edge's.

    Raises:
        SetupError: It can be reached, or is known, from beyond this machine: nothing is mounted.
    """
    host, port = bound
    check_is_local(host, parts.issuer)
    demo_ids = {client.id for client in CLIENTS}
    signing_in = SigningIn(
        clients=tuple(parts.clients[name] for name in parts.clients if name in demo_ids),
        hosts=frozenset(f"{name}:{port}" for name in ("127.0.0.1", "[::1]", "localhost")),
        issuer=token_issuer(parts),
        clock=parts.clock,
        new_id=parts.new_id,
        body_timeout_s=parts.limits.body_timeout_s,
    )
    handlers = {"GET": signing_in.offered, "POST": signing_in.sign_in}
    route = Route(SIGN_IN_PATH, Endpoint(handlers, Form.PROBLEM, parts.new_id))
    return replace(parts, sign_in_path=SIGN_IN_PATH), (route,)


def check_is_local(host: str, public_url: str | None) -> None:
    """Refuse a demonstration that others could reach, or know by an address of theirs.

    Raises:
        SetupError: `host`, or the host in `public_url`, is not a loopback address.
    """
    known_as = host if public_url is None else urlsplit(public_url).hostname or ""
    if not (is_loopback(host) and is_loopback(known_as)):
        raise SetupError(
            "Signing in without a key exists on a loopback address only; unset HUB_HOST and "
            "HUB_PUBLIC_URL for the demonstration, or use `hub serve`."
        )
