"""An answer is asked again as of then, by two people, on record, and its digest is compared."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import asyncpg
import orjson
import pytest

from audit.checkpoint import NoteSigner
from audit.errors import LogStalledError
from audit.log import Log
from audit.postgres import PostgresStorage
from audit.verify import verify_database
from hub.access import Caller, default_policy_text
from hub.casework.replay_desk import ReplayDesk
from hub.casework.replay_errors import (
    InvalidReplayError,
    ReplayConflictError,
    SamePersonError,
    UnknownReplayError,
)
from hub.custody.replay_keys import ReplayCustodian
from hub.custody.rotation import KeyInUseError
from hub.errors import AuditUnavailableError, KeysUnavailableError
from hub.query.kept import RequestKeeper
from hub.query.policies import publish_policy
from hub.query.replay import Replayer
from hub.sealing.keyring import HUB, KeyKind, Keyring, KeyStatus
from hub.sealing.replay_seals import ReplaySeals
from hub.store.facts import known_now
from tests.fakes.audit_log import Break, FakeLog
from tests.support.asking import AUDITOR, INSURER, OFFICER, asking
from tests.support.postgres import fresh_database
from tests.support.world import ALWAYS, NOW, made_world

pytestmark = [pytest.mark.anyio, pytest.mark.database]
POINT = """query Point($n: String!) {
  person(nationalId: $n) { id population { name sex birthDate phone } household { region } } }"""
LITERAL = """{ person(nationalId: "%s") { population { name } } }"""
LEAD = Caller("audit-office", "audit-lead", "AUDIT", "ao-lead", "a2")


@pytest.fixture(scope="module")
def own(postgres_server, migrated, catalogue, tmp_path_factory):
    """Address, rows and keys of a district that replays may change."""
    keyring = Keyring.open_or_create(tmp_path_factory.mktemp("replay-keys"))
    keyring.ensure(KeyKind.REPLAY)
    world = made_world(catalogue)
    with fresh_database(postgres_server, migrated) as dsn:
        asyncio.run(world.write(dsn, keyring))
        yield dsn, world, keyring


class Scene:
    """A hub that keeps what is asked, and a desk of replays with a clock of its own."""

    def __init__(self, asked, keyring, catalogue, log, world):
        self.asked, self.world, self.log, self.now = asked, world, log, NOW
        self.seals = ReplaySeals(keyring)
        answerer = replace(asked.answerer, keeper=RequestKeeper(self.seals, asked.database))
        asked.answerer = answerer
        replayer = Replayer(answerer, catalogue, self.seals)
        self.desk = ReplayDesk(
            asked.database, log, replayer, answerer.disclosures, lambda: self.now
        )

    async def answer(self, document=POINT, caller=OFFICER, **variables):
        body = await self.asked.body(
            document, caller, **(variables or {"n": self.world.numbers[4]})
        )
        return body["data"], body["extensions"]["receipt"]["index"]

    async def replay(self, index, reason="complaint 12"):
        made = await self.desk.ask(index, reason, AUDITOR)
        await self.desk.decide(made.id, LEAD, is_approved=True)
        return await self.desk.run(made.id, AUDITOR)

    async def read(self, statement, *given):
        async with self.asked.database.connection() as connection:
            return await connection.fetch(statement, *given)

    async def record(self, index):
        ((record, aside, subjects),) = await self.read(
            "select record, aside, subjects from audit.record where seq = $1", index
        )
        return orjson.loads(record), aside, subjects


@pytest.fixture
async def scene(own, catalogue):
    dsn, world, keyring = own
    signer = NoteSigner("hub.test/log", b"\7" * 32)
    async with Log(PostgresStorage(dsn), signer, lambda: NOW) as log:
        made = asking(dsn, keyring, catalogue, log=log)
        yield Scene(made, keyring, catalogue, log, world)
        await made.database.close()


async def test_an_answer_is_shown_again_as_of_then_though_the_facts_were_corrected(scene):
    before, index = await scene.answer()
    (household,) = [
        row["household_id"]
        for row in await scene.read(
            "select household_id from membership where person_id = $1"
            " and known_to = 'infinity' and valid_to > $2",
            scene.world.person_by_number[scene.world.numbers[4]],
            NOW.date(),
        )
    ]
    async with scene.asked.database.transaction() as connection:
        at = await known_now(connection)
        place = await connection.fetchrow(
            "update household_place set known_to = $2 where household_id = $1 "
            "and known_to = 'infinity' returning *",
            household,
            at,
        )
        corrected = {**place, "known_from": at, "known_to": ALWAYS, "region": "420106009001"}
        corrected["version_id"] = uuid4()
        places = ", ".join(f"${n}" for n in range(1, len(corrected) + 1))
        await connection.execute(
            f"insert into household_place ({', '.join(corrected)}) values ({places})",  # noqa: S608
            *corrected.values(),
        )
    after, _ = await scene.answer()
    assert after != before

    run = await scene.replay(index)

    assert run.replayed.verdict == "same"
    assert orjson.loads(run.replayed.data) == before
    assert run.replayed.document == POINT
    assert orjson.loads(run.replayed.variables) == {"n": scene.world.numbers[4]}


async def test_a_replay_waits_for_no_second_connection_while_it_has_one(scene):
    _, index = await scene.answer()
    async with AsyncExitStack() as others:
        for _ in range(scene.asked.database._size - 1):
            await others.enter_async_context(scene.asked.database.connection())
        async with asyncio.timeout(20):
            run = await scene.replay(index)
    assert str(run.replayed.verdict) == "same"


async def test_the_replay_is_an_entry_about_the_same_people_and_every_step_is_on_record(scene):
    _, index = await scene.answer()
    size = (await scene.read("select size from audit.head"))[0][0]

    run = await scene.replay(index)

    entries = await scene.read(
        "select kind, record, subjects from audit.record where seq >= $1 order by seq", size
    )
    told = [orjson.loads(row["record"]) for row in entries]
    assert [one.get("command") for one in told] == ["replay-ask", "replay-approve", None]
    assert (told[2]["channel"], told[2]["of"], told[2]["verdict"]) == ("replay", index, "same")
    _, _, subjects = await scene.record(index)
    assert entries[2]["subjects"] == subjects
    assert run.receipt.index == size + 2
    assert [one["actor"] for one in told] == ["a1", "a2", "a1"]


async def test_what_was_asked_is_nowhere_in_clear_and_the_log_still_verifies(scene, own):
    number = scene.world.numbers[4]
    _, index = await scene.answer(LITERAL % number)
    _, other = await scene.answer()

    for each in (index, other):
        record, aside, _ = await scene.record(each)
        assert number.encode() not in aside
        assert number not in orjson.dumps(record).decode()
        assert set(record) >= {"asked", "answer", "document", "policy", "known"}
    kept = await scene.read("select sealed from asked_document")
    assert len(kept) >= 2
    assert not any(number.encode() in row["sealed"] or b"person" in row["sealed"] for row in kept)
    run = await scene.replay(index)
    assert number in run.replayed.document
    verdict = await asyncio.to_thread(
        verify_database, own[0], NoteSigner("hub.test/log", b"\7" * 32).vkey
    )
    assert verdict.ok, verdict.problems


async def test_a_past_that_was_rewritten_differs_and_says_why_it_may(scene):
    _, index = await scene.answer(n=scene.world.numbers[2])
    async with scene.asked.database.transaction() as connection:
        await connection.execute(
            "update household_place set region = '420106008001' where region like '420106%'"
        )
    run = await scene.replay(index)

    assert run.replayed.verdict == "differs"
    assert run.replayed.why
    assert run.replayed.data is not None


async def test_the_policy_of_then_decides_what_is_shown(scene, own, catalogue):
    before, index = await scene.answer(caller=OFFICER, n=scene.world.numbers[5])
    connection = await asyncpg.connect(own[0])
    gone = default_policy_text().replace('"Population.phone",', "")
    try:
        await publish_policy(connection, gone, catalogue, NOW)
        run = await scene.replay(index)
    finally:
        await publish_policy(connection, default_policy_text(), catalogue, NOW)
        await connection.close()
    assert run.replayed.verdict == "same"
    assert orjson.loads(run.replayed.data) == before


async def test_who_asked_cannot_approve_whatever_the_header_says(scene):
    _, index = await scene.answer(caller=INSURER)
    made = await scene.desk.ask(index, "complaint 13", AUDITOR)
    with pytest.raises(SamePersonError):
        await scene.desk.decide(made.id, replace(AUDITOR, role="audit-lead"), is_approved=True)

    system = Caller("audit-office", "auditor", "AUDIT", "one-system", "a8", is_actor_stated=True)
    other = await scene.desk.ask(index, "complaint 14", system)
    with pytest.raises(SamePersonError):
        await scene.desk.decide(other.id, replace(system, actor="a9"), is_approved=True)
    with pytest.raises(ReplayConflictError):
        await scene.desk.run(made.id, AUDITOR)


async def test_an_approval_is_for_one_run_of_who_asked_and_lapses(scene):
    _, index = await scene.answer()
    made = await scene.desk.ask(index, "complaint 15", AUDITOR)
    await scene.desk.decide(made.id, LEAD, is_approved=True)
    with pytest.raises(SamePersonError):
        await scene.desk.run(made.id, LEAD)
    await scene.desk.run(made.id, AUDITOR)
    with pytest.raises(ReplayConflictError):
        await scene.desk.run(made.id, AUDITOR)

    late = await scene.desk.ask(index, "complaint 16", AUDITOR)
    await scene.desk.decide(late.id, LEAD, is_approved=True)
    scene.now += timedelta(minutes=31)
    with pytest.raises(ReplayConflictError):
        await scene.desk.run(late.id, AUDITOR)
    unheard = await scene.desk.ask(index, "complaint 17", AUDITOR)
    scene.now += timedelta(hours=25)
    with pytest.raises(ReplayConflictError):
        await scene.desk.decide(unheard.id, LEAD, is_approved=True)


async def test_a_refused_request_is_not_run_and_a_step_sent_again_does_nothing_twice(scene):
    _, index = await scene.answer()
    made = await scene.desk.ask(index, "complaint 18", AUDITOR)
    assert await scene.desk.ask(index, "complaint 18", AUDITOR) == made
    size = (await scene.read("select size from audit.head"))[0][0]
    refused = await scene.desk.decide(made.id, LEAD, is_approved=False)
    assert await scene.desk.decide(made.id, LEAD, is_approved=False) == refused
    assert (await scene.read("select size from audit.head"))[0][0] == size + 1
    with pytest.raises(ReplayConflictError):
        await scene.desk.decide(made.id, LEAD, is_approved=True)
    with pytest.raises(ReplayConflictError):
        await scene.desk.run(made.id, AUDITOR)


async def test_only_answers_are_asked_again_for_a_reason_without_numbers(scene):
    _, index = await scene.answer()
    with pytest.raises(UnknownReplayError):
        await scene.desk.ask(10**9, "complaint", AUDITOR)
    for reason in ("", "  ", "about " + scene.world.numbers[4], "x" * 1_001):
        with pytest.raises(InvalidReplayError):
            await scene.desk.ask(index, reason, AUDITOR)


@pytest.mark.parametrize("breaks", ["before", "after"])
async def test_a_replay_that_is_not_on_record_shows_nothing_and_may_be_run_again(
    scene, monkeypatch, breaks
):
    _, index = await scene.answer()
    made = await scene.desk.ask(index, f"complaint {breaks}", AUDITOR)
    await scene.desk.decide(made.id, LEAD, is_approved=True)
    append = scene.log.append

    async def broken(entry):
        if breaks == "after":
            await append(entry)
        raise LogStalledError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(scene.log, "append", broken)
        with pytest.raises(AuditUnavailableError):
            await scene.desk.run(made.id, AUDITOR)
    assert (await scene.desk.run(made.id, AUDITOR)).replayed.verdict == "same"


async def test_nothing_is_answered_when_the_document_cannot_be_kept(scene, monkeypatch):
    async def broken(*_):
        raise OSError("disk")

    monkeypatch.setattr("hub.query.kept.keep_document", broken)
    size = (await scene.read("select size from audit.head"))[0][0]
    with pytest.raises(AuditUnavailableError):
        await scene.answer(LITERAL % scene.world.numbers[1], OFFICER, x=1)
    kinds = await scene.read("select kind from audit.record where seq >= $1", size)
    assert 3 not in [row["kind"] for row in kinds]


async def test_what_was_asked_can_be_destroyed_alone_and_nothing_else_can(scene):
    _, index = await scene.answer()
    for column in ("record", "subjects", "secret", "commitment"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await scene.read(f"update audit.record set {column} = '' where seq = {index}")  # noqa: S608 - names above
    with pytest.raises(asyncpg.RestrictViolationError):
        await scene.read("update audit.record set aside = 'other' where seq = $1", index)
    with pytest.raises(SamePersonError):
        await scene.desk.forget(NOW + timedelta(days=1), "op-1", "op-1")

    assert await scene.desk.forget(NOW + timedelta(days=1), "op-1", "op-2") >= 1

    assert (await scene.replay(index)).replayed.why == ("What was asked was destroyed.",)
    assert not await scene.read("select 1 from asked_document where used_on < $1", NOW.date())


async def test_an_exchanged_request_is_noticed(scene):
    _, index = await scene.answer()
    _, other = await scene.answer(n=scene.world.numbers[1])
    ((aside,),) = await scene.read("select aside from audit.record where seq = $1", other)
    async with scene.asked.database.transaction() as connection:
        await connection.execute("alter table audit.record disable trigger all")
        await connection.execute("update audit.record set aside = $2 where seq = $1", index, aside)
        await connection.execute("alter table audit.record enable trigger all")
    run = await scene.replay(index)
    assert run.replayed.verdict == "impossible"
    assert "commits to" in run.replayed.why[0]
    assert run.replayed.data is None


async def test_a_destroyed_key_makes_what_it_sealed_impossible(scene, own):
    _, index = await scene.answer()
    keyring = own[2]
    with keyring.changing():
        key = keyring.primary(KeyKind.REPLAY)
        keyring.add(KeyKind.REPLAY, HUB, KeyStatus.PRIMARY)
    _, later = await scene.answer()
    with keyring.changing():
        keyring.put(replace(key, status=KeyStatus.RETIRED, secret=b""))

    assert (await scene.replay(index)).replayed.why == ("The key of what was asked was destroyed.",)
    assert (await scene.replay(later)).replayed.verdict == "same"


async def test_the_key_changes_and_goes_once_nothing_is_sealed_under_it(scene, own):
    keyring = own[2]
    custodian = ReplayCustodian(scene.asked.database, keyring, scene.log, "op-1")
    _, index = await scene.answer()
    former = keyring.primary(KeyKind.REPLAY).version

    made = await custodian.rotate(NOW.date())

    _, later = await scene.answer()
    assert (await scene.record(later))[1][:4] == made.version.to_bytes(4, "big")
    for each in (index, later):
        assert (await scene.replay(each)).replayed.verdict == "same"
    with pytest.raises(KeyInUseError, match="the one that seals"):
        await custodian.retire(made.version)
    with pytest.raises(KeyInUseError, match=r"sealed under version \d+ of the replay key"):
        await custodian.retire(former)
    assert keyring.version(KeyKind.REPLAY, HUB, former).secret

    await scene.desk.forget(NOW + timedelta(days=1), "op-1", "op-2")
    _, newest = await scene.answer()
    assert (await scene.replay(newest)).replayed.verdict == "same"
    scene.now = NOW + timedelta(days=1)
    await scene.desk.forget(scene.now, "op-1", "op-2")
    scene.now = NOW
    failing = FakeLog()
    failing.breaks = Break.BEFORE
    with pytest.raises(AuditUnavailableError):
        await replace(custodian, log=failing).retire(former)
    assert keyring.version(KeyKind.REPLAY, HUB, former).secret
    await custodian.retire(former)

    with pytest.raises(KeysUnavailableError):
        keyring.version(KeyKind.REPLAY, HUB, former)
    _, last = await scene.answer(POINT.replace("phone ", ""))
    assert (await scene.replay(last)).replayed.verdict == "same"


async def test_a_new_key_that_is_not_on_record_does_not_stay(scene, own):
    keyring = own[2]
    before = keyring.versions(KeyKind.REPLAY)
    failing = FakeLog()
    failing.breaks = Break.BEFORE

    with pytest.raises(AuditUnavailableError):
        await ReplayCustodian(scene.asked.database, keyring, failing, "op-1").rotate(NOW.date())

    assert keyring.versions(KeyKind.REPLAY) == before
