"""Keep the SM3 twin in the database, behind the log: one transaction a step, one process at a time.

What was kept is signed, and is believed by nobody who does not verify it: `audit.twin_check`.
"""

from datetime import datetime
from typing import Final

import asyncpg

from audit.checkpoint import Checkpoint, Signer
from audit.errors import LogInconsistentError
from audit.twin import TwinTree, twin_leaf

_LOCK: Final = """
    SELECT twin.size, twin.frontier, twin.partial, head.size AS reach
    FROM audit.twin, audit.head FOR UPDATE OF twin
"""
_ENTRIES: Final = "SELECT commitment FROM audit.record WHERE seq >= $1 AND seq < $2 ORDER BY seq"
_TILE: Final = "INSERT INTO audit.twin_tile (level, n, hashes) VALUES ($1, $2, $3)"
_CHECKPOINT: Final = "INSERT INTO audit.twin_checkpoint (size, at, note) VALUES ($1, $2, $3)"
_MOVED: Final = "UPDATE audit.twin SET size = $1, frontier = $2, partial = $3, note = $4"


async def follow(connection: asyncpg.Connection, signer: Signer, now: datetime, limit: int) -> int:
    """Let the twin grow by up to `limit` entries, and keep its checkpoint; return how many it were.

    `signer` signs under the twin's own name.

    Raises:
        LogInconsistentError: Entries that it has not seen are gone, or what was kept is no tree.
    """
    async with connection.transaction():
        row = await connection.fetchrow(_LOCK)
        if row is None:
            raise LogInconsistentError("the twin's row is missing")
        start, stop = row["size"], min(row["size"] + limit, row["reach"])
        if start >= stop:
            return 0
        entries = await connection.fetch(_ENTRIES, start, stop)
        if len(entries) != stop - start:
            raise LogInconsistentError("entries that the SM3 twin has not seen are gone")
        try:
            tree = TwinTree.kept(start, row["frontier"], row["partial"])
        except ValueError as error:
            raise LogInconsistentError(f"the SM3 twin cannot be read: {error}") from None
        for entry in entries:
            tree.append(twin_leaf(entry[0]))
        note = signer.sign(Checkpoint(signer.name, tree.size, tree.root()))
        await connection.executemany(_TILE, tree.take_completed())
        await connection.execute(_CHECKPOINT, tree.size, now, note)
        partial = tree.partial()
        await connection.execute(_MOVED, tree.size, tree.packed_frontier(), partial, note)
    return int(stop - start)
