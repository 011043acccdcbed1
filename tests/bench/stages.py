"""Where the processor time of a warm request goes, stage by stage: `python -m tests.bench stages`.

The hub runs in this process, questions come one after the other through its own ASGI application,
without a socket. Times are of this process alone (its event loop, asyncpg and the log's commits
included, the database's not), so that a stage that waits costs only what it does. Clocks are put
before and behind the parts that every answer passes; nothing of the product knows them.
"""

import asyncio
import logging
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import structlog

from hub.access import Purpose
from hub.app import Core, opened
from hub.demo.installation import OFFICER
from hub.http.routes import Parts, router, token_issuer
from hub.memory import settled
from hub.query.disclosure import Disclosures
from hub.query.fetch import Fetcher
from hub.query.reveal import Revealer
from hub.service import Rooms, parts_of, rooms_of
from hub.settings import Settings
from tests.bench.bench_query import SEED, Population
from tests.bench.questions import QUESTIONS, Question, bodies

STAGES = (
    *("edge, decode", "plan, bind", "fetch", "reveal", "shape", "audit record"),
    *("log, a commit each", "encode, send"),
)
AT_ONCE = 16
"""Connections of the bench: that many share a commit of the log."""
WARM = 20
"""Requests of each kind before any is counted: PostgreSQL's and our plans are made by then."""


@dataclass(slots=True)
class Marks:
    """The moments of one request, in nanoseconds of this process's time."""

    moments: list[int] = field(default_factory=list)

    def mark(self) -> None:
        self.moments.append(time.process_time_ns())


@dataclass(frozen=True, slots=True)
class MarkedFetcher:
    inner: Fetcher
    marks: Marks

    async def fetch(self, *given: Any, **named: Any) -> Any:
        self.marks.mark()
        found = await self.inner.fetch(*given, **named)
        self.marks.mark()
        return found

    async def fetch_for(self, *given: Any, **named: Any) -> Any:
        self.marks.mark()
        found = await self.inner.fetch_for(*given, **named)
        self.marks.mark()
        return found


@dataclass(frozen=True, slots=True)
class MarkedRevealer:
    inner: Revealer
    marks: Marks

    def reveal(self, *given: Any, **named: Any) -> Any:
        revealed = self.inner.reveal(*given, **named)
        self.marks.mark()
        return revealed


@dataclass(frozen=True, slots=True)
class MarkedDisclosures:
    inner: Disclosures
    marks: Marks

    async def answered(self, *given: Any, **named: Any) -> Any:
        self.marks.mark()
        receipt = await self.inner.answered(*given, **named)
        self.marks.mark()
        return receipt


@dataclass(frozen=True, slots=True)
class MarkedLog:
    inner: Any
    marks: Marks

    async def append(self, entry: Any) -> Any:
        self.marks.mark()
        return await self.inner.append(entry)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@dataclass(frozen=True, slots=True)
class MarkedAnswers:
    """The answerer with a clock before each of its parts."""

    inner: Any
    marks: Marks

    async def answer(self, request: Any) -> Any:
        self.marks.mark()
        return await self.inner.answer(request)


def marked(core: Core, rooms: Rooms, marks: Marks) -> tuple[Any, str]:
    """Return the edge of the hub over an answerer whose parts are timed, and a token for it."""
    queries = rooms.queries
    recorded = replace(queries.disclosures, log=MarkedLog(queries.disclosures.log, marks))
    timed: Any = replace(
        queries,
        fetcher=MarkedFetcher(queries.fetcher, marks),  # type: ignore[arg-type]  # stands in
        revealer=MarkedRevealer(queries.revealer, marks),  # type: ignore[arg-type]  # the same
        disclosures=MarkedDisclosures(recorded, marks),  # type: ignore[arg-type]  # same
    )
    parts: Parts = parts_of(core, rooms, rooms.queries, "http://127.0.0.1")
    return router(replace(parts, queries=MarkedAnswers(timed, marks))), token_of(parts)


