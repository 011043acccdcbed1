import asyncio
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint, NoteSigner, NoteVerifier
from audit.entry import Entry, EntryKind, SubjectAccess
from audit.errors import (
    LogBusyError,
    LogClosedError,
    LogInconsistentError,
    LogStalledError,
    StorageError,
)
from audit.log import Limits, Log
from audit.merkle import Frontier, hash_leaf
from audit.storage import Head
from tests.fakes.audit_storage import Disk, MemoryStorage
from tests.support.audit_log import SIGNER, Ticking, entry

pytestmark = pytest.mark.anyio
QUICK = Limits(retry_s=0.0, max_retry_s=0.0)
VERIFIER = NoteVerifier.from_vkey(SIGNER.vkey)


@pytest.fixture
def storage():
    return MemoryStorage()


def log_on(storage, limits=QUICK, clock=None, signer=SIGNER):
    return Log(storage, signer, clock or Ticking(), limits=limits)


def later(log, number, *subjects):
    return asyncio.ensure_future(log.append(entry(number, *subjects)))


async def turns(count=5):
    for _ in range(count):
        await asyncio.sleep(0)


def root_of(disk, size):
    frontier = Frontier()
    for row in disk.rows[:size]:
        frontier = frontier.append(hash_leaf(row.commitment))
    return frontier.root()


async def test_an_entry_that_waits_alone_is_committed_at_once(storage):
    async with log_on(storage) as log:
        receipt = await log.append(entry())

    assert (receipt.index, receipt.tree_size) == (0, 1)
    assert storage.disk.commits == 1


async def test_entries_that_wait_together_share_one_commit(storage):
    async with log_on(storage) as log:
        storage.hold()
        first = later(log, 0)
        await storage.is_committing.wait()
        rest = [later(log, number) for number in range(1, 51)]
        await turns()
        storage.may_commit.set()
        receipts = [await each for each in [first, *rest]]

    assert storage.disk.commits == 2
    assert [receipt.index for receipt in receipts] == list(range(51))
    assert [receipt.tree_size for receipt in receipts] == [1] + [51] * 50


async def test_no_receipt_before_the_commit_returns(storage):
    async with log_on(storage) as log:
        storage.hold()
        waiting = later(log, 0)
        await storage.is_committing.wait()
        await turns()
        assert not waiting.done()
        assert storage.disk.rows == []

        storage.may_commit.set()
        await waiting

    assert len(storage.disk.rows) == 1


async def test_every_receipt_has_a_checkpoint_that_verifies_and_the_root_of_its_tree(storage):
    async with log_on(storage) as log:
        receipts = [await log.append(entry(number)) for number in range(20)]

    for receipt in receipts:
        checkpoint = VERIFIER.open(receipt.checkpoint)
        assert checkpoint == Checkpoint(SIGNER.name, receipt.tree_size, receipt.root)
        assert checkpoint.root == root_of(storage.disk, receipt.tree_size)
        assert receipt.origin == log.origin
    assert log.vkeys == (SIGNER.vkey,)


@pytest.mark.parametrize("breaking", ["break_before", "break_after"])
async def test_a_broken_commit_gives_no_receipt_and_the_log_goes_on(storage, breaking):
    async with log_on(storage) as log:
        await log.append(entry(0))
        setattr(storage, breaking, 1)
        lost = [later(log, number) for number in (1, 2, 3)]
        for each in lost:
            with pytest.raises(LogStalledError):
                await each
        receipt = await log.append(entry(4))

    kept = 4 if breaking == "break_after" else 1
    assert receipt.index == kept
    assert len(storage.disk.rows) == kept + 1
    assert receipt.root == root_of(storage.disk, kept + 1)


async def test_after_a_failure_the_head_is_read_again_on_a_new_connection(storage):
    async with log_on(storage) as log:
        storage.break_before = 1
        with pytest.raises(LogStalledError):
            await log.append(entry(0))
        storage.broken_opens = 2
        for number in (1, 2):
            with pytest.raises(LogStalledError):
                await log.append(entry(number))
        await log.append(entry(3))

    assert storage.opens == 4
    assert len(storage.disk.rows) == 1


async def test_a_commit_that_takes_too_long_counts_as_lost(storage):
    limits = Limits(commit_timeout_s=0.02, retry_s=0.0, max_retry_s=0.0)
    async with log_on(storage, limits) as log:
        storage.hold()
        with pytest.raises(LogStalledError):
            await log.append(entry(0))
        storage.may_commit.set()
        assert (await log.append(entry(1))).index == 0


async def test_a_full_log_refuses_instead_of_queueing(storage):
    async with log_on(storage, Limits(max_waiting=2)) as log:
        storage.hold()
        committing = later(log, 0)
        await storage.is_committing.wait()
        queued = [later(log, number) for number in (1, 2)]
        await turns()
        assert log.waiting == 2
        with pytest.raises(LogBusyError):
            await log.append(entry(3))
        storage.may_commit.set()
        for each in [committing, *queued]:
            await each

    assert len(storage.disk.rows) == 3


