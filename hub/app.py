"""The composition root: every part is built here, once, in the order of the layers.

A `Core` is what every command needs: settings, declarations, keys, the database, the log. It is
opened from the bottom up and closed in reverse, and there is one of it in a process.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from audit.checkpoint import NoteSigner
from audit.entry import EntryKind
from audit.log import Log
from audit.postgres import PostgresStorage
from connectors.shape import BEIJING
from hub.access import Policy
from hub.clock import Clock, utc_now
from hub.errors import SetupError
from hub.ingest.full_pass import FullPass
from hub.ingest.grants import catalogue_check
from hub.ingest.pipeline import Ingest
from hub.ingest.rescore import Rescorer
from hub.ingest.vectors_read import VectorsReader
from hub.query.policies import Policies, publish_policy
from hub.sealing.datakeys import DataKeys
from hub.sealing.keyring import KeyKind, Keyring
from hub.sealing.signing import MessageSigner, log_seed
from hub.sealing.tags import Tagger
from hub.settings import Settings
from hub.store.database import Database
from hub.store.embedded.client import EmbeddedServer
from hub.store.facts import Facts
from hub.store.journal import recorded
from hub.store.migrate import current_revision, migrate, newest_revision
from schema.catalogue import DEFAULT_PACKAGES, Catalogue
from scoring import AlertParameters, Profile, load_profile, packaged_calendar, packaged_profile
from scoring.facts import fields_number

_HUB_KEYS = (KeyKind.TAG, KeyKind.SUBJECT, KeyKind.LOG, KeyKind.TOKEN, KeyKind.OUTBOUND)


@dataclass(frozen=True, slots=True)
class Server:
    """A database that is there: its address, and whether it still is."""

    dsn: str = field(repr=False)
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
    log: Log

    @property
    def dsn(self) -> str:
        """The database's address; it holds a password."""
        return self.server.dsn


def catalogue_of(settings: Settings) -> Catalogue:
    """Return the declarations: the hub's own and those of the settings' packages."""
    return Catalogue.discover((*DEFAULT_PACKAGES, *settings.dataset_packages))


@asynccontextmanager
async def server_of(settings: Settings) -> AsyncIterator[Server]:
    """Give the database; the embedded one runs while this is open."""
    if settings.database_url is not None:
        yield Server(settings.database_url.get_secret_value(), lambda: True)
    else:
        async with EmbeddedServer.attach(settings.home) as server:
            yield Server(server.dsn(), server.is_running)


async def prepare(settings: Settings, catalogue: Catalogue) -> str:
    """Make what is missing: keys, tables. Return the database's revision.

    Raises:
        SetupError: Keys or tables contradict what this version expects; nothing was changed.
        StoreUnavailableError: The database cannot be reached.
    """
    keyring = Keyring.open_or_create(settings.key_folder)
    for kind in _HUB_KEYS:
        keyring.ensure(kind)
    for department in sorted({dataset.department for dataset in catalogue.stored}):
        keyring.ensure(KeyKind.DEPARTMENT, department)
    async with server_of(settings) as server:
        return await migrate(server.dsn, catalogue)


@asynccontextmanager
async def opened(settings: Settings, clock: Clock = utc_now) -> AsyncIterator[Core]:
    """Open the core of a hub that was prepared.

    Raises:
        SetupError: Keys or tables are missing; `hub migrate` makes them.
        StoreUnavailableError: The database cannot be reached.
        LogError: The log's database is unsafe or contradicts itself.
    """
    catalogue = catalogue_of(settings)
    keyring = Keyring.open(settings.key_folder)
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(server_of(settings))
        dsn = server.dsn
        found, needed = await current_revision(dsn), newest_revision()
        if found != needed:
            raise SetupError(
                f"The database is at revision {found}, this version needs {needed}: "
                "run `hub migrate`."
            )
        database = Database(dsn, size=settings.connections)
        stack.push_async_callback(database.close)
        log = Log(PostgresStorage(dsn), NoteSigner(settings.origin, log_seed(keyring)), clock)
        await stack.enter_async_context(log)
        yield Core(
            settings=settings,
            clock=clock,
            catalogue=catalogue,
            keyring=keyring,
            data_keys=DataKeys(keyring),
            tagger=Tagger(keyring),
            signer=MessageSigner(keyring),
            server=server,
            database=database,
            log=log,
        )


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
        known = await connection.fetchval("select digest from policy_revision")
        policy = await publish_policy(connection, text, core.catalogue, core.clock())
        if policy.digest != known:
            content = {"policy": policy.digest, "before": known or "", "outcome": "announced"}
            await recorded(core.log, EntryKind.POLICY, content)
    return policy


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
