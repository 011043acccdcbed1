"""One value is read once; an equal one is another."""

from hub.query.once import Once


def test_the_same_list_is_read_once_and_an_equal_one_again():
    read = []
    once = Once(lambda given: read.append(given) or len(read))
    one, other = ["x"], ["x"]

    assert [once(one), once(other), once(one), once(["x"])] == [1, 2, 1, 3]
    assert read == [["x"]] * 3


def test_what_was_read_is_kept_so_that_no_other_value_passes_for_it():
    once = Once(list)

    assert [once([n]) for n in range(100)] == [[n] for n in range(100)]
