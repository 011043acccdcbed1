"""What one worker revokes is known to the other within a second; what nobody knows is refused."""

import time
from datetime import timedelta

import pytest

from hub.errors import StoreUnavailableError
from hub.http import revocations
from hub.http.revocations import FRESH_S, StoredRevocations, TooManyRevokedError
from hub.sealing.tags import Tagger
from hub.store.database import Database
from tests.fakes.database import BreakingDatabase, Commit
from tests.support.edge import START, SetClock, new_keyring

pytestmark = [pytest.mark.anyio, pytest.mark.database]
LATER = START + timedelta(seconds=600)


class Ticks:
    """A clock that goes on when it is told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def tagger(tmp_path):
    return Tagger(new_keyring(tmp_path / "keys"))


async def test_another_worker_knows_within_half_a_second_and_an_ended_token_is_forgotten(
    hub_database, tagger
):
    one, other = Database(hub_database), Database(hub_database)
    ticks, clock = Ticks(), SetClock()
    here = StoredRevocations(one, tagger, clock, ticks)
    there = StoredRevocations(other, tagger, clock, ticks)
    tag = "insurance-system", "id-1"
    assert not await here.is_revoked(*tag)
    assert not await there.is_revoked(*tag)

    await here.revoke("insurance-system", "id-1", LATER)
    assert await here.is_revoked(*tag)
    ticks.now += FRESH_S
    assert await there.is_revoked(*tag)
    assert not await there.is_revoked("another-system", "id-1")

    clock.now = LATER + timedelta(seconds=1)
    await there.revoke("insurance-system", "id-2", clock.now + timedelta(seconds=600))
    async with one.connection() as connection:
        rows = await connection.fetch("select jti_tag from token_revoked")
    assert [row["jti_tag"] for row in rows] == here._tags("insurance-system", "id-2")
    await one.close()
    await other.close()


async def test_two_real_clocks_apart_it_takes_less_than_a_second(hub_database, tagger):
    one, other = Database(hub_database), Database(hub_database)
    here = StoredRevocations(one, tagger, SetClock(), time.monotonic)
    there = StoredRevocations(other, tagger, SetClock(), time.monotonic)
    tag = "x", "id-1"
    assert not await there.is_revoked(*tag)

    await here.revoke("x", "id-1", LATER)
    began = time.monotonic()
    while not await there.is_revoked(*tag):
        pass
    took = time.monotonic() - began
    await one.close()
    await other.close()

    assert took < 1


async def test_while_the_database_is_away_what_was_known_is_good_for_half_a_second(
    hub_database, tagger
):
    database, ticks = Database(hub_database), Ticks()
    stored = StoredRevocations(database, tagger, SetClock(), ticks)
    await stored.revoke("x", "id-1", LATER)
    assert await stored.is_revoked("x", "id-1")
    stored._database = Database("postgresql://nobody@127.0.0.1:1/none")

    assert not await stored.is_revoked("x", "id-2")
    ticks.now += FRESH_S
    with pytest.raises(StoreUnavailableError):
        await stored.is_revoked("x", "id-2")
    await database.close()


@pytest.mark.parametrize("breaks", Commit)
async def test_a_revocation_that_broke_can_be_sent_again(hub_database, tagger, breaks):
    database = Database(hub_database)
    broken = BreakingDatabase(database, breaks, 1)
    stored = StoredRevocations(broken, tagger, SetClock(), Ticks())
    tag = "x", "id-1"
    with pytest.raises(Exception, match="gone"):
        await stored.revoke("x", "id-1", LATER)

    assert await stored.is_revoked(*tag) is (breaks is Commit.UNHEARD)
    await stored.revoke("x", "id-1", LATER)
    assert await stored.is_revoked(*tag)
    await database.close()


async def test_a_client_cannot_fill_the_memory_of_every_worker(hub_database, tagger, monkeypatch):
    monkeypatch.setattr(revocations, "MAX_FOR_CLIENT", 2)
    database = Database(hub_database)
    stored = StoredRevocations(database, tagger, SetClock(), Ticks())
    for number in range(2):
        await stored.revoke("x", str(number), LATER)

    with pytest.raises(TooManyRevokedError):
        await stored.revoke("x", "one more", LATER)
    await stored.revoke("y", "of another", LATER)
    assert not await stored.is_revoked("x", "one more")
    await database.close()
