"""A finding has a life: each step on record, where it fits, never by who is its cause."""

import asyncio
from datetime import UTC, datetime

import orjson
import pytest

from audit.entry import Entry, EntryKind, SubjectAccess
from audit.log import Log
from audit.postgres import PostgresStorage
from hub.casework.finding_errors import (
    InvalidFindingStepError,
    MisplacedFindingStepError,
    OwnFindingError,
    UnknownFindingError,
)
from hub.casework.indicator_desk import Act, FindingAct, IndicatorDesk, Judge
from hub.errors import AuditUnavailableError, StoreUnavailableError
from hub.store.database import Database
from hub.store.indicators import Wanted, all_judged, indicators, judged, lives
from tests.fakes.audit_log import Break, FakeLog
from tests.fakes.database import BreakingDatabase, Commit
from tests.support.audit_log import SIGNER

pytestmark = [pytest.mark.anyio, pytest.mark.database]
NOON = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
ADD = """insert into indicator (id, rule, severity, department, actor, client, started_at,
    ended_at, first_index, last_index, count, threshold, entries)
    values ($1, $2, 'low', $3, $4, 'desk', $5, $5, 0, $6, $7, 3, $8)"""
AUDITOR = Judge("audit-office", "auditor-3", "console")
ONE, TWO, MANY, LOW = (f"{n:032x}" for n in range(1, 5))


def record(actor, department="tax"):
    at = int(NOON.timestamp() * 1_000)
    content = {"at": at, "department": department, "actor": actor}
    return Entry(EntryKind.ANSWER, orjson.dumps(content, option=orjson.OPT_SORT_KEYS))


@pytest.fixture
async def desk(hub_database):
    async with Log(PostgresStorage(hub_database), SIGNER, lambda: NOON) as log:
        fields = await log.define(["Person.name"])
        for actor in ("c-7", "c-7", "c-8", "c-9"):
            entry = record(actor)
            about = [SubjectAccess(b"p" * 32, fields)]
            await log.append(Entry(entry.kind, entry.record, about))
    hub = Database(hub_database)
    async with hub.connection() as connection:
        await connection.execute(ADD, ONE, "many-denials", "tax", "c-7", NOON, 2, 3, [1, 2])
        await connection.execute(ADD, TWO, "many-denials", "tax", "c-8", NOON, 3, 3, [3])
        await connection.execute(
            ADD, MANY, "one-person-many-readers", "", "", NOON, 4, 3, [1, 3, 4]
        )
        await connection.execute(ADD, LOW, "many-denials", "tax", "c-7", NOON, 2, 2, [1, 2])
    yield IndicatorDesk(hub, FakeLog(), lambda: NOON)
    await hub.close()


async def take(desk, act, finding=ONE, judge=AUDITOR, words="seen", words_of=None):
    return await desk.take(FindingAct(act, finding, words, words_of), judge)


async def found(desk, **wanted):
    async with desk.database.connection() as connection:
        return await indicators(connection, Wanted(**wanted))


async def test_a_life_goes_on_step_by_step_and_says_who_when_and_why(desk):
    await take(desk, Act.NOTE, words="looked at it")
    explained = await take(desk, Act.EXPLAIN, words="a course was held", words_of="head-2")
    await take(desk, Act.CONFIRM, words="there was no course")
    closed = await take(desk, Act.CLOSE)
    reopened = await take(desk, Act.REOPEN)

    assert (explained.finding.state, explained.finding.verdict, explained.number) == (
        "explained", "harmless", 2,
    )  # fmt: skip
    assert (closed.finding.state, closed.finding.verdict) == ("closed", "misuse")
    assert (reopened.finding.state, reopened.finding.verdict) == ("open", None)
    async with desk.database.connection() as connection:
        steps = (await lives(connection, [ONE]))[ONE]
    assert [(s.step, s.state, s.by, s.at) for s in steps] == [
        ("NOTE", "open", "auditor-3", NOON),
        ("EXPLAIN", "explained", "auditor-3", NOON),
        ("CONFIRM", "confirmed", "auditor-3", NOON),
        ("CLOSE", "closed", "auditor-3", NOON),
        ("REOPEN", "open", "auditor-3", NOON),
    ]
    assert (steps[1].text, steps[1].words_of) == ("a course was held", "head-2")
    records = [orjson.loads(entry.record) for entry in desk.journal.entries]
    assert [(r["step"], r["state"], r["verdict"], r["indicator"]) for r in records] == [
        ("ACKNOWLEDGE", "open", None, ONE),
        ("EXPLAIN", "explained", "harmless", ONE),
        ("CONFIRM", "confirmed", "misuse", ONE),
        ("CLOSE", "closed", "misuse", ONE),
        ("REOPEN", "open", None, ONE),
    ]
    assert "course" not in str(records)


