"""The hub beside its peers: the same questions, the same rows, turn by turn.

The hub does everything that it does: token, grants, unsealing, a durable entry in the log before
the answer leaves. The peers, strawberry with data loaders and PostGraphile, do the query. Before
anything is measured, all have to give the same values for a sample of the questions.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import orjson

from hub.settings import Settings
from hub.store.embedded import EmbeddedServer
from tests.bench.cpu import memory_mib
from tests.bench.families import family, family_count, village, villages
from tests.bench.graphile import (
    DOCUMENTS,
    MissingError,
    installed,
    node,
    serve_graphile,
    translated,
)
from tests.bench.load import serve_rounds
from tests.bench.measuring import (
    HEAD,
    Bench,
    Length,
    Server,
    Turns,
    ask,
    equal_or_refuse,
    print_ratios,
    print_rows,
)
from tests.bench.ours import AS_IT_IS, Hub, all_serving, set_up
from tests.bench.peer import serve_peer
from tests.bench.progress import say
from tests.bench.proving import Proving
from tests.bench.questions import POINT, QUESTIONS, Question, bodies, data_of
from tests.bench.serving import worker
from tests.support.postgres import temporary_home

SEED = 20260301
SAMPLE = 20
FAMILIES = 20_000
"""Families whose members are asked about at most; of a larger district, an even choice."""
HUB, STRAWBERRY, GRAPHILE, COLD = "hub", "strawberry", "PostGraphile", "hub, cold keys"
OURS = {HUB, COLD}
PROVING = "hub, DPoP on every request"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: how many people, rounds of how long, which questions."""

    people: int = 21_600
    length: Length = field(default_factory=Length)
    questions: tuple[Question, ...] = QUESTIONS
    with_graphile: bool = True


@dataclass(frozen=True, slots=True)
class Population:
    """Who and where can be asked about in a district of about `people` people."""

    people: int

    def numbers(self) -> list[str]:
        """Return citizen numbers, of the whole district or of an even choice of its families."""
        count = family_count(self.people)
        step = max(1, count // FAMILIES)
        return [
            member.number
            for index in range(0, count, step)
            for member in family(index, self.people, SEED).members
        ]

    def places(self) -> list[str]:
        """Return the regions of all villages."""
        return [village(index) for index in range(villages(self.people))]

    def variables(self, question: Question) -> list[dict[str, object]]:
        """Return the variables of as many requests as are held, always the same."""
        rng, numbers, places = Random(SEED), self.numbers(), self.places()
        return [question.variables(rng, numbers, places) for _ in range(question.held)]


def answers_of(
    servers: Sequence[Server], question: Question, variables: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what each server says to one question, in the shape of the hub's graph."""
    answers = {}
    for server in servers:
        document = document_for(server, question)
        body = orjson.dumps({"query": document, "variables": variables})
        data = data_of(ask(server, body))
        if server.name.startswith(GRAPHILE):
            data = translated(question.name, data, variables)
        answers[server.name] = data
    return answers


def document_for(server: Server, question: Question) -> str:
    """Return the document by which a server is asked: PostGraphile's graph is its own."""
    is_graphile = server.name.startswith(GRAPHILE)
    return DOCUMENTS[question.name] if is_graphile else question.document


def graphile_if_it_can_be_had(stack: ExitStack, dsn: str, home: Path) -> Iterator[Server]:
    """Give PostGraphile, or nothing where it cannot be had; it is said why."""
    try:
        with_node = node()
        version = installed(with_node)
        serving = stack.enter_context(serve_graphile(with_node, dsn))
    except MissingError as reason:
        say(f"PostGraphile is left out: {reason}")
        return
    print(f"PostGraphile {version} on Node {with_node.version}")
    yield Server(GRAPHILE, serving.port, serving.pid, home)


def servers_of(stack: ExitStack, home: Path, dsn: str, plan: Plan) -> list[Server]:
    """Serve the hub, its peers and the hub with cold keys until `stack` is closed."""
    theirs = stack.enter_context(worker(serve_peer, dsn))
    ours = [(home, HUB, AS_IT_IS), (home, COLD, Hub(is_cold=True))]
    hub, cold = all_serving(stack, ours)
    servers = [hub, Server(STRAWBERRY, theirs.heard(), theirs.pid, home)]
    if plan.with_graphile:
        servers += graphile_if_it_can_be_had(stack, dsn, home)
    return [*servers, cold]


def proving(home: Path, hub: Server) -> Server:
    """Return the same worker, asked with a token that is bound to a key and a proof each time."""
    return Server(PROVING, hub.port, hub.pid, home, None, Proving(home, hub.port).requests)


def compare(home: Path, dsn: str, plan: Plan) -> None:
    """Serve all, check that they agree, and measure them in turn."""
    population = Population(plan.people)
    with ExitStack() as stack:
        servers = servers_of(stack, home, dsn, plan)
        bench = Bench(stack.enter_context(worker(serve_rounds)), plan.length)
        print(HEAD)
        for question in plan.questions:
            asked = servers if question.has_peers else [s for s in servers if s.name in OURS]
            more = [proving(home, servers[0])] if question is POINT else []
            turns = asked_of(bench, asked, question, population, more=more)
            print_rows(turns)
            for peer in [*asked[1:], *more]:
                print_ratios(turns, HUB, peer.name)
        now, most = memory_mib(servers[0].pid)
        print(f"\nThe hub's worker holds {now:,.0f} MiB; at most it held {most:,.0f} MiB.")


def asked_of(
    bench: Bench,
    servers: Sequence[Server],
    question: Question,
    population: Population,
    comparable: Callable[[Any], Any] = lambda data: data,
    more: Sequence[Server] = (),
) -> Turns:
    """Return the rounds of a question, once all servers have agreed on a sample of it.

    `comparable` takes from an answer what may differ. `more` are measured beside, in other ways to
    ask the same workers.
    """
    variables = population.variables(question)
    for given in variables[:SAMPLE]:
        answers = answers_of(servers, question, given)
        equal_or_refuse(question.name, {name: comparable(a) for name, a in answers.items()})
    for server in [*servers, *more]:
        bench.hold(server, question, bodies(document_for(server, question), variables))
    return bench.turns([*servers, *more], question)


def run(plan: Plan) -> None:
    """Measure in a home of its own, that is gone afterwards."""
    with temporary_home() as home, EmbeddedServer.attach_sync(home) as server:
        started = time.perf_counter()
        say(f"making a district of {plan.people:,} people ...")
        count = asyncio.run(set_up(Settings(home=home), plan.people, SEED))
        took = time.perf_counter() - started
        print(f"{count:,} people sealed and stored twice in {took:.0f} s")
        compare(home, server.dsn(), plan)
