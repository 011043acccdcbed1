"""The text of a plan's function is the answer: one display a level, names and nothing else."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import orjson
import pytest

from hub.errors import CorruptError
from hub.query.generated import listed, objects_of, source_of, source_of_list
from hub.query.model import (
    Clear,
    Constant,
    Form,
    Gathered,
    Given,
    How,
    Items,
    Level,
    LevelKind,
    Nested,
    Node,
    Opened,
    Shape,
    Told,
)
from hub.query.reveal import Revealed
from schema.catalogue import Catalogue

POPULATION = Catalogue.discover().by_name["population"]
HOME = Level(0, LevelKind.HOUSEHOLD, 0, None, None, (), (), ())
MEMBERS = Level(1, LevelKind.MEMBERS, 0, 0, None, (), (), ())
RECORDS = Level(2, LevelKind.RECORDS_OF_PERSON, 0, 1, POPULATION, (), ("who",), ())
LEVELS = (HOME, MEMBERS, RECORDS)
RECORD = Shape("Person", 2, (Opened("name", "who", 0), Opened("sex", "who", 1)))
PERSON = Shape("Person", 1, (Clear("id", "person_id", Form.ID), Nested("r", How.ONE, RECORD)))
MEMBER = Shape("Member", 1, (Constant("t", "Member"), Nested("person", How.SAME_ROW, PERSON)))
HOUSEHOLD = Shape("Household", 0, (Nested("members", How.MANY, MEMBER),))
BEIJING = timezone(timedelta(hours=8))


def made_ids(*numbers):
    return [UUID(int=number).bytes for number in numbers]


def shaped(output, columns, opened=None):
    (made,) = objects_of(Shape("T", 0, (output,)), (HOME,))([Revealed(columns, opened or {})])
    return made[output.key]


def test_the_function_is_one_display_a_level_deepest_first():
    text = source_of(HOUSEHOLD, LEVELS).text

    assert text == (
        "def objects(levels):\n"
        "    c, g = levels[2].columns, levels[2].opened\n"
        "    o2 = [{'name': g_who[0], 'sex': g_who[1]} for g_who in g['who']]\n"
        "    one_2 = first(c['parent'], o2)\n"
        "    c, g = levels[1].columns, levels[1].opened\n"
        "    o1 = [{'t': 'Member', 'person': "
        "{'id': None if c_person_id is None else id_text(c_person_id), 'r': one_2(c_person_id)}} "
        "for c_person_id in c['person_id']]\n"
        "    many_1 = grouped(c['parent'], o1)\n"
        "    c, g = levels[0].columns, levels[0].opened\n"
        "    o0 = [{'members': many_1(c_household_id) or []} "
        "for c_household_id in c['household_id']]\n"
        "    return o0\n"
    )


def test_several_columns_are_gone_over_side_by_side():
    shape = Shape("T", 0, (Clear("a", "region", Form.PLAIN), Opened("b", "who", 1)))
    (line,) = [line for line in source_of(shape, (HOME,)).lines if " o0 " in line]

    assert line.endswith(" for c_region, g_who in zip(c['region'], g['who'], strict=True)]")


@pytest.mark.parametrize("name", ["a'b", "a b", "", "9a", "a\n", "__import__('os')", "\u540d"])
def test_what_is_no_name_is_never_written_into_a_function(name):
    with pytest.raises(AssertionError, match="only names"):
        source_of(Shape("T", 0, (Constant(name, None),)), (HOME,))
    with pytest.raises(AssertionError, match="only names"):
        source_of(Shape("T", 0, (Clear("k", name, Form.PLAIN),)), (HOME,))
    with pytest.raises(AssertionError, match="only names"):
        source_of_list((Told(name, Given.INDEX),))


def test_a_value_that_is_no_name_stands_in_quotes():
    made = objects_of(Shape("T", 0, (Constant("k", "a'b\n\"{}"),)), (HOME,))

    assert made([Revealed({"household_id": [1, 2]}, {})]) == [{"k": "a'b\n\"{}"}] * 2


@pytest.mark.parametrize(
    ("form", "stored", "shown"),
    [
        (Form.PLAIN, 7, 7),
        (Form.ID, UUID(int=7).bytes, str(UUID(int=7))),
        (Form.DATE, date(2026, 5, 1), "2026-05-01"),
        (Form.DATE, date(1, 1, 1), "0001-01-01"),
        (Form.DATE, date.max, "9999-12-31"),
        (Form.END, date(2026, 5, 1), "2026-05-01"),
        (Form.END, date.max, None),
        *((form, None, None) for form in Form),
    ],
)
def test_a_clear_value_is_written_in_its_form(form, stored, shown):
    value = shaped(Clear("k", "c", form), {"c": [stored]})
    assert orjson.loads(orjson.dumps(value)) == shown


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 5, 1, tzinfo=UTC),
        datetime(2026, 5, 1, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 5, 1, 0, 0, 0, 1, tzinfo=UTC),
        datetime(1, 1, 1, 0, 0, tzinfo=UTC),
        datetime(2026, 5, 1, 7, 30, 0, 120_000, tzinfo=BEIJING),
        datetime(2026, 5, 1, 7, 30, tzinfo=timezone.utc),  # noqa: UP017 - asyncpg names it so
    ],
)
def test_a_moment_is_written_as_isoformat_writes_it_in_utc(moment):
    value = shaped(Clear("k", "c", Form.MOMENT), {"c": [moment]})
    assert orjson.dumps(value) == orjson.dumps(moment.astimezone(UTC).isoformat())


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


def test_a_part_that_may_not_be_null_stops_the_answer_where_it_is():
    output = Items("k", "g", 0, "ScoreReason", (("t", "text_zh"), ("s", "source")), ("text_zh",))

    shown = shaped(output, {}, {"g": [[[{"text_zh": "x", "source": None}]]]})
    assert shown == [{"t": "x", "s": None}]
    with pytest.raises(CorruptError):
        shaped(output, {}, {"g": [[[{"text_zh": None, "source": "s"}]]]})


def test_objects_of_several_levels_are_gathered_level_by_level():
    score = Level(3, LevelKind.RECORDS_OF_HOUSEHOLD, 0, 0, POPULATION, (), (), ())
    output = Gathered(
        "all",
        (
            Shape("Score", 1, (Clear("id", "record_id", Form.PLAIN),)),
            Shape("Alert", 2, (Constant("t", "Alert"),)),
        ),
    )
    levels = (HOME, replace(score, index=1), replace(score, index=2))
    made = objects_of(Shape("Household", 0, (output,)), levels)(
        [
            Revealed({"household_id": made_ids(0, 1)}, {}),
            Revealed({"parent": made_ids(1, 0, 1), "record_id": ["a", "b", "c"]}, {}),
            Revealed({"parent": made_ids(1)}, {}),
        ]
    )

    assert made == [
        {"all": [{"id": "b"}]},
        {"all": [{"id": "a"}, {"id": "c"}, {"t": "Alert"}]},
    ]


def test_two_structures_of_one_row_are_read_each_in_its_own_way():
    outputs = (Items("a", "g", 0, "A", (("x", "x"),)), Items("b", "g", 1, "B", (("n", None),)))
    made = objects_of(Shape("T", 0, outputs), (HOME,))

    assert made([Revealed({}, {"g": [[[{"x": 1}], [{}]]]})]) == [
        {"a": [{"x": 1}], "b": [{"n": "B"}]}
    ]


def test_rows_belong_to_the_row_above_and_keep_their_order():
    build = objects_of(HOUSEHOLD, LEVELS)
    rows = [
        Revealed({"household_id": made_ids(0, 1, 2)}, {}),
        Revealed({"parent": made_ids(2, 1, 2), "person_id": made_ids(10, 11, 12)}, {}),
        Revealed({"parent": made_ids(12, 12)}, {"who": [["first", "F"], ["second", "M"]]}),
    ]

    def member(person, record):
        return {"t": "Member", "person": {"id": str(UUID(int=person)), "r": record}}

    assert build(rows) == [
        {"members": []},
        {"members": [member(11, None)]},
        {"members": [member(10, None), member(12, {"name": "first", "sex": "F"})]},
    ]


def test_a_column_that_lacks_a_row_stops_the_answer():
    shape = Shape("T", 0, (Clear("a", "a", Form.PLAIN), Clear("b", "b", Form.PLAIN)))

    with pytest.raises(ValueError, match="zip"):
        objects_of(shape, (HOME,))([Revealed({"a": [1, 2], "b": [1]}, {})])


def test_the_items_of_a_list_look_at_what_was_selected_only():
    one = Shape("T", 0, ())
    outputs = (Told("n", Given.INDEX), Node("x", one), Constant("t", "T"), Node("y", one))

    assert source_of_list(outputs).lines == [
        "def items(count, told, nodes):",
        (
            "    return [{'n': i_0, 'x': i_1, 't': 'T', 'y': i_3} "
            "for i_0, i_1, i_3 in zip(told['index'], nodes[0], nodes[1], strict=True)]"
        ),
    ]
    assert listed(outputs)(2, {Given.INDEX: range(2)}, [["a", "b"], [None, "c"]]) == [
        {"n": 0, "x": "a", "t": "T", "y": None},
        {"n": 1, "x": "b", "t": "T", "y": "c"},
    ]
    assert listed((Constant("t", "T"),))(3, {}, []) == [{"t": "T"}] * 3
