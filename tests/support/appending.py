"""What fault tests of the log share: writers that never stop, and what must hold afterwards."""

import asyncio
from datetime import timedelta

import asyncpg

from audit.errors import LogClosedError, LogStalledError
from audit.log import Limits, Log
from audit.postgres import PostgresStorage, create_schema
from audit.verify import verify_database
from tests.support.audit_log import SIGNER, Ticking, entry

LIMITS = Limits(retry_s=0.01, max_retry_s=0.05)


def log_at(dsn, limits=LIMITS, **storage):
    return Log(
        PostgresStorage(dsn, **storage), SIGNER, Ticking(timedelta(milliseconds=1)), limits=limits
    )


class Load:
    """Writers that never stop, and what they were promised."""

    def __init__(self, log, name):
        self.log = log
        self.name = name
        self.acknowledged = {}
        self.stalled = 0
        self.stopping = False
        self.goal = 0
        self.reached = asyncio.Event()

    async def writer(self, number):
        count = 0
        while not self.stopping:
            count += 1
            request = f"{self.name}-{number}-{count}"
            try:
                receipt = await self.log.append(entry(request))
            except LogStalledError:
                self.stalled += 1
            except LogClosedError:
                assert self.stopping
            else:
                self.acknowledged[receipt.index] = stored_as(request)
                if len(self.acknowledged) >= self.goal:
                    self.reached.set()

    async def more(self, count):
        """Wait until `count` more entries have been acknowledged."""
        self.goal = len(self.acknowledged) + count
        self.reached.clear()
        await self.reached.wait()


def stored_as(request):
    """Return how the record of `entry(request)` says its request."""
    return b'"r%s"' % str(request).encode()


async def execute(dsn, *statements):
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def new_log(dsn):
    """Make the log anew and empty."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("DROP SCHEMA IF EXISTS audit CASCADE")
    await create_schema(connection)
    await connection.close()


async def stored(dsn):
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("SELECT seq, record FROM audit.record ORDER BY seq")
    await connection.close()
    return {row["seq"]: row["record"] for row in rows}


async def check_promises(dsn, acknowledged):
    """What was acknowledged is stored in its place, and no number is missing."""
    found = await stored(dsn)
    assert sorted(found) == list(range(len(found)))
    for index, request in acknowledged.items():
        assert request in found[index]
    return len(found)


def check(dsn, *acknowledged):
    """Check each writer's promises, and the log as an auditor would."""
    for promised in acknowledged:
        assert promised
        count = asyncio.run(check_promises(dsn, promised))
    verdict = verify_database(dsn, SIGNER.vkey, workers=1)
    assert verdict.ok, verdict.problems
    assert verdict.entries == count
