"""One worker beside two: `hub serve --workers` as an operator starts it, two homes, turn by turn.

Client and database need processors of their own, so two workers can give twice as much only where
there are that many processors; on two cores the table says what a second worker is worth there.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from tests.bench.bench_locks import without_ids
from tests.bench.bench_query import Population, asked_of
from tests.bench.bench_size import home_of
from tests.bench.cpu import family_of, memory_mib
from tests.bench.load import serve_rounds
from tests.bench.measuring import HEAD, Bench, Length, Server, print_ratios, print_rows
from tests.bench.ours import ENVIRONMENT, SignedIn
from tests.bench.questions import POINT, WORKLIST, Question
from tests.bench.serving import worker

PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: how many people, how many workers, rounds of how long, which questions."""

    people: int = 21_600
    workers: Sequence[int] = (1, 2)
    length: Length = field(default_factory=Length)
    questions: tuple[Question, ...] = (POINT, WORKLIST)


@contextmanager
def served(home: Path, workers: int) -> Iterator[Server]:
    """Give `hub serve` on a home; its time is that of the supervisor and all its workers.

    Raises:
        TimeoutError: It does not serve.
    """
    with TemporaryDirectory(prefix="hub-bench-") as folder:
        address = Path(folder) / "address"
        given = ["--home", home, "--port", 0, "--workers", workers, "--port-file", address]
        command = [sys.executable, "-m", "hub.cli", "serve", *map(str, given)]
        with subprocess.Popen(
            command,
            env=os.environ | ENVIRONMENT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                port = _port(address, process)
                yield Server(name_of(workers), port, process.pid, home, SignedIn(home, port))
            finally:
                process.terminate()


def _port(address: Path, process: subprocess.Popen[bytes]) -> int:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        told = address.read_text("ascii") if address.exists() else ""
        if told:
            return urlsplit(told).port or 0
        time.sleep(0.1)
    raise TimeoutError("hub serve does not serve")


def name_of(workers: int) -> str:
    """Return what so many workers are called in tables."""
    return "1 worker" if workers == 1 else f"{workers} workers"


def run(plan: Plan) -> None:
    """Measure in homes that are gone afterwards."""
    with ExitStack() as stack:
        homes = [home_of(stack, plan.people) for _ in plan.workers]
        servers = [
            stack.enter_context(served(home, count))
            for home, count in zip(homes, plan.workers, strict=True)
        ]
        bench = Bench(stack.enter_context(worker(serve_rounds)), plan.length)
        population = Population(plan.people)
        print(HEAD)
        for question in plan.questions:
            turns = asked_of(bench, servers, question, population, without_ids)
            print_rows(turns)
            for more in servers[1:]:
                print_ratios(turns, more.name, servers[0].name)
        for server in servers:
            held = [f"{memory_mib(pid)[1]:,.0f}" for pid in family_of(server.pid)]
            print(f"{server.name}: supervisor and workers held at most {', '.join(held)} MiB.")
