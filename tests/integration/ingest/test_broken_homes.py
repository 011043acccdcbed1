"""One household of which a value does not open: it is left out, and all others are scored."""

import pytest

from hub.errors import SealBrokenError
from hub.ingest import around
from hub.ingest.full_pass import FullPass
from hub.ingest.report import IngestFailedError
from hub.ingest.vectors_read import VectorsReader
from hub.sealing.broken import Reason, listening
from hub.store.sources import add_to_scope
from schema.ids import check_character
from scoring.facts import fields_number
from tests.fakes.audit_log import FakeLog
from tests.integration.ingest.test_first_reading import REGISTER, read, register, waiting
from tests.support.district import hub_on
from tests.support.records import resident

pytestmark = [pytest.mark.anyio, pytest.mark.database]
HOMES = 9
SPOIL = "update {0} set {1} = set_byte({1}, 20, get_byte({1}, 20) # 1)"
A_HOME = "(select household_id from household order by household_id offset 4 limit 1)"
SPOIL_FACTS, SPOIL_VECTORS = (
    SPOIL.format("population", "sealed_who"),
    SPOIL.format("score_input", "sealed"),
)
OF_ONE = " where identity_id = (select l.identity_id from link l join membership m "
OF_ONE += f"using (cell, person_id) where m.household_id = {A_HOME})"
SPOIL_FACT = SPOIL_FACTS + OF_ONE
SPOIL_VECTOR = f"{SPOIL_VECTORS} where household_id = {A_HOME}"
ALL_WAIT = "insert into unscored select cell, household_id, false from household"


def number_of(n):
    first17 = f"6901061979031500{n}"
    return first17 + check_character(first17)


@pytest.fixture
async def hub(store, keyring):
    async with hub_on(store, keyring, journal=FakeLog()) as made:
        homes = [f"H{n}" for n in range(HOMES)]
        async with made.database.connection() as connection:
            tags = [made.tagger.household(home) for home in homes]
            await add_to_scope(connection, tags, ("household", 1, 1))
        people = [resident(f"R{n}", number_of(n), 户号=home) for n, home in enumerate(homes)]
        await made.ingest.run(REGISTER, register(*people))
        yield made


async def run(hub, *statements):
    async with hub.database.transaction() as connection:
        for statement in statements:
            await connection.execute(statement)


async def scored(hub):
    ((number,),) = await read(hub, "select count(*) from score where known_to = 'infinity'")
    return number


def whole(hub):
    reader = VectorsReader(hub.keys, fields_number(hub.rescorer.profile.fields_read))
    return FullPass(hub.database, hub.rescorer, reader)


async def test_who_waits_is_scored_around_it_and_it_goes_on_waiting(hub):
    await run(hub, SPOIL_FACT, ALL_WAIT, "delete from score")
    found = []
    with listening(found.append):
        done = await hub.ingest.score_waiting()

    assert (done.households, done.broken) == (HOMES - 1, 1)
    assert (await scored(hub), await waiting(hub)) == (HOMES - 1, 1)
    assert {(each.dataset, each.reason) for each in found} == {("population", Reason.VALUE)}

    await run(hub, SPOIL_FACT)  # the same again mends it
    mended = await hub.ingest.score_waiting()
    assert (mended.households, mended.broken, await waiting(hub)) == (1, 0, 0)
    assert await scored(hub) == HOMES


@pytest.mark.parametrize("spoil", [SPOIL_VECTOR, SPOIL_FACT])
async def test_a_pass_goes_around_it(hub, spoil):
    # Without vectors everybody is scored from their facts.
    more = ["delete from score_input"] if spoil is SPOIL_FACT else []
    await run(hub, spoil, *more, "delete from score")
    done = await whole(hub).run()

    assert (done.households, done.rescored.broken) == (HOMES - 1, 1)


async def test_where_many_are_broken_the_work_stops_and_says_so(hub, monkeypatch):
    monkeypatch.setattr(around, "MANY", 3)
    await run(hub, SPOIL_VECTORS)
    with pytest.raises(SealBrokenError):
        await whole(hub).run()

    await run(hub, SPOIL_FACTS, ALL_WAIT)
    with pytest.raises(IngestFailedError):
        await hub.ingest.score_waiting()
    assert await waiting(hub) == HOMES
