"""The log in a database of its own: everything works from there, and the hub's has none of it."""

import asyncio
import subprocess
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import asyncpg
import orjson
import pytest

from audit.defined import Definitions
from audit.entry import Entry, EntryKind, canonical
from audit.facet_index import index_facets
from audit.indicator_rules import packaged_rules
from audit.list_maker import commit_lists
from audit.search import index_behind
from audit.twin import SUFFIX
from audit.twin_log import follow
from audit.verify import verify_database
from hub.app import catalogue_of, opened, prepare
from hub.background import keeper_of, record_lists, witnesses_of
from hub.commands.doctor import examined
from hub.delivery.log_stream import LogStream
from hub.errors import (
    AuditUnavailableError,
    HubError,
    SetupError,
    StoreUnavailableError,
    UnavailableError,
)
from hub.query.answer import Request
from hub.query.log_export import Sought
from hub.sealing.keyring import Keyring
from hub.sealing.log_signing import LogSigner
from hub.service import check_connections, log_exporter, replay_desk, rooms_of
from hub.settings import Settings
from hub.store.embedded.binaries import find_binaries
from hub.store.indicator_counting import Counting
from hub.store.indicators import Wanted, indicators
from hub.store.wall import log_faults, login_of
from hub.store.wall_sql import Names
from tests.support.asking import AUDITOR, OFFICER, PORTAL, NamedCitizens
from tests.support.postgres import fresh_database
from tests.support.served import Whole
from tests.support.witnessing import COSIGNER, serving_witness
from tests.support.world import NOW, made_world

pytestmark = [pytest.mark.anyio, pytest.mark.database, pytest.mark.timeout(300)]
OLD = datetime(2020, 3, 1, tzinfo=UTC)
LEAD = replace(AUDITOR, role="audit-lead", client_id="ao-lead", actor="a2")
POINT = "query ($n: String!) { person(nationalId: $n) { population { name } } }"
LOOKUPS = {
    "accessLog": """query ($n: String) {
      accessLog(subject: $n, first: 9) { edges { node { index } } } }""",
    "accessFacets": "query ($n: String) { accessFacets(subject: $n) { total } }",
    "accessTimeline": "query ($n: String!) { accessTimeline(subject: $n) { total } }",
}
PROFILE = """query ($d: Date!) {
  accessProfile(department: "civil-affairs", day: $d, days: 7) { total } }"""
ENTRY = "query ($i: Int!) { accessEntry(index: $i) { kind proof { checkpoint } } }"
USAGES = """query ($n: String!) { usages(assertion: $n, first: 9) {
  edges { node { index proof } } } }"""
OPEN = """
    insert into indicator (id, rule, severity, department, actor, client, started_at, ended_at,
                           first_index, last_index, count, threshold)
    values ('i1', 'many-denials', 'medium', 'civil-affairs', '', '', $1, $1, 40, 41, 9, 5)
"""


class Apart:
    """A hub whose log has a database of its own, with the rows of a made-up district."""

    def __init__(self, home, dsn, log_dsn):
        self.dsn, self.log_dsn = dsn, log_dsn
        self.together = Settings(home=home, database_url=dsn)
        self.settings = Settings(home=home, database_url=dsn, audit_database_url=log_dsn)
        self.catalogue = catalogue_of(self.settings)
        self.world = made_world(self.catalogue)
        self.number = self.world.numbers[4]

    async def set_up(self, settings=None):
        await prepare(settings or self.settings, self.catalogue)
        await self.world.write(self.dsn, Keyring.open(self.settings.key_folder))

    @asynccontextmanager
    async def running(self, settings=None):
        async with (
            opened(settings or self.settings, lambda: NOW) as core,
            rooms_of(core) as rooms,
        ):
            queries = replace(rooms.queries, citizens=NamedCitizens())
            yield core, replace(rooms, queries=queries)


@pytest.fixture
def apart(postgres_server, tmp_path):
    with fresh_database(postgres_server) as dsn, fresh_database(postgres_server) as log_dsn:
        yield Apart(tmp_path, dsn, log_dsn)


