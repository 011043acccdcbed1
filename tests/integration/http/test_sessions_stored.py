"""Sessions are rows: every worker knows them, they end in time, and a write that broke is known."""

from datetime import timedelta

import pytest

from hub.access import is_opaque
from hub.http.sessions import ABSOLUTE, IDLE, MAX_TOKENS, Issued, Session, StoredSessions
from hub.sealing.tags import Tagger
from hub.store.database import Database
from tests.fakes.database import BreakingDatabase, Commit
from tests.support.edge import START, SetClock, new_keyring

pytestmark = [pytest.mark.anyio, pytest.mark.database]
SOMEBODY = Session("person:abc", ("auditing-person",))
LATER = int(START.timestamp()) + 300


@pytest.fixture
def tagger(tmp_path):
    return Tagger(new_keyring(tmp_path / "keys"))


async def test_another_worker_knows_a_session_and_no_secret_or_name_is_stored(hub_database, tagger):
    one, other = Database(hub_database), Database(hub_database)
    clock = SetClock()
    here, there = (StoredSessions(database, tagger, clock) for database in (one, other))
    actor = here.actor("https://openid.example", "auditor-1@city.example")
    await here.begin("secret-1", Session(actor, ("a", "b")))

    assert await there.use("secret-1") == Session(actor, ("a", "b"))
    assert await there.use("secret-2") is None
    assert await there.issued("secret-1", Issued("a", "id-1", LATER))
    assert not await there.issued("secret-2", Issued("a", "id-1", LATER))
    assert is_opaque(actor)
    assert not any(letter.isdigit() for letter in actor)
    assert actor == there.actor("https://openid.example", "auditor-1@city.example")
    assert actor != there.actor("https://another.example", "auditor-1@city.example")
    async with one.connection() as connection:
        row = str(dict(await connection.fetchrow("select * from person_session")))
    assert "secret-1" not in row
    assert "city" not in row
    assert list(await here.end("secret-1")) == [Issued("a", "id-1", LATER)]
    assert await there.use("secret-1") is None
    assert list(await there.end("secret-1")) == []
    await one.close()
    await other.close()


async def test_a_session_ends_in_time_and_is_forgotten(hub_database, tagger):
    database, clock = Database(hub_database), SetClock()
    sessions = StoredSessions(database, tagger, clock)
    await sessions.begin("idle", SOMEBODY)
    clock.now += IDLE - timedelta(seconds=1)
    assert await sessions.use("idle") is not None
    clock.now += IDLE - timedelta(seconds=1)
    assert await sessions.use("idle") is not None
    clock.now += IDLE
    assert await sessions.use("idle") is None

    await sessions.begin("busy", SOMEBODY)
    began = clock.now
    while clock.now < began + ABSOLUTE - IDLE:
        clock.now += IDLE - timedelta(seconds=1)
        assert await sessions.use("busy") is not None
    clock.now = began + ABSOLUTE
    assert await sessions.use("busy") is None

    await sessions.begin("new", SOMEBODY)
    async with database.connection() as connection:
        assert await connection.fetchval("select count(*) from person_session") == 1
    await database.close()


async def test_a_session_has_only_so_many_tokens_that_live(hub_database, tagger):
    database, clock = Database(hub_database), SetClock()
    sessions = StoredSessions(database, tagger, clock)
    await sessions.begin("one", SOMEBODY)
    for number in range(MAX_TOKENS):
        assert await sessions.issued("one", Issued("a", str(number), LATER))

    assert not await sessions.issued("one", Issued("a", "more", LATER))
    clock.forward(300)
    assert await sessions.issued("one", Issued("a", "later", LATER + 300))
    assert list(await sessions.end("one")) == [Issued("a", "later", LATER + 300)]
    await database.close()


@pytest.mark.parametrize("breaks", Commit)
async def test_a_beginning_or_an_end_that_broke_can_be_tried_again(hub_database, tagger, breaks):
    database = Database(hub_database)
    whole = StoredSessions(database, tagger, SetClock())
    first = StoredSessions(BreakingDatabase(database, breaks, 1), tagger, SetClock())
    with pytest.raises(Exception, match="gone"):
        await first.begin("one", SOMEBODY)
    assert (await whole.use("one") is not None) is (breaks is Commit.UNHEARD)
    await whole.begin("two", SOMEBODY)

    second = StoredSessions(BreakingDatabase(database, breaks, 1), tagger, SetClock())
    with pytest.raises(Exception, match="gone"):
        await second.end("two")
    assert (await whole.use("two") is None) is (breaks is Commit.UNHEARD)
    await whole.end("two")
    assert await whole.use("two") is None
    await database.close()
