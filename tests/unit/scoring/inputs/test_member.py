"""A member's records become inputs; what was never asked stays unknown."""

from dataclasses import fields
from datetime import UTC, date, datetime

import pytest

from scoring.household import Disability, Evidence, Schooling
from tests.support.facts import CHANGED, READ_AT, person, read, seen, value

INPUTS = {"birth_date", "sex", "relation", "person_ref"}


def one(*records, **given):
    (member, *_) = seen(person(records), **given).members
    return member


def settled(day, cents=1, visit="inpatient", **more):
    values = {"visit_type": visit, "admitted_on": day, "settled_on": day, "self_paid_cents": cents}
    return "medical_settlement", {**values, "major_disease": False, **more}


def test_of_departments_that_were_never_read_nothing_is_known():
    member = one(asked=())

    assert all(getattr(member, f.name) is None for f in fields(member) if f.name != "person_ref")


def test_departments_that_were_read_and_say_nothing_tell_that_there_is_nothing():
    member = one()

    assert {
        f.name: value(getattr(member, f.name)) for f in fields(member) if f.name not in INPUTS
    } == {
        "disabilities": (),
        "admissions": 0,
        "self_paid": (),
        "major_disease": False,
        "employee_insured": False,
        "employed": False,
        "unemployment_benefit_ended": (),
        "registered_unemployed": False,
        "schooling": Schooling.NONE,
        "school_alert": False,
        "unattended_child": False,
        "released_from_custody": (),
    }
    assert member.birth_date is None
    assert member.disabilities.evidence == Evidence("disabled-federation", READ_AT)


def test_silence_says_nothing_of_who_became_known_after_the_reading_began():
    newcomer = person(known=datetime(2026, 7, 1, 0, 0, 1, tzinfo=UTC))

    assert seen(newcomer).members[0].admissions is None


def test_only_certificates_that_are_valid_count():
    rows = [
        ("disability_certificate", {"category": "4", "level": "2", "status": "valid"}),
        ("disability_certificate", {"category": "1", "level": "1", "status": "cancelled"}),
    ]

    assert value(one(*rows).disabilities) == (Disability(4, 2),)


def test_what_was_paid_is_added_up_by_the_month_of_settlement():
    rows = [
        settled(date(2026, 9, 3), 10_000),
        settled(date(2026, 9, 30), 5_000, "outpatient"),
        settled(date(2026, 10, 2), 1, "chronic"),
    ]

    paid = ((date(2026, 9, 1), 15_000), (date(2026, 10, 1), 1))
    assert value(one(*rows).self_paid) == paid


def test_admissions_are_hospital_stays_of_the_last_twelve_months():
    days = [date(2025, 11, 1), date(2025, 11, 2), date(2026, 11, 1), date(2026, 11, 2)]
    rows = [*map(settled, days), settled(date(2026, 5, 1), 1, "outpatient")]

    assert value(one(*rows).admissions) == 2


def test_evidence_is_the_newest_word_of_the_source():
    later = datetime(2026, 10, 9, tzinfo=UTC)
    rows = [
        ("medical_enrolment", read({"scheme": "310", "status": "active"}, changed=later)),
        ("medical_enrolment", {"scheme": "390", "status": "ended"}),
    ]

    insured = one(*rows).employee_insured
    assert (insured.value, insured.evidence) == (True, Evidence("medical-insurance", later))


@pytest.mark.parametrize(
    ("records", "asked", "told"),
    [
        ([settled(date(2026, 1, 1), major_disease=True)], (), True),
        ([("health_status", {"listed_major_disease": True})], ["medical-insurance"], True),
        ([("health_status", {"listed_major_disease": False})], (), False),
        ([], ["health"], False),
        ([], ["medical-insurance"], False),
        ([], (), None),
    ],
)
def test_a_major_disease_is_what_either_department_says(records, asked, told):
    assert value(one(*records, asked=asked).major_disease) is told


@pytest.mark.parametrize(
    ("spell", "works"),
    [
        ({"month_from": date(2020, 1, 1), "month_to": None}, True),
        ({"month_from": date(2020, 1, 1), "month_to": date(2026, 8, 1)}, True),
        ({"month_from": date(2020, 1, 1), "month_to": date(2026, 7, 1)}, False),
        ({"month_from": date(2026, 11, 1), "month_to": None}, True),
        ({"month_from": date(2026, 12, 1), "month_to": None}, False),
        ({"month_from": date(2020, 1, 1), "month_to": None, "status": "suspended"}, False),
    ],
)
def test_who_works_has_a_spell_of_active_insurance_in_the_last_three_months(spell, works):
    member = one(("social_insurance", {"status": "active", "base_cents": 1, **spell}))

    assert value(member.employed) is works


def test_the_day_on_which_a_benefit_ends_counts_once_it_has_come():
    rows = [
        ("unemployment_benefit", {"end_date": day})
        for day in (date(2026, 11, 1), date(2026, 11, 2), None)
    ]

    assert value(one(*rows).unemployment_benefit_ended) == (date(2026, 11, 1),)


def test_the_newest_registration_says_whether_someone_is_unemployed():
    older = read({"registered_unemployed": True}, since=date(2026, 1, 1))
    newer = read({"registered_unemployed": False}, since=date(2026, 2, 1))
    member = one(("employment_registration", newer), ("employment_registration", older))

    assert value(member.registered_unemployed) is False


@pytest.mark.parametrize(
    ("stage", "schooling"),
    [
        ("primary", Schooling.COMPULSORY),
        ("junior", Schooling.COMPULSORY),
        ("senior", Schooling.UPPER_SECONDARY),
        ("vocational", Schooling.UPPER_SECONDARY),
        ("college", Schooling.UNIVERSITY),
        ("university", Schooling.UNIVERSITY),
    ],
)
def test_schooling_is_the_stage_of_the_newest_roll_on_which_the_pupil_is_enrolled(stage, schooling):
    rows = [
        read({"stage": "primary", "status": "enrolled"}, since=date(2018, 9, 1)),
        read({"stage": stage, "status": "enrolled"}, since=date(2024, 9, 1)),
        read({"stage": "university", "status": "left"}, since=date(2025, 9, 1)),
    ]

    assert value(one(*(("school_roll", row) for row in rows)).schooling) is schooling


def test_who_left_school_attends_none():
    left = ("school_roll", {"stage": "senior", "status": "graduated"})

    assert value(one(left).schooling) is Schooling.NONE


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        (date(2026, 5, 4), False),
        (date(2026, 5, 5), True),
        (date(2026, 11, 1), True),
        (date(2026, 11, 2), False),
    ],
)
def test_a_school_s_report_counts_for_a_hundred_and_eighty_days(day, counts):
    assert value(one(("school_alert", {"reported_on": day})).school_alert) is counts


def test_a_child_s_verdict_is_what_the_record_says_and_unknown_where_it_does_not():
    assert value(one(("child_status", {"unattended_verdict": True})).unattended_child) is True
    assert value(one(("child_status", {"unattended_verdict": None})).unattended_child) is None


def test_days_of_release_come_from_both_departments():
    rows = [
        ("custody_status", {"released_on": date(2026, 9, 1)}),
        ("justice_status", {"released_on": date(2026, 8, 1)}),
    ]

    released = one(*rows, asked=()).released_from_custody
    assert released.value == (date(2026, 8, 1), date(2026, 9, 1))
    assert released.evidence == Evidence("justice", CHANGED)


def test_a_person_whose_status_was_told_was_not_released():
    member = one(("custody_status", {"released_on": None}), asked=())

    assert value(member.released_from_custody) == ()
