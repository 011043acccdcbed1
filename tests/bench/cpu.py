"""Processor time and memory of processes, from /proc.

Processor time tells more than rates on a busy machine.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from hub.home import Home

_TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def _fields(pid: int) -> list[str] | None:
    """Return the fields of a process behind its name, or None if it has ended."""
    try:
        text = (PROC / str(pid) / "stat").read_text("ascii", "replace")
    except OSError:
        return None
    return text.rpartition(")")[2].split()


def used_us(pid: int) -> float:
    """Return what a process, and the children it has waited for, have used, in microseconds."""
    fields = _fields(pid)
    return 0.0 if fields is None else sum(map(int, fields[11:15])) * _TICK_US


def _children(parent: int) -> Iterator[int]:
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            fields = _fields(int(entry.name))
            if fields is not None and int(fields[1]) == parent:
                yield int(entry.name)


def family_of(pid: int) -> list[int]:
    """Return a process and all that it has started, directly or not."""
    return [pid, *(one for child in _children(pid) for one in family_of(child))]


def family_us(pid: int) -> float:
    """Return what a process and all that it has started have used, in microseconds."""
    return sum(map(used_us, family_of(pid)))


def database_of(home: Path) -> list[int]:
    """Return the server of a home: the postmaster and all it has started."""
    postmaster = int((Home.at(home).data / "postmaster.pid").read_text().split()[0])
    return [postmaster, *_children(postmaster)]


def database_us(home: Path) -> float:
    """Return what the server of a home has used."""
    return sum(map(used_us, database_of(home)))


def memory_mib(pid: int) -> tuple[float, float]:
    """Return the memory that a process holds now, and the most that it ever held, in MiB."""
    words = (PROC / str(pid) / "status").read_text("ascii", "replace").split()
    held, most = (int(words[words.index(name) + 1]) / 1024 for name in ("VmRSS:", "VmHWM:"))
    return held, most
