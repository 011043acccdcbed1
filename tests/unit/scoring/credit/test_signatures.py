"""Each adult signs for themselves; nobody's signature covers somebody else who can sign."""

from dataclasses import replace
from datetime import date

import pytest

from scoring.credit import (
    Authorisation,
    Party,
    SignatureFault,
    SignatureReason,
    packaged_rules,
    signature_faults,
)
from scoring.credit.signatures import months_after

ON = date(2026, 11, 23)
RULES = packaged_rules(ON).signing
ALL = frozenset(RULES.sources)
WANG = Party("wang", date(1974, 6, 12))
WIFE = Party("wife", date(1976, 8, 8))
CHILD = Party("child", date(2013, 5, 1))
UNTIL = date(2027, 11, 23)


def signed(person, by=None, **other):
    return replace(Authorisation(person, ALL, UNTIL, by or person), **other)


FAMILY = (WANG, WIFE, CHILD)
GIVEN = (signed("wang"), signed("wife"), signed("child", "wife"))


def faults(parties=FAMILY, given=GIVEN, *, staff=True, applicant="wang"):
    return signature_faults(applicant, parties, given, RULES, ON, staff_committed=staff)


def replaced(person, with_):
    return tuple(a for a in GIVEN if a.person != person) + ((with_,) if with_ else ())


def test_adults_for_themselves_and_a_guardian_for_the_child_is_enough():
    assert faults() == ()


@pytest.mark.parametrize(
    ("person", "with_", "reason"),
    [
        ("wife", None, SignatureReason.MISSING),
        ("child", None, SignatureReason.MISSING),
        ("wife", signed("wife", "wang"), SignatureReason.SIGNED_BY_OTHER),
        ("child", signed("child"), SignatureReason.NO_GUARDIAN),
        ("child", signed("child", "stranger"), SignatureReason.NO_GUARDIAN),
        ("wife", signed("wife", sources=ALL - {"banks"}), SignatureReason.SOURCE_MISSING),
        ("wife", signed("wife", until=date(2026, 11, 22)), SignatureReason.ENDED),
        ("wife", signed("wife", until=date(2027, 11, 24)), SignatureReason.TOO_LONG),
    ],
)
def test_what_is_missing_is_named_with_its_person(person, with_, reason):
    assert faults(given=replaced(person, with_)) == (SignatureFault(reason, person),)


def test_an_authorisation_may_end_today_and_last_twelve_months():
    assert faults(given=replaced("wife", signed("wife", until=ON))) == ()
    assert faults(given=replaced("wife", signed("wife", until=UNTIL))) == ()


def test_who_turns_fourteen_today_signs_today():
    grown = replace(CHILD, birth_date=date(2012, 11, 23))
    minor = replace(CHILD, birth_date=date(2012, 11, 24))

    assert faults((WANG, WIFE, grown))[0].reason is SignatureReason.SIGNED_BY_OTHER
    assert faults((WANG, WIFE, minor)) == ()


def test_whose_age_nobody_knows_signs_for_themselves():
    unknown = replace(CHILD, birth_date=None)

    assert faults((WANG, WIFE, unknown))[0].reason is SignatureReason.SIGNED_BY_OTHER


def test_an_adult_without_capacity_has_a_guardian_and_is_none():
    unfit = replace(WIFE, lacks_capacity=True)
    given = (signed("wang"), signed("wife", "wang"), signed("child", "wang"))

    assert faults((WANG, unfit, CHILD), given) == ()
    (fault,) = faults((WANG, unfit, CHILD), (*given[:2], signed("child", "wife")))
    assert fault == SignatureFault(SignatureReason.NO_GUARDIAN, "child")


def test_a_supporter_outside_signs_for_themselves_and_lists_what_they_like():
    supporter = Party("son", date(1995, 1, 1), outside=True)
    own = signed("son", sources=frozenset({"banks"}))

    assert faults((*FAMILY, supporter), (*GIVEN, own)) == ()
    (fault,) = faults((*FAMILY, supporter), (*GIVEN, replace(own, signed_by="wang")))
    assert fault == SignatureFault(SignatureReason.SIGNED_BY_OTHER, "son")
    (empty,) = faults((*FAMILY, supporter), (*GIVEN, replace(own, sources=frozenset())))
    assert empty.reason is SignatureReason.SOURCE_MISSING


def test_a_supporter_outside_is_nobodys_guardian():
    supporter = Party("son", date(1995, 1, 1), outside=True)
    given = (*replaced("child", signed("child", "son")), signed("son"))

    (fault,) = faults((*FAMILY, supporter), given)

    assert fault == SignatureFault(SignatureReason.NO_GUARDIAN, "child")


def test_a_minor_or_a_person_without_capacity_cannot_be_held_to_a_commitment():
    (fault,) = faults(applicant="child")

    assert fault == SignatureFault(SignatureReason.APPLICANT_UNFIT, "child")


def test_an_authorisation_of_nobody_in_the_case_is_refused():
    (fault,) = faults(given=(*GIVEN, signed("stranger")))

    assert fault == SignatureFault(SignatureReason.UNKNOWN_PERSON, "stranger")


def test_staff_commit_too():
    assert faults(staff=False) == (SignatureFault(SignatureReason.STAFF_COMMITMENT_MISSING),)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 11, 23), 12, date(2027, 11, 23)),
        (date(2026, 11, 23), 1, date(2026, 12, 23)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2026, 1, 5), 11, date(2026, 12, 5)),
    ],
)
def test_months_later_the_end_of_a_short_month_stands_for_a_longer_ones(day, months, later):
    assert months_after(day, months) == later


def test_nobodys_birth_date_shows():
    assert "1974" not in repr(WANG)
