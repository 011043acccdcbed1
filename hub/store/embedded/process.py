"""Starts programs that cannot outlive this process.

The kernel sends each child a signal when its parent ends, even by SIGKILL (`PR_SET_PDEATHSIG`,
prctl(2)). That is tied to the thread that started the child, so only a process with one thread may
use this: the guardian has one.
"""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from hub.store.embedded.account import Account

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)
ENVIRONMENT = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC", "PATH": "/usr/bin:/bin"}


def bound_to_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """Return what a new child runs before its program: ask to be signalled when the parent ends."""
    parent = os.getpid()

    def bind() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # it ended before the request was in place
            os._exit(1)

    return bind


def start(
    command: Sequence[str | Path],
    *,
    account: Account | None,
    death_signal: signal.Signals,
    stderr: IO[bytes],
    stdin: bytes = b"",
) -> subprocess.Popen[bytes]:
    """Start `command` as `account`; it gets `death_signal` when this process ends.

    Standard output goes to `stderr` too. `stdin` is at most a pipe's worth (64 KiB).
    """
    child = subprocess.Popen(  # noqa: S603 - our own programs and arguments
        [str(part) for part in command],
        stdin=subprocess.PIPE,
        stdout=stderr,
        stderr=stderr,
        cwd="/",
        env=ENVIRONMENT,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        umask=0o077,
        preexec_fn=bound_to_parent(death_signal),  # noqa: PLW1509 - there is only one thread
    )
    with suppress(BrokenPipeError):
        if child.stdin is not None:
            child.stdin.write(stdin)
            child.stdin.close()
    return child


def processes_inside(folder: Path) -> Iterator[int]:
    """Yield the ids of processes whose current folder is `folder`: all of PostgreSQL sits there."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if (entry / "cwd").readlink() == folder:
                    yield int(entry.name)
