"""Ids are read once, each at its place; what is malformed is named by its place and not quoted."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from hub.errors import InvalidDocumentError, TooCostlyError
from hub.query.model import Root, RootKind
from hub.query.representations import MAX_REPRESENTATIONS, bound_by_id, counted, rows_by_place

DAY = date(2026, 11, 23)
PEOPLE = Root(0, RootKind.PERSON_BY_ID, "k", None, None, 0, None, (), (), 1)
HOMES = Root(1, RootKind.HOUSEHOLD_BY_ID, "k", None, None, 1, None, (), (), 1)
A, B, C = uuid4(), uuid4(), uuid4()


def bound(*representations, root=PEOPLE):
    return bound_by_id(root, {"representations": list(representations)}, DAY, None)


def person(key) -> dict:
    return {"__typename": "Person", "id": str(key)}


def household(key) -> dict:
    return {"__typename": "Household", "id": str(key)}


def test_ids_of_one_type_keep_their_places_and_are_searched_once():
    given = (person(A), household(B), person("x"), person(A), household(C))
    people, homes = bound(*given), bound(*given, root=HOMES)

    assert people.ids == ((0, A), (2, None), (3, A))
    assert people.parameters == {"ids": [A]}
    assert homes.ids == ((1, B), (4, C))
    assert people.length == homes.length == 5


def test_a_node_is_the_only_one_in_its_list_whatever_type_it_may_have():
    for root in (PEOPLE, HOMES):
        one = bound_by_id(root, {"id": str(A)}, DAY, None)
        assert (one.ids, one.length) == (((0, A),), 1)
    nobody = bound_by_id(PEOPLE, {"id": "5"}, DAY, None)
    assert (nobody.ids, nobody.parameters) == (((0, None),), {"ids": []})


def test_an_id_is_read_however_it_is_written():
    given = [str(A).upper(), f"{{{A}}}", A.hex]
    assert {key for _, key in bound(*({"__typename": "Person", "id": g} for g in given)).ids} == {A}


@pytest.mark.parametrize(
    "bad", [None, [], "690106199001010014", {}, {"__typename": "Member", "id": "1"}]
)
def test_what_is_no_representation_is_refused_by_its_place(bad):
    for root in (PEOPLE, HOMES):
        with pytest.raises(InvalidDocumentError, match=r"^representations\[2\] ") as refusal:
            bound(person(A), household(B), bad, root=root)
        assert "6901" not in str(refusal.value)


def test_more_than_are_allowed_are_refused():
    assert bound(*[person(A)] * MAX_REPRESENTATIONS).length == MAX_REPRESENTATIONS
    with pytest.raises(TooCostlyError) as caught:
        bound(*[person(A)] * (MAX_REPRESENTATIONS + 1))
    told = caught.value.limit, caught.value.allowed
    assert told == ("representations", MAX_REPRESENTATIONS)


def test_rows_go_back_to_every_place_that_asked_for_them():
    one = bound(person(B), person(A), person("x"), person(B), person(C))

    assert list(rows_by_place(one, {A.bytes: 0, B.bytes: 1})) == [(0, 1), (1, 0), (3, 1)]


def test_each_asking_is_counted_as_found_outside_or_unknown():
    one = bound(person(B), person(A), person("x"), person(B), person(C), household(UUID(int=1)))

    assert counted(one, [B.bytes], [A.bytes, B.bytes]) == {"found": 2, "outside": 1, "unknown": 2}
