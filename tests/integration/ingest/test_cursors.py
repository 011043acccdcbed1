"""The place up to which a source was read is kept sealed, and found again."""

import pytest

from connectors.department import discover
from connectors.protocol import Page
from hub.errors import SealBrokenError
from hub.store.cursors import read_cursor
from tests.support.district import NOW, hub_on
from tests.support.records import ListConnector, enrolment, resident

pytestmark = [pytest.mark.anyio, pytest.mark.database]
INSURANCE, REGISTER = discover()["medical-insurance"], discover()["public-security"]
PLACE = '{"CBXX":["2026-11-01 08:00:00","YB690106001"]}'


class Keyed:
    """A source whose word for a place in it is the key of its last record, as SQL sources have."""

    def __init__(self):
        self.asked = []

    async def pull(self, cursor):
        self.asked.append(cursor)
        if cursor is None:
            yield Page((enrolment("YB690106001"),), (), PLACE)


@pytest.fixture
async def hub(store, keyring):
    async with hub_on(store, keyring) as made:
        yield made


async def run(hub, statement, *arguments):
    async with hub.database.connection() as connection:
        return [tuple(row) for row in await connection.fetch(statement, *arguments)]


async def test_a_place_in_a_source_is_kept_sealed_and_the_next_reading_begins_there(hub):
    source = Keyed()
    await hub.ingest.run(INSURANCE, source)
    before = await run(hub, "SELECT * FROM cursor")
    keys = await run(hub, "SELECT * FROM data_key")

    report = await hub.ingest.run(INSURANCE, source)

    ((stored,),) = await run(hub, "SELECT position FROM cursor")
    assert b"YB690106001" not in stored
    assert source.asked == [None, PLACE]
    assert report.read == 0
    assert await run(hub, "SELECT * FROM cursor") == before
    assert await run(hub, "SELECT * FROM data_key") == keys
    assert len(keys) == 1


async def test_a_place_from_another_department_does_not_open(hub):
    await hub.ingest.run(INSURANCE, Keyed())
    await hub.ingest.run(REGISTER, ListConnector(REGISTER.name, [resident()]))
    await run(
        hub,
        "UPDATE cursor SET position = (SELECT position FROM cursor WHERE department = $1) "
        "WHERE department <> $1",
        REGISTER.name,
    )

    with pytest.raises(SealBrokenError):
        await hub.ingest.run(INSURANCE, Keyed())


async def test_a_place_whose_key_is_gone_is_not_taken_for_the_beginning(hub):
    await hub.ingest.run(INSURANCE, Keyed())
    await run(hub, "DELETE FROM data_key")

    async with hub.database.transaction() as connection:
        with pytest.raises(SealBrokenError, match="medical-insurance"):
            await read_cursor(connection, hub.keys, INSURANCE.name, NOW)
