"""The hub beside strawberry with data loaders: the same questions, the same rows, turn by turn.

Ours does everything that the hub does: token, grants, unsealing, a durable entry in the log before
the answer leaves. The peer does the query. Before anything is measured, both have to give the same
values for a sample of the questions. Each round asks ours, then the peer; medians are reported.
"""

import asyncio
import http.client
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.settings import Settings
from hub.store.embedded import EmbeddedServer
from tests.bench.cpu import database_us, used_us
from tests.bench.families import families, village, villages
from tests.bench.load import Measured, serve_rounds
from tests.bench.ours import serve_ours, set_up, token
from tests.bench.peer import serve_peer
from tests.bench.questions import QUESTIONS, Question, bodies, data_of, request_bytes
from tests.bench.serving import Worker, worker
from tests.support.postgres import temporary_home

SEED = 20260301
SAMPLE = 20
REQUESTS = {"point": 20_000, "worklist": 2_000, "bulk": 100}
"""How many different requests are held; more than a round asks, where that is possible."""


class FailedRoundError(Exception):
    """A server did not answer a round whole; nothing of it counts."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: how many people, rounds of how long, which questions."""

    people: int = 21_600
    rounds: int = 5
    seconds: float = 3.0
    questions: tuple[Question, ...] = QUESTIONS
    profile: Path | None = None
    """Folder for the profile of the hub's worker; nothing of such a run is to be compared."""


@dataclass(frozen=True, slots=True)
class Server:
    """One of the two, serving."""

    name: str
    port: int
    token: str | None
    pid: int


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one server: what its client saw, and what each request cost."""

    seen: Measured
    worker_us: float
    database_us: float


def ask(server: Server, body: bytes) -> bytes:
    """Return the answer to one request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"content-type": "application/json", "accept": "application/json"}
    if server.token is not None:
        headers["authorization"] = f"Bearer {server.token}"
    connection.request("POST", "/graphql", body, headers)
    try:
        return connection.getresponse().read()
    finally:
        connection.close()


def check_equal(servers: Sequence[Server], sample: Sequence[bytes]) -> None:
    """Refuse to compare servers that answer differently, or with nothing."""
    for body in sample:
        ours, theirs = (data_of(ask(server, body)) for server in servers)
        assert ours == theirs, "the two answer differently"
        assert all(ours.values()), "an answer is empty"


def one_round(
    client: Worker, server: Server, home: Path, question: Question, seconds: float
) -> Round:
    """Ask `server` for some seconds."""
    before = used_us(server.pid), database_us(home)
    client.line.send(("round", f"{server.name}-{question.name}", server.port, seconds))
    seen = client.heard()
    if not isinstance(seen, Measured):
        raise FailedRoundError(f"{server.name}, {question.name}: {seen}")
    used = used_us(server.pid) - before[0], database_us(home) - before[1]
    return Round(seen, used[0] / seen.requests, used[1] / seen.requests)


def measure(
    client: Worker, servers: Sequence[Server], home: Path, question: Question, plan: Plan
) -> dict[str, list[Round]]:
    """Return the rounds of each server; a first, short round of each is thrown away."""
    measured: dict[str, list[Round]] = {server.name: [] for server in servers}
    for server in servers:
        one_round(client, server, home, question, min(2.0, plan.seconds))
    for _ in range(plan.rounds):
        for server in servers:
            measured[server.name].append(one_round(client, server, home, question, plan.seconds))
    return measured


def report(question: Question, measured: dict[str, list[Round]]) -> None:
    """Print a row for each server, and the ratio of the medians with its range over rounds."""
    for name, rounds in measured.items():
        rate = statistics.median(r.seen.rate for r in rounds) * question.units
        p50 = statistics.median(r.seen.p50 for r in rounds)
        p99 = statistics.median(r.seen.p99 for r in rounds)
        worker_us = statistics.median(r.worker_us for r in rounds)
        base_us = statistics.median(r.database_us for r in rounds)
        print(
            f"| {question.name} | {name} | {rate:,.0f} {question.unit}/s | {p50:.1f} ms "
            f"| {p99:.1f} ms | {worker_us:,.0f} us | {base_us:,.0f} us |"
        )
    ours, theirs = measured.values()
    by_round = [a.seen.rate / b.seen.rate for a, b in zip(ours, theirs, strict=True)]
    costs = [b.worker_us / a.worker_us for a, b in zip(ours, theirs, strict=True)]
    print(
        f"| {question.name} | **ratio** | **{statistics.median(by_round):.1f}x** "
        f"({min(by_round):.1f} to {max(by_round):.1f}) | | | {statistics.median(costs):.1f}x | |",
        flush=True,
    )


def compare(home: Path, dsn: str, plan: Plan) -> None:
    """Serve both, check that they agree, and measure them in turn."""
    numbers = [m.number for f in families(plan.people, SEED) for m in f.members]
    places = [village(index) for index in range(villages(plan.people))]
    profile = None if plan.profile is None else plan.profile / "hub.pstats"
    with (
        worker(serve_ours, home, profile) as ours,
        worker(serve_peer, dsn, None) as theirs,
        worker(serve_rounds) as client,
    ):
        port, other_port = ours.heard(), theirs.heard()
        print(
            "\n| work | server | rate | p50 | p99 | worker CPU a request | database CPU a request |"
            "\n|---|---|--:|--:|--:|--:|--:|"
        )
        for question in plan.questions:
            servers = [
                Server("hub", port, token(home, port), ours.pid),
                Server("strawberry", other_port, None, theirs.pid),
            ]
            asked = bodies(question, numbers, places, REQUESTS[question.name], SEED)
            check_equal(servers, asked[:SAMPLE])
            for server in servers:
                requests = [request_bytes(server.port, body, server.token) for body in asked]
                client.line.send(("hold", f"{server.name}-{question.name}", requests))
            report(question, measure(client, servers, home, question, plan))


def run(plan: Plan) -> None:
    """Measure in a home of its own, that is gone afterwards."""
    with temporary_home() as home, EmbeddedServer.attach_sync(home) as server:
        started = time.perf_counter()
        count = asyncio.run(set_up(Settings(home=home), plan.people, SEED))
        took = time.perf_counter() - started
        print(f"{count:,} people sealed and stored twice in {took:.0f} s")
        compare(home, server.dsn(), plan)
