"""Where the log lives: the port that `audit.log` needs, and what it may rely on.

An implementation keeps three promises. *Atomic*: of what is written under one lock, all or nothing
is stored. *Durable*: once the lock has been left without an error, it is all on stable storage.
*Alone*: nobody else holds the lock meanwhile, not in another process either, and `Locked.head` is
what the last holder left.

If leaving the lock raises, nobody knows whether the writes are stored; whoever wants to know opens
the storage again and reads the head.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from audit.merkle import Frontier
from audit.tiles import Tile


class Row(NamedTuple):
    """One entry as it is stored; a tuple, because thousands a second are copied."""

    seq: int
    at: datetime
    kind: int
    department: str | None
    record: bytes
    secret: bytes
    subjects: bytes
    commitment: bytes
    aside: bytes | None = None
    """What is kept beside the record; may be destroyed, and is not in the commitment."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the log: its frontier, and the newest checkpoint note, if there is an entry."""

    frontier: Frontier
    note: str | None


@dataclass(frozen=True, slots=True)
class Addition:
    """Everything that one commit adds."""

    rows: Sequence[Row]
    tiles: Sequence[Tile]
    head: Head
    published_at: datetime | None
    """When set, the note of the new head is also kept for good, as of this moment."""


class Locked(Protocol):
    """The log while nobody else may append; its methods are called one at a time."""

    @property
    def head(self) -> Head:
        """The end of the log, as the last holder of the lock left it."""

    async def commitments(self, start: int, stop: int) -> list[bytes]:
        """Return the commitments of entries `start` to `stop`, in order."""

    async def tiles(self, level: int, start: int, stop: int) -> list[bytes]:
        """Return the hashes of the full tiles `start` to `stop` of a level, in order."""

    async def definitions(self, start: int) -> list[bytes]:
        """Return the records of the dictionary entries from `start` on, in order."""

    async def write(self, addition: Addition) -> None:
        """Write the addition; it counts once the lock has been left without an error."""


class Storage(Protocol):
    """A place for one log. Used by one task at a time.

    Every method raises `StorageError` when the storage fails, and nothing foreign.
    """

    async def open(self) -> None:
        """Connect, or connect again after a failure.

        Raises:
            LogUnsafeError: The storage is set up to lose what it has acknowledged.
            StorageError: It cannot be reached.
        """

    async def advance(self, expected: Frontier, addition: Addition) -> bool:
        """Store the addition if the log still ends at `expected`; return whether it did.

        All that `locked` promises, in one step: the lock is held while the end is compared and the
        addition written, and what is written is durable on return. False: nothing was written,
        since somebody else has appended, or because it takes the lock to write it.
        """

    def locked(self) -> AbstractAsyncContextManager[Locked]:
        """Hold the lock; leaving it normally commits.

        Leaving it by an error rolls back, at once, and may close the storage.
        """

    async def close(self) -> None:
        """Let go of the connection, at once; never raises, may be called twice."""
