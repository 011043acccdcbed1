"""The database itself shows an entitlement no row that its policy does not name."""

import asyncio
import re
from random import Random

import asyncpg
import pytest

from hub.access import Reach, default_policy_text, load_policy
from hub.errors import SetupError, StoreUnavailableError, WallError
from hub.query import answer as answering
from hub.query.policies import publish_policy
from hub.sealing.keyring import Keyring
from hub.store.database import AS_LOGIN, Database
from hub.store.migrate import migrate
from hub.store.wall import Wall, faults
from hub.store.wall_sql import Names, Recipes, protected
from tests.support.asking import WARNER, asking
from tests.support.postgres import fresh_database
from tests.support.world import CELL, NOW, made_world

pytestmark = [pytest.mark.anyio, pytest.mark.database]
ELSEWHERE = "430102"
PERSON = "query ($n: String!) { person(nationalId: $n) { id population { name } } }"
STREET = f'regions = ["{CELL}001"]'
OPEN_TO_ALL = {"person_tag", "case_now"}
"""Tags of numbers and where they lead, and cases: whoever asks must know the number already."""


@pytest.fixture(scope="module")
def counties(postgres_server, catalogue, tmp_path_factory):
    """Address of a database with two counties, and its keys."""
    keyring = Keyring.open_or_create(tmp_path_factory.mktemp("wall"))
    ours = made_world(catalogue)
    theirs = made_world(catalogue, seed=8)
    for rows in theirs.tables.values():
        for row in rows:
            row["cell"] = ELSEWHERE
            if "region" in row:
                row["region"] = f"{ELSEWHERE}001001"
    theirs.cell = ELSEWHERE

    async def made(dsn):
        await migrate(dsn, catalogue)
        await ours.write(dsn, keyring)
        await theirs.write(dsn, keyring)

    with fresh_database(postgres_server) as dsn:
        asyncio.run(made(dsn))
        yield dsn, keyring, ours, theirs


@pytest.fixture
def dsn(counties):
    return counties[0]


@pytest.fixture
async def connection(dsn):
    """As the hub's own role."""
    made = await asyncpg.connect(dsn)
    yield made
    await made.close()


@pytest.fixture
async def store(dsn):
    made = Database(dsn, size=2)
    yield made
    await made.close()


def reach_of(text, catalogue, role="officer", purpose="CASE"):
    policy = load_policy(text, catalogue)
    return next(r.reach for r in policy.rules if (r.role, r.purpose) == (role, purpose))


def elsewhere(text):
    """The same policy for the other county."""
    return text.replace(f'regions = ["{CELL}"]', f'regions = ["{ELSEWHERE}"]')


@pytest.fixture
async def both(dsn, catalogue, store):
    """Roles of the officer here and of the officer there, both raised."""
    text = default_policy_text()
    there = elsewhere(text)
    renamed = there.replace('department = "', 'department = "x-')
    renamed = re.sub(r"\[\[purpose\]\]\n(?:.+\n?)+", "", renamed)  # stated once, for all
    other = await asyncpg.connect(dsn)
    await publish_policy(other, text + "\n" + renamed, catalogue, NOW)
    wall = Wall(store, catalogue)
    yield await wall.role(reach_of(text, catalogue)), await wall.role(reach_of(there, catalogue))
    await publish_policy(other, text, catalogue, NOW)
    await other.close()


async def test_every_table_about_people_is_secured_also_against_its_owner(connection, catalogue):
    whole = {
        row[0]
        for row in await connection.fetch(
            "select relname from pg_class where relnamespace = 'public'::regnamespace "
            "and relkind in ('r', 'p') and not (relrowsecurity and relforcerowsecurity)"
        )
    }

    policy = load_policy(default_policy_text(), catalogue)
    assert await faults(connection, policy, catalogue) == []
    assert whole == {
        "alembic_version",
        "assertion_seen",
        "cursor",
        "known_time",
        "policy_revision",
        "client",
        "indicator",
        "indicator_note",
        "indicator_progress",
        "replay_request",
        "log_stream",
        "key_floor",
        "key_renewal",
        "seal_break",
        "quota_window",
        "policy_history",
        "policy_proposal",
        "sharing_act",
    }


