"""Ids are random, of version 4, and equal to those of the standard library; a batch's rise."""

from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store.ids import SideBySide, fresh_id, id_from


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


def test_the_ids_of_a_batch_rise_and_share_their_beginning():
    batch = SideBySide()
    ids = [batch() for _ in range(70_000)]

    assert ids == sorted(set(ids), key=lambda one: one.bytes)
    assert len({one.bytes[:8] for one in ids}) == 1
    assert {(one.version, one.variant) for one in ids} == {(8, RFC_4122)}


def test_two_batches_lie_apart_and_no_end_is_guessed():
    batches = [SideBySide() for _ in range(200)]
    ids = [batch() for batch in batches]

    assert len({one.bytes[:8] for one in ids}) == len({one.bytes[11:] for one in ids}) == 200
    assert len({one.bytes[8:11] for one in ids}) == 1


def test_a_batch_without_end_is_refused():
    batch = SideBySide()
    batch._count = (1 << 22) - 1

    assert batch().bytes[8:11] == b"\xbf\xff\xff"
    with pytest.raises(OverflowError):
        batch()
