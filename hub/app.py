"""The composition root: every part is built here, once, in the order of the layers.

A `Core` is what every command needs: settings, declarations, keys, the database, the log. It is
opened from the bottom up and closed in reverse, and there is one of it in a process.
"""

import shlex
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from pydantic import SecretStr

from audit.entry import EntryKind
from audit.log import Log
from audit.postgres import PostgresStorage
from connectors.shape import BEIJING
from hub.access import Policy, load_policy
from hub.access.difference import difference
from hub.access.policy import load_former
from hub.casework.sharing.request import rebased
from hub.clock import Clock, utc_now
from hub.custody.alarm import Alarm, Hook
from hub.errors import SetupError
from hub.ingest.full_pass import FullPass
from hub.ingest.grants import catalogue_check
from hub.ingest.pipeline import Ingest
from hub.ingest.rescore import Rescorer
from hub.ingest.vectors_read import VectorsReader
from hub.query.bind import day_of
from hub.query.policies import Policies, publish_policy
from hub.sealing.datakeys import DataKeys
from hub.sealing.keyring import KeyKind, Keyring
from hub.sealing.log_signing import LogSigner
from hub.sealing.signing import MessageSigner
from hub.sealing.suites import SUITES, Suite
from hub.sealing.tags import Tagger, ensure_tag_keys
from hub.settings import Settings
from hub.store.database import Database
from hub.store.embedded.client import EmbeddedServer
from hub.store.embedded.configuration import ROLE
from hub.store.facts import Facts
from hub.store.journal import recorded
from hub.store.log_place import check_log_place
from hub.store.log_side import LogSide
from hub.store.revision import current_revision, newest_revision
from hub.store.wall import let_make_roles
from schema.catalogue import DEFAULT_PACKAGES, Catalogue
from scoring import AlertParameters, Profile, load_profile, packaged_calendar, packaged_profile
from scoring.facts import fields_number

_HUB_KEYS = (KeyKind.SUBJECT, KeyKind.LOG, KeyKind.TOKEN, KeyKind.OUTBOUND, KeyKind.REPLAY)
_TAG_KEYS = frozenset({KeyKind.TAG, KeyKind.SUBJECT})


@dataclass(frozen=True, slots=True)
class Server:
    """A database that is there: its address, and whether it still is."""

    dsn: str = field(repr=False)
    log_dsn: str = field(repr=False)
    """Where the log is: the same address, unless it has a database of its own."""
    is_running: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Core:
    """What every command stands on; lives as long as the process."""

    settings: Settings
    clock: Clock
    catalogue: Catalogue
    keyring: Keyring
    data_keys: DataKeys
    tagger: Tagger
    signer: MessageSigner
    server: Server
    database: Database
    log_side: LogSide
    """Where the log is read and written, beside what `log` appends."""
    log: Log

    @property
    def dsn(self) -> str:
        """The database's address; it holds a password."""
        return self.server.dsn

    @property
    def log_database(self) -> Database:
        """The database that the log is in."""
        return self.log_side.of(self.database)


def catalogue_of(settings: Settings) -> Catalogue:
    """Return the declarations: the hub's own and those of the settings' packages."""
    return Catalogue.discover((*DEFAULT_PACKAGES, *settings.dataset_packages))


@asynccontextmanager
async def server_of(settings: Settings) -> AsyncIterator[Server]:
    """Give the database; the embedded one runs while this is open."""
    own = _address(settings.audit_database_url)
    if settings.database_url is not None:
        dsn = settings.database_url.get_secret_value()
        yield Server(dsn, own or dsn, lambda: True)
    else:
        async with EmbeddedServer.attach(settings.home) as server:
            yield Server(server.dsn(), own or server.dsn(), server.is_running)


def _address(url: SecretStr | None) -> str | None:
    return None if url is None else url.get_secret_value()


async def prepare(settings: Settings, catalogue: Catalogue) -> str:
    """Make what is missing: keys, tables. Return the database's revision.

    Raises:
        SetupError: Keys or tables contradict what this version expects; nothing was changed.
        StoreUnavailableError: The database cannot be reached.
    """
    from hub.store.migrate import migrate  # not with this module: workers live without Alembic

    keyring = Keyring.open_or_create(settings.key_folder, settings.root_key)
    today = day_of(utc_now()).isoformat()
    departments = sorted({dataset.department for dataset in catalogue.stored})
    _refuse_unknown(settings, departments)
    ensure_tag_keys(keyring, today, _suite_of_hub_key(settings, KeyKind.TAG))
    for kind in _HUB_KEYS:
        keyring.ensure(kind, today=today, suite=_suite_of_hub_key(settings, kind))
    for department in departments:
        keyring.ensure(KeyKind.DEPARTMENT, department, today, suite_set(settings, department))
    own = _address(settings.audit_database_url)
    if settings.database_url is None:
        async with EmbeddedServer.attach(settings.home) as embedded:
            await let_make_roles(embedded.admin_dsn(), ROLE)
            return await migrate(embedded.dsn(), catalogue, own)
    return await migrate(settings.database_url.get_secret_value(), catalogue, own)


def suite_set(settings: Settings, department: str) -> Suite:
    """Return the suite that the settings want for a department's key."""
    return SUITES[settings.sealing_suites.get(department, settings.sealing_suite)]


def _suite_of_hub_key(settings: Settings, kind: KeyKind) -> Suite:
    """Return the suite of a key of the hub: of those that make tags it is set, others have one."""
    return SUITES[settings.sealing_suite] if kind in _TAG_KEYS else Suite.AES


