"""The log is where the settings say, and nowhere else; otherwise nothing starts.

A hub that begins a second log beside its own would answer, and what was recorded before would be
out of auditors' sight. So it is refused: a log that is in the hub's database although it has one of
its own, a log that is empty although the hub has read some of it, one that ends before what the hub
has read.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from audit.postgres import create_schema
from hub.errors import SetupError, StoreUnavailableError
from hub.store.database import Connection
from hub.store.wall import raise_log

_PATIENCE_S: Final = 10.0
_IS_THERE: Final = "select to_regclass('audit.head') is not null"
_SIZE: Final = "select coalesce(max(size), 0) from audit.head"
_COUNTED: Final = "select next from indicator_progress"
_ELSEWHERE: Final = (
    "The hub's database has a log of {size:,} entries, and HUB_AUDIT_DATABASE_URL names another "
    "database. Move it as docs/operations.md says (The log in a database of its own), or take the "
    "setting away."
)
_SHORTER: Final = (
    "The log has {size:,} entries, and this hub has read {counted:,} of it: it is another's, or "
    "older than the hub's database. See docs/operations.md, A restore of only one of the two."
)
_GONE: Final = (
    "This hub has read {counted:,} entries of a log that is not in {where}. If the log has a "
    "database of its own, set HUB_AUDIT_DATABASE_URL to it; no second log is begun."
)
_NOT_SET_UP: Final = "{where} is not set up for the log: run `hub migrate`."
_HUB: Final = "the hub's database"
_LOG: Final = "the database of HUB_AUDIT_DATABASE_URL"


@asynccontextmanager
async def _connected(dsn: str, where: str) -> AsyncIterator[Connection]:
    try:
        connection = await asyncpg.connect(dsn, timeout=_PATIENCE_S)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as problem:
        raise StoreUnavailableError(f"{_capital(where)} cannot be reached.") from problem
    try:
        yield connection
    finally:
        await connection.close(timeout=_PATIENCE_S)


@asynccontextmanager
async def _both(dsn: str, log_dsn: str) -> AsyncIterator[tuple[Connection, Connection]]:
    async with _connected(dsn, _HUB) as hub:
        if dsn == log_dsn:
            yield hub, hub
            return
        async with _connected(log_dsn, _LOG) as log:
            yield hub, log


async def prepare_log(dsn: str, log_dsn: str) -> None:
    """Set up the log's tables and the role that reads them; the hub's own tables are there.

    Raises:
        StoreUnavailableError: A database cannot be reached.
        SetupError: The log is elsewhere; no second one was begun.
    """
    async with _both(dsn, log_dsn) as (hub, log):
        await _refuse_second(hub, log)
        await create_schema(log)
        await raise_log(log)


async def check_log_place(dsn: str, log_dsn: str) -> None:
    """See to it that the log is where the settings say.

    Raises:
        StoreUnavailableError: A database cannot be reached.
        SetupError: It is not, or is not set up there.
    """
    async with _both(dsn, log_dsn) as (hub, log):
        await _refuse_second(hub, log)
        if not await log.fetchval(_IS_THERE):
            where = _HUB if log is hub else _LOG
            raise SetupError(_capital(_NOT_SET_UP.format(where=where)))


async def _refuse_second(hub: Connection, log: Connection) -> None:
    is_apart = log is not hub
    if is_apart and await hub.fetchval(_IS_THERE) and (here := await hub.fetchval(_SIZE)):
        raise SetupError(_ELSEWHERE.format(size=here))
    counted: int = await hub.fetchval(_COUNTED)
    size: int | None = None
    if await log.fetchval(_IS_THERE):
        size = await log.fetchval(_SIZE)
    if size is None and counted:
        raise SetupError(_GONE.format(counted=counted, where=_LOG if is_apart else _HUB))
    if is_apart and size is not None and size < counted:
        raise SetupError(_SHORTER.format(size=size, counted=counted))


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
