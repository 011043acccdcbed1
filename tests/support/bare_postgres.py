"""A PostgreSQL that a test may kill and start again; nothing guards it but the test itself."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hub.store.embedded.account import make_reachable, make_readable, server_account
from hub.store.embedded.binaries import find_binaries

BIN = find_binaries().root / "bin"
# PostgreSQL refuses to run as root, so root's tests run it as somebody who owns nothing else.
ACCOUNT = server_account(Path("/nowhere"))
AS = {"user": ACCOUNT.uid, "group": ACCOUNT.gid, "extra_groups": []} if ACCOUNT else {}


class BarePostgres:
    """One server on a Unix socket in a folder of its own."""

    def __init__(self, folder: Path, *, is_small: bool = False) -> None:
        self.folder = folder
        self.is_small = is_small
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.folder}"

    def create(self) -> None:
        small = ("--wal-segsize=1",)  # so that a small disk holds some of them
        named = ("--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync")
        self._run("initdb", *named, *(small if self.is_small else ()))

    def start(self, *settings: str) -> None:
        options = ["listen_addresses=", f"unix_socket_directories={self.folder}", *settings]
        self.process = subprocess.Popen(
            [BIN / "postgres", "-D", self.folder / "data", *(f"--{o}" for o in options)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **AS,
            start_new_session=True,
        )
        deadline = time.monotonic() + 20
        while subprocess.run(
            [BIN / "pg_isready", "-q", "-h", self.folder, "-U", "postgres"], check=False
        ).returncode:
            if time.monotonic() > deadline:
                raise TimeoutError("the server did not start")
            time.sleep(0.02)

    def kill(self) -> None:
        """End every process of the server at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGQUIT)

    def stop_in_order(self) -> None:
        """End it so that it has nothing to recover when it starts again."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(120)
            self.process = None

    def is_running(self) -> bool:
        """Whether its first process is there; a server whose disk is full may end by itself."""
        return self.process is not None and self.process.poll() is None

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, how)
            self.process.wait(20)
            self.process = None

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [BIN / program, "-D", self.folder / "data", *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            **AS,
        )


@contextmanager
def bare_postgres(*settings: str, disk: str | None = None) -> Iterator[BarePostgres]:
    """Give a running server; afterwards it is gone. `disk`: how large its disk is, such as "80m".

    Raises:
        PermissionError: Nobody here may mount a disk of that size.
    """
    folder = Path(tempfile.mkdtemp(prefix="audit-pg-"))
    if disk is not None:
        _mount(folder, disk)
    if ACCOUNT:
        ACCOUNT.own(folder)
        for tree in find_binaries().trees:  # the clone may lie where only root may look
            make_readable(tree)
            list(make_reachable(tree, ACCOUNT))
    server = BarePostgres(folder, is_small=disk is not None)
    try:
        server.create()
        server.start(*settings)
        yield server
    finally:
        server.stop()
        if disk is not None:
            subprocess.run(["umount", folder], check=True)
        shutil.rmtree(folder)


def _mount(folder: Path, size: str) -> None:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "hub-test", folder],
        check=False,
        capture_output=True,
    )
    if done.returncode:
        folder.rmdir()
        raise PermissionError("a disk of a limited size cannot be mounted here")
