"""How long an auditor waits for the first page, by each facet and by those that meet badly.

Run with `python -m tests.bench audit-search --entries 10000000`. "Cold": the server was started
anew and the files of its database were dropped from the operating system's memory. "Warm": the
median of further rounds; "cpu": the mean processor time of one of those, ours and the database's,
which other jobs on the machine change least. Of the search and of telling its page, without HTTP.
"""

import asyncio
import os
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

import asyncpg

from audit.defined import Definitions
from audit.facet_index import index_facets
from audit.facets import COUNTED, Facet, Sought
from audit.postgres import create_schema
from audit.profile import Periods, profiled
from audit.search import Filter, count, index_behind, matches
from audit.tallies import tallied
from audit.verify import verify_database
from hub.query.accesslog import entry_told
from tests.bench.made_log import (
    DEPARTMENTS,
    FREQUENT,
    NEVER,
    ONLY_PURPOSE,
    RARE,
    RARE_PURPOSE,
    READ_ONCE,
    SIGNER,
    START,
    MadeLog,
    write_log,
)
from tests.bench.progress import Progress
from tests.support.bare_postgres import BarePostgres, bare_postgres

PAGE: Final = 50
ROUNDS: Final = 20
VERIFIED: Final = 1_000_000
"""A longer log is not verified before it is asked: that is another bench's work."""
LOADING: Final = ("fsync=off", "wal_level=minimal", "max_wal_senders=0", "max_wal_size=4GB")
SERVING: Final = ("shared_buffers=512MB", "max_wal_size=4GB")
PERIODS: Final = Periods(*(START + timedelta(days=days) for days in (200, 228, 256)))
_SIZES: Final = """
    SELECT pg_table_size('audit.record'),
           sum(pg_total_relation_size(format('audit.facet_%s', part)::regclass)),
           pg_total_relation_size('audit.subject_segment')
    FROM unnest(ARRAY['own', 'rest', 'span']) AS part
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One search, as an auditor would say it."""

    name: str
    wanted: Filter
    counts: bool = False
    """Whether values are counted instead of a page shown."""
    profile: str | None = None
    """The department whose profile is shown instead: 28 days beside 28 before."""


def by(**facets: str) -> list[Sought]:
    names = {facet.name.lower(): facet for facet in Facet}
    return [Sought(names[name], (value,)) for name, value in facets.items()]


def searches(entries: int) -> list[Asked]:
    """Return what is asked; cases and requests are of the middle of the log."""
    middle = entries // 2
    day = START + timedelta(days=100)
    busy, reader = f"{FREQUENT[-6:]}-3", f"{RARE[-6:]}-1"
    person = sha256(b"17").digest()
    asked: dict[str, Filter] = {
        "the newest": Filter(),
        "department, frequent": Filter(facets=by(department=FREQUENT)),
        "department, rare": Filter(facets=by(department=RARE)),
        "reader, frequent": Filter(facets=by(actor=busy)),
        "reader, rare": Filter(facets=by(actor=reader)),
        "purpose, frequent": Filter(facets=by(purpose="VERIFY")),
        "purpose, rare": Filter(facets=by(purpose=RARE_PURPOSE)),
        "field, frequent": Filter(facets=by(field="Dataset1.field3")),
        "field, read once": Filter(facets=by(field=READ_ONCE)),
        "policy, oldest": Filter(facets=by(policy=sha256(b"policy 0").hexdigest())),
        "outcome, refused": Filter(facets=by(outcome="refused")),
        "kind, dictionary": Filter(facets=by(kind="dictionary")),
        "channel, export": Filter(facets=by(channel="export")),
        "case": Filter(facets=by(case=f"case-{middle // 3:x}")),
        "document": Filter(facets=by(document=sha256(b"document 9").hexdigest())),
        "no such case": Filter(facets=by(case="case-none")),
        "an hour, long ago": Filter(since=day, until=day + timedelta(hours=1)),
        "a person": Filter(tags=[person]),
        "rare purpose of frequent department": Filter(
            facets=by(department=FREQUENT, purpose=RARE_PURPOSE)
        ),
        "two frequent that never meet": Filter(facets=by(department=NEVER[0], purpose=NEVER[1])),
        "three frequent that never meet": Filter(
            facets=by(department=NEVER[0], purpose=NEVER[1], field="Dataset1.field3")
        ),
        "frequent pair, an hour long ago": Filter(
            facets=by(department=ONLY_PURPOSE[0], purpose=ONLY_PURPOSE[1]),
            since=day,
            until=day + timedelta(hours=1),
        ),
        "frequent department, field read once": Filter(
            facets=by(department=FREQUENT, field=READ_ONCE)
        ),
        "a person by a rare reader": Filter(tags=[person], facets=by(actor=reader)),
        "page 1,000 of a frequent department": Filter(
            facets=by(department=FREQUENT), before=entries * 8 // 10
        ),
    }
    told = [Asked(name, _page(wanted, PAGE + 1)) for name, wanted in asked.items()]
    told += [
        Asked(f"counts: {name}", _page(asked[name], 10_000), counts=True)
        for name in ("the newest", "department, frequent", "purpose, rare", "outcome, refused")
    ]
    told += [
        Asked(f"profile: {name}", Filter(), profile=name)
        for name in (FREQUENT, DEPARTMENTS[1], RARE)
    ]
    return told


