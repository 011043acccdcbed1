"""A department's key is changed, data keys are wrapped anew, and old versions are destroyed."""

import asyncio
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import asyncpg
import orjson
import pytest

from hub.custody.rotation import Custodian, KeyInUseError
from hub.custody.status import states
from hub.errors import AuditUnavailableError, KeysUnavailableError, SealBrokenError
from hub.sealing.datakeys import DataKeys
from hub.sealing.files import write_private
from hub.sealing.keyring import HUB, KeyKind, Keyring, KeyStatus
from hub.sealing.suites import Suite
from hub.store.database import Database
from hub.store.present import strays
from schema.catalogue import Catalogue
from tests.fakes.audit_log import Break, FakeLog
from tests.support.postgres import fresh_database
from tests.support.world import made_world

pytestmark = [pytest.mark.anyio, pytest.mark.database]
POLICE = "public-security"
TODAY = date(2026, 11, 27)
MOMENT = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.fixture(scope="module")
def template(postgres_server, migrated, tmp_path_factory):
    """Address of a database with a small district, and the folder of its keys."""
    catalogue = Catalogue.discover()
    folder = tmp_path_factory.mktemp("keys")
    with fresh_database(postgres_server, migrated) as dsn:
        asyncio.run(made_world(catalogue, households=9).write(dsn, Keyring.open_or_create(folder)))
        yield dsn, folder


@pytest.fixture
def own(template, postgres_server):
    """Address of a copy of that database."""
    with fresh_database(postgres_server, urlsplit(template[0]).path.removeprefix("/")) as dsn:
        yield dsn


@pytest.fixture
async def hub(template, own, tmp_path):
    """A hub's database and keys of its own, as they were at first, and its log."""
    for file in ("root.key", "keyring.json"):
        write_private(tmp_path / file, (template[1] / file).read_bytes())
    database, log = Database(own, size=3), FakeLog()
    try:
        yield Custodian(database, Keyring.open(tmp_path), log, "op-1"), log, tmp_path
    finally:
        await database.close()


async def stored(custodian, department=POLICE):
    async with custodian.database.connection() as connection:
        return await connection.fetch(
            "select * from data_key where department = $1 order by identity_id", department
        )


async def added(custodian, count):
    """Store new data keys of the police, as a batch that is taken in does."""
    async with custodian.database.connection() as connection:
        for _ in range(count):
            made = DataKeys(custodian.keyring).new(POLICE)[1]
            await connection.execute(
                "insert into data_key values ('420106', gen_random_uuid(), $1, $2, $3, $4, $5)",
                POLICE, made.suite, made.key_version, made.wrapped, made.commitment,
            )  # fmt: skip


def opened(keyring, rows):
    """Return the data keys themselves, opened by a process that remembers none."""
    keys = DataKeys(keyring, capacity=0)
    return [
        keys.open(r["department"], r["key_version"], r["wrapped"], r["commitment"]) for r in rows
    ]


def nothing(done, total):
    """Hear how far it is."""


async def test_a_new_key_wraps_every_data_key_and_no_data_key_changes(hub):
    custodian, log, folder = hub
    before = await stored(custodian)
    told = []

    done = await custodian.rotate(POLICE, TODAY, lambda *far: told.append(far), anew=False)

    after = await stored(custodian)
    assert (done.is_new, done.key.version, done.wrapped) == (True, 2, len(before))
    assert {row["key_version"] for row in after} == {2}
    assert told[-1] == (len(before), len(before))
    assert opened(Keyring.open(folder), after) == opened(custodian.keyring, before)
    assert not {r["wrapped"] for r in before} & {r["wrapped"] for r in after}
    async with custodian.database.connection() as connection:
        assert await strays(connection) == 0
    assert log.record() == {
        "act": "rotate", "key": "department", "owner": POLICE, "version": 2,
        "suite": "aes", "by": "op-1", "outcome": "announced",
    }  # fmt: skip


async def test_other_departments_keep_their_keys(hub):
    custodian, *_ = hub
    before = await stored(custodian, "medical-insurance")

    await custodian.rotate(POLICE, TODAY, nothing, anew=False)

    assert await stored(custodian, "medical-insurance") == before


