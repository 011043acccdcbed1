"""The second wall: the database itself shows an entitlement no row that its policy does not name.

The first wall is the plan (`hub.query.granting`). Should it, or the SQL that is composed from it,
be wrong, this one holds: every table about people has row-level security, forced on its owner too;
a query runs under the role of its entitlement, which may read the datasets it is granted anything
of, of the regions it is granted, and no sealed value that it is not granted. The wall is coarser in
three ways: a person's records are shown by county, not by street; it does not know days of grants,
cases and consents; and what is stored clear of a granted dataset is shown whole.

`raise_tables` sets the tables up when the database is migrated, `raise_roles` makes the roles of a
policy in the transaction that puts it in force. A role that is missing, or may not read what a
statement reads, ends in `WallError`: no role, no answer.
"""

from collections.abc import Sequence
from typing import Final

import asyncpg
import sqlalchemy as sa
from sqlalchemy.engine import Connection as SyncConnection

from hub.access import Policy, Reach
from hub.errors import SetupError, StoreUnavailableError
from hub.store.database import Connection, Database
from hub.store.wall_sql import (
    Names,
    Recipe,
    Recipes,
    base_grants,
    base_roles,
    create_policy,
    end_of_role,
    entitlement_role,
    log_grants,
    new_role,
    protected,
    region_policies,
    table_policies,
)
from schema.catalogue import Catalogue

_REMEMBERED: Final = 512
_LOCK_PATIENCE: Final = "5s"
"""How long a new region's policies wait for the tables; those who read wait behind them."""
_MAY_MAKE_ROLES: Final = """
    select rolcreaterole or rolsuper from pg_roles where rolname = session_user
"""
_IS_ROLE_MAKER: Final = "select rolcreaterole from pg_roles where rolname = $1"
_SECURED: Final = """
    select relname from pg_class
    where relnamespace = 'public'::regnamespace and relrowsecurity and relforcerowsecurity
"""
_POLICIES: Final = "select tablename, policyname from pg_policies where schemaname = 'public'"
_RAISED: Final = """
    select distinct r.rolname from pg_class c, aclexplode(c.relacl) a, pg_roles r
    where c.oid = 'policy_revision'::regclass and r.oid = a.grantee and starts_with(r.rolname, $1)
"""
"""Every entitlement's role may read the policy's digest: this database knows those."""
_HAS_ROLE: Final = """
    select exists (select from pg_roles where rolname = $1 and pg_has_role(rolname, 'MEMBER'))
"""
_READS_LOG: Final = """
    select has_schema_privilege($1, 'audit', 'usage')
        and bool_and(has_table_privilege($1, c.oid, 'select'))
    from pg_class c where c.relnamespace = 'audit'::regnamespace and c.relkind = 'r'
"""
_ALSO_READ: Final = """
    select distinct coalesce(r.rolname, 'PUBLIC') from (
        select nspacl as acl from pg_namespace where nspname = 'audit'
        union all
        select relacl from pg_class
        where relnamespace = 'audit'::regnamespace and relkind in ('r', 'v')
    ) held, aclexplode(held.acl) a left join pg_roles r on r.oid = a.grantee
    where coalesce(r.rolname, 'PUBLIC') not in ($1, $2) order by 1
"""
_BESIDE_LOG: Final = """
    select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not like 'pg\\_%'
      and n.nspname not in ('information_schema', 'audit') order by 1
"""
_EXEMPT: Final = """
    select rolname from pg_roles where rolname = session_user and (rolsuper or rolbypassrls)
"""


async def login_of(connection: Connection) -> str:
    """Return the role that the hub signs in as."""
    name: str = await connection.fetchval("select session_user::text")
    return name


class Wall:
    """Knows the role of each entitlement; lives as long as the application."""

    def __init__(self, database: Database, catalogue: Catalogue) -> None:
        """Ask nothing yet."""
        self._database = database
        self._recipes = Recipes(catalogue)
        self._names: Names | None = None
        self._known: dict[str, str] = {}

    async def names(self) -> Names:
        """Return how the roles are named here.

        Raises:
            StoreUnavailableError: The database cannot be reached.
        """
        if self._names is None:
            async with self._database.connection() as connection:
                self._names = Names(await login_of(connection))
        return self._names

    async def role(self, reach: Reach) -> str:
        """Return the role under which an entitlement of `reach` reads.

        Raises:
            StoreUnavailableError: As `names`.
        """
        known = self._known.get(reach.digest)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            names = await self.names()
            known = names.entitled + self._recipes.of(reach).digest
            self._known[reach.digest] = known
        return known


