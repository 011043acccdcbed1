from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schema.ids import (
    CitizenNumber,
    NumberFault,
    Sex,
    check_character,
    citizen_number_text,
    is_commitment_code,
    parse_citizen_number,
    record_id_of,
)

MADE_UP_REGION = "69"  # assigned to nobody

SYNTHETIC = (
    ("690106197903150012", date(1979, 3, 15), Sex.MALE),
    ("690106201109020025", date(2011, 9, 2), Sex.FEMALE),
    ("690106195807200033", date(1958, 7, 20), Sex.MALE),
    ("69010619590108004X", date(1959, 1, 8), Sex.FEMALE),
    ("690203197406120011", date(1974, 6, 12), Sex.MALE),
    ("69020319760808002X", date(1976, 8, 8), Sex.FEMALE),
    ("69020320130501004X", date(2013, 5, 1), Sex.FEMALE),
)


@st.composite
def numbers(draw, first=date(1800, 1, 1), last=date(2099, 12, 31)):
    region = MADE_UP_REGION + f"{draw(st.integers(0, 9999)):04}"
    born = draw(st.dates(first, last))
    first17 = f"{region}{born:%Y%m%d}{draw(st.integers(0, 999)):03}"
    return first17 + check_character(first17)


@pytest.mark.parametrize(("text", "born", "sex"), SYNTHETIC)
def test_a_number_tells_region_birth_date_and_sex(text, born, sex):
    number = parse_citizen_number(text)

    assert isinstance(number, CitizenNumber)
    assert (number.text, number.birth_date, number.sex) == (text, born, sex)
    assert number.region == text[:6]


@given(st.text("0123456789Xx \uff11", max_size=19) | numbers() | st.text(max_size=3))
def test_the_text_alone_is_that_of_the_parsed_number(text):
    parsed = parse_citizen_number(text)
    known = parsed.text if isinstance(parsed, CitizenNumber) else None

    assert citizen_number_text(text) == known


@given(st.text("0123456789", min_size=17, max_size=17))
def test_the_check_character_is_the_weighted_sum_of_the_standard(first17):
    total = sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(first17))

    assert check_character(first17) == "10X98765432"[total % 11]


def test_the_worked_example_of_the_standard_is_valid():
    parsed = parse_citizen_number("11010519491231002X")

    assert parsed == CitizenNumber("11010519491231002X", date(1949, 12, 31))


def test_someone_born_in_1880_is_not_refused_for_their_age():
    parsed = parse_citizen_number("440524188001010014")

    assert parsed == CitizenNumber("440524188001010014", date(1880, 1, 1))


def test_fifteen_digits_and_eighteen_characters_of_one_person_are_one_value():
    assert parse_citizen_number("110105491231002") == parse_citizen_number("11010519491231002X")


@pytest.mark.parametrize(
    "written",
    [
        " 69010619590108004x ",
        "６９０１０６１９５９０１０８００４Ｘ",
        "６９０１０６１９５９０１０８００４ｘ",
        "\u300069010619590108004X\t\n",
        "690106590108004",
        "６９０１０６５９０１０８００４",
    ],
)
def test_every_way_to_write_a_number_is_the_same_number(written):
    assert parse_citizen_number(written) == CitizenNumber("69010619590108004X", date(1959, 1, 8))


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        (None, NumberFault.MISSING),
        ("", NumberFault.MISSING),
        (" \u3000\t", NumberFault.MISSING),
        ("110105194912310O2X", NumberFault.FORMAT),  # the letter O
        ("X10105194912310021", NumberFault.FORMAT),
        ("6901061979031500", NumberFault.FORMAT),
        ("69010619790315001", NumberFault.FORMAT),
        ("6901061979031500122", NumberFault.FORMAT),
        ("690106 197903150012", NumberFault.FORMAT),
        ("69010659010800X", NumberFault.FORMAT),  # the short form has no check character
        ("٦٩٠١٠٦١٩٧٩٠٣١٥٠٠١٢", NumberFault.FORMAT),  # digits, but not ours
        ("69010619790315001\u0416", NumberFault.FORMAT),
        ("110105194912310021", NumberFault.CHECK_DIGIT),
        ("690106790231001", NumberFault.BIRTH_DATE),
    ],
)
def test_what_is_no_number_is_told_apart_by_its_fault(written, fault):
    assert parse_citizen_number(written) is fault


@pytest.mark.parametrize("day", ["19790230", "20230229", "19791301", "19790100", "00000101"])
def test_an_impossible_day_is_a_fault_although_the_check_character_fits(day):
    first17 = "690106" + day + "001"

    assert parse_citizen_number(first17 + check_character(first17)) is NumberFault.BIRTH_DATE


def test_a_leap_day_is_possible_in_a_leap_year_only():
    assert isinstance(parse_citizen_number("690106760229001"), CitizenNumber)
    assert parse_citizen_number("690106770229001") is NumberFault.BIRTH_DATE


def test_a_region_that_nobody_knows_is_no_fault():
    assert isinstance(parse_citizen_number("690106197903150012"), CitizenNumber)


@given(numbers())
def test_every_well_formed_number_is_valid_and_stays_as_it_is(text):
    number = parse_citizen_number(text)

    assert isinstance(number, CitizenNumber)
    assert number.text == text
    assert f"{number.birth_date:%Y%m%d}" == text[6:14]
    assert parse_citizen_number(number.text) == number


@given(numbers(date(1900, 1, 1), date(1999, 12, 31)))
def test_the_short_form_of_every_number_of_its_century_is_the_same_number(text):
    assert parse_citizen_number(text[:6] + text[8:17]) == parse_citizen_number(text)


@given(numbers(), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_every_change_of_one_character_is_refused(text, place, other):
    assume(text[place] != other)
    changed = text[:place] + other + text[place + 1 :]
    expected = NumberFault.FORMAT if other == "X" and place < 17 else NumberFault.CHECK_DIGIT

    assert parse_citizen_number(changed) is expected


@given(numbers(), st.integers(0, 15))
def test_every_swap_of_two_digits_side_by_side_is_refused(text, place):
    assume(text[place] != text[place + 1])
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]

    assert parse_citizen_number(swapped) is NumberFault.CHECK_DIGIT


@given(st.text())
def test_no_text_makes_the_parser_raise(text):
    parsed = parse_citizen_number(text)

    assert isinstance(parsed, NumberFault) or len(parsed.text) == 18


@pytest.mark.parametrize(
    ("text", "is_code"),
    [
        ("42020320260315000001", True),
        ("42020320240229999999", True),
        ("42020320260229000001", False),
        ("42020320260315000000", False),
        ("4202032026031500001", False),
        ("420203202603150000011", False),
        ("４2020320260315000001", False),
        ("", False),
    ],
)
def test_a_commitments_code_is_a_region_a_day_and_a_serial(text, is_code):
    assert is_commitment_code(text) is is_code


def test_an_id_made_of_a_tag_is_opaque_and_the_same_for_the_same_tag():
    made = record_id_of(bytes(range(32)))

    assert made == record_id_of(bytes(range(16)))
    assert made != record_id_of(bytes(range(1, 33)))
    assert made.version == 4
