import asyncio
from datetime import timedelta
from hashlib import sha256

import asyncpg
import pytest

from audit.entry import EntryKind, SubjectAccess, commitment, pack_subjects
from audit.log import Log
from audit.postgres import PostgresStorage
from audit.search import Filter, find, index_behind
from tests.support.audit_log import SIGNER, START, Ticking, entry

pytestmark = [pytest.mark.anyio, pytest.mark.database]
TAGS = [sha256(b"%d" % n).digest() for n in range(10)]
KINDS = [EntryKind.ANSWER, EntryKind.DENIAL]


@pytest.fixture
async def connection(log_dsn):
    """To a log of one definition and 60 entries; entry n (from 1) is about subjects n and n + 1."""
    async with Log(PostgresStorage(log_dsn), SIGNER, Ticking(timedelta(seconds=1))) as log:
        field_set = await log.define(["Person.name"])
        for n in range(1, 61):
            about = [SubjectAccess(TAGS[(n + i) % 10], field_set) for i in (0, 1)]
            department = ["civil-affairs", "tax"][n % 2]
            await log.append(entry(n, *about, kind=KINDS[n % 2], department=department))
    connection = await asyncpg.connect(log_dsn)
    yield connection
    await connection.close()


async def indexes(connection, **wanted):
    return [stored.index for stored in await find(connection, Filter(**wanted))]


ABOUT_3 = [n for n in range(1, 61) if n % 10 in (2, 3)]


@pytest.mark.parametrize("indexed", [0, 1, 30, 1000])
async def test_entries_about_a_subject_are_found_however_far_the_index_is(connection, indexed):
    assert await index_behind(connection, indexed) == min(indexed, 61)

    assert await indexes(connection, tags=[TAGS[3]]) == ABOUT_3
    assert await indexes(connection, tags=TAGS) == list(range(1, 61))
    assert await indexes(connection, tags=[bytes(32)]) == []


async def test_the_index_follows_step_by_step_to_the_end(connection):
    steps = [await index_behind(connection, 25) for _ in range(4)]

    assert steps == [25, 25, 11, 0]
    size = "SELECT sum(length(postings)) / 12 FROM audit.subject_segment"
    assert await connection.fetchval(size) == 120


async def test_few_subjects_wait_for_more(connection):
    assert await index_behind(connection, 1000, subjects=121) == 0
    assert await indexes(connection, tags=[TAGS[3]]) == ABOUT_3

    assert await index_behind(connection, 1000, subjects=120) == 61
    assert await index_behind(connection, 1000, subjects=0) == 0


async def test_a_step_is_about_no_more_subjects_than_are_taken_at_a_time(connection):
    steps = []
    while moved := await index_behind(connection, 40, most=9):
        steps.append(moved)

    # The first entry is about nobody, each of the others about two.
    assert (sum(steps), steps[0], set(steps[1:-1])) == (61, 5, {4})
    assert await indexes(connection, tags=[TAGS[3]]) == ABOUT_3
    assert await indexes(connection, tags=TAGS) == list(range(1, 61))


async def test_an_entry_about_more_than_that_is_a_step_of_its_own(connection):
    steps = []
    while moved := await index_behind(connection, 40, most=1):
        steps.append(moved)

    assert steps == [1] * 61
    assert await indexes(connection, tags=TAGS) == list(range(1, 61))


async def test_as_many_entries_as_are_taken_at_a_time_do_not_wait(connection):
    assert await index_behind(connection, 61, subjects=10_000) == 61


async def test_several_may_move_the_index_at_once(connection, log_dsn):
    others = [await asyncpg.connect(log_dsn) for _ in range(3)]

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(index_behind(other, 25)) for other in others]

    assert sorted(task.result() for task in tasks) == [11, 25, 25]
    for other in others:
        await other.close()


async def test_bytes_of_two_subjects_that_look_like_a_third_are_not_found(connection):
    row = await connection.fetchval("SELECT subjects FROM audit.record WHERE seq = 1")

    assert await indexes(connection, tags=[row[10:42]]) == []


async def test_each_part_of_a_filter_restricts(connection):
    all_of_them = await find(connection, Filter())
    half = all_of_them[30].at

    assert await indexes(connection, department="tax") == list(range(1, 61, 2))
    assert await indexes(connection, kinds=[EntryKind.DENIAL]) == list(range(1, 61, 2))
    assert await indexes(connection, kinds=[EntryKind.DICTIONARY]) == [0]
    assert await indexes(connection, until=half) == list(range(30))
    assert await indexes(connection, since=half) == list(range(30, 61))
    assert await indexes(connection, after=57) == [58, 59, 60]
    assert await indexes(connection, before=2) == [0, 1]
    assert await indexes(connection, limit=2) == [0, 1]
    assert await indexes(connection, limit=2, newest_first=True) == [60, 59]
    assert await indexes(connection, tags=[TAGS[3]], department="tax", after=10, limit=1) == [13]


async def test_a_found_entry_carries_what_proves_it(connection):
    (stored,) = await find(connection, Filter(after=6, limit=1))

    packed = pack_subjects(stored.subjects)
    assert commitment(4, stored.secret, stored.record, packed) == stored.commitment
    assert stored.kind is EntryKind.DENIAL
    assert START < stored.at < START + timedelta(hours=1)
    assert [subject.tag for subject in stored.subjects] == [TAGS[7], TAGS[8]]
