"""Every path of the edge, made from what the rooms below offer; `openapi/hub.yaml` describes them.

No path, query string or header ever has a national id in it: whom a question is about stands in the
body of POST /graphql; GET /graphql answers about the schema only.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import cached_property
from secrets import token_hex

from joserfc.jwk import KeySet
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

from hub.clock import Clock
from hub.http.assertions import AssertionCheck, OnceOnly
from hub.http.auth import Authenticator
from hub.http.clients import Client
from hub.http.console.answers import Console, PolicyInForce
from hub.http.console.files import read_files
from hub.http.console.holdings import Holdings
from hub.http.endpoint import Endpoint, Handler, NewId
from hub.http.exchange import Incoming, NotFoundError, Reply
from hub.http.export import ExportEdge, Exports
from hub.http.graphql import GraphqlEdge
from hub.http.health import Health
from hub.http.limits import Limits, Places
from hub.http.log_tiles import LogTiles
from hub.http.oauth import JWKS_PATH, METADATA_PATH, TOKEN_PATH, AuthorizationServer
from hub.http.ports import Answers
from hub.http.problems import Form
from hub.http.quota import QuotaTold
from hub.http.tokens import TokenIssuer
from hub.http.trusted import TrustedDocuments
from hub.sealing.keyring import KeyKind, Keyring
from hub.sealing.signing import signing_key
from hub.store.database import Database
from schema.catalogue import Catalogue

GRAPHQL_PATH = "/graphql"
EXPORT_PATH = "/export"


def random_id() -> str:
    """Return 128 random bits as 32 hexadecimal digits."""
    return token_hex(16)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the edge needs; built by the composition root, closed by it too."""

    issuer: str
    """Address of the hub as departments know it, without a slash at its end."""
    queries: Answers
    commands: Answers
    exports: Exports
    clients: Mapping[str, Client]
    keyring: Keyring
    database: Database
    once: OnceOnly
    log_is_open: Callable[[], bool]
    clock: Clock
    catalogue: Catalogue
    policies: PolicyInForce
    limits: Limits = field(default_factory=Limits)
    new_id: NewId = random_id
    quota: QuotaTold | None = None
    """None: there is none, as in tests of other things; `hub serve` always has one."""
    trusted: TrustedDocuments | None = None
    """None: no document is registered, and no client bound to them, as in tests."""
    sign_in_path: str | None = None
    """Where a page can sign in without a key; only a demonstration has such a place."""


def routes(parts: Parts) -> list[Route]:
    """Return every route of the edge, each with the form in which it says what went wrong.

    Raises:
        KeysUnavailableError: The keyring has no key that signs tokens.
    """
    issuer = token_issuer(parts)
    authenticator = Authenticator(
        issuer, parts.clients, parts.clock, remembered=parts.limits.max_cached_tokens
    )
    limits = parts.limits
    places = Places(limits.max_waiting)
    running = Places(limits.max_exports)
    export = ExportEdge(
        authenticator, parts.exports, parts.clock, limits, places, running, trusted=parts.trusted
    )
    graphql = GraphqlEdge(
        authenticator, parts.queries, parts.commands, parts.clock, limits, places,
        quota=parts.quota, trusted=parts.trusted,
    )  # fmt: skip
    log = LogTiles(authenticator, parts.database)
    health = Health(parts.database, parts.log_is_open, parts.keyring)
    oauth = _authorization_server(parts, issuer)
    console = Console(
        issuer=parts.issuer,
        sign_in_path=parts.sign_in_path,
        authenticator=authenticator,
        policies=parts.policies,
        catalogue=parts.catalogue,
        holdings=Holdings(parts.database, parts.catalogue, parts.clock),
        clock=parts.clock,
        files=read_files(),
    )

    def route(path: str, form: Form, **handlers: Handler) -> Route:
        return Route(path, Endpoint(handlers, form, parts.new_id))

    return [
        route(GRAPHQL_PATH, Form.GRAPHQL, POST=graphql.post, GET=graphql.get),
        route(EXPORT_PATH, Form.GRAPHQL, POST=export.post),
        route(TOKEN_PATH, Form.OAUTH, POST=oauth.token),
        route(JWKS_PATH, Form.PROBLEM, GET=oauth.jwks),
        route(METADATA_PATH, Form.PROBLEM, GET=oauth.metadata),
        route("/log/checkpoint", Form.PROBLEM, GET=log.checkpoint),
        route("/log/tile/{place:path}", Form.PROBLEM, GET=log.tile),
        route("/health/live", Form.PROBLEM, GET=health.live),
        route("/health/ready", Form.PROBLEM, GET=health.ready),
        *(route(path, Form.PROBLEM, GET=get) for path, get in console.handlers().items()),
    ]


def router(
    parts: Parts,
    more: Sequence[BaseRoute] = (),
    lifespan: Callable[[Router], AbstractAsyncContextManager[None]] | None = None,
) -> Router:
    """Return the application: the routes, `more` behind them, and for all else a problem document.

    There is no middleware around it, because no route lets an exception out.

    Raises:
        KeysUnavailableError: The keyring has no key that signs tokens.
    """
    return _Edge(
        [*routes(parts), *more],
        redirect_slashes=False,
        default=not_found(parts.new_id),
        lifespan=lifespan,
    )


class _Edge(Router):
    """Starlette's router, past which the one path goes that nearly all requests are for."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lead a request to its route."""
        if scope["type"] == "http" and scope["path"] == GRAPHQL_PATH:
            await self._graphql(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    @cached_property
    def _graphql(self) -> ASGIApp:
        return next(
            route.app
            for route in self.routes
            if isinstance(route, Route) and route.path == GRAPHQL_PATH
        )


def token_issuer(parts: Parts) -> TokenIssuer:
    """Return what issues and verifies this hub's tokens.

    Raises:
        KeysUnavailableError: The keyring has no key that signs tokens.
    """
    key = signing_key(parts.keyring, KeyKind.TOKEN)
    return TokenIssuer(parts.issuer, parts.issuer + GRAPHQL_PATH, key, KeySet([key]))


def not_found(new_id: NewId) -> Endpoint:
    """Return what answers every path that is not there."""
    methods = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    return Endpoint(dict.fromkeys(methods, _nothing_here), Form.PROBLEM, new_id)


async def _nothing_here(incoming: Incoming) -> Reply:
    del incoming
    raise NotFoundError("There is nothing at this path.")


def _authorization_server(parts: Parts, issuer: TokenIssuer) -> AuthorizationServer:
    audiences = (parts.issuer, parts.issuer + TOKEN_PATH)
    check = AssertionCheck(parts.clients, audiences, parts.once, parts.clock)
    return AuthorizationServer(
        issuer, check, parts.clock, parts.new_id, parts.limits.body_timeout_s
    )
