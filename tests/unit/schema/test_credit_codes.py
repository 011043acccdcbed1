import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schema.ids import (
    CreditCode,
    CreditCodeFault,
    credit_check_character,
    organisation_check_character,
    parse_credit_code,
)

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WORKED = (
    ("91320100748204660Q", "748204660"),
    ("11320100MB1886843H", "MB1886843"),
    ("91440300708461136T", "708461136"),
    ("91110108551385082Q", "551385082"),
    ("91350100M000100Y43", "M000100Y4"),
)
"""Worked by hand from the standards: the code, and the organisation code inside it."""


@st.composite
def codes(draw):
    head = draw(st.sampled_from("159NY")) + draw(st.sampled_from("1239"))
    region = f"{draw(st.integers(0, 999_999)):06}"
    first8 = "".join(draw(st.lists(st.sampled_from(ALPHABET), min_size=8, max_size=8)))
    check = organisation_check_character(first8)
    first17 = head + region + first8 + check
    return first17 + credit_check_character(first17)


@pytest.mark.parametrize(("text", "organisation"), WORKED)
def test_both_check_characters_of_the_worked_examples_fit(text, organisation):
    parsed = parse_credit_code(text)

    assert parsed == CreditCode(text)
    assert credit_check_character(text[:17]) == text[17]
    assert organisation_check_character(organisation[:8]) == organisation[8]
    assert (parsed.organisation, parsed.region) == (organisation, text[2:8])


@pytest.mark.parametrize(
    ("first8", "check"), [("00000000", "0"), ("40000000", "X"), ("70000000", "1")]
)
def test_ten_is_written_x_and_eleven_is_written_nought(first8, check):
    assert organisation_check_character(first8) == check


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        (None, CreditCodeFault.MISSING),
        (" \u3000", CreditCodeFault.MISSING),
        ("91320100748204660", CreditCodeFault.FORMAT),
        ("91320100748204660QQ", CreditCodeFault.FORMAT),
        ("9132010074820466OQ", CreditCodeFault.FORMAT),  # the letter O
        ("913201A0748204660Q", CreditCodeFault.FORMAT),
        ("91320100748204660R", CreditCodeFault.CHECK_CHARACTER),
    ],
)
def test_what_is_no_code_is_told_apart_by_its_fault(written, fault):
    assert parse_credit_code(written) is fault


def test_a_wrong_organisation_code_is_a_fault_although_the_last_character_fits():
    first17 = "91320100748204661"

    parsed = parse_credit_code(first17 + credit_check_character(first17))

    assert parsed is CreditCodeFault.ORGANISATION


def test_every_way_to_write_a_code_is_the_same_code():
    assert parse_credit_code(" １１３２０１００mb1886843h ") == CreditCode("11320100MB1886843H")


@given(codes(), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_every_change_of_one_character_is_refused(text, place, other):
    assume(text[place] != other)

    assert isinstance(parse_credit_code(text), CreditCode)
    assert isinstance(parse_credit_code(text[:place] + other + text[place + 1 :]), CreditCodeFault)


@given(st.text())
def test_no_text_makes_the_parser_raise(text):
    parsed = parse_credit_code(text)

    assert isinstance(parsed, CreditCodeFault) or len(parsed.text) == 18
