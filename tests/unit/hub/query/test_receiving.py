"""What is marked of opened values, and what becomes of marks."""

from types import SimpleNamespace

import orjson
import pytest

from hub.query.receiving import Form, Marked, Receiving, marked, sealed_tree
from hub.query.reveal import Revealed
from schema.catalogue import Catalogue, Classification, Kind

CATALOGUE = Catalogue.discover()
GROUPS = [(dataset, group) for dataset in CATALOGUE.stored for group in dataset.groups]


def values_of(fields):
    return [
        [{"a": "x", "b": None, "c": [1, None]}] if f.kind is Kind.STRUCTURE else f.name
        for f in fields
    ]


def is_marked(value):
    if isinstance(value, list):
        (item,) = value
        assert item["b"] is None
        shut = {isinstance(item["a"], Marked), isinstance(item["c"][0], Marked)}
        assert len(shut) == 1
        return shut.pop()
    return isinstance(value, Marked)


@pytest.mark.parametrize(("dataset", "group"), GROUPS, ids=lambda each: getattr(each, "name", each))
def test_every_field_of_class_s_and_x_is_marked_and_no_other_whatever_its_value(dataset, group):
    fields = dataset.groups[group]
    plan = SimpleNamespace(levels=(SimpleNamespace(dataset=dataset),))
    columns, covered = {"a": [1]}, frozenset({b"one"})
    row, empty = values_of(fields), [None] * len(fields)

    (found,) = marked(plan, [Revealed(columns, {group: [row, empty]}, covered)])

    told, nothing = found.opened[group]
    assert [is_marked(value) for value in told] == [
        f.classification in {Classification.SENSITIVE, Classification.RESTRICTED} for f in fields
    ]
    assert list(nothing) == empty
    assert (found.columns, found.covered) == (columns, covered)
    assert row == values_of(fields)


def test_there_are_fields_of_class_x_among_them():
    classes = {f.classification for dataset, group in GROUPS for f in dataset.groups[group]}
    assert classes == set(Classification)


def test_a_mark_that_is_forgotten_cannot_be_encoded():
    with pytest.raises(TypeError):
        orjson.dumps({"data": Marked("a value")})


def test_one_object_in_two_places_is_sealed_for_each_and_left_as_it_was():
    yes, no = True, False
    shared = {"x": Marked(yes), "y": None, "z": 1}
    tree = {"a": [shared, shared], "b": {"c": Marked(no)}}
    seen = {}

    sealed = sealed_tree(tree, "/data", lambda path, text: seen.setdefault(path, text) and path)

    assert sealed == {
        "a": [{"x": "/data/a/0/x", "y": None, "z": 1}, {"x": "/data/a/1/x", "y": None, "z": 1}],
        "b": {"c": "/data/b/c"},
    }
    assert isinstance(shared["x"], Marked)
    assert {path: text.strip() for path, text in seen.items()} == {
        "/data/a/0/x": b"true", "/data/a/1/x": b"true", "/data/b/c": b"false",
    }  # fmt: skip
    assert {len(text) for text in seen.values()} == {16}


def test_each_answer_has_an_id_of_its_own():
    assert Receiving(Form.FIELDS, None).response_id != Receiving(Form.FIELDS, None).response_id