async def told(rooms, document, caller=OFFICER, **variables):
    request = Request(document, variables, None, caller, "r-1", NOW)
    return orjson.loads((await rooms.queries.answer(request)).body)


async def read(dsn, statement, *given):
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(statement, *given)
    finally:
        await connection.close()


def vkeys(core):
    return "\n".join(core.log.vkeys)


async def verified(core, dsn):
    return await asyncio.to_thread(verify_database, dsn, vkeys(core), workers=1)


async def count(core, *, dies=False):
    counting, moved = Counting(packaged_rules(), core.tagger.subjects), 1
    while moved:
        async with (
            core.database.transaction() as connection,
            core.log_side.beside(connection) as there,
        ):
            moved = await counting.behind(connection, 100, there)
            if dies:
                connection.terminate()


async def catch_up(core):
    await count(core)
    async with core.log_database.transaction() as connection:
        while await index_behind(connection, 500):
            pass
        while await index_facets(connection, Definitions()):
            pass


async def write(log, moment, number, kind=EntryKind.COMMAND, **more):
    at = int(moment.timestamp() * 1000)
    for each in range(number):
        await log.append(Entry(kind, canonical({"at": at + each, "number": str(each)} | more), ()))


async def has_no_log(dsn):
    (row,) = await read(dsn, "select to_regnamespace('audit') is null as it")
    return row["it"]


async def test_everything_about_the_log_is_answered_from_its_own_database(apart):
    await apart.set_up()
    async with apart.running() as (core, rooms):
        await check_connections(core)
        receipt = (await told(rooms, POINT, n=apart.number))["extensions"]["receipt"]
        await catch_up(core)

        for root, document in LOOKUPS.items():
            found = (await told(rooms, document, AUDITOR, n=apart.number))["data"][root]
            edges = found["edges"] if "edges" in found else found["total"] * [None]
            assert edges, root
        profile = await told(rooms, PROFILE, AUDITOR, d=NOW.date().isoformat())
        assert profile["data"]["accessProfile"]["total"] >= 1
        entry = (await told(rooms, ENTRY, AUDITOR, i=receipt["index"]))["data"]["accessEntry"]
        assert (entry["kind"], entry["proof"] is not None) == ("answer", True)
        usages = (await told(rooms, USAGES, PORTAL, n=apart.number))["data"]["usages"]["edges"]
        assert receipt["index"] in {edge["node"]["index"] for edge in usages}

        desk = replay_desk(core, rooms.queries)
        asked = await desk.ask(receipt["index"], "complaint 12", AUDITOR)
        await desk.decide(asked.id, LEAD, is_approved=True)
        run = await desk.run(asked.id, AUDITOR)
        assert run.replayed.verdict == "same", run.replayed.why
        assert await desk.forget(NOW + timedelta(days=2), "op-1", "op-2") >= 1

        exporter = log_exporter(core)
        wanted = await exporter.begin(Sought(number=apart.number), {"department": "audit-office"})
        files = dict([each async for each in exporter.files(wanted)])
        assert any(name.startswith("records/") for name in files)

        async with core.log_database.connection() as connection:
            made = await commit_lists(connection, lambda r: record_lists(core.log, r), NOW)
            signer = LogSigner(core.keyring, core.settings.origin + SUFFIX)
            assert await follow(connection, signer, NOW, 1_000) == made + 1
        assert (await verified(core, apart.log_dsn)).problems == ()
    assert await has_no_log(apart.dsn)
    assert await read(apart.log_dsn, "select from pg_tables where schemaname = 'public'") == []


