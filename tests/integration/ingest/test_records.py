"""What becomes of single records: corrected, taken back, outdated, contradicting, unknown."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.mapping import FieldMap
from hub.store.sources import who_waits
from tests.support.district import hub_on
from tests.support.ingest_desk import DEPARTMENTS, Desk
from tests.support.records import AT, FIRST, SECOND, THIRD, enrolment, resident

pytestmark = [pytest.mark.anyio, pytest.mark.database]
REGISTER, INSURANCE = DEPARTMENTS["public-security"], DEPARTMENTS["medical-insurance"]


@pytest.fixture
async def desk(store, keyring):
    async with hub_on(store, keyring) as hub:
        made = Desk(hub)
        await made.scope(homes=["H1"])
        yield made


async def test_a_change_from_a_later_day_splits_what_is_known(desk):
    await desk.give(resident())
    await desk.give(resident(at=AT + timedelta(days=1), 变更日期="20260501", 户籍地址="示范路2号"))

    assert await desk.spans("population") == [
        (date(2020, 3, 1), date(2026, 5, 1)),
        (date(2026, 5, 1), date.max),
    ]
    ((versions,),) = await desk.read("SELECT count(*) FROM population")
    assert versions == 3
    assert await desk.spans("membership") == [(date(2020, 3, 1), date.max)]


async def test_a_correction_of_the_same_day_ends_what_was_known_and_keeps_it(desk):
    await desk.give(resident())
    await desk.give(resident(at=AT + timedelta(days=1), 联系电话="12900000002"))

    assert await desk.spans("population") == [(date(2020, 3, 1), date.max)]
    ended = await desk.read("SELECT known_to FROM population WHERE known_to <> 'infinity'")
    began = await desk.read("SELECT known_from FROM population WHERE known_to = 'infinity'")
    assert ended == began


async def test_a_record_that_is_taken_back_ends_on_its_day_and_its_person_leaves(desk):
    await desk.give(resident())
    report = await desk.give(resident(at=AT + timedelta(days=1), deleted=True, 变更日期="20260601"))

    assert report.ended == 1
    assert await desk.spans("population") == [(date(2020, 3, 1), date(2026, 6, 1))]
    assert await desk.spans("membership") == [(date(2020, 3, 1), date(2026, 6, 1))]


async def test_an_outdated_row_is_kept_as_words_and_changes_no_fact(desk):
    await desk.give(resident())
    before = await desk.read("SELECT * FROM population ORDER BY version_id")
    report = await desk.give(resident(at=AT - timedelta(days=9), 户籍地址="示范路9号"))

    assert report.stale == 1
    assert await desk.read("SELECT * FROM population ORDER BY version_id") == before
    ((words,),) = await desk.read("SELECT count(*) FROM source_record")
    assert words == 2


async def test_a_corrected_number_leaves_nothing_with_the_wrong_person(desk):
    await desk.scope(numbers=[SECOND])
    await desk.give(resident())
    wrong = desk.hub.tagger.person(FIRST)
    await desk.give(resident(number=SECOND, at=AT + timedelta(days=1), 变更日期="20260901"))

    left = await desk.read(
        "SELECT 1 FROM population p JOIN identity i USING (cell, identity_id) "
        "WHERE i.person_tag = $1 AND p.known_to = 'infinity'",
        wrong,
    )
    homes = await desk.read(
        "SELECT count(DISTINCT person_id) FROM membership WHERE known_to = 'infinity'"
    )
    assert left == []
    assert homes == [(1,)]


async def test_who_dies_no_longer_lives_in_the_household(desk):
    await desk.give(resident())
    await desk.give(resident(at=AT + timedelta(days=1), 变更日期="20261020", 人员状态="死亡"))

    assert await desk.spans("membership") == [(date(2020, 3, 1), date(2026, 10, 20))]
    assert len(await desk.spans("population")) == 2


async def test_moving_house_moves_the_membership_from_that_day(desk):
    await desk.scope(homes=["H2"])
    await desk.give(resident(), resident("R2", SECOND, 户号="H2", 出生日期="19590108"))
    await desk.give(resident(at=AT + timedelta(days=1), 变更日期="20260901", 户号="H2"))

    ((homes,),) = await desk.read("SELECT count(DISTINCT household_id) FROM membership")
    spans = await desk.spans("membership")
    assert homes == 2
    assert (date(2026, 9, 1), date.max) in spans
    assert (date(2020, 3, 1), date(2026, 9, 1)) in spans


async def test_a_number_with_another_name_and_birth_date_waits_and_a_good_version_resolves_it(desk):
    await desk.give(resident())
    report = await desk.give(enrolment(XM="乙二", CSRQ="1980-01-01"))
    assert report.quarantined == {"identity-conflict": 1}
    assert await desk.spans("medical_enrolment") == []

    again = await desk.give(enrolment(at=AT + timedelta(days=1)))

    assert (again.accepted, again.resolved) == (1, 1)
    assert await desk.read("SELECT resolution FROM quarantine") == [("superseded",)]


@pytest.mark.parametrize("words", [{"XM": "乙二"}, {"CSRQ": "1979-03-16"}])
async def test_another_name_or_another_birth_date_alone_is_accepted(desk, words):
    await desk.give(resident())
    report = await desk.give(enrolment(**words))

    assert report.accepted == 1


async def test_a_record_of_nobody_in_scope_is_counted_and_dropped(desk):
    await desk.give(resident())
    report = await desk.give(enrolment("E9", THIRD))

    assert (report.read, report.out_of_scope) == (1, 1)
    assert (
        await desk.read("SELECT 1 FROM source_record WHERE department = 'medical-insurance'") == []
    )


async def test_a_listed_person_whom_the_register_does_not_know_waits_and_is_found_later(desk):
    await desk.scope(numbers=[SECOND])
    report = await desk.give(enrolment("E2", SECOND))
    assert report.quarantined == {"person-unknown": 1}
    await desk.give(resident("R2", SECOND, 出生日期="19590108"))

    replayed = await desk.hub.ingest.replay(INSURANCE)

    assert (replayed.accepted, replayed.resolved) == (1, 1)
    assert len(await desk.spans("medical_enrolment")) == 1


async def test_a_source_is_read_again_when_the_register_found_new_members(desk):
    await desk.give(enrolment("E2", SECOND))
    assert await desk.spans("medical_enrolment") == []
    await desk.give(resident("R2", SECOND, 出生日期="19590108"))

    report = await desk.hub.ingest.run(INSURANCE, desk.sources[INSURANCE.name])

    assert report.accepted == 1


async def test_a_person_listed_by_number_brings_their_household_into_scope(desk):
    await desk.scope(numbers=[FIRST])
    report = await desk.give(
        resident("R2", SECOND, 出生日期="19590108", 户号="H7"), resident(户号="H7")
    )

    # Once for the household's other member, once for what else is told of the two by then.
    assert report.rereads == 2
    ((people,),) = await desk.read("SELECT count(*) FROM person")
    assert people == 2


async def test_a_mapping_that_learns_a_code_lets_waiting_records_in(desk):
    await desk.give(resident())
    report = await desk.give(enrolment(XZLX="999"))
    assert report.quarantined == {"code-unknown": 1}

    mapping = INSURANCE.mappings["medical_enrolment"]
    taught = tuple(
        FieldMap("scheme", "XZLX", lambda _: "390") if f.field == "scheme" else f
        for f in mapping.fields
    )
    learned = {**INSURANCE.mappings, mapping.dataset: dataclasses.replace(mapping, fields=taught)}
    replayed = await desk.hub.ingest.replay(dataclasses.replace(INSURANCE, mappings=learned))

    assert (replayed.accepted, replayed.resolved) == (1, 1)


async def test_a_record_that_waits_is_known_by_its_person_until_it_is_mended(desk):
    await desk.give(resident())
    ((person,),) = await desk.read("SELECT person_id FROM person")

    async def waits():
        async with desk.hub.database.connection() as connection:
            return await who_waits(connection, "medical_enrolment", [person])

    await desk.give(enrolment(XZLX="999"))
    before = await waits()
    await desk.give(enrolment(XZLX="390"))

    assert before == {person}
    assert await waits() == frozenset()


async def test_the_same_faulty_record_waits_once(desk):
    await desk.give(resident(公民身份号码="x"), resident(公民身份号码="x"))

    rows = await desk.read("SELECT reasons::text FROM quarantine")
    assert len(rows) == 1
    assert "number-format" in rows[0][0]


async def test_two_people_of_one_household_are_scored_as_one(desk):
    await desk.give(resident(), resident("R2", THIRD, 出生日期="20110902", 与户主关系="20"))

    rows = await desk.read("SELECT total, band FROM score WHERE known_to = 'infinity'")
    assert len(rows) == 1
    assert rows[0][1] == "green"


async def test_times_of_sources_are_kept_in_utc(desk):
    await desk.give(resident())

    ((when,),) = await desk.read("SELECT source_time FROM population")
    assert when == datetime(2026, 11, 1, tzinfo=UTC)
