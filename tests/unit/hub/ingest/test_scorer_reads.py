"""Facts become the scorer's inputs; what was never asked stays unknown."""

from datetime import UTC, date, datetime
from uuid import uuid4

from hub.ingest.scorer_reads import Read, household, member
from scoring.household import Disability, Evidence

AS_OF = date(2026, 11, 23)
WHEN = datetime(2026, 11, 1, tzinfo=UTC)
READ_AT = {"disabled-federation": WHEN, "medical-insurance": WHEN}


def read(department="medical-insurance", when=WHEN, **values):
    return Read(values, Evidence(department, when))


def settled(day, cents, visit="inpatient", **more):
    values = {"visit_type": visit, "admitted_on": day, "settled_on": day, "self_paid_cents": cents}
    return read(**{**values, "major_disease": False, **more})


def test_a_source_that_was_never_read_leaves_its_inputs_unknown():
    person = member(uuid4(), {}, AS_OF, {})

    assert person.disabilities is None
    assert person.self_paid is None
    assert person.admissions is None
    assert person.employee_insured is None
    assert person.birth_date is None


def test_a_source_that_was_read_and_says_nothing_tells_that_there_is_nothing():
    person = member(uuid4(), {}, AS_OF, READ_AT)

    assert person.disabilities is not None
    assert person.disabilities.value == ()
    assert person.disabilities.evidence == Evidence("disabled-federation", WHEN)
    assert person.admissions is not None
    assert person.admissions.value == 0


def test_only_certificates_that_are_valid_count():
    rows = [
        read("disabled-federation", category="4", level="2", status="valid"),
        read("disabled-federation", category="1", level="1", status="cancelled"),
    ]
    person = member(uuid4(), {"disability_certificate": rows}, AS_OF, READ_AT)

    assert person.disabilities is not None
    assert person.disabilities.value == (Disability(4, 2),)


def test_what_was_paid_is_added_up_by_the_month_of_settlement():
    rows = [
        settled(date(2026, 10, 3), 10_000),
        settled(date(2026, 10, 30), 5_000, "outpatient"),
        settled(date(2026, 11, 2), 1, "chronic"),
    ]
    person = member(uuid4(), {"medical_settlement": rows}, AS_OF, READ_AT)

    assert person.self_paid is not None
    assert person.self_paid.value == ((date(2026, 10, 1), 15_000), (date(2026, 11, 1), 1))


def test_admissions_count_hospital_stays_of_the_last_twelve_months():
    rows = [
        settled(date(2025, 11, 23), 1),
        settled(date(2025, 11, 24), 1),
        settled(date(2026, 11, 23), 1),
        settled(date(2026, 11, 24), 1),
        settled(date(2026, 5, 1), 1, "outpatient"),
    ]
    person = member(uuid4(), {"medical_settlement": rows}, AS_OF, READ_AT)

    assert person.admissions is not None
    assert person.admissions.value == 2


def test_evidence_is_the_newest_word_of_the_source():
    later = datetime(2026, 11, 9, tzinfo=UTC)
    rows = [
        read(when=later, scheme="310", status="active"),
        read(scheme="390", status="ended"),
    ]
    person = member(uuid4(), {"medical_enrolment": rows}, AS_OF, READ_AT)

    assert person.employee_insured is not None
    assert person.employee_insured.value is True
    assert person.employee_insured.evidence.source_time == later


def test_a_household_of_nobody_is_not_scored():
    assert household(AS_OF, [], None) is None
