"""Rules remember what is usual, who slept, what a department reads, what waits for casework."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from audit.entry import Entry, EntryKind, SubjectAccess
from audit.indicator_rules import Rule, Unusual, Usual
from audit.log import Log
from audit.postgres import PostgresStorage
from hub.casework.finding_lists import FindingLists
from hub.store.database import Database
from hub.store.indicator_counting import Counting
from hub.store.indicator_lists import Whose, sizes
from hub.store.indicators import Wanted, indicators
from tests.fakes.audit_log import FakeLog
from tests.support.audit_log import SIGNER

pytestmark = [pytest.mark.anyio, pytest.mark.database]
NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
BASE = {
    "says": "s", "says_zh": "s", "severity": "low", "kinds": [EntryKind.ANSWER],
    "measure": "entries", "window_s": 86_400, "threshold": 2,
}  # fmt: skip


def rule(name, **said):
    return Rule(id=name, **(BASE | said))


def answer(days, actor="c-7", tags=(), kind=EntryKind.ANSWER, minutes=0, fields=None, **more):
    at = int((NOON + timedelta(days=days, minutes=minutes)).timestamp() * 1_000)
    record = {"at": at, "department": "tax", "client": "desk", "actor": actor} | more
    return kind, record, tags, fields


async def counted(dsn, rules, entries, lists=()):
    """Return what the rules find in pieces of one, of seven, and at once: it must be the same."""
    async with Log(PostgresStorage(dsn), SIGNER, lambda: NOON) as log:
        names = await log.define(["Person.name"])
        for kind, record, tags, fields in entries:
            told = dict(record)
            if kind is EntryKind.ANSWER:
                told["fields"] = await log.define(fields or ["Person.name"])
            about = [SubjectAccess(tag * 32, names) for tag in tags]
            await log.append(Entry(kind, orjson.dumps(told, option=orjson.OPT_SORT_KEYS), about))
    database, seen = Database(dsn), []
    async with database.connection() as connection:
        for name, department, actor, tag in lists:
            await connection.execute(
                "insert into indicator_list values ($1, $2, $3, $4, 'auditor-1', now())",
                *(name, department, actor, tag),
            )
    for limit in (1, 7, 10_000):
        async with database.connection() as connection:
            await connection.execute(
                "truncate indicator, indicator_seen, indicator_usual, indicator_reader, "
                "indicator_field_use, indicator_waiting, indicator_worked"
            )
            await connection.execute("update indicator_progress set next = 0")
        moved = 1
        while moved:
            async with database.transaction() as connection:
                moved = await Counting(rules, lambda alias: [alias * 32]).behind(connection, limit)
        async with database.connection() as connection:
            seen.append(await indicators(connection, Wanted(limit=1_000)))
    await database.close()
    assert seen[0] == seen[1] == seen[2]
    return seen[0]


async def test_a_window_is_compared_with_the_readers_own_days(hub_database):
    busy = rule("busy", usual=Usual(of=["reader"], percent=200, at_least=3))
    days = [answer(day, minutes=m) for day in range(6) for m in range(5)]
    today = [answer(8, minutes=m) for m in range(9)]
    more = [answer(9, minutes=m) for m in range(10)]
    other = [answer(9, actor="c-8", minutes=m) for m in range(3)]

    found = await counted(hub_database, [busy], [*days, *today, *more, *other])

    by_day = {(f.started_at + timedelta(hours=8)).date().day: f for f in found if f.actor == "c-7"}
    assert 10 not in by_day  # nine, where five are usual
    assert (by_day[11].count, by_day[11].threshold) == (10, 10)
    assert (by_day[11].usual, by_day[11].usual_days, by_day[11].usual_of) == (5, 6, "reader")
    assert by_day[3].usual_of is None  # on the second day nothing is usual yet
    assert [(f.count, f.threshold) for f in found if f.actor == "c-8"] == [(3, 2)]


async def test_who_is_new_is_compared_with_the_department_and_nothing_is_shown_before_that(
    hub_database,
):
    told = Usual(of=["reader", "department"], percent=200, at_least=3, must_be_known=True)
    days = [answer(day, minutes=m) for day in range(4) for m in range(4)]
    new = [answer(7, actor="c-8", minutes=m) for m in range(9)]

    (found,) = await counted(hub_database, [rule("busy", usual=told)], [*days, *new])

    assert (found.actor, found.threshold, found.usual, found.usual_of) == (
        "c-8",
        8,
        4,
        "department",
    )
    assert found.entries == tuple(range(found.first, found.first + 9))


async def test_look_ups_count_unless_casework_is_about_the_same_person(hub_database):
    waits = rule("waits", unfollowed_days=14, window_s=604_800, actors_only=True)
    entries = [
        answer(0, tags=[b"a", b"b", b"c"]),
        answer(1, tags=[b"a", b"d"]),
        answer(5, actor="c-9", tags=[b"b"], kind=EntryKind.COMMAND),
        answer(6, actor="c-9", tags=[b"d"], kind=EntryKind.COMMAND, department="health"),
        answer(14.5, tags=[b"z"]),
        answer(15.5, actor="c-9", tags=[b"c"], kind=EntryKind.COMMAND),
        answer(16, tags=[b"z"]),
    ]

    found = await counted(hub_database, [waits], entries)

    assert [(f.count, f.actor) for f in found] == [(3, "c-7")]  # a and c, and d: of another's work


async def test_an_account_wakes_once_and_is_awake_then(hub_database):
    wakes = rule("wakes", dormant_days=60, threshold=1)
    entries = [answer(0), answer(59), answer(120, minutes=1), answer(120, minutes=2), answer(122)]

    (found,) = await counted(hub_database, [wakes], entries)

    assert found.count == 2


async def test_fields_are_unusual_that_the_department_has_not_read(hub_database):
    odd = rule(
        "odd", by="department", threshold=1, unusual_fields=Unusual(days=28, at_least=10),
    )  # fmt: skip
    usual = [answer(day, minutes=m) for day in range(6) for m in range(3)]
    entries = [
        *usual,
        answer(6, actor="c-9", fields=["Person.name", "Person.phone"]),
        answer(6, actor=None, fields=["Person.name", "Person.phone"]),
        answer(6, department="health", fields=["Person.phone"]),
        answer(9, fields=["Person.phone"]),
    ]

    (found,) = await counted(hub_database, [odd], entries)

    assert (found.department, found.actor, found.count) == ("tax", None, 1)


async def test_who_is_near_to_a_reader_counts_for_that_reader_alone(hub_database):
    rules = [
        rule("near", listed="close", measure="people", threshold=1),
        rule("watched", listed="watched", measure="people", threshold=1),
    ]
    entries = [
        answer(0, tags=[b"n", b"x"]), answer(0, tags=[b"n"], minutes=1),
        answer(0, actor="c-8", tags=[b"n"]), answer(0, actor="c-8", tags=[b"w"]),
    ]  # fmt: skip
    lists = [("close", "tax", "c-7", b"n"), ("watched", "", "", b"w")]

    found = await counted(hub_database, rules, entries, lists)

    assert {(f.rule, f.actor, f.count) for f in found} == {
        ("near", "c-7", 1),
        ("watched", "c-8", 1),
    }


async def test_many_readers_of_one_person_are_a_finding_of_nobody_alone(hub_database):
    readers = rule("readers", measure="readers", threshold=3)
    entries = [answer(0, actor=f"c-{n % 3}", tags=[b"a"], minutes=n) for n in range(6)]

    (found,) = await counted(hub_database, [readers], entries)

    assert (found.department, found.actor, found.count) == (None, None, 3)
    assert len(found.entries) == 3


class Tags:
    """Tags as a key makes them, plain."""

    def people(self, number):
        return (number.encode(),)

    def subject(self, alias):
        return alias.ljust(32, b"-")


async def test_a_list_takes_in_whoever_lives_with_a_reader_and_the_change_is_on_record(
    hub_database,
):
    database, log = Database(hub_database), FakeLog()
    own, other, home = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
    async with database.connection() as connection:
        for person, alias in ((own, b"own"), (other, b"other")):
            await connection.execute(
                "insert into person (cell, person_id, log_alias, known_from) "
                "values ('690101', $1, $2, now())",
                person, alias,
            )  # fmt: skip
            await connection.execute(
                "insert into membership (cell, version_id, household_id, person_id, relation, "
                "source_record_id, valid_from, valid_to, known_from, known_to) values ('690101', "
                "gen_random_uuid(), $1, $2, 'x', gen_random_uuid(), '-infinity', '2020-01-01', "
                "now(), 'infinity')",
                home, person,
            )  # fmt: skip
        await connection.execute(
            "insert into person_tag (tag, key_version, cell, person_id) "
            "values ($1, 1, '690101', $2)",
            b"69",
            own,
        )
    lists = FindingLists(database, log, Tags(), lambda: NOON)

    known = await lists.add(Whose("close", "tax", "c-7"), ["69", "70"], "auditor-3")
    async with database.connection() as connection:
        rows = await connection.fetch("select log_alias from indicator_list")
        (size,) = await sizes(connection)
    assert (known, {row[0] for row in rows}) == (1, {b"own", b"other"})
    assert (size.whose, size.people) == (Whose("close", "tax", "c-7"), 2)
    told = log.record()
    assert (told["step"], told["list"], told["of"]) == ("LIST", "close", "tax c-7")
    await lists.clear(Whose("close", "tax", "c-7"), "auditor-3")
    async with database.connection() as connection:
        assert await sizes(connection) == []
    await database.close()
