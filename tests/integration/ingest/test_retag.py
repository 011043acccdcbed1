"""The tag key changes while records come in: everybody is found, nothing is taken in twice."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from hub.custody.rotation import KeyInUseError
from hub.custody.status import states
from hub.custody.tags import TagCustodian
from hub.errors import AuditUnavailableError, KeysUnavailableError, SetupError
from hub.http.assertions import StoredOnce
from hub.http.revocations import StoredRevocations
from hub.http.sessions import Session, StoredSessions
from hub.ingest.reading import Intake
from hub.ingest.retag import Retagger
from hub.sealing.keyring import HUB, KeyKind, KeyStatus
from hub.sealing.suites import Mac, Suite
from hub.store.sources import who_waits
from tests.fakes.audit_log import Break, FakeLog
from tests.support.district import hub_on, made_keyring
from tests.support.ingest_desk import DEPARTMENTS, Desk
from tests.support.records import AT, FIRST, SECOND, THIRD, enrolment, resident

pytestmark = [pytest.mark.anyio, pytest.mark.database]
REGISTER, INSURANCE = DEPARTMENTS["public-security"], DEPARTMENTS["medical-insurance"]
NOW = datetime(2026, 11, 27, 4, tzinfo=UTC)
FOUND = """
    query($all: [String!]!) {
      people(nationalIds: $all) { status person { population { name } } }
    }
