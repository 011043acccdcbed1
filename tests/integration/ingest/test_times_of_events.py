"""The time at which a source changed a record tells no sealed date, and still orders versions."""

from datetime import UTC, date, datetime, timedelta

import orjson
import pytest

from connectors.department import discover
from hub.access import default_policy_text
from hub.query.policies import publish_policy
from hub.store.sources import add_to_scope
from tests.support.asking import OFFICER, asking
from tests.support.cases import register_case
from tests.support.district import NOW, hub_on
from tests.support.records import (
    FIRST,
    ListConnector,
    certificate,
    enrolment,
    resident,
    settlement,
)

pytestmark = [pytest.mark.anyio, pytest.mark.database]
DEPARTMENTS = discover()
DAY_AFTER = datetime(2026, 10, 20, 3, 5, 7, tzinfo=UTC)
"""The insurer's row of a settlement of the 19th was last changed then."""
MONTH = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture
async def hub(store, keyring):
    async with hub_on(store, keyring) as made:
        async with made.database.connection() as connection:
            await add_to_scope(connection, [made.tagger.household("H1")], ("household", 1, 1))
        await give(made, resident())
        yield made


async def give(hub, *records):
    """Let a department tell of `records`, and return what became of them."""
    department = DEPARTMENTS[records[0].department]
    source = ListConnector(department.name, list(records))
    async with hub.database.connection() as connection:
        await connection.execute(
            "UPDATE cursor SET position = NULL WHERE department = $1", department.name
        )
    return await hub.ingest.run(department, source)


async def read(hub, statement):
    async with hub.database.connection() as connection:
        return [tuple(row) for row in await connection.fetch(statement)]


@pytest.mark.parametrize("record", [settlement, certificate])
async def test_no_table_holds_the_exact_time_of_an_event_whose_day_is_sealed(hub, record):
    given = record(at=DAY_AFTER)
    await give(hub, given)
    await give(hub, record(at=DAY_AFTER + timedelta(days=3), XM="甲 一", 姓名="甲 一"))

    told = await read(hub, f"SELECT source_time FROM {given.dataset}")  # noqa: S608 - a declared name
    kept = await read(
        hub,
        f"SELECT source_time FROM source_record WHERE dataset = '{given.dataset}'",  # noqa: S608 - a declared name
    )
    assert {when for (when,) in told + kept} == {MONTH}
    assert len(kept) == 2


async def test_no_valid_day_tells_on_which_day_a_certificate_was_issued_or_changed(hub):
    await give(hub, certificate(at=DAY_AFTER))

    assert await read(hub, "SELECT valid_from FROM disability_certificate") == [(date(2026, 8, 1),)]


async def test_other_records_keep_the_exact_time_of_their_source(hub):
    await give(hub, enrolment(at=DAY_AFTER))

    assert await read(hub, "SELECT source_time FROM medical_enrolment") == [(DAY_AFTER,)]


@pytest.mark.parametrize("record", [settlement, certificate])
@pytest.mark.parametrize(
    ("days", "stale"), [(-1, True), (-19, True), (-40, True), (1, False), (20, False)]
)
async def test_an_older_version_never_overrides_a_newer_one_of_the_same_month(
    hub, record, days, stale
):
    given = record(at=DAY_AFTER)
    await give(hub, given)
    table = f"SELECT version_id, known_to FROM {given.dataset} ORDER BY version_id"  # noqa: S608 - a declared name
    before = await read(hub, table)

    report = await give(hub, record(at=DAY_AFTER + timedelta(days=days), DBBZ="1", 残疾等级="3"))

    assert (report.stale, report.accepted) == (int(stale), int(not stale))
    assert (await read(hub, table) == before) is stale


@pytest.mark.parametrize("record", [settlement, certificate])
async def test_an_older_word_that_a_record_is_gone_does_not_end_a_newer_one(hub, record):
    await give(hub, record(at=DAY_AFTER))

    report = await give(hub, record(at=DAY_AFTER - timedelta(seconds=1), deleted=True))
    again = await give(hub, record(at=DAY_AFTER + timedelta(seconds=1), deleted=True))

    assert (report.stale, report.ended) == (1, 0)
    assert (again.stale, again.ended) == (0, 1)


async def test_versions_that_come_on_one_page_are_ordered_exactly(hub):
    await give(
        hub,
        settlement(at=DAY_AFTER),
        settlement(at=DAY_AFTER + timedelta(hours=2), DBBZ="1"),
        settlement(at=DAY_AFTER + timedelta(hours=1), GRZF="3000.00"),
    )

    report = await give(hub, settlement(at=DAY_AFTER + timedelta(minutes=90), TCZF="1.00"))

    assert report.stale == 1
    ((kept,),) = await read(
        hub,
        "SELECT count(*) FROM source_record WHERE known_to = 'infinity'"
        " AND dataset = 'medical_settlement'",
    )
    assert kept == 1


async def test_who_may_read_only_the_band_learns_the_month_and_nothing_finer(hub, store, keyring):
    await give(hub, settlement(at=DAY_AFTER), settlement("B2", at=DAY_AFTER, JSRQ="2026-10-18"))
    await give(hub, certificate(at=DAY_AFTER, 残疾等级="2"))
    async with hub.database.connection() as connection:
        await publish_policy(connection, default_policy_text(), hub.catalogue, NOW)
        await register_case(connection)
    ask = asking(store, keyring, hub.catalogue)

    body = await ask.body(
        """query Q($n: String!) { person(nationalId: $n) {
             medicalSettlements { selfPaidBand settledOn sourceTime validFrom }
             disabilityCertificates { severe issuedOn sourceTime validFrom }
             household { score { reasons { indicator source sourceTime ageDays } } }
        } }""",
        OFFICER,
        n=FIRST,
    )
    await ask.database.close()

    person = body["data"]["person"]
    settled = {
        "selfPaidBand": "2",
        "settledOn": None,
        "sourceTime": "2026-10-01T00:00:00+00:00",
        "validFrom": "2026-10-01",
    }
    assert person["medicalSettlements"] == [settled, settled]
    assert person["disabilityCertificates"] == [
        {
            "severe": True,
            "issuedOn": None,
            "sourceTime": "2026-10-01T00:00:00+00:00",
            "validFrom": "2026-08-01",
        }
    ]
    reasons = person["household"]["score"]["reasons"]
    assert {r["source"] for r in reasons} >= {"medical-insurance", "disabled-federation"}
    told = {r["sourceTime"] for r in reasons if r["source"] in DEPARTMENTS}
    assert told == {"2026-10-01T00:00:00+00:00"}
    assert b"2026-10-20" not in orjson.dumps(body)
    assert b"2026-10-19" not in orjson.dumps(body)
