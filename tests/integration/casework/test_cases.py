"""The desk of cases over the real database: on record, then stored, once, and only added to."""

import asyncio
import json
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import uuid4

import asyncpg
import pytest
from typer.testing import CliRunner

from hub.access import Caller
from hub.app import apply_policy, catalogue_of, opened, prepare
from hub.casework.case_acts import stated
from hub.casework.case_errors import (
    CaseConflictError,
    CaseSubjectError,
    InvalidCaseError,
    UnknownCaseError,
)
from hub.casework.cases import EVERYWHERE, CaseDesk, Whose
from hub.cli import application
from hub.commands.migrate import first_policy
from hub.errors import AuditUnavailableError, CaseRefusedError, StoreUnavailableError
from hub.sealing.tags import Tagger
from hub.settings import Settings
from hub.store.cases import ASSIGNED, CLOSED, OPENED, SUBJECTS, acts_of
from hub.store.database import Database
from tests.fakes.audit_log import Break, FakeLog
from tests.fakes.database import BreakingDatabase, Commit
from tests.support.postgres import fresh_database
from tests.support.world import NOW, TODAY, insert

pytestmark = [pytest.mark.anyio, pytest.mark.database]
CLERK = Caller("civil-affairs", "street-handler", "CASE", "client-1", "clerk-1", "C-1")
HEAD = Caller("civil-affairs", "operator", "CASE", "hub-cases", "head-3")
CELL, REGION = "420106", "420106001001"
OPERATOR = Whose(HEAD, EVERYWHERE, is_operator=True)
FAMILY = {"purposes": ["CASE"], "officers": ["clerk-1"]}


@dataclass
class Office:
    """A desk, and a family of one that a case may be about."""

    desk: CaseDesk
    log: FakeLog
    person: object
    household: object

    async def act(self, act, number="C-1", whose=None, day=TODAY, **said):
        whose = whose or OPERATOR
        return await self.desk.take(stated(act, number, day, TODAY, **said), whose)

    async def acts(self, number="C-1"):
        async with self.desk.database.connection() as connection:
            return [act.act for act in await acts_of(connection, "civil-affairs", number)]


@pytest.fixture
async def office(store, keyring):
    person, household = uuid4(), uuid4()
    connection = await asyncpg.connect(store)
    since = {"known_from": NOW, "cell": CELL}
    known = {**since, "valid_from": date(2020, 1, 1), "valid_to": date.max}
    forever = await connection.fetchval("select 'infinity'::timestamptz")
    known |= {"known_to": forever}
    alias = {"log_alias": b"p" * 16}
    await insert(connection, "person", {**since, **alias, "person_id": person})
    home = {
        "household_id": household,
        "log_alias": b"h" * 16,
        "number_tag": b"t" * 32,
        "tag_version": 1,
    }
    await insert(connection, "household", {**since, **home})
    lives = {"household_id": household, "version_id": uuid4()}
    await insert(connection, "household_place", {**known, **lives, "region": REGION})
    member = {"person_id": person, "relation": "02", "source_record_id": uuid4()}
    await insert(connection, "membership", {**known, **lives, **member})
    await connection.close()
    database, log = Database(store), FakeLog()
    yield Office(CaseDesk(database, log, Tagger(keyring), lambda: NOW), log, person, household)
    await database.close()


async def test_a_case_is_opened_assigned_extended_and_closed_each_on_record(office):
    about = {"people": [office.person]}
    await office.act(OPENED, purposes=["CASE", "REVIEW"], officers=["clerk-1"], **about)
    given = await office.act(ASSIGNED, officers=["clerk-2"], roles=["street-handler"])
    more = await office.act(SUBJECTS, households=[office.household])
    over = await office.act(CLOSED)

    assert (given.officers, given.roles) == (("clerk-2",), ("street-handler",))
    assert (more.subjects, over.closed_on) == (2, TODAY)
    assert await office.acts() == [OPENED, ASSIGNED, SUBJECTS, CLOSED]
    records = [office.log.record(n) for n in range(4)]
    assert [r["command"] for r in records] == [
        "case-opened", "case-assigned", "case-subjects", "case-closed",
    ]  # fmt: skip
    assert {(r["case"], r["actor"], r["outcome"]) for r in records} == {
        ("C-1", "head-3", "announced")
    }
    assert [len(entry.subjects) for entry in office.log.entries] == [1, 0, 1, 0]


async def test_an_act_that_is_sent_again_is_told_again_and_stored_once(office):
    first = await office.act(OPENED, people=[office.person], **FAMILY)
    again = await office.act(OPENED, people=[office.person], **FAMILY)

    assert again == first
    assert await office.acts() == [OPENED]
    assert office.log.record()["outcome"] == "repeated"
    with pytest.raises(CaseConflictError):
        await office.act(OPENED, purposes=["CASE"], officers=["clerk-2"])


@pytest.mark.parametrize("breaks", Commit)
async def test_a_commit_that_failed_is_made_up_for_by_sending_it_again(office, breaks):
    inner = office.desk.database
    broken = BreakingDatabase(inner, breaks, 1)
    desk = CaseDesk(broken, office.log, office.desk.tagger, lambda: NOW)
    said, whose = stated(OPENED, "C-1", TODAY, TODAY, **FAMILY), OPERATOR

    with pytest.raises(StoreUnavailableError):
        await desk.take(said, whose)
    stored = await office.acts()
    case = await desk.take(said, whose)

    assert stored == ([] if breaks is Commit.LOST else [OPENED])
    assert (case.number, await office.acts()) == ("C-1", [OPENED])