@pytest.mark.parametrize("limits", [Limits(max_batch=4), Limits(max_batch_bytes=1)])
async def test_a_batch_is_cut_where_its_limits_are(storage, limits):
    async with log_on(storage, limits) as log:
        storage.hold()
        tasks = [later(log, number) for number in range(9)]
        await storage.is_committing.wait()
        storage.may_commit.set()
        indexes = [(await each).index for each in tasks]

    assert indexes == list(range(9))
    assert storage.disk.commits == (3 if limits.max_batch == 4 else 9)


async def test_an_impatient_caller_leaves_its_entry_in_the_batch(storage):
    async with log_on(storage) as log:
        storage.hold()
        impatient, patient = later(log, 0), later(log, 1)
        await storage.is_committing.wait()
        impatient.cancel()
        await turns()
        storage.may_commit.set()
        assert (await patient).index == 1

    assert len(storage.disk.rows) == 2


async def test_shutting_down_in_mid_commit_leaves_nobody_sure(storage):
    log = log_on(storage)
    await log.open()
    running = asyncio.ensure_future(log.run())
    storage.hold()
    committing = later(log, 0)
    await storage.is_committing.wait()
    queued = later(log, 1)
    await turns()

    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
    with pytest.raises(LogStalledError):
        await committing
    with pytest.raises(LogClosedError):
        await queued


async def test_closing_puts_on_record_what_waits_and_takes_no_more(storage):
    log = log_on(storage)
    async with log:
        storage.hold()
        waiting = [later(log, number) for number in range(3)]
        await storage.is_committing.wait()
        closing = asyncio.ensure_future(log.close())
        await turns()
        with pytest.raises(LogClosedError):
            await log.append(entry(9))
        storage.may_commit.set()
        await closing

    assert [(await each).index for each in waiting] == [0, 1, 2]
    assert not storage.is_open
    with pytest.raises(LogClosedError):
        await log.append(entry(9))


async def test_a_log_that_was_never_opened_takes_nothing(storage):
    with pytest.raises(LogClosedError):
        await log_on(storage).append(entry())


async def test_a_log_that_is_opened_but_never_run_lets_go_of_its_storage(storage):
    log = log_on(storage)
    await log.open()

    await log.close()

    assert not storage.is_open


async def test_run_opens_the_log_where_that_was_not_done(storage):
    log = log_on(storage)
    running = asyncio.ensure_future(log.run())
    await turns()

    assert (await log.append(entry())).index == 0

    await log.close()
    await running


async def test_a_storage_that_cannot_be_reached_refuses_the_start(storage):
    storage.broken_opens = 1

    with pytest.raises(StorageError):
        async with log_on(storage):
            pytest.fail("the log opened")


async def test_several_logs_append_to_one_without_a_gap():
    disk = Disk()
    async with (
        log_on(MemoryStorage(disk)) as first,
        log_on(MemoryStorage(disk)) as second,
        asyncio.TaskGroup() as group,
    ):
        tasks = [
            group.create_task(log.append(entry(number)))
            for number in range(300)
            for log in (first, second)
        ]
        for log in (first, second):
            group.create_task(log.define([f"field {log is first}"]))

    receipts = [task.result() for task in tasks]
    assert [row.seq for row in disk.rows] == list(range(602))
    assert len({receipt.index for receipt in receipts}) == 600
    assert disk.head.frontier.root() == root_of(disk, 602)


async def test_a_log_far_behind_the_other_reads_the_tiles_instead():
    disk = Disk()
    async with log_on(MemoryStorage(disk)) as behind, log_on(MemoryStorage(disk)) as ahead:
        async with asyncio.TaskGroup() as group:
            for number in range(5000):
                group.create_task(ahead.append(entry(number)))
        receipt = await behind.append(entry())

    assert receipt.index == 5000
    assert receipt.root == root_of(disk, 5001)


async def test_a_log_that_is_alone_stores_a_batch_in_one_step(storage):
    async with log_on(storage) as log:
        locked = storage.locks
        for number in range(5):
            await log.append(entry(number))

        assert storage.locks == locked
    assert len(storage.disk.rows) == 5


async def test_a_log_that_has_seen_another_takes_the_lock_until_it_is_alone_again():
    disk = Disk()
    own = MemoryStorage(disk)
    async with log_on(own) as log, log_on(MemoryStorage(disk)) as other:
        await other.append(entry())
        before = own.locks
        receipts = [await log.append(entry(number)) for number in range(20)]

    assert [receipt.index for receipt in receipts] == list(range(1, 21))
    assert own.locks - before == 9
    assert disk.head.frontier.root() == root_of(disk, 21)


