"""`hub doctor`: is this hub whole? Each check says what is wrong and what to do."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from audit.errors import LogError
from connectors.errors import SourceError, SourceUnavailableError
from connectors.live.banks import DEPARTMENT as BANKS
from hub.app import Core, catalogue_of, opened, profile_of
from hub.background import witnesses_of
from hub.commands.canary import SearchPlaces, searched
from hub.commands.console import progress_done, run, settings_or_fail
from hub.commands.credit import bank_channel
from hub.commands.finding import Finding
from hub.commands.ingest import departments_of
from hub.commands.log_stream import log_stream
from hub.commands.options import Home
from hub.commands.places import Places, read_places
from hub.commands.receiver_keys import CLIENT
from hub.custody.status import states
from hub.dumps import Guarded, guarded
from hub.errors import HubError, SetupError
from hub.http.clients import Client
from hub.http.issuers import read_issuers
from hub.http.registry import LiveClients
from hub.http.sign_in import read_sign_in
from hub.query.bind import day_of
from hub.query.policies import Policies
from hub.service import check_connections, connections_needed
from hub.settings import Settings
from hub.store.breaks import all_breaks
from hub.store.database import Database
from hub.store.migrate import differences
from hub.store.outbox import queues
from hub.store.present import strays
from hub.store.wall import faults, log_faults
from hub.store.witnessed import last_seen
from scoring import ProfileError

_SOON = timedelta(days=30)
_STATEMENTS = {
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
"""What keeps the database's log free of what is in statements."""
_DURABLE = ("fsync", "full_page_writes", "synchronous_commit")


def doctor(
    home: Home = None,
    canary: Annotated[
        bool,
        typer.Option("--canary", help="Search database and files for what ought to be sealed."),
    ] = False,
    also: Annotated[
        list[Path] | None,
        typer.Option("--also", help="A file or folder that --canary searches too, such as logs."),
    ] = None,
    leave_out: Annotated[
        list[Path] | None,
        typer.Option("--leave-out", help="A folder that --canary does not search."),
    ] = None,
) -> None:
    """Check keys, database, tables, log, policy, wall, clients, sources; exit 1 on trouble.

    The banks' channel is reached without a question about anybody; that it does not answer is
    noted, and is no trouble of this hub. It changes nothing and can run while the hub serves.
    With --canary it also opens a few sealed values, on record, and searches for them in every
    table and, of the embedded database, every file, in many forms: it takes as long as reading
    all of it. What is found is told by place, never shown.
    """
    settings = settings_or_fail(home=home)
    places = SearchPlaces(tuple(also or ()), tuple(leave_out or ())) if canary else None
    findings = run(examined(settings, places))
    progress_done()
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


async def examined(settings: Settings, places: SearchPlaces | None = None) -> list[Finding]:
    """Return every check's finding; one that cannot be made is a finding too.

    With `places` what ought to be sealed is searched for, there too.
    """
    try:
        async with opened(settings) as core:
            found = [Finding("keys", is_ok=True, found=f"{settings.key_folder} opens")]
            found += [finding async for finding in _checks(core)]
            if places is not None:
                found += await searched(core, places)
            return found
    except (HubError, LogError) as problem:
        return [Finding("start", is_ok=False, found=str(problem), advice="Nothing else was tried.")]


async def _checks(core: Core) -> AsyncIterator[Finding]:
    yield await _seals(core)
    yield await _overdue(core)
    yield memory(guarded())
    for name, database in _databases(core):
        yield await _durability(name, database)
        yield await _statements(name, database)
    yield await _connections(core)
    yield await _tables(core)
    yield await _present(core)
    yield await _log(core)
    yield await _witnesses(core)
    yield await log_stream(core)
    yield await _policy(core)
    yield await _wall(core)
    yield await _clients(core)
    yield await _encryption(core)
    yield await _issuers(core)
    yield _departments(core)
    yield await banks(read_places(core.settings.departments_file))
    yield await _quarantine(core)
    yield await _outbox(core)


