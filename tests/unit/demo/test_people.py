"""The made-up people are plausible, nobody's, and the same for the same seed."""

from datetime import date
from random import Random

import pytest

from hub.demo import names
from hub.demo.chronicle import Chronicle
from hub.demo.health import HARD_TRIGGER_TIMES, STANDARD_CENTS
from hub.demo.people import HEAD, KNOWN_FAMILY
from hub.demo.town import Town
from schema.codes import ETHNIC_GROUP, REGION, RELATION
from schema.ids import CitizenNumber, Sex, parse_citizen_number

TODAY = date(2026, 11, 23)
COUNT = 600


def repeatable(seed):
    return Random(seed)


@pytest.fixture(scope="module")
def houses():
    return list(Town(seed=5, today=TODAY).households(COUNT))


@pytest.fixture(scope="module")
def charts(houses):
    chronicle = Chronicle(seed=5, today=TODAY)
    lives = [chronicle.of(house) for house in houses]
    return [(life.house, member.chart) for life in lives for member in life.members]


def test_the_same_seed_gives_the_same_people(houses):
    assert list(Town(seed=5, today=TODAY).households(COUNT)) == houses
    assert list(Town(seed=6, today=TODAY).households(COUNT)) != houses


def test_a_larger_district_begins_with_the_same_people(houses):
    assert list(Town(seed=5, today=TODAY).households(COUNT + 9))[:COUNT] == houses


def test_every_number_is_valid_unassigned_and_given_once(houses):
    people = [person for house in houses for person in house.members]

    for person in people:
        parsed = parse_citizen_number(person.number)
        assert isinstance(parsed, CitizenNumber)
        assert parsed.text == person.number
        assert person.number.startswith("69")
        assert parsed.birth_date == person.birth_date
        assert (parsed.sex is Sex.MALE) == person.male
        assert person.phone.startswith(names.PHONE_PREFIX)
        assert len(person.phone) == 11
    assert len({person.number for person in people}) == len(people)
    assert len({person.key for person in people}) == len(people)


def test_a_household_has_one_head_and_up_to_six_plausible_members(houses):
    for house in houses:
        relations = [person.relation for person in house.members]
        assert len(relations) <= 6
        if not relations:
            continue  # its last member joined another family
        assert relations.count(HEAD) == 1
        head = house.members[relations.index(HEAD)].age(TODAY)
        for person in house.members:
            assert person.relation in RELATION
            assert person.ethnic_group in ETHNIC_GROUP
            assert person.birth_date < person.registered_on < TODAY
            assert 0 <= person.age(TODAY) < 100
            if person.relation in {"20", "30"} and not house.departed:
                assert person.age(TODAY) <= head - 20
            if person.relation in {"51", "52"} and not house.departed:
                assert person.age(TODAY) >= head + 18
    assert {len(house.members) for house in houses} - {0} == {1, 2, 3, 4, 5, 6}


def test_every_community_code_is_of_the_county_and_its_fourteen_streets(houses):
    regions = {names.community(repeatable(n)) for n in range(3000)}

    assert len(regions) == names.COMMUNITIES
    assert {region[6:9] for region in regions} == {f"{n:03d}" for n in range(1, 15)}
    assert all(region in REGION and region.startswith("420106") for region in regions)
    assert all(house.region in regions and house.address for house in houses)


def test_nine_in_ten_households_are_in_scope(houses):
    listed = sum(house.listed is not None for house in houses)

    assert 0.88 * COUNT < listed < 0.98 * COUNT
    assert all(house.listed is not None for house in houses if house.struggling)


@pytest.mark.parametrize("count", [1, 3, 600])
def test_the_known_family_is_always_there(count):
    found = [
        house
        for house in Town(seed=9, today=TODAY).households(count)
        if house.label == KNOWN_FAMILY
    ]

    (family,) = found
    assert family.listed is not None
    assert [person.relation for person in family.members] == ["02", "51", "52", "30"]
    head, father, mother, daughter = (person.age(TODAY) for person in family.members)
    assert (60 <= father < 70, 60 <= mother < 70, 12 <= daughter <= 15, head) == (
        *(True, True, True),
        44,
    )


def test_the_known_head_was_in_hospital_twice_and_paid_much(charts):
    bills = next(chart.settlements for house, chart in charts if house.label == KNOWN_FAMILY)

    assert sum(bill.kind == "21" for bill in bills) >= 2


def test_a_struggling_family_paid_enough_in_one_month_for_the_hard_trigger(charts):
    found = 0
    for house, chart in charts:
        if house.struggling and chart.person == house.members[0]:
            bill = chart.settlements[-1]
            least = HARD_TRIGGER_TIMES * STANDARD_CENTS * len(house.members)
            assert bill.self_cents >= least
            assert (TODAY - bill.discharged).days <= 45
            found += 1
    assert found >= 1


def test_bills_add_up_and_lie_in_the_past(charts):
    for _, chart in charts:
        for bill in chart.settlements:
            assert bill.total_cents == bill.fund_cents + bill.self_cents
            assert bill.self_cents > 0
            assert bill.admitted <= bill.discharged < TODAY


def test_nearly_everybody_is_enrolled_and_one_in_eight_has_a_certificate(charts):
    enrolled = sum(chart.enrolment is not None for _, chart in charts) / len(charts)
    certified = sum(chart.certificate is not None for _, chart in charts) / len(charts)

    assert enrolled > 0.94
    assert 0.09 < certified < 0.15


def test_no_first_day_is_a_birth_or_issue_date(charts):
    for _, chart in charts:
        born = chart.person.birth_date
        assert chart.person.registered_on != born
        if chart.enrolment is not None:
            assert born < chart.enrolment.start < TODAY
        if chart.certificate is not None:
            assert born < chart.certificate.issued < TODAY