"""
LOOKED_UP = ("person_tag", "identity", "household", "scope", "source_record", "quarantine")


def nothing(done, total):
    """Hear how far it is."""


class Scene:
    """A hub whose tag key can change, and what is needed to change it."""

    def __init__(self, hub, log):
        self.hub, self.log, self.now = hub, log, NOW
        self.desk = Desk(hub)
        clock = lambda: self.now  # noqa: E731 - it moves
        self.clock = clock
        self.custodian = TagCustodian(hub.database, hub.keyring, log, clock, "op-1", self.wait)
        mappings = {n: m for d in DEPARTMENTS.values() for n, m in d.mappings.items()}
        offices = {d.department for d in hub.catalogue.stored}
        parts = (hub.database, hub.keys, hub.tagger, mappings, sorted(offices), clock)
        self.retagger = Retagger(*parts)

    async def wait(self, seconds):
        self.now += timedelta(seconds=seconds)

    async def renewed(self, **more):
        return await self.custodian.renew(None, anew=False, **more)

    async def left(self):
        return {table: count for table, count in (await self.retagger.left()).items() if count}

    async def statuses(self, *numbers):
        answer = await self.desk.ask(FOUND, all=list(numbers))
        return [one["status"] for one in answer["people"]]


@pytest.fixture
async def scene(store, tmp_path, monkeypatch):
    monkeypatch.setattr("hub.ingest.retag.BATCH", 2)
    async with hub_on(store, made_keyring(tmp_path / "keys")) as hub:
        made = Scene(hub, FakeLog())
        await made.desk.scope(homes=["H1"])
        await made.desk.scope(numbers=[THIRD], revision=2)
        yield made


@pytest.fixture
async def peopled(scene):
    """Two residents, one with a correction; enrolments, of which one waits in quarantine."""
    await scene.desk.give(resident(), resident("R2", SECOND, 姓名="乙二"))
    await scene.desk.give(resident(at=AT + timedelta(days=1), 联系电话="12900000002"))
    await scene.desk.give(enrolment(), enrolment("E2", SECOND, XM="丁四", CSRQ="1970-01-01"))
    async with scene.hub.database.connection() as connection:
        await connection.execute(
            "insert into quarantine select gen_random_uuid(), 'medical-insurance', "
            "'medical_enrolment', $1, $2, 'page 3', $3, null, now(), null, null, null, 1",
            scene.hub.tagger.record("medical_enrolment", "unreadable page 3"),
            scene.hub.tagger.content("medical_enrolment", "row-unreadable five columns"),
            '[{"code": "row-unreadable", "field": "", "detail": "five columns"}]',
        )
    return scene


async def tags_of(scene):
    """Return every tag of every table."""
    wanted = (
        *(("person_tag", "tag"), ("identity", "person_tag"), ("household", "number_tag")),
        *(("scope", "tag"), ("source_record", "key_tag"), ("source_record", "content_tag")),
        *(("quarantine", "key_tag"), ("quarantine", "content_tag"), ("quarantine", "person_tag")),
    )
    found = set()
    for table, column in wanted:
        rows = await scene.desk.read(f"select {column} from {table}")  # noqa: S608 - names of this test
        found |= {tag for (tag,) in rows if tag is not None}
    return found


async def test_every_tag_is_computed_anew_from_what_is_sealed_and_the_old_key_destroyed(peopled):
    before = await tags_of(peopled)
    key, is_new = await peopled.renewed()
    await peopled.desk.scope(numbers=[THIRD], revision=3)  # the list is loaded again
    await peopled.desk.read(
        "delete from scope where tag = $1", peopled.hub.tagger.under(1).person(THIRD)
    )
    told = []

    left = await peopled.retagger.move(lambda *far: told.append(far))

    assert (key.version, is_new, any(left.values())) == (2, True, False)
    assert told[-1][0] == told[-1][1] > 4
    assert not before & await tags_of(peopled)
    tags = peopled.hub.tagger.live()[0]
    assert tags.version == 2
    expected = {tags.person(FIRST), tags.person(SECOND), tags.person(THIRD), tags.household("H1")}
    expected |= {tags.record("population", "R1"), tags.record("medical_enrolment", "E2")}
    expected |= {tags.record("medical_enrolment", "unreadable page 3")}
    assert expected <= await tags_of(peopled)
    await peopled.custodian.retire(1)
    assert [k.version for k in peopled.hub.tagger.looked()] == [2]
    assert await peopled.statuses(FIRST, SECOND, THIRD) == ["FOUND", "FOUND", "NOT_FOUND"]
    acts = [peopled.log.record(n)["act"] for n in range(len(peopled.log.entries))]
    assert acts == ["announce", "rotate", "retire"]


async def test_tags_move_to_another_suite_and_everybody_is_found_between_and_after(peopled):
    former = peopled.hub.tagger.live()[0]
    await peopled.renewed()
    await peopled.retagger.move(nothing)

    key, is_new = await peopled.renewed(suite=Suite.AES)
    between = await peopled.statuses(FIRST, SECOND)
    await peopled.retagger.move(nothing)

    assert (key.version, key.suite, is_new) == (3, Suite.AES, True)
    assert between == await peopled.statuses(FIRST, SECOND) == ["FOUND", "FOUND"]
    assert peopled.hub.keyring.version(KeyKind.TAG, HUB, 1).suite is Suite.SM
    now = Mac(key.secret, suite=Suite.AES)
    label = b"hub/tag/person/v1\0" + (18).to_bytes(4, "big")
    assert {now.of(label + number.encode()) for number in (FIRST, SECOND)} <= await tags_of(peopled)
    assert former.person(FIRST) not in await tags_of(peopled)
    assert (await peopled.renewed(suite=Suite.AES))[1] is False


async def test_what_comes_again_is_unchanged_before_between_and_after(peopled):
    ids = await peopled.desk.read("select record_id from population order by 1")

    async def read_again():
        for name in ("public-security", "medical-insurance"):
            source = peopled.desk.sources[name]
            async with peopled.hub.database.connection() as connection:
                await connection.execute("update cursor set position = null")
            report = await peopled.hub.ingest.run(DEPARTMENTS[name], source)
            assert (
                report.accepted,
                report.stale,
                report.new_people if hasattr(report, "new_people") else report.people,
            ) == (0, 0, 0)

    await read_again()
    await peopled.renewed()
    await read_again()
    await peopled.retagger.move(nothing)
    await read_again()

    assert await peopled.desk.read("select record_id from population order by 1") == ids
    ((waiting,),) = await peopled.desk.read("select count(*) from quarantine")
    assert waiting == 2


async def test_who_is_looked_up_is_found_at_every_step_by_processes_that_heard_of_it(peopled):
    seen = []

    async def found(*_):
        seen.append(await peopled.statuses(FIRST, SECOND))

    await found()
    with peopled.hub.keyring.changing():
        peopled.hub.keyring.add(KeyKind.TAG, HUB, KeyStatus.ANNOUNCED)
    await found()
    await peopled.renewed()
    await found()
    steps = asyncio.Queue()
    moving = asyncio.create_task(peopled.retagger.move(lambda *far: steps.put_nowait(far)))
    while not moving.done():
        await found()
    await moving
    await found()

    assert steps.qsize() > 2
    assert all(one == ["FOUND", "FOUND"] for one in seen)


async def test_a_rotation_that_was_stopped_is_gone_on_with_and_no_other_begun(peopled):
    await peopled.renewed()

    def stop(done, total):
        if done >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await peopled.retagger.move(stop)
    half = await peopled.left()
    again = await peopled.renewed()
    await peopled.retagger.move(nothing)

    assert half["source_record"] > 0
    assert (again[0].version, again[1]) == (2, False)
    assert set(await peopled.left()) == {"scope"}


async def test_one_that_was_stopped_while_it_was_announced_is_waited_for(peopled):
    async def killed(seconds):
        raise KeyboardInterrupt

    stopped = TagCustodian(
        peopled.hub.database, peopled.hub.keyring, peopled.log, peopled.clock, "op-1", killed
    )
    with pytest.raises(KeyboardInterrupt):
        await stopped.renew(None, anew=False)
    assert peopled.hub.tagger.version == 1
    async with peopled.hub.database.connection() as connection:
        later = NOW + timedelta(minutes=5)
        found = await states(connection, peopled.hub.keyring, (later, later.date()))
    assert [s.is_unfinished for s in found if s.kind is KeyKind.TAG] == [False, True]

    key, is_new = await peopled.renewed()

    assert (key.version, is_new, peopled.now) == (2, False, NOW + timedelta(seconds=30))


async def test_a_page_that_was_prepared_before_the_change_is_prepared_anew(peopled):
    """It waits to be stored while the key is announced, begins, and everything is moved."""
    desk = peopled.hub.ingest._desk(REGISTER)
    source = peopled.desk.sources["public-security"]
    source.records += [resident(at=AT + timedelta(days=2), 联系电话="12900000003")]
    pages = [page async for page in source.pull(str(len(source.records) - 1))]
    papers = peopled.hub.ingest._papers(desk, pages[0])
    await peopled.renewed()
    await peopled.retagger.move(nothing)

    report = await peopled.hub.ingest.take_in(desk, Intake(papers))

    assert (report.accepted, report.people) == (1, 0)
    ((people,),) = await peopled.desk.read("select count(*) from person")
    assert people == 2
    assert set(await peopled.left()) == {"scope"}


async def test_who_waits_in_quarantine_is_known_between_two_versions(peopled):
    ((second,),) = await peopled.desk.read(
        "select person_id from person_tag where tag = $1", peopled.hub.tagger.person(SECOND)
    )

    async def waits():
        async with peopled.hub.database.connection() as connection:
            return await who_waits(connection, "medical_enrolment", [second])

    assert await waits() == {second}
    await peopled.renewed()
    await peopled.desk.give(enrolment("E3", SECOND, XM="丁四", CSRQ="1970-01-01"))
    await peopled.desk.read(
        "delete from quarantine where dataset = 'medical_enrolment' and tag_version = 1"
    )
    assert await waits() == {second}
    await peopled.retagger.move(nothing)
    assert await waits() == {second}


async def test_a_key_that_something_is_under_is_not_destroyed(peopled):
    with pytest.raises(KeyInUseError, match="rotate it first"):
        await peopled.custodian.retire(1)
    await peopled.renewed()
    with pytest.raises(KeyInUseError, match=r"tags of source_record.*rotate tags"):
        await peopled.custodian.retire(1)
    await peopled.retagger.move(nothing)
    with pytest.raises(KeyInUseError, match=r"1 entries of the list.*Load the list again"):
        await peopled.custodian.retire(1)

    assert [key.version for key in peopled.hub.tagger.looked()] == [2, 1]
    assert await peopled.custodian.retire(1, drop_listed_only=True) == 1
    with pytest.raises(KeysUnavailableError):
        await peopled.custodian.retire(1)


async def test_what_cannot_be_put_on_record_is_not_done(peopled):
    peopled.log.breaks = Break.BEFORE

    with pytest.raises(AuditUnavailableError):
        await peopled.renewed()

    assert [key.version for key in peopled.hub.keyring.versions(KeyKind.TAG)] == [1]
    with pytest.raises(SetupError, match="5 seconds at least"):
        await peopled.custodian.renew(timedelta(seconds=4), anew=False)


async def test_after_it_was_destroyed_nothing_can_be_stored_under_it(peopled):
    await peopled.renewed()
    await peopled.retagger.move(nothing)
    await peopled.custodian.retire(1, drop_listed_only=True)

    for statement in (
        "insert into scope values ('\\x00', 'member', 9, 1)",
        "update identity set tag_version = 1",
        "update source_record set tag_version = 1",
        "update person_tag set key_version = 1",
    ):
        async with peopled.hub.database.connection() as connection:
            with pytest.raises(asyncpg.PostgresError, match="retired key"):
                await connection.execute(statement)


async def test_what_may_be_used_once_is_refused_the_second_time_under_both_versions(scene):
    hub = scene.hub
    once = StoredOnce(hub.database, hub.tagger, scene.clock)
    late = StoredOnce(hub.database, Late(hub.tagger), scene.clock)
    until = NOW + timedelta(minutes=5)
    assert await once.use("c", "1", until)
    with hub.keyring.changing():
        hub.keyring.add(KeyKind.TAG, HUB, KeyStatus.ANNOUNCED)

    assert not await once.use("c", "1", until)
    assert await late.use("c", "2", until)  # another process, which has not heard of it
    assert not await once.use("c", "2", until)
    assert await once.use("c", "3", until)
    assert not await late.use("c", "3", until)
    await scene.renewed()
    assert not await once.use("c", "3", until)
    assert await once.use("c", "4", until)
    with pytest.raises(KeyInUseError, match="assertions that could be sent again"):
        await scene.custodian.retire(1, drop_listed_only=True)
    scene.now += timedelta(minutes=6)
    assert await scene.custodian.retire(1, drop_listed_only=True) == 2
    assert await once.use("c", "5", scene.now + timedelta(minutes=5))


class Late:
    """A tagger that knows the first version alone."""

    def __init__(self, tagger):
        self._key = tagger.under(1)

    def onces(self, client, jti):
        return [self._key.once(client, jti)]

    def newest(self):
        return 1


async def test_a_session_and_a_revoked_token_outlive_the_version_they_began_under(scene):
    hub = scene.hub
    sessions = StoredSessions(hub.database, hub.tagger, scene.clock)
    seconds = lambda: scene.now.timestamp()  # noqa: E731, PLW0108 - it moves
    revocations = StoredRevocations(hub.database, hub.tagger, scene.clock, seconds)
    actor, derived = sessions.actor("https://id", "s-1"), sessions.derived("state", "secret")
    await sessions.begin("secret", Session(actor, ("officer",)))
    await sessions.begin("idle", Session(actor, ("officer",)))
    await revocations.revoke("c", "t-1", NOW + timedelta(minutes=10))
    await scene.renewed()

    assert (await sessions.use("secret")).actor == actor == sessions.actor("https://id", "s-1")
    assert sessions.derived("state", "secret") == derived
    assert await revocations.is_revoked("c", "t-1")
    assert not await revocations.is_revoked("c", "t-2")
    assert (await scene.left())["person_session"] == 1  # the other has moved as it was used
    scene.now += timedelta(minutes=31)
    await scene.custodian.retire(1, drop_listed_only=True)
    await revocations.revoke("c", "t-3", scene.now + timedelta(minutes=10))
    assert await revocations.is_revoked("c", "t-3")
    assert await sessions.end("secret") == []


async def test_records_come_in_while_their_tags_move_and_nobody_is_there_twice(peopled):
    ended = asyncio.Event()
    given = []

    async def give():
        for n in range(60):
            if ended.is_set() and n > 4:
                return
            day = AT + timedelta(days=3 + n)
            given.append(await peopled.desk.give(resident(at=day, 联系电话=f"1290000{n:04d}")))

    giving = asyncio.create_task(give())
    await peopled.renewed()
    await peopled.retagger.move(nothing)
    ended.set()
    await giving
    await peopled.retagger.move(nothing)

    assert len(given) > 4
    assert {report.accepted for report in given} == {1}
    ((people,),) = await peopled.desk.read("select count(*) from person")
    assert people == 2
    assert set(await peopled.left()) == {"scope"}
