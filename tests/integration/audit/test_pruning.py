"""A log whose old entries were dropped by rule verifies; one whose entries were taken does not."""

import asyncio
from datetime import timedelta
from hashlib import sha256

import asyncpg
import pytest

from audit.defined import Definitions
from audit.entry import Entry, EntryKind, SubjectAccess, canonical
from audit.export import export_log
from audit.facet_index import Steps, index_facets
from audit.log import Log
from audit.postgres import PostgresStorage
from audit.pruning import drop_some, is_about_anybody, is_unfinished, planned, publish
from audit.search import Filter, count, find, index_behind
from audit.verify import verify_database, verify_export
from tests.support.audit_log import SIGNER, START, Ticking, entry

pytestmark = pytest.mark.database
COUNT = 800
CUT = START + timedelta(seconds=340)
"""About entry 680: the minimum index becomes 512."""


def tag(number):
    return sha256(b"%d" % number).digest()


def _log(dsn, after_s=0):
    clock = Ticking(timedelta(seconds=0.5))
    clock.now += timedelta(seconds=after_s)
    return Log(PostgresStorage(dsn), SIGNER, clock)


async def _written(dsn):
    async with _log(dsn) as log:
        field_set = await log.define(["Person.name"])
        for start in range(0, COUNT, 100):
            async with asyncio.TaskGroup() as group:
                for number in range(start, start + 100):
                    about = SubjectAccess(tag(number), field_set)
                    group.create_task(log.append(entry(number, about)))
    connection = await asyncpg.connect(dsn)
    while await index_behind(connection, 300):
        pass
    while await index_facets(connection, Definitions(), Steps(128, 384)):
        pass
    await connection.close()


@pytest.fixture
def written(log_dsn):
    """A log of one definition and 800 entries, half a second apart, about a subject each."""
    asyncio.run(_written(log_dsn))
    return log_dsn


async def _announced(dsn, plan, **changed):
    content = {
        "act": "purge",
        "minimum": plan.minimum,
        "before": CUT.date().isoformat(),
        "years": 3,
        "kept": plan.kept,
        **changed,
    }
    async with _log(dsn, after_s=10_000) as log:
        receipt = await log.append(Entry(EntryKind.RETENTION, canonical(content)))
    return receipt.index


async def _pruned(dsn, held=(), *, steps=None, **changed):
    """Prune, and stop after so many steps; return what was planned."""
    connection = await asyncpg.connect(dsn)
    plan = await planned(connection, CUT, held)
    await publish(connection, plan.minimum, await _announced(dsn, plan, **changed))
    while steps is None or steps:
        if await drop_some(connection, 200) is None:
            break
        steps = None if steps is None else steps - 1
    await connection.close()
    return plan


async def _fetch(dsn, sql, *arguments):
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(sql, *arguments)
    finally:
        await connection.close()


def seqs(dsn):
    return [row[0] for row in asyncio.run(_fetch(dsn, "SELECT seq FROM audit.record ORDER BY seq"))]


def places(verdict):
    return [problem.place for problem in verdict.problems]


async def _tamper(dsn, sql, *arguments):
    connection = await asyncpg.connect(dsn)
    for table in ("record", "tile", "pruned"):
        await connection.execute(f"ALTER TABLE audit.{table} DISABLE TRIGGER USER")
    await connection.execute(sql, *arguments)
    await connection.close()


def both(dsn, folder):
    """Return what is found in the database and in an export of it."""
    export_log(dsn, folder)
    in_database = verify_database(dsn, SIGNER.vkey, workers=1)
    exported = verify_export(folder, SIGNER.vkey, workers=1)
    return in_database, exported


