"""Keeps one PostgreSQL running for as long as any hub process is attached, and no longer.

`python -m hub.store.embedded.guardian HOME` returns as soon as clients can connect to the control
socket; the guardian itself goes on in a session of its own. It refuses to be second on a home. Each
hub process holds one connection open. The kernel closes it however that process ends; when the
last is gone and nobody came within `GRACE_S`, the server is stopped. If the guardian is killed, the
kernel sends the server SIGQUIT (an immediate shutdown; the next start recovers).

Wire format, from the guardian only: one JSON line once the server is ready, `{"sockets": folder}`,
or `{"error": class, "message": text}` and the end. Both ends come from one installation, so the
format has no version.
"""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn

from hub.home import Home, HomeInUseError, Lock
from hub.store.embedded.account import Account, make_reachable, make_readable, server_account
from hub.store.embedded.binaries import Binaries, find_binaries
from hub.store.embedded.cluster import Cluster, stop
from hub.store.embedded.errors import EmbeddedServerError, HomeUnusableError, SocketPathError
from hub.store.embedded.rendezvous import (
    CONTROL,
    NO_PLACE_FOR_SOCKETS,
    REFUSED_TO_BE_SECOND,
    STARTED,
    make_runtime_folder,
    remove_runtime_folder,
    write_runtime_folder,
)

GRACE_S = 1.0
_BACKLOG = 128


class _StopRequestedError(Exception):
    """SIGTERM arrived."""


@dataclass(slots=True)
class Guardian:
    """The one process that owns the server of `home`."""

    home: Home
    listener: socket.socket
    sockets: Path
    _attached: set[socket.socket] = field(default_factory=set)

    def guard(self) -> None:
        """Start the server, serve the attached, stop the server; returns when it is gone."""
        try:
            server = self._start()
        except EmbeddedServerError as error:
            _say(str(error))
            self._refuse_waiting(error)
            return
        try:
            self._serve(server)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            self.listener.close()  # from here a newcomer is refused and starts our successor
            stop(server)

    def _start(self) -> subprocess.Popen[bytes]:
        """Return the running server; clients wait in the listener's backlog meanwhile."""
        binaries = find_binaries()
        try:
            self.home.postgres.mkdir(mode=0o700, exist_ok=True)
            account = server_account(self.home.data)
            if account:
                self._open_ways(account, binaries)
            cluster = Cluster(self.home, binaries, account)
            cluster.prepare()
            return cluster.run(self.sockets)
        except OSError as error:
            raise HomeUnusableError(
                f"the database's files under {self.home.postgres} cannot be used: {error}"
            ) from error

    def _open_ways(self, account: Account, binaries: Binaries) -> None:
        """Let the server's account reach its programs, data and sockets, and say what changed."""
        account.own(self.sockets)
        for tree in binaries.trees:
            if make_readable(tree):
                _say(f"made {tree} readable, so that {account.name} can run PostgreSQL")
        for path in (*binaries.trees, self.home.data, self.sockets):
            for changed in make_reachable(path, account):
                _say(f"made {changed} searchable, so that {account.name} can reach {path}")

    def _serve(self, server: subprocess.Popen[bytes]) -> None:
        """Return when the last client has been gone for `GRACE_S`, or the server has ended."""
        ended = os.pidfd_open(server.pid)
        greeting = json.dumps({"sockets": str(self.sockets)}).encode() + b"\n"
        with selectors.DefaultSelector() as selector:
            selector.register(self.listener, selectors.EVENT_READ)
            selector.register(ended, selectors.EVENT_READ)
            alone_since = time.monotonic()
            while True:
                grace_s = max(0.0, alone_since + GRACE_S - time.monotonic())
                ready = selector.select(None if self._attached else grace_s)
                if not ready and time.monotonic() >= alone_since + GRACE_S:
                    return
                for key, _ in ready:
                    if key.fd == ended:
                        _say(f"PostgreSQL ended by itself, status {server.poll()}")
                        return
                    if key.fileobj is self.listener:
                        self._attach(selector, greeting)
                    elif isinstance(key.fileobj, socket.socket):
                        self._detach(selector, key.fileobj)
                        alone_since = time.monotonic()

    def _attach(self, selector: selectors.BaseSelector, greeting: bytes) -> None:
        """Count a newcomer and tell it where the server is."""
        client, _ = self.listener.accept()
        client.setblocking(False)  # noqa: FBT003 - the standard library's signature
        with suppress(OSError):  # it may be gone already; then its end is read next
            client.send(greeting)
        self._attached.add(client)
        selector.register(client, selectors.EVENT_READ)

    def _detach(self, selector: selectors.BaseSelector, client: socket.socket) -> None:
        """Forget a client whose end was read; what a client sends has no meaning."""
        with suppress(OSError):
            if client.recv(64):
                return
        selector.unregister(client)
        self._attached.discard(client)
        client.close()

    def _refuse_waiting(self, error: EmbeddedServerError) -> None:
        """Tell those who wait, and who come within the grace, why there is no server."""
        message = json.dumps({"error": type(error).__name__, "message": str(error)})
        self.listener.settimeout(0.2)
        with suppress(TimeoutError):
            while True:
                client, _ = self.listener.accept()
                with client, suppress(OSError):
                    client.sendall(message.encode() + b"\n")


def _say(message: str) -> None:
    """Write a line to the guardian's log, which is its standard error."""
    sys.stderr.write(f"guardian {os.getpid()}: {message}\n")
    sys.stderr.flush()


def _request_stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise _StopRequestedError


def main(arguments: list[str]) -> int:
    """Return `STARTED` when clients can connect, `REFUSED_TO_BE_SECOND` if a guardian is there."""
    home = Home.at(Path(arguments[0]))
    lock = Lock(home.guardian_lock)
    try:
        lock.acquire()
    except HomeInUseError:
        return REFUSED_TO_BE_SECOND
    try:
        runtime = make_runtime_folder(home)
    except SocketPathError as error:
        sys.stderr.write(f"{error}\n")
        return NO_PLACE_FOR_SOCKETS
    os.umask(0o077)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(runtime / CONTROL))
    listener.listen(_BACKLOG)
    write_runtime_folder(lock, runtime, os.getpid())
    if os.fork():
        return STARTED  # the lock and the listener live on in the child
    write_runtime_folder(lock, runtime, os.getpid())
    signal.signal(signal.SIGTERM, _request_stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        Guardian(home, listener, runtime / "pg").guard()
    except _StopRequestedError:
        _say("stopped by SIGTERM")
    finally:
        remove_runtime_folder(home)
    return STARTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
