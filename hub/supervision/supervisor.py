"""Starts workers, hears them, and carries out what `crew` decides; one thread, no event loop.

Workers are new programs, not forks of this one, so a reload runs the code and the settings that are
on the disk by then. Each inherits the one listening socket and one end of a stream socket. The
listening socket stays open here: a connection that nobody has accepted yet is never lost.
"""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import FrameType
from typing import Final

from hub.home import KEPT
from hub.supervision.crew import Crew, Order, State, Word
from hub.supervision.line import Ready

_TICK_S: Final = 0.25
_LISTEN: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
_LONGEST_LINE: Final = 4096


def has_terminal() -> bool:
    """Whether this process has a terminal that is there; SIGHUP also says that one has gone."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Report:
    """Where the supervisor's news go."""

    serving: Callable[[str], None]
    """All workers are ready for the first time; gets the issuer."""
    state: Callable[[int, str], None]
    """How many reloads have ended, and what goes on: starting, serving, reloading, stopping."""


@dataclass(slots=True)
class _Child:
    """One process, and this end of the line to it."""

    process: "subprocess.Popen[bytes]"
    line: socket.socket
    heard: bytes = b""

    def tell(self, word: Word) -> None:
        """Send an order; a process that is about to end does not hear it, and needs none."""
        with suppress(OSError):
            self.line.sendall(f"{word}\n".encode())


@dataclass(slots=True)
class Supervisor:
    """Runs one crew until it has ended."""

    crew: Crew
    command: Sequence[str]
    environment: Mapping[str, str]
    bound: socket.socket
    report: Report
    is_lost: Callable[[], str | None]
    """What is gone without which nothing can go on, if something is."""
    clock: Callable[[], float] = time.monotonic
    children: dict[int, _Child] = field(default_factory=dict)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _issuer: str = ""
    _told: tuple[int, str] | None = None
    _has_told_serving: bool = False
    _had_terminal: bool = field(default_factory=has_terminal)

    def run(self) -> int:
        """Keep the crew going until it has ended; return the exit status.

        SIGTERM and SIGINT let it finish and end, another SIGINT then ends it at once, SIGHUP
        reloads it.
        """
        with _signals() as wake:
            self._selector.register(wake, selectors.EVENT_READ)
            try:
                self._carry_out(self.crew.begin(self.clock()))
                while not self.crew.is_over:
                    self._turn(wake)
            finally:
                self._end_everybody()
                self._selector.close()
        if self.crew.why is not None:
            sys.stderr.write(f"hub: {self.crew.why}\n")
        return 0 if self.crew.why is None else 1

    def _turn(self, wake: socket.socket) -> None:
        for key, _ in self._selector.select(_TICK_S):
            if key.fileobj is wake:
                for number in wake.recv(256):
                    self._signalled(number)
            else:
                self._hear(key.data)
        self._reap()
        lost = self.is_lost()
        if lost is not None and self.crew.why is None:
            self._carry_out(self.crew.stop(self.clock(), lost))
        self._carry_out(self.crew.tick(self.clock()))
        if self.crew.is_stopping:
            self.bound.close()  # so that whoever connects now is turned away, and does not wait
        self._tell()

    def _signalled(self, number: int) -> None:
        if number == signal.SIGHUP and not (self._had_terminal and not has_terminal()):
            note("reload", wanted=True)
            self._carry_out(self.crew.reload(self.clock()))
        elif number == signal.SIGINT and self.crew.is_stopping:
            self._carry_out(self.crew.hurry())  # somebody presses Ctrl-C again
        elif number != signal.SIGCHLD:
            self._carry_out(self.crew.stop(self.clock()))

    def _hear(self, number: int) -> None:
        child = self.children[number]
        try:
            child.heard += child.line.recv(_LONGEST_LINE)
        except BlockingIOError:
            return
        except OSError:
            child.heard = b""
        line, end, _ = child.heard.partition(b"\n")
        if not end:
            if not child.heard or len(child.heard) > _LONGEST_LINE:
                self._selector.unregister(child.line)  # it ends, which is seen elsewhere
            return
        child.heard = b""
        try:
            ready = Ready.read(line)
        except (ValueError, KeyError):
            child.process.kill()
            return
        self._issuer = ready.issuer
        note("worker.ready", pid=child.process.pid, worker=number)
        self._carry_out(self.crew.ready(number, self.clock(), size=ready.size))

    def _reap(self) -> None:
        for number, child in list(self.children.items()):
            status = child.process.poll()
            if status is None:
                continue
            del self.children[number]
            with suppress(KeyError, ValueError):
                self._selector.unregister(child.line)
            child.line.close()
            was_told = self.crew.workers[number].state is State.DRAINING
            level = "info" if was_told and status == 0 else "warning"
            note("worker.ended", level, pid=child.process.pid, worker=number, status=status)
            self._carry_out(self.crew.ended(number, self.clock()))

    def _carry_out(self, orders: Sequence[Order]) -> None:
        for order in orders:
            if order.word is Word.START:
                self._start(order.worker)
                continue
            child = self.children.get(order.worker)
            if child is None:
                continue
            if order.word is Word.KILL:
                child.process.kill()
            else:
                note(f"worker.{order.word}", pid=child.process.pid, worker=order.worker)
                child.tell(order.word)

    def _start(self, number: int) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            descriptors = (self.bound.fileno(), theirs.fileno())
            places = ["--listen", str(descriptors[0]), "--line", str(descriptors[1])]
            process = subprocess.Popen(  # noqa: S603 - our own module
                [*self.command, *places],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                pass_fds=descriptors,
            )
        ours.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self.children[number] = _Child(process, ours)
        self._selector.register(ours, selectors.EVENT_READ, number)
        note("worker.started", pid=process.pid, worker=number)

    def _tell(self) -> None:
        crew = self.crew
        if crew.has_served and not self._has_told_serving:
            self._has_told_serving = True
            self.report.serving(self._issuer)
        state = "starting" if not crew.has_served else "serving"
        if crew.is_reloading:
            state = "reloading"
        elif crew.kept:
            state = KEPT
        told = (crew.reloads, state)
        if told != self._told:
            if self._told is not None and self._told[0] != crew.reloads:
                note("reload", "warning" if crew.kept else "info", done=not crew.kept)
            self._told = told
            self.report.state(*told)

    def _end_everybody(self) -> None:
        """Whatever happened here, leave no process."""
        for child in self.children.values():
            child.process.kill()
        for child in self.children.values():
            child.process.wait()
            child.line.close()


def note(event: str, level: str = "info", **said: object) -> None:
    """Write one line of the hub's log."""
    at = datetime.now(UTC).isoformat().replace("+00:00", "Z")  # noqa: TID251 - a log line's own time
    line = {**said, "event": event, "level": level, "timestamp": at}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """Give a socket on which the numbers of the signals arrive that mean something here."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for end in (ours, theirs):
            end.setblocking(False)  # noqa: FBT003 - the standard library's signature
        before = {number: signal.signal(number, _nothing) for number in _LISTEN}
        woken = signal.set_wakeup_fd(theirs.fileno())
        try:
            yield ours
        finally:
            signal.set_wakeup_fd(woken)
            for number, handler in before.items():
                signal.signal(number, handler)


def _nothing(_signal: int, _frame: FrameType | None) -> None:
    """Do nothing; that a signal came is read from the socket."""
