"""The index of facets finds what going through the whole log finds, however far it has come."""

import asyncio
from collections import Counter
from datetime import timedelta
from hashlib import sha256
from random import Random

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import facet_index
from audit.defined import Definitions, record_of
from audit.entry import Entry, EntryKind, SubjectAccess, canonical
from audit.facet_index import Steps, index_facets
from audit.facets import Facet, Sought, has_all, values_of
from audit.log import Log
from audit.postgres import PostgresStorage
from audit.profile import COMPARED, Periods, day_number, profiled
from audit.search import Filter, count, find, index_behind
from tests.support.audit_log import SIGNER, START, Ticking

pytestmark = [pytest.mark.anyio, pytest.mark.database]
TAGS = [sha256(b"%d" % n).digest() for n in range(12)]
FIELDS = ["Population.name", "Population.phone", "Score.band", "Score.total", "Account.balance"]
SMALL = Steps(step=16, span=128)
ENTRIES = 700
PLAIN = {
    Facet.DEPARTMENT: ["civil-affairs", "tax", "housing"],
    Facet.ACTOR: [f"officer-{n}" for n in range(40)],
    Facet.PURPOSE: ["ASSISTANCE", "AUDIT"],
    Facet.CASE: [f"case-{n}" for n in range(300)],
    Facet.CHANNEL: ["graphql", "export"],
    Facet.POLICY: ["aa" * 32, "bb" * 32],
}


def made(rng, sets):
    record = {
        str(facet): rng.choice(values) for facet, values in PLAIN.items() if rng.random() < 0.9
    }
    kind = rng.choice([EntryKind.ANSWER] * 5 + [EntryKind.DENIAL, EntryKind.LOOKUP])
    if rng.random() < 0.2:
        record["denied"] = [f"{rng.choice(FIELDS)} {rng.choice(['NOT_GRANTED', 'NO_CONSENT'])}"]
    if kind is EntryKind.DENIAL:
        record["reason"] = rng.choice(["NOT_GRANTED", "TOO_COSTLY"])
    if kind is EntryKind.ANSWER:
        record["fields"] = rng.choice(sets)
    # Moments jump about: several machines write, and their clocks differ.
    moment = START + timedelta(seconds=rng.randrange(3_000))
    record["at"] = int(moment.timestamp() * 1_000)
    subjects = [SubjectAccess(t, rng.choice(sets)) for t in rng.sample(TAGS, rng.randrange(3))]
    return Entry(kind, canonical(record), subjects)


async def appended(log, entries):
    async with asyncio.TaskGroup() as group:
        for each in entries:
            group.create_task(log.append(each))