async def test_raw_sql_shows_no_row_of_another_county_in_any_table(connection, catalogue, both):
    here, _ = both
    foreign = {}
    for table in protected(catalogue):
        try:
            foreign[table] = await connection.fetchval(
                f"select count(*) from \"{table}\" where cell <> '{CELL}'"  # noqa: S608 - our tables
            )
        except asyncpg.UndefinedColumnError:
            continue
    assert min(foreign[t] for t in ("person", "household", "membership", "population", "link")) > 0

    await connection.execute(f'set role "{here}"')
    seen = {}
    for table in foreign:
        try:
            seen[table] = await connection.fetchval(
                f"select count(*) from \"{table}\" where cell <> '{CELL}'"  # noqa: S608 - our tables
            )
        except asyncpg.InsufficientPrivilegeError:
            continue
    places = await connection.fetch("select distinct left(region, 6) from household_place")
    await connection.execute("reset role")

    assert {table for table, rows in seen.items() if rows} <= OPEN_TO_ALL
    assert {"person", "household", "alert", "score", "population"} <= seen.keys()
    assert {row[0] for row in places} == {CELL}


async def test_raw_sql_reads_no_raw_record_and_no_message(connection, both):
    await connection.execute(f'set role "{both[0]}"')

    for table in ("source_record", "quarantine", "identity", "outbox", "scope", "score_input"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetchval(f"select count(*) from {table}")  # noqa: S608 - ours
    for write in ("delete from person", "update household_place set region = '1'"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(write)


async def test_a_sealed_value_that_is_not_granted_cannot_be_read(connection, catalogue, store):
    role = await Wall(store, catalogue).role(
        reach_of(default_policy_text(), catalogue, "analyst", "WARN")
    )
    await connection.execute(f'set role "{role}"')

    assert await connection.fetchval("select count(version_id) from population") > 0
    denied_groups = set(catalogue.by_name["population"].groups) - {"birth_year"}
    for denied in (*(f"sealed_{group}" for group in denied_groups), "*"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(f"select {denied} from population")  # noqa: S608 - ours
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.fetch("select version_id from medical_settlement")


async def test_below_a_county_households_are_shown_by_their_street(connection, catalogue, store):
    text = default_policy_text()
    narrow = text.replace(f'regions = ["{CELL}"]', STREET)
    await publish_policy(connection, narrow, catalogue, NOW)
    try:
        role = await Wall(store, catalogue).role(reach_of(narrow, catalogue))
        await connection.execute(f'set role "{role}"')
        places = await connection.fetch("select household_id, region from household_place")
        homes = await connection.fetch("select household_id from household")
        alerts = await connection.fetch("select identity_id from alert")
        await connection.execute("reset role")
    finally:
        await connection.execute("reset role")
        await publish_policy(connection, text, catalogue, NOW)

    known = {row["household_id"] for row in places}
    assert {row["region"][:9] for row in places} == {f"{CELL}001"}
    assert {row["household_id"] for row in homes} == known
    assert {row["identity_id"] for row in alerts} <= known


async def test_should_the_plan_forget_the_regions_the_database_still_keeps_them(
    counties, catalogue, monkeypatch
):
    dsn, keyring, ours, theirs = counties
    known = answering.parameters_of

    def forgetful(roots, entitlement):
        return {**known(roots, entitlement), "r0_regions": ["%"]}

    monkeypatch.setattr(answering, "parameters_of", forgetful)
    made = asking(dsn, keyring, catalogue)
    try:
        foreign = await made.body(PERSON, n=theirs.numbers[0])
        own = await made.body(PERSON, n=ours.numbers[0])
        monkeypatch.setattr(made.answerer.fetcher.wall, "role", as_login)
        unwalled = await made.body(PERSON, n=theirs.numbers[0])
    finally:
        await made.database.close()

    assert foreign["data"]["person"] is None
    assert own["data"]["person"]["population"]["name"]
    assert unwalled["data"]["person"] is not None, "without the wall it would have been told"


async def as_login(_reach):
    return AS_LOGIN


async def test_without_its_role_an_entitlement_is_answered_nothing(counties, catalogue, connection):
    dsn, keyring, ours, _ = counties
    made = asking(dsn, keyring, catalogue)
    role = await made.answerer.fetcher.wall.role(reach_of(default_policy_text(), catalogue))
    await connection.execute(f'drop owned by "{role}"')
    try:
        with pytest.raises(WallError):
            await made.answer(PERSON, n=ours.numbers[0])
        assert (await made.body(PERSON, WARNER, n=ours.numbers[0]))["data"]["person"]
    finally:
        await publish_policy(connection, default_policy_text(), catalogue, NOW)
        await made.database.close()


async def test_a_reader_whose_policy_is_older_is_given_the_new_one(counties, catalogue, connection):
    dsn, keyring, ours, _ = counties
    made = asking(dsn, keyring, catalogue)
    text = default_policy_text()
    less = text.replace('"Population.phone", ', "")
    try:
        before = await made.body(PERSON, n=ours.numbers[0])
        await publish_policy(connection, less, catalogue, NOW)
        after = await made.body(PERSON, n=ours.numbers[0])
    finally:
        await publish_policy(connection, text, catalogue, NOW)
        await made.database.close()

    assert before["data"] == after["data"]


async def test_taking_a_grant_away_waits_for_no_reader(dsn, catalogue, connection):
    reader = await asyncpg.connect(dsn)
    text = default_policy_text()
    async with reader.transaction():
        for table in protected(catalogue):
            await reader.execute(f'lock table "{table}" in access share mode')
        async with asyncio.timeout(5):
            less = text.replace('"Population.phone", ', "")
            await publish_policy(connection, less, catalogue, NOW)
            await publish_policy(connection, text, catalogue, NOW)
    await reader.close()


async def test_a_new_region_that_cannot_be_let_in_changes_nothing(
    dsn, catalogue, connection, monkeypatch
):
    monkeypatch.setattr("hub.store.wall._LOCK_PATIENCE", "50ms")
    reader = await asyncpg.connect(dsn)
    text = default_policy_text()
    new = text.replace(f'regions = ["{CELL}"]', 'regions = ["440103"]')
    async with reader.transaction():
        await reader.execute("lock table person in access share mode")
        with pytest.raises(StoreUnavailableError, match="try again"):
            async with connection.transaction():
                await publish_policy(connection, new, catalogue, NOW)
    await reader.close()

    assert await connection.fetchval("select document from policy_revision") == text


async def test_who_may_not_make_roles_is_told_what_to_do(dsn, catalogue, connection):
    text = default_policy_text().replace(f'regions = ["{CELL}"]', 'regions = ["450103"]')
    weak = "weak_" + dsn[-6:].replace("=", "x")
    await connection.execute(f"create role \"{weak}\" login password 'x'")
    try:
        await connection.execute(f'grant "{weak}" to current_user')
        await connection.execute(f'grant all on policy_revision, policy_history to "{weak}"')
        await connection.execute(f'set role "{weak}"')
        with pytest.raises(SetupError, match="CREATEROLE"):
            async with connection.transaction():
                await publish_policy(connection, text, catalogue, NOW)
    finally:
        await connection.execute("reset role")
        await connection.execute(f'drop owned by "{weak}"')
        await connection.execute(f'drop role "{weak}"')


async def test_a_connection_for_queries_begins_as_one_who_sees_nobody(dsn, connection):
    names = Names(await connection.fetchval("select session_user::text"))
    store = Database(dsn, size=1, role=names.nobody)

    async with store.connection() as lent:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await lent.fetchval("select count(*) from person")
        await lent.execute("reset role")
        assert await lent.fetchval("select current_user::text") == names.nobody
        assert await lent.fetchval("select digest from policy_revision")
    await store.close()


WHOSE = "select current_user::text, (select array_agg(distinct cell) from person)"


async def step(store, role, disturbance):
    """Use a connection as `role`, disturbed, and return as whom it acted and what it saw."""
    async with store.connection(role) as lent:
        seen = tuple(await lent.fetchrow(WHOSE))
        match disturbance:
            case "error":
                await lent.fetchval("select 1 / 0")
            case "refused":
                await lent.fetchval("select count(*) from source_record")
            case "cancel":
                async with asyncio.timeout(0.02):
                    await lent.fetchval("select pg_sleep(20)")
            case "rollback":
                transaction = lent.transaction()
                await transaction.start()
                await lent.fetchval("select count(*) from household_place")
                await transaction.rollback()
            case "abandoned":
                await lent.transaction().start()
            case _:
                pass
    return seen


async def carried(store, catalogue, both, steps, seed=3):
    random, here, there = Random(seed), *both
    sees = {here: [CELL], there: [ELSEWHERE], AS_LOGIN: [CELL, ELSEWHERE]}
    ways = ("", "error", "refused", "cancel", "rollback", "abandoned")
    for _ in range(steps):
        role = random.choice((here, there, AS_LOGIN))
        wanted = await asked(store, role, random.choice(ways))
        if wanted is not None:
            who, cells = wanted
            assert who == (role if role != AS_LOGIN else await login(store))
            assert cells == sees[role]


async def login(store):
    async with store.connection(AS_LOGIN) as lent:
        return await lent.fetchval("select session_user::text")


async def asked(store, role, way):
    try:
        return await step(store, role, way)
    except (asyncpg.PostgresError, TimeoutError):
        return None


async def test_no_role_is_carried_over_whatever_happened_before(store, catalogue, both):
    await carried(store, catalogue, both, 60)


@pytest.mark.prove
async def test_no_role_is_carried_over_in_a_long_run(store, catalogue, both):
    await carried(store, catalogue, both, 3_000, seed=11)


async def test_no_role_is_carried_over_between_readers_at_once(store, catalogue, both):
    async with asyncio.TaskGroup() as group:
        for seed in range(4):
            group.create_task(carried(store, catalogue, both, 15, seed))


async def test_one_statement_prepared_once_shows_each_role_its_own_rows(dsn, both):
    here, there = both
    store = Database(dsn, size=1)
    pids, found = set(), []
    for role in (here, there, here, AS_LOGIN, there):
        async with store.connection(role) as lent:
            pids.add(await lent.fetchval("select pg_backend_pid()"))
            found.append((await lent.fetchrow(WHOSE))[1])
    await store.close()

    assert len(pids) == 1
    assert found == [[CELL], [ELSEWHERE], [CELL], [CELL, ELSEWHERE], [ELSEWHERE]]


async def test_a_role_stays_with_its_connection_and_changes_only_on_a_switch(dsn, both):
    store, sets = Database(dsn, size=2), []
    for role in (*both, *both, *both):
        async with store.connection(role) as lent:
            lent.add_query_logger(lambda record: sets.append(record.query))
            await lent.fetchval("select 1")
    await store.close()

    assert not [query for query in sets if query.startswith("set role")]


async def test_a_role_that_is_made_anew_is_taken_on_anew(dsn, catalogue, both, connection):
    _, here = both  # a role that no other database of this server uses
    text = await connection.fetchval("select document from policy_revision")
    store = Database(dsn, size=1)
    async with store.connection(here) as lent:
        assert await lent.fetchval("select count(*) from person") > 0
    await connection.execute(f'drop owned by "{here}"')
    await connection.execute(f'drop role "{here}"')
    await publish_policy(connection, text, catalogue, NOW)

    with pytest.raises((asyncpg.PostgresError, StoreUnavailableError)):
        async with store.connection(here) as lent:
            await lent.fetchval("select count(*) from person")
    async with store.connection(here) as lent:
        assert await lent.fetchval("select count(*) from person") > 0
    await store.close()


async def test_migrating_again_changes_no_policy_and_no_role(dsn, catalogue, connection):
    asked_of = (
        "select tablename, policyname, roles::text, qual from pg_policies order by 1, 2, 3",
        "select oid, rolname from pg_roles order by 2",
    )
    before = [await connection.fetch(sql) for sql in asked_of]

    await migrate(dsn, catalogue)

    assert [await connection.fetch(sql) for sql in asked_of] == before


def test_a_role_is_named_by_what_it_may_read(catalogue):
    one = Reach.of(["420106"], ["Population.name", "Population.sex"])
    same = Reach.of(["420106"], ["Population.sex"])  # one seal with the name
    other = Reach.of(["420107"], ["Population.sex"])

    names = {Recipes(catalogue).of(reach).digest for reach in (one, same, other)}

    assert len(names) == 2


def test_no_name_is_longer_than_the_database_takes():
    long = Names("a" * 60)

    assert len(long.within("420106001001")) <= 63
    assert len(long.entitled + "0" * 20) <= 63
    assert long.nobody != Names("b" * 60).nobody
