"""Keeps the memory of a process, with keys in it, off the disk and from other programs.

A core dump is forbidden by its limit, and on Linux by marking the process as one of which none is
made: where cores go to a program (`|` in core_pattern) the limit alone would not be heeded. Such a
process cannot be looked into by others of its user either (ptrace, and mem, environ and fd in
/proc); what tells of it (stat, status, children) can still be read. A new program starts without
the mark, so each one that holds keys sets it for itself.
"""

import ctypes
import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PR_GET_DUMPABLE: Final = 3
_PR_SET_DUMPABLE: Final = 4
_CORE_PATTERN: Final = Path("/proc/sys/kernel/core_pattern")
_SWAPS: Final = Path("/proc/swaps")


@dataclass(frozen=True, slots=True)
class Guarded:
    """What this platform gives this process."""

    has_no_cores: bool
    """The limit is zero."""
    is_closed: bool | None
    """The mark is set; None: the platform has none."""
    are_cores_piped: bool
    """Cores go to a program, which is given them whatever the limit is."""
    swaps: int | None
    """Where memory may be written while it is used; None: the platform does not say."""

    @property
    def is_safe(self) -> bool:
        """Whether no core of this process is written anywhere."""
        return self.is_closed is True or (self.has_no_cores and not self.are_cores_piped)


def forbid_dumps() -> None:
    """Let no memory of this process get onto the disk by a crash; children inherit the limit."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def guarded() -> Guarded:
    """Return what holds for this process."""
    closed = None
    if sys.platform == "linux":
        closed = ctypes.CDLL(None).prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) == 0
    pattern, swaps = _text(_CORE_PATTERN), _text(_SWAPS)
    return Guarded(
        has_no_cores=resource.getrlimit(resource.RLIMIT_CORE) == (0, 0),
        is_closed=closed,
        are_cores_piped=(pattern or "").startswith("|"),
        swaps=None if swaps is None else max(0, len(swaps.splitlines()) - 1),
    )


def _text(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except OSError:
        return None
