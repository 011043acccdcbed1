"""Gives tests a real PostgreSQL: the hub's own embedded server, and fresh databases on it."""

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from hub.home import Home
from hub.store.embedded import EmbeddedServer
from hub.store.embedded.client import wait_until_stopped
from hub.store.embedded.rendezvous import remove_runtime_folder


@contextmanager
def temporary_home() -> Iterator[Path]:
    """Give a new home directly under /tmp: pytest's own folders are closed to other accounts."""
    home = Path(tempfile.mkdtemp(prefix="hub-test-"))
    try:
        yield home
    finally:
        wait_until_unguarded(home)
        remove_runtime_folder(Home.at(home))  # a killed guardian leaves it to the next one
        shutil.rmtree(home)


def wait_until_unguarded(home: Path, patience_s: float = 15.0) -> None:
    """Return once no guardian, and so no server of its, is left on `home`."""
    assert wait_until_stopped(home, patience_s), f"a guardian is left on {home}"


@contextmanager
def running_server() -> Iterator[EmbeddedServer]:
    """Give an embedded server in a home of its own; the guardian stops it after this process."""
    with temporary_home() as home, EmbeddedServer.attach_sync(home) as server:
        yield server


def with_database(dsn: str, database: str) -> str:
    """Return `dsn` pointing to `database` on the same server."""
    before, _, after = dsn.partition("@/")
    return f"{before}@/{database}?{after.partition('?')[2]}"


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextmanager
def fresh_database(dsn: str, template: str = "template1") -> Iterator[str]:
    """Give the address of a new copy of `template` on the server of `dsn`; dropped afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    asyncio.run(_execute(dsn, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"))
    try:
        yield with_database(dsn, name)
    finally:
        asyncio.run(_execute(dsn, f"DROP DATABASE {name} WITH (FORCE)"))
