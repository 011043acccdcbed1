"""Whose record it is when numbers change: issued anew, corrected, written in two forms; twins."""

from datetime import date, timedelta

import pytest

from tests.support.district import hub_on
from tests.support.ingest_desk import Desk
from tests.support.records import AT, FIRST, enrolment, resident, settlement
from tests.support.world import number_of

pytestmark = [pytest.mark.anyio, pytest.mark.database]
BORN = date(1979, 3, 15)
ANEW, LATER = number_of(35, BORN), number_of(77, BORN)
DAY = timedelta(days=1)
PERSON = """query ($number: String!) { person(nationalId: $number) {
    id population { nationalId } medicalEnrolments { scheme }
    medicalSettlements { selfPaidBand } } }"""


@pytest.fixture
async def desk(store, keyring):
    async with hub_on(store, keyring) as hub:
        made = Desk(hub)
        await made.scope(homes=["H1"])
        yield made


async def people(desk):
    return await desk.read("SELECT person_id FROM person")


async def waiting(desk):
    rows = await desk.read("SELECT reasons::text FROM quarantine WHERE resolved_at IS NULL")
    return [text for (text,) in rows]


async def found(desk, number):
    return (await desk.ask(PERSON, number=number))["person"]


async def test_a_person_whose_number_is_issued_anew_is_found_by_either_number(desk):
    await desk.give(resident())
    ((before,),) = await people(desk)
    await desk.give(resident(number=ANEW, at=AT + DAY, 变更日期="20260501"))

    assert await people(desk) == [(before,)]
    old, new = await found(desk, FIRST), await found(desk, ANEW)
    assert old == new
    assert new["id"] == str(before)
    assert new["population"]["nationalId"] == ANEW
    assert await desk.read("SELECT count(*) FROM person_tag") == [(2,)]


async def test_other_departments_records_under_either_number_are_the_same_persons(desk):
    await desk.give(resident())
    await desk.give(settlement())
    await desk.give(resident(number=ANEW, at=AT + DAY, 变更日期="20260501"))
    await desk.give(settlement("B2", ANEW))
    await desk.give(enrolment(number=ANEW))

    person = await found(desk, FIRST)
    assert len(person["medicalSettlements"]) == 2
    assert person["medicalEnrolments"] == [{"scheme": "390"}]
    assert len(await people(desk)) == 1


async def test_a_number_that_changes_twice_leaves_one_person_with_three(desk):
    await desk.give(resident())
    await desk.give(resident(number=ANEW, at=AT + DAY))
    await desk.give(resident(number=LATER, at=AT + 2 * DAY))
    await desk.give(resident(number=LATER, at=AT + 3 * DAY, 联系电话="12900000009"))

    assert len(await people(desk)) == 1
    assert await desk.read("SELECT count(*) FROM identity") == [(1,)]
    ids = {(await found(desk, number))["id"] for number in (FIRST, ANEW, LATER)}
    assert len(ids) == 1


async def test_both_versions_on_one_page_are_one_person(desk):
    await desk.give(resident(), resident(number=ANEW, at=AT + DAY))

    assert len(await people(desk)) == 1
    assert (await found(desk, FIRST))["population"]["nationalId"] == ANEW


async def test_a_department_that_takes_over_the_new_number_keeps_its_record(desk):
    await desk.give(resident())
    await desk.give(enrolment())
    await desk.give(resident(number=ANEW, at=AT + DAY))
    await desk.give(enrolment("E2", ANEW))
    await desk.give(enrolment(number=ANEW, at=AT + 2 * DAY))

    kept = await desk.read(
        "SELECT count(*) FROM medical_enrolment e JOIN identity i USING (cell, identity_id) "
        "WHERE e.known_to = 'infinity'"
    )
    assert kept == [(2,)]
    closed = await desk.read("SELECT valid_from FROM medical_enrolment WHERE known_to < 'infinity'")
    assert len(closed) == 1  # the version that the new one supersedes, nothing else
    assert len(await people(desk)) == 1


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (ANEW, {"姓名": "乙二"}),
        (number_of(35, date(1981, 5, 5)), {}),
        (number_of(35, date(1981, 5, 5)), {"姓名": "乙二"}),
    ],
)
async def test_a_new_number_with_another_name_or_birth_date_corrects_whose_record_it_is(
    desk, number, words
):
    await desk.give(resident())
    ((before,),) = await people(desk)
    await desk.give(resident(number=number, at=AT + DAY, **words))

    assert len(await people(desk)) == 2
    living = await desk.read("SELECT person_id FROM membership WHERE known_to = 'infinity'")
    assert len(living) == 1
    assert living != [(before,)]


async def test_the_15_digit_form_is_the_same_person(desk):
    await desk.give(resident())
    await desk.give(settlement(number=FIRST))
    await desk.give(settlement("B2", FIRST[:6] + FIRST[8:17]))

    assert len((await found(desk, FIRST[:6] + FIRST[8:17]))["medicalSettlements"]) == 2
    assert len(await people(desk)) == 1


def twin(key, sequence, name, **given):
    return resident(key, number_of(sequence, BORN), 姓名=name, 与户主关系="20", **given)


async def test_twins_with_consecutive_numbers_are_two_people(desk):
    await desk.give(twin("T1", 41, "甲大"), twin("T2", 43, "甲小"))

    assert len(await people(desk)) == 2
    assert await waiting(desk) == []


async def test_a_twin_who_comes_with_the_others_number_waits_and_nobody_is_merged(desk):
    await desk.give(twin("T1", 41, "甲大"), twin("T2", 43, "甲小"))
    report = await desk.give(twin("T1", 43, "甲大", at=AT + DAY))

    assert report.quarantined == {"identity-conflict": 1}
    assert len(await people(desk)) == 2
    numbers = [(await found(desk, number_of(n, BORN)))["id"] for n in (41, 43)]
    assert len(set(numbers)) == 2


async def test_a_number_that_was_somebodys_once_is_not_given_to_another_without_a_look(desk):
    await desk.give(twin("T1", 43, "甲大"))  # with the other's number, by mistake
    await desk.give(twin("T1", 41, "甲大", at=AT + DAY))
    report = await desk.give(twin("T2", 43, "甲小"))

    assert report.quarantined == {"identity-conflict": 1}
    assert len(await people(desk)) == 1


async def test_sources_are_read_again_for_the_new_number(desk):
    await desk.give(resident())
    before = await desk.read("SELECT max(revision) FROM scope")
    await desk.give(resident(number=ANEW, at=AT + DAY))

    assert await desk.read("SELECT max(revision) FROM scope") > before
