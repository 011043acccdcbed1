"""Ids are random, of version 4, and equal to those of the standard library."""

from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from hub.store.ids import fresh_id, id_from


@given(st.binary(min_size=16, max_size=16))
def test_an_id_is_what_the_standard_library_makes_of_the_same_bytes(sixteen):
    made = id_from(sixteen)

    same = UUID(bytes=sixteen, version=4)
    assert (made, hash(made), made.bytes, str(made)) == (same, hash(same), same.bytes, str(same))
    assert isinstance(made, UUID)


def test_no_id_comes_twice():
    ids = {fresh_id() for _ in range(1_000)}

    assert len(ids) == 1_000
    assert {(one.version, one.variant) for one in ids} == {(4, RFC_4122)}
