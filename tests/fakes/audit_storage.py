"""A log storage in memory that can hold a commit, and break it before or after it counts."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from audit.entry import CODE_BY_KIND, EntryKind
from audit.errors import StorageError
from audit.merkle import Frontier
from audit.storage import Head


@dataclass
class Disk:
    """What survives; several storages may share one, as processes share a database."""

    rows: list = field(default_factory=list)
    stored_tiles: dict = field(default_factory=dict)
    checkpoints: list = field(default_factory=list)
    head: Head = field(default_factory=lambda: Head(Frontier(), None))
    commits: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass
class _LockedDisk:
    disk: Disk
    addition: object = None

    @property
    def head(self):
        return self.disk.head

    async def commitments(self, start, stop):
        return [row.commitment for row in self.disk.rows[start:stop]]

    async def tiles(self, level, start, stop):
        return [self.disk.stored_tiles[level, n] for n in range(start, stop)]

    async def definitions(self, start):
        code = CODE_BY_KIND[EntryKind.DICTIONARY]
        return [row.record for row in self.disk.rows[start:] if row.kind == code]

    async def write(self, addition):
        self.addition = addition


class MemoryStorage:
    """`audit.storage.Storage`; `break_before` and `break_after` count the commits to be broken."""

    def __init__(self, disk=None):
        self.disk = disk or Disk()
        self.break_before = 0
        self.break_after = 0
        self.broken_opens = 0
        self.opens = 0
        self.locks = 0
        self.is_open = False
        self.may_commit = asyncio.Event()
        self.may_commit.set()
        self.is_committing = asyncio.Event()

    def hold(self):
        """Make the next commit wait for `may_commit`."""
        self.may_commit.clear()
        self.is_committing.clear()

    async def open(self):
        self.opens += 1
        if self.broken_opens:
            self.broken_opens -= 1
            raise StorageError("cannot be reached")
        self.is_open = True

    async def advance(self, expected, addition):
        if not self.is_open:
            raise StorageError("not connected")
        async with self.disk.lock:
            if self.disk.head.frontier != expected:
                return False
            await self._commit(addition)
        return True

    @asynccontextmanager
    async def locked(self):
        if not self.is_open:
            raise StorageError("not connected")
        self.locks += 1
        async with self.disk.lock:
            locked = _LockedDisk(self.disk)
            yield locked
            if locked.addition is not None:
                await self._commit(locked.addition)

    async def _commit(self, addition):
        self.is_committing.set()
        await self.may_commit.wait()
        if self.break_before:
            self.break_before -= 1
            raise StorageError("broke before the commit")
        assert [row.seq for row in addition.rows] == list(
            range(len(self.disk.rows), addition.head.frontier.size)
        )
        self.disk.commits += 1
        self.disk.rows += addition.rows
        self.disk.stored_tiles |= {(tile.level, tile.n): tile.hashes for tile in addition.tiles}
        self.disk.head = addition.head
        if addition.published_at is not None:
            self.disk.checkpoints.append((addition.head.frontier.size, addition.head.note))
        if self.break_after:
            self.break_after -= 1
            raise StorageError("broke after the commit")

    async def close(self):
        self.is_open = False
