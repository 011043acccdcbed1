"""A batch is stored whole or not at all, whatever breaks; the next run makes up for it."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

import asyncpg
import pytest

from audit.entry import EntryKind
from connectors.department import discover
from hub.errors import StoreUnavailableError
from hub.ingest.report import IngestFailedError
from hub.store.database import Database
from hub.store.facts import known_now
from hub.store.sources import add_to_scope
from tests.fakes.audit_log import Break, FakeLog
from tests.support.district import hub_on
from tests.support.records import FIRST, SECOND, ListConnector, resident, residents_only

pytestmark = [pytest.mark.anyio, pytest.mark.database]
REGISTER = residents_only(discover()["public-security"])
TABLES = ("person", "identity", "population", "source_record", "membership", "score", "data_key")


class KillingLog(FakeLog):
    """A log during whose append the database's other connections are killed."""

    def __init__(self, dsn):
        super().__init__()
        self.dsn = dsn
        self.kills = 1

    async def append(self, entry):
        receipt = await super().append(entry)
        if self.kills:
            self.kills -= 1
            connection = await asyncpg.connect(self.dsn)
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND backend_type = 'client backend' AND application_name = 'hub'"
            )
            await connection.close()
        return receipt


class BreaksAfterCommit(Database):
    """A database whose connection breaks just after a commit that wrote something."""

    breaks = False

    @asynccontextmanager
    async def transaction(self):
        async with super().transaction() as connection:
            yield connection
            before = self.breaks and await connection.fetchval(
                "SELECT pg_current_xact_id_if_assigned() IS NOT NULL "
                "AND EXISTS (SELECT 1 FROM person)"
            )
        if before:
            self.breaks = False
            raise StoreUnavailableError("The connection to the database broke.")


async def counted(dsn):
    connection = await asyncpg.connect(dsn)
    try:
        found = {t: await connection.fetchval(f"SELECT count(*) FROM {t}") for t in TABLES}  # noqa: S608 - names above
        found["cursor"] = await connection.fetchval("SELECT position FROM cursor")
        return found
    finally:
        await connection.close()


async def in_scope(hub):
    async with hub.database.connection() as connection:
        await add_to_scope(connection, [hub.tagger.household("H1")], ("household", 1, 1))


def source():
    return ListConnector(
        REGISTER.name, [resident(), resident("R2", SECOND, 出生日期="19590108", 与户主关系="10")]
    )


@pytest.mark.parametrize("breaks", Break)
async def test_without_a_receipt_nothing_is_stored_and_the_next_run_stores_all(
    store, keyring, breaks
):
    journal = FakeLog()
    async with hub_on(store, keyring, journal=journal) as hub:
        await in_scope(hub)
        journal.breaks = breaks
        with pytest.raises(IngestFailedError, match="public-security: the page behind the begin"):
            await hub.ingest.run(REGISTER, source())
        empty = await counted(store)
        journal.breaks = None

        report = await hub.ingest.run(REGISTER, source())

    assert not any(empty.values())
    assert report.accepted == 2
    assert (await counted(store))["person"] == 2


async def test_a_connection_that_dies_in_a_batch_leaves_nothing_of_it(store, keyring):
    journal = KillingLog(store)
    async with hub_on(store, keyring, journal=journal) as hub:
        await in_scope(hub)
        with pytest.raises(IngestFailedError):
            await hub.ingest.run(REGISTER, source())
        empty = await counted(store)

        report = await hub.ingest.run(REGISTER, source())

    assert not any(empty.values())
    assert report.accepted == 2


async def test_a_commit_that_nobody_heard_of_is_not_done_twice(store, keyring):
    async with hub_on(store, keyring, journal=FakeLog()) as hub:
        await in_scope(hub)
        database = BreaksAfterCommit(store)
        ingest = replace(hub.ingest, database=database)
        database.breaks = True
        with pytest.raises(IngestFailedError):
            await ingest.run(REGISTER, source())
        stored = await counted(store)

        report = await ingest.run(REGISTER, source())
        await database.close()

    assert stored["person"] == 2
    assert report.read == 0
    assert stored["score"] == 0
    made_up_for = {"score": 1, "data_key": stored["data_key"] + 1}
    assert await counted(store) == {**stored, **made_up_for}


async def test_a_batch_is_on_record_with_its_people_before_it_is_stored(store, keyring):
    journal = FakeLog()
    async with hub_on(store, keyring, journal=journal) as hub:
        await in_scope(hub)
        await hub.ingest.run(REGISTER, source())

    batches = [entry for entry in journal.entries if entry.kind is EntryKind.INGEST]
    scorings = [entry for entry in journal.entries if entry.kind is EntryKind.SCORING]
    assert len(batches) == 1
    assert len(batches[0].subjects) == 2
    assert len(scorings[0].subjects) == 3
    assert "Population.birthDate" in journal.fields_of(scorings[0].subjects[0].field_set)
    assert not any(FIRST.encode() in entry.record for entry in journal.entries)


async def test_two_ingests_of_one_source_cannot_both_move_its_cursor(store, keyring):
    async with hub_on(store, keyring, journal=FakeLog()) as hub:
        await in_scope(hub)
        slow = ListConnector(REGISTER.name, source().records, size=1)
        await hub.ingest.run(REGISTER, ListConnector(REGISTER.name, source().records[:1], size=1))
        pages = slow.pull("1")

        async def meddle(cursor):
            async for page in pages:
                async with hub.database.connection() as connection:
                    await connection.execute("UPDATE cursor SET position = NULL")
                yield page

        slow.pull = meddle
        with pytest.raises(IngestFailedError, match="another ingest has moved it"):
            await hub.ingest.run(REGISTER, slow)


async def test_known_times_rise_in_the_order_in_which_commits_become_visible(store):
    database = Database(store, size=6)
    async with database.connection() as connection:
        await connection.execute("CREATE TABLE seen (at timestamptz)")
    random, done = Random(3), False

    async def write():
        for _ in range(12):
            async with database.transaction() as connection:
                at = await known_now(connection)
                await asyncio.sleep(random.random() / 300)
                await connection.execute("INSERT INTO seen VALUES ($1)", at)
                await asyncio.sleep(random.random() / 300)

    async def watch():
        known = set()
        while not done:
            async with database.connection() as connection:
                now = {row["at"] for row in await connection.fetch("SELECT at FROM seen")}
            assert not known or all(at > max(known) for at in now - known)
            known = now
            await asyncio.sleep(0.001)

    async with asyncio.TaskGroup() as group:
        watcher = group.create_task(watch())
        writers = [asyncio.create_task(write()) for _ in range(4)]
        for writer in writers:
            await writer
        done = True
        await watcher
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT count(DISTINCT at) FROM seen") == 48
    await database.close()
