"""Names every file of a hub's home once, and holds the locks that keep two owners apart.

A home is one folder: the embedded database, the locks, the settings file, keys and policy. A lock
is an advisory `flock` on a file that is never removed: the kernel gives it back when its holder
ends, however it ends, so a lock cannot be left behind. Standard library only, because the guardian
of the database starts from here and has to be quick.
"""

import fcntl
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_NOTE_BYTES = 512
"""A note is filled up with blanks, so that another one covers it whole."""
KEPT = "kept"
"""What `hub serve` says when a reload was given up and it serves on as before."""


class HomeInUseError(Exception):
    """Another process holds the lock; stop that process, or choose another home."""

    def __init__(self, path: Path, note: str) -> None:
        """Keep the lock's path and what its holder wrote into it."""
        super().__init__(f"{path} is held by another process")
        self.path = path
        self.note = note


class AlreadyServingError(HomeInUseError):
    """Another `hub serve` runs on this home; `pid` is its process id, None if not yet written."""

    def __init__(self, path: Path, note: str) -> None:
        """Say who holds the home."""
        super().__init__(path, note)
        pid = note.partition(" ")[0]
        self.pid = int(pid) if pid.isdigit() else None
        message = (
            f"{path.parent} is already served by process {pid or 'unknown'}. "
            "Stop it first, or give this one another home (HUB_HOME). "
            "Other hub commands can be used while it runs."
        )
        self.args = (message,)


@dataclass(frozen=True, slots=True)
class Home:
    """The places in one home; nothing is created until somebody asks for it."""

    root: Path

    @classmethod
    def at(cls, path: Path) -> Self:
        """Return the home at `path`, absolute and free of symbolic links."""
        return cls(path.resolve())

    @property
    def serve_lock(self) -> Path:
        """Held by the one `hub serve`."""
        return self.root / "serve.lock"

    @property
    def guardian_lock(self) -> Path:
        """Held by the one guardian, which writes its process id and socket folder into it."""
        return self.root / "guardian.lock"

    @property
    def guardian_log(self) -> Path:
        """What guardians had to say before or after they could answer a client."""
        return self.root / "guardian.log"

    @property
    def postgres(self) -> Path:
        """All of the embedded database: `data`, `log` and the passwords."""
        return self.root / "pg"

    @property
    def data(self) -> Path:
        """The data directory; it exists only when it is complete."""
        return self.postgres / "data"

    @property
    def log(self) -> Path:
        """The server's own log files, one a weekday, each overwritten after a week."""
        return self.postgres / "log"

    @property
    def password(self) -> Path:
        """The password of the role `hub`; readable by its owner only."""
        return self.postgres / "password"

    @property
    def admin_password(self) -> Path:
        """The password of the superuser `postgres`; readable by its owner only."""
        return self.postgres / "admin-password"


class Lock:
    """An exclusive lock on a file, with a note from its holder that anybody may read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Hold the lock until `release` or the end of this process and of its forks.

        Raises:
            HomeInUseError: Another process holds it; nothing was changed.
            OSError: The file cannot be opened.
        """
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise HomeInUseError(self.path, read_note(self.path)) from None
        self._descriptor = descriptor

    def write(self, note: str) -> None:
        """Replace the note, in one piece: nobody ever reads none. The lock must be held."""
        assert self._descriptor is not None  # noqa: S101 - a bug in the caller, not an input
        content = note.encode().ljust(_NOTE_BYTES)
        os.pwrite(self._descriptor, content, 0)
        os.ftruncate(self._descriptor, len(content))

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def read_note(lock: Path) -> str:
    """Return what the last holder of `lock` wrote, or nothing. The holder may be gone."""
    with suppress(FileNotFoundError):
        return lock.read_text(encoding="utf-8").strip()
    return ""


@dataclass(frozen=True, slots=True)
class ServedNow:
    """What the one `hub serve` says of itself."""

    pid: int
    reloads: int
    """How many reloads have come to their end, well or not."""
    is_kept: bool
    """Whether the last one was given up."""

    @classmethod
    def read(cls, lock: Path) -> Self | None:
        """Return what stands in the serve lock, if somebody holds it and has begun to serve."""
        mine = Lock(lock)
        try:
            if lock.exists():
                mine.acquire()
                mine.release()
        except HomeInUseError as held:
            pid, _, rest = held.note.partition(" ")
            reloads, _, state = rest.partition(" ")
            if pid.isdigit() and reloads.isdigit():
                return cls(int(pid), int(reloads), state == KEPT)
        return None


class ServeLock:
    """`with ServeLock(home):` only one process at a time serves one home."""

    def __init__(self, home: Home) -> None:
        self._lock = Lock(home.serve_lock)

    def __enter__(self) -> Self:
        """Hold the home.

        Raises:
            AlreadyServingError: With the process id of the one that serves it.
        """
        self._lock.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except HomeInUseError as held:
            raise AlreadyServingError(held.path, held.note) from None
        self._lock.write(str(os.getpid()))
        return self

    def tell(self, reloads: int, state: str) -> None:
        """Let whoever reads the lock know how many reloads have ended, and what goes on."""
        self._lock.write(f"{os.getpid()} {reloads} {state}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the home back."""
        self._lock.release()
