"""The embedded server's guardian as tests want it: a server that waits for no disk.

Tests end processes, never the machine, and what a process wrote stays in the system's memory when
it is killed. A database is made and dropped for nearly every test, and a disk that must be waited
for each time would take most of a run. What is durable is looked at where the hub starts its own
server (`tests/faults`, `tests/system`, `hub doctor`).
"""

import sys
from pathlib import Path

from hub.store.embedded import cluster, guardian

_NOTHING_WAITS = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "256MB"}


def main(arguments: list[str]) -> int:
    """Do as the hub's guardian does, with a server that leaves writing to the system."""
    durable = cluster.configuration.server_settings

    def hasty(sockets: Path, log: Path, data: Path) -> dict[str, str]:
        return durable(sockets, log, data) | _NOTHING_WAITS

    cluster.configuration.server_settings = hasty
    return guardian.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
