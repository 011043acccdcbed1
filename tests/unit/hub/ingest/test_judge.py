"""What becomes of a record, given what the store knows: one claim a verdict."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from connectors.department import discover
from connectors.protocol import Page
from hub.ingest.judge import (
    Accepted,
    Ended,
    Held,
    OutOfScope,
    Stale,
    Unchanged,
    judge,
)
from hub.ingest.known import Known, Registered, folded
from hub.ingest.prepared import prepared as prepared_page
from hub.sealing.tags import Tagger
from hub.store.people import HouseholdPlace, PersonPlace
from hub.store.sources import StoredSource, Waiting
from tests.support.district import made_keyring
from tests.support.records import AT, FIRST, SECOND, enrolment, resident

TODAY = date(2026, 11, 23)
MAPPINGS = {
    name: mapping
    for department in discover().values()
    for name, mapping in department.mappings.items()
}


@pytest.fixture(scope="module")
def tagger(tmp_path_factory):
    return Tagger(made_keyring(tmp_path_factory.mktemp("hub") / "keys"))


def known(**more):
    parts = {
        "tag_version": 1,
        "scope": set(),
        "people": {},
        "identities": {},
        "identities_by_id": {},
        "households": {},
        "sources": {},
        "quarantine": {},
        "registered": {},
    }
    return Known(**{**parts, **more})


def ready(tagger, record):
    (prepared,) = prepared_page(Page((record,), (), ""), MAPPINGS, tagger, TODAY).records
    return prepared


def stored_as(prepared, when=AT):
    return {prepared.key_tag: StoredSource(uuid4(), "420106", uuid4(), when, {b"other"})}


def test_a_record_is_in_scope_by_its_number_or_by_its_household(tagger):
    prepared = ready(tagger, resident())

    assert isinstance(judge(prepared, known(), from_register=True), OutOfScope)
    for tag in (prepared.number_tag, prepared.household_tag):
        assert isinstance(judge(prepared, known(scope={tag}), from_register=True), Accepted)


def test_what_was_stored_once_is_unchanged_whatever_it_says(tagger):
    prepared = ready(tagger, resident())
    seen = {prepared.key_tag: StoredSource(contents={prepared.content_tag})}

    assert isinstance(judge(prepared, known(sources=seen), from_register=True), Unchanged)


def test_a_column_that_nobody_maps_makes_no_new_version(tagger):
    one, other = ready(tagger, resident(序号="1")), ready(tagger, resident(序号="2"))

    assert one.content_tag == other.content_tag
    assert one.content_tag != ready(tagger, resident(民族="02")).content_tag
    assert one.content_tag != ready(tagger, resident(deleted=True)).content_tag
    assert one.content_tag != ready(tagger, resident(at=AT + timedelta(1))).content_tag


def test_an_older_record_is_stale_and_an_equally_old_one_is_not(tagger):
    prepared = ready(tagger, resident())
    scope = {prepared.number_tag}
    newer = known(scope=scope, sources=stored_as(prepared, AT + timedelta(seconds=1)))
    equal = known(scope=scope, sources=stored_as(prepared))

    assert isinstance(judge(prepared, newer, from_register=True), Stale)
    assert isinstance(judge(prepared, equal, from_register=True), Accepted)


def test_a_record_taken_back_ends_only_what_is_stored_and_not_newer(tagger):
    prepared = ready(tagger, resident(deleted=True))
    newer = known(sources=stored_as(prepared, AT + timedelta(seconds=1)))

    assert isinstance(judge(prepared, known(), from_register=True), Unchanged)
    assert isinstance(judge(prepared, newer, from_register=True), Stale)
    current = known(sources=stored_as(prepared))
    assert isinstance(judge(prepared, current, from_register=True), Ended)


def test_a_faulty_record_waits_if_its_person_is_in_scope_or_cannot_be_told(tagger):
    faulty = ready(tagger, enrolment(XZLX="999"))
    nameless = ready(tagger, enrolment(SFZH=""))

    assert isinstance(judge(faulty, known(), from_register=False), OutOfScope)
    held = judge(faulty, known(scope={faulty.number_tag}), from_register=False)
    assert isinstance(held, Held)
    assert held.codes == ("code-unknown",)
    assert FIRST not in held.reasons
    assert isinstance(judge(nameless, known(), from_register=False), Held)


def test_a_faulty_record_waits_once_and_not_again_when_it_was_resolved(tagger):
    faulty = ready(tagger, enrolment(SFZH=""))
    row = Waiting(uuid4(), faulty.content_tag, "[]", resolved=False)
    waiting = known(quarantine={faulty.key_tag: [row]})
    settled = known(quarantine={faulty.key_tag: [replace(row, resolved=True)]})

    again = judge(faulty, waiting, from_register=False)
    assert isinstance(again, Held)
    assert not again.is_new
    assert isinstance(judge(faulty, settled, from_register=False), Unchanged)


def test_only_the_register_makes_people_known(tagger):
    prepared = ready(tagger, enrolment())
    held = judge(prepared, known(scope={prepared.number_tag}), from_register=False)

    assert isinstance(held, Held)
    assert held.codes == ("person-unknown",)


@pytest.mark.parametrize(
    ("name", "born", "conflict"),
    [
        ("乙二", date(1980, 1, 1), True),
        ("乙二", date(1979, 3, 15), False),
        ("甲一", date(1980, 1, 1), False),
        ("甲 一", date(1980, 1, 1), False),
        (None, date(1980, 1, 1), False),
        ("乙二", None, False),
    ],
)
def test_a_conflict_is_another_name_and_another_birth_date(tagger, name, born, conflict):
    prepared = ready(tagger, enrolment())
    tag = prepared.number_tag
    place = PersonPlace("420106", uuid4(), b"")
    facts = known(
        scope={tag}, people={tag: place}, registered={tag: Registered(name, born, uuid4())}
    )

    verdict = judge(prepared, facts, from_register=False)

    assert isinstance(verdict, Held if conflict else Accepted)


def test_a_record_does_not_contradict_its_own_earlier_version(tagger):
    prepared = ready(tagger, resident())
    tag = prepared.number_tag
    own = Registered("乙二", date(1980, 1, 1), prepared.record_id)
    facts = known(scope={tag}, registered={tag: own})

    assert isinstance(judge(prepared, facts, from_register=True), Accepted)


def test_who_moves_to_another_county_waits_for_a_person(tagger):
    prepared = ready(tagger, resident())
    tag, home = prepared.number_tag, prepared.household_tag
    people = {tag: PersonPlace("420203", uuid4(), b"")}
    homes = {home: HouseholdPlace("420106", uuid4(), b"")}

    for households in ({}, homes):
        facts = known(scope={tag}, people=people, households=households)
        verdict = judge(prepared, facts, from_register=True)
        assert isinstance(verdict, Held)
        assert verdict.codes == ("county-changed",)


def test_names_are_compared_without_blanks_and_widths():
    assert folded("Ａ Ｂ") == folded("ab".upper())
    assert folded("甲一") != folded("甲二")


def test_records_of_two_people_have_two_ids(tagger):
    one, other = ready(tagger, resident()), ready(tagger, resident("R2", SECOND))

    assert one.record_id != other.record_id
    assert one.record_id == ready(tagger, resident(民族="02")).record_id
