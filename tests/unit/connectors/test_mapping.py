"""A declared mapping turns a department's record into ours, or into all reasons against it."""

from datetime import UTC, date, datetime

import pytest

from connectors.checks import not_in_future
from connectors.convert import citizen_number, compact_date, listed, text
from connectors.mapping import DatasetMapping, FieldMap, HouseholdMap, Quarantined, Record
from connectors.protocol import ReasonCode, SourceRecord
from schema.codes import SEX

TODAY = date(2026, 11, 23)
CHANGED = datetime(2026, 11, 1, 16, 30, tzinfo=UTC)
FIELDS = (
    FieldMap("national_id", "number", citizen_number),
    FieldMap("name", "name", text(missing=ReasonCode.NAME_MISSING)),
    FieldMap("sex", "sex", listed(SEX)),
    FieldMap("day", "day", compact_date),
)
MAPPING = DatasetMapping(
    department="testing",
    dataset="things",
    fields=FIELDS,
    number="national_id",
    name="name",
    valid_from="day",
    link_only=frozenset({"day"}),
    checks=(not_in_future("day"),),
)
WORDS = {"number": "69010619590108004x", "name": "甲", "sex": "1", "day": "20261015"}


def source(*, deleted=False, source_time=CHANGED, **words):
    return SourceRecord(
        "testing", "things", "k1", {**WORDS, **words}, "file:2", source_time, deleted
    )


def test_a_good_record_comes_in_our_words():
    record = MAPPING.apply(source(), today=TODAY)

    assert record == Record(
        department="testing",
        dataset="things",
        record_key="k1",
        subject="69010619590108004X",
        name="甲",
        birth_date=None,
        values={"national_id": "69010619590108004X", "name": "甲", "sex": "1"},
        valid_from=date(2026, 10, 15),
        source_time=CHANGED,
        deleted=False,
    )


def test_a_record_with_several_faults_reports_all_of_them():
    waiting = MAPPING.apply(source(number=None, name=" ", sex="x", day="20300101"), today=TODAY)

    assert isinstance(waiting, Quarantined)
    assert [(reason.code, reason.field) for reason in waiting.reasons] == [
        (ReasonCode.NUMBER_MISSING, "national_id"),
        (ReasonCode.NAME_MISSING, "name"),
        (ReasonCode.CODE_UNKNOWN, "sex"),
        (ReasonCode.DATE_IN_FUTURE, "day"),
    ]
    assert (waiting.record_key, waiting.location) == ("k1", "file:2")


def test_a_column_that_is_not_there_is_an_empty_word():
    bare = SourceRecord("testing", "things", "k1", {}, "file:2", CHANGED, deleted=False)

    waiting = MAPPING.apply(bare, today=TODAY)

    assert isinstance(waiting, Quarantined)
    assert len(waiting.reasons) == len(FIELDS)


def test_an_unreadable_time_of_change_waits_even_if_it_deletes():
    for deleted in (False, True):
        waiting = MAPPING.apply(source(source_time=None, deleted=deleted), today=TODAY)

        assert isinstance(waiting, Quarantined)
        assert [(r.code, r.field) for r in waiting.reasons] == [
            (ReasonCode.DATE_IMPOSSIBLE, "source_time")
        ]


def test_a_time_of_change_to_come_waits_so_that_it_cannot_outlive_later_changes():
    tomorrow_in_beijing = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)

    waiting = MAPPING.apply(source(source_time=tomorrow_in_beijing), today=TODAY)

    assert isinstance(waiting, Quarantined)
    assert waiting.reasons[0].code is ReasonCode.DATE_IN_FUTURE


def test_a_record_that_is_taken_back_comes_through_with_broken_words():
    record = MAPPING.apply(source(deleted=True, number="?", day=None), today=TODAY)

    assert isinstance(record, Record)
    assert record.deleted
    assert record.subject is None
    # Half past midnight of the second in Beijing.
    assert record.valid_from == date(2026, 11, 2)


def test_where_the_exact_day_is_sealed_the_month_begins_the_validity():
    monthly = DatasetMapping(
        department="testing",
        dataset="things",
        fields=FIELDS,
        number="national_id",
        name="name",
        valid_from="day",
        first_of_month=True,
    )

    record = monthly.apply(source(), today=TODAY)

    assert isinstance(record, Record)
    assert record.valid_from == date(2026, 10, 1)
    assert record.values["day"] == date(2026, 10, 15)


def test_a_register_places_people_in_households():
    register = DatasetMapping(
        department="testing",
        dataset="things",
        fields=FIELDS,
        number="national_id",
        name="name",
        valid_from="day",
        birth_date="day",
        household=HouseholdMap(key="name", relation="sex", region="national_id"),
    )

    record = register.apply(source(), today=TODAY)

    assert isinstance(record, Record)
    assert (record.household_key, record.relation) == ("甲", "1")
    assert record.birth_date == date(2026, 10, 15)


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "no_such_field"},
        {"birth_date": "no_such_field"},
        {"link_only": frozenset({"no_such_field"})},
        {"household": HouseholdMap("name", "sex", "no_such_field")},
        {"fields": (*FIELDS, FIELDS[0])},
    ],
)
def test_a_mapping_that_contradicts_itself_is_refused(wrong):
    right = {
        "department": "testing",
        "dataset": "things",
        "fields": FIELDS,
        "number": "national_id",
        "name": "name",
        "valid_from": "day",
    }
    with pytest.raises(ValueError, match="not consistent"):
        DatasetMapping(**{**right, **wrong})


def test_no_personal_value_shows_in_what_is_printed():
    printed = repr(MAPPING.apply(source(), today=TODAY)) + repr(source())
    printed += repr(MAPPING.apply(source(sex="?"), today=TODAY))

    for value in ("69010619590108004X", "69010619590108004x", "甲"):
        assert value not in printed