def _refuse_unknown(settings: Settings, departments: Sequence[str]) -> None:
    unknown = sorted(set(settings.sealing_suites) - set(departments))
    if unknown:
        raise SetupError(
            f"The setting sealing_suites names {', '.join(unknown)}, of which nothing is kept; "
            f"departments are {', '.join(departments)}."
        )


@asynccontextmanager
async def opened(settings: Settings, clock: Clock = utc_now) -> AsyncIterator[Core]:
    """Open the core of a hub that was prepared.

    Raises:
        SetupError: Keys or tables are missing, `hub migrate` makes them; or the log is elsewhere.
        StoreUnavailableError: The database cannot be reached.
        LogError: The log's database is unsafe or contradicts itself.
    """
    catalogue = catalogue_of(settings)
    keyring = Keyring.open(settings.key_folder, settings.root_key)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(server_of(settings))
        dsn = server.dsn
        found, needed = await current_revision(dsn), newest_revision()
        if found != needed:
            raise SetupError(
                f"The database is at revision {found}, this version needs {needed}: "
                "run `hub migrate`."
            )
        await check_log_place(dsn, server.log_dsn)
        database = Database(dsn, size=settings.connections)
        stack.push_async_callback(database.close)
        own = Database(server.log_dsn, size=settings.connections) if server.log_dsn != dsn else None
        if own is not None:
            stack.push_async_callback(own.close)
        log = Log(PostgresStorage(server.log_dsn), LogSigner(keyring, settings.origin), clock)
        await stack.enter_async_context(log)
        alarm = Alarm(database, log, clock, _hook(settings))
        await stack.enter_async_context(alarm.watching())
        yield Core(
            settings=settings,
            clock=clock,
            catalogue=catalogue,
            keyring=keyring,
            data_keys=DataKeys(keyring),
            tagger=Tagger(keyring, clock),
            signer=MessageSigner(keyring, clock),
            server=server,
            database=database,
            log_side=LogSide(own),
            log=log,
        )


def _hook(settings: Settings) -> Hook | None:
    command = shlex.split(settings.alarm_command or "")
    return Hook(command, settings.origin) if command else None


async def apply_policy(core: Core) -> Policy:
    """Put the policy of the settings in force and on record; the same text changes nothing.

    Raises:
        PolicyError: It is refused by name and place; the old one stays in force.
        AuditUnavailableError: It could not be put on record; the old one stays in force.
    """
    try:
        text = core.settings.policy_file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise SetupError(f"The policy {core.settings.policy_file} cannot be read.") from problem
    async with core.database.transaction() as connection:
        row = await connection.fetchrow("select digest, document from policy_revision for update")
        known, document = row or (None, None)
        if document is not None:
            text = rebased(text, document)
            _refuse_widening(document, text, core)
        policy = await publish_policy(connection, text, core.catalogue, core.clock())
        if policy.digest != known:
            content = {"policy": policy.digest, "before": known or "", "outcome": "announced"}
            await recorded(core.log, EntryKind.POLICY, content)
    return policy


def _refuse_widening(before: str, after: str, core: Core) -> None:
    """Let nobody widen access alone.

    Raises:
        SetupError: The policy file lets somebody read more than the policy in force.
    """
    made = load_policy(after, core.catalogue)
    wider = [c for c in difference(load_former(before, core.catalogue), made) if c.widens]
    if wider:
        raise SetupError(
            f"The policy file widens access, and the old policy stays in force: {wider[0].told()} "
            f"{_others(len(wider) - 1)}It takes two people: `hub policy propose --by NAME`, then "
            f"`hub policy confirm {made.digest[:12]} --by ANOTHER`."
        )


def _others(count: int) -> str:
    return f"(And {count} more: `hub policy propose` tells all.) " if count else ""


def profile_of(core: Core, policy: Policy) -> Profile:
    """Return the profile of today, its inputs checked against the catalogue and the policy.

    Raises:
        ProfileError: An input may never be read for early warning.
    """
    today = core.clock().astimezone(BEIJING).date()
    return packaged_profile(today, catalogue_check(core.catalogue, policy, today))


def rescorer_of(core: Core, policy: Policy) -> Rescorer:
    """Return the scorer under the profile of today.

    Raises:
        ProfileError: As `profile_of`.
    """
    profile = profile_of(core, policy)
    return Rescorer(
        Facts(core.catalogue),
        core.data_keys,
        core.tagger,
        core.log,
        profile,
        AlertParameters(profile.document, packaged_calendar()),
        core.clock,
    )


async def full_pass_of(core: Core) -> FullPass:
    """Return what scores the whole population, under the policy in force.

    Raises:
        SetupError: No policy is in force.
        ProfileError: As `rescorer_of`.
    """
    policy = await Policies(core.database, core.catalogue).current()
    rescorer = rescorer_of(core, policy)
    fields = fields_number(rescorer.profile.fields_read)
    return FullPass(core.database, rescorer, VectorsReader(core.data_keys, fields))


async def profile_from(core: Core, text: str) -> Profile:
    """Return another profile, its inputs checked as those of the profile in force are.

    Raises:
        SetupError: No policy is in force.
        ProfileError: It cannot be used; everything that is wrong with it is named.
    """
    policy = await Policies(core.database, core.catalogue).current()
    today = core.clock().astimezone(BEIJING).date()
    return load_profile(text, catalogue_check(core.catalogue, policy, today))


async def ingest_of(core: Core) -> Ingest:
    """Return what takes in departments' records, scoring under the policy in force.

    Raises:
        SetupError: No policy is in force.
        ProfileError: As `rescorer_of`.
    """
    policy = await Policies(core.database, core.catalogue).current()
    return Ingest(
        core.database,
        core.log,
        Facts(core.catalogue),
        core.data_keys,
        core.tagger,
        rescorer_of(core, policy),
        core.clock,
    )
