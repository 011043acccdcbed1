"""Indicators are counted behind the log exactly once, and what auditors note stays."""

from datetime import UTC, datetime, timedelta

import asyncpg
import orjson
import pytest

from audit.entry import Entry, EntryKind, SubjectAccess
from audit.indicator_rules import packaged_rules
from audit.log import Log
from audit.postgres import PostgresStorage
from hub.casework.indicator_desk import IndicatorDesk
from hub.errors import AuditUnavailableError, RefusedError, StoreUnavailableError
from hub.store.database import Database
from hub.store.indicator_counting import count_behind
from hub.store.indicators import Wanted, indicators
from tests.fakes.audit_log import Break, FakeLog
from tests.fakes.database import BreakingDatabase, Commit
from tests.support.audit_log import SIGNER

pytestmark = [pytest.mark.anyio, pytest.mark.database]
NOON = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
RULES = packaged_rules()


def recorded(minutes=0, kind=EntryKind.ANSWER, tags=(), **more):
    at = int((NOON + timedelta(minutes=minutes)).timestamp() * 1_000)
    content = {"at": at, "department": "tax", "client": "tax-desk", "actor": "c-7"} | more
    subjects = [SubjectAccess(tag * 32, 0) for tag in tags]
    return Entry(kind, orjson.dumps(content, option=orjson.OPT_SORT_KEYS), subjects)


DENIED = {"denied": ["Person.bankDeposits NOT_GRANTED"]}
MADE = [
    recorded(**DENIED),
    recorded(1),
    recorded(2, EntryKind.DENIAL, reason="SUSPENDED"),
    recorded(3, **DENIED),
    *(recorded(4, tags=[b"p"], department=name) for name in ("a", "b", "a", "c", "d")),
    recorded(5, tags=[b"q"]),
]


async def counted(database, limit):
    async with database.transaction() as connection:
        return await count_behind(connection, RULES, limit)


async def found(database, **wanted):
    async with database.connection() as connection:
        return await indicators(connection, Wanted(**wanted))


def shown(listed):
    return {(i.id, i.rule, i.department, i.actor, i.first, i.last, i.count) for i in listed}


async def logged(dsn, entries=MADE):
    async with Log(PostgresStorage(dsn), SIGNER, lambda: NOON) as log:
        fields = await log.define(["Person.name"])
        for each in entries:
            about = [SubjectAccess(tag, fields) for tag, _ in each.subjects]
            await log.append(Entry(each.kind, each.record, about))


async def test_the_log_in_any_pieces_adds_up_to_the_same_indicators(hub_database):
    await logged(hub_database)
    database, seen = Database(hub_database), []
    for limit in (1, 3, 100):
        async with database.connection() as connection:
            await connection.execute("truncate indicator, indicator_seen")
            await connection.execute("update indicator_progress set next = 0")
        while await counted(database, limit):
            pass
        assert await counted(database, limit) == 0
        seen.append(shown(await found(database)))
    await database.close()

    assert seen[0] == seen[1] == seen[2]
    by_rule = {row[1]: row[2:] for row in seen[0]}
    whole = by_rule["consent-bound-without-consent"]
    assert (whole[:2], whole[4]) == (("tax", "c-7"), 2)
    assert by_rule["suspended-agreement-asked"][4] == 1
    assert (
        by_rule["one-person-many-departments"][:2],
        by_rule["one-person-many-departments"][4],
    ) == ((None, None), 4)
    assert set(by_rule) == {
        "consent-bound-without-consent", "suspended-agreement-asked", "one-person-many-departments",
    }  # fmt: skip


async def test_the_entries_that_an_indicator_names_are_those_it_counted(hub_database):
    await logged(hub_database)
    database = Database(hub_database)
    await counted(database, 100)
    (one,) = await found(database, rule="consent-bound-without-consent")
    async with database.connection() as connection:
        rows = await connection.fetch(
            "select record from audit.record where seq between $1 and $2", one.first, one.last
        )
    await database.close()

    denied = [json for row in rows if (json := orjson.loads(row[0])).get("denied")]
    assert len(denied) == one.count == 2
    assert one.started_at <= NOON < one.ended_at


