"""What a worker of `hub serve` runs: the edge over the core, and the work that goes on behind it.

Everything lives in one task group: when one part fails the worker ends, clearly, and its supervisor
starts another one. Nothing is half alive.
"""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.routing import BaseRoute, Router

from audit.entry import EntryKind
from audit.search import index_behind
from hub.app import Core
from hub.errors import HubError, SetupError
from hub.http.assertions import StoredOnce
from hub.http.clients import read_clients
from hub.http.limits import Limits, with_statement_timeout
from hub.http.ports import Answers
from hub.http.quota import QuotaTold
from hub.http.routes import Parts, router
from hub.http.server import Server
from hub.http.trusted import DocumentFolder, TrustedDocuments
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
_INDEX_ENTRIES: Final = 5_000
_INDEX_SUBJECTS: Final = 16_384
"""Fewer subjects than that wait at the end of the log, where a look-up reads them one by one."""
_PATIENCE_S: Final = 5.0
"""For a connection while all are taken: whoever waits longer is told to try again."""
_FOR_COMMANDS: Final = 12
_LIMITS: Final = (
    "SELECT current_setting('max_connections')::int",
    (
        "SELECT current_setting('superuser_reserved_connections')::int"
        " + coalesce(current_setting('reserved_connections', true)::int, 0)"
    ),
)

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
    settings = core.settings
    database = Database(
        dsn,
        size=settings.connections,
        name="hub-query",
        waiting=settings.max_waiting,
        patience_s=_PATIENCE_S,
    )
    documents = Documents(schema, DocumentLimits(depth=core.settings.max_depth))
    policies = Policies(database, core.catalogue)
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


async def check_connections(core: Core) -> None:
    """See to it that the database has room for what this hub may open, in a reload too.

    Raises:
        SetupError: It has not; the message says what to set.
    """
    async with core.database.connection() as connection:
        limit, reserved = [await connection.fetchval(asked) for asked in _LIMITS]
    settings = core.settings
    needed = connections_needed(settings.workers, settings.connections)
    if needed > limit - reserved:
        raise SetupError(
            f"{settings.workers} workers with {settings.connections} connections each may open "
            f"{needed} during a reload, and PostgreSQL gives {limit - reserved}. Set its "
            f"max_connections to {needed + reserved} or more, or HUB_WORKERS or HUB_CONNECTIONS "
            "lower."
        )


def connections_needed(workers: int, connections: int) -> int:
    """Return how many connections to the database may be open at once.

    Of each worker `connections` for queries, as many for everything else, one for the log. In a
    reload there are twice as many workers. One hears of messages to send, and commands that are
    used meanwhile need a few.
    """
    return 2 * workers * (2 * connections + 1) + 1 + _FOR_COMMANDS


async def say(core: Core, kind: EntryKind) -> None:
    """Put the start or the end of serving on record.

    Raises:
        AuditUnavailableError: It is not on record.
    """
    await recorded(core.log, kind, {"department": "civil-affairs", "outcome": "done"})


async def serve_with(server: Server, bound: socket.socket) -> None:
    """Serve on `bound` until `server` is stopped."""
    with settled():
        await server.serve(sockets=[bound])
