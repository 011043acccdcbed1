"""Asks several servers the same questions turn by turn, and prints what each took.

A round of each server follows a round of the other, so that whatever else the machine does falls on
all of them; ratios are taken round by round. Processor times come from /proc, the client's too: a
client that needs a whole core of its own would be what is measured, and the table would show it.
"""

import http.client
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.cpu import database_us, family_us
from tests.bench.load import Measured
from tests.bench.pinning import keep_apart
from tests.bench.progress import say
from tests.bench.questions import Question, request_bytes
from tests.bench.serving import Worker

WARM_UP_S = 5.0
"""Of a first round of each, not counted: Node compiles what is hot only after seconds."""
CLIENT_LIMIT = 0.6
"""Share of a core; a client that needs more is too slow for what it measures."""
HEAD = (
    "\n| work | server | rate | p50 | p99 | worker CPU a request | database CPU a request "
    "| client, of a core |\n|---|---|--:|--:|--:|--:|--:|--:|"
)


class FailedRoundError(Exception):
    """A server did not answer a round whole; nothing of it counts."""


@dataclass(frozen=True, slots=True)
class Server:
    """One server, serving: time of the process `pid`, and of what it started, is the worker's."""

    name: str
    port: int
    pid: int
    home: Path
    """Of the database that it asks."""
    token: Callable[[], str] | None = None
    """Signs in anew: a token lives for minutes, a run may take longer."""
    anew: Callable[[Sequence[bytes], float], list[bytes]] | None = None
    """Makes the requests of each round right before it: what they carry works once."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round of one server: what its client saw, and what each request cost."""

    seen: Measured
    worker_us: float
    database_us: float


@dataclass(frozen=True, slots=True)
class Length:
    """How many rounds of how many seconds, on how many connections."""

    rounds: int = 5
    seconds: float = 3.0
    connections: int = 16
    is_apart: bool = False
    """Whether workers, and the database with the client, keep to processors of their own."""


@dataclass(frozen=True, slots=True)
class Turns:
    """All rounds of a question, server by server, in the order in which they were asked."""

    question: Question
    rounds: Mapping[str, list[Round]]

    def median(self, server: str, of: Callable[[Round], float]) -> float:
        """Return the median of something over the rounds of a server."""
        return statistics.median(map(of, self.rounds[server]))

    def ratios(self, above: str, below: str, of: Callable[[Round], float]) -> list[float]:
        """Return, round by round, how many times `below`'s is in `above`'s.

        Not a number where a round was too short for the clock.
        """
        pairs = zip(self.rounds[above], self.rounds[below], strict=True)
        return [of(one) / of(other) if of(other) else math.nan for one, other in pairs]


def rate(turn: Round) -> float:
    """Return requests a second."""
    return turn.seen.rate


def p50(turn: Round) -> float:
    """Return the median latency in milliseconds."""
    return turn.seen.p50


def p99(turn: Round) -> float:
    """Return the latency that one in a hundred exceeds, in milliseconds."""
    return turn.seen.p99


def worker_us(turn: Round) -> float:
    """Return the processor time of the worker for a request, in microseconds."""
    return turn.worker_us


def base_us(turn: Round) -> float:
    """Return the processor time of the database for a request, in microseconds."""
    return turn.database_us


def both_us(turn: Round) -> float:
    """Return the processor time of worker and database for a request, in microseconds."""
    return turn.worker_us + turn.database_us


def told(ratios: Sequence[float], form: str = "{:.2f}") -> str:
    """Return the median of ratios with their range, bold: **1.23x** (1.10 to 1.30)."""
    middle, low, high = (
        form.format(value) for value in (statistics.median(ratios), min(ratios), max(ratios))
    )
    return f"**{middle}x** ({low} to {high})"