def test_a_pruned_log_has_the_dictionary_what_is_held_and_what_is_recent(written, tmp_path):
    plan = asyncio.run(_pruned(written, [(10, 12), (300, 301), (600, 700)]))

    assert (plan.minimum, plan.former) == (512, 0)
    assert plan.kept == ((10, 12), (300, 301))
    assert plan.going == 512 - 1 - 3
    assert seqs(written) == [0, 10, 11, 300, *range(512, 802)]
    for verdict in both(written, tmp_path / "export"):
        assert verdict.problems == ()
        assert verdict.entries == 802
        assert verdict.minimum == 512


def test_the_index_leads_to_what_is_left_and_to_nothing_else(written):
    asyncio.run(_pruned(written, [(300, 301)]))

    async def about(*numbers):
        connection = await asyncpg.connect(written)
        try:
            wanted = Filter(tags=[tag(number) for number in numbers])
            return [found.index for found in await find(connection, wanted)]
        finally:
            await connection.close()

    assert asyncio.run(about(298, 299, 520)) == [300, 521]


def test_facets_count_what_is_left(written):
    wanted = Filter(department="civil-affairs")

    async def counted():
        connection = await asyncpg.connect(written)
        before = await count(connection, wanted, 10_000)
        await _pruned(written, [(300, 301)])
        after = await count(connection, wanted, 10_000)
        found = [entry.index for entry in await find(connection, wanted)]
        await connection.close()
        return before, after, found[:2]

    # One that is held and those from 512 to 800; the entry that announces it names no department.
    assert asyncio.run(counted()) == (800, 1 + 289, [300, 512])


def test_a_pruned_log_is_appended_to_and_pruned_again(written):
    asyncio.run(_pruned(written))

    async def goes_on():
        async with _log(written, after_s=10_100) as log:
            return await log.append(entry(5))

    receipt = asyncio.run(goes_on())
    again = asyncio.run(_pruned(written))

    assert receipt.index == 802
    assert (again.minimum, again.former, again.going) == (512, 512, 0)
    assert verify_database(written, SIGNER.vkey, workers=1).ok


def test_what_is_not_held_any_more_goes_with_the_next_purge(written):
    asyncio.run(_pruned(written, [(10, 12)]))
    plan = asyncio.run(_pruned(written))

    assert plan.going == 2
    assert seqs(written) == [0, *range(512, 803)]
    assert verify_database(written, SIGNER.vkey, workers=1).ok


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_purge_that_was_cut_short_is_whole_and_goes_on(written, tmp_path, steps):
    asyncio.run(_pruned(written, [(300, 301)], steps=steps))

    for verdict in both(written, tmp_path / "export"):
        assert verdict.problems == ()

    async def go_on():
        connection = await asyncpg.connect(written)
        before = await is_unfinished(connection)
        while await drop_some(connection, 1_000) is not None:
            pass
        after = await is_unfinished(connection)
        await connection.close()
        return before, after

    assert asyncio.run(go_on()) == (True, False)
    assert seqs(written) == [0, 300, *range(512, 802)]


def test_a_purge_that_was_announced_and_no_more_has_dropped_nothing(written):
    async def announce():
        connection = await asyncpg.connect(written)
        await _announced(written, await planned(connection, CUT))
        dropped = await drop_some(connection, 1_000)
        await connection.close()
        return dropped

    assert asyncio.run(announce()) is None
    assert len(seqs(written)) == 802
    assert verify_database(written, SIGNER.vkey, workers=1).ok


def test_what_the_index_does_not_cover_and_what_is_forbidden_stays(written):
    async def plans():
        connection = await asyncpg.connect(written)
        limited = await planned(connection, CUT, at_most=300)
        await connection.execute("UPDATE audit.index_progress SET next = 511")
        unindexed = await planned(connection, CUT)
        early = await planned(connection, START)
        await connection.close()
        return [plan.minimum for plan in (limited, unindexed, early)]

    assert asyncio.run(plans()) == [256, 256, 0]


