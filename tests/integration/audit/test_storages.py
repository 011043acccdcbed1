"""The same claims hold over the storage in memory and over PostgreSQL."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from audit.entry import SubjectAccess
from audit.errors import LogInconsistentError, LogStalledError, LogUnsafeError, StorageError
from audit.log import Log
from audit.merkle import Frontier, hash_leaf
from audit.postgres import PostgresStorage
from audit.storage import Addition, Head, Row
from audit.tiles import TileTree
from tests.fakes.audit_storage import Disk, MemoryStorage
from tests.support.audit_log import SIGNER, START, Ticking, entry

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture(params=["memory", "postgres"])
def new_storage(request):
    """Makes storages that all keep the same log."""
    if request.param == "memory":
        disk = Disk()
        return lambda: MemoryStorage(disk)
    dsn = request.getfixturevalue("log_dsn")
    return lambda: PostgresStorage(dsn)


async def everything(storage):
    await storage.open()
    async with storage.locked() as locked:
        size = locked.head.frontier.size
        tiles = await locked.tiles(0, 0, size // 256)
        commitments = await locked.commitments(0, size)
        definitions = await locked.definitions(0)
        head = locked.head
    await storage.close()
    return head, commitments, tiles, definitions


async def test_what_was_appended_is_there_in_order_with_its_tiles(new_storage):
    async with Log(new_storage(), SIGNER, Ticking()) as log:
        field_set = await log.define(["Person.name"])
        async with asyncio.TaskGroup() as group:
            for number in range(700):
                subject = SubjectAccess(bytes(32), field_set)
                group.create_task(log.append(entry(number, subject)))

    head, commitments, tiles, definitions = await everything(new_storage())
    leaves = [hash_leaf(commitment) for commitment in commitments]
    frontier = Frontier()
    for leaf in leaves:
        frontier = frontier.append(leaf)
    assert head.frontier == frontier
    assert frontier.size == 701
    assert tiles == [b"".join(leaves[:256]), b"".join(leaves[256:512])]
    assert len(definitions) == 1


async def test_a_restarted_log_goes_on_where_it_was(new_storage):
    for first in (0, 300, 600):
        async with Log(new_storage(), SIGNER, Ticking()) as log, asyncio.TaskGroup() as group:
            tasks = [group.create_task(log.append(entry(first + n))) for n in range(300)]
        assert [task.result().index for task in tasks] == list(range(first, first + 300))


async def test_two_logs_at_once_make_one_without_a_gap(new_storage):
    first, second = (Log(new_storage(), SIGNER, Ticking()) for _ in range(2))
    async with first, second, asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(log.append(entry(n))) for n in range(400) for log in (first, second)
        ]

    assert sorted(task.result().index for task in tasks) == list(range(800))


async def test_an_error_under_the_lock_leaves_nothing_behind(new_storage):
    storage = new_storage()
    await storage.open()
    addition = Addition((), (), Head(Frontier(1, (bytes(32),)), "note"), START)

    async def write_and_fail():
        async with storage.locked() as locked:
            await locked.write(addition)
            raise KeyError

    with pytest.raises(KeyError):
        await write_and_fail()

    await storage.close()
    head, *_ = await everything(new_storage())
    assert head == Head(Frontier(), None)


def grown(tree, count=1):
    """Return an addition of `count` entries to `tree`, which has them afterwards."""
    rows = []
    for _ in range(count):
        commitment = tree.size.to_bytes(34, "big")
        rows.append(Row(tree.size, START, 3, None, b"{}", bytes(32), b"", commitment))
        tree.append(hash_leaf(commitment))
    published_at = START if tree.size % 2 else None
    return Addition(rows, tree.take_completed(), Head(tree.frontier(), "note"), published_at)


async def test_a_step_stores_rows_tiles_and_head_where_the_log_ends_as_expected(new_storage):
    storage, tree = new_storage(), TileTree()
    await storage.open()

    for count in (1, 254, 2, 300):
        before = tree.frontier()
        assert await storage.advance(before, grown(tree, count))

    await storage.close()
    head, commitments, tiles, _ = await everything(new_storage())
    assert head == Head(tree.frontier(), "note")
    assert commitments == [n.to_bytes(34, "big") for n in range(557)]
    assert len(tiles) == 2


async def test_a_step_from_another_end_writes_nothing(new_storage):
    storage, tree = new_storage(), TileTree()
    await storage.open()
    assert await storage.advance(Frontier(), grown(tree))
    stored = tree.frontier()

    for expected in (Frontier(), Frontier(1, (bytes(32),)), Frontier(2, (bytes(32),))):
        assert not await storage.advance(expected, grown(tree.copy(), 256))

    await storage.close()
    head, commitments, tiles, _ = await everything(new_storage())
    assert (head.frontier, len(commitments), tiles) == (stored, 1, [])


async def test_a_step_waits_for_the_lock_and_then_compares_again(new_storage):
    holder, storage, tree = new_storage(), new_storage(), TileTree()
    await holder.open()
    await storage.open()
    addition = grown(tree)

    async with asyncio.TaskGroup() as group, holder.locked() as locked:
        late = group.create_task(storage.advance(Frontier(), addition))
        await asyncio.sleep(0.1)
        assert not late.done()
        await locked.write(grown(TileTree()))
    assert not late.result()

    assert await storage.advance(tree.frontier(), grown(tree))
    await holder.close()
    await storage.close()
    _, commitments, _, _ = await everything(new_storage())
    assert len(commitments) == 2


async def test_a_storage_that_is_not_open_says_so(new_storage):
    storage = new_storage()
    await storage.close()

    with pytest.raises(StorageError):
        await storage.advance(Frontier(), grown(TileTree()))
    with pytest.raises(StorageError):
        async with storage.locked():
            pytest.fail("locked")


async def test_a_step_stores_every_column_as_it_was_given(log_dsn):
    storage, tree = PostgresStorage(log_dsn), TileTree()
    await storage.open()
    at = START + timedelta(microseconds=1)
    given = [
        Row(0, at, 3, "civil-affairs", b"{}", b"s" * 32, b"t" * 36, b"\1\3" + bytes(32), b"aside"),
        Row(1, START, 14, None, b"", b"", b"", b"", None),
        Row(2, at, 1, 'a"b\\,{}()\n\u4f4e', b"\0\xff", b"", b"", b"", b""),
    ]
    for row in given:
        tree.append(hash_leaf(row.commitment))

    assert await storage.advance(Frontier(), Addition(given, (), Head(tree.frontier(), "n"), None))

    await storage.close()
    connection = await asyncpg.connect(log_dsn)
    stored = await connection.fetch("SELECT * FROM audit.record ORDER BY seq")
    await connection.close()
    assert [tuple(row) for row in stored] == given
    assert tuple(stored[0].keys()) == Row._fields


async def test_a_table_with_another_column_is_written_to_under_the_lock(log_dsn):
    async with Log(PostgresStorage(log_dsn), SIGNER, Ticking()) as log:
        await log.append(entry(0))
        connection = await asyncpg.connect(log_dsn)
        await connection.execute("ALTER TABLE audit.record ADD COLUMN later bytea")
        await connection.close()

        with pytest.raises(LogStalledError):
            await log.append(entry(1))
        assert (await log.append(entry(2))).index == 1

    storage = PostgresStorage(log_dsn)
    await storage.open()
    assert not await storage.advance(Frontier(), grown(TileTree()))
    await storage.close()


async def test_a_server_that_cannot_be_reached_is_a_storage_error(tmp_path):
    with pytest.raises(StorageError):
        await PostgresStorage(f"postgresql://nobody@/none?host={tmp_path}").open()


async def test_a_database_without_the_schema_is_a_storage_error(database):
    with pytest.raises(StorageError):
        await Log(PostgresStorage(database), SIGNER, Ticking()).open()


async def test_a_database_that_may_lose_commits_is_refused(log_dsn):
    connection = await asyncpg.connect(log_dsn)
    name = await connection.fetchval("SELECT current_database()")
    await connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    await connection.close()

    with pytest.raises(LogUnsafeError, match="synchronous_commit"):
        await PostgresStorage(log_dsn).open()


async def test_a_head_that_cannot_be_read_keeps_the_log_shut(log_dsn):
    connection = await asyncpg.connect(log_dsn)
    await connection.execute("UPDATE audit.head SET size = 3")
    await connection.close()

    with pytest.raises(LogInconsistentError):
        await Log(PostgresStorage(log_dsn), SIGNER, Ticking()).open()


@pytest.mark.parametrize("table", ["record", "tile", "checkpoint", "head"])
async def test_what_is_recorded_can_be_neither_deleted_nor_emptied(log_dsn, table):
    connection = await asyncpg.connect(log_dsn)
    try:
        for verb in ("DELETE FROM", "TRUNCATE"):
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute(f"{verb} audit.{table}")
    finally:
        await connection.close()


async def test_what_is_recorded_cannot_be_changed(log_dsn):
    async with Log(PostgresStorage(log_dsn), SIGNER, Ticking()) as log:
        await log.append(entry())
    connection = await asyncpg.connect(log_dsn)
    try:
        for change in (
            "UPDATE audit.record SET department = 'tax'",
            "UPDATE audit.tile SET n = 1",
            "UPDATE audit.checkpoint SET note = ''",
            "UPDATE audit.head SET size = 0",
        ):
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute(change)
    finally:
        await connection.close()
