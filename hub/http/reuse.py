"""Puts on record that something which works once was sent again: for auditors, not for the caller.

The caller is refused in any case, also if the record cannot be made. A client that sends the same
again and again gets one entry a minute from each worker: the log is no place to be filled.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, Protocol

import structlog

from audit.entry import EntryKind
from hub.clock import Clock
from hub.errors import AuditUnavailableError
from hub.store.journal import Journal, recorded

REASON: Final = "USED_BEFORE"
EVERY_S: Final = 60.0
_REMEMBERED: Final = 1_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("hub.http.reuse")

What = Literal["proof", "assertion"]


class Reuse(Protocol):
    """Hears that a client has sent something twice."""

    async def seen(self, department: str, client: str, what: What) -> None:
        """Put it on record, if it was not lately; never fails."""


class Unnoted:
    """Notes nothing, as in tests of other things."""

    async def seen(self, department: str, client: str, what: What) -> None:
        """Do nothing."""


@dataclass(slots=True)
class NotedReuse:
    """`Reuse` in the log; what is remembered belongs to one event loop, and is bounded."""

    journal: Journal
    clock: Clock
    monotonic: Callable[[], float]
    _noted_at: OrderedDict[tuple[str, What], float] = field(default_factory=OrderedDict, repr=False)

    async def seen(self, department: str, client: str, what: What) -> None:
        """Put it on record, once a minute for each client."""
        now, key = self.monotonic(), (client, what)
        if now - self._noted_at.get(key, float("-inf")) < EVERY_S:
            return
        self._noted_at[key] = now
        if len(self._noted_at) > _REMEMBERED:
            self._noted_at.popitem(last=False)
        record = {
            "at": (self.clock() - _EPOCH) // timedelta(milliseconds=1),
            "department": department,
            "client": client,
            "channel": "sign-in" if what == "assertion" else "graphql",
            "what": what,
            "reason": REASON,
            "outcome": "refused",
        }
        try:
            await recorded(self.journal, EntryKind.DENIAL, record)
        except AuditUnavailableError:
            self._noted_at.pop(key, None)
            _log.warning("reuse not on record", client=client, what=what)
