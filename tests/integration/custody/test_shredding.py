"""A person is destroyed: nothing opens or is found, what is others' stays, the log verifies."""

import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from hub.custody.shredding import Shredder, ShredRefusedError
from hub.errors import AuditUnavailableError
from hub.sealing.files import write_private
from hub.sealing.keyring import Keyring
from hub.sealing.tags import Tagger
from hub.store.database import Database
from hub.store.present import strays
from schema.catalogue import Catalogue, Subject
from tests.fakes.audit_log import Break, FakeLog
from tests.support.asking import WARNER, asking
from tests.support.postgres import fresh_database
from tests.support.world import made_world

pytestmark = [pytest.mark.anyio, pytest.mark.database]
AT = datetime(2026, 11, 27, 8, tzinfo=UTC)
WANTED = {"by": "op-1", "agreed": "op-2", "why": "asked for"}
STATE = (
    "select identity_id from identity i join link l using (cell, identity_id) where person_id = $1"
)


@pytest.fixture(scope="module")
def template(postgres_server, migrated, tmp_path_factory):
    """Address of a database with a small district, the folder of its keys, and the district."""
    catalogue, folder = Catalogue.discover(), tmp_path_factory.mktemp("keys")
    with fresh_database(postgres_server, migrated) as dsn:
        world = made_world(catalogue, households=9)
        asyncio.run(world.write(dsn, Keyring.open_or_create(folder)))
        yield dsn, folder, world


@pytest.fixture
def own(template, postgres_server):
    with fresh_database(postgres_server, urlsplit(template[0]).path.removeprefix("/")) as dsn:
        yield dsn


@pytest.fixture
async def hub(template, own, tmp_path):
    for file in ("root.key", "keyring.json"):
        write_private(tmp_path / file, (template[1] / file).read_bytes())
    database, log = Database(own, size=3), FakeLog()
    catalogue, tagger = Catalogue.discover(), Tagger(Keyring.open(tmp_path))
    try:
        yield Shredder(database, catalogue, tagger, log)
    finally:
        await database.close()


async def fetch(hub, query, *given):
    async with hub.database.connection() as connection:
        return await connection.fetch(query, *given)


async def execute(hub, query, *given):
    async with hub.database.transaction() as connection:
        await connection.execute(query, *given)


async def free(hub, world):
    """Return the number and id of somebody whom nothing keeps, in a household of several."""
    await execute(hub, "update recognition set valid_to = '2026-01-01'")
    await execute(hub, "update alert set closed_on = '2026-01-01'")
    for number, person in world.person_by_number.items():
        kin = await fetch(
            hub,
            "select distinct other.person_id from membership m "
            "join membership other using (cell, household_id) where m.person_id = $1",
            person,
        )
        if len(kin) > 1 and await fetch(hub, STATE, person):
            return number, person
    raise AssertionError("nobody")


async def everything(hub, but=()):
    """Return how many rows each table has that are not of these identities."""
    names = ["data_key", "identity", "link"]
    names += [d.name for d in hub.catalogue.stored if d.subject is Subject.PERSON]
    return {
        name: (await fetch(
            hub, f"select count(*) from {name} where not identity_id = any($1)", list(but)  # noqa: S608
        ))[0][0]
        for name in names
    }  # fmt: skip


async def test_nothing_of_the_person_is_left_and_everything_of_others_is(hub, template):
    number, person = await free(hub, template[2])
    theirs = [row["identity_id"] for row in await fetch(hub, STATE, person)]
    others = await everything(hub, but=theirs)

    done = await hub.shred(person, AT, **WANTED)

    assert (done.identities, done.data_keys) == (len(set(theirs)), len(set(theirs)))
    assert await everything(hub) == others
    for table in ("person_tag", "membership", "link", "member_now", "identity_now"):
        assert not await fetch(hub, f"select from {table} where person_id = $1", person)
    assert not await fetch(hub, "select from person_tag where tag = $1", hub.tagger.person(number))
    async with hub.database.connection() as connection:
        assert await strays(connection) == 0
    assert hub.log.record() == {
        "act": "shred", "identities": done.identities, "keys": done.data_keys, "by": "op-1",
        "agreed": "op-2", "why": "asked for", "outcome": "announced",
    }  # fmt: skip
    (alias,) = await fetch(hub, "select log_alias from person where person_id = $1", person)
    assert [s.tag for s in hub.log.entries[-1].subjects] == [hub.tagger.subject(alias[0])]