async def test_a_rotation_that_was_stopped_is_gone_on_with_and_no_other_begun(hub, monkeypatch):
    custodian, log, folder = hub
    monkeypatch.setattr("hub.custody.rotation.BATCH", 3)

    def stop(done, total):
        if done >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await custodian.rotate(POLICE, TODAY, stop, anew=False)
    half = await stored(custodian)
    assert {row["key_version"] for row in half} == {1, 2}
    assert opened(Keyring.open(folder), half)

    again = Custodian(custodian.database, Keyring.open(folder), log, "op-1")
    done = await again.rotate(POLICE, TODAY, nothing, anew=False)

    assert (done.is_new, done.key.version, done.wrapped) == (False, 2, len(half) - 6)
    assert {row["key_version"] for row in await stored(custodian)} == {2}


async def test_a_rotation_that_cannot_be_put_on_record_is_not_begun(hub):
    custodian, log, folder = hub
    content = (folder / "keyring.json").read_bytes()
    log.breaks = Break.BEFORE

    with pytest.raises(AuditUnavailableError):
        await custodian.rotate(POLICE, TODAY, nothing, anew=False)

    assert custodian.keyring.primary(KeyKind.DEPARTMENT, POLICE).version == 1
    assert (folder / "keyring.json").read_bytes() == content


async def test_a_data_key_that_does_not_open_stops_the_rotation_and_stays_as_it_is(hub):
    custodian, *_ = hub
    async with custodian.database.connection() as connection:
        await connection.execute(
            "update data_key set commitment = '\\x00' where department = $1", POLICE
        )
    before = await stored(custodian)

    with pytest.raises(SealBrokenError):
        await custodian.rotate(POLICE, TODAY, nothing, anew=False)

    assert await stored(custodian) == before


async def test_a_key_that_still_wraps_something_is_not_destroyed(hub):
    custodian, _, folder = hub
    with custodian.keyring.changing():
        custodian.keyring.add(KeyKind.DEPARTMENT, POLICE, KeyStatus.PRIMARY)

    with pytest.raises(KeyInUseError, match="the one that seals"):
        await custodian.retire(POLICE, 2)
    with pytest.raises(KeyInUseError, match="data keys of public-security are under version 1"):
        await custodian.retire(POLICE, 1)

    assert opened(Keyring.open(folder), await stored(custodian))
    async with custodian.database.connection() as connection:
        assert await connection.fetchval("select count(*) from key_floor") == 0


async def test_after_a_key_was_destroyed_nothing_can_be_stored_under_it(hub):
    custodian, log, folder = hub
    late = Keyring.open(folder)  # another process, that has not heard of the rotation
    wrapped = DataKeys(late).new(POLICE)[1]
    before = await stored(custodian)
    await custodian.rotate(POLICE, TODAY, nothing, anew=False)

    await custodian.retire(POLICE, 1)

    with pytest.raises(KeysUnavailableError, match="Version 1"):
        opened(Keyring.open(folder), before)
    kept = {
        entry["version"]: (entry["status"], entry["wrapped"])
        for entry in orjson.loads((folder / "keyring.json").read_bytes())["keys"]
        if entry["owner"] == POLICE
    }
    assert kept[1] == ("retired", "")
    assert log.record()["act"] == "retire"
    async with custodian.database.connection() as connection:
        with pytest.raises(asyncpg.PostgresError, match="retired key"):
            await connection.execute(
                "insert into data_key select cell, gen_random_uuid(), department, suite, $1, $2, "
                "$3 from data_key where department = $4 limit 1",
                wrapped.key_version, wrapped.wrapped, wrapped.commitment, POLICE,
            )  # fmt: skip
    assert len(await stored(custodian)) == len(before)


async def test_the_state_of_the_keys_tells_what_is_old_and_what_is_not_finished(hub):
    custodian, *_ = hub
    with custodian.keyring.changing():
        custodian.keyring.add(KeyKind.DEPARTMENT, POLICE, KeyStatus.PRIMARY, "2025-11-01")
        custodian.keyring.add(KeyKind.TAG, HUB, KeyStatus.PRIMARY, "2020-01-01")
    count = len(await stored(custodian))

    async with custodian.database.connection() as connection:
        found = await states(connection, custodian.keyring, (MOMENT, TODAY))

    one, two = (state for state in found if state.owner == POLICE)
    assert (one.status, one.data_keys, one.is_unfinished) == (KeyStatus.DECRYPT_ONLY, count, True)
    assert (two.status, two.data_keys, two.age_days, two.is_overdue) == (
        KeyStatus.PRIMARY, 0, 391, True,
    )  # fmt: skip
    tag = [state for state in found if state.kind is KeyKind.TAG][-1]
    assert (tag.age_days, tag.data_keys, tag.is_overdue) == (2_522, None, True)


