"""The database's own plan of a statement, as it is when the hub runs it: with no value in it.

The statement is prepared and planned for any values, as serving connections have it
(`plan_cache_mode = force_generic_plan`), so conditions show `$1`, never what was asked.
"""

from collections.abc import Sequence
from typing import Final

import asyncpg

from hub.errors import StoreUnavailableError

_TYPES: Final = (
    "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = 'explained'"
)
_SETTINGS: Final = {
    "application_name": "hub explain",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}
_LOOK: Final = "EXPLAIN (COSTS, SETTINGS)"
_RUN: Final = "EXPLAIN (ANALYZE, BUFFERS, SETTINGS)"
_FAREWELL_S: Final = 5.0


async def plan_of(
    dsn: str,
    statement: str,
    values: Sequence[object] | None = None,
    *,
    role: str | None = None,
) -> tuple[str, ...]:
    """Return the lines of the database's plan of `statement`, run as `role`, or as who signs in.

    With `values` it is also run, in a transaction that reads only and is taken back, and the lines
    say what was met on the way; no row leaves the server. Without, nothing is run.

    Raises:
        StoreUnavailableError: The database cannot be reached, or gave up.
    """
    settings = _SETTINGS if role is None else {**_SETTINGS, "role": role}
    try:
        connection = await asyncpg.connect(dsn, server_settings=settings)
        try:
            return await _plan(connection, statement, values)
        finally:
            await connection.close(timeout=_FAREWELL_S)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as problem:
        raise StoreUnavailableError(
            f"The database does not explain the statement ({type(problem).__name__})."
        ) from problem


async def _plan(
    connection: asyncpg.Connection, statement: str, values: Sequence[object] | None
) -> tuple[str, ...]:
    await connection.execute(f"PREPARE explained AS {statement}")
    types: list[str] = await connection.fetchval(_TYPES)
    given = ["NULL"] * len(types)
    if values is not None:
        given = [
            await connection.fetchval(f"SELECT quote_nullable($1::{kind}::text)", value)
            for kind, value in zip(types, values, strict=True)
        ]
    arguments = f"({', '.join(given)})" if given else ""
    transaction = connection.transaction(readonly=True)
    await transaction.start()
    try:
        how = _LOOK if values is None else _RUN
        rows = await connection.fetch(f"{how} EXECUTE explained{arguments}")
    finally:
        await transaction.rollback()
    return tuple(str(row[0]) for row in rows)
