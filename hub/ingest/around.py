"""Works through households in chunks, around those of which a stored value does not open.

A broken seal stops its transaction, and would stop everybody's scores with one household's. The
chunk is halved until the household is alone; it is left out and counted, and all others are done.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from hub.errors import SealBrokenError
from hub.store.unscored import HouseholdKey

MANY: Final = 100
"""After so many it is no single value: a key, or the disk, is at fault, and the work stops."""
Chunk = Callable[[HouseholdKey, int], Awaitable[HouseholdKey | None]]
"""(the last household that was done, how many at most) -> the last one now; None: no more."""
Next = Callable[[HouseholdKey], Awaitable[HouseholdKey | None]]
"""The last household that was done -> the one behind it, unopened."""


@dataclass(slots=True)
class Around:
    """One way through the households; counts those that were left out."""

    chunk: Chunk
    """Does the next ones in a transaction of its own."""
    behind: Next
    broken: int = 0

    async def next(self, after: HouseholdKey, limit: int) -> HouseholdKey | None:
        """Do up to `limit` households behind `after`; return the last of them.

        Raises:
            SealBrokenError: Too many are broken.
        """
        try:
            return await self.chunk(after, limit)
        except SealBrokenError:
            if limit == 1:
                self.broken += 1
                if self.broken > MANY:
                    raise
                return await self.behind(after)
        half = await self.next(after, limit // 2)
        return None if half is None else await self.next(half, limit - limit // 2)
