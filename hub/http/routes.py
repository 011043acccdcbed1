"""Every path of the edge, made from what the rooms below offer; `openapi/hub.yaml` describes them.

No path, query string or header ever has a national id in it: whom a question is about stands in the
body of POST /graphql; GET /graphql answers about the schema only.
"""

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import cache, cached_property
from os import urandom

from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

from hub.clock import Clock
from hub.http.assertions import AssertionCheck, OnceOnly
from hub.http.auth import Authenticator, Possession
from hub.http.certificates import Certificates
from hub.http.clients import Client
from hub.http.console.answers import CHART_PATH, Console, PolicyInForce
from hub.http.console.files import read_files
from hub.http.console.holdings import Holdings
from hub.http.console.log_told import LogTold
from hub.http.dpop import ProofCheck
from hub.http.endpoint import Endpoint, Handler, NewId, in_time
from hub.http.exchange import Incoming, NotFoundError, Reply, json_reply
from hub.http.export import ExportEdge, Exports
from hub.http.graphql import GraphqlEdge
from hub.http.health import Health, WitnessedWithin
from hub.http.issuers import Issuers, OutsideIssuer
from hub.http.lateness import Failures
from hub.http.limits import Limits, Places
from hub.http.log_export import LogExportEdge
from hub.http.log_proofs import LogProofs
from hub.http.log_tiles import LogTiles
from hub.http.oauth import JWKS_PATH, METADATA_PATH, PUBLIC, TOKEN_PATH, AuthorizationServer
from hub.http.ports import Answers
from hub.http.presence import Presence
from hub.http.problems import Form
from hub.http.quota import QuotaTold
from hub.http.receiving import Receivers
from hub.http.registry import Registered, Registry, Unchanging
from hub.http.replay import ReplayMemory
from hub.http.reuse import Reuse, Unnoted
from hub.http.revocations import Revocations
from hub.http.session_desk import SESSION_PATH, SessionDesk
from hub.http.sessions import Sessions
from hub.http.sign_in import SignIn
from hub.http.token_desk import INTROSPECTION_PATH, REVOCATION_PATH, TokenDesk
from hub.http.tokens import TokenIssuer
from hub.http.trusted import TrustedDocuments
from hub.http.usage import FIND_PATH, HEARTBEAT_PATH, PERIOD_PATH, UsageEdge
from hub.query.log_export import LogExporter
from hub.sealing.keyring import KeyKind, Keyring
from hub.sealing.signing import KEPT, MessageSigner, SigningKeys
from hub.store.database import Connections
from schema.catalogue import Catalogue

GRAPHQL_PATH = "/graphql"
EXPORT_PATH = "/export"
OUTBOUND_KEYS_PATH = "/keys/outbound"
"""The public keys that verify signed answers and messages."""


def random_id() -> str:
    """Return 128 random bits as 32 hexadecimal digits."""
    return urandom(16).hex()


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
    database: Connections
    once: OnceOnly
    revocations: Revocations
    sessions: Sessions
    log_is_open: Callable[[], bool]
    clock: Clock
    catalogue: Catalogue
    policies: PolicyInForce
    limits: Limits = field(default_factory=Limits)
    registry: Registry = field(default_factory=Unchanging)
    """What keeps `clients` up to date; nobody changes them while tests run."""
    new_id: NewId = random_id
    quota: QuotaTold | None = None
    """None: there is none, as in tests of other things; `hub serve` always has one."""
    trusted: TrustedDocuments | None = None
    """None: no document is registered, and no client bound to them, as in tests."""
    failures: Failures | None = None
    """Puts on record what is stopped because it takes too long; None: nobody does, as in tests."""
    replay: ReplayMemory = field(default_factory=ReplayMemory.of_this_process)
    """Which proofs were used; all workers of one hub share it."""
    reuse: Reuse = field(default_factory=Unnoted)
    """Who hears that a proof or an assertion was sent again."""
    outside: Mapping[str, OutsideIssuer] = field(default_factory=dict)
    """Whose tokens are taken beside the hub's own, by the name in them."""
    sign_in: SignIn | None = None
    """How people sign in; None: they do not."""
    certificates: Certificates = field(default_factory=Certificates)
    """Whose word on a caller's certificate is taken; nobody's, unless it is configured."""
    log_is_public: bool = False
    """Whether the tiles of the log are given without a token."""
    log_exporter: LogExporter | None = None
    """Gives auditors exports of the log; None: there is none, as in tests of other things."""
    witnessed: WitnessedWithin | None = None
    """How the witnesses of the log are doing; None: it has none."""
    log_database: Connections | None = None
    """Where the log is; None: in the hub's database."""
    log_vkeys: Callable[[], Sequence[str]] = tuple
    """The log's verifier keys, the oldest first; none in tests of other things."""
    sign_in_path: str | None = None
    """Where a page can sign in without a key; only a demonstration has such a place."""


