"""Whether the scorer warns again of a family depends on what casework stored about it."""

from datetime import date

import pytest

from connectors.department import discover
from hub.store.facts import known_now
from hub.store.sources import add_to_scope
from tests.fakes.audit_log import FakeLog
from tests.support.desk import AlertCase, desk_of
from tests.support.district import hub_on
from tests.support.records import ListConnector, resident, settlement

pytestmark = [pytest.mark.anyio, pytest.mark.database]
DEPARTMENTS = discover()


@pytest.fixture
async def case(store, keyring):
    """A person whom a bill made poor: the scorer opens the alert, on a hard trigger."""
    journal = FakeLog()
    async with hub_on(store, keyring, journal=journal) as hub:
        async with hub.database.connection() as connection:
            await add_to_scope(connection, [hub.tagger.household("H1")], ("household", 1, 1))
        bill = settlement(GRZF="90000.00", ZFY="95000.00", TCZF="5000.00")
        for name, records in (("public-security", [resident()]), ("medical-insurance", [bill])):
            await hub.ingest.run(DEPARTMENTS[name], ListConnector(name, records))
        async with hub.database.connection() as connection:
            row = await connection.fetchrow("SELECT identity_id, record_id FROM alert")
        yield AlertCase(hub, journal, desk_of(hub, journal), row["identity_id"], row["record_id"])


async def rescored(case):
    """Score the household again; return the status of each of its alerts."""
    async with case.hub.database.transaction() as connection:
        at = await known_now(connection)
        await case.hub.rescorer.rescore(connection, [("420106", case.household)], at)
    rows = await case.read(
        "SELECT status FROM alert WHERE known_to = 'infinity' AND valid_to = 'infinity' "
        "ORDER BY status"
    )
    return [status for (status,) in rows]


async def closed(case, result):
    await case.visited(result=result, cause=None)
    await case.take("closeAlert", 2)


async def test_the_scorer_opens_the_alert_in_the_familys_community(case):
    rows = await case.read("SELECT status, step, community, released_on, urgent FROM alert")

    assert rows == [("screened", 0, "420106001001", date(2026, 11, 23), True)]


async def test_a_family_that_was_verified_is_left_in_peace(case):
    await closed(case, "not-in-need")

    assert await rescored(case) == ["closed"]


async def test_after_ninety_days_it_is_warned_of_again(case):
    await closed(case, "not-in-need")
    await case.read("UPDATE alert SET closed_on = $1 RETURNING 1", date(2026, 8, 25))
    assert await rescored(case) == ["closed", "screened"]


async def test_within_ninety_days_it_is_not(case):
    await closed(case, "not-in-need")
    await case.read("UPDATE alert SET closed_on = $1 RETURNING 1", date(2026, 8, 26))

    assert await rescored(case) == ["closed"]


async def test_a_family_that_was_not_met_is_warned_of_again_at_once(case):
    await closed(case, "unreachable")

    assert await rescored(case) == ["closed", "screened"]


async def test_data_that_was_wrong_is_given_fifteen_days(case):
    await closed(case, "data-error")
    assert await rescored(case) == ["closed"]
    await case.read("UPDATE alert SET closed_on = $1 RETURNING 1", date(2026, 11, 8))

    assert await rescored(case) == ["closed", "screened"]


async def test_while_casework_goes_on_a_rescoring_changes_none_of_its_steps(case):
    await case.referred()
    before = await case.now()

    await rescored(case)

    assert await case.now() == before
