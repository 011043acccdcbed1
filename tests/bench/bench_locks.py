"""What the locks cost: the hub with audit, sealing and authorisation taken off one by one.

The same people in two homes, sealed and clear; all ways of serving them answer the same before
anything is measured, and are asked turn by turn. How they are taken off says
`tests.bench.unlocked`; the hub itself cannot be asked to.
"""

import asyncio
import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from hub.settings import Settings
from hub.store.embedded import EmbeddedServer
from tests.bench.bench_query import SEED, Population, asked_of
from tests.bench.load import serve_rounds
from tests.bench.measuring import HEAD, Bench, Length, Turns, both_us, print_rows, rate
from tests.bench.ours import Hub, all_serving, set_up
from tests.bench.progress import say
from tests.bench.questions import POINT, WORKLIST, Question
from tests.bench.serving import worker
from tests.bench.unlocked import Lock
from tests.support.postgres import temporary_home

WHOLE, BARE = "hub", "without any"
GOALS = {POINT.name: 0.40, WORKLIST.name: 0.60}
"""Of the throughput without locks, what all of them may take."""
WAYS: tuple[tuple[str, frozenset[Lock]], ...] = (
    (WHOLE, frozenset()),
    *((f"without {lock}", frozenset({lock})) for lock in Lock),
    (BARE, frozenset(Lock)),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: how many people, rounds of how long, which questions."""

    people: int = 21_600
    length: Length = field(default_factory=Length)
    questions: tuple[Question, ...] = (POINT, WORKLIST)


def without_ids(data: Any) -> Any:
    """Return an answer without ids, members in an order of their values: homes have ids anew."""
    if isinstance(data, dict):
        return {key: without_ids(value) for key, value in data.items() if key != "id"}
    if isinstance(data, list):
        return sorted(map(without_ids, data), key=orjson.dumps)
    return data


def shares(above: Sequence[float]) -> str:
    """Return a share with its range, from ratios of the hub to itself with less to do."""
    lost = sorted(1 - ratio for ratio in above)
    return f"**{statistics.median(lost):.0%}** ({lost[0]:.0%} to {lost[-1]:.0%})"


def print_shares(turns: Turns) -> None:
    """Print what each lock takes of throughput, and of processor time, round by round."""
    name = turns.question.name
    for way, _ in WAYS[1:]:
        lost = shares(turns.ratios(WHOLE, way, rate))
        time = shares(turns.ratios(way, WHOLE, both_us))
        goal = f"at most {GOALS[name]:.0%}" if way == BARE and name in GOALS else ""
        print(f"| {name} | {way} | {lost} | {time} | {goal} |", flush=True)


def _home(stack: ExitStack, people: int, *, is_sealed: bool) -> Path:
    """Make a home with people; it is gone when `stack` is closed."""
    say(f"making a district of {people:,} people, {'sealed' if is_sealed else 'clear'} ...")
    home = stack.enter_context(temporary_home())
    stack.enter_context(EmbeddedServer.attach_sync(home))
    asyncio.run(set_up(Settings(home=home), people, SEED, with_clear=False, is_sealed=is_sealed))
    return home


def run(plan: Plan) -> None:
    """Measure in two homes that are gone afterwards."""
    with ExitStack() as stack:
        sealed, clear = (
            _home(stack, plan.people, is_sealed=is_sealed) for is_sealed in (True, False)
        )
        servers = all_serving(
            stack,
            ((clear if Lock.SEALING in off else sealed, name, Hub(off=off)) for name, off in WAYS),
        )
        bench = Bench(stack.enter_context(worker(serve_rounds)), plan.length)
        population = Population(plan.people)
        measured = []
        print(HEAD)
        for question in plan.questions:
            measured.append(asked_of(bench, servers, question, population, without_ids))
            print_rows(measured[-1])
        print("\n| work | the hub | of its throughput | of processor time | goal |")
        print("|---|---|--:|--:|--:|")
        for turns in measured:
            print_shares(turns)
