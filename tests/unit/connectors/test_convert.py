"""Every word becomes one value of ours, or a fault that says what was expected."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import convert
from connectors.convert import Fault
from connectors.protocol import ReasonCode
from schema.codes import DISABILITY_CATEGORY, REGION, SEX


def code_of(value):
    assert isinstance(value, Fault)
    return value.code


@pytest.mark.parametrize(
    ("word", "cents"),
    [
        ("0", 0),
        ("1", 100),
        ("1.5", 150),
        ("0.07", 7),
        ("1200.50", 120_050),
        ("1200.500", 120_050),
        (" 3 ", 300),
        ("-2.01", -201),
        ("9999999999999.99", 999_999_999_999_999),
    ],
)
def test_yuan_become_exact_cents(word, cents):
    assert convert.yuan(word) == cents


@pytest.mark.parametrize("word", [None, "", "1,000", "1.234", "1e3", "12.", ".5", "NaN", "１２"])
def test_an_amount_that_is_not_yuan_is_a_fault(word):
    assert code_of(convert.yuan(word)) is ReasonCode.AMOUNT_FORMAT


@given(st.integers(-(10**13), 10**13))
def test_cents_written_as_yuan_come_back(cents):
    assert convert.yuan(str(Decimal(cents) / 100)) == cents


@given(st.text())
def test_no_word_breaks_a_converter(word):
    for converter in (
        convert.yuan,
        convert.citizen_number,
        convert.compact_date,
        convert.dashed_date,
        convert.text(),
        convert.half_width(convert.text()),
        convert.listed(REGION),
        convert.flag(yes="1", no="0"),
    ):
        converter(word)


@pytest.mark.parametrize(
    "word",
    [
        "690106197903150012",
        " 690106197903150012 ",
        "６９０１０６１９７９０３１５００１２",
        "690106790315001",
    ],
)
def test_all_forms_of_a_citizen_number_are_one(word):
    assert convert.citizen_number(word) == "690106197903150012"


def test_a_lower_case_x_is_a_check_character():
    assert convert.citizen_number("69010619590108004x") == "69010619590108004X"


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        (None, ReasonCode.NUMBER_MISSING),
        ("  ", ReasonCode.NUMBER_MISSING),
        ("69010619790315001O", ReasonCode.NUMBER_FORMAT),
        ("690106197903150013", ReasonCode.NUMBER_CHECK_DIGIT),
        ("690106790231001", ReasonCode.NUMBER_BIRTH_DATE),
    ],
)
def test_a_wrong_citizen_number_says_why(word, reason):
    assert code_of(convert.citizen_number(word)) is reason


@pytest.mark.parametrize("word", ["20240229", " 20240229"])
def test_a_compact_date_is_a_day(word):
    assert convert.compact_date(word) == date(2024, 2, 29)


@pytest.mark.parametrize(
    "word", ["20230229", "2024-02-29", "20241301", "2024022", "２０２４０２２９"]
)
def test_a_day_that_is_not_in_the_calendar_is_impossible(word):
    assert code_of(convert.compact_date(word)) is ReasonCode.DATE_IMPOSSIBLE


def test_a_dashed_date_is_a_day():
    assert convert.dashed_date("2024-02-29") == date(2024, 2, 29)
    assert code_of(convert.dashed_date("20240229")) is ReasonCode.DATE_IMPOSSIBLE


def test_a_needed_date_that_is_absent_is_missing():
    assert code_of(convert.dashed_date(" ")) is ReasonCode.VALUE_MISSING


def test_a_text_is_trimmed_and_composed():
    assert convert.text()("  e\u0301 ") == "\u00e9"


def test_a_text_keeps_full_width_characters_unless_declared():
    assert convert.text()("（甲）１号") == "（甲）１号"
    assert convert.half_width(convert.text())("Ｈ１２") == "H12"
    assert code_of(convert.half_width(convert.text())(None)) is ReasonCode.VALUE_MISSING


@pytest.mark.parametrize("word", ["a\u0000b", "a\nb", "甲" * 201])
def test_a_text_with_control_characters_or_too_long_is_a_fault(word):
    assert code_of(convert.text()(word)) is ReasonCode.TEXT_FORMAT


def test_an_empty_optional_word_is_unknown():
    convert_or_unknown = convert.optional(convert.compact_date)

    assert convert_or_unknown(None) is None
    assert convert_or_unknown(" ") is None
    assert convert_or_unknown("20240229") == date(2024, 2, 29)


def test_a_text_must_match_its_form_where_one_is_declared():
    digits = convert.matching(r"[0-9]+", "digits")

    assert digits("12") == "12"
    assert code_of(digits("1a")) is ReasonCode.TEXT_FORMAT
    assert code_of(digits("")) is ReasonCode.VALUE_MISSING


def test_a_code_that_is_not_in_the_table_is_never_a_default():
    category = convert.code({"6": "1"}, DISABILITY_CATEGORY)

    assert category(" 6 ") == "1"
    for word in ("1", "", None, "66"):
        assert code_of(category(word)) is ReasonCode.CODE_UNKNOWN


def test_a_table_that_leads_out_of_its_list_is_refused():
    with pytest.raises(ValueError, match="sex has no 7"):
        convert.code({"m": "1", "x": "7"}, SEX)


def test_a_standard_code_passes_as_it_is():
    assert convert.listed(SEX)("2") == "2"
    assert code_of(convert.listed(SEX)("3")) is ReasonCode.CODE_UNKNOWN
    assert code_of(convert.listed(REGION)("42010600100")) is ReasonCode.CODE_UNKNOWN


def test_a_flag_has_two_values_only():
    paid = convert.flag(yes="1", no="0")

    assert paid("1") is True
    assert paid("0") is False
    assert code_of(paid("2")) is ReasonCode.CODE_UNKNOWN
    assert code_of(paid(None)) is ReasonCode.CODE_UNKNOWN


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("202610", date(2026, 10, 1)),
        (" 202601 ", date(2026, 1, 1)),
        ("202613", ReasonCode.DATE_IMPOSSIBLE),
        ("2026-10", ReasonCode.DATE_IMPOSSIBLE),
        ("20261001", ReasonCode.DATE_IMPOSSIBLE),
        ("", ReasonCode.VALUE_MISSING),
        (None, ReasonCode.VALUE_MISSING),
    ],
)
def test_a_month_is_its_first_day(word, expected):
    found = convert.compact_month(word)

    assert (found.code if isinstance(found, convert.Fault) else found) == expected


@pytest.mark.parametrize(("word", "expected"), [("1", 667), ("4.50", 3000), ("0.1", 67), ("0", 0)])
def test_a_mu_is_two_thousand_thirds_of_a_square_metre(word, expected):
    assert convert.mu(word) == expected


@pytest.mark.parametrize("word", ["-1", "4.505", "", None, "一亩"])
def test_another_area_is_a_fault(word):
    assert code_of(convert.mu(word)) is ReasonCode.AMOUNT_FORMAT


@pytest.mark.parametrize(("word", "expected"), [("1", 1), ("9", 9), (" 3.0 ", 3)])
def test_a_whole_number_within_its_bounds_is_taken(word, expected):
    assert convert.whole(1, 9)(word) == expected


@pytest.mark.parametrize("word", ["0", "10", "1.5", "-1", "", None, "三", "1e0"])
def test_another_number_is_a_fault(word):
    assert code_of(convert.whole(1, 9)(word)) is ReasonCode.AMOUNT_FORMAT


def test_only_agreed_words_become_numbers():
    convert_level = convert.worded({"轻微": 1, "一般": 2}, "a level")

    assert convert_level(" 一般 ") == 2
    assert code_of(convert_level("特重")) is ReasonCode.CODE_UNKNOWN
    assert code_of(convert_level(None)) is ReasonCode.CODE_UNKNOWN


def test_a_unified_code_carries_its_check_character():
    assert convert.unified_code(" ９1350100m000100y43") == "91350100M000100Y43"
    assert code_of(convert.unified_code("91350100M000100Y44")) is ReasonCode.TEXT_FORMAT
    assert code_of(convert.unified_code(None)) is ReasonCode.TEXT_FORMAT