@pytest.mark.parametrize("breaks", Commit)
async def test_a_stretch_that_broke_is_counted_once(hub_database, breaks):
    await logged(hub_database)
    database = Database(hub_database)
    with pytest.raises(asyncpg.InterfaceError):
        await counted(BreakingDatabase(database, breaks, 1), 100)
    await counted(database, 100)
    (one,) = await found(database, rule="consent-bound-without-consent")
    await database.close()

    assert one.count == 2


async def test_what_stayed_below_its_threshold_is_forgotten_after_its_window(hub_database):
    later = 12 * 24 * 60
    await logged(hub_database, [*MADE, recorded(later, **DENIED)])
    database = Database(hub_database)
    await counted(database, 100)
    async with database.connection() as connection:
        below = await connection.fetch("select rule from indicator where count < threshold and "
                                       "ended_at < $1", NOON + timedelta(days=1))  # fmt: skip
        seen = await connection.fetchval("select count(*) from indicator_seen")
    kept = await found(database, rule="consent-bound-without-consent")
    await database.close()

    assert (below, seen) == ([], 0)
    assert len(kept) == 2


async def test_a_note_is_on_record_and_cannot_be_changed(hub_database):
    await logged(hub_database)
    database, log = Database(hub_database), FakeLog()
    await counted(database, 100)
    (one,) = await found(database, rule="suspended-agreement-asked")
    desk = IndicatorDesk(database, log, lambda: NOON)

    noted = await desk.acknowledge(one.id, "auditor-3", "asked by mistake")
    again = await desk.acknowledge(one.id, "auditor-4", "looked at it again")

    assert (noted.note.by, again.note.text) == ("auditor-3", "looked at it again")
    assert [log.record(n)["step"] for n in (0, 1)] == ["ACKNOWLEDGE"] * 2
    assert log.record()["indicator"] == one.id
    assert one.id not in {i.id for i in await found(database, is_open=True)}
    async with database.connection() as connection:
        assert await connection.fetchval("select count(*) from indicator_note") == 2
        for statement in (
            "update indicator_note set note = ''",
            "delete from indicator_note",
            "truncate indicator_note",
        ):
            with pytest.raises(asyncpg.PostgresError, match="only added"):
                await connection.execute(statement)
    await database.close()


async def test_a_note_is_none_with_a_number_in_it_or_about_nothing(hub_database):
    await logged(hub_database)
    database, log = Database(hub_database), FakeLog()
    await counted(database, 100)
    (one,) = await found(database, rule="suspended-agreement-asked")
    desk = IndicatorDesk(database, log, lambda: NOON)
    for indicator, by, note in (
        (one.id, "auditor-3", " "),
        (one.id, "auditor-3", "x" * 1_001),
        (one.id, "auditor-3", "about 690106199001011232"),
        (one.id, "690106199001011232", "fine"),
        ("0" * 32, "auditor-3", "fine"),
    ):
        with pytest.raises(RefusedError):
            await desk.acknowledge(indicator, by, note)
    assert log.entries == []
    await database.close()


@pytest.mark.parametrize("breaks", [*Commit, *Break])
async def test_a_note_that_broke_is_there_or_not_and_can_be_made_again(hub_database, breaks):
    await logged(hub_database)
    database, log = Database(hub_database), FakeLog()
    await counted(database, 100)
    (one,) = await found(database, rule="suspended-agreement-asked")
    inner, expected = database, AuditUnavailableError
    if isinstance(breaks, Commit):
        inner, expected = BreakingDatabase(database, breaks, 1), StoreUnavailableError
    else:
        log.breaks = breaks
    with pytest.raises(expected):
        await IndicatorDesk(inner, log, lambda: NOON).acknowledge(one.id, "auditor-3", "seen")
    (now,) = await found(database, id=one.id)
    assert (now.note is not None) is (breaks is Commit.UNHEARD)

    log.breaks = None
    await IndicatorDesk(database, log, lambda: NOON).acknowledge(one.id, "auditor-3", "seen")
    (now,) = await found(database, id=one.id)
    assert now.note.text == "seen"
    await database.close()