async def _seals(core: Core) -> Finding:
    async with core.database.connection() as connection:
        found = await all_breaks(connection)
    paged = "" if core.settings.alarm_command else "; alarm_command is not set: nobody is paged"
    if not found:
        return Finding("seals", is_ok=True, found=f"none was found broken{paged}")
    places = sorted({f"{each.dataset} of {each.department} ({each.reason})" for each in found})
    told = f"{sum(each.found for each in found):,} times broken: {', '.join(places)}{paged}"
    advice = "See docs/operations.md, A broken seal; then `hub seals settle --by ID --why TEXT`."
    return Finding("seals", is_ok=False, found=told, advice=advice)


async def _overdue(core: Core) -> Finding:
    longest, data = core.settings.key_overdue_days, core.settings.data_key_overdue_days
    now = core.clock()
    async with core.database.connection() as connection:
        found = await states(connection, core.keyring, (now, day_of(now)), longest, data)
    late = [f"{s.kind} of {s.owner} v{s.version}" for s in found if s.is_overdue]
    left = [f"{s.kind} of {s.owner} v{s.version}" for s in found if s.is_unfinished]
    left += [f"data keys of {s.owner}" for s in found if s.is_renewing]
    aged = sum(s.overdue_data_keys or 0 for s in found)
    if not late and not left and not aged:
        return Finding("key ages", is_ok=True, found=f"none is older than {longest} days")
    told = [f"older than {longest} days: {', '.join(late)}"] if late else []
    told += [f"{aged:,} data keys older than {data} days"] if aged else []
    told += [f"rotation not finished: {', '.join(left)}"] if left else []
    advice = "Change them, `hub keys rotate`: docs/keys.md; `hub keys status` shows them all."
    return Finding("key ages", is_ok=False, found="; ".join(told), advice=advice)


def memory(found: Guarded) -> Finding:
    """Return whether the memory of a process with keys can get onto a disk."""
    closed = {True: "closed to other programs", False: "open to them", None: "not on Linux"}
    said = ["no core dumps" if found.is_safe else "a crash may write a core dump"]
    said.append(closed[found.is_closed])
    if found.swaps is None:
        said.append("whether there is swap is not known")
    elif found.swaps:
        said.append(f"{found.swaps} swap areas: pages with keys may be written there")
    else:
        said.append("no swap")
    advice = "Turn swap off or encrypt it; let core_pattern pipe cores to no program."
    is_ok = found.is_safe and found.swaps == 0
    return Finding("memory", is_ok, ", ".join(said), advice, is_ours=not found.is_safe)


def _databases(core: Core) -> list[tuple[str, Database]]:
    """Return the hub's database, and that of the log where it has one of its own."""
    own = core.log_side.own
    return [("database", core.database), *([] if own is None else [("log's database", own)])]


async def _statements(name: str, database: Database) -> Finding:
    """Return whether the database's log takes statements with what is in them."""
    name = "statements" if name == "database" else f"statements of the {name}"
    async with database.connection() as connection:
        said = {
            each: await connection.fetchval("select current_setting($1)", each)
            for each in _STATEMENTS
        }
    loud = [f"{each} = {said[each]}" for each, quiet in _STATEMENTS.items() if said[each] != quiet]
    advice = f"Set {', '.join(f'{each} = {quiet}' for each, quiet in _STATEMENTS.items())}."
    found = "its log takes no statement and no parameter" if not loud else ", ".join(loud)
    return Finding(name, not loud, found, advice, is_ours=False)


async def _durability(name: str, database: Database) -> Finding:
    async with database.connection() as connection:
        off = [
            each
            for each in _DURABLE
            if await connection.fetchval("select current_setting($1)", each) == "off"
        ]
        version = await connection.fetchval("select current_setting('server_version')")
    found = f"PostgreSQL {version}" + (
        f", {', '.join(off)} off" if off else ", commits are durable"
    )
    return Finding(name, not off, found, f"Turn on: {', '.join(off)}.")


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


async def _present(core: Core) -> Finding:
    async with core.database.connection() as connection:
        count = await strays(connection)
    found = f"{count:,} rows are not what they are made from" if count else "as it is made"
    return Finding("known now", not count, found, "Run `hub migrate`: it makes them anew.")


async def _log(core: Core) -> Finding:
    async with core.log_database.connection() as connection:
        size = await connection.fetchval("select size from audit.head")
        gaps = [] if core.log_side.own is None else await log_faults(connection)
    found = f"{size:,} entries; `hub audit verify` checks them all"
    if core.log_side.own is not None:
        found = f"in a database of its own, {found}"
    return Finding("log", not gaps, found, "; ".join(gaps) + ".")