def _page(wanted: Filter, limit: int) -> Filter:
    return Filter(
        wanted.tags, wanted.facets, since=wanted.since, until=wanted.until,
        before=wanted.before, newest_first=True, limit=limit,
    )  # fmt: skip


async def took(
    connection: asyncpg.Connection, asked: Asked, known: Definitions
) -> tuple[float, int]:
    """Return milliseconds, and how many entries the page has or how many there are."""
    started = time.perf_counter()
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        if asked.profile is not None:
            found = (await profiled(connection, asked.profile, PERIODS, known)).days.total()
        elif asked.counts:
            made = await tallied(connection, asked.wanted, known, COUNTED)
            found = made.entries
            if found == asked.wanted.limit:
                found = await count(connection, asked.wanted, 1 << 40, known)
        else:
            page = [m async for m in matches(connection, asked.wanted, known)]
            found = len([entry_told(match) for match in page[:PAGE]])
    return (time.perf_counter() - started) * 1_000, found


async def filled(dsn: str, entries: int) -> None:
    connection = await asyncpg.connect(dsn)
    await create_schema(connection)
    started = time.perf_counter()
    written = await write_log(connection, MadeLog(entries))
    print(f"{written:,} entries written in {time.perf_counter() - started:,.0f} s")
    await _indexed(connection, "facets", entries, index_facets)
    await connection.execute("VACUUM (ANALYZE) audit.record")
    for table in ("facet_own", "facet_rest", "facet_span", "subject_segment"):
        await connection.execute(f"VACUUM (ANALYZE) audit.{table}")
    record, facets, subjects = await connection.fetchrow(_SIZES)
    print(
        f"log {record / entries:,.0f} bytes an entry; index of facets {facets / entries:,.0f}, "
        f"of subjects {subjects / entries:,.0f}"
    )
    await connection.execute("CHECKPOINT")
    await connection.close()


async def _indexed(
    connection: asyncpg.Connection, name: str, entries: int, step: Callable[..., object]
) -> None:
    known, done, started = Definitions(), 0, time.perf_counter()
    said = Progress(entries, f"entries in the index of {name}")
    while moved := await step(connection, known):  # type: ignore[misc]  # a coroutine
        done += moved
        said(done)
    spent = time.perf_counter() - started
    started = time.perf_counter()
    print(f"index of {name}: {done / spent:,.0f} entries/s")
    # As the hub does it: 5,000 entries a segment.
    while await index_behind(connection, 5_000):
        pass
    print(f"index of subjects: {entries / (time.perf_counter() - started):,.0f} entries/s")


def forgotten(server: BarePostgres) -> None:
    """Drop the database's files from the operating system's memory."""
    for folder, _, files in os.walk(server.folder / "data" / "base"):
        for file in files:
            handle = os.open(os.path.join(folder, file), os.O_RDONLY)  # noqa: PTH118 - many files
            try:
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(handle)


async def asked_of(dsn: str, asked: Asked, rounds: int) -> tuple[list[tuple[float, int]], float]:
    """Return time and find of each round, and the processor time of all but the first, in ms."""
    connection = await asyncpg.connect(
        dsn, server_settings={"plan_cache_mode": "force_generic_plan"}
    )
    known = Definitions()
    await known.refresh(connection)
    try:
        first = await took(connection, asked, known)
        before = _processor_ms(connection)
        more = [await took(connection, asked, known) for _ in range(rounds - 1)]
        return [first, *more], (_processor_ms(connection) - before) / (rounds - 1)
    finally:
        await connection.close()


def _processor_ms(connection: asyncpg.Connection) -> float:
    """Return the processor time of this process and of its server process so far."""
    told = Path(f"/proc/{connection.get_server_pid()}/stat").read_text("ascii").rpartition(")")[2]
    user, system = told.split()[11:13]
    ticks = (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return (time.process_time() + ticks) * 1_000


def run(entries: int) -> None:
    """Make the log, ask, print the table."""
    free = shutil.disk_usage("/tmp").free
    if free < entries * 1_500:
        raise SystemExit(f"{entries * 1_500 / 1e9:,.0f} GB of disk are needed for the log")
    with bare_postgres(*SERVING, *LOADING) as server:
        asyncio.run(filled(server.dsn, entries))
        if entries <= VERIFIED:
            verdict = verify_database(server.dsn, SIGNER.vkey)
            assert verdict.ok, verdict.problems[:3]
            print(f"verified {verdict.entries:,} entries, {verdict.rate:,.0f}/s")
        print(f"\n{'first page of 50':44}{'found':>11}{'cold ms':>10}{'warm ms':>10}{'cpu ms':>10}")
        for asked in searches(entries):
            server.stop_in_order()
            forgotten(server)
            server.start(*SERVING)
            rounds, processor = asyncio.run(asked_of(server.dsn, asked, 1 + ROUNDS))
            cold, found = rounds[0]
            warm = statistics.median(ms for ms, _ in rounds[1:])
            print(f"{asked.name:44}{found:11,}{cold:10,.1f}{warm:10,.1f}{processor:10,.1f}")
