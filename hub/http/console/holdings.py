"""How much the hub holds, coarse enough that it says nothing of anybody.

Every count is a whole ten, rounded down, and below ten only that: so no difference of two counts
tells of one person. They are taken anew at most once in ten minutes.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from hub.clock import Clock
from hub.store.database import Connections
from hub.store.holdings import Counts, count
from schema.catalogue import Catalogue

STEP: Final = 10
"""Counts are told in multiples of it; what is below is told as below."""
_FRESH: Final = timedelta(minutes=10)


@dataclass(slots=True)
class Holdings:
    """Remembers the newest counts, coarsened; belongs to one event loop."""

    database: Connections
    catalogue: Catalogue
    clock: Clock
    _told: dict[str, object] = field(default_factory=dict)
    _taken_at: datetime | None = None
    _taking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def told(self) -> dict[str, object]:
        """Return the coarse counts and when they were taken.

        Raises:
            StoreUnavailableError: The database cannot be reached.
        """
        async with self._taking:
            now = self.clock()
            if self._taken_at is None or now - self._taken_at >= _FRESH:
                async with self.database.connection() as connection:
                    counts = await count(connection, self.catalogue)
                self._told = coarsened(counts) | {"at": now.isoformat()}
                self._taken_at = now
            return self._told


def coarsened(counts: Counts) -> dict[str, object]:
    """Return counts that may leave."""
    return {
        "step": STEP,
        "people": coarse(counts.people),
        "households": coarse(counts.households),
        "records": {name: coarse(n) for name, n in sorted(counts.records.items())},
        "openAlerts": {band: coarse(n) for band, n in sorted(counts.open_alerts.items())},
    }


def coarse(number: int) -> dict[str, int]:
    """Return `number` rounded down to a whole step, or that it is below one.

    Nothing and one look the same.
    """
    return {"below": STEP} if number < STEP else {"atLeast": number // STEP * STEP}
