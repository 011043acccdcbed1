"""Keeps the workers, and the database with the client, on processors of their own.

Some kernels pack what runs on few processors (virtual machines are told to, to save the host's), so
that a worker waits for its turn while another processor is idle: then a rate tells about the
scheduler. Kept apart, all servers have the same: their whole process one processor, the rest the
others. A server with threads of its own, such as Node, has a little less then than it could use.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from tests.bench.cpu import PROC, database_of, family_of


def keep(pid: int, processors: Iterable[int]) -> None:
    """Let all threads of a process run on these processors only; what it starts inherits it."""
    chosen = set(processors)
    for thread in (PROC / str(pid) / "task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread.name), chosen)


def keep_apart(workers: Iterable[int], homes: Iterable[Path], client: int) -> None:
    """Keep workers on the first processor, the databases of homes and the client on the others.

    Raises:
        SystemExit: There is only one.
    """
    own, *others = sorted(os.sched_getaffinity(0))
    if not others:
        raise SystemExit("There is one processor: nothing can be kept apart.")
    for pid in workers:
        for each in family_of(pid):
            keep(each, [own])
    for pid in [client, *(each for home in set(homes) for each in database_of(home))]:
        keep(pid, others)
