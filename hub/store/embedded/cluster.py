"""Prepares a data directory whole or not at all, and runs the one PostgreSQL on it.

Only the guardian calls this, holding the home's guardian lock. A new cluster is made beside its
place and moved there when it is complete, so a crash in between leaves nothing to repair.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.home import Home
from hub.store.embedded import configuration
from hub.store.embedded.account import Account
from hub.store.embedded.binaries import MAJOR_VERSION, Binaries
from hub.store.embedded.errors import DataVersionError, ServerStartError
from hub.store.embedded.process import processes_inside, start

FAST_SHUTDOWN_S = 20.0
IMMEDIATE_SHUTDOWN_S = 10.0
RECOVERY_S = 300.0
_POLL_S = 0.01
_ERROR_LINES = 8
_UNFINISHED = "unfinished-"


@dataclass(frozen=True, slots=True)
class Cluster:
    """One data directory, the programs for it, and the account that owns it."""

    home: Home
    binaries: Binaries
    account: Account | None

    def prepare(self) -> None:
        """Make the cluster if there is none; both passwords exist afterwards.

        Raises:
            DataVersionError: The data belong to another major version; nothing was changed.
            ServerStartError: PostgreSQL could not make it; nothing is left of the attempt.
        """
        version = self.home.data / "PG_VERSION"
        if version.is_file():
            found = version.read_text(encoding="utf-8").strip()
            if found != MAJOR_VERSION:
                raise DataVersionError(
                    f"{self.home.data} was written by PostgreSQL {found}, this is "
                    f"{MAJOR_VERSION}; dump it with {found} and load it into a new home"
                )
            return
        for abandoned in self.home.postgres.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.home.postgres))
        try:
            self._create(unfinished)
        except BaseException:  # also when told to stop: nothing half-made may stay
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        unfinished.rename(self.home.data)
        _sync(self.home.postgres)

    def _create(self, data: Path) -> None:
        """Make a complete cluster in `data`, with our roles and database."""
        if self.account:
            self.account.own(data)
        hub_password, admin_password = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        _write_secret(self.home.password, hub_password)
        _write_secret(self.home.admin_password, admin_password)
        with tempfile.NamedTemporaryFile(dir=self.home.postgres) as file:
            file.write(admin_password.encode())
            file.flush()
            if self.account:
                self.account.own(Path(file.name))
            initdb = (self.binaries.program("initdb"), "-D", data, f"--pwfile={file.name}")
            self._run("initdb", (*initdb, *configuration.INITDB_OPTIONS))
        single = (self.binaries.program("postgres"), "--single", "-D", data, "postgres")
        statements = configuration.roles(hub_password=hub_password, admin_password=admin_password)
        self._run("the first statements", single, statements)

    def _run(self, title: str, command: Sequence[str | Path], stdin: bytes = b"") -> None:
        """Run `command` to its end.

        Raises:
            ServerStartError: It failed, with the first lines of what it said.
        """
        with tempfile.TemporaryFile() as output:
            child = start(
                command,
                account=self.account,
                death_signal=signal.SIGKILL,
                stderr=output,
                stdin=stdin,
            )
            try:
                status = child.wait()
            finally:
                child.kill()
                child.wait()
            output.seek(0)
            said = output.read().decode(errors="replace")
        if status or "ERROR:" in said or "FATAL:" in said:
            lines = [line for line in said.splitlines() if "PASSWORD" not in line]
            wrong = [line for line in lines if "error" in line.lower()] or lines
            reason = "\n".join(wrong[:_ERROR_LINES])
            raise ServerStartError(f"{title} failed (status {status}):\n{reason}")

    def run(self, sockets: Path) -> subprocess.Popen[bytes]:
        """Start the server and return it once it accepts connections in `sockets`.

        Recovery after a crash may take minutes; the server is given that time.

        Raises:
            ServerStartError: It ended, or took longer than `RECOVERY_S`; it is stopped.
        """
        self._evict()
        self.home.log.mkdir(mode=0o700, exist_ok=True)
        if self.account:
            self.account.own(self.home.log)
        settings = configuration.server_settings(sockets, self.home.log, self.home.data)
        options = [f"--{name}={value}" for name, value in settings.items()]
        command: Sequence[str | Path] = (
            self.binaries.program("postgres"),
            "-D",
            self.home.data,
            *options,
        )
        first_words = self.home.postgres / "start.log"
        with first_words.open("wb") as output:
            server = start(
                command, account=self.account, death_signal=signal.SIGQUIT, stderr=output
            )
        try:
            self._wait_until_ready(server, first_words)
        except BaseException:  # also when told to stop while it recovers
            stop(server)
            raise
        return server

    def _wait_until_ready(self, server: subprocess.Popen[bytes], first_words: Path) -> None:
        """Return once the server has written that it is ready into its lock file."""
        deadline = time.monotonic() + RECOVERY_S
        while time.monotonic() < deadline:
            if server.poll() is not None:
                said = first_words.read_text(encoding="utf-8", errors="replace").splitlines()
                raise ServerStartError(
                    "PostgreSQL ended while it started; see "
                    f"{self.home.log}\n" + "\n".join(said[:_ERROR_LINES])
                )
            if _status(self.home.data) == (server.pid, "ready"):
                return
            time.sleep(_POLL_S)
        raise ServerStartError(
            f"PostgreSQL was not ready in {RECOVERY_S:.0f} s; see {self.home.log}"
        )

    def _evict(self) -> None:
        """See that no process of an earlier server is left on the data; ours is the only lock.

        A server whose guardian was killed needs a moment to end. Once nobody is inside, a lock file
        of it is stale whatever process now has its number (numbers repeat in containers).
        """
        deadline = time.monotonic() + IMMEDIATE_SHUTDOWN_S
        while left := list(processes_inside(self.home.data)):
            if time.monotonic() > deadline:
                raise ServerStartError(
                    f"process {left[0]} still uses {self.home.data}; stop it and start again"
                )
            time.sleep(_POLL_S)
        (self.home.data / "postmaster.pid").unlink(missing_ok=True)


def stop(server: subprocess.Popen[bytes]) -> None:
    """Stop the server: open sessions are ended, a checkpoint is written; at worst it is killed."""
    for signal_number, patience_s in (
        (signal.SIGINT, FAST_SHUTDOWN_S),
        (signal.SIGQUIT, IMMEDIATE_SHUTDOWN_S),
    ):
        if server.poll() is None:
            server.send_signal(signal_number)
        try:
            server.wait(patience_s)
        except subprocess.TimeoutExpired:
            continue
        return
    server.kill()
    server.wait()


def _status(data: Path) -> tuple[int, str] | None:
    """Return process id and state from the server's lock file (line 1, line 8), if it is there."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    complete = 8
    return (int(lines[0]), lines[7].strip()) if len(lines) >= complete else None


def _write_secret(path: Path, secret: str) -> None:
    """Write `secret` durably, for its owner only."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