def token_of(parts: Parts) -> str:
    """Return a token of the officer whose questions these are."""
    client = parts.clients[OFFICER.id]
    return token_issuer(parts).issue(client, Purpose.WARN, parts.clock(), parts.new_id())


async def asked(edge: Any, token: str, body: bytes) -> bytes:
    """Send one request into the ASGI application, as uvicorn would; return the answer's body."""
    incoming = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Any] = []
    gone = asyncio.Event()

    async def receive() -> Any:
        if incoming:
            return incoming.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "root_path": "",
        "query_string": b"",
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"content-type", b"application/json"),
            (b"accept", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"authorization", f"Bearer {token}".encode()),
        ],
    }
    await edge(scope, receive, send)
    assert sent[0]["status"] == 200, sent[1]["body"]
    answer: bytes = sent[1]["body"]
    return answer


async def spent(marks: Marks, edge: Any, token: str, body: bytes) -> list[float]:
    """Return the microseconds of each stage of one request."""
    marks.moments.clear()
    marks.mark()
    answer = await asked(edge, token, body)
    marks.mark()
    assert b'"errors":' not in answer, answer[:400]
    assert len(marks.moments) == len(STAGES) + 1, "the answer did not pass the stages in order"
    return [(b - a) / 1_000 for a, b in zip(marks.moments, marks.moments[1:], strict=False)]


async def measured(settings: Settings, people: int, requests: int) -> dict[str, list[float]]:
    """Return the medians of each stage for each question, over a hub that was filled."""
    population = Population(people)
    marks = Marks()
    found: dict[str, list[float]] = {}
    async with opened(settings) as core, rooms_of(core) as rooms:
        edge, token = marked(core, rooms, marks)
        with settled():
            for question in QUESTIONS:
                count = count_of(question, requests)
                given = cycle(population.variables(question))
                asks = bodies(question.document, islice(given, WARM + count))
                for body in asks[:WARM]:
                    await spent(marks, edge, token, body)
                rows = [await spent(marks, edge, token, body) for body in asks[WARM:]]
                medians = [statistics.median(column) for column in zip(*rows, strict=True)]
                found[question.name] = [*medians, await together(edge, token, asks[WARM:])]
    return found


async def together(edge: Any, token: str, asks: Sequence[bytes]) -> float:
    """Return the microseconds a request when `AT_ONCE` are under way."""
    waiting = iter(asks)

    async def ask() -> None:
        for body in waiting:
            await asked(edge, token, body)

    before = time.process_time_ns()
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(ask())
    return (time.process_time_ns() - before) / 1_000 / len(asks)


def count_of(question: Question, requests: int) -> int:
    """Return how many requests of a kind are asked: fewer where each is large."""
    return max(10, requests // {"point": 1, "bulk": 40}.get(question.name, 8))


def report(found: dict[str, list[float]]) -> None:
    """Print a row for each stage."""
    print("\n| stage, us of this process | " + " | ".join(found) + " |")
    print("|---|" + "--:|" * len(found))
    for index, stage in enumerate(STAGES):
        row = (f"{found[name][index]:,.0f}" for name in found)
        print(f"| {stage} | " + " | ".join(row) + " |")
    print("| **all** | " + " | ".join(f"{sum(found[name][:-1]):,.0f}" for name in found) + " |")
    row = (f"{found[name][-1]:,.0f}" for name in found)
    print(f"| **all, {AT_ONCE} at once** | " + " | ".join(row) + " |")


def run(people: int, requests: int = 2_000) -> None:
    """Measure in a home of its own, that is gone afterwards."""
    from hub.store.embedded import EmbeddedServer
    from tests.bench.ours import set_up
    from tests.support.postgres import temporary_home

    with temporary_home() as home, EmbeddedServer.attach_sync(home):
        asyncio.run(set_up(Settings(home=home), people, SEED))
        report(stages_of(home, people, requests))


def stages_of(home: Path, people: int, requests: int) -> dict[str, list[float]]:
    """Return what `measured` finds on the loop that `hub serve` runs on."""
    import uvloop

    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        return uvloop.run(measured(Settings(home=home), people, requests))
    finally:
        structlog.configure(**before)
