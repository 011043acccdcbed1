"""A process that attaches to a home's database and stays until it is told to end, or is killed."""

import json
import os
import signal
import subprocess
import sys
import sysconfig
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from hub.home import Home
from hub.store.embedded.process import processes_inside

ROOT = Path(__file__).resolve().parents[2]
SITE_PACKAGES = Path(sysconfig.get_path("purelib"))
PYTHONPATH = f"{ROOT}{os.pathsep}{SITE_PACKAGES}"
PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job inherits it ignored
from pathlib import Path
from typing import Self
from hub.store.embedded import EmbeddedServer
with EmbeddedServer.attach_sync(Path(sys.argv[1])) as server:
    pid = (server.home.data / "postmaster.pid").read_text().split()[0]
    print(pid, server.dsn(), flush=True)
    sys.stdin.read()
"""


class Owner:
    """A hub process that uses the database of `home`; `wait` returns once it is attached."""

    def __init__(
        self, home: Path, *, user: str | None = None, python: str = sys.executable
    ) -> None:
        self.process = subprocess.Popen(
            [python, "-c", PROGRAM, str(home)],
            cwd="/",
            env={"PYTHONPATH": PYTHONPATH, "PATH": os.environ["PATH"]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            user=user,
            group=user and "nogroup",
            extra_groups=[] if user else None,
        )
        self.postmaster = 0
        self.dsn = ""

    def wait(self) -> Self:
        """Return once it is attached, knowing the server's process and address."""
        assert self.process.stdout
        pid, self.dsn = self.process.stdout.readline().decode().split()
        self.postmaster = int(pid)
        return self

    def end(self, signal_number: int | None = None) -> None:
        """End it by a signal, or in peace, and take its leave."""
        if signal_number is None:
            assert self.process.stdin
            self.process.stdin.close()
        else:
            self.process.send_signal(signal_number)
        self.process.wait(10)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe
            with suppress(BrokenPipeError):
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.end(signal.SIGKILL)


def guardian_of(home: Path) -> int:
    """Return the process id of the guardian of `home`."""
    note = json.loads(Home.at(home).guardian_lock.read_text())
    assert isinstance(note["pid"], int)
    return note["pid"]


def is_gone(pid: int) -> bool:
    """Return whether no process has this number, or only its zombie is left."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


def wait_until_gone(pid: int, patience_s: float = 10.0) -> None:
    """Return once process `pid` has ended."""
    deadline = time.monotonic() + patience_s
    while not is_gone(pid):
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.01)


def server_processes(home: Path) -> list[int]:
    """Return every process of PostgreSQL on the data of `home`."""
    return list(processes_inside(Home.at(home).data))
