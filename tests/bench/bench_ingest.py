"""How fast all departments' records become sealed facts, scores and alerts, all on record.

A made-up district with its planted faults, every department's system over its own socket or file,
is read by the command that an operator types: `hub ingest` in a process of its own, whose memory
is therefore the hub's alone. Reading it all again changes nothing. Then `hub score` passes over
the whole population by columns.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from connectors.shape import BEIJING
from hub.clock import utc_now
from hub.demo.installation import district, start_sources, write_departments
from hub.settings import Settings
from hub.store.embedded import EmbeddedServer
from tests.bench.cpu import database_us
from tests.support.postgres import temporary_home

HOUSEHOLDS_FOR, PEOPLE_OF = 14_000, 21_600
"""So many households of the generator have so many people whom the hub keeps."""
_READ = re.compile(r"^([a-z-]+): ([\d,]+) read, ([\d,]+) accepted.*; ([\d.]+) s \(", re.MULTILINE)
_SCORED = re.compile(r"^([\d,]+) households scored", re.MULTILINE)
_MICRO = 1e-6


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command said and used."""

    words: str
    seconds: float
    cpu_s: float
    database_s: float
    peak_mib: float

    def row(self, name: str, amount: str, rate: str = "") -> None:
        print(
            f"| {name} | {amount} | {self.seconds:.1f} s | {rate} | {self.cpu_s:.1f} s "
            f"| {self.database_s:.1f} s | {self.peak_mib:,.0f} MiB |",
            flush=True,
        )


def hub(home: Path, *arguments: str | Path) -> Ran:
    """Run a `hub` command on `home` in a process of its own; raise where it fails."""
    command = [sys.executable, "-m", "hub.cli", *map(str, arguments), "--home", str(home)]
    used, began = database_us(home), perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        assert running.stdout is not None
        words = running.stdout.read()
        _, status, usage = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    seconds = perf_counter() - began
    if running.returncode:
        raise SystemExit(f"hub {arguments[0]} ended with {running.returncode}:\n{words}")
    return Ran(
        words,
        seconds,
        usage.ru_utime + usage.ru_stime,
        (database_us(home) - used) * _MICRO,
        usage.ru_maxrss / 1024,
    )


@contextmanager
def installation(people: int) -> Iterator[tuple[Path, Path]]:
    """Give the home of a hub whose departments' systems run, and civil affairs' list."""
    households = -(-people * HOUSEHOLDS_FOR // PEOPLE_OF)
    with temporary_home() as home, EmbeddedServer.attach_sync(home), ExitStack() as stack:
        settings = Settings(home=home)
        today = utc_now().astimezone(BEIJING).date()
        places, _ = district(home, seed=1, households=households, today=today)
        sources = start_sources(stack, settings, places)
        hub(home, "migrate")
        write_departments(settings, sources, {})
        yield home, places.monitoring_list


def _count(word: str) -> int:
    return int(word.replace(",", ""))


def _first(home: Path) -> Ran:
    """Read everything for the first time; print it by department, then whole."""
    first = hub(home, "ingest")
    print("| department | read | accepted | took | rate |\n|---|--:|--:|--:|--:|")
    records, reading = 0, 0.0
    for name, read, accepted, took in _READ.findall(first.words):
        seconds, amount = float(took), _count(read)
        rate = f"{amount / seconds:,.0f} records/s" if seconds else ""
        print(f"| {name} | {read} | {accepted} | {took} s | {rate} |")
        records, reading = records + amount, reading + seconds
    scored = sum(map(_count, _SCORED.findall(first.words)))
    print(
        "\n| work | amount | took | rate | its processor time | the database's | its memory |"
        "\n|---|--:|--:|--:|--:|--:|--:|"
    )
    print(
        f"| of it, reading | {records:,} records | {reading:.1f} s "
        f"| {records / reading:,.0f} records/s | | | |"
    )
    rate = f"{records / first.seconds:,.0f} records/s"
    first.row("first reading, with scores", f"{records:,} records, {scored:,} households", rate)
    return first


def run(people: int) -> None:
    """Read a district with about that many people whom the hub keeps, twice; score it twice."""
    with installation(people) as (home, listed):
        hub(home, "scope", listed)
        print()
        first = _first(home)
        again = hub(home, "ingest")
        assert not sum(_count(read) for _, read, *_ in _READ.findall(again.words))
        again.row("unchanged sources", "", f"{again.seconds / first.seconds:.1%} of the first")
        for turn in ("the whole population", "the same day again"):
            passed = hub(home, "score")
            households = sum(map(_count, _SCORED.findall(passed.words)))
            rate = f"{households / passed.seconds:,.0f} households/s"
            passed.row(turn, f"{households:,} households", rate)
