"""`hub doctor`: is this hub whole? Each check says what is wrong and what to do."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import typer

from audit.errors import LogError
from connectors.errors import SourceError, SourceUnavailableError
from connectors.live.banks import DEPARTMENT as BANKS
from hub.app import Core, catalogue_of, opened, profile_of
from hub.commands.console import run, settings_or_fail
from hub.commands.credit import bank_channel
from hub.commands.ingest import departments_of
from hub.commands.options import Home
from hub.commands.places import Places, read_places
from hub.errors import HubError, SetupError
from hub.http.clients import read_clients
from hub.query.policies import Policies
from hub.service import check_connections, connections_needed
from hub.settings import Settings
from hub.store.migrate import differences
from hub.store.outbox import queues
from scoring import ProfileError

_DURABLE = ("fsync", "full_page_writes", "synchronous_commit")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `advice` is what to do about it."""

    name: str
    is_ok: bool
    found: str
    advice: str = ""
    is_ours: bool = True
    """Whether this hub's operator can mend it; another's outage is noted, and no more."""

    @property
    def is_bad(self) -> bool:
        """Whether the hub is not whole because of it."""
        return self.is_ours and not self.is_ok

    @property
    def mark(self) -> str:
        """The word that stands before the finding."""
        return "ok" if self.is_ok else "BAD" if self.is_ours else "note"


def doctor(home: Home = None) -> None:
    """Check keys, database, tables, log, policy, departments, banks, queues; exit 1 on trouble.

    The banks' channel is reached without a question about anybody; that it does not answer is
    noted, and is no trouble of this hub. It changes nothing and can run while the hub serves.
    """
    settings = settings_or_fail(home=home)
    findings = run(examined(settings))
    for finding in findings:
        typer.secho(f"{finding.mark:<5}", nl=False, fg=_colour(finding))
        typer.echo(f"{finding.name}: {finding.found}")
        if not finding.is_ok:
            typer.echo(f"      {finding.advice}")
    if any(finding.is_bad for finding in findings):
        raise typer.Exit(1)


def _colour(finding: Finding) -> str:
    if finding.is_ok:
        return typer.colors.GREEN
    return typer.colors.RED if finding.is_bad else typer.colors.YELLOW


async def examined(settings: Settings) -> list[Finding]:
    """Return every check's finding; one that cannot be made is a finding too."""
    try:
        async with opened(settings) as core:
            found = [Finding("keys", is_ok=True, found=f"{settings.key_folder} opens")]
            found += [finding async for finding in _checks(core)]
            return found
    except (HubError, LogError) as problem:
        return [Finding("start", is_ok=False, found=str(problem), advice="Nothing else was tried.")]


async def _checks(core: Core) -> AsyncIterator[Finding]:
    yield await _durability(core)
    yield await _connections(core)
    yield await _tables(core)
    yield await _log(core)
    yield await _policy(core)
    yield _clients(core)
    yield _departments(core)
    yield await banks(read_places(core.settings.departments_file))
    yield await _quarantine(core)
    yield await _outbox(core)


async def _durability(core: Core) -> Finding:
    async with core.database.connection() as connection:
        off = [
            name
            for name in _DURABLE
            if await connection.fetchval("select current_setting($1)", name) == "off"
        ]
        version = await connection.fetchval("select current_setting('server_version')")
    found = f"PostgreSQL {version}" + (
        f", {', '.join(off)} off" if off else ", commits are durable"
    )
    return Finding("database", not off, found, f"Turn on: {', '.join(off)}.")


async def _connections(core: Core) -> Finding:
    settings = core.settings
    needed = connections_needed(settings.workers, settings.connections)
    try:
        await check_connections(core)
    except SetupError as problem:
        return Finding("connections", is_ok=False, found=f"{needed} needed", advice=str(problem))
    found = f"room for {needed}: {settings.workers} workers, also during a reload"
    return Finding("connections", is_ok=True, found=found)


