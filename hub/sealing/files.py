"""Key files: written once, whole, and readable by their owner only."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.errors import KeysUnavailableError, SetupError


def read_private(path: Path) -> bytes:
    """Return the content of a key file.

    Raises:
        SetupError: It is missing, or others than its owner may read it.
    """
    try:
        mode = path.stat().st_mode
        content = path.read_bytes()
    except OSError as problem:
        raise SetupError(
            f"The key file {path} cannot be read ({problem.strerror}). "
            "Restore it from where keys are kept; `hub migrate` makes keys for a new hub only."
        ) from problem
    if stat.S_IMODE(mode) & 0o077:
        raise SetupError(f"The key file {path} is open to others; run `chmod 600 {path}`.")
    return content


def write_private(path: Path, content: bytes) -> None:
    """Put `content` at `path`, mode 0600, durable before it has its name."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(path.name + ".new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, 0o600)  # a leftover of a crash keeps the mode it had
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def locked(path: Path, *, waits: bool = True) -> Iterator[None]:
    """Hold the lock at `path`; the kernel gives it back however we end.

    Raises:
        KeysUnavailableError: Somebody else holds it, and it is not waited for.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
        except BlockingIOError:
            raise KeysUnavailableError("The keyring is being changed; try again.") from None
        yield
    finally:
        os.close(handle)
