"""Households for tests, from plain values: each becomes known, vouched for by its department."""

from datetime import UTC, date, datetime

from scoring.household import Disability, Evidence, Household, Input, Known, Member, Schooling
from scoring.profile import InputStatus, packaged_profile

AS_OF = date(2026, 11, 1)
REGION = "420106001001"
RECORDED = {
    "public-security": datetime(2026, 10, 30, 2, tzinfo=UTC),
    "medical-insurance": datetime(2026, 10, 12, 17, tzinfo=UTC),
    "disabled-federation": datetime(2026, 10, 25, 2, tzinfo=UTC),
    "civil-affairs": datetime(2026, 9, 22, 2, tzinfo=UTC),
}
DEPARTMENTS = {
    Input.BIRTH_DATE: "public-security",
    Input.DISABILITIES: "disabled-federation",
    Input.ADMISSIONS: "medical-insurance",
    Input.SELF_PAID: "medical-insurance",
    Input.MAJOR_DISEASE: "medical-insurance",
    Input.EMPLOYEE_INSURED: "medical-insurance",
}


def known(name, value):
    """Return the input `name` as known, with the evidence of its usual department."""
    department = DEPARTMENTS.get(Input(name), "civil-affairs")
    return Known(_converted(Input(name), value), Evidence(department, RECORDED[department]))


def _converted(name, value):
    if name is Input.DISABILITIES:
        return tuple(Disability(category, level) for category, level in value)
    if name is Input.SELF_PAID:
        return tuple((month, cents) for month, cents in value)
    if name is Input.SCHOOLING:
        return Schooling(value)
    return tuple(value) if isinstance(value, list) else value


def member(ref="a", **inputs):
    return Member(person_ref=ref, **{name: known(name, value) for name, value in inputs.items()})


def household(*members, as_of=AS_OF, **inputs):
    """Return a household; members are mappings of plain values."""
    people = tuple(member(f"p{index}", **values) for index, values in enumerate(members))
    return Household(
        as_of=as_of,
        members=people,
        **{name: known(name, value) for name, value in inputs.items()},
    )


def everything_granted(_path):
    return InputStatus.GRANTED


def full_profile():
    """Return the shipped profile as if every department supplied its data."""
    return packaged_profile(AS_OF, everything_granted)
