"""`hub doctor`: is this hub whole? Each check says what is wrong and what to do."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import typer

from audit.errors import LogError
from hub.app import Core, catalogue_of, opened, profile_of
from hub.commands.console import run, settings_or_fail
from hub.commands.ingest import departments_of
from hub.commands.options import Home
from hub.commands.places import read_places
from hub.errors import HubError
from hub.http.clients import read_clients
from hub.query.policies import Policies
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


def doctor(home: Home = None) -> None:
    """Check keys, database, tables, log, policy, departments and quarantine; exit 1 on trouble.

    It changes nothing and can run while the hub serves.
    """
    settings = settings_or_fail(home=home)
    findings = run(examined(settings))
    for finding in findings:
        typer.secho(f"{'ok  ' if finding.is_ok else 'BAD '}", nl=False, fg=_colour(finding))
        typer.echo(f"{finding.name}: {finding.found}")
        if not finding.is_ok:
            typer.echo(f"      {finding.advice}")
    if not all(finding.is_ok for finding in findings):
        raise typer.Exit(1)


def _colour(finding: Finding) -> str:
    return typer.colors.GREEN if finding.is_ok else typer.colors.RED


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
    yield await _tables(core)
    yield await _log(core)
    yield await _policy(core)
    yield _clients(core)
    yield _departments(core)
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
