"""Which revision the database is at, and which this version needs: asked at every start.

Alembic is not loaded for it: a worker never migrates, and would keep its 13 MB as long as it lives.
"""

import asyncio
import re
from pathlib import Path
from typing import Final

import asyncpg

from hub.errors import StoreUnavailableError

NONE: Final = "none"
"""The revision of a database that was never set up."""
SCRIPTS: Final = Path(__file__).parent / "migrations"
"""Where Alembic's revisions are."""
_SAYS: Final = re.compile(r'^(down_)?revision: Final = "(\w+)"$', re.MULTILINE)
_PATIENCE_S: Final = 10.0
_IS_THERE: Final = "select to_regclass('alembic_version') is not null"
_FOUND: Final = "select version_num from alembic_version"


def newest_revision() -> str:
    """Return the revision that this version of the hub needs: the one that none follows.

    Revisions that were written beside each other do not follow by their numbers.
    """
    said = [_SAYS.findall(file.read_text("utf-8")) for file in (SCRIPTS / "versions").glob("*.py")]
    made = {name for lines in said for before, name in lines if not before}
    followed = {name for lines in said for before, name in lines if before}
    return next(iter(made - followed), NONE)


async def current_revision(dsn: str) -> str:
    """Return the revision of the database, "none" before the first migration.

    Raises:
        StoreUnavailableError: The database cannot be reached.
    """
    try:
        async with asyncio.timeout(_PATIENCE_S):
            connection = await asyncpg.connect(dsn)
            try:
                is_there = await connection.fetchval(_IS_THERE)
                return (await connection.fetchval(_FOUND) if is_there else None) or NONE
            finally:
                await connection.close()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
        raise StoreUnavailableError("The database cannot be reached.") from problem