def ask(server: Server, body: bytes) -> bytes:
    """Return the answer to one request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"content-type": "application/json", "accept": "application/json"}
    if server.token is not None:
        headers["authorization"] = f"Bearer {server.token()}"
    connection.request("POST", "/graphql", body, headers)
    try:
        return connection.getresponse().read()
    finally:
        connection.close()


@dataclass(slots=True)
class Bench:
    """The client's process, and what it holds to ask."""

    client: Worker
    length: Length
    _client_us: list[float] = field(default_factory=list)
    _asked: dict[str, Sequence[bytes]] = field(default_factory=dict)

    def hold(self, server: Server, question: Question, asked: Sequence[bytes]) -> None:
        """Give the client the requests of a question, signed in as of now."""
        if server.anew is not None:
            self._asked[f"{server.name}-{question.name}"] = asked
            return
        token = server.token() if server.token is not None else None
        requests = [request_bytes(server.port, body, token) for body in asked]
        self.client.line.send(("hold", f"{server.name}-{question.name}", requests))

    def one_round(self, server: Server, question: Question, seconds: float) -> Round:
        """Ask `server` for some seconds.

        Raises:
            FailedRoundError: An answer was not 200, had errors, or did not come.
        """
        name = f"{server.name}-{question.name}"
        if server.anew is not None:
            made = server.anew(self._asked[name], seconds)
            self.client.line.send(("hold", name, made))
        before = family_us(server.pid), database_us(server.home)
        self.client.line.send(("round", name, server.port, seconds, self.length.connections))
        seen = self.client.heard()
        if not isinstance(seen, Measured):
            raise FailedRoundError(f"{server.name}, {question.name}: {seen}")
        used = family_us(server.pid) - before[0], database_us(server.home) - before[1]
        return Round(seen, used[0] / seen.requests, used[1] / seen.requests)

    def turns(self, servers: Sequence[Server], question: Question) -> Turns:
        """Return the rounds of each server; a first one of each is thrown away."""
        length = self.length
        if length.is_apart:
            homes = [server.home for server in servers]
            keep_apart([server.pid for server in servers], homes, self.client.pid)
        warm_up = min(WARM_UP_S, 2 * length.seconds)
        whole = len(servers) * (warm_up + length.rounds * length.seconds)
        names = ", ".join(server.name for server in servers)
        say(f"{question.name}: {length.rounds} rounds of {names}; about {whole:.0f} s ...")
        measured: dict[str, list[Round]] = {server.name: [] for server in servers}
        for server in servers:
            self.one_round(server, question, warm_up)
        for _ in range(length.rounds):
            for server in servers:
                measured[server.name].append(self.one_round(server, question, length.seconds))
        return Turns(question, measured)


def print_rows(turns: Turns) -> None:
    """Print a row for each server."""
    question = turns.question
    for name, rounds in turns.rounds.items():
        share = statistics.median(r.seen.client_share for r in rounds)
        warning = " **(too much)**" if share > CLIENT_LIMIT else ""
        print(
            f"| {question.name} | {name} | {turns.median(name, rate) * question.units:,.0f} "
            f"{question.unit}/s | {turns.median(name, p50):.1f} ms "
            f"| {turns.median(name, p99):.1f} ms "
            f"| {turns.median(name, worker_us):,.0f} us "
            f"| {turns.median(name, base_us):,.0f} us | {share:.0%}{warning} |",
            flush=True,
        )


def print_ratios(turns: Turns, ours: str, theirs: str) -> None:
    """Print how many times as good `ours` is as `theirs`, column by column."""

    def times(value: Callable[[Round], float]) -> list[float]:
        return turns.ratios(theirs, ours, value)

    cells = [
        turns.question.name,
        f"**{ours} : {theirs}**",
        told(turns.ratios(ours, theirs, rate)),
        f"{statistics.median(times(p50)):.2f}x",
        told(times(p99)),
        f"{statistics.median(times(worker_us)):.2f}x",
        f"{statistics.median(times(base_us)):.2f}x",
        f"both CPUs: {statistics.median(times(both_us)):.2f}x",
    ]
    print(f"| {' | '.join(cells)} |", flush=True)


def equal_or_refuse(question: str, answers: Mapping[str, Any]) -> None:
    """Refuse to compare servers that answer differently, or with nothing."""
    (first, ours), *others = answers.items()
    assert all(ours.values()), f"{question}: {first} answers with nothing"
    for name, theirs in others:
        assert ours == theirs, f"{question}: {name} answers differently from {first}"
