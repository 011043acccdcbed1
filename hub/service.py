"""What a worker of `hub serve` runs: the edge over the core, and the work that goes on behind it.

Everything lives in one task group: when one part fails the worker ends, clearly, and its supervisor
starts another one. Nothing is half alive.
"""

import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from starlette.routing import BaseRoute, Router

from audit.entry import EntryKind
from audit.indicator_rules import newest_by_id, packaged_rules
from hub.app import Core
from hub.casework.replay_desk import ReplayDesk
from hub.casework.sharing.clocks import packaged_clock
from hub.casework.sharing.register import Agreements
from hub.delivery.witnesses import places_of
from hub.errors import SetupError
from hub.http.assertions import StoredOnce
from hub.http.certificates import Certificates
from hub.http.citizens import CitizenAssertions
from hub.http.health import WitnessedWithin
from hub.http.issuers import read_issuers
from hub.http.limits import Limits, with_statement_timeout
from hub.http.ports import Answers
from hub.http.quota import QuotaTold
from hub.http.registry import BoundClients, ClientQuotas, LiveClients
from hub.http.replay import FILE as REPLAY_FILE
from hub.http.replay import ReplayMemory
from hub.http.reuse import NotedReuse
from hub.http.revocations import StoredRevocations
from hub.http.routes import Parts, router
from hub.http.server import Server
from hub.http.sessions import StoredSessions
from hub.http.sign_in import read_sign_in
from hub.http.trusted import DocumentFolder, TrustedDocuments
from hub.memory import settled
from hub.query.access_entry import AccessEntryDetail
from hub.query.access_facets import AccessFacets
from hub.query.access_profile import AccessProfile
from hub.query.access_rules import AccessRules
from hub.query.access_timeline import AccessTimeline
from hub.query.accesslog import AccessLog
from hub.query.answer import Answerer
from hub.query.cases import CaseCheck
from hub.query.disclosure import Disclosures
from hub.query.documents import Documents
from hub.query.export import Exporter
from hub.query.fetch import Fetcher
from hub.query.indicators import Indicators
from hub.query.kept import RequestKeeper
from hub.query.log_export import LogExporter
from hub.query.logbook import Logbook
from hub.query.measure import DocumentLimits
from hub.query.model import RootKind
from hub.query.plan import Planner
from hub.query.plans import Plans
from hub.query.policies import Policies
from hub.query.quota import Quota, Quotas
from hub.query.replay import Replayer
from hub.query.replays import Replays
from hub.query.reveal import Revealer
from hub.query.sql import Composer
from hub.query.usages import Usages
from hub.query.words import Words
from hub.sealing.log_signing import LogSigner
from hub.sealing.replay_seals import ReplaySeals
from hub.settings import Settings
from hub.store.database import AS_LOGIN, Database
from hub.store.journal import recorded
from hub.store.log_side import LogSide
from hub.store.pipeline import Pipelines
from hub.store.quotas import QuotaLedger
from hub.store.wall import Wall, login_of
from hub.store.wall_sql import Names
from schema.graph import build_schema, core_schema

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
    log_reads: Database | None
    """Connections to the log's own database, which read it and no more; None: it has none."""
    quotas: Quotas
    clients: LiveClients


@asynccontextmanager
async def rooms_of(core: Core) -> AsyncIterator[Rooms]:
    """Open what answers queries; its statements are stopped after the time limit.

    Raises:
        SetupError: The file of clients is wrong.
    """
    schema = core_schema(build_schema(core.catalogue))
    settings = core.settings
    wall = Wall(core.database, core.catalogue)
    names = await wall.names()
    database = _answering(core.dsn, settings, names.nobody)
    log_reads = None
    if core.log_side.own is not None:
        async with core.log_side.own.connection() as connection:
            reader = Names(await login_of(connection)).log
        log_reads = _answering(core.server.log_dsn, settings, reader)
    side = LogSide(log_reads)
    documents = Documents(schema, DocumentLimits(depth=core.settings.max_depth))
    policies = Policies(database, core.catalogue)
    quotas = Quotas(
        QuotaLedger(core.database),
        Quota(settings.quota_units, settings.quota_window_s),
        settings.quotas,
        time.monotonic,
    )
    clients = await LiveClients.opened(settings.clients_file, core.database)
    quotas.clients = ClientQuotas(clients)
    clients.heard.append(quotas.registered_anew)
    book = Logbook(database.acting_as(names.log), core.tagger, side)
    words = Words(core.catalogue)
    answerer = Answerer(
        documents=documents,
        plans=Plans(Planner(core.catalogue, schema), Composer(core.catalogue)),
        policies=policies,
        fetcher=Fetcher(Pipelines(database), wall),
        revealer=Revealer(core.data_keys),
        disclosures=Disclosures(core.log, core.tagger),
        registers={
            RootKind.ACCESS_LOG: AccessLog(book),
            RootKind.ACCESS_FACETS: AccessFacets(book, words),
            RootKind.ACCESS_ENTRY: AccessEntryDetail(book, words, lambda: core.log.vkeys),
            RootKind.ACCESS_TIMELINE: AccessTimeline(book, words),
            RootKind.ACCESS_PROFILE: AccessProfile(book, words),
            RootKind.ACCESS_RULES: AccessRules(database, policies, core.catalogue),
            RootKind.SHARING_AGREEMENTS: Agreements(database, core.catalogue, packaged_clock()),
            RootKind.USAGES: Usages(
                database.acting_as(names.log),
                core.tagger,
                policies,
                core.catalogue,
                core.clock,
                side,
            ),
            RootKind.REPLAYS: Replays(database.acting_as(names.log), core.clock),
            RootKind.INDICATORS: Indicators(
                database.acting_as(names.log), newest_by_id(packaged_rules())
            ),
        },
        tags=core.tagger,
        cases=CaseCheck(core.database),
        citizens=CitizenAssertions(
            clients,
            settings.origin,
            StoredOnce(core.database, core.tagger, core.clock),
            core.clock,
            clients,
            NotedReuse(core.log, core.clock, time.monotonic),
        ),
        keeper=RequestKeeper(ReplaySeals(core.keyring), core.database),
        max_cost=core.settings.max_cost,
        meter=quotas,
    )
    try:
        yield Rooms(answerer, documents, policies, database, log_reads, quotas, clients)
    finally:
        await quotas.close()
        if log_reads is not None:
            await log_reads.close()
        await database.close()


