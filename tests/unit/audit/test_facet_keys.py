"""The index knows a value by its hash, and remembers those that come again."""

from audit import facets
from audit.facets import Facet, key_of


def test_a_value_that_stands_in_one_entry_is_not_remembered_and_others_are():
    before = facets._remembered.cache_info().currsize
    ones = [key_of(facet, f"one-{n}") for facet in (Facet.REQUEST, Facet.CASE) for n in range(9)]

    assert facets._remembered.cache_info().currsize == before
    assert len(set(ones)) == 18
    assert key_of(Facet.ROLE, "one-1") == key_of(Facet.ROLE, "one-1")
    assert facets._remembered.cache_info().currsize == before + 1


def test_a_key_is_the_hash_of_facet_and_value():
    assert key_of(Facet.KIND, "answer") == facets._hashed(Facet.KIND, "answer")
    assert key_of(Facet.REQUEST, "answer") not in {
        key_of(Facet.KIND, "answer"),
        key_of(Facet.CASE, "answer"),
    }
