"""The log's subject-tag key gets epochs: who is looked up is found under all that are kept."""

import asyncio
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from audit.checkpoint import NoteSigner
from audit.log import Log
from audit.postgres import PostgresStorage
from audit.search import index_behind
from audit.verify import verify_database
from hub.access import default_policy_text
from hub.clock import utc_now
from hub.custody.epochs import retire_epoch
from hub.custody.rotation import KeyInUseError
from hub.custody.signing import SigningCustodian
from hub.errors import AuditUnavailableError, KeysUnavailableError
from hub.query.policies import publish_policy
from hub.sealing.files import write_private
from hub.sealing.keyring import KeyKind, Keyring, KeyStatus
from tests.fakes.audit_log import Break, FakeLog
from tests.support.asking import AUDITOR, OFFICER, asking
from tests.support.world import NOW

pytestmark = [pytest.mark.anyio, pytest.mark.database]
LOOKUP = """query ($s: String) { accessLog(subject: $s, first: 50) {
  edges { node { index kind subjectCount } } } }"""
POINT = "query ($n: String!) { person(nationalId: $n) { population { name } } }"
SUBJECT = KeyKind.SUBJECT
SIGNER = NoteSigner("hub.test/log", b"\7" * 32)


@pytest.fixture
async def scene(district, catalogue, tmp_path, own_district):
    _, _, shared = district
    for file in ("root.key", "keyring.json"):
        write_private(tmp_path / file, (shared._folder / file).read_bytes())
    keyring = Keyring.open(tmp_path)
    async with Log(PostgresStorage(own_district), SIGNER, lambda: NOW) as log:
        made = asking(own_district, keyring, catalogue, log=log)
        async with made.database.connection() as connection:
            await publish_policy(connection, default_policy_text(), catalogue, NOW)
        yield made, keyring, log, own_district
        await made.database.close()


async def begun(keyring, log):
    """Let another epoch begin, five seconds ago."""
    custodian = SigningCustodian(keyring, log, "op-1")
    made = await custodian.announce(
        SUBJECT, utc_now() - timedelta(seconds=10), timedelta(seconds=5)
    )
    await custodian.settle(utc_now())
    return made


async def seen(made, number):
    """Return which entries an auditor finds about somebody, the look-ups left out."""
    body = await made.body(LOOKUP, AUDITOR, s=number)
    return [
        e["node"]["index"]
        for e in body["data"]["accessLog"]["edges"]
        if e["node"]["kind"] == "answer"
    ]


async def records(made):
    async with made.database.connection() as connection:
        rows = await connection.fetch(
            "select seq, record from audit.record where kind = 3 order by 1"
        )
    return {row["seq"]: orjson.loads(row["record"]) for row in rows}


async def asked(made, number):
    answer = await made.body(POINT, OFFICER, n=number)
    return answer["extensions"]["receipt"]["index"]


async def test_somebody_is_found_under_every_epoch_whether_indexed_or_not(scene, world):
    made, keyring, log, _ = scene
    number = world.numbers[4]
    before = await seen(made, number)
    first = await asked(made, number)
    async with made.database.connection() as connection:
        await index_behind(connection, 1000)
    await begun(keyring, log)
    second = await asked(made, number)
    async with made.database.connection() as connection:
        await index_behind(connection, 1000)
    third = await asked(made, number)

    assert await seen(made, number) == [third, second, first, *before]
    told = await records(made)
    assert [told[n].get("epochs") for n in (first, second, third)] == [None, [2], [2]]
    async with made.database.connection() as connection:
        tags = await connection.fetch(
            "select substring(subjects from 1 for 32) t from audit.record where seq = any($1)",
            [first, second, third],
        )
    assert len({row["t"] for row in tags}) == 2


async def test_an_epoch_that_was_kept_long_enough_is_destroyed_and_its_entries_are_nobodys(
    scene, world
):
    made, keyring, log, dsn = scene
    number = world.numbers[4]
    first = await asked(made, number)
    before = await seen(made, number)
    await begun(keyring, log)
    second = await asked(made, number)

    now = utc_now()
    with pytest.raises(KeyInUseError, match="the one of now"):
        await retire_epoch(keyring, log, now, 2, by="op-1")
    with pytest.raises(KeyInUseError, match="are kept for 3 years, until"):
        await retire_epoch(keyring, log, now + timedelta(days=3 * 365), 1, by="op-1")
    assert before[0] == first
    assert await seen(made, number) == [second, *before]
    await retire_epoch(keyring, log, now + timedelta(days=3 * 366 + 2), 1, by="op-1")

    assert await seen(made, number) == [second]
    assert [k.version for k in keyring.versions(SUBJECT)] == [2]
    with pytest.raises(KeysUnavailableError):
        keyring.version(SUBJECT, "hub", 1)
    verified = await asyncio.to_thread(verify_database, dsn, SIGNER.vkey)
    assert verified.entries > second
    assert not verified.problems


async def test_until_it_begins_an_announced_epoch_is_not_used(scene, world):
    made, keyring, log, _ = scene
    await SigningCustodian(keyring, log, "op-1").announce(SUBJECT, utc_now(), timedelta(minutes=5))

    index = await asked(made, world.numbers[4])

    assert "epochs" not in (await records(made))[index]


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        (datetime(2026, 11, 27, 4, tzinfo=UTC), "2026-11-27T16:00:00+00:00"),
        (datetime(2026, 11, 27, 15, 59, 57, tzinfo=UTC), "2026-11-28T16:00:00+00:00"),
        (datetime(2026, 11, 27, 16, tzinfo=UTC), "2026-11-28T16:00:00+00:00"),
    ],
)
async def test_an_epoch_begins_at_midnight_in_china_and_the_clock_destroys_none(
    tmp_path, now, begins
):
    keyring = Keyring.open_or_create(tmp_path / "keys")
    keyring.ensure(SUBJECT)
    custodian = SigningCustodian(keyring, FakeLog(), "op-1")

    made = await custodian.announce(SUBJECT, now, None)
    assert (made.begins, keyring.primary(SUBJECT).version) == (begins, 1)
    await custodian.settle(now + timedelta(days=2))

    states = [(key.version, key.status) for key in keyring.versions(SUBJECT)]
    assert states == [(1, KeyStatus.DECRYPT_ONLY), (2, KeyStatus.PRIMARY)]
    assert await custodian.settle(now + timedelta(days=9_000)) == []


async def test_an_epoch_whose_end_cannot_be_put_on_record_stays(tmp_path):
    keyring = Keyring.open_or_create(tmp_path / "keys")
    keyring.ensure(SUBJECT)
    log = FakeLog()
    await begun(keyring, log)
    log.breaks = Break.BEFORE

    with pytest.raises(AuditUnavailableError):
        await retire_epoch(keyring, log, utc_now() + timedelta(days=9_000), 1, by="op-1")

    assert len(keyring.versions(SUBJECT)) == 2