async def _witnesses(core: Core) -> Finding:
    try:
        expected = witnesses_of(core)
    except SetupError as problem:
        return Finding("witnesses", is_ok=False, found=str(problem), advice="See docs/audit.md.")
    if not expected.places:
        return Finding("witnesses", is_ok=True, found="none: nobody else watches the log")
    async with core.log_database.connection() as connection:
        seen = {each.witness: each.at for each in await last_seen(connection)}
    told, late = [], []
    for place in expected.places:
        at = seen.get(place.name)
        told.append(f"{place.name} last at {'no time' if at is None else at.isoformat()}")
        if at is None or core.clock() - at > expected.late:
            late.append(place.name)
    advice = f"Late: {', '.join(late)}. See the hub's lines `log.witness.*`."
    return Finding("witnesses", not late, "; ".join(told), advice)


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


async def _wall(core: Core) -> Finding:
    try:
        policy = await Policies(core.database, core.catalogue).current()
        async with core.database.connection() as connection:
            found = await faults(connection, policy, core.catalogue)
    except (HubError, asyncpg.PostgresError) as problem:
        return Finding("wall", is_ok=False, found=type(problem).__name__, advice="Migrate.")
    stands = (
        f"{len({rule.reach.digest for rule in policy.rules})} entitlements, each held to its rows"
    )
    return Finding("wall", not found, stands if not found else "has gaps", "; ".join(found) + ".")


async def _clients(core: Core) -> Finding:
    try:
        clients = await LiveClients.opened(core.settings.clients_file, core.database)
    except HubError as problem:
        return Finding("clients", is_ok=False, found=str(problem), advice="See docs/settings.md.")
    if not clients:
        return Finding("clients", False, "none may sign in", "See `hub clients register`.")
    return Finding("clients", is_ok=True, found=f"{len(clients)} systems may sign in")


async def _encryption(core: Core) -> Finding:
    try:
        clients = await LiveClients.opened(core.settings.clients_file, core.database)
    except HubError as problem:
        return Finding(
            "encryption keys", is_ok=False, found=str(problem), advice="See docs/settings.md."
        )
    receivers = read_places(core.settings.departments_file).receivers
    named = {name: stated[CLIENT] for name, stated in receivers.items() if CLIENT in stated}
    return encryption(clients, core.clock(), named)


def encryption(
    clients: Mapping[str, Client], now: datetime, receivers: Mapping[str, str]
) -> Finding:
    """Return who must be encrypted to and soon cannot be: then they are refused, or not written to.

    `receivers` are those of messages with the client that each is. Until then it is noted, for the
    department has to make the next key.
    """
    needed = {client.id for client in clients.values() if client.encryption != "none"}
    demanded = sorted(needed.union(receivers.values()))
    ends = {id_: _ends(clients.get(id_), now) for id_ in demanded}
    found = [f"{id_} has none from {end:%Y-%m-%d %H:%M} on" for id_, end in ends.items() if end]
    told = f"{len(demanded)} clients must be encrypted to, and can be for {_SOON.days} days"
    return Finding(
        "encryption keys",
        not found,
        "; ".join(found) or told,
        "Ask for the next key: `hub clients add-encryption-key`. Without one they are refused.",
        is_ours=any(end == now for end in ends.values()),
    )


def _ends(client: Client | None, now: datetime) -> datetime | None:
    return now if client is None else client.encryption_ends(now, now + _SOON)


async def _issuers(core: Core) -> Finding:
    own = core.settings.public_url or ""
    try:
        clients = await LiveClients.opened(core.settings.clients_file, core.database)
        issuers = read_issuers(core.settings.issuers_file, clients, own, clients.known)
        sign_in = read_sign_in(core.settings.issuers_file, clients.known, own)
    except HubError as problem:
        return Finding("issuers", is_ok=False, found=str(problem), advice="See docs/tokens.md.")
    named = sorted(
        f"{issuer.entry.id} for {len(issuer.clients)} systems" for issuer in issuers.values()
    )
    found = f"the hub's own, and {', '.join(named)}" if named else "the hub's own tokens only"
    if sign_in is not None:
        found += f"; people sign in, in {len(sign_in.roles)} roles"
    return Finding("issuers", is_ok=True, found=found)


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
