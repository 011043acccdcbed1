"""The supervisor as a program: binds, locks the home, attaches to its database, keeps workers.

`hub serve` becomes this program once it has read the settings, under the same process id, so that
what stays for months is small. It gets one argument: JSON of `Task`'s members.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

from hub.home import AlreadyServingError, Home, ServeLock
from hub.store.embedded.client import PACKAGE_PATHS, EmbeddedServer
from hub.store.embedded.errors import EmbeddedServerError
from hub.supervision.crew import Crew, Patience
from hub.supervision.listening import listener
from hub.supervision.supervisor import Report, Supervisor

_DATABASE_GONE = "The embedded database is gone; start `hub serve` again."


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be served, as the settings have it."""

    home: str
    host: str
    port: int
    workers: int
    drain_s: int
    is_embedded: bool
    """Whether the database in the home is used."""
    port_file: str | None
    command: tuple[str, ...]
    """What starts a worker; the numbers of two descriptors are added to it."""


def become(task: Task) -> NoReturn:
    """Go on as the supervisor of `task`: this program ends, its process does not."""
    sys.stdout.flush()
    sys.stderr.flush()
    command = [sys.executable, "-P", "-m", "hub.supervision", json.dumps(asdict(task))]
    os.execve(sys.executable, command, environment())  # noqa: S606 - our own module


def environment() -> dict[str, str]:
    """Return this process's environment, with this package where Python finds it."""
    paths = [*PACKAGE_PATHS, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}


def supervised(task: Task) -> int:
    """Serve until told to stop; return the exit status."""
    home = Home.at(Path(task.home))
    with ExitStack() as stack:
        try:
            bound = stack.enter_context(listener(task.host, task.port))
            lock = stack.enter_context(ServeLock(home))
            server = stack.enter_context(_database(task))
        except AlreadyServingError as problem:
            return _refused(str(problem))
        except EmbeddedServerError as problem:
            return _refused(str(problem))
        except OSError as problem:
            return _refused(f"{task.host}:{task.port} cannot be had ({problem.strerror}).")

        def serving(issuer: str) -> None:
            if task.port_file is not None:
                Path(task.port_file).write_text(issuer, encoding="ascii")
            sys.stdout.write(f"hub: serving {issuer}/graphql\n")
            sys.stdout.flush()

        return Supervisor(
            Crew(task.workers, Patience(drain_s=task.drain_s)),
            task.command,
            environment(),
            bound,
            Report(serving, lock.tell),
            lambda: None if server is None or server.is_running() else _DATABASE_GONE,
        ).run()


@contextmanager
def _database(task: Task) -> Iterator[EmbeddedServer | None]:
    """Hold the embedded database: it is not to stop and start when the last worker is replaced."""
    if not task.is_embedded:
        yield None
        return
    with EmbeddedServer.attach_sync(Path(task.home)) as server:
        yield server


def _refused(why: str) -> int:
    sys.stderr.write(f"hub: {why}\n")
    return 1


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    sys.exit(supervised(Task(**{**given, "command": tuple(given["command"])})))
