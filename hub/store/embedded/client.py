"""Gives a hub process the embedded database, started if need be, for as long as it stays attached.

Attaching is one open connection to the guardian; it needs no clean-up that a killed process could
fail to do. Any number of processes share a server; two that start at once get the same one.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from hub.home import Home, HomeInUseError, Lock
from hub.store.embedded import rendezvous
from hub.store.embedded.configuration import DATABASE, PORT, ROLE, SUPERUSER
from hub.store.embedded.errors import (
    HomeUnusableError,
    ServerStartError,
    SocketPathError,
    named,
)

READY_S = 30.0
PACKAGE_PATHS = (str(Path(__file__).resolve().parents[3]),)
"""Where the guardian finds this package, be it installed or not."""
_RETRY_S = 0.05


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A running server that stays while this process holds the connection."""

    home: Home
    sockets: Path
    _connection: socket.socket

    @classmethod
    @contextmanager
    def attach_sync(cls, home: Path, *, ready_s: float = READY_S) -> Iterator["EmbeddedServer"]:
        """Hold the server of `home`; starts it when none runs, creates the home when it is new.

        Raises:
            BinariesMissingError, HomeUnusableError, SocketPathError, DataVersionError,
            ServerStartError: Each says what to do; nothing keeps running.
        """
        server = _attach(Home.at(home), ready_s)
        try:
            yield server
        finally:
            server._connection.close()  # noqa: SLF001 - our own class

    @classmethod
    @asynccontextmanager
    async def attach(
        cls, home: Path, *, ready_s: float = READY_S
    ) -> AsyncIterator["EmbeddedServer"]:
        """Do as `attach_sync` does, without blocking the event loop."""
        from anyio.to_thread import run_sync  # the guardian imports this module and must be quick

        server = await run_sync(_attach, Home.at(home), ready_s)
        try:
            yield server
        finally:
            server._connection.close()  # noqa: SLF001 - our own class

    def dsn(self, database: str = DATABASE) -> str:
        """Return the address of `database` for the hub's role, with its password: never log it."""
        return self._dsn(ROLE, self.home.password, database)

    def admin_dsn(self, database: str = DATABASE) -> str:
        """Return the address of `database` for the superuser: for back-ups and repairs only."""
        return self._dsn(SUPERUSER, self.home.admin_password, database)

    def _dsn(self, role: str, password: Path, database: str) -> str:
        secret = quote(password.read_text(encoding="utf-8"), safe="")
        place = urlencode({"host": str(self.sockets), "port": PORT})
        return f"postgresql://{role}:{secret}@/{quote(database)}?{place}"

    def is_running(self) -> bool:
        """Return whether the guardian still holds the server for this process."""
        try:
            return self._connection.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False


def wait_until_stopped(home: Path, patience_s: float = 5.0) -> bool:
    """Return whether the server of `home` has ended within `patience_s`; others may hold it."""
    lock = Lock(Home.at(home).guardian_lock)
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        try:
            lock.acquire()
        except HomeInUseError:
            time.sleep(_RETRY_S)
        else:
            lock.release()
            return True
    return False


def _attach(home: Home, ready_s: float) -> EmbeddedServer:
    """Return an attached server, or raise within `ready_s` seconds and a little more."""
    _create(home)
    deadline = time.monotonic() + ready_s
    while time.monotonic() < deadline:
        connection = _connect(home)
        if connection is None:
            _start_guardian(home)
            continue
        try:
            connection.settimeout(max(_RETRY_S, deadline - time.monotonic()))
            sockets = _greeted(connection)
        except BaseException:  # also on Ctrl-C: an abandoned connection would hold the server
            connection.close()
            raise
        if sockets is not None:
            connection.setblocking(False)  # noqa: FBT003 - the standard library's signature
            return EmbeddedServer(home, sockets, connection)
        connection.close()  # that guardian was about to end; the next one is ours to start
        time.sleep(_RETRY_S)
    raise ServerStartError(
        f"the database was not ready in {ready_s:.0f} s (it may be recovering, or the folder of "
        f"its sockets was removed); see {home.log} and {home.guardian_log}, then try again"
    )


def _create(home: Home) -> None:
    """Make the home's folder, or say why it cannot be used."""
    try:
        home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HomeUnusableError(f"the home {home.root} cannot be made: {error.strerror}") from error
    if not os.access(home.root, os.W_OK | os.X_OK):
        raise HomeUnusableError(
            f"the home {home.root} is not writable for this user; "
            "correct its permissions or choose another (HUB_HOME)"
        )


def _connect(home: Home) -> socket.socket | None:
    """Return a connection to the guardian of `home`; None when no guardian listens."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        folder = rendezvous.runtime_folder(home)
        if folder is None:
            connection.close()
            return None
        connection.connect(str(folder / rendezvous.CONTROL))
    except (FileNotFoundError, ConnectionRefusedError):
        connection.close()
        return None
    except OSError as error:
        connection.close()
        raise HomeUnusableError(
            f"the database of {home.root} belongs to another user: {error.strerror}"
        ) from error
    return connection


def _start_guardian(home: Home) -> None:
    """Start a guardian; on return one listens, or another is about to, or ours was killed first.

    Raises:
        SocketPathError, HomeUnusableError, ServerStartError: It could not be started.
    """
    paths = [*PACKAGE_PATHS, *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        log = home.guardian_log.open("ab")
    except OSError as error:
        raise HomeUnusableError(f"{home.guardian_log} cannot be written: {error}") from error
    with log:
        starter = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-P", "-m", "hub.store.embedded.guardian", str(home.root)],
            cwd="/",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            check=False,
        )
    was_killed = starter.returncode < 0
    if was_killed or starter.returncode == rendezvous.REFUSED_TO_BE_SECOND:
        time.sleep(_RETRY_S)
    elif starter.returncode != rendezvous.STARTED:
        last = home.guardian_log.read_text(encoding="utf-8", errors="replace").splitlines()[-1:]
        message = f"the database's guardian could not start: {''.join(last)}"
        if starter.returncode == rendezvous.NO_PLACE_FOR_SOCKETS:
            raise SocketPathError(message)
        raise ServerStartError(f"{message} (see {home.guardian_log})")


def _greeted(connection: socket.socket) -> Path | None:
    """Return the folder of the server's socket; None when the guardian ended without a word.

    Raises:
        EmbeddedServerError: The guardian says why there is no server.
    """
    try:
        with connection.makefile("rb") as lines:
            line = lines.readline()
    except (TimeoutError, ConnectionResetError):
        return None
    if not line.endswith(b"\n"):
        return None
    greeting = json.loads(line)
    if "error" in greeting:
        raise named(greeting["error"], greeting["message"])
    return Path(greeting["sockets"])
