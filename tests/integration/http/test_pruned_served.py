"""The log's entries go when their time is over: announced, but for what is held, still proved."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from audit.checkpoint import NoteSigner
from audit.cli import main
from audit.entry import Entry, EntryKind, SubjectAccess, canonical
from audit.indicator_rules import packaged_rules
from audit.search import index_behind
from audit.twin_check import check_database
from audit.twin_log import follow
from audit.verify import verify_database
from hub.custody.retention import Keeper, PurgeRefusedError
from hub.errors import AuditUnavailableError
from hub.sealing.keyring import HUB, KeyKind, Keyring
from hub.store.indicator_counting import count_behind
from tests.fakes.audit_log import Break, FakeLog
from tests.support.logged_edge import Hub, served

pytestmark = [pytest.mark.anyio, pytest.mark.database]
OLD = datetime(2023, 3, 1, tzinfo=UTC)
TODAY = datetime(2026, 11, 27, tzinfo=UTC)
OPEN = """
    insert into indicator (id, rule, severity, department, actor, client, started_at, ended_at,
                           first_index, last_index, count, threshold)
    values ('i1', 'many-denials', 'medium', 'civil-affairs', '', '', $1, $1, 40, 41, 9, 5)
"""
NOTED = (
    "insert into indicator_note values "
    "('i1', 1, 'auditor-3', $1, 'told', 'CLOSE', 'closed', 'harmless')"
)


async def write(log, moment, count):
    at = int(moment.timestamp() * 1000)
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            record = canonical({"at": at + number, "number": str(number)})
            group.create_task(log.append(Entry(EntryKind.COMMAND, record, ())))


async def catch_up(hub):
    """Let what follows behind the log catch up with it."""
    async with hub.database.transaction() as connection:
        while await index_behind(connection, 500):
            pass
        while await count_behind(connection, packaged_rules(), 500):
            pass


async def seqs(hub):
    async with hub.database.connection() as connection:
        return [row[0] for row in await connection.fetch("select seq from audit.record order by 1")]


async def records(hub, kind=13):
    async with hub.database.connection() as connection:
        found = await connection.fetch("select record from audit.record where kind = $1", kind)
    return [row[0] for row in found]


@pytest.fixture
async def kept(hub_database, tmp_path):
    """A hub whose log has 300 entries of long ago and 300 of this year, and who keeps them."""
    hub = Hub(tmp_path, hub_database)
    async with hub.log as log:
        await write(log, OLD, 300)
        await write(log, TODAY - timedelta(days=30), 300)
        await catch_up(hub)
        yield hub, Keeper(hub.database, log, lambda: TODAY)
    await hub.database.close()


async def test_what_the_law_lets_go_goes_and_the_hub_serves_what_is_left(kept, tmp_path):
    hub, keeper = kept

    purged = await keeper.purge("op-7")

    assert (purged.plan.minimum, purged.dropped, purged.entry) == (256, 256, 600)
    assert purged.before == date(2023, 11, 27)
    assert await seqs(hub) == list(range(256, 601))
    (record,) = await records(hub)
    assert b'"minimum":256' in record
    assert "政务数据共享条例" in record.decode()
    async with served(hub, log_is_public=True) as http:
        login = await hub.token(http)
        statuses = {
            path: (await http.get(path, headers=login)).status_code
            for path in (
                "/log/tile/entries/000",
                "/log/tile/entries/000.p/7",
                "/log/tile/entries/001",
                "/log/tile/0/000",
                "/log/tile/0/000.p/7",
                "/log/proof/255",
                "/log/proof/256",
            )
        }
        minimum = [(await http.get(f"/log{at}/minimum-index")).text for at in ("", "/witnessed")]
        partial = (await http.get("/log/tile/0/000.p/7")).content
        full = (await http.get("/log/tile/0/000")).content
        url = f"{str(http.base_url).rstrip('/')}/log"
        verified = await asyncio.to_thread(main, ["verify-log", url, "--vkey", hub.vkey])
    assert list(statuses.values()) == [404, 404, 200, 200, 200, 404, 200]
    assert minimum == ["256\n", "256\n"]
    assert partial == full[: 7 * 32]
    assert verified == 0
    verdict = await asyncio.to_thread(verify_database, hub.dsn, hub.vkey, workers=1)
    assert verdict.problems == ()


async def test_nothing_goes_before_its_time(kept):
    hub, keeper = kept

    with pytest.raises(PurgeRefusedError):
        await keeper.purge("op-7", date(2023, 11, 28))
    plan, day = await keeper.plan(date(2023, 2, 1))

    assert (plan.going, day) == (0, date(2023, 2, 1))
    assert len(await seqs(hub)) == 600
    early = Keeper(hub.database, keeper.log, lambda: OLD + timedelta(days=700))
    assert (await early.purge("op-7")).entry is None
    assert len(await seqs(hub)) == 600


async def test_what_is_held_stays_until_it_is_released(kept):
    hub, keeper = kept
    hold = await keeper.hold(10, 12, reason="court", by="op-7")
    async with hub.database.connection() as connection:
        await connection.execute(OPEN, OLD)

    first = await keeper.purge("op-7")

    assert first.plan.kept == ((10, 12), (40, 42))
    assert (await seqs(hub))[:5] == [10, 11, 40, 41, 256]
    assert [each.id for each in await keeper.holds()] == [hold.id]

    await keeper.release(hold.id, by="op-8")
    async with hub.database.connection() as connection:
        await connection.execute(NOTED, TODAY)
    second = await keeper.purge("op-7")

    assert (second.dropped, second.plan.minimum) == (4, 256)
    assert (await seqs(hub))[0] == 256
    assert await keeper.holds() == []
    with pytest.raises(PurgeRefusedError):
        await keeper.release(hold.id, by="op-8")
    acts = [b'"act":"%s"' % act for act in (b"hold", b"purge", b"release", b"purge")]
    assert all(act in record for act, record in zip(acts, await records(hub), strict=True))
    verdict = await asyncio.to_thread(verify_database, hub.dsn, hub.vkey, workers=1)
    assert verdict.problems == ()


async def test_what_the_twin_has_not_seen_stays_and_the_twin_is_served(kept):
    hub, keeper = kept
    twinned = replace(keeper, has_twin=True)
    signer = NoteSigner(f"{hub.signer.name}/sm3", hub.signer.seed)
    paths = ("checkpoint", "tile/0/000", "tile/0/001", "tile/0/000.p/7", "tile/entries/000")

    async with served(hub, log_is_public=True) as http:
        before = [(await http.get(f"/log/sm3/{path}")).status_code for path in paths]
        nothing, _ = await twinned.plan()
        async with hub.database.connection() as connection:
            while await follow(connection, signer, TODAY, 250):
                pass
        after = [await http.get(f"/log/sm3/{path}") for path in paths]
    async with served(hub) as http:
        refused = [(await http.get(f"/log/sm3/{path}")).status_code for path in paths[:2]]

    assert before == [404] * 5
    assert (nothing.going, (await twinned.plan())[0].going) == (0, 256)
    assert [reply.status_code for reply in after] == [200, 200, 200, 404, 404]
    assert after[0].text.startswith("hub.example/log/sm3\n600\n")
    assert len(after[1].content) == 256 * 32
    assert refused == [401, 401]
    await twinned.purge("op-7")
    found = await asyncio.to_thread(check_database, hub.dsn, hub.vkey)
    assert found == (600, [])


async def test_what_nobody_counted_yet_stays(kept):
    hub, keeper = kept
    async with hub.database.connection() as connection:
        await connection.execute("update indicator_progress set next = 255")

    assert (await keeper.purge("op-7")).entry is None


@pytest.mark.parametrize("breaks", [Break.BEFORE, Break.AFTER])
async def test_without_its_entry_nothing_is_dropped_held_or_released(kept, breaks):
    hub, keeper = kept
    hold = await keeper.hold(10, 12, reason="court", by="op-7")
    log = FakeLog()
    log.breaks = breaks
    broken = Keeper(hub.database, log, lambda: TODAY)

    for attempt in (
        broken.purge("op-7"),
        broken.hold(20, 21, reason="court", by="op-7"),
        broken.release(hold.id, by="op-7"),
    ):
        with pytest.raises(AuditUnavailableError):
            await attempt

    assert (await seqs(hub))[:601] == list(range(601))
    assert [each.id for each in await keeper.holds()] == [hold.id]
    assert not await keeper.is_unfinished()
    assert (await keeper.purge("op-7")).plan.minimum == 256


async def test_a_purge_that_was_cut_short_is_finished_by_the_next(kept, monkeypatch):
    hub, keeper = kept
    monkeypatch.setattr("hub.custody.retention.STRETCH", 100)
    real, calls = Keeper._drop, []

    async def cut(self):
        calls.append(len(calls))
        async for count in real(self):
            yield count
            if len(calls) == 2:
                raise ConnectionError

    monkeypatch.setattr(Keeper, "_drop", cut)
    with pytest.raises(ConnectionError):
        await keeper.purge("op-7")
    assert await keeper.is_unfinished()
    assert (await seqs(hub))[0] == 100

    purged = await keeper.purge("op-8")

    assert (purged.dropped, purged.entry) == (156, None)
    assert not await keeper.is_unfinished()
    assert (await seqs(hub))[0] == 256


async def test_an_epoch_that_no_entry_is_under_any_more_is_told(kept, tmp_path):
    _, keeper = kept
    keyring = Keyring.open_or_create(tmp_path / "keys")
    keyring.ensure(KeyKind.SUBJECT, today="2023-01-01")
    assert await keeper.unused_epochs(keyring) == []  # the one of now

    first = keyring.version(KeyKind.SUBJECT, HUB, 1)
    with keyring.changing():
        keyring.put(replace(first, version=2, begins="2023-06-01T00:00:00+00:00"))
    assert await keeper.unused_epochs(keyring) == [1]

    about = SubjectAccess(bytes(32), await keeper.log.define(["Person.name"]))
    old = canonical({"at": int(OLD.timestamp() * 1000)})
    await keeper.log.append(Entry(EntryKind.COMMAND, old, [about]))
    assert await keeper.unused_epochs(keyring) == []
