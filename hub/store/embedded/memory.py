"""How much memory the embedded database may keep pages in: what it has stored, if there is room.

A district whose tables and indexes do not fit there reads its pages from the system again and
again, a few microseconds each, and a list shows a thousand of them. More room than that is no gain:
the server looks pages up in a table of its own, which then no longer fits the processor's caches.
"""

import os
from pathlib import Path
from typing import Final

SMALLEST_MB: Final = 128
USUAL_MB: Final = 512
LARGEST_MB: Final = 4_096
_PART: Final = 4
"""PostgreSQL's advice is a quarter at most."""
_STEP_MB: Final = 256
_MB: Final = 1 << 20
_GROUPS: Final = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Where a container says how much it may have: version 2 and 1 of control groups."""


def memory_mb(limits: tuple[Path, ...] = _GROUPS) -> int:
    """Return the memory of this machine, or of the container if that may have less, in MiB."""
    found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for limit in limits:
        try:
            said = limit.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            continue
        if said.isdigit():  # `max` is no limit
            found.append(int(said))
    return min(found) // _MB


def stored_mb(folder: Path) -> int:
    """Return how much a database has stored in its folder, in MiB; 0 where there is none yet."""
    size = 0
    for within, _, names in os.walk(folder):
        for name in names:
            try:
                size += Path(within, name).stat().st_size
            except OSError:  # gone meanwhile
                continue
    return size // _MB


def page_cache_mb(memory: int, stored: int) -> int:
    """Return in how many MiB of `memory` a database keeps its pages that has `stored` so many.

    All of them and a step more, but no more than a quarter of the memory.
    """
    wanted = max(USUAL_MB, (stored // _STEP_MB + 1) * _STEP_MB)
    return max(SMALLEST_MB, min(wanted, memory // _PART, LARGEST_MB))