@pytest.mark.parametrize("breaks", Break)
async def test_what_cannot_be_put_on_record_is_not_done(office, breaks):
    office.log.breaks = breaks

    with pytest.raises(AuditUnavailableError):
        await office.act(OPENED, **FAMILY)

    assert await office.acts() == []


async def test_an_act_must_fit_what_was_done_before(office):
    with pytest.raises(UnknownCaseError):
        await office.act(CLOSED)
    await office.act(OPENED, **FAMILY)
    with pytest.raises(InvalidCaseError, match="before the case was opened"):
        await office.act(ASSIGNED, officers=["clerk-2"], day=TODAY - timedelta(days=1))
    await office.act(CLOSED)
    for act, said in ((ASSIGNED, {"officers": ["x"]}), (SUBJECTS, {"people": [office.person]})):
        with pytest.raises(CaseConflictError):
            await office.act(act, **said)

    assert await office.acts() == [OPENED, CLOSED]


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (OPENED, {"purposes": ["CASE"]}),
        (OPENED, {"officers": ["clerk-1"]}),
        (OPENED, {"purposes": ["PLAY"], "officers": ["clerk-1"]}),
        (OPENED, {**FAMILY, "number": "690106199001011234"}),
        (OPENED, {**FAMILY, "officers": ["13800138000"]}),
        (OPENED, {**FAMILY, "officers": [f"c-{n}" for n in range(201)]}),
        (OPENED, {**FAMILY, "people": ["Zhou"]}),
        (OPENED, {**FAMILY, "day": TODAY + timedelta(days=1)}),
    ],
)
async def test_what_is_stated_must_have_its_form_and_is_not_repeated(office, act, said):
    with pytest.raises(InvalidCaseError) as refused:
        await office.act(act, **said)

    assert "690106" not in str(refused.value)
    assert "Zhou" not in str(refused.value)


async def test_nobody_and_somebody_elsewhere_look_the_same(office):
    elsewhere = Whose(CLERK, ["420107"])
    with pytest.raises(CaseSubjectError) as outside:
        await office.act(OPENED, whose=elsewhere, people=[office.person], **FAMILY)
    with pytest.raises(CaseSubjectError) as unknown:
        await office.act(OPENED, whose=elsewhere, households=[uuid4()], **FAMILY)

    assert str(outside.value) == str(unknown.value)


async def test_who_acts_touches_cases_of_the_own_caseload_alone(office):
    await office.act(OPENED, **FAMILY)
    await office.act(OPENED, "C-2", purposes=["CASE"], officers=["clerk-9"])
    mine = Whose(CLERK, [CELL])

    with pytest.raises(CaseRefusedError) as refused:
        await office.act(ASSIGNED, "C-2", whose=mine, officers=["clerk-1"])
    given = await office.act(ASSIGNED, whose=mine, officers=["clerk-9"])
    again = await office.act(ASSIGNED, whose=mine, officers=["clerk-9"])

    assert refused.value.reason == "CASE_NOT_IN_CASELOAD"
    assert given == again
    with pytest.raises(CaseRefusedError):
        await office.act(CLOSED, whose=mine)


async def test_the_database_itself_only_adds_to_what_was_done(office):
    await office.act(OPENED, **FAMILY)
    async with office.desk.database.connection() as connection:
        for statement in (
            "update case_act set made_by = 'x'",
            "delete from case_act",
            "truncate case_act",
        ):
            with pytest.raises(asyncpg.RaiseError, match="only added to"):
                await connection.execute(statement)


async def test_two_who_open_the_same_case_at_once_are_one_and_a_conflict(office):
    took = await asyncio.wait_for(
        _settled(
            office.act(OPENED, **FAMILY),
            office.act(OPENED, purposes=["CASE"], officers=["clerk-2"]),
        ),
        10,
    )

    assert sorted(type(one).__name__ for one in took) == ["Case", "CaseConflictError"]


async def _settled(*work):
    async def tried(one):
        try:
            return await one
        except CaseConflictError as refused:
            return refused

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(tried(one)) for one in work]
    return [task.result() for task in tasks]


def test_the_command_line_opens_lists_shows_and_closes(postgres_server, tmp_path):
    with fresh_database(postgres_server) as dsn:
        (tmp_path / "hub.toml").write_text(f'database_url = "{dsn}"\n', encoding="utf-8")
        settings = Settings(home=tmp_path, database_url=dsn)
        first_policy(settings)

        async def set_up():
            await prepare(settings, catalogue_of(settings))
            async with opened(settings) as core:
                await apply_policy(core)

        asyncio.run(set_up())
        runner = CliRunner()

        def hub(*words):
            given = ["cases", *words, "--home", str(tmp_path)]
            return runner.invoke(application("cases"), given)

        made = hub("open", "C-9", "--purpose", "CASE", "--officer", "clerk-1", "--by", "head-3")
        hub("assign", "C-9", "--role", "officer", "--by", "head-3")
        listed = hub("list", "--format", "json")
        closed = hub("close", "C-9", "--by", "head-3")
        empty, all_ = hub("list"), hub("list", "--closed")
        shown = hub("show", "C-9", "--format", "json")
        nobody = hub("show", "C-10")

    assert (made.exit_code, closed.exit_code) == (0, 0), made.output
    (case,) = json.loads(listed.output)
    assert (case["number"], case["roles"], case["officers"]) == ("C-9", ["officer"], [])
    assert (empty.output, "closed" in all_.output) == ("", True)
    assert [act["act"] for act in json.loads(shown.output)["acts"]] == [OPENED, ASSIGNED, CLOSED]
    assert (nobody.exit_code, "no case" in nobody.output) == (1, True)
