"""A department's PostgreSQL database: a second embedded server, filled from CSV files.

Each `*.csv` of a folder becomes a table of texts. The server ends with whoever runs it; the
hub's own database is another one.
"""

import asyncio
import csv
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import asyncpg

from hub.store.embedded.client import EmbeddedServer, wait_until_stopped

_LOADED: Final = "loaded_from"


@contextmanager
def registers_database(folder: Path) -> Iterator[str]:
    """Run the database over the files of a folder and give its SQLAlchemy address.

    Raises:
        SetupError: The server did not start.
    """
    home = folder / "server"
    with EmbeddedServer.attach_sync(home) as server:
        dsn = server.dsn()
        asyncio.run(_filled(dsn, sorted(folder.glob("*.csv"))))
        yield dsn.replace("postgresql://", "postgresql+asyncpg://", 1)
    wait_until_stopped(home)


async def _filled(dsn: str, files: list[Path]) -> None:
    """Take the files in, unless exactly these were taken in before."""
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute(f"CREATE TABLE IF NOT EXISTS {_LOADED} (digest text)")
            if await connection.fetchval(f"SELECT digest FROM {_LOADED}") == digest:  # noqa: S608 - our own table
                return
            for file in files:
                await _take(connection, file)
            await connection.execute(f"DELETE FROM {_LOADED}")  # noqa: S608 - our own table
            await connection.execute(f"INSERT INTO {_LOADED} VALUES ($1)", digest)  # noqa: S608 - our own table
    finally:
        await connection.close()


async def _take(connection: asyncpg.Connection, file: Path) -> None:
    with file.open(encoding="utf-8", newline="") as lines:
        columns = next(csv.reader(lines))
    table = file.stem
    await connection.execute(f"DROP TABLE IF EXISTS {table}")
    await connection.execute(
        f"CREATE TABLE {table} ({', '.join(f'{column} text' for column in columns)})"
    )
    await connection.copy_to_table(table, source=file, format="csv", header=True, encoding="utf8")
    await connection.execute(f"CREATE INDEX ON {table} (gxsj, id)")
