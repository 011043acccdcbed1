"""Remembers a bounded number of things of a bounded weight: many small ones, or a few large."""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """Forgets what was not asked for the longest; belongs to one event loop."""

    def __init__(self, count: int, weight: int) -> None:
        """Keep at most `count` things, of at most `weight` together."""
        self._count = count
        self._weight = weight
        self._known: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self.weight = 0
        """Of all that is remembered."""

    def __len__(self) -> int:
        """Return how many things are remembered."""
        return len(self._known)

    def get(self, key: K) -> V | None:
        """Return what is remembered under `key`, as asked for last; None if nothing is."""
        found = self._known.get(key)
        if found is None:
            return None
        self._known.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, weight: int) -> None:
        """Remember `value`, and forget others for it; what is too heavy is not remembered."""
        if weight > self._weight:
            return
        before = self._known.pop(key, None)
        self.weight += weight - (before[1] if before is not None else 0)
        self._known[key] = (value, weight)
        while self.weight > self._weight or len(self._known) > self._count:
            _, (_, lost) = self._known.popitem(last=False)
            self.weight -= lost

    def values(self) -> list[V]:
        """Return everything that is remembered, the longest not asked for first."""
        return [value for value, _ in self._known.values()]