async def raise_roles(connection: Connection, policy: Policy, catalogue: Catalogue) -> None:
    """Make the roles of `policy`, and take away those that no entitlement of it has.

    Call it inside the transaction that puts the policy in force. A role that stays is not touched.

    Raises:
        SetupError: The hub's role may not make roles.
        StoreUnavailableError: A new region waits for tables that are read for too long; nothing
            was changed.
    """
    names = Names(await login_of(connection))
    wanted: dict[str, Recipe] = {}
    recipes = Recipes(catalogue)
    for rule in policy.rules:
        recipe = recipes.of(rule.reach)
        wanted[names.entitled + recipe.digest] = recipe
    raised = {row[0] for row in await connection.fetch(_RAISED, names.entitled)}
    statements: list[str] = []
    for name in sorted(wanted.keys() - raised):
        statements += entitlement_role(names, name, wanted[name])
    regions = {region for recipe in wanted.values() for region in recipe.regions}
    policies = await _missing(connection, names, catalogue, sorted(regions))
    groups = [s for region in sorted(regions) for s in new_role(names.within(region), names.login)]
    stale = [end_of_role(name) for name in sorted(raised - wanted.keys())]
    try:
        if statements or policies:
            await connection.execute(";\n".join([*groups, *statements]))
        if policies:
            await _add_policies(connection, policies)
        if stale:
            await connection.execute(";\n".join(stale))
    except asyncpg.InsufficientPrivilegeError as problem:
        raise SetupError(_ADVICE) from problem


_ADVICE: Final = (
    "The hub's role in PostgreSQL may not make the roles that readers are held to. Give it the "
    "right, as a superuser: ALTER ROLE <the role of HUB_DATABASE_URL> CREATEROLE; and see to it "
    "that it owns the tables."
)


_LOG_ADVICE: Final = (
    "The hub's role in the log's database may not make the role that auditors' look-ups are held "
    "to. Give it the right there, as a superuser: ALTER ROLE <the role of HUB_AUDIT_DATABASE_URL> "
    "CREATEROLE; and see to it that it owns the database."
)


async def _missing(
    connection: Connection, names: Names, catalogue: Catalogue, regions: Sequence[str]
) -> list[str]:
    present = {tuple(row) for row in await connection.fetch(_POLICIES)}
    return [
        create_policy(table, name, text)
        for region in regions
        for table, name, text in region_policies(names, catalogue, region)
        if (table, name) not in present
    ]


async def _add_policies(connection: Connection, policies: Sequence[str]) -> None:
    await connection.execute(f"set local lock_timeout = '{_LOCK_PATIENCE}'")
    try:
        await connection.execute(";\n".join(policies))
    except asyncpg.LockNotAvailableError as problem:
        raise StoreUnavailableError(
            "A region that is new to the policy waits for tables that are being read; try again "
            "when no export or backup runs."
        ) from problem
    await connection.execute("set local lock_timeout = 0")


def raise_tables(connection: SyncConnection, catalogue: Catalogue) -> None:
    """Secure every table about people, and make the roles that there always are; idempotent.

    Raises:
        SetupError: The hub's role may not make roles.
    """
    if not connection.execute(sa.text(_MAY_MAKE_ROLES)).scalar_one():
        raise SetupError(_ADVICE)
    names = Names(connection.execute(sa.text("select session_user::text")).scalar_one())
    secured = set(connection.execute(sa.text(_SECURED)).scalars())
    present = {(table, name) for table, name in connection.execute(sa.text(_POLICIES))}
    statements = [*base_roles(names), *base_grants(names, catalogue)]
    for table in protected(catalogue):
        if table not in secured:
            statements.append(f'alter table "{table}" enable row level security')
            statements.append(f'alter table "{table}" force row level security')
        statements += [
            create_policy(table, name, text)
            for name, text in table_policies(names, table).items()
            if (table, name) not in present
        ]
    regions = {name.removeprefix("in_") for _, name in present if name.startswith("in_")}
    statements += [
        create_policy(table, name, text)
        for region in sorted(regions)
        for table, name, text in region_policies(names, catalogue, region)
        if (table, name) not in present
    ]
    for statement in statements:
        connection.exec_driver_sql(statement)


