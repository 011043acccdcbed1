"""Document numbers with a check: each worked example of the standards, and what is wrong."""

from datetime import date

import pytest

from schema.codes import DOCUMENT_TYPE
from schema.documents import (
    Area,
    CertificateNumber,
    ForeignResident,
    OldForeignResident,
    ResidencePermit,
    icao_check_digit,
    parse_certificate_number,
    parse_foreign_resident,
    parse_residence_permit,
)
from schema.ids import NumberFault, Sex, check_character


def test_the_permits_of_hong_kong_and_taiwan_residents_pass():
    assert parse_residence_permit("810000199408230021") == ResidencePermit(
        "810000199408230021", Area.HONG_KONG, date(1994, 8, 23), Sex.FEMALE
    )
    taiwan = parse_residence_permit(" 830000199201300022 ")
    assert isinstance(taiwan, ResidencePermit)
    assert taiwan.area is Area.TAIWAN


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("820000199201300022", NumberFault.CHECK_DIGIT),  # 0 is expected
        ("690106197903150012", NumberFault.FORMAT),
        ("81000019940823002", NumberFault.FORMAT),
        ("", NumberFault.MISSING),
        (None, NumberFault.MISSING),
    ],
)
def test_what_is_no_residence_permit_says_why(text, fault):
    assert parse_residence_permit(text) is fault


def test_the_official_samples_of_the_new_permanent_residence_permit_pass():
    canadian = parse_foreign_resident("911124198108030024")
    saudi = parse_foreign_resident("932682198501010017")

    assert canadian == ForeignResident(
        "911124198108030024", "11", "124", date(1981, 8, 3), Sex.FEMALE
    )
    assert isinstance(saudi, ForeignResident)
    assert (saudi.province, saudi.nationality, saudi.sex) == ("32", "682", Sex.MALE)


def test_the_old_form_has_the_check_digit_of_icao():
    assert icao_check_digit("CAN11008108031") == "0"
    assert parse_foreign_resident("can110081080310") == OldForeignResident(
        "CAN110081080310", "CAN", "1100", "810803"
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("CAN110081080311", NumberFault.CHECK_DIGIT),
        ("CAN110081133310", NumberFault.CHECK_DIGIT),
        ("911124198108030025", NumberFault.CHECK_DIGIT),
        ("690106197903150012", NumberFault.FORMAT),
        ("", NumberFault.MISSING),
    ],
)
def test_what_is_no_permanent_residence_permit_says_why(text, fault):
    assert parse_foreign_resident(text) is fault


def with_check(first, check):
    return first + check(first)


def test_a_day_that_is_not_in_the_calendar_is_no_birth_date():
    permit = with_check("81000019940231002", check_character)
    foreign = with_check("91112419811303002", check_character)
    old = with_check("CAN11008113031", icao_check_digit)

    assert parse_residence_permit(permit) is NumberFault.BIRTH_DATE
    assert parse_foreign_resident(foreign) is NumberFault.BIRTH_DATE
    assert parse_foreign_resident(old) is NumberFault.BIRTH_DATE


def test_a_certificate_is_a_citizen_number_with_category_and_level():
    number = parse_certificate_number("11010519491231002x42")

    assert isinstance(number, CertificateNumber)
    assert (number.citizen.text, number.category, number.level, number.reissued) == (
        *("11010519491231002X", "4", "2", 0),
    )


def test_a_certificate_that_was_issued_again_says_how_often():
    number = parse_certificate_number("69010619790315001261B2")

    assert isinstance(number, CertificateNumber)
    assert (number.category, number.level, number.reissued) == ("6", "1", 2)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("69010619790315001282", NumberFault.FORMAT),  # category 8 is another numbering
        ("69010619790315001245", NumberFault.FORMAT),
        ("690106197903150012", NumberFault.FORMAT),
        ("69010619790315001342", NumberFault.CHECK_DIGIT),
        (None, NumberFault.MISSING),
    ],
)
def test_what_is_no_certificate_says_why(text, fault):
    assert parse_certificate_number(text) is fault


def test_the_kinds_of_documents_are_marked_as_recalled():
    assert "[R]" in DOCUMENT_TYPE.edition
    assert "111" in DOCUMENT_TYPE
