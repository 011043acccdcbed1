"""A whole installation in processes of its own: made by `hub demo`, served by `hub serve`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2

from hub.home import Home
from hub.store.embedded.process import processes_inside
from tests.support.workers import children_of

ROOT = Path(__file__).resolve().parents[2]
READY_S = 60.0


def environment() -> dict[str, str]:
    """Return this process's environment without settings of a hub, the tree importable."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return {**kept, "PYTHONPATH": str(ROOT)}


def hub_command(
    *arguments: str | Path, timeout: float = 300, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one `hub` command to its end, with `more` environment, and return what it printed."""
    return subprocess.run(
        [sys.executable, "-m", "hub.cli", *map(str, arguments)],
        cwd=ROOT,
        env={**environment(), **(more or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@dataclass
class Serving:
    """One `hub serve` and the address it answers at."""

    process: subprocess.Popen
    address: str

    @property
    def port(self) -> int:
        """The port that it answers at."""
        return int(self.address.rpartition(":")[2])

    @property
    def workers(self) -> list[int]:
        """The processes that answer."""
        return children_of(self.process.pid)

    def kill(self) -> None:
        """End it as a power cut would: the supervisor and every worker."""
        workers = self.workers
        self.process.send_signal(signal.SIGKILL)
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        self.process.wait()


SERVE = ("hub.cli", "serve")
DEMO_SERVING = ("hub.commands.demo_serving",)


@contextmanager
def serving(
    home: Path, program: tuple[str, ...] = SERVE, *, workers: int | None = None
) -> Iterator[Serving]:
    """Run `hub serve` on a prepared home until this closes; kill it then if it still runs.

    `program` may be DEMO_SERVING: the hub as `hub demo` runs it.
    """
    more = () if workers is None else ("--workers", str(workers))
    place = home / "address"
    place.unlink(missing_ok=True)
    with (home / "serve.log").open("ab") as words:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", *program),
                *("--home", str(home), "--port", "0", "--port-file", str(place)),
                *more,
            ],
            cwd=ROOT,
            env=environment(),
            stdout=words,
            stderr=words,
        )
        try:
            yield Serving(process, _ready(process, place))
        finally:
            if process.poll() is None:
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(60)
            if process.poll() is None:
                process.kill()
                process.wait()


def _ready(process: subprocess.Popen, place: Path) -> str:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        assert process.poll() is None, place.with_name("serve.log").read_text("utf-8")[-2000:]
        if place.exists() and (address := place.read_text("ascii")):
            with suppress(httpx2.HTTPError):
                if httpx2.get(f"{address}/health/ready", trust_env=False).is_success:
                    return address
        time.sleep(0.05)
    raise AssertionError("hub serve was not ready in time")


def database_processes(home: Path) -> list[int]:
    """Return the PostgreSQL processes that run on this home's data."""
    return list(processes_inside(Home.at(home).data))
