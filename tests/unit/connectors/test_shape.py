"""A shape tells records apart and reads the time of change, without guessing."""

from datetime import UTC, datetime

import pytest

from connectors.protocol import ReasonCode, SourceRecord, Unreadable
from connectors.shape import Shape, beijing_day, beijing_moment

SHAPE = Shape("testing", "things", key="id", updated="at", gone={"op": frozenset({"D"})})


@pytest.mark.parametrize(
    ("word", "moment"),
    [
        ("2026-11-01 08:00:00", datetime(2026, 11, 1, 0, 0, tzinfo=UTC)),
        ("2026-11-01T08:00:00+00:00", datetime(2026, 11, 1, 8, 0, tzinfo=UTC)),
        ("2026-11-01", datetime(2026, 10, 31, 16, 0, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        ("0001-01-01 00:00:00", None),
    ],
)
def test_a_moment_without_a_zone_is_beijing_time(word, moment):
    assert beijing_moment(word) == moment


def test_a_day_begins_at_midnight_in_beijing():
    assert beijing_day("20261101") == datetime(2026, 10, 31, 16, 0, tzinfo=UTC)
    assert beijing_day("20261340") is None
    assert beijing_day("2026-11-01 08:00") is None


def test_a_record_keeps_its_words_as_they_came():
    words = {"id": " 7 ", "at": "2026-11-01 08:00:00", "op": "U", "x": "  "}

    record = SHAPE.record(words, "somewhere")

    assert isinstance(record, SourceRecord)
    assert record.words == words
    assert record.key == "7"
    assert not record.deleted


def test_a_department_takes_a_record_back_in_its_own_word():
    record = SHAPE.record({"id": "7", "at": "x", "op": "D"}, "somewhere")

    assert isinstance(record, SourceRecord)
    assert record.deleted
    assert record.source_time is None


def test_a_record_without_a_key_is_unreadable():
    for words in ({"id": " "}, {"id": None}, {}):
        found = SHAPE.record(words, "somewhere")

        assert isinstance(found, Unreadable)
        assert (found.reason, found.location) == (ReasonCode.ROW_UNREADABLE, "somewhere")