def routes(parts: Parts) -> list[Route]:
    """Return every route of the edge, each with the form in which it says what went wrong.

    Raises:
        KeysUnavailableError: The keyring has no key that signs tokens.
    """
    issuer = token_issuer(parts)
    proofs = ProofCheck(parts.issuer, parts.replay)
    authenticator = Authenticator(
        Issuers(issuer, parts.outside),
        Registered(_who_may_ask(parts), parts.registry),
        parts.clock,
        Possession(proofs, parts.certificates, parts.reuse),
        parts.revocations,
        remembered=parts.limits.max_cached_tokens,
    )
    log_database = parts.log_database or parts.database
    limits = parts.limits
    signer = cache(lambda: MessageSigner(parts.keyring, parts.clock))
    receivers = Receivers(_who_may_ask(parts), parts.clock, lambda: signer().sign_answer)
    places = Places(limits.max_waiting)
    running, presence = Places(limits.max_exports), Presence()
    export = ExportEdge(
        authenticator, parts.exports, parts.clock, limits, places, running, receivers,
        quota=parts.quota, trusted=parts.trusted, failures=parts.failures,
    )  # fmt: skip
    graphql = GraphqlEdge(
        authenticator, parts.queries, parts.commands, parts.clock, limits, places,
        receivers,
        quota=parts.quota, trusted=parts.trusted, failures=parts.failures,
    )  # fmt: skip
    usage = UsageEdge(
        authenticator, parts.queries, log_database, parts.clock, limits, places, receivers,
        parts.log_is_open, quota=parts.quota, failures=parts.failures,
    )  # fmt: skip
    log = LogTiles(authenticator, log_database, is_public=parts.log_is_public)
    log_export = LogExportEdge(
        authenticator, parts.policies, parts.log_exporter, parts.clock, limits, running
    )
    log_proofs = LogProofs(authenticator, log_database)
    health = Health(parts.database, parts.log_is_open, parts.keyring, parts.witnessed, log_database)
    oauth = _authorization_server(parts, issuer, proofs)
    desk = TokenDesk(authenticator, oauth.assertions, parts.revocations, limits.body_timeout_s)
    people = SessionDesk(
        parts.issuer,
        parts.sign_in,
        parts.sessions,
        parts.once,
        issuer,
        parts.revocations,
        parts.clock,
        parts.new_id,
        limits.body_timeout_s,
    )
    console = Console(
        issuer=parts.issuer,
        sign_in_path=parts.sign_in_path,
        session_path=None if parts.sign_in is None else SESSION_PATH,
        authenticator=authenticator,
        policies=parts.policies,
        catalogue=parts.catalogue,
        holdings=Holdings(parts.database, parts.catalogue, parts.clock),
        log=LogTold(log_database, parts.log_vkeys, parts.witnessed, parts.clock),
        clock=parts.clock,
        files=read_files(),
        body_timeout_s=limits.body_timeout_s,
    )

    async def outbound_keys(incoming: Incoming) -> Reply:
        del incoming
        return json_reply(signer().jwks(), cache=PUBLIC)

    def route(path: str, form: Form, **handlers: Handler) -> Route:
        """Lead to what has no end of its own."""
        return untimed(path, form, **{by: timed(by, each) for by, each in handlers.items()})

    def timed(method: str, handler: Handler) -> Handler:
        return in_time(handler, presence, limits.answer_timeout_s, has_body=method != "GET")

    def untimed(path: str, form: Form, **handlers: Handler) -> Route:
        return Route(path, Endpoint(handlers, form, parts.new_id))

    return [
        untimed(GRAPHQL_PATH, Form.GRAPHQL, POST=graphql.post, GET=graphql.get),
        untimed(EXPORT_PATH, Form.GRAPHQL, POST=export.post),
        route(TOKEN_PATH, Form.OAUTH, POST=oauth.token),
        route(INTROSPECTION_PATH, Form.OAUTH, POST=desk.introspect),
        route(REVOCATION_PATH, Form.OAUTH, POST=desk.revoke),
        route(JWKS_PATH, Form.PROBLEM, GET=oauth.jwks),
        route(METADATA_PATH, Form.PROBLEM, GET=oauth.metadata),
        route(OUTBOUND_KEYS_PATH, Form.PROBLEM, GET=outbound_keys),
        untimed(FIND_PATH, Form.PROBLEM, POST=usage.find),
        route(PERIOD_PATH, Form.PROBLEM, GET=usage.period),
        route(HEARTBEAT_PATH, Form.PROBLEM, GET=usage.heartbeat),
        route("/log/checkpoint", Form.PROBLEM, GET=log.checkpoint),
        route("/log/tile/{place:path}", Form.PROBLEM, GET=log.tile),
        route("/log/sm3/checkpoint", Form.PROBLEM, GET=log.twin),
        route("/log/sm3/tile/{place:path}", Form.PROBLEM, GET=log.twin_tile),
        route("/log/minimum-index", Form.PROBLEM, GET=log.minimum),
        route("/log/witnessed/minimum-index", Form.PROBLEM, GET=log.minimum),
        route("/log/witnessed/checkpoint", Form.PROBLEM, GET=log.witnessed),
        route("/log/witnessed/tile/{place:path}", Form.PROBLEM, GET=log.tile),
        route("/log/proof/{index}", Form.PROBLEM, GET=log_proofs.proof),
        route("/audit/export", Form.PROBLEM, POST=log_export.post),
        route("/health/live", Form.PROBLEM, GET=health.live),
        route("/health/ready", Form.PROBLEM, GET=health.ready),
        route(CHART_PATH, Form.PROBLEM, POST=console.chart),
        *(route(path, Form.PROBLEM, **by) for path, by in people.handlers().items()),
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
    keys = SigningKeys(parts.keyring, KeyKind.TOKEN, KEPT[KeyKind.TOKEN])
    keys.at(parts.clock())
    return TokenIssuer(parts.issuer, parts.issuer + GRAPHQL_PATH, keys)


def _who_may_ask(parts: Parts) -> Mapping[str, Client]:
    """Return systems and the roles of people, as they are at the time of a look."""
    if parts.sign_in is None:
        return parts.clients
    # Only looked into: a ChainMap writes to nothing that nobody writes to.
    return ChainMap(dict(parts.sign_in.clients), parts.clients)  # type: ignore[arg-type]


def not_found(new_id: NewId) -> Endpoint:
    """Return what answers every path that is not there."""
    methods = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    return Endpoint(dict.fromkeys(methods, _nothing_here), Form.PROBLEM, new_id)


async def _nothing_here(incoming: Incoming) -> Reply:
    del incoming
    raise NotFoundError("There is nothing at this path.")


def _authorization_server(
    parts: Parts, issuer: TokenIssuer, proofs: ProofCheck
) -> AuthorizationServer:
    audiences = (parts.issuer, parts.issuer + TOKEN_PATH)
    check = AssertionCheck(
        parts.clients, audiences, parts.once, parts.clock, parts.registry, parts.reuse
    )
    return AuthorizationServer(
        issuer,
        check,
        proofs,
        parts.certificates,
        parts.clock,
        parts.new_id,
        parts.limits.body_timeout_s,
    )
