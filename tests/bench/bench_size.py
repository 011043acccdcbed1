"""Whether the hub stays as fast when the district grows: a home of each size, asked turn by turn.

Latency is measured on one connection, where nothing waits for anything else, and on sixteen. The
villages are as large in each district, so that a worklist has as many families; more people only
means larger tables, and indexes that are deeper and colder.
"""

import asyncio
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import gettempdir

import asyncpg

from hub.settings import Settings
from hub.store.embedded import EmbeddedServer
from tests.bench.bench_query import SEED, Population
from tests.bench.cpu import memory_mib
from tests.bench.load import serve_rounds
from tests.bench.measuring import HEAD, Bench, Length, Server, Turns, p50, print_rows, told
from tests.bench.ours import AS_IT_IS, all_serving, set_up
from tests.bench.progress import say
from tests.bench.questions import POINT, WORKLIST, Question, bodies
from tests.bench.serving import Worker, worker
from tests.support.postgres import temporary_home, wait_until_unguarded

GOAL = 1.3
"""How many times the latency of the smallest district the largest may take."""
BYTES_EACH = 8_000
"""Of disk, for a person: half of it stays, half is the database's own log while it is filled."""
CONNECTIONS = (1, 16)
WARM_UP = Length(rounds=1, seconds=15.0)
EACH_WARMS = 200_000
"""People for whom a server is asked one such round more: after a start it reads from disk."""
STOPPED_S = 120.0
"""Within that a database has written what it has in memory, and stopped."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: districts of which sizes, rounds of how long, which questions."""

    sizes: Sequence[int] = (21_600, 1_000_000)
    length: Length = field(default_factory=Length)
    questions: tuple[Question, ...] = (POINT, WORKLIST)


def check_room(sizes: Sequence[int], free: int) -> None:
    """Refuse to begin where `free` bytes of disk are too few."""
    needed = sum(sizes) * BYTES_EACH
    if needed > free:
        raise SystemExit(
            f"{sum(sizes):,} people need about {needed / 1e9:,.0f} GB of {gettempdir()}, "
            f"there are {free / 1e9:,.0f}: nothing was begun."
        )


def check_disk(sizes: Sequence[int]) -> None:
    """Refuse to begin where the disk is too small for districts of these sizes."""
    check_room(sizes, shutil.disk_usage(gettempdir()).free)


async def _megabytes(dsn: str) -> float:
    connection = await asyncpg.connect(dsn)
    try:
        size: int = await connection.fetchval("select pg_database_size(current_database())")
    finally:
        await connection.close()
    return size / 1e6


def home_of(stack: ExitStack, people: int) -> Path:
    """Make a home with people; it is gone when `stack` is closed."""
    say(f"making a district of {people:,} people ...")
    home = stack.enter_context(temporary_home())
    with EmbeddedServer.attach_sync(home) as server:
        started = time.perf_counter()
        count = asyncio.run(set_up(Settings(home=home), people, SEED, with_clear=False))
        took = time.perf_counter() - started
        size = asyncio.run(_megabytes(server.dsn()))
    wait_until_unguarded(home, STOPPED_S)
    stack.enter_context(EmbeddedServer.attach_sync(home))  # its cache is made for what it has now
    print(
        f"{count:,} people sealed and stored in {took:,.0f} s ({count / took:,.0f}/s), "
        f"{size:,.0f} MB",
        flush=True,
    )
    return home


def _turns(bench: Bench, servers: Sequence[Server], question: Question, plan: Plan) -> Turns:
    for server, people in zip(servers, plan.sizes, strict=True):
        variables = Population(people).variables(question)
        bench.hold(server, question, bodies(question.document, variables))
    return bench.turns(servers, question)


def warm_up(client: Worker, servers: Sequence[Server], plan: Plan) -> None:
    """Ask until what is asked for is in memory, the longer the larger the district."""
    bench = Bench(client, WARM_UP)
    for server, people in zip(servers, plan.sizes, strict=True):
        say(f"{server.name}: pages are read and keys opened before anything is measured ...")
        variables = Population(people)
        for question in plan.questions:
            bench.hold(server, question, bodies(question.document, variables.variables(question)))
            for _ in range(1 + people // EACH_WARMS):
                bench.one_round(server, question, min(WARM_UP.seconds, 5 * plan.length.seconds))


def print_growth(turns: Turns, connections: int, sizes: Sequence[int]) -> None:
    """Print how many times the latency of the smallest district the others take."""
    names = [name_of(people) for people in sizes]
    for larger in names[1:]:
        ratio = told(turns.ratios(larger, names[0], p50))
        print(
            f"| {turns.question.name} | {connections} | {larger} : {names[0]} | {ratio} "
            f"| at most {GOAL}x |",
            flush=True,
        )


def name_of(people: int) -> str:
    """Return what a district of that size is called in tables."""
    return f"{people:,} people"


def run(plan: Plan) -> None:
    """Measure in homes that are gone afterwards."""
    check_disk(plan.sizes)
    with ExitStack() as stack:
        homes = [home_of(stack, people) for people in plan.sizes]
        named = map(name_of, plan.sizes)
        servers = all_serving(
            stack, ((home, name, AS_IT_IS) for home, name in zip(homes, named, strict=True))
        )
        client = stack.enter_context(worker(serve_rounds))
        warm_up(client, servers, plan)
        measured = []
        for connections in CONNECTIONS:
            bench = Bench(client, replace(plan.length, connections=connections))
            print(f"\n{connections} connection{'s' if connections > 1 else ''}:\n{HEAD}")
            for question in plan.questions:
                turns = _turns(bench, servers, question, plan)
                print_rows(turns)
                measured.append((turns, connections))
        print("\n| work | connections | district | latency, median | goal |\n|---|--:|---|--:|--:|")
        for turns, connections in measured:
            print_growth(turns, connections, plan.sizes)
        for server in servers:
            now, most = memory_mib(server.pid)
            print(f"The worker of {server.name} holds {now:,.0f} MiB, at most {most:,.0f} MiB.")