def test_a_hold_that_is_placed_after_the_announcement_counts(written):
    hold = "INSERT INTO audit.hold VALUES ('h1', 100, 102, 'court', 'op-7', now())"

    async def prune():
        await _pruned(written, steps=0)
        await _fetch(written, hold)
        connection = await asyncpg.connect(written)
        while await drop_some(connection, 1_000) is not None:
            pass
        await connection.close()

    asyncio.run(prune())

    assert seqs(written)[:4] == [0, 100, 101, 512]
    assert verify_database(written, SIGNER.vkey, workers=1).ok


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM audit.record WHERE seq = 512",
        "DELETE FROM audit.record WHERE seq = 0",
        "DELETE FROM audit.record WHERE seq = 801",
        "DELETE FROM audit.record WHERE seq = 101",
        "UPDATE audit.pruned SET minimum = 256",
        "DELETE FROM audit.pruned",
        "DELETE FROM audit.hold",
    ],
)
def test_the_database_lets_nobody_drop_more(written, sql):
    async def attempt():
        await _pruned(written, [(101, 102)])
        await _fetch(
            written, "INSERT INTO audit.hold VALUES ('h1', 101, 102, 'court', 'op-7', now())"
        )
        with pytest.raises(asyncpg.RestrictViolationError):
            await _fetch(written, sql)

    asyncio.run(attempt())


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("DELETE FROM audit.record WHERE seq = 600", "entry 600"),
        ("DELETE FROM audit.record WHERE seq = 300", "entry 300"),
        ("DELETE FROM audit.record WHERE seq = 801", "entry 801"),
        ("DELETE FROM audit.record WHERE seq = 0", "entry 300"),
        ("UPDATE audit.pruned SET minimum = 768", "minimum index"),
        ("UPDATE audit.pruned SET minimum = 256", "minimum index"),
        ("UPDATE audit.pruned SET minimum = 0", "entry 1"),
        ("UPDATE audit.record SET record = '{\"at\":1}' WHERE seq = 300", "entry 300"),
        ("DELETE FROM audit.tile WHERE level = 0 AND n = 1", "tile 0/1"),
    ],
)
def test_what_was_taken_from_a_pruned_log_is_named(written, tmp_path, sql, place):
    asyncio.run(_pruned(written, [(300, 301)]))
    asyncio.run(_tamper(written, sql))

    in_database = verify_database(written, SIGNER.vkey, workers=1)

    assert place in places(in_database)


def test_a_forged_minimum_index_of_an_export_is_named(written, tmp_path):
    asyncio.run(_pruned(written, [(300, 301)]))
    folder = tmp_path / "export"
    export_log(written, folder)
    for bundle in ("002",):
        (folder / "tile/entries" / bundle).unlink()
    records = folder / "records/000000000.jsonl"
    lines = records.read_bytes().splitlines(keepends=True)
    records.write_bytes(b"".join(line for line in lines if not 512 <= _seq(line) < 768))
    (folder / "minimum-index").write_text("768\n")

    verdict = verify_export(folder, SIGNER.vkey, workers=1)

    assert places(verdict) == ["minimum index"]


def _seq(line):
    return int(line.split(b",", 1)[0].partition(b":")[2])


def test_a_changed_entry_that_was_held_is_named_in_an_export(written, tmp_path):
    asyncio.run(_pruned(written, [(300, 301)]))
    folder = tmp_path / "export"
    export_log(written, folder)
    records = folder / "records/000000000.jsonl"
    records.write_bytes(records.read_bytes().replace(b"r299", b"r999"))

    verdict = verify_export(folder, SIGNER.vkey, workers=1)

    assert any(place == "tile 0/1" and "entry 300" in what for place, what in verdict.problems)


def test_whether_old_entries_are_about_anybody_is_known(written):
    async def asked():
        connection = await asyncpg.connect(written)
        before = await is_about_anybody(connection, START + timedelta(seconds=200))
        await _pruned(written)
        after = await is_about_anybody(connection, START + timedelta(seconds=200))
        await connection.close()
        return before, after

    assert asyncio.run(asked()) == (True, False)
