from hub.query.remembered import Remembered


def test_what_was_not_asked_for_the_longest_is_forgotten_first():
    remembered = Remembered(2, 100)
    remembered.put("a", 1, 1)
    remembered.put("b", 2, 1)
    assert remembered.get("a") == 1
    remembered.put("c", 3, 1)

    assert (remembered.get("a"), remembered.get("b"), remembered.get("c")) == (1, None, 3)
    assert (len(remembered), remembered.weight) == (2, 2)


def test_a_heavy_thing_costs_several_light_ones_their_place():
    remembered = Remembered(100, 10)
    for name in "abcdefghij":
        remembered.put(name, name, 1)
    remembered.put("heavy", "heavy", 7)

    assert remembered.weight == 10
    assert len(remembered) == 4
    assert remembered.get("heavy") == "heavy"
    assert remembered.get("g") is None
    assert remembered.get("h") == "h"


def test_what_is_too_heavy_is_not_remembered_and_costs_nothing_its_place():
    remembered = Remembered(100, 10)
    remembered.put("a", 1, 4)
    remembered.put("b", 2, 11)

    assert (remembered.get("a"), remembered.get("b")) == (1, None)


def test_the_same_again_weighs_once():
    remembered = Remembered(100, 10)
    for weight in (3, 5, 2):
        remembered.put("a", weight, weight)

    assert (remembered.get("a"), remembered.weight, len(remembered)) == (2, 2, 1)