@pytest.mark.parametrize(
    ("before", "act"),
    [
        ([], Act.REOPEN),
        ([Act.EXPLAIN], Act.EXPLAIN),
        ([Act.CONFIRM], Act.CONFIRM),
        ([Act.CLOSE], Act.CLOSE),
        ([Act.CLOSE], Act.EXPLAIN),
        ([Act.CLOSE], Act.CONFIRM),
    ],
)
async def test_a_step_that_does_not_fit_is_refused_and_nothing_is_on_record(desk, before, act):
    for each in before:
        await take(desk, each)
    written = len(desk.journal.entries)

    with pytest.raises(MisplacedFindingStepError):
        await take(desk, act)
    assert len(desk.journal.entries) == written


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize(
    ("finding", "actor"), [(ONE, "c-7"), (MANY, "c-7"), (MANY, "c-9"), (TWO, "c-8")]
)
async def test_nobody_takes_a_step_of_a_finding_about_the_own_doing(desk, act, finding, actor):
    with pytest.raises(OwnFindingError):
        await take(desk, act, finding, Judge("tax", actor))
    assert not desk.journal.entries


async def test_who_did_none_of_it_judges_though_the_name_is_the_same_elsewhere(desk):
    for finding, judge in ((TWO, Judge("tax", "c-7")), (MANY, Judge("audit-office", "c-7"))):
        assert (await take(desk, Act.CONFIRM, finding, judge)).finding.state == "confirmed"


async def test_of_a_finding_with_more_entries_than_it_names_everybody_between_is_asked(desk):
    async with desk.database.connection() as connection:
        await connection.execute("update indicator set count = 60, entries = '{1}' where id = $1",
                                 MANY)  # fmt: skip

    with pytest.raises(OwnFindingError):
        await take(desk, Act.CLOSE, MANY, Judge("tax", "c-8"))


@pytest.mark.parametrize(
    ("finding", "judge", "words", "words_of", "refused"),
    [
        (ONE, AUDITOR, " ", None, InvalidFindingStepError),
        (ONE, AUDITOR, "about 690106199001011232", None, InvalidFindingStepError),
        (ONE, AUDITOR, "fine", "690106199001011232", InvalidFindingStepError),
        (ONE, Judge("audit-office", ""), "fine", None, InvalidFindingStepError),
        ("0" * 32, AUDITOR, "fine", None, UnknownFindingError),
        (LOW, AUDITOR, "fine", None, UnknownFindingError),
    ],
)
async def test_what_is_said_must_be_sound(desk, finding, judge, words, words_of, refused):
    with pytest.raises(refused):
        await take(desk, Act.EXPLAIN, finding, judge, words, words_of)
    assert not desk.journal.entries


async def test_false_alarms_are_told_of_a_rule_and_of_all(desk):
    await take(desk, Act.EXPLAIN, ONE)
    await take(desk, Act.CONFIRM, TWO)
    await take(desk, Act.CLOSE, MANY)
    async with desk.database.connection() as connection:
        rules = {each.rule: each for each in await judged(connection)}
    denials, whole = rules["many-denials"], all_judged(list(rules.values()))

    assert (denials.raised, denials.open, denials.decided, denials.harmless) == (2, 0, 2, 1)
    assert (denials.false_alarms, rules["one-person-many-readers"].false_alarms) == (5_000, 10_000)
    assert (whole.decided, whole.harmless, whole.false_alarms) == (3, 2, 6_666)
    assert {each.id for each in await found(desk, state="explained")} == {ONE}


@pytest.mark.parametrize("breaks", [*Commit, *Break])
async def test_a_step_that_broke_is_there_or_not(desk, breaks):
    inner, expected = desk.database, AuditUnavailableError
    if isinstance(breaks, Commit):
        inner, expected = BreakingDatabase(desk.database, breaks, 1), StoreUnavailableError
    else:
        desk.journal.breaks = breaks
    with pytest.raises(expected):
        await take(IndicatorDesk(inner, desk.journal, desk.clock), Act.CONFIRM)
    (now,) = await found(desk, id=ONE)
    assert now.state == ("confirmed" if breaks is Commit.UNHEARD else "open")


async def test_of_two_who_judge_at_once_one_is_refused(desk):
    done = []

    async def judge(act):
        try:
            done.append((await take(desk, act)).finding.state)
        except MisplacedFindingStepError:
            done.append("refused")

    async with asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(judge(Act.CLOSE))
    assert sorted(done) == ["closed", "refused"]
