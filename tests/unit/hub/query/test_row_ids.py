"""Ids travel as one text of bytes and come apart as they went in."""

import struct
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import CorruptError
from hub.query.fetch import sealed_from
from hub.query.row_ids import ID_COLUMNS, id_text, unpacked_ids
from hub.query.sql_parts import Part, Place, Statement
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
