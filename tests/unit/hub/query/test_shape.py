"""A tree is built in the order asked; what must be there and is not stops the answer."""

from datetime import UTC, date, datetime

import pytest

from hub.errors import CorruptError
from hub.query.fetch import Sealed
from hub.query.model import (
    Clear,
    Form,
    How,
    Items,
    Level,
    LevelKind,
    Nested,
    Opened,
    Plan,
    Shape,
)
from hub.query.reveal import Revealed, Revealer, openers_of
from hub.query.shape import _object, page_told, tables_of
from schema.catalogue import Catalogue

POPULATION = Catalogue.discover().by_name["population"]
HOME = Level(0, LevelKind.HOUSEHOLD, 0, None, None, (), (), ())
MEMBERS = Level(1, LevelKind.MEMBERS, 0, 0, None, (), (), ())
RECORDS = Level(2, LevelKind.RECORDS_OF_PERSON, 0, 1, POPULATION, (), ("who",), ())
PLAN = Plan("h", None, "d", (HOME, MEMBERS, RECORDS), (), (), ())


def shaped(output, columns, opened=None):
    tables = tables_of(Plan("h", None, "d", (HOME,), (), (), ()), [Revealed(columns, opened or {})])
    return _object(Shape("T", 0, (output,)), (HOME,))(tables, 0)[output.key]


@pytest.mark.parametrize(
    ("form", "stored", "shown"),
    [
        (Form.PLAIN, 7, 7),
        (Form.DATE, date(2026, 5, 1), "2026-05-01"),
        (Form.END, date(2026, 5, 1), "2026-05-01"),
        (Form.END, date.max, None),
        (Form.MOMENT, datetime(2026, 5, 1, tzinfo=UTC), "2026-05-01T00:00:00+00:00"),
        *((form, None, None) for form in Form),
    ],
)
def test_a_clear_value_is_written_in_its_form(form, stored, shown):
    assert shaped(Clear("k", "c", form), {"c": [stored]}) == shown


def test_an_opened_value_is_taken_from_its_place_in_the_group():
    assert shaped(Opened("k", "who", 1), {}, {"who": [["a", "b", "c"]]}) == "b"


def test_items_show_the_parts_that_were_selected():
    output = Items("k", "g", 0, "ScoreReason", (("t", "text_zh"), ("n", None)))

    shown = shaped(output, {}, {"g": [[[{"text_zh": "x", "points": 3}]]]})
    assert shown == [{"t": "x", "n": "ScoreReason"}]
    assert shaped(output, {}, {"g": [[None]]}) is None


@pytest.mark.parametrize("stored", [[{"points": 3}], {"text_zh": "x"}, ["x"], 5])
def test_a_structure_without_its_parts_stops_the_answer(stored):
    output = Items("k", "g", 0, "ScoreReason", (("t", "text_zh"),))

    with pytest.raises(CorruptError):
        shaped(output, {}, {"g": [[stored]]})


def test_rows_belong_to_the_row_above_and_keep_their_order():
    tables = tables_of(
        PLAN,
        [
            Revealed({"household_id": ["H1", "H2"]}, {}),
            Revealed({"parent": ["H2", "H1", "H2"], "person_id": ["a", "b", "c"]}, {}),
            Revealed({"parent": ["c"]}, {"who": [["name"]]}),
        ],
    )
    person = Shape("Person", 2, (Opened("name", "who", 0),))
    member = Shape("Member", 1, (Nested("record", How.ONE, person),))
    home = Shape("Household", 0, (Nested("members", How.MANY, member),))

    build = _object(home, PLAN.levels)
    assert build(tables, 0) == {"members": [{"record": None}]}
    assert build(tables, 1) == {"members": [{"record": None}, {"record": {"name": "name"}}]}


def test_an_empty_page_has_no_cursors():
    assert list(page_told([], has_next=False, has_previous=False).values()) == [
        False,
        False,
        None,
        None,
    ]


def test_a_sealed_row_without_a_key_is_corrupt_and_nothing_is_opened():
    class NoKeys:
        def open(self, *_given):
            raise AssertionError

    empty = {"key_version": [None], "wrapped": [None], "commitment": [None]}
    row = {"identity_id": [1], "version_id": [2], "sealed_who": [b"x"], **empty}
    sealed = Sealed("d", datetime(2026, 1, 1, tzinfo=UTC), ({}, {}, row), {})

    with pytest.raises(CorruptError, match="no data key"):
        Revealer(NoKeys()).reveal(PLAN, openers_of(PLAN), sealed)
