"""The append-only log: many writers, one sequencer, one commit for a batch.

A writer calls `append` and waits. The sequencer takes everything that waits, extends the tree by it
and commits once; then each writer of the batch has its receipt. Under load a commit is shared; an
idle log commits at once. There is no timer.

Several processes may append to one log: the storage's lock orders them, and each reads what the
others added before it goes on. While nobody else is seen, a batch is stored by one statement that
holds only if the log still ends where this process left it.

The tree belongs to `run` and is thrown away after every failure. `_waiting` is shared between `run`
and `append`, and only touched between two awaits.

A known hole: two processes that define two field sets whose ids collide (one in 2**32) within the
same millisecond both succeed. `audit.verify` reports it.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Self

from audit.checkpoint import Checkpoint, NoteVerifiers, Signer
from audit.dictionary import Dictionary, Fields
from audit.entry import (
    CODE_BY_KIND,
    SECRET_SIZE,
    Entry,
    EntryKind,
    canonical,
    commitment,
    pack_subjects,
    stamp,
)
from audit.errors import (
    InvalidNoteError,
    LogBusyError,
    LogClosedError,
    LogError,
    LogInconsistentError,
    LogStalledError,
    StorageError,
)
from audit.merkle import hash_leaf
from audit.storage import Addition, Head, Locked, Row, Storage
from audit.tiles import TILE_WIDTH, TileTree, tile_root, widths

_CATCH_UP: Final = 4_096  # more missed entries than this, and reading the tiles is cheaper
_MAX_ADVANCE: Final = 256
"""Entries that are stored by one statement; more of them are copied, under the lock."""
_ALONE_AFTER: Final = 8
"""Commits in a row in which nobody else was seen, before nobody else is expected again."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Word that an entry is durable, and where.

    `checkpoint` is the signed note of the tree that the entry's commit made.
    """

    index: int
    tree_size: int
    root: bytes
    checkpoint: str
    origin: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may wait and how long."""

    max_waiting: int = 10_000
    max_batch: int = 2_000
    max_batch_bytes: int = 4 << 20
    commit_timeout_s: float = 10.0
    """After this a commit counts as failed with an unknown result."""
    retry_s: float = 0.05
    """The first pause after a failure; doubled each time up to `max_retry_s`."""
    max_retry_s: float = 1.0
    publish_every: timedelta = timedelta(seconds=1)
    """A checkpoint is kept for good at most this often; the newest one is always at the head."""


@dataclass(slots=True, eq=False)
class _Waiter:
    """One entry on its way; `receipt` belongs to the caller, who may cancel it."""

    fields: tuple[datetime, int, str | None, bytes, bytes, bytes, bytes, bytes | None]
    leaf: bytes
    receipt: asyncio.Future[Receipt]
    cost: int


