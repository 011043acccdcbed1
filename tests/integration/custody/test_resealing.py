"""Data keys are replaced, and what they seal is sealed anew: the facts stay, nothing is lost."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from hub.custody import resealing
from hub.custody.resealing import Choice, NobodyError, Renewer
from hub.custody.rotation import Custodian
from hub.custody.status import states
from hub.errors import AuditUnavailableError, SealBrokenError
from hub.ingest.waiting import waiting_pages
from hub.sealing.datakeys import DataKeys
from hub.sealing.files import write_private
from hub.sealing.keyring import KeyKind, Keyring
from hub.sealing.suites import Suite
from hub.sealing.tags import Tagger
from hub.store.cursors import read_cursor
from hub.store.database import Database
from hub.store.intake import INTAKE_CELL
from hub.store.outbox import claim
from hub.store.present import strays
from schema.catalogue import Catalogue
from tests.fakes.audit_log import Break, FakeLog
from tests.support.postgres import fresh_database
from tests.support.sealed_values import one_of_each_kind, opened_values
from tests.support.world import made_world

pytestmark = [pytest.mark.anyio, pytest.mark.database]
CATALOGUE = Catalogue.discover()
POLICE, OURS = "public-security", "civil-affairs"
LATER = datetime(2100, 1, 1, tzinfo=UTC)
ALL = Choice()


async def _filled(dsn, folder):
    keyring = Keyring.open_or_create(folder)
    await made_world(CATALOGUE, households=9).write(dsn, keyring)
    database = Database(dsn, size=1)
    try:
        async with database.transaction() as connection:
            await one_of_each_kind(connection, keyring, POLICE)
    finally:
        await database.close()


@pytest.fixture(scope="module")
def template(postgres_server, migrated, tmp_path_factory):
    """Address of a database with a value in every place, and the folder of its keys."""
    folder = tmp_path_factory.mktemp("keys")
    with fresh_database(postgres_server, migrated) as dsn:
        asyncio.run(_filled(dsn, folder))
        yield dsn, folder


@pytest.fixture
def own(template, postgres_server):
    with fresh_database(postgres_server, urlsplit(template[0]).path.removeprefix("/")) as dsn:
        yield dsn


@pytest.fixture
async def hub(template, own, tmp_path):
    for file in ("root.key", "keyring.json"):
        write_private(tmp_path / file, (template[1] / file).read_bytes())
    database, log, keyring = Database(own, size=4), FakeLog(), Keyring.open(tmp_path)
    try:
        yield Renewer(database, CATALOGUE, keyring, Tagger(keyring), log, "op-1")
    finally:
        await database.close()


def nothing(done, total):
    """Hear how far it is."""


async def rows_of(hub, query, *given):
    async with hub.database.connection() as connection:
        return await connection.fetch(query, *given)


async def keys_of(hub, department):
    """Return the data keys themselves by place."""
    keys = DataKeys(hub.keyring, capacity=0)
    return {
        (row["cell"], row["identity_id"]): keys.open(
            department, row["key_version"], row["wrapped"], row["commitment"]
        )
        for row in await rows_of(hub, "select * from data_key where department = $1", department)
    }


async def said(hub):
    async with hub.database.connection() as connection:
        return await opened_values(connection, CATALOGUE, hub.keyring)


async def facts(hub):
    """Return every row of facts and words without what is sealed."""
    found = {}
    for table in ("source_record", "quarantine", "outbox", *(d.name for d in CATALOGUE.stored)):
        for row in await rows_of(hub, f"select * from {table}"):  # noqa: S608 - declared
            clear = {
                name: value
                for name, value in row.items()
                if not name.startswith("sealed_") and name not in {"words", "payload"}
            }
            found.setdefault(table, []).append(sorted(map(str, clear.items())))
    return {table: sorted(rows) for table, rows in found.items()}


@pytest.mark.parametrize("department", [POLICE, OURS])
async def test_every_value_says_the_same_under_another_key_and_no_other_byte_changes(
    hub, department
):
    before, keys, rows = await said(hub), await keys_of(hub, department), await facts(hub)
    others = {d: await keys_of(hub, d) for d in {POLICE, OURS} - {department}}

    done = await hub.renew(department, ALL, nothing)

    after = await keys_of(hub, department)
    assert keys.keys() == after.keys()
    assert not set(keys.values()) & set(after.values())
    assert (done.keys, done.broken, done.is_new) == (len(keys), 0, True)
    assert done.values > len(keys)
    assert await said(hub) == before
    assert await facts(hub) == rows
    assert {d: await keys_of(hub, d) for d in others} == others
    async with hub.database.connection() as connection:
        assert await strays(connection) == 0
    assert hub.log.record() == {
        "act": "rotate", "key": "data", "owner": department, "by": "op-1", "outcome": "announced",
    }  # fmt: skip


async def test_nothing_opens_under_the_key_that_was_replaced(hub):
    async with hub.database.connection() as connection:
        await connection.execute("create table old_key as select * from data_key")

    await hub.renew(POLICE, ALL, nothing)

    async with hub.database.connection() as connection:
        await connection.execute(
            "update data_key k set wrapped = o.wrapped, commitment = o.commitment from old_key o "
            "where o.identity_id = k.identity_id and o.department = k.department"
        )
        sealed = [
            (row["identity_id"], row["source_record_id"])
            for row in await connection.fetch("select * from source_record")
        ]
    assert sealed
    with pytest.raises(SealBrokenError):
        await said(hub)


async def test_one_that_was_stopped_is_gone_on_with_and_no_other_begun(hub, monkeypatch):
    monkeypatch.setattr(resealing, "KEYS", 3)
    before, keys = await said(hub), await keys_of(hub, POLICE)

    def stop(done, total):
        if done >= 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await hub.renew(POLICE, ALL, stop)
    half = await keys_of(hub, POLICE)
    assert await said(hub) == before
    changed = sum(half[place] != keys[place] for place in keys)
    assert changed == 7

    told = []
    done = await hub.renew(POLICE, ALL, lambda *far: told.append(far))

    assert (done.keys, done.is_new) == (len(keys) - 7, False)
    assert told[-1] == (done.keys, done.keys)
    after = await keys_of(hub, POLICE)
    assert sum(after[place] == half[place] for place in keys) == 7
    assert await said(hub) == before
    assert len(hub.log.entries) == 1
    assert (await hub.renew(POLICE, ALL, nothing)).is_new


async def test_values_go_to_the_suite_of_the_departments_key_and_back(hub):
    before, custodian = await said(hub), Custodian(hub.database, hub.keyring, hub.log, "op-1")
    today = date(2026, 11, 27)
    for suite, length in ((Suite.SM, 16), (Suite.AES, 32)):
        await custodian.rotate(POLICE, today, nothing, anew=False, suite=suite)

        done = await hub.renew(POLICE, Choice(suite_not_current=True), nothing)
        again = await hub.renew(POLICE, Choice(suite_not_current=True), nothing)

        assert {len(key) for key in (await keys_of(hub, POLICE)).values()} == {length}
        assert (again.keys, done.keys) == (0, len(await keys_of(hub, POLICE)))
        assert await said(hub) == before
        heads = await rows_of(
            hub, "select distinct substr(words, 2, 1) as suite from source_record"
        )
        assert [row["suite"] for row in heads] == [bytes([suite])]
    await custodian.retire(POLICE, 2)
    assert await said(hub) == before


async def test_only_those_that_are_old_enough_are_replaced(hub):
    keys = await keys_of(hub, POLICE)
    old = sorted(place for place in keys if place[0] != INTAKE_CELL)[:4]
    async with hub.database.connection() as connection:
        await connection.execute(
            "update data_key set made_at = now() - interval '100 days' "
            "where department = $1 and identity_id = any($2)",
            POLICE, [identity for _, identity in old],
        )  # fmt: skip

    done = await hub.renew(POLICE, Choice(older_than_days=99), nothing)
    none = await hub.renew(POLICE, Choice(older_than_days=99), nothing)

    after = await keys_of(hub, POLICE)
    assert (done.keys, none.keys) == (4, 0)
    assert {place for place in keys if after[place] != keys[place]} == set(old)
    assert len(hub.log.entries) == 1


async def test_a_key_is_not_due_again_where_the_clock_went_back(hub):
    async with hub.database.transaction() as connection:
        await connection.execute("insert into key_renewal values ($1, $2)", POLICE, LATER)

    done = await hub.renew(POLICE, ALL, nothing)

    assert done.keys == len(await keys_of(hub, POLICE))
    assert [r["made_at"] for r in await rows_of(hub, "select made_at from data_key where "
            "department = $1", POLICE)] == [LATER] * done.keys  # fmt: skip


async def test_a_persons_data_keys_alone_are_replaced(hub):
    (row,) = await rows_of(
        hub,
        "select person_id, array_agg(identity_id) as theirs from link group by 1 "
        "order by count(distinct department) desc limit 1",
    )
    departments = sorted({r["department"] for r in await rows_of(hub, "select * from data_key")})
    before = {d: await keys_of(hub, d) for d in departments}
    values = await said(hub)

    done = [await hub.renew(d, Choice(person=row["person_id"]), nothing) for d in departments]

    after = {d: await keys_of(hub, d) for d in departments}
    changed = {
        place[1] for d in departments for place, key in before[d].items() if after[d][place] != key
    }
    assert changed == set(row["theirs"])
    assert sum(each.keys for each in done) == len(changed)
    assert await said(hub) == values
    assert hub.log.entries[-1].subjects
    with pytest.raises(NobodyError):
        await hub.renew(POLICE, Choice(person=uuid4()), nothing)


async def test_what_cannot_be_put_on_record_is_not_begun(hub):
    before = await keys_of(hub, POLICE)
    hub.log.breaks = Break.BEFORE

    for choice in (ALL, Choice(older_than_days=0)):
        with pytest.raises(AuditUnavailableError):
            await hub.renew(POLICE, choice, nothing)

    assert await keys_of(hub, POLICE) == before
    assert not await rows_of(hub, "select * from key_renewal")


async def test_an_identity_with_a_broken_value_keeps_its_key_and_others_do_not(hub):
    (row,) = await rows_of(
        hub,
        "update population set sealed_who = substr(sealed_who, 1, 20) where version_id = "
        "(select version_id from population order by version_id limit 1) returning *",
    )
    before = await keys_of(hub, POLICE)

    done = await hub.renew(POLICE, ALL, nothing)

    after = await keys_of(hub, POLICE)
    kept = {place for place in before if after[place] == before[place]}
    assert kept == {(row["cell"], row["identity_id"])}
    assert (done.keys, done.broken) == (len(before) - 1, 1)
    assert await rows_of(hub, "select * from key_renewal")


async def test_an_intake_with_a_broken_value_keeps_its_key_and_others_do_not(hub):
    await rows_of(hub, "update cursor set position = '\\x0101' where department = $1", POLICE)
    before = await keys_of(hub, POLICE)

    done = await hub.renew(POLICE, ALL, nothing)

    after = await keys_of(hub, POLICE)
    assert {place[0] for place in before if after[place] == before[place]} == {INTAKE_CELL}
    assert (done.keys, done.broken) == (len(before) - 1, 1)


async def test_a_value_that_goes_meanwhile_is_no_hindrance_and_one_that_is_changed_is(hub):
    deleting = hub.database.transaction()
    connection = await deleting.__aenter__()
    await connection.execute("delete from quarantine where quarantine_id = (select quarantine_id "
                             "from quarantine where words is not null limit 1)")  # fmt: skip
    before = await keys_of(hub, POLICE)
    working = asyncio.create_task(hub.renew(POLICE, ALL, nothing))
    await waits(hub, "transactionid")

    await deleting.__aexit__(None, None, None)

    assert (await working).broken == 0
    assert not set(before.values()) & set((await keys_of(hub, POLICE)).values())
    await said(hub)


async def is_waiting(hub, kind):
    """Whether a session of the hub waits for a lock of this kind."""
    return await rows_of(
        hub,
        "select from pg_locks l join pg_stat_activity a using (pid) where not granted "
        "and locktype = $1 and a.datname = current_database()",
        kind,
    )


async def waits(hub, kind):
    """Return as soon as a session of the hub waits for a lock of this kind."""
    while not await is_waiting(hub, kind):  # noqa: ASYNC110 - the database tells nobody
        await asyncio.sleep(0.01)


class Interleaved:
    """A connection behind whose statements every data key is replaced, if nothing is held."""

    def __init__(self, hub, connection):
        self.hub = hub
        self.inner = connection
        self.replacing = []

    def __getattr__(self, name):
        async def run(*given):
            found = await getattr(self.inner, name)(*given)
            if all(task.done() for task in self.replacing):
                self.replacing.append(asyncio.create_task(self._replace()))
            working = self.replacing[-1]
            while not (working.done() or await is_waiting(self.hub, "transactionid")):  # noqa: ASYNC110 - as `waits`
                await asyncio.sleep(0.01)
            return found

        return run

    async def _replace(self):
        for department in (POLICE, OURS):
            await self.hub.renew(department, Choice(anew=True), nothing)

    async def ended(self):
        for task in self.replacing:
            await task


class InterleavedDatabase:
    """Lends interleaved connections."""

    def __init__(self, hub):
        self.hub = hub

    @asynccontextmanager
    async def connection(self):
        async with self.hub.database.connection() as connection:
            between = Interleaved(self.hub, connection)
            yield between
        await between.ended()


async def test_a_cursor_is_read_with_the_key_of_its_moment(hub):
    async with InterleavedDatabase(hub).connection() as connection:
        found = await read_cursor(connection, DataKeys(hub.keyring), POLICE, LATER)
    assert found.position == "2026-09-20 K1"


async def test_what_waits_is_read_with_the_key_of_its_moment(hub):
    pages = waiting_pages(InterleavedDatabase(hub), DataKeys(hub.keyring), POLICE)
    assert [len(page.records) async for page in pages] == [3]


async def test_a_message_that_is_taken_is_read_with_the_key_of_its_moment(hub):
    async with hub.database.transaction() as connection:
        at, between = await connection.fetchval("select now()"), Interleaved(hub, connection)
        found = await claim(between, DataKeys(hub.keyring), "receiver", at, at)
    await between.ended()
    assert found.text == b'{"a": 1}'


async def test_who_takes_records_in_is_waited_for_and_waits(hub):
    taking = hub.database.transaction()
    connection = await taking.__aenter__()
    await connection.execute("select from known_time for update")
    working = asyncio.create_task(hub.renew(OURS, ALL, nothing))

    await waits(hub, "transactionid")
    assert not working.done()
    assert (await read_cursor(connection, DataKeys(hub.keyring), POLICE, LATER)).position

    await taking.__aexit__(None, None, None)
    assert (await working).keys


async def test_who_reads_on_the_way_reads_all_there_is(hub, monkeypatch):
    """Cursors, what waits and messages open at every moment, however the keys change."""
    monkeypatch.setattr(resealing, "KEYS", 2)
    ended, rounds, sent = asyncio.Event(), 0, 0
    keys = DataKeys(hub.keyring)

    async def read():
        nonlocal rounds, sent
        while not ended.is_set():
            async with hub.database.transaction() as connection:
                at = await connection.fetchval("select now()")
                assert (await read_cursor(connection, keys, POLICE, at)).position == "2026-09-20 K1"
                sent += await claim(connection, keys, "receiver", at, at) is not None
            pages = [page async for page in waiting_pages(hub.database, keys, POLICE)]
            assert sum(len(page.records) for page in pages) == 3
            rounds += 1

    reading = asyncio.create_task(read())
    for _ in range(6):
        for department in (POLICE, OURS):
            await hub.renew(department, Choice(anew=True), nothing)
    ended.set()
    await reading
    assert rounds > 5
    assert sent


async def test_the_state_of_the_keys_tells_how_old_data_keys_are_and_what_is_not_finished(hub):
    async with hub.database.connection() as connection:
        await connection.execute(
            "update data_key set made_at = now() - interval '500 days 1 hour' where identity_id in "
            "(select identity_id from data_key where department = $1 order by 1 limit 3)",
            POLICE,
        )
        await connection.execute("insert into key_renewal values ($1, now())", OURS)

        found = await states(
            connection, hub.keyring, (LATER, date(2026, 11, 27)), data_overdue_days=499
        )
        later = await states(
            connection, hub.keyring, (LATER, date(2026, 11, 27)), data_overdue_days=501
        )

    told = {s.owner: s for s in found if s.kind is KeyKind.DEPARTMENT}
    assert (told[POLICE].oldest_data_key_days, told[POLICE].overdue_data_keys) == (500, 3)
    assert (told[OURS].oldest_data_key_days, told[OURS].overdue_data_keys) == (0, 0)
    assert [s.owner for s in found if s.is_renewing] == [OURS]
    assert not any(s.overdue_data_keys for s in later)