async def _tables(core: Core) -> Finding:
    different = await differences(core.dsn, catalogue_of(core.settings))
    found = f"{len(different)} differences" if different else "as declared"
    return Finding("tables", not different, found, "Run `hub migrate`.")


async def _log(core: Core) -> Finding:
    async with core.database.connection() as connection:
        size = await connection.fetchval("select size from audit.head")
    return Finding("log", is_ok=True, found=f"{size:,} entries; `hub audit verify` checks them all")


async def _policy(core: Core) -> Finding:
    try:
        policy = await Policies(core.database, core.catalogue).current()
        lacking = profile_of(core, policy).not_granted
    except (HubError, ProfileError, ValueError) as problem:
        return Finding("policy", is_ok=False, found=str(problem), advice="Correct and migrate.")
    found = f"{policy.digest[:12]}, the scorer's inputs granted"
    if lacking:
        found = f"{policy.digest[:12]}; not granted to the scorer: {', '.join(lacking)}"
    return Finding("policy", not lacking, found, "Grant them to it, or scores lack what they say.")


def _clients(core: Core) -> Finding:
    try:
        clients = read_clients(core.settings.clients_file)
    except HubError as problem:
        return Finding("clients", is_ok=False, found=str(problem), advice="See docs/settings.md.")
    return Finding("clients", is_ok=True, found=f"{len(clients)} systems may sign in")


def _departments(core: Core) -> Finding:
    places = read_places(core.settings.departments_file)
    known = departments_of(core.settings)
    strange = sorted(set(places.sources) - set(known))
    found = f"{len(places.sources)} of {len(known)} departments are set up"
    if strange:
        found = f"departments.toml names unknown ones: {', '.join(strange)}"
    return Finding("departments", not strange, found, f"Known are: {', '.join(known)}.")


async def banks(places: Places) -> Finding:
    """Return whether the banks' channel can be asked; nobody's question is sent to find out."""
    settings = places.live.get(BANKS)
    if settings is None:
        return Finding(BANKS, is_ok=True, found="not set up: commitments are verified without them")
    try:
        await bank_channel(settings).reach()
    except SetupError as problem:
        return Finding(BANKS, is_ok=False, found=str(problem), advice="Correct departments.toml.")
    except SourceUnavailableError as problem:
        advice = "What they were asked for stays undecided; verify again when they are back."
        return Finding(BANKS, is_ok=False, found=problem.reason, advice=advice, is_ours=False)
    except SourceError as problem:
        advice = "See [live.banks] in departments.toml, its url and token_file, and ask the banks."
        return Finding(BANKS, is_ok=False, found=problem.reason, advice=advice)
    return Finding(BANKS, is_ok=True, found="the channel answers and takes our token")


async def _quarantine(core: Core) -> Finding:
    async with core.database.connection() as connection:
        waiting = await connection.fetchval(
            "select count(*) from quarantine where resolved_at is null"
        )
    return Finding("quarantine", is_ok=True, found=f"{waiting:,} records wait for a person")


async def _outbox(core: Core) -> Finding:
    try:
        async with core.database.connection() as connection:
            found = await queues(connection)
    except asyncpg.PostgresError as problem:
        return Finding("outbox", is_ok=False, found=type(problem).__name__, advice="Migrate.")
    places = read_places(core.settings.departments_file)
    counts = ("acknowledged", "waiting", "dead")
    totals = {word: sum(getattr(queue, word) for queue in found) for word in counts}
    counted = ", ".join(f"{n:,} {word}" for word, n in totals.items() if n) or "empty"
    nowhere = [q.receiver for q in found if q.waiting and q.receiver not in places.receivers]
    if nowhere:
        counted += f"; departments.toml does not say where {', '.join(nowhere)} is"
    advice = "A receiver refused, or is not set up: see docs/operations.md."
    return Finding("outbox", not totals["dead"] and not nowhere, counted, advice)
