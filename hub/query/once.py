"""What several roots are given by one variable is read once, however many they are.

A list may be long, and a document names its variable as often as it may have roots: reading it for
each would take their product, before anybody knows what the operation costs.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Reads a value, and the same one again by looking it up; lives as long as one request."""

    __slots__ = ("_known", "_read")

    def __init__(self, read: Callable[[object], T]) -> None:
        """Read nothing yet."""
        self._read = read
        self._known: dict[int, tuple[object, T]] = {}

    def __call__(self, given: object) -> T:
        """Return what is read of a value; it is kept, so that no other one has its identity."""
        known = self._known.get(id(given))
        if known is None:
            known = self._known[id(given)] = (given, self._read(given))
        return known[1]
