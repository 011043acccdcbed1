"""Brings a database to the tables this version needs, and says whether it is there.

The hub's own tables move by Alembic revisions (`hub/store/migrations`). The tables of datasets
follow their declarations: a missing table or column is added, nothing is ever dropped or
changed in place, and a declaration that would need it is refused. A declared index that is missing
is added on both. So adding a department needs no migration, and a test compares the outcome of both
with `hub.store.tables`.
"""

from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Connection, Inspector, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from hub.errors import SetupError, StoreUnavailableError
from hub.store.data_keys import keep_floor
from hub.store.log_place import prepare_log
from hub.store.present import keep_present
from hub.store.revision import SCRIPTS, current_revision
from hub.store.tables import FIXED_TABLES, all_tables
from hub.store.tags import keep_tag_floor
from hub.store.wall import raise_tables
from hub.store.warned import keep_warned
from schema.catalogue import Catalogue

_LOCK: Final = 0x48554231
"""Advisory lock that lets one process migrate at a time."""


def _engine(dsn: str) -> AsyncEngine:
    return create_async_engine(
        make_url(dsn).set(drivername="postgresql+asyncpg"), poolclass=NullPool
    )


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection, catalogue: Catalogue) -> None:
    connection.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    command.upgrade(_config(connection), "head")
    _follow_declarations(connection, catalogue)
    keep_warned(connection, catalogue)
    keep_present(connection)
    keep_floor(connection)
    keep_tag_floor(connection)
    raise_tables(connection, catalogue)


def _follow_declarations(connection: Connection, catalogue: Catalogue) -> None:
    """Add the tables and columns that declarations of datasets ask for, and the indexes of all.

    Raises:
        SetupError: A declared column exists with another type.
    """
    declared = all_tables(catalogue)
    found = sa.inspect(connection)
    present = set(found.get_table_names())
    for name, table in declared.tables.items():
        if name not in present:
            table.create(connection)
            continue
        if name not in FIXED_TABLES:
            _add_columns(connection, table, found)
        _add_indexes(connection, table, found)


def _add_columns(connection: Connection, table: sa.Table, found: Inspector) -> None:
    present = {column["name"]: column for column in found.get_columns(table.name)}
    quote = connection.dialect.identifier_preparer
    for column in table.columns:
        kind = column.type.compile(connection.dialect)
        if column.name not in present:
            connection.execute(
                sa.DDL(  # type: ignore[no-untyped-call]  # SQLAlchemy has no types for it
                    f"alter table {quote.format_table(table)} "
                    f"add column {quote.format_column(column)} {kind}"
                )
            )
        elif present[column.name]["type"].compile(connection.dialect) != kind:
            raise SetupError(
                f"{table.name}.{column.name} is declared as {kind} but stored otherwise; "
                "declare a new field and move the values, a stored one is never changed in place."
            )


def _add_indexes(connection: Connection, table: sa.Table, found: Inspector) -> None:
    present = {index["name"] for index in found.get_indexes(table.name)}
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        if index.name not in present:
            index.create(connection)


async def migrate(dsn: str, catalogue: Catalogue, log_dsn: str | None = None) -> str:
    """Bring the database up to date and return its revision; safe to run at any time.

    The log's tables are set up at `log_dsn`; None: in the same database.

    Raises:
        StoreUnavailableError: A database cannot be reached; nothing was changed in that one.
        SetupError: A declaration contradicts what is stored, and nothing was changed; or the log is
            elsewhere, and no second one was begun.
    """
    engine = _engine(dsn)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, catalogue)
    except (OSError, sa.exc.DBAPIError) as problem:
        raise StoreUnavailableError("The database does not accept the migration.") from problem
    finally:
        await engine.dispose()
    await prepare_log(dsn, log_dsn or dsn)
    return await current_revision(dsn)


def _differences(connection: Connection, catalogue: Catalogue) -> list[str]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    found = compare_metadata(context, all_tables(catalogue))
    return [str(difference) for difference in found if "alembic_version" not in str(difference)]


async def differences(dsn: str, catalogue: Catalogue) -> list[str]:
    """Return how the database differs from the declared tables; empty when it does not."""
    engine = _engine(dsn)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_differences, catalogue)
    finally:
        await engine.dispose()