@pytest.mark.parametrize("at", ["", ', knownAt: "2026-10-01T00:00:00Z"', ', asOf: "2025-06-01"'])
async def test_a_look_up_tells_of_them_what_it_tells_of_a_stranger(hub, template, tmp_path, at):
    number, person = await free(hub, template[2])
    stranger = next(n for n in (f"69010619900101{k:03d}X" for k in range(999)) if _valid(n))
    made = asking(hub.database.dsn, Keyring.open(tmp_path), hub.catalogue)
    ask = '{ person(nationalId: "%s"%s) { id population { name } } }'
    try:
        known = await made.body(ask % (number, ""), WARNER)
        await hub.shred(person, AT, **WANTED)

        found = await made.body(ask % (number, at), WARNER)
        missing = await made.body(ask % (stranger, at), WARNER)
    finally:
        await made.database.close()
    assert known["data"]["person"]["id"]
    for answer in (found, missing):
        del answer["extensions"]
    assert found == missing == {"data": {"person": None}}


async def test_what_a_score_read_of_them_is_forgotten_and_the_household_scored_anew(hub, template):
    _, person = await free(hub, template[2])
    home = "select cell, household_id from membership where person_id = $1 limit 1"
    (place,) = await fetch(hub, home, person)
    await execute(
        hub, "insert into score_input values ($1, $2, gen_random_uuid(), now(), '')", *place
    )

    await hub.shred(person, AT, **WANTED)

    assert not await fetch(hub, "select from score_input where household_id = $1", place[1])
    assert await fetch(hub, "select from unscored where household_id = $1", place[1])


async def test_a_household_goes_with_its_last_member(hub, template):
    _, person = await free(hub, template[2])
    home = "select household_id from membership where person_id = $1 limit 1"
    household = (await fetch(hub, home, person))[0][0]
    tag = "select number_tag from household where household_id = $1"
    (before,) = await fetch(hub, tag, household)
    members = "select distinct person_id from membership where household_id = $1"
    for member in await fetch(hub, members, household):
        await hub.shred(member[0], AT, **WANTED)

    for table, column in (
        ("household_place", "household_id"), ("score_input", "household_id"),
        ("unscored", "household_id"), ("data_key", "identity_id"), ("score", "identity_id"),
    ):  # fmt: skip
        assert not await fetch(hub, f"select from {table} where {column} = $1", household)
    (after,) = await fetch(hub, tag, household)
    assert after != before


async def record_of(hub, name, person, **clear):
    """Store a record of civil affairs about somebody, which holds, with nothing in it."""
    groups = [f"sealed_{group}" for group in hub.catalogue.by_name[name].groups]
    names = ["cell", "identity_id", "version_id", "record_id", "valid_from", "valid_to",
             "known_from", "known_to", *clear, *groups]  # fmt: skip
    values = ["l.cell", "l.identity_id", "gen_random_uuid()", "gen_random_uuid()", "'2026-01-01'"]
    values += ["'9999-12-31'", "now()", "'infinity'", *clear.values(), *["''" for _ in groups]]
    await execute(
        hub,
        f"insert into {name} ({', '.join(names)}) select {', '.join(values)} "  # noqa: S608
        "from link l where l.person_id = $1 limit 1",
        person,
    )


