"""A vector holds what was written into it, or it is refused."""

import struct

import pytest
from hypothesis import given, settings

from scoring.facts import (
    LAYOUT,
    FactsError,
    Kind,
    Row,
    Source,
    Vector,
    decoded,
    encoded,
    fields_number,
    is_usable,
)
from scoring.facts.rows import DATASETS
from scoring.facts.vector import ROW_BYTES
from scoring.inputs import family, household_on
from tests.support.facts import AS_OF, rows_of, silences
from tests.support.made_families import asked, families
from tests.support.zhou import family as zhou


def written(*rows):
    return encoded(Vector(739_000, 740_000, rows))


@settings(max_examples=50, deadline=None)
@given(families, asked)
def test_a_household_from_its_vector_is_the_household_from_its_facts(made, departments):
    people, region = made
    rows, said = rows_of(*people, region=region), silences(departments)

    again = decoded(written(*rows))

    assert (again.written_on, again.fresh_until) == (739_000, 740_000)
    assert household_on(family(again.rows, AS_OF, said)) == household_on(family(rows, AS_OF, said))


def test_the_order_of_rows_makes_no_difference():
    rows = rows_of(*zhou())

    assert written(*rows) == written(*reversed(rows))


def test_the_length_tells_sixteen_rows_at_most():
    for count in range(40):
        size = len(written(*[Row(Kind.SPELL, 0, 1, 2, 3)] * count))
        assert size % (16 * ROW_BYTES) == 0
        assert (count + 1) * ROW_BYTES <= size < (count + 17) * ROW_BYTES


def test_what_is_kept_of_a_score_is_no_fact():
    kept = Row(Kind.POINTS, 3, 15)
    vector = decoded(written(Row(Kind.ROLL, 0, 1), kept))

    assert vector.outcome == (kept,)
    assert vector.facts == (Row(Kind.ROLL, 0, 1),)


def test_a_vector_is_of_use_until_its_day_and_for_its_own_fields():
    read, other = fields_number(["A.a", "A.b"]), fields_number(["A.a"])
    data = encoded(Vector(10, 20, (Row(Kind.ROLL, 0, 1),), read))

    assert decoded(data).fields == read
    assert is_usable(data, 19, read)
    assert not is_usable(data, 20, read)
    assert not is_usable(data, 19, other)
    assert not is_usable(b"", 19, read)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 19,
        struct.pack("<HHiiq", Kind.LAYOUT, LAYOUT + 1, 0, 0, 0),
        struct.pack("<HHiiq", Kind.PERSON, LAYOUT, 0, 0, 0),
        struct.pack("<HHiiq", Kind.LAYOUT, LAYOUT, 0, 0, 1),
    ],
)
def test_bytes_of_another_layout_are_refused(data):
    with pytest.raises(FactsError):
        decoded(data)


def test_every_source_has_a_dataset_and_none_twice():
    assert set(DATASETS) == set(Source)
    assert len({dataset.name for dataset in DATASETS.values()}) == len(Source)
