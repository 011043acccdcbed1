import pytest

from audit.dictionary import Dictionary, definition_in
from audit.entry import SubjectAccess, canonical
from audit.errors import LogInconsistentError


def test_the_id_of_a_set_follows_from_its_names():
    assert Dictionary().free_id(("a", "b")) == Dictionary().free_id(("a", "b")) < 2**32
    assert Dictionary().free_id(("a", "b")) != Dictionary().free_id(("a", "c"))


def test_two_sets_with_one_hash_get_two_ids():
    dictionary = Dictionary()
    wanted = dictionary.free_id(("a",))
    dictionary.add(wanted, ("somebody else",))

    assert dictionary.free_id(("a",)) == wanted + 1


def test_the_first_definition_of_an_id_counts():
    dictionary = Dictionary()

    assert dictionary.add(1, ("a",))
    assert dictionary.add(1, ("a",))
    assert not dictionary.add(1, ("b",))

    assert dictionary.fields_of(1) == ("a",)
    assert dictionary.ids == {("a",): 1}


def test_ids_in_use_must_be_defined():
    dictionary = Dictionary()
    dictionary.learn([canonical({"at": 1, "field_set": 5, "fields": ["a"]})])

    dictionary.check([SubjectAccess(b"", 5)])
    with pytest.raises(ValueError):
        dictionary.check([SubjectAccess(b"", 5), SubjectAccess(b"", 6)])


@pytest.mark.parametrize("record", [b"", b"{}", b'{"field_set":"1","fields":[]}'])
def test_a_record_that_defines_nothing_is_an_inconsistency(record):
    with pytest.raises(LogInconsistentError):
        definition_in(record)