async def test_checkpoints_are_kept_at_most_once_a_second(storage):
    async with log_on(storage, clock=Ticking(timedelta(milliseconds=100))) as log:
        for number in range(50):
            await log.append(entry(number))

    # Two readings of the clock an entry: ten seconds.
    assert 9 <= len(storage.disk.checkpoints) <= 11
    assert storage.disk.checkpoints[0][0] == 1
    assert VERIFIER.open(storage.disk.head.note).size == 50


async def test_a_field_set_is_defined_on_record_before_its_id_is_known(storage):
    async with log_on(storage) as log:
        storage.hold()
        defining = asyncio.ensure_future(log.define(["Person.name", "Person.band"]))
        await storage.is_committing.wait()
        assert not defining.done()
        storage.may_commit.set()
        field_set = await defining

        assert await log.define(["Person.band", "Person.name", "Person.name"]) == field_set
        assert await log.define(["Person.band"]) != field_set
        await log.append(entry(0, SubjectAccess(bytes(32), field_set)))

    assert len(storage.disk.rows) == 3
    expected = b'"field_set":%d,"fields":["Person.band","Person.name"]' % field_set
    assert expected in storage.disk.rows[0].record


async def test_those_who_define_the_same_set_at_once_share_one_definition(storage):
    async with log_on(storage) as log, asyncio.TaskGroup() as group:
        tasks = [group.create_task(log.define(["a", "b"])) for _ in range(5)]

    assert len({task.result() for task in tasks}) == 1
    assert len(storage.disk.rows) == 1


async def test_a_restarted_log_knows_the_field_sets_that_were_defined(storage):
    async with log_on(storage) as log:
        field_set = await log.define(["a"])

    async with log_on(storage) as log:
        assert await log.define(["a"]) == field_set
        await log.append(entry(0, SubjectAccess(bytes(32), field_set)))

    assert len(storage.disk.rows) == 2


async def test_an_entry_with_an_undefined_field_set_is_refused(storage):
    async with log_on(storage) as log:
        with pytest.raises(ValueError):
            await log.append(entry(0, SubjectAccess(bytes(32), 7)))
        with pytest.raises(ValueError):
            await log.append(Entry(EntryKind.ANSWER, b"no JSON"))

    assert storage.disk.rows == []


async def test_a_log_whose_head_another_key_signed_stays_shut(storage):
    async with log_on(storage) as log:
        await log.append(entry())

    with pytest.raises(LogInconsistentError):
        await log_on(storage, signer=NoteSigner(SIGNER.name, bytes(32))).open()


async def test_a_log_whose_checkpoint_is_of_another_tree_stays_shut(storage):
    async with log_on(storage) as log:
        first = await log.append(entry(0))
        await log.append(entry(1))
    storage.disk.head = Head(storage.disk.head.frontier, first.checkpoint)

    with pytest.raises(LogInconsistentError):
        await log_on(storage).open()


async def test_a_log_whose_frontier_does_not_fit_its_entries_stays_shut(storage):
    async with log_on(storage) as log:
        await log.append(entry(0))
    storage.disk.rows[0] = storage.disk.rows[0]._replace(commitment=bytes(34))

    with pytest.raises(LogInconsistentError):
        await log_on(storage).open()


async def test_a_running_log_stops_when_the_stored_head_is_not_its_own(storage):
    log = log_on(storage)
    await log.open()
    running = asyncio.ensure_future(log.run())
    await log.append(entry(0))
    storage.disk.head = Head(Frontier().append(bytes(32)), storage.disk.head.note)

    with pytest.raises(LogStalledError):
        await log.append(entry(1))
    with pytest.raises(LogInconsistentError):
        await running
    with pytest.raises(LogClosedError):
        await log.append(entry(2))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["ok", "before", "after", "open"]), min_size=1, max_size=30))
def test_whatever_breaks_the_acknowledged_are_stored_and_the_tree_is_whole(steps):
    asyncio.run(_survives(steps))


async def _survives(steps):
    storage = MemoryStorage()
    acknowledged = {}
    async with log_on(storage) as log:
        for number, step in enumerate(steps):
            storage.break_before = int(step in ("before", "open"))
            storage.break_after = int(step == "after")
            storage.broken_opens = int(step == "open")
            try:
                receipt = await log.append(entry(number))
            except LogStalledError:
                assert step != "ok" or steps[number - 1] == "open"
            else:
                acknowledged[receipt.index] = b'"r%d"' % number
        storage.break_before = storage.break_after = storage.broken_opens = 0

    assert all(request in storage.disk.rows[i].record for i, request in acknowledged.items())
    assert storage.disk.head.frontier.root() == root_of(storage.disk, len(storage.disk.rows))
