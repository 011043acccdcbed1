"""What remains of a request's time: the worker's functions by their own time, and the statement.

The worker is profiled by cProfile while the client asks from sixteen connections. The one statement
of each question is then run again and again by itself, planned once as the hub has it planned, and
PostgreSQL says what it took and which steps of its plan took the most. Profiling slows Python's
calls down: nothing here is to be compared with what is measured without it.
"""

import asyncio
import json
import pstats
import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg

from hub.app import opened
from hub.http.routes import router
from hub.service import parts_of, rooms_of
from hub.settings import Settings
from hub.store.embedded import EmbeddedServer
from tests.bench.bench_query import HUB, SEED, Population
from tests.bench.load import serve_rounds
from tests.bench.measuring import Bench, Length, Server
from tests.bench.ours import Hub, SignedIn, serve_ours, set_up
from tests.bench.progress import say
from tests.bench.questions import QUESTIONS, Question, bodies
from tests.bench.serving import worker
from tests.bench.stages import asked, token_of
from tests.support.postgres import temporary_home

ROOT = Path(__file__).parent.parent.parent
TOP = 20
STEPS = 8
WARM, TIMED = 20, 40
"""Statements of each question that are run before any counts, and those that do."""
GENERIC = {"plan_cache_mode": "force_generic_plan", "jit": "off"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to look at: how many people, for how long, which questions."""

    people: int = 21_600
    length: Length = field(default_factory=Length)
    questions: tuple[Question, ...] = QUESTIONS
    folder: Path | None = None
    """Where the figures of cProfile are left; otherwise they are gone afterwards."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as the hub sent it, with the arguments of several requests."""

    text: str
    arguments: tuple[tuple[Any, ...], ...]


def _place(function: tuple[str, int, str]) -> str:
    """Return where a function is, short: file and name, or the name alone if it is not Python's."""
    file, _, name = function
    if file == "~":
        return name.strip("<>")
    path = Path(file)
    if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
        return f"{path.relative_to(ROOT)}:{name}"
    after = path.parts[path.parts.index("site-packages") + 1 :] if "site-packages" in file else ()
    return f"{'/'.join(after or path.parts[-2:])}:{name}"


def print_functions(question: Question, figures: Path, requests: int) -> None:
    """Print the functions that took the most time of their own, for each request."""
    stats: Any = pstats.Stats(str(figures))
    whole = stats.total_tt
    rows = sorted(stats.stats.items(), key=lambda item: -item[1][2])[:TOP]
    print(f"\n{question.name}, {requests:,} requests under cProfile:\n")
    print("| function | own time | a request | calls a request |\n|---|--:|--:|--:|")
    for function, (_, calls, own, _, _) in rows:
        print(
            f"| `{_place(function)}` | {own / whole:.1%} | {own / requests * 1e6:,.0f} us "
            f"| {calls / requests:,.1f} |"
        )


def profiled(home: Path, question: Question, plan: Plan, figures: Path) -> None:
    """Ask a worker that is profiled once it is warm, and print what it did."""
    with worker(serve_ours, home, Hub(profile=figures)) as hub, worker(serve_rounds) as client:
        port: int = hub.heard()
        server = Server(HUB, port, hub.pid, home, SignedIn(home, port))
        bench = Bench(client, plan.length)
        variables = Population(plan.people).variables(question)
        bench.hold(server, question, bodies(question.document, variables))
        bench.one_round(server, question, plan.length.seconds)
        hub.line.send("profile from here")
        seen = bench.one_round(server, question, plan.length.seconds).seen
    print_functions(question, figures, seen.requests)


async def statement_of(home: Path, question: Question, people: int) -> Statement:
    """Return the one statement of a question, with the arguments of different requests.

    Raises:
        AssertionError: A warm request sends more than one, or another one.
    """
    sent: list[Any] = []
    settings = Settings(home=home, connections=1)
    async with opened(settings) as core, rooms_of(core) as rooms:
        parts = parts_of(core, rooms, rooms.queries, "http://127.0.0.1")
        edge, token = router(parts), token_of(parts)
        variables = Population(people).variables(question)
        asks = bodies(question.document, islice(variables, WARM + TIMED))
        await asked(edge, token, asks[0])
        async with rooms.database.connection() as connection:
            connection.add_query_logger(sent.append)
        for body in asks:
            await asked(edge, token, body)
    asked_for = [one for one in sent if not one.query.startswith(("set role", "reset role"))]
    assert len(asked_for) == len(asks), "not one statement a request"
    (text,) = {one.query for one in asked_for}
    return Statement(text, tuple(tuple(one.args) for one in asked_for))


async def _literals(connection: asyncpg.Connection, statement: Statement) -> list[str]:
    """Return the arguments of each request as SQL, which is how EXECUTE takes them."""
    prepared = await connection.prepare(statement.text)
    types = [f"{kind.schema}.{_sql_name(kind.name)}" for kind in prepared.get_parameters()]
    quoted = ", ".join(f"quote_nullable(${n}::{kind}::text)" for n, kind in enumerate(types, 1))
    asked_for = await connection.prepare(f"select array[{quoted}]")
    return [
        ", ".join(f"{value}::{kind}" for value, kind in zip(row, types, strict=True))
        for row in [await asked_for.fetchval(*given) for given in statement.arguments]
    ]


def _sql_name(name: str) -> str:
    """Return a type's name as it is written in SQL; an array's element comes first."""
    element = name.removesuffix("[]")
    return f'"{element}"{name[len(element) :]}'


async def explained(dsn: str, statement: Statement) -> list[Any]:
    """Return PostgreSQL's own words about each run of a statement, planned once."""
    connection = await asyncpg.connect(dsn, server_settings=GENERIC)
    try:
        literals = await _literals(connection, statement)
        await connection.execute(f"prepare asked as {statement.text}")
        runs = []
        for given in literals:
            text = await connection.fetchval(
                f"explain (analyze, buffers, format json) execute asked ({given})"
            )
            runs.append(json.loads(text)[0])
    finally:
        await connection.close()
    return runs[WARM:]


def steps(plan: Any) -> Iterator[tuple[str, float]]:
    """Give each step of a plan with the milliseconds that it took itself."""
    below = plan.get("Plans", ())
    loops, total = plan["Actual Loops"], plan["Actual Total Time"]
    own = total * loops - sum(one["Actual Total Time"] * one["Actual Loops"] for one in below)
    about = [
        plan["Node Type"],
        plan.get("Relation Name") or plan.get("CTE Name"),
        plan.get("Index Name"),
    ]
    yield f"{' '.join(filter(None, about))}", max(0.0, own)
    for one in below:
        yield from steps(one)


def print_statement(question: Question, runs: Sequence[Any]) -> None:
    """Print what the statement took, and its most costly steps."""
    took = statistics.median(run["Execution Time"] for run in runs)
    hits = statistics.median(run["Plan"]["Shared Hit Blocks"] for run in runs)
    reads = statistics.median(run["Plan"]["Shared Read Blocks"] for run in runs)
    print(
        f"\n{question.name}, the statement: {took:,.2f} ms (median of {len(runs)}), "
        f"{hits:,.0f} pages found in memory, {reads:,.0f} read.\n"
    )
    by_step: dict[str, float] = {}
    for run in runs:
        for name, own in steps(run["Plan"]):
            by_step[name] = by_step.get(name, 0.0) + own
    print("| step of its plan | own time |\n|---|--:|")
    for name, own in sorted(by_step.items(), key=lambda item: -item[1])[:STEPS]:
        print(f"| {name} | {own / len(runs):,.3f} ms |")


def run(plan: Plan) -> None:
    """Look in a home of its own, that is gone afterwards."""
    with ExitStack() as stack:
        folder = plan.folder or Path(stack.enter_context(TemporaryDirectory(prefix="hub-bench-")))
        folder.mkdir(parents=True, exist_ok=True)
        home = stack.enter_context(temporary_home())
        server = stack.enter_context(EmbeddedServer.attach_sync(home))
        say(f"making a district of {plan.people:,} people ...")
        asyncio.run(set_up(Settings(home=home), plan.people, SEED, with_clear=False))
        for question in plan.questions:
            say(f"{question.name}: profile ...")
            figures = folder / f"{question.name.replace(' ', '-')}.pstats"
            profiled(home, question, plan, figures)
            statement = asyncio.run(statement_of(home, question, plan.people))
            print_statement(question, asyncio.run(explained(server.dsn(), statement)))