async def kept(hub, reason, person):
    if reason == "assistance that is being given":
        await record_of(hub, "recognition", person)
    elif reason == "commitment that has not ended":
        await record_of(hub, "commitment", person, state="'supervised'")
    elif reason == "open alert of the household":
        await execute(
            hub,
            "update alert a set known_to = 'infinity', valid_to = '9999-12-31', closed_on = null, "
            "identity_id = m.household_id from membership m where m.person_id = $1",
            person,
        )
    elif reason == "open case":
        await execute(
            hub,
            "insert into case_now values ('civil-affairs', 'c-1', '{CASE}', '{}', '{}', now())",
        )
        await execute(
            hub,
            "insert into case_subject select cell, 'civil-affairs', 'c-1', 'person', person_id "
            "from person where person_id = $1",
            person,
        )
    else:
        await execute(
            hub,
            "insert into outbox select gen_random_uuid(), 'education', 1, 'x', l.cell, "
            "l.identity_id, '', 'waiting', 0, null, now(), now() from link l "
            "where l.person_id = $1 limit 1",
            person,
        )


@pytest.mark.parametrize(
    "reason",
    [
        "assistance that is being given",
        "commitment that has not ended",
        "open alert of the household",
        "open case",
        "message that waits to be sent",
    ],
)
async def test_who_is_kept_by_something_is_not_destroyed_and_it_is_said_by_what(
    hub, template, reason
):
    _, person = await free(hub, template[2])
    await kept(hub, reason, person)
    before = await everything(hub)

    with pytest.raises(ShredRefusedError, match=reason):
        await hub.shred(person, AT, **WANTED)

    assert await everything(hub) == before
    assert not hub.log.entries


async def test_one_person_alone_destroys_nobody(hub, template):
    _, person = await free(hub, template[2])

    with pytest.raises(ShredRefusedError, match="Two people"):
        await hub.shred(person, AT, by="op-1", agreed="op-1", why="asked for")

    assert await fetch(hub, STATE, person)


async def test_nobody_of_that_id_is_destroyed(hub):
    with pytest.raises(ShredRefusedError, match="no person of this id"):
        await hub.shred(uuid4(), AT, **WANTED)


async def test_what_cannot_be_put_on_record_is_not_done(hub, template):
    _, person = await free(hub, template[2])
    before = await everything(hub)
    hub.log.breaks = Break.BEFORE

    for act in (
        hub.shred(person, AT, **WANTED),
        hub.hold(person, AT, by="op-1", why="a court asks"),
    ):
        with pytest.raises(AuditUnavailableError):
            await act

    assert await everything(hub) == before
    assert not await fetch(hub, "select from shredding union all select from legal_hold")


async def test_a_hold_keeps_until_it_is_lifted(hub, template):
    _, person = await free(hub, template[2])
    await hub.hold(person, AT, by="op-3", why="a court asks")
    with pytest.raises(ShredRefusedError, match="legal hold"):
        await hub.shred(person, AT, **WANTED)

    await hub.lift(person, AT, by="op-4", why="it is over")
    await hub.shred(person, AT, **WANTED)

    with pytest.raises(ShredRefusedError, match="no hold"):
        await hub.lift(person, AT, by="op-4", why="again")
    acts = [hub.log.record(n)["act"] for n in range(len(hub.log.entries))]
    assert acts == ["hold", "lift", "shred"]


async def test_the_alias_goes_when_the_log_need_not_name_them_any_more(hub, template):
    _, person = await free(hub, template[2])
    await hub.shred(person, AT, **WANTED)

    assert await hub.forget(AT + timedelta(days=1_000), by="op-1") == 0
    assert await fetch(hub, "select from person where person_id = $1", person)
    assert await hub.forget(AT + timedelta(days=1_100), by="op-1") == 1
    assert await hub.forget(AT + timedelta(days=1_101), by="op-1") == 0
    assert not await fetch(hub, "select from person where person_id = $1", person)
    assert hub.log.record()["people"] == 1


def _valid(number):
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    total = sum(w * int(d) for w, d in zip(weights, number, strict=False))
    return "10X98765432"[total % 11] == number[-1]
