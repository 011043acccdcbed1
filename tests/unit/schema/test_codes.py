import re
from datetime import date

import pytest

from schema import codes
from schema.catalogue import Catalogue
from schema.codes import CODE_LISTS, RELATION, CodeList

EVERY = tuple(CODE_LISTS.values())
ENUMERATED = tuple(code_list for code_list in EVERY if code_list.pattern is None)


def names(lists):
    return [code_list.name for code_list in lists]


@pytest.mark.parametrize("code_list", ENUMERATED, ids=names(ENUMERATED))
def test_no_code_stands_twice_in_a_list_and_each_is_in_it(code_list):
    values = [code.value for code in code_list.codes]

    assert len(values) == len(set(values)) > 0
    assert all(value in code_list for value in values)


@pytest.mark.parametrize("code_list", ENUMERATED, ids=names(ENUMERATED))
def test_each_code_has_a_name_in_both_languages(code_list):
    assert all(re.search(r"[\u4e00-\u9fff]", code.zh) and code.en for code in code_list.codes)


@pytest.mark.parametrize("code_list", ENUMERATED, ids=names(ENUMERATED))
@pytest.mark.parametrize("value", ["", " ", "no such code", "01 "])
def test_what_is_not_listed_is_not_in_the_list(code_list, value):
    assert value not in code_list


@pytest.mark.parametrize("code_list", EVERY, ids=names(EVERY))
def test_each_list_names_its_standard_its_edition_and_a_first_day_that_has_come(code_list):
    assert code_list.standard
    assert code_list.edition
    assert date(1980, 1, 1) < code_list.valid_from <= date(2026, 7, 1)


def test_each_list_is_enumerated_or_has_a_pattern_and_never_both():
    assert all(bool(code_list.codes) != bool(code_list.pattern) for code_list in EVERY)


def test_every_public_list_is_in_the_index_under_its_own_name():
    public = {v.name for v in vars(codes).values() if isinstance(v, CodeList)}

    assert public == set(CODE_LISTS) == {code_list.name for code_list in EVERY}


def test_two_lists_of_declared_fields_never_share_a_name():
    used = [f.codes for dataset in Catalogue.discover() for f in dataset.fields if f.codes]
    of_a_name = dict(CODE_LISTS)

    assert used
    assert all(of_a_name.setdefault(code_list.name, code_list) is code_list for code_list in used)


def test_the_relations_are_two_digits_in_rising_order():
    values = [code.value for code in RELATION.codes]

    assert values == sorted(values)
    assert all(re.fullmatch("[0-9]{2}", value) for value in values)


def test_the_relations_have_every_code_of_each_decade_from_twenty_on():
    values = {code.value for code in RELATION.codes}

    assert {f"{n:02}" for n in range(20, 100)} <= values
    assert {v for v in values if v < "20"} == {"01", "02", "10", "11", "12"}


@pytest.mark.parametrize(
    ("name", "count"),
    [("ethnic_group", 58), ("disability_category", 7), ("disability_level", 4), ("sex", 4)],
)
def test_a_list_has_as_many_codes_as_its_standard(name, count):
    assert len(CODE_LISTS[name].codes) == count


@pytest.mark.parametrize("value", ["690106001002", "000000000000"])
def test_a_region_is_any_twelve_digits(value):
    assert value in CODE_LISTS["region"]


@pytest.mark.parametrize(
    "value",
    ["690106", "69010600100", "6901060010022", "69010600100X", "690106001002\n", "", "６" * 12],
)
def test_what_is_not_twelve_digits_is_no_region(value):
    assert value not in CODE_LISTS["region"]
