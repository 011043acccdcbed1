"""Relations of members are told to the anchor asked for, household by household."""

from uuid import UUID, uuid5

import pytest

from hub.query.anchored import told_to_anchors
from hub.query.model import BoundRoot
from hub.query.reveal import Revealed


def named(*names):
    """Return the ids of people who are called something here."""
    return [uuid5(UUID(int=1), name).bytes for name in names]


HOMES = {
    "parent": ["H1", "H1", "H1", "H2", "H2"],
    "person_id": named("wife", "head", "son", "head", "other"),
    "relation": ["12", "02", "20", "20", "02"],
}


def person(name):
    """Return the id that a caller asks by."""
    return None if name is None else uuid5(UUID(int=1), name)


def told(anchor, columns=HOMES, level=1):
    """Return the relations after `anchor` was asked for at level 1."""
    levels = [Revealed({"household_id": ["H1"]}, {}), Revealed(columns, {"g": [["x"]]})]
    roots = [
        BoundRoot(None, None, None, anchors={level: person(anchor)}),
        BoundRoot(None, None, None),
    ]
    shown = told_to_anchors(levels, roots)
    assert shown[1].opened == {"g": [["x"]]}
    return shown[1].columns["relation"]


def test_each_household_is_seen_by_the_anchor_on_its_own():
    assert told("son") == ["50", "51", "01", None, None]
    assert told("other") == [None, None, None, "20", "02"]


def test_one_who_is_no_member_is_told_nothing_of_anybody():
    assert told(None) == told("elsewhere") == [None] * 5


def test_without_an_anchor_relations_are_those_to_the_head():
    levels = [Revealed(HOMES, {})]

    assert told_to_anchors(levels, [BoundRoot(None, None, None)]) is levels


def test_relations_that_are_not_answered_are_not_told():
    bare = {name: values for name, values in HOMES.items() if name != "relation"}
    levels = [Revealed(bare, {})]
    roots = [BoundRoot(None, None, None, anchors={0: person("son")})]

    assert "relation" not in told_to_anchors(levels, roots)[0].columns


@pytest.mark.parametrize(("first", "second"), [("20", "22"), ("22", "20"), (None, "20")])
def test_one_who_is_two_things_to_the_head_is_an_unknown_relative(first, second):
    twice = {
        "parent": ["H1"] * 3,
        "person_id": named("child", "head", "child"),
        "relation": [first, "02", second],
    }

    assert told("head", twice) == [None, "02", None]
    assert told("child", twice) == ["01", None, "01"]