async def test_a_finding_is_counted_once_though_who_counts_dies_before_the_commit(apart):
    await apart.set_up()
    async with apart.running() as (core, _):
        about = {"department": "tax", "client": "tax-desk", "actor": "c-7", "reason": "SUSPENDED"}
        await write(core.log, NOW, 1, EntryKind.DENIAL, **about)
        with pytest.raises(StoreUnavailableError):
            await count(core, dies=True)
        async with core.database.connection() as connection:
            assert await indicators(connection, Wanted(department="tax")) == []
        await count(core)
        await count(core)
        async with core.database.connection() as connection:
            found = await indicators(connection, Wanted(rule="suspended-agreement-asked"))
    assert [(one.department, one.count) for one in found] == [("tax", 1)]


async def test_a_purge_keeps_what_people_hold_and_what_open_findings_rest_on(apart):
    await apart.set_up()
    async with apart.running() as (core, _):
        await write(core.log, OLD, 300)
        await write(core.log, NOW, 10)
        await catch_up(core)
        keeper = keeper_of(core)
        hold = await keeper.hold(10, 20, reason="case 7", by="op-7")
        async with core.database.connection() as connection:
            await connection.execute(OPEN, NOW)

        purged = await keeper.purge("op-7")

        assert (purged.plan.minimum, purged.dropped) == (256, 256 - 10 - 2)
        assert [each.id for each in await keeper.holds()] == [hold.id]
        kept = await read(apart.log_dsn, "select seq from audit.record where seq < 256 order by 1")
        assert [row["seq"] for row in kept] == [*range(10, 20), 40, 41]
        assert (await verified(core, apart.log_dsn)).problems == ()


async def test_tiles_proofs_witnesses_and_the_stream_read_it_there(apart, tmp_path):
    await apart.set_up()
    async with apart.running() as (core, rooms):
        receipt = (await told(rooms, POINT, n=apart.number))["extensions"]["receipt"]
        whole = Whole(
            tmp_path,
            rooms.queries,
            database=core.database,
            log_database=rooms.log_reads,
            log_is_public=True,
        )
        paths = ("checkpoint", "tile/entries/000.p/1", f"proof/{receipt['index']}", "minimum-index")
        for path in paths:
            status, _ = await whole.ask(b"", "GET", f"/log/{path}")
            assert status == 200, path
        status, body = await whole.ask(b"", "GET", "/v2/usagePeriod")
        assert (status, "periodStart" in orjson.loads(body)) == (200, True)

        with serving_witness(tmp_path / "w", NOW.timestamp, vkeys=core.log.vkeys) as url:
            watched = core.settings.model_copy(update={"witnesses": {COSIGNER.vkey: url}})
            await witnesses_of(replace(core, settings=watched)).round()
        status, _ = await whole.ask(b"", "GET", "/log/witnessed/checkpoint")
        assert status == 200

        sent = []

        class Port:
            async def send(self, entries):
                sent.extend(entries)

        stream = LogStream(core.database, "siem", Port(), core.clock, side=core.log_side)
        assert await stream.step() == 0
        await write(core.log, NOW, 3)
        assert (await stream.step(), await stream.step(), len(sent)) == (3, 0, 3)


