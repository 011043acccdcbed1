"""Ids travel as one text of bytes and come apart as they went in."""

import struct
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import CorruptError, SetupError
from hub.query.fetch import sealed_from
from hub.query.row_ids import ID_COLUMNS, id_text, unpacked_ids
from hub.query.statement import Linked, Part, Place, Renamed, Statement
from hub.store.tables import all_tables
from schema.catalogue import Catalogue


@given(
    st.one_of(st.lists(st.uuids(), max_size=9), st.lists(st.uuids(), min_size=250, max_size=780))
)
def test_ids_come_apart_in_their_order(given_ids):
    packed = b"".join(one.bytes for one in given_ids)

    assert unpacked_ids(packed) == tuple(one.bytes for one in given_ids)
    assert [id_text(one) for one in unpacked_ids(packed)] == [str(one) for one in given_ids]


def test_no_row_has_no_id():
    assert unpacked_ids(None) == ()


@pytest.mark.parametrize("count", [1, 256, 300])
def test_what_is_cut_short_is_refused(count):
    with pytest.raises(struct.error):
        unpacked_ids(UUID(int=1).bytes * count + b"x")


def test_no_declared_field_that_is_no_id_is_called_like_one():
    tables = all_tables(Catalogue.discover()).tables.values()
    wrong = [
        f"{table.name}.{column.name}"
        for table in tables
        for column in table.columns
        if column.name in ID_COLUMNS
        and not (column.type.python_type is UUID and not column.nullable)
    ]

    assert wrong == []


def test_rows_of_which_one_has_no_id_are_corrupt():
    places = (Place(0, "person_id", Part.LEVEL), Place(0, "relation", Part.LEVEL))
    statement = Statement("", (), places, {})
    moment = datetime(2026, 1, 1, tzinfo=UTC)

    whole = sealed_from(("digest", moment, UUID(int=1).bytes, ["02"]), statement, 1)

    assert whole.levels == ({"person_id": (UUID(int=1).bytes,), "relation": ["02"]},)
    with pytest.raises(CorruptError, match="no id"):
        sealed_from(("digest", moment, UUID(int=1).bytes, ["02", "10"]), statement, 1)


def placed(part, source, *names):
    return [Place(source, name, part) for name in names]


READ = Statement(
    "",
    (),
    (
        *placed(Part.SEARCH, 0, "tag", "person_id"),
        *placed(Part.LEVEL, 0, "person_id", "log_alias"),
        *placed(Part.LINKS, 0, "identity_id", "person_id", "key_version", "wrapped", "commitment"),
        *placed(Part.COVERED, 1, "person_id"),
        *placed(Part.LEVEL, 1, "identity_id", "version_id", "sealed_who"),
        *placed(Part.SEARCH, 1, "household_id"),
        *placed(Part.SEARCH, 1, "count"),
        *placed(Part.LEVEL, 2, "household_id", "identity_id"),
    ),
    {},
    linked=(Linked(1, 0),),
    renamed=(Renamed(2, "parent", "identity_id"),),
    newest=(1,),
    checks_case=True,
)
A, B, C, D, E = (UUID(int=n).bytes for n in range(1, 6))


def row(*, links=(A + B, C + C), homes=(D + E, A + B), sealed=(b"new", b"old")):
    return [
        "digest", datetime(2026, 1, 1, tzinfo=UTC), "open",
        [b"t"], C, C, [b"alias"],
        *links, [1, 1], [b"w", b"w"], [b"c", b"c"],
        None,
        A + B, D + E, list(sealed),
        D + E + A, [70],
        *homes,
    ]  # fmt: skip


def test_every_array_of_a_row_is_where_the_statement_says():
    sealed = sealed_from(row(), READ, 3)

    assert (sealed.policy_digest, sealed.standing) == ("digest", "open")
    assert sealed.levels == (
        {"person_id": (C,), "log_alias": [b"alias"]},
        # The newest record of the person, found by either identity, is the one that is shown.
        {"identity_id": [A], "version_id": [D], "sealed_who": [b"new"], "parent": [C]},
        {"household_id": (D, E), "identity_id": (A, B), "parent": (A, B)},
    )
    assert sealed.searches == {
        0: {"tag": [b"t"], "person_id": (C,)},
        1: {"household_id": (D, E, A), "count": [70]},
    }
    assert sealed.links == {0: {A: (C, (1, b"w", b"c")), B: (C, (1, b"w", b"c"))}}
    assert sealed.covered == {1: frozenset()}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"homes": (D, A + B)}, "no id"),
        ({"homes": (D + E, None)}, "no id"),
        ({"sealed": [b"new"]}, "no id"),
        ({"links": (A + A, C + D)}, "two people"),
    ],
)
def test_rows_that_contradict_themselves_are_corrupt(wrong, told):
    with pytest.raises(CorruptError, match=told):
        sealed_from(row(**wrong), READ, 3)


def test_a_row_with_an_array_too_many_or_too_few_is_read_by_nobody():
    for broken in ([*row(), [1]], row()[:-1]):
        with pytest.raises((CorruptError, IndexError)):
            sealed_from(broken, READ, 3)


def test_links_of_other_lengths_than_their_people_are_read_by_nobody():
    with pytest.raises(ValueError, match="argument 2"):
        sealed_from(row(links=(A + B, C)), READ, 3)


def test_a_database_that_was_never_set_up_is_told_so():
    with pytest.raises(SetupError):
        sealed_from(["digest", None, *row()[2:]], READ, 3)
