"""How fast entries become durable, beside one transaction each, and how fast they are verified.

Run with `python -m tests.bench audit`. Compare the ratios: absolutes depend on the
disk and on who else uses the machine.
"""

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta

import asyncpg

from audit.checkpoint import NoteSigner
from audit.entry import Entry, EntryKind, SubjectAccess, canonical, commitment, pack_subjects
from audit.log import Log
from audit.postgres import PostgresStorage, create_schema
from audit.subjects import subjects_root
from audit.verify import verify_database
from tests.support.bare_postgres import bare_postgres

WRITERS = 64
SIGNER = NoteSigner("bench.example/log", bytes(32))
START = datetime(2026, 1, 1, tzinfo=UTC)


def clock() -> datetime:
    return START + timedelta(seconds=time.perf_counter())


def record(number: int) -> bytes:
    return canonical(
        {
            "actor": "officer-17",
            "at": 1_790_000_000_000 + number,
            "department": "civil-affairs",
            "operation": "f3a1" * 16,
            "policy": 3,
            "purpose": "social-assistance.means-test",
            "request": f"{number:032x}",
            "served": 12,
        }
    )


async def appends(
    log: Log, field_set: int, subjects: int, seconds: float
) -> tuple[float, float, float]:
    latencies: list[float] = []
    until = time.perf_counter() + seconds
    tags = [os.urandom(32) for _ in range(subjects)]

    async def writer(first: int) -> None:
        number = first
        while (started := time.perf_counter()) < until:
            about = [SubjectAccess(tag, field_set) for tag in tags]
            await log.append(Entry(EntryKind.ANSWER, record(number), about))
            latencies.append(time.perf_counter() - started)
            number += WRITERS

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for first in range(WRITERS):
            group.create_task(writer(first))
    took = time.perf_counter() - started
    latencies.sort()
    p50, p99 = (latencies[int(len(latencies) * q)] * 1000 for q in (0.5, 0.99))
    return len(latencies) / took, p50, p99


async def own_transactions(dsn: str, seconds: float) -> float:
    """The plain way: each request inserts its row in a transaction of its own; no tree."""
    pool = await asyncpg.create_pool(dsn, min_size=16, max_size=16)
    await pool.execute("CREATE TABLE plain (LIKE audit.record INCLUDING ALL)")
    count = 0
    until = time.perf_counter() + seconds
    at = clock()

    async def writer(first: int) -> None:
        nonlocal count
        number = first
        while time.perf_counter() < until:
            body, secret = record(number), os.urandom(32)
            about = pack_subjects([SubjectAccess(secret, 7)])
            await pool.execute(
                "INSERT INTO plain VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                number,
                at,
                3,
                "civil-affairs",
                body,
                secret,
                about,
                commitment(3, secret, body, about),
            )
            count += 1
            number += WRITERS

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for first in range(WRITERS):
            group.create_task(writer(first))
    took = time.perf_counter() - started
    await pool.close()
    return count / took


async def write(dsn: str, seconds: float) -> float:
    connection = await asyncpg.connect(dsn)
    await create_schema(connection)
    await connection.close()
    async with Log(PostgresStorage(dsn), SIGNER, clock) as log:
        field_set = await log.define(["Person.name", "Person.band"])
        rate, p50, p99 = await appends(log, field_set, 1, seconds)
        print(f"{WRITERS} writers x 1 subject    {rate:9,.0f}/s  p50 {p50:.1f} p99 {p99:.1f} ms")
        plain = await own_transactions(dsn, seconds)
        print(f"own transactions, no tree  {plain:9,.0f}/s  ratio {rate / plain:.1f}")
    return rate


async def write_pages(dsn: str, seconds: float) -> None:
    async with Log(PostgresStorage(dsn), SIGNER, clock) as log:
        field_set = await log.define(["Person.name", "Person.band"])
        rate, p50, p99 = await appends(log, field_set, 150, seconds)
        print(f"{WRITERS} writers x 150 subjects  {rate:9,.0f}/s  p50 {p50:.1f} p99 {p99:.1f} ms")


def run(seconds: float) -> None:
    secret, packed = os.urandom(32), os.urandom(36 * 150)
    started = time.perf_counter()
    for _ in range(200):
        subjects_root(secret, packed)
    print(f"root over 150 subjects     {(time.perf_counter() - started) / 200 * 1e6:9,.0f} us")
    with bare_postgres() as server:
        asyncio.run(write(server.dsn, seconds))
        for workers in (1, None):
            verdict = verify_database(server.dsn, SIGNER.vkey, workers=workers)
            assert verdict.ok, verdict.problems[:3]
            name = "1 process" if workers else "all processors"
            print(f"verification, {name:14}{verdict.rate:9,.0f}/s  of {verdict.entries:,} entries")
        asyncio.run(write_pages(server.dsn, seconds))
        assert verify_database(server.dsn, SIGNER.vkey).ok
