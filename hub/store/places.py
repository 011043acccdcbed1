"""A bounded number of places; whoever waits longest for one comes first.

What `asyncio.Semaphore` is, but that to take a free one is no more than to count, for it is done
for each statement. A place that is left while somebody waits is handed over: nobody else gets it.
"""

import asyncio
from collections import deque


class Places:
    """Places that are taken and left; lives on one event loop."""

    __slots__ = ("_free", "_waiting")

    def __init__(self, count: int) -> None:
        """Have `count` places, all of them free."""
        self._free = count  # more than none only while nobody waits
        self._waiting: deque[asyncio.Future[None]] = deque()

    def taken(self) -> bool:
        """Take a free place; return whether there was one."""
        if not self._free:
            return False
        self._free -= 1
        return True

    async def wait(self) -> None:
        """Take a place as soon as there is one."""
        if self.taken():
            return
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except BaseException:
            if place.done() and not place.cancelled():
                self.leave()  # it was handed over in the moment in which its taker was stopped
            elif place in self._waiting:
                self._waiting.remove(place)
            raise

    def leave(self) -> None:
        """Leave a place: whoever waits longest has it, or it is free."""
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._free += 1
