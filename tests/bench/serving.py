"""Runs one application in one worker process that ends with the process that started it."""

import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from starlette.routing import Router

from hub.service import serve_on

_SPAWN = multiprocessing.get_context("spawn")
PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Worker:
    """A process of ours, and the line to it."""

    line: Connection
    pid: int

    def heard(self) -> Any:
        """Return the next thing that it says."""
        if not self.line.poll(PATIENCE_S):
            raise TimeoutError("the worker says nothing")
        return self.line.recv()


@contextmanager
def worker(target: Callable[..., None], *arguments: object) -> Iterator[Worker]:
    """Give a new process that runs `target(line, *arguments)`; it is gone afterwards.

    The process is to end when its line is closed, so it also ends when this one is killed.
    """
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=target, args=(theirs, *arguments))
    process.start()
    theirs.close()
    try:
        assert process.pid is not None
        yield Worker(ours, process.pid)
    finally:
        ours.close()
        process.join(PATIENCE_S)
        if process.is_alive():
            process.kill()
            process.join()


async def serve(line: Connection, application: Router, bound: socket.socket) -> None:
    """Tell the port, and serve as `hub serve` does until `line` is closed."""

    def end_with_line() -> None:
        with suppress(EOFError, OSError):
            line.recv()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_with_line, daemon=True).start()
    line.send(bound.getsockname()[1])
    await serve_on(application, bound)


def run_worker(main: Callable[[], Coroutine[None, None, None]], profile: Path | None) -> None:
    """Run `main` on uvloop; with `profile`, under cProfile, whose figures are written there."""
    import uvloop

    if profile is None:
        uvloop.run(main())
        return
    import cProfile

    figures = cProfile.Profile()
    try:
        figures.runcall(uvloop.run, main())
    finally:
        figures.dump_stats(profile)