class Log:
    """The log that the hub writes to. Use `async with`, or `open`, `run` in a task, and `close`."""

    def __init__(
        self,
        storage: Storage,
        signer: Signer,
        clock: Callable[[], datetime],
        *,
        limits: Limits = Limits(),
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._storage = storage
        self._signer = signer
        self._clock = clock
        self._limits = limits
        self._random_bytes = random_bytes
        self._waiting: list[_Waiter] = []
        self._arrived = asyncio.Event()
        self._defining = asyncio.Lock()
        self._dictionary = Dictionary()
        self._tree: TileTree | None = None
        self._published_at: datetime | None = None
        self._others_seen = 0
        self._pause_s = 0.0
        self._is_open = False
        self._is_closing = False
        self._is_running = False
        self._task: asyncio.Task[None] | None = None

    @property
    def origin(self) -> str:
        """The name of the log, as on its checkpoints."""
        return self._signer.name

    @property
    def vkeys(self) -> Sequence[str]:
        """The keys by which anybody can verify the log's checkpoints."""
        return self._signer.vkeys

    @property
    def is_open(self) -> bool:
        """Whether it takes entries; a log that has stalled opens again by itself."""
        return self._is_open and not self._is_closing

    @property
    def waiting(self) -> int:
        """How many entries wait for the next commit."""
        return len(self._waiting)

    async def open(self) -> None:
        """Connect and check that the stored head fits its own tiles and signature.

        Raises:
            LogUnsafeError: The database may lose commits; change its settings.
            LogInconsistentError: The stored log contradicts itself; see `audit.verify`.
            StorageError: The storage cannot be reached.
        """
        await self._connect()
        self._is_open = True

    async def append(self, entry: Entry) -> Receipt:
        """Make `entry` durable and return its place in the log.

        Whoever holds the receipt may disclose what the entry says. Cancelling the caller does not
        take the entry back out of its batch.

        Raises:
            LogBusyError: `max_waiting` entries wait already.
            LogClosedError: The log does not run or is shutting down; nothing was written.
            LogStalledError: Nobody knows whether it was; disclose nothing.
            ValueError: The entry is malformed or names a field set that was never defined.
        """
        if not self._is_open or self._is_closing:
            raise LogClosedError("the log takes no more entries")
        if len(self._waiting) >= self._limits.max_waiting:
            raise LogBusyError(f"{len(self._waiting)} entries wait for the log already")
        waiter = self._prepare(entry)
        self._waiting.append(waiter)
        self._arrived.set()
        return await waiter.receipt

    @property
    def field_sets(self) -> Mapping[Fields, int]:
        """The ids of the sets that are defined at this moment; `define` is asked for the others.

        Whoever wants one looks here first, each time anew: after a failure it is another mapping.
        """
        return self._dictionary.ids

    async def define(self, names: Sequence[str]) -> int:
        """Return the id of the set of these field names; on return its definition is durable.

        The order of the names does not matter.

        Raises:
            LogError: As for `append`; the id is not to be used.
        """
        fields = tuple(sorted(set(names)))
        known = self._dictionary.ids.get(fields)
        if known is not None:
            return known
        async with self._defining:
            field_set = self._dictionary.ids.get(fields)
            if field_set is None:
                field_set = self._dictionary.free_id(fields)
                record = canonical({"field_set": field_set, "fields": fields})
                await self.append(Entry(EntryKind.DICTIONARY, record))
                self._dictionary.add(field_set, fields)
        return field_set

    async def run(self) -> None:
        """Commit what is appended until `close`; ends when everything that waited is on record.

        Lost connections are survived: the batch of the moment gets `LogStalledError`, and the head
        is read again before the next one.

        Raises:
            LogInconsistentError: The stored log contradicts itself; this log stays closed.
        """
        if not self._is_open:
            await self.open()
        self._is_running = True
        try:
            while await self._has_work():
                await self._sequence(self._take())
        finally:
            self._is_closing = True
            self._is_open = self._is_running = False
            _fail(self._waiting, LogClosedError, "the log has stopped")
            self._waiting.clear()
            await self._storage.close()

    async def close(self) -> None:
        """Take no more entries; `run` returns once those that wait are on record."""
        self._is_closing = True
        self._arrived.set()
        if self._task:
            await self._task
        elif not self._is_running:
            self._is_open = False
            await self._storage.close()

    async def __aenter__(self) -> Self:
        await self.open()
        self._task = asyncio.create_task(self.run(), name="audit log")
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def _prepare(self, entry: Entry) -> _Waiter:
        """Hash the entry on its writer's time, so that the sequencer has little left to do."""
        self._dictionary.check(entry.subjects)
        subjects = pack_subjects(entry.subjects)
        stamped = entry.stamped or stamp(entry.record, self._clock())
        secret = self._random_bytes(SECRET_SIZE)
        kind = CODE_BY_KIND[entry.kind]
        record, aside = stamped.record, entry.aside
        promise = commitment(kind, secret, record, subjects)
        return _Waiter(
            (stamped.at, kind, stamped.department, record, secret, subjects, promise, aside),
            hash_leaf(promise),
            asyncio.get_running_loop().create_future(),
            len(record) + len(subjects) + (0 if aside is None else len(aside)),
        )

    async def _has_work(self) -> bool:
        """Wait for an entry; False when the log is closing and none is left."""
        # Those whose receipts have just been set run first, so that they can join this batch.
        await asyncio.sleep(0)
        while not self._waiting:
            if self._is_closing:
                return False
            self._arrived.clear()
            await self._arrived.wait()
        return True

    def _take(self) -> list[_Waiter]:
        """Take what waits, in order, up to the limits of a batch and at least one."""
        cost = 0
        count = 0
        for waiter in self._waiting[: self._limits.max_batch]:
            cost += waiter.cost
            if count and cost > self._limits.max_batch_bytes:
                break
            count += 1
        batch = self._waiting[:count]
        del self._waiting[:count]
        return batch

    async def _sequence(self, batch: list[_Waiter]) -> None:
        try:
            async with asyncio.timeout(self._limits.commit_timeout_s):
                if self._tree is None:
                    await self._connect()
                addition, root = await self._commit(batch)
        except (StorageError, TimeoutError):
            # The commit may have reached the disk: nobody gets a receipt, and the tree is read
            # again before the next batch, with whatever the database then says was committed.
            await self._forget()
            _fail(batch, LogStalledError, "the commit was cut short")
            self._pause_s = min(self._pause_s * 2 or self._limits.retry_s, self._limits.max_retry_s)
            await asyncio.sleep(self._pause_s)
        except BaseException:
            # Cancellation counts: the commit may have reached the disk.
            await self._forget()
            _fail(batch, LogStalledError, "the log stopped in the middle of the commit")
            raise
        else:
            self._pause_s = 0.0
            self._release(batch, addition.head, root)

    async def _commit(self, batch: list[_Waiter]) -> tuple[Addition, bytes]:
        """Return what is durable now, and the root of its tree."""
        done = None
        if not self._others_seen and len(batch) <= _MAX_ADVANCE:
            done = await self._advanced(batch)
        if done is None:
            async with self._storage.locked() as locked:
                tree = await self._caught_up(locked)
                done = self._extend(tree, batch)
                await locked.write(done[0])
        self._published_at = done[0].published_at or self._published_at
        return done

    async def _advanced(self, batch: list[_Waiter]) -> tuple[Addition, bytes] | None:
        """Store the batch in one step as if nobody else appended; None: somebody did.

        Then nothing was written, and the tree is still what it was: the copy is thrown away.
        """
        tree = self._tree
        assert tree is not None  # noqa: S101 - `_sequence` has connected
        grown = tree.copy()
        addition, root = self._extend(grown, batch)
        if not await self._storage.advance(tree.frontier(), addition):
            self._others_seen = _ALONE_AFTER
            return None
        self._tree = grown
        return addition, root

    def _extend(self, tree: TileTree, batch: list[_Waiter]) -> tuple[Addition, bytes]:
        """Grow the tree by the batch and sign the new root, which is returned too."""
        rows = [Row(seq, *waiter.fields) for seq, waiter in enumerate(batch, start=tree.size)]
        for waiter in batch:
            tree.append(waiter.leaf)
        root = tree.root()
        note = self._signer.sign(Checkpoint(self.origin, tree.size, root))
        now = self._clock()
        last = self._published_at
        is_due = last is None or not last <= now < last + self._limits.publish_every
        head = Head(tree.frontier(), note)
        return Addition(rows, tree.take_completed(), head, now if is_due else None), root

    def _release(self, batch: list[_Waiter], head: Head, root: bytes) -> None:
        """Hand out receipts: from here on the callers may disclose."""
        size, note, origin = head.frontier.size, head.note or "", self.origin
        for index, waiter in enumerate(batch, start=size - len(batch)):
            if not waiter.receipt.done():
                waiter.receipt.set_result(Receipt(index, size, root, note, origin))

    async def _connect(self) -> None:
        await self._storage.close()
        try:
            await self._storage.open()
            async with self._storage.locked() as locked:
                tree = await self._resumed(locked)
        except BaseException:
            await self._storage.close()
            raise
        self._tree = tree

    async def _forget(self) -> None:
        self._tree = None
        with suppress(LogError):
            await self._storage.close()

    async def _caught_up(self, locked: Locked) -> TileTree:
        """Return the tree as the database has it, with what other processes appended."""
        tree, frontier = self._tree, locked.head.frontier
        is_behind = tree is None or tree.size != frontier.size
        self._others_seen = _ALONE_AFTER if is_behind else max(0, self._others_seen - 1)
        if tree is None or not 0 <= frontier.size - tree.size <= _CATCH_UP:
            self._tree = tree = await self._resumed(locked)
        elif tree.size < frontier.size:
            start = tree.size
            for missed in await locked.commitments(start, frontier.size):
                tree.append(hash_leaf(missed))
            tree.take_completed()
            self._dictionary.learn(await locked.definitions(start))
        if tree.frontier() != frontier:
            raise LogInconsistentError("the stored head is not the head of the stored entries")
        return tree

    async def _resumed(self, locked: Locked) -> TileTree:
        """Read the tree from the storage and check it against its own signed checkpoint.

        1. The unfinished tiles add up to the stored frontier. 2. The note of the head is signed by
        a key of ours. 3. It has the size and the root of that frontier.
        """
        frontier = locked.head.frontier
        partial = [await _unfinished(locked, *place) for place in widths(frontier.size)]
        try:
            tree = TileTree.resume(frontier, partial)
            if frontier.size:
                known = NoteVerifiers.from_vkeys(self.vkeys)
                checkpoint = known.open(locked.head.note or "")
                if (checkpoint.size, checkpoint.root) != (tree.size, tree.root()):
                    raise LogInconsistentError("the newest checkpoint is not that of the head")
        except (ValueError, InvalidNoteError) as error:
            raise LogInconsistentError(f"the stored head cannot be trusted: {error}") from error
        self._dictionary = Dictionary()
        self._dictionary.learn(await locked.definitions(0))
        return tree


async def _unfinished(locked: Locked, level: int, full: int, width: int) -> list[bytes]:
    """Return the hashes of the unfinished tile of a level, from what lies below it."""
    start = full * TILE_WIDTH
    if level == 0:
        return [hash_leaf(entry) for entry in await locked.commitments(start, start + width)]
    return [tile_root(hashes) for hashes in await locked.tiles(level - 1, start, start + width)]


def _fail(waiters: list[_Waiter], error: type[LogError], why: str) -> None:
    for waiter in waiters:
        if not waiter.receipt.done():
            waiter.receipt.set_exception(error(why))
