"""What `hub serve` runs: the edge over the core, and the work that goes on behind it.

Everything lives in one task group: when one part fails the process ends, clearly, and whoever
started it starts it again. Nothing is half alive.
"""

import asyncio
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final

import structlog
import uvicorn
from starlette.routing import BaseRoute, Router
from typing_extensions import override

from audit.entry import EntryKind
from audit.search import index_behind
from hub.app import Core
from hub.errors import HubError, StoreUnavailableError
from hub.http.assertions import StoredOnce
from hub.http.clients import read_clients
from hub.http.limits import MAX_BODY_BYTES, Limits, with_statement_timeout
from hub.http.ports import Answers
from hub.http.quota import QuotaTold
from hub.http.routes import Parts, router
from hub.http.trusted import DocumentFolder, TrustedDocuments
from hub.http.wire import bounded_http
from hub.memory import settled
from hub.query.accesslog import AccessLog
from hub.query.answer import Answerer
from hub.query.disclosure import Disclosures
from hub.query.documents import Documents
from hub.query.export import Exporter
from hub.query.fetch import Fetcher
from hub.query.measure import DocumentLimits
from hub.query.plan import Planner
from hub.query.plans import Plans
from hub.query.policies import Policies
from hub.query.quota import Quota, Quotas
from hub.query.reveal import Revealer
from hub.query.sql import Composer
from hub.store.database import Database
from hub.store.journal import recorded
from hub.store.quotas import QuotaLedger
from schema.graph import build_schema, core_schema

_INDEX_EVERY_S: Final = 2.0
_WATCH_EVERY_S: Final = 2.0
_INDEX_ENTRIES: Final = 5_000
_INDEX_SUBJECTS: Final = 16_384
"""Fewer subjects than that wait at the end of the log, where a look-up reads them one by one."""
_DRAIN_S: Final = 10
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)

log = structlog.get_logger()

Extension = Callable[[Parts], tuple[Parts, Sequence[BaseRoute]]]
"""Changes what the edge is made of and gives routes beside its own; only `hub demo` has one."""


def unextended(parts: Parts) -> tuple[Parts, Sequence[BaseRoute]]:
    """Change nothing and add nothing: what `hub serve` does."""
    return parts, ()


@dataclass(frozen=True, slots=True)
class Rooms:
    """What the edge leads to: the rooms that answer, and the connections they answer from."""

    queries: Answerer
    documents: Documents
    policies: Policies
    database: Database
    quotas: Quotas


@asynccontextmanager
async def rooms_of(core: Core) -> AsyncIterator[Rooms]:
    """Open what answers queries; its statements are stopped after the time limit."""
    schema = core_schema(build_schema(core.catalogue))
    # A statement is planned once for each connection: planning anew costs ten times what it runs.
    dsn = with_statement_timeout(core.dsn, Limits().statement_timeout_ms)
    dsn += "&plan_cache_mode=force_generic_plan"
    database = Database(dsn, size=core.settings.connections, name="hub-query")
    documents = Documents(schema, DocumentLimits(depth=core.settings.max_depth))
    policies = Policies(database, core.catalogue)
    settings = core.settings
    quotas = Quotas(
        QuotaLedger(core.database),
        Quota(settings.quota_units, settings.quota_window_s),
        settings.quotas,
        time.monotonic,
    )
    answerer = Answerer(
        documents=documents,
        plans=Plans(Planner(core.catalogue, schema), Composer(core.catalogue)),
        policies=policies,
        fetcher=Fetcher(database),
        revealer=Revealer(core.data_keys),
        disclosures=Disclosures(core.log, core.tagger),
        access_log=AccessLog(database, core.tagger),
        tags=core.tagger,
        max_cost=core.settings.max_cost,
        meter=quotas,
    )
    try:
        yield Rooms(answerer, documents, policies, database, quotas)
    finally:
        await quotas.close()
        await database.close()


def application(
    core: Core, rooms: Rooms, commands: Answers, issuer: str, extend: Extension = unextended
) -> Router:
    """Return the ASGI application; `issuer` is the address by which departments know the hub.

    Raises:
        SetupError: The registry of clients is missing or wrong, or `extend` refuses.
    """
    extended, more = extend(parts_of(core, rooms, commands, issuer))
    return router(extended, more)


def parts_of(core: Core, rooms: Rooms, commands: Answers, issuer: str) -> Parts:
    """Return what the edge of this hub is made of.

    Raises:
        SetupError: The registry of clients is missing or wrong.
    """
    clients = read_clients(core.settings.clients_file)
    rooms.quotas.clients = {c.id: c.quota for c in clients.values() if c.quota is not None}
    return Parts(
        issuer=issuer,
        queries=rooms.queries,
        exports=Exporter(rooms.documents, rooms.queries, rooms.queries.disclosures),
        commands=commands,
        clients=clients,
        keyring=core.keyring,
        database=rooms.database,
        once=StoredOnce(core.database, core.tagger, core.clock),
        log_is_open=lambda: core.log.is_open,
        clock=core.clock,
        catalogue=core.catalogue,
        policies=rooms.policies,
        limits=Limits(
            max_body_bytes=core.settings.max_body_bytes, max_waiting=core.settings.max_waiting
        ),
        quota=QuotaTold(rooms.quotas),
        trusted=TrustedDocuments(
            DocumentFolder(core.settings.documents_folder),
            frozenset(client.id for client in clients.values() if client.is_bound),
            rooms.queries.disclosures,
            time.monotonic,
        ),
    )


def listener(host: str, port: int) -> socket.socket:
    """Return a bound, listening socket; it is bound before anything else is started.

    Raises:
        OSError: The port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    bound.listen(512)
    return bound


async def index_the_log(core: Core) -> None:
    """Move the index from subjects to entries forward, behind the log, for as long as we serve."""
    while True:
        moved = 0
        try:
            async with core.database.transaction() as connection:
                moved = await index_behind(connection, _INDEX_ENTRIES, subjects=_INDEX_SUBJECTS)
        except HubError as problem:
            log.warning("log.index.waits", code=problem.code)
        if moved < _INDEX_ENTRIES:
            await asyncio.sleep(_INDEX_EVERY_S)


async def watch_the_database(core: Core) -> None:
    """Return never, but raise when the embedded database has gone: it does not come back by itself.

    Raises:
        StoreUnavailableError: It is gone; this process ends, and is to be started again.
    """
    while True:
        await asyncio.sleep(_WATCH_EVERY_S)
        if not await asyncio.to_thread(core.server.is_running):
            raise StoreUnavailableError("The embedded database is gone; start `hub serve` again.")


async def say(core: Core, kind: EntryKind) -> None:
    """Put the start or the end of serving on record.

    Raises:
        AuditUnavailableError: It is not on record.
    """
    await recorded(core.log, kind, {"department": "civil-affairs", "outcome": "done"})


async def serve_on(
    app: Router, bound: socket.socket, *, max_body_bytes: int = MAX_BODY_BYTES
) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are finished first."""
    config = uvicorn.Config(
        app,
        http=bounded_http(max_body_bytes),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_graceful_shutdown=_DRAIN_S,
    )
    server = _Server(config)
    with settled():
        await server.serve(sockets=[bound])


class _Server(uvicorn.Server):
    """uvicorn, but a signal that has been served is not raised again: there is work to finish."""

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let SIGTERM and SIGINT drain the server, as long as this is open."""
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
