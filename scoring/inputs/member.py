"""The inputs of one member."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from scoring.facts import Kind, Source
from scoring.facts.reads.learning import STAGES
from scoring.household import Days, Disability, Evidence, Input, Known, Member
from scoring.inputs.told import Person, newest
from scoring.rules.logic import months_before

YEAR_MONTHS: Final = 12
WORK_MONTHS: Final = 3
ALERT_DAYS: Final = 180
_HEALTH: Final = (Source.MEDICAL_SETTLEMENT, Source.HEALTH_STATUS)
_RELEASES: Final = (Source.CUSTODY_STATUS, Source.JUSTICE_STATUS)


def member_on(person: Person, ref: str, as_of: date) -> Member:
    """Return a member as the score sees them on a day; `ref` tells members apart."""
    known = {name.value: told(person, as_of) for name, told in _INPUTS.items()}
    return Member(person_ref=ref, **known)  # type: ignore[arg-type]  # each of the input's type


def _known(value: object, evidence: Evidence | None) -> Known[object] | None:
    return None if evidence is None else Known(value, evidence)


def _birth_date(person: Person, _: date) -> Known[object] | None:
    born = person.of(Kind.BORN)
    return _known(date.fromordinal(born[0].a), person.evidence(Source.POPULATION)) if born else None


def _disabilities(person: Person, _: date) -> Known[object] | None:
    found = tuple(sorted((row.a, row.b) for row in person.of(Kind.DISABILITY)))
    parts = tuple(Disability(category, level) for category, level in found)
    return _known(parts, person.evidence(Source.DISABILITY_CERTIFICATE))


def _admissions(person: Person, as_of: date) -> Known[object] | None:
    since, until = months_before(as_of, YEAR_MONTHS).toordinal(), as_of.toordinal()
    count = sum(since < row.a <= until for row in person.of(Kind.ADMISSION))
    return _known(count, person.evidence(Source.MEDICAL_SETTLEMENT))


def _self_paid(person: Person, _: date) -> Known[object] | None:
    months: Counter[date] = Counter()
    for row in person.of(Kind.SELF_PAID):
        months[date.fromordinal(row.a).replace(day=1)] += row.c
    return _known(tuple(sorted(months.items())), person.evidence(Source.MEDICAL_SETTLEMENT))


def _major_disease(person: Person, _: date) -> Known[object] | None:
    kinds = (Kind.MAJOR_DISEASE, Kind.LISTED_DISEASE)
    telling = [source for source, kind in zip(_HEALTH, kinds, strict=True) if person.of(kind)]
    if telling:
        return _known(value=True, evidence=person.evidence(*telling))
    return _known(value=False, evidence=_either(person, _HEALTH))


def _either(person: Person, sources: tuple[Source, ...]) -> Evidence | None:
    """Return the newest of what two sources vouch for; one that was never read says nothing."""
    return newest(said for s in sources if (said := person.evidence(s)) is not None)


def _employee_insured(person: Person, _: date) -> Known[object] | None:
    insured = bool(person.of(Kind.EMPLOYEE_INSURED))
    return _known(insured, person.evidence(Source.MEDICAL_ENROLMENT))


def _employed(person: Person, as_of: date) -> Known[object] | None:
    since, until = months_before(as_of, WORK_MONTHS).toordinal(), as_of.toordinal()
    found = any(row.a <= until and row.b > since for row in person.of(Kind.SPELL))
    return _known(found, person.evidence(Source.SOCIAL_INSURANCE))


def _benefit_ended(person: Person, as_of: date) -> Known[object] | None:
    ended = {row.b for row in person.of(Kind.BENEFIT) if row.b <= as_of.toordinal()}
    return _known(_days(ended), person.evidence(Source.UNEMPLOYMENT_BENEFIT))


def _unemployed(person: Person, _: date) -> Known[object] | None:
    return _flag(person, Kind.UNEMPLOYED, Source.EMPLOYMENT_REGISTRATION)


def _flag(person: Person, kind: Kind, source: Source) -> Known[object] | None:
    """Return a flag; unknown where there is a record that does not say, False in silence."""
    said = person.of(kind)
    if not said and source in person.words:
        return None
    return _known(bool(said and said[0].a), person.evidence(source))


def _schooling(person: Person, _: date) -> Known[object] | None:
    said = person.of(Kind.SCHOOL)
    return _known(STAGES[said[0].a if said else 0], person.evidence(Source.SCHOOL_ROLL))


def _school_alert(person: Person, as_of: date) -> Known[object] | None:
    since, until = (as_of - timedelta(days=ALERT_DAYS)).toordinal(), as_of.toordinal()
    found = any(since <= row.a <= until for row in person.of(Kind.SCHOOL_ALERT))
    return _known(found, person.evidence(Source.SCHOOL_ALERT))


def _unattended(person: Person, _: date) -> Known[object] | None:
    return _flag(person, Kind.UNATTENDED, Source.CHILD_STATUS)


def _released(person: Person, _: date) -> Known[object] | None:
    return _known(_days({row.a for row in person.of(Kind.RELEASED)}), _either(person, _RELEASES))


def _days(ordinals: set[int]) -> Days:
    return tuple(date.fromordinal(day) for day in sorted(ordinals))


_INPUTS: Final[dict[Input, Callable[[Person, date], Known[object] | None]]] = {
    Input.BIRTH_DATE: _birth_date,
    Input.DISABILITIES: _disabilities,
    Input.ADMISSIONS: _admissions,
    Input.SELF_PAID: _self_paid,
    Input.MAJOR_DISEASE: _major_disease,
    Input.EMPLOYEE_INSURED: _employee_insured,
    Input.EMPLOYED: _employed,
    Input.UNEMPLOYMENT_BENEFIT_ENDED: _benefit_ended,
    Input.REGISTERED_UNEMPLOYED: _unemployed,
    Input.SCHOOLING: _schooling,
    Input.SCHOOL_ALERT: _school_alert,
    Input.UNATTENDED_CHILD: _unattended,
    Input.RELEASED_FROM_CUSTODY: _released,
}
"""Sex and relation are read by no rule, and not kept."""
