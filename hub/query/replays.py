"""Shows auditors the requests for replays, the newest first: who asked, why, what came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import asyncpg

from hub.clock import Clock
from hub.errors import StoreUnavailableError
from hub.query.model import BoundRoot
from hub.query.registers import Found
from hub.query.shape import Tree
from hub.store.database import Connections, snapshot
from hub.store.replays import ReplayRequest, requests

_POLICY: Final = "select digest from policy_revision"


@dataclass(frozen=True, slots=True)
class Replays:
    """Reads the register of requests for replays."""

    database: Connections
    clock: Clock

    async def find(self, bound: BoundRoot) -> Found:
        """Return a page of requests.

        Raises:
            StoreUnavailableError: The database gave up.
        """
        given: Any = bound.parameters
        now, limit = self.clock(), bound.first + 1
        try:
            # One snapshot, so that the policy is the one in force when they were read.
            async with (
                self.database.connection() as connection,
                snapshot(connection),
            ):
                policy = await connection.fetchval(_POLICY)
                found = await requests(
                    connection,
                    now,
                    index=given["index"],
                    state=given["state"],
                    before=given["before"],
                    limit=limit,
                )
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as problem:
            raise StoreUnavailableError("The database did not answer the look-up.") from problem
        page = found[: bound.first]
        shown = tuple(told(each, now) for each in page)
        cursors = tuple(f"{each.asked_at.isoformat()}_{each.id}" for each in page)
        record = {
            "found": len(page),
            "filter": {"index": given["index"], "state": given["state"]},
        }
        return Found(policy, shown, cursors, record, len(found) > bound.first)


def told(request: ReplayRequest, now: datetime) -> Tree:
    """Return a request as it is told, by the names of its fields."""
    return {
        "id": str(request.id),
        "index": request.index,
        "state": str(request.state(now)),
        "reason": request.reason,
        "askedBy": request.asked_by,
        "askedAt": _iso(request.asked_at),
        "decidedBy": request.decided_by,
        "decidedAt": _iso(request.decided_at),
        "expiresAt": _iso(request.expires_at),
        "ranAt": _iso(request.ran_at),
        "verdict": request.verdict,
        "why": list(request.why),
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