async def test_a_key_of_another_suite_seals_at_once_and_what_there_is_stays(hub):
    custodian, log, folder = hub
    before = await stored(custodian)

    done = await custodian.rotate(POLICE, TODAY, nothing, anew=False, suite=Suite.SM)

    assert (done.is_new, done.key.version, done.key.suite) == (True, 2, Suite.SM)
    assert (done.wrapped, done.other) == (0, len(before))
    assert await stored(custodian) == before
    again = Keyring.open(folder)
    opened(again, before)
    assert [len(raw) for raw, key in [DataKeys(again).new(POLICE)] if key.suite == 2] == [16]
    assert log.record()["suite"] == "sm"


async def test_a_rotation_within_the_new_suite_leaves_what_is_of_the_former_one(hub):
    custodian, _, folder = hub
    before = await stored(custodian)
    await custodian.rotate(POLICE, TODAY, nothing, anew=False, suite=Suite.SM)
    await added(custodian, 3)

    done = await custodian.rotate(POLICE, TODAY, nothing, anew=False)

    assert (done.is_new, done.key.version, done.wrapped, done.other) == (True, 3, 3, len(before))
    after = await stored(custodian)
    assert {(row["suite"], row["key_version"]) for row in after} == {(1, 1), (2, 3)}
    assert {len(raw) for raw in opened(Keyring.open(folder), after)} == {16, 32}
    async with custodian.database.connection() as connection:
        found = await states(connection, custodian.keyring, (MOMENT, TODAY))
    one, two, three = (state for state in found if state.owner == POLICE)
    assert [state.suite for state in (one, two, three)] == ["aes", "sm", "sm"]
    assert (one.is_of_former_suite, one.is_unfinished, one.data_keys) == (True, False, len(before))
    assert (two.is_of_former_suite, two.is_unfinished, two.data_keys) == (False, False, 0)


async def test_back_in_the_first_suite_the_old_keys_are_wrapped_anew_too(hub):
    custodian, _, folder = hub
    before = await stored(custodian)
    raw = opened(custodian.keyring, before)
    await custodian.rotate(POLICE, TODAY, nothing, anew=False, suite=Suite.SM)

    done = await custodian.rotate(POLICE, TODAY, nothing, anew=False, suite=Suite.AES)

    assert (done.key.version, done.wrapped, done.other) == (3, len(before), 0)
    assert opened(Keyring.open(folder), await stored(custodian)) == raw


async def test_a_key_under_which_there_is_something_of_another_suite_is_not_retired(hub):
    custodian, *_ = hub
    await custodian.rotate(POLICE, TODAY, nothing, anew=False, suite=Suite.SM)

    with pytest.raises(KeyInUseError, match="data keys of public-security are under version 1"):
        await custodian.retire(POLICE, 1)


async def test_readers_and_writers_go_on_while_keys_are_wrapped_anew(hub, monkeypatch):
    custodian, _, folder = hub
    monkeypatch.setattr("hub.custody.rotation.BATCH", 2)
    other, rounds = Keyring.open(folder), 0
    ended = asyncio.Event()

    async def read_and_write():
        nonlocal rounds
        keys = DataKeys(other)
        async with custodian.database.connection() as connection:
            while not ended.is_set():
                rows = await connection.fetch(
                    "select * from data_key where department = $1", POLICE
                )
                for row in rows:
                    keys.open(POLICE, row["key_version"], row["wrapped"], row["commitment"])
                made = keys.new(POLICE)[1]
                await connection.execute(
                    "insert into data_key values ('420106', gen_random_uuid(), $1, 1, $2, $3, $4)",
                    POLICE, made.key_version, made.wrapped, made.commitment,
                )  # fmt: skip
                rounds += 1

    working = asyncio.create_task(read_and_write())
    for _ in range(5):
        await custodian.rotate(POLICE, TODAY, nothing, anew=True)
    ended.set()
    await working

    assert rounds > 5
    assert opened(Keyring.open(folder), await stored(custodian))