async def let_make_roles(admin_dsn: str, name: str) -> None:
    """Let the hub's role make roles, on a server of its own that an older version set up.

    Raises:
        StoreUnavailableError: The database cannot be reached.
    """
    try:
        admin = await asyncpg.connect(admin_dsn)
        try:
            if not await admin.fetchval(_IS_ROLE_MAKER, name):
                await admin.execute(f'alter role "{name}" createrole')
        finally:
            await admin.close()
    except (OSError, asyncpg.PostgresError) as problem:
        raise StoreUnavailableError("The database does not accept connections.") from problem


async def raise_log(connection: Connection) -> None:
    """Let the log's look-up read the log, once its tables are there; make its role if need be.

    Raises:
        SetupError: The role of the log's database may not make it.
    """
    names = Names(await login_of(connection))
    try:
        if not await connection.fetchval(_HAS_ROLE, names.log):
            await connection.execute(";\n".join(new_role(names.log, names.login)))
        await connection.execute(";\n".join(log_grants(names)))
    except asyncpg.InsufficientPrivilegeError as problem:
        raise SetupError(_LOG_ADVICE) from problem


async def log_faults(connection: Connection) -> list[str]:
    """Return what is wrong with the wall in the log's own database; empty when it stands."""
    names = Names(await login_of(connection))
    found: list[str] = []
    if not await connection.fetchval(_HAS_ROLE, names.log):
        return [f"the role {names.log} is missing, and no auditor is answered: run `hub migrate`"]
    if await connection.fetchval(_EXEMPT) is not None:
        found.append(
            "the hub signs in to the log's database as a superuser or with BYPASSRLS: give "
            "HUB_AUDIT_DATABASE_URL a role that owns that database, with CREATEROLE and no more"
        )
    if not await connection.fetchval(_READS_LOG, names.log):
        found.append(f"{names.log} may not read the whole log: run `hub migrate`")
    others = [row[0] for row in await connection.fetch(_ALSO_READ, names.login, names.log)]
    if others:
        found.append(f"other roles may read the log: {', '.join(others)}; REVOKE that")
    more = [row[0] for row in await connection.fetch(_BESIDE_LOG)]
    if more:
        found.append(f"the log's database has more than the log: {', '.join(more)}")
    return found


async def unsecured(connection: Connection, catalogue: Catalogue) -> list[str]:
    """Return the tables about people that lack row-level security."""
    secured = {row[0] for row in await connection.fetch(_SECURED)}
    return sorted(set(protected(catalogue)) - secured)


async def faults(connection: Connection, policy: Policy, catalogue: Catalogue) -> list[str]:
    """Return what is wrong with the wall, each with what to do about it; empty when it stands."""
    found: list[str] = []
    open_tables = await unsecured(connection, catalogue)
    if open_tables:
        found.append(f"no row-level security on {', '.join(open_tables)}: run `hub migrate`")
    if not await connection.fetchval(_MAY_MAKE_ROLES):
        found.append(_ADVICE)
    if await connection.fetchval(_EXEMPT) is not None:
        found.append(
            "the hub signs in as a superuser or with BYPASSRLS, so the wall holds its queries but "
            "not the rest of it: give HUB_DATABASE_URL a role that owns the database, with "
            "CREATEROLE and no more"
        )
    names = Names(await login_of(connection))
    raised = {row[0] for row in await connection.fetch(_RAISED, names.entitled)}
    recipes = Recipes(catalogue)
    wanted = {names.entitled + recipes.of(rule.reach).digest for rule in policy.rules}
    if wanted - raised:
        found.append(
            f"{len(wanted - raised)} of {len(wanted)} roles of the policy are missing, and who has "
            "such an entitlement is answered nothing: run `hub migrate`"
        )
    return found