def _answering(dsn: str, settings: Settings, role: str) -> Database:
    """Return connections for answers; a statement is planned once for each of them.

    Planning anew costs ten times what it runs.
    """
    limited = with_statement_timeout(dsn, Limits().statement_timeout_ms)
    return Database(
        f"{limited}&plan_cache_mode=force_generic_plan",
        size=settings.connections,
        name="hub-query",
        waiting=settings.max_waiting,
        patience_s=_PATIENCE_S,
        role=role,
    )


def replay_desk(core: Core, queries: Answerer) -> ReplayDesk:
    """Return what has answers asked again."""
    seals = ReplaySeals(core.keyring)
    side = core.log_side
    replayer = Replayer(queries, core.catalogue, seals, side)
    return ReplayDesk(core.database, core.log, replayer, queries.disclosures, core.clock, side)


def log_exporter(core: Core) -> LogExporter:
    """Return what makes signed exports of the log.

    Raises:
        KeysUnavailableError: There is no key that signs for the log.
    """
    signer = LogSigner(core.keyring, core.settings.origin)
    disclosures = Disclosures(core.log, core.tagger)
    return LogExporter(
        core.database, core.log, core.tagger, signer, core.clock, disclosures, core.log_side
    )


def application(
    core: Core, rooms: Rooms, commands: Answers, issuer: str, extend: Extension = unextended
) -> Router:
    """Return the ASGI application; `issuer` is the address by which departments know the hub.

    Raises:
        SetupError: No client is registered, the file of issuers is wrong, or `extend` refuses.
    """
    extended, more = extend(parts_of(core, rooms, commands, issuer))
    return router(extended, more)


def parts_of(core: Core, rooms: Rooms, commands: Answers, issuer: str) -> Parts:
    """Return what the edge of this hub is made of.

    Raises:
        SetupError: No client is registered, or the file of issuers is wrong.
    """
    clients, listed = rooms.clients, core.settings.clients_file
    if not clients.known and not listed.exists():
        raise SetupError(
            f"The registry of clients {listed} cannot be read, and nobody is registered in the "
            "database: see `hub clients register`."
        )
    return Parts(
        issuer=issuer,
        queries=rooms.queries,
        exports=Exporter(rooms.documents, rooms.queries, rooms.queries.disclosures, rooms.quotas),
        commands=commands,
        clients=clients,
        registry=clients,
        keyring=core.keyring,
        database=rooms.database.acting_as(AS_LOGIN),
        log_database=rooms.log_reads,
        once=StoredOnce(core.database, core.tagger, core.clock),
        revocations=StoredRevocations(core.database, core.tagger, core.clock, time.monotonic),
        log_is_open=lambda: core.log.is_open,
        log_exporter=log_exporter(core),
        log_is_public=core.settings.log_is_public,
        witnessed=_witnessed(core),
        log_vkeys=lambda: LogSigner(core.keyring, core.settings.origin).vkeys,
        clock=core.clock,
        catalogue=core.catalogue,
        policies=rooms.policies,
        outside=read_issuers(core.settings.issuers_file, clients, issuer, clients.known),
        sign_in=read_sign_in(core.settings.issuers_file, clients.known, issuer),
        sessions=StoredSessions(core.database, core.tagger, core.clock),
        reuse=NotedReuse(core.log, core.clock, time.monotonic),
        replay=ReplayMemory.at(core.settings.home / REPLAY_FILE),
        certificates=Certificates(
            frozenset(str(address) for address in core.settings.certificate_proxies),
            is_tls=core.settings.tls_client_ca is not None,
        ),
        limits=Limits(
            max_body_bytes=core.settings.max_body_bytes, max_waiting=core.settings.max_waiting
        ),
        quota=QuotaTold(rooms.quotas),
        trusted=TrustedDocuments(
            DocumentFolder(core.settings.documents_folder),
            BoundClients(clients),
            rooms.queries.disclosures,
            time.monotonic,
        ),
        failures=rooms.queries.disclosures,
    )


def _witnessed(core: Core) -> WitnessedWithin | None:
    names = frozenset(place.name for place in places_of(core.settings.witnesses))
    if not names:
        return None
    late = timedelta(seconds=core.settings.witness_late_s)
    return WitnessedWithin(names, late, core.clock, tuple(core.settings.witnesses))


async def check_connections(core: Core) -> None:
    """See to it that the database has room for what this hub may open, in a reload too.

    Raises:
        SetupError: It has not; the message says what to set.
    """
    await _check_room(core, core.database, "PostgreSQL")
    if core.log_side.own is not None:
        await _check_room(core, core.log_side.own, "that of the log")


async def _check_room(core: Core, database: Database, whose: str) -> None:
    async with database.connection() as connection:
        limit, reserved = [await connection.fetchval(asked) for asked in _LIMITS]
    settings = core.settings
    needed = connections_needed(settings.workers, settings.connections)
    if needed > limit - reserved:
        raise SetupError(
            f"{settings.workers} workers with {settings.connections} connections each may open "
            f"{needed} during a reload, and {whose} gives {limit - reserved}. Set its "
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