@pytest.fixture
async def connection(log_dsn):
    rng = Random(5)
    async with Log(PostgresStorage(log_dsn), SIGNER, Ticking()) as log:
        sets = [await log.define(rng.sample(FIELDS, n)) for n in (1, 2, 3)]
        entries = [made(rng, sets) for _ in range(ENTRIES)]
        await appended(log, entries[: ENTRIES // 2])
        sets.append(await log.define(FIELDS))
        entries = [made(rng, sets) for _ in range(ENTRIES // 2)]
        await appended(log, entries)
    connection = await asyncpg.connect(log_dsn)
    yield connection
    await connection.close()


async def gone_through(connection, wanted):
    """Return what the log has by reading all of it: slow and plain."""
    known = Definitions()
    await known.refresh(connection)
    rows = await connection.fetch("SELECT * FROM audit.record ORDER BY seq")
    found = []
    for row in rows:
        record = record_of(row["record"])
        kind = list(EntryKind)[row["kind"] - 1]
        values = list(values_of(kind, record, known.names(record, row["subjects"])))
        tags = {row["subjects"][at : at + 32] for at in range(0, len(row["subjects"]), 36)}
        if (
            has_all(values, wanted.sought)
            and (not wanted.tags or tags & set(wanted.tags))
            and (wanted.since is None or row["at"] >= wanted.since)
            and (wanted.until is None or row["at"] < wanted.until)
            and (wanted.before is None or row["seq"] < wanted.before)
            and (wanted.after is None or row["seq"] > wanted.after)
        ):
            found.append(row["seq"])
    return found[::-1] if wanted.newest_first else found


VALUES = {
    **PLAIN,
    Facet.KIND: ["answer", "denial", "lookup", "dictionary"],
    Facet.FIELD: [*FIELDS, "Score", "Population", "Nothing.here"],
    Facet.DENIED_FIELD: FIELDS,
    Facet.REASON: ["NOT_GRANTED", "NO_CONSENT", "TOO_COSTLY"],
}
SOUGHT = st.sampled_from(sorted(VALUES)).flatmap(
    lambda facet: st.lists(st.sampled_from(VALUES[facet]), min_size=1, max_size=2).map(
        lambda values: Sought(facet, tuple(values))
    )
)
MOMENTS = st.none() | st.integers(-10_000, 3_100_000).map(
    lambda ms: START + timedelta(milliseconds=ms)
)
PLACES = st.none() | st.integers(-1, ENTRIES + 20)
FILTERS = st.builds(
    Filter,
    tags=st.lists(st.sampled_from(TAGS), max_size=2),
    facets=st.lists(SOUGHT, max_size=3),
    since=MOMENTS,
    until=MOMENTS,
    after=PLACES,
    before=PLACES,
    newest_first=st.booleans(),
    limit=st.sampled_from([1, 5, 2_000]),
)


async def agrees(connection, wanted):
    expected = await gone_through(connection, wanted)
    found = [entry.index for entry in await find(connection, wanted)]
    assert found == expected[: wanted.limit]
    assert await count(connection, wanted, 1 << 40) == len(expected)


@pytest.mark.parametrize("steps", [0, 3, 8, 25, 99])
async def test_what_is_found_is_what_going_through_the_log_finds(connection, steps):
    for _ in range(steps):
        await index_facets(connection, Definitions(), SMALL)
    await index_behind(connection, steps * 20)
    chosen = []

    @settings(
        max_examples=60,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(FILTERS)
    def choose(wanted):
        chosen.append(wanted)

    choose()
    for wanted in chosen:
        await agrees(connection, wanted)


@pytest.mark.parametrize("steps", [0, 99])
async def test_each_value_of_each_facet_is_found_by_itself(connection, steps):
    for _ in range(steps):
        await index_facets(connection, Definitions(), SMALL)
    for facet, values in VALUES.items():
        for value in values[:6]:
            await agrees(connection, Filter(facets=[Sought(facet, (value,))], limit=2_000))


async def test_many_candidates_about_a_subject_are_sifted_by_the_index(connection, monkeypatch):
    monkeypatch.setattr("audit.search._READ", 7)
    while await index_facets(connection, Definitions(), SMALL):
        pass
    for department in PLAIN[Facet.DEPARTMENT]:
        sought = [Sought(Facet.DEPARTMENT, (department,))]
        for newest_first in (True, False):
            await agrees(
                connection, Filter(tags=TAGS[:3], facets=sought, newest_first=newest_first)
            )


async def test_steps_are_merged_and_a_few_entries_wait(connection):
    while await index_facets(connection, Definitions(), SMALL):
        pass
    spans = await connection.fetch("SELECT start, stop FROM audit.facet_span ORDER BY start")
    size = await connection.fetchval("SELECT size FROM audit.head")

    merged = [(start, stop) for start, stop in spans if stop - start == SMALL.span]
    assert merged == [(n * 128, n * 128 + 128) for n in range(size // 128)]
    assert size - spans[-1]["stop"] < SMALL.step
    stray = """SELECT count(*) FROM audit.facet_own
               WHERE start NOT IN (SELECT start FROM audit.facet_span)"""
    assert await connection.fetchval(stray) == 0


async def test_it_is_all_the_same_how_many_entries_are_read_at_a_time(connection, monkeypatch):
    of_each = [
        "SELECT * FROM audit.facet_own ORDER BY key, start",
        "SELECT * FROM audit.facet_rest ORDER BY bucket, start",
        "SELECT * FROM audit.facet_span ORDER BY start",
    ]
    made = []
    for at_once in (1, 5, 16, 1_000):
        monkeypatch.setattr(facet_index, "_AT_ONCE", at_once)
        await connection.execute("DELETE FROM audit.facet_span")  # so it is built anew
        while await index_facets(connection, Definitions(), SMALL):
            pass
        made.append([[tuple(row) for row in await connection.fetch(one)] for one in of_each])

    assert all(made[0])
    assert made == made[:1] * 4


async def test_several_processes_index_each_step_once(connection, log_dsn):
    others = [await asyncpg.connect(log_dsn) for _ in range(3)]

    async def work(one):
        while await index_facets(one, Definitions(), SMALL):
            pass

    async with asyncio.TaskGroup() as group:
        for other in others:
            group.create_task(work(other))
    for other in others:
        await other.close()

    await agrees(connection, Filter(facets=[Sought(Facet.PURPOSE, ("AUDIT",))], limit=1_000))


class Dying(asyncpg.Connection):
    """Loses its server in the middle of the nth write."""

    __slots__ = ("left",)

    async def copy_records_to_table(self, *args, **named):
        self.left -= 1
        if self.left:
            return await super().copy_records_to_table(*args, **named)
        self.terminate()
        raise ConnectionResetError


@pytest.mark.parametrize("write", range(1, 7))
async def test_one_that_is_killed_in_the_middle_leaves_nothing_half_done(
    connection, log_dsn, write
):
    for _ in range(7):  # the eighth step merges
        await index_facets(connection, Definitions(), SMALL)
    before = await connection.fetch("SELECT * FROM audit.facet_own ORDER BY key, start")
    other = await asyncpg.connect(log_dsn, connection_class=Dying)
    other.left = write
    with pytest.raises((ConnectionResetError, asyncpg.InterfaceError)):
        await index_facets(other, Definitions(), SMALL)

    assert await connection.fetch("SELECT * FROM audit.facet_own ORDER BY key, start") == before
    assert await index_facets(connection, Definitions(), SMALL) == SMALL.step
    await agrees(connection, Filter(facets=[Sought(Facet.CHANNEL, ("export",))], limit=1_000))


@pytest.mark.parametrize(
    "lost",
    [
        "TRUNCATE audit.facet_span, audit.facet_own, audit.facet_rest",
        "DELETE FROM audit.facet_span",
        "DELETE FROM audit.facet_span WHERE start = 128",
        "UPDATE audit.facet_progress SET form = 0",
    ],
)
async def test_what_was_lost_is_built_anew_and_nothing_is_missing_meanwhile(connection, lost):
    while await index_facets(connection, Definitions(), SMALL):
        pass
    before = await connection.fetch("SELECT * FROM audit.facet_own ORDER BY key, start")
    await connection.execute(lost)
    wanted = Filter(facets=[Sought(Facet.FIELD, ("Score",))], limit=1_000)
    await agrees(connection, wanted)

    while await index_facets(connection, Definitions(), SMALL):
        pass

    await agrees(connection, wanted)
    assert await connection.fetch("SELECT * FROM audit.facet_own ORDER BY key, start") == before


PERIODS = Periods(
    START + timedelta(seconds=200),
    START + timedelta(seconds=1_500),
    START + timedelta(seconds=2_900),
)


@pytest.mark.parametrize("steps", [0, 9, 99])
async def test_a_profile_counts_what_going_through_the_log_counts(connection, steps):
    for _ in range(steps):
        await index_facets(connection, Definitions(), SMALL)
    known = Definitions()
    await known.refresh(connection)
    of_both = Filter(
        facets=[Sought(Facet.DEPARTMENT, ("tax",))], since=PERIODS.since, until=PERIODS.until
    )
    wanted = await gone_through(connection, of_both)
    rows = await connection.fetch("SELECT * FROM audit.record WHERE seq = ANY ($1)", wanted)
    hours, values, refused = {True: Counter(), False: Counter()}, {}, 0
    for row in rows:
        record = record_of(row["record"])
        kind = list(EntryKind)[row["kind"] - 1]
        held = set(values_of(kind, record, known.names(record, row["subjects"])))
        is_late = row["at"] >= PERIODS.turn
        hours[is_late][(row["at"] + timedelta(hours=8)).hour] += 1
        refused += kind is EntryKind.DENIAL or any(facet is Facet.REASON for facet, _ in held)
        for value in held:
            if value[0] in COMPARED:
                values.setdefault(value, [0, 0])[0 if is_late else 1] += 1

    async with connection.transaction(isolation="repeatable_read", readonly=True):
        made = await profiled(connection, "tax", PERIODS, Definitions())

    assert len(wanted) > 100
    assert made.days == {day_number(START): len(wanted)}
    assert made.refused.total() == refused
    assert made.hours == [hours[True][hour] for hour in range(24)]
    assert made.hours_before == [hours[False][hour] for hour in range(24)]
    assert {v: n for v, n in made.values.items() if sum(n)} == values
