"""Runs one application in one worker process that ends with the process that started it."""

import asyncio
import cProfile
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

from hub.http.server import Server
from hub.service import serve_with

_SPAWN = multiprocessing.get_context("spawn")
PATIENCE_S = 180


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


async def serve(
    line: Connection, application: Router, bound: socket.socket, profile: Path | None = None
) -> None:
    """Tell the port, and serve as `hub serve` does until `line` is closed.

    With `profile`, what runs after a word came through `line` is profiled, and written there.
    """
    figures = cProfile.Profile()
    loop = asyncio.get_running_loop()

    def end_with_line() -> None:
        with suppress(EOFError, OSError):
            while line.recv():
                loop.call_soon_threadsafe(figures.enable)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end_with_line, daemon=True).start()
    line.send(bound.getsockname()[1])
    await serve_with(Server(application), bound)
    if profile is not None:
        figures.disable()
        figures.dump_stats(profile)


def run_worker(main: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run `main` on uvloop, as `hub serve` does."""
    import uvloop

    uvloop.run(main())
