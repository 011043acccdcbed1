"""`hub serve`: answer departments until told to stop."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from hub.commands.console import fail, settings_or_fail
from hub.commands.options import Home
from hub.home import Home as HomeFolder
from hub.home import ServedNow
from hub.settings import Settings
from hub.supervision.__main__ import Task, become

Port = Annotated[
    int | None, typer.Option("--port", help="Port on this machine (HUB_PORT); 0 takes a free one.")
]
Workers = Annotated[
    int | None, typer.Option("--workers", help="Processes that answer (HUB_WORKERS); default: 1.")
]
PortFile = Annotated[
    Path | None, typer.Option("--port-file", help="Write the address here once it is served.")
]
_POLL_S: Final = 0.1
WORKER: Final = "hub.commands.worker"


def serve(
    home: Home = None, port: Port = None, workers: Workers = None, port_file: PortFile = None
) -> None:
    """Answer departments' queries on this machine until SIGTERM or Ctrl-C.

    Starts the embedded database if none runs. Requests under way are finished before it ends.
    SIGHUP, or `hub reload`, starts new workers with the settings and files of that moment, and then
    lets the old ones finish. Put a proxy that speaks TLS in front; the hub itself listens on
    loopback only.
    """
    settings = settings_or_fail(home=home, port=port, workers=workers)
    supervise(settings, WORKER, port_file, workers)


def reload(home: Home = None) -> None:
    """Let the running `hub serve` take up new code, settings, clients and receivers.

    New workers are started; once all are ready the old ones finish what is under way, and no
    request fails. If one cannot start, the old ones serve on, and this exits 1.
    """
    settings = settings_or_fail(home=home)
    lock = HomeFolder.at(settings.home).serve_lock
    before = ServedNow.read(lock)
    if before is None:
        fail(f"{settings.home} is not served: nothing to reload.")
    os.kill(before.pid, signal.SIGHUP)
    now: ServedNow | None = before
    while now is not None and now.pid == before.pid and now.reloads == before.reloads:
        time.sleep(_POLL_S)
        now = ServedNow.read(lock)
    if now is None or now.pid != before.pid:
        fail("hub serve has ended meanwhile; its log says why.")
    if now.is_kept:
        fail("A new worker could not start: the old ones serve on. The log of hub serve says why.")
    typer.echo("hub: reloaded")


def supervise(
    settings: Settings, worker: str, port_file: Path | None, workers: int | None = None
) -> None:
    """Go on as the supervisor of workers, each `python -m worker`; this does not return.

    `workers` is how many were asked for by argument: a reload does not forget it.
    """
    command = [sys.executable, "-P", "-m", worker, "--home", str(settings.home)]
    if workers is not None:
        command += ["--workers", str(workers)]
    become(
        Task(
            home=str(settings.home),
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            drain_s=settings.drain_s,
            is_embedded=settings.database_url is None,
            port_file=None if port_file is None else os.fspath(port_file.absolute()),
            command=tuple(command),
        )
    )