async def test_who_reads_the_log_reads_nothing_else_and_nobody_else_reads_it(apart):
    await apart.set_up()
    async with apart.running() as (core, rooms):
        async with rooms.log_reads.connection() as connection:
            assert await connection.fetchval("select count(*) from audit.record") >= 0
        for refused in ("update audit.head set size = 0", "create table public.t (i int)"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with rooms.log_reads.connection() as connection:
                    await connection.execute(refused)
        async with core.log_database.connection() as connection:
            names = Names(await login_of(connection))
            assert await log_faults(connection) == []
        for role in (names.rows, names.nobody):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with core.log_database.connection(role) as connection:
                    await connection.fetch("select 1 from audit.record")
        async with core.log_database.connection() as connection:
            await connection.execute(f"grant select on audit.tile to {names.rows}")
            assert names.rows in "".join(await log_faults(connection))
    findings = {one.name: one for one in await examined(apart.settings)}
    assert findings["log's database"].is_ok
    assert findings["log"].is_bad


async def allow(apart, *, is_allowed):
    name = urlsplit(apart.log_dsn).path.removeprefix("/")
    await read(apart.dsn, f"alter database {name} allow_connections {str(is_allowed).lower()}")
    await read(
        apart.dsn, "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name
    )


async def test_without_the_logs_database_nothing_is_answered_and_it_comes_back(apart):
    await apart.set_up()
    async with apart.running() as (core, rooms):
        before = await told(rooms, POINT, n=apart.number)
        await allow(apart, is_allowed=False)
        for _ in range(2):
            with pytest.raises(AuditUnavailableError):
                await told(rooms, POINT, n=apart.number)
            with pytest.raises(UnavailableError):
                await told(rooms, LOOKUPS["accessLog"], AUDITOR, n=apart.number)
        with pytest.raises(HubError):
            await count(core)
        with pytest.raises(StoreUnavailableError, match="HUB_AUDIT_DATABASE_URL"):
            async with apart.running():
                pass

        await allow(apart, is_allowed=True)
        async with asyncio.timeout(60):
            while True:
                try:
                    after = await told(rooms, POINT, n=apart.number)
                    break
                except AuditUnavailableError:
                    await asyncio.sleep(0.1)
        assert after["data"] == before["data"]
        assert after["extensions"]["receipt"]["index"] > before["extensions"]["receipt"]["index"]
        await count(core)
        assert (await verified(core, apart.log_dsn)).problems == ()


def run_program(name, *arguments):
    done = subprocess.run(
        [find_binaries().program(name), *arguments], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


async def test_a_log_moves_by_dump_and_restore_and_no_second_one_is_ever_begun(apart, tmp_path):
    await apart.set_up(apart.together)
    async with apart.running(apart.together) as (core, rooms):
        assert core.log_database is core.database
        first = (await told(rooms, POINT, n=apart.number))["extensions"]["receipt"]["index"]
        await catch_up(core)
    with pytest.raises(SetupError, match="Move it"):
        await prepare(apart.settings, apart.catalogue)
    with pytest.raises(SetupError, match="Move it"):
        async with apart.running():
            pass

    dump = str(tmp_path / "log.dump")
    run_program(
        "pg_dump", "--format=custom", "--schema=audit", "--no-owner", "--no-privileges",
        f"--file={dump}", apart.dsn,
    )  # fmt: skip
    run_program(
        "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner",
        f"--dbname={apart.log_dsn}", dump,
    )  # fmt: skip
    assert (await verified(core, apart.log_dsn)).problems == ()
    run_program("psql", apart.dsn, "--command=DROP SCHEMA audit CASCADE")
    await prepare(apart.settings, apart.catalogue)
    async with apart.running() as (core, rooms):
        again = (await told(rooms, POINT, n=apart.number))["extensions"]["receipt"]["index"]
        found = await told(rooms, LOOKUPS["accessLog"], AUDITOR, n=apart.number)
        listed = {edge["node"]["index"] for edge in found["data"]["accessLog"]["edges"]}
        assert {first, again} <= listed
        await count(core)
        assert (await verified(core, apart.log_dsn)).problems == ()
    assert await has_no_log(apart.dsn)

    with pytest.raises(SetupError, match="no second log"):
        await prepare(apart.together, apart.catalogue)
    assert await has_no_log(apart.dsn)
    # A restore of the log alone, to before what the hub has read of it.
    run_program("psql", apart.log_dsn, "--command=DROP SCHEMA audit CASCADE")
    with pytest.raises(SetupError, match="no second log"):
        await prepare(apart.settings, apart.catalogue)
    run_program(
        "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner",
        f"--dbname={apart.log_dsn}", dump,
    )  # fmt: skip
    with pytest.raises(SetupError, match="has read"):
        async with apart.running():
            pass
    await read(
        apart.dsn,
        "update indicator_progress set next = $1",
        (await read(apart.log_dsn, "select size from audit.head"))[0][0],
    )
    await prepare(apart.settings, apart.catalogue)
    async with apart.running() as (_, rooms):
        assert (await told(rooms, POINT, n=apart.number))["data"]
