"""Gives tests a real PostgreSQL: the hub's own embedded server, and fresh databases on it."""

import asyncio
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg

from hub.home import Home
from hub.store.embedded import EmbeddedServer
from hub.store.embedded.client import wait_until_stopped
from hub.store.embedded.rendezvous import remove_runtime_folder

MEMORY = Path("/proc/meminfo")
IN_MEMORY = Path("/dev/shm")
_ENOUGH_MB = 4096


def _place() -> Path | None:
    """Return where homes are made: in memory where there is plenty, else where others are."""
    with suppress(OSError):
        if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free >> 20 >= _ENOUGH_MB:
            available = re.search(
                r"^MemAvailable: +(\d+) kB$", MEMORY.read_text("ascii"), re.MULTILINE
            )
            if available and int(available[1]) >> 10 >= 2 * _ENOUGH_MB:
                return IN_MEMORY
    return None


@contextmanager
def temporary_home() -> Iterator[Path]:
    """Give a new home outside pytest's own folders, which are closed to other accounts.

    It is in memory where there is plenty: nearly every test makes a database of some hundred files
    and drops it, and file systems that are slow at that would take most of a run.
    """
    home = Path(tempfile.mkdtemp(prefix="hub-test-", dir=_place()))
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
