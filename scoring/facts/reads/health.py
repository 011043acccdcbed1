"""Medical insurance, health, the Disabled Persons' Federation: illness and what it costs."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from scoring.facts.reads.reading import Read, Reader, flagged
from scoring.facts.rows import Kind, Row, Source

_EMPLOYEES: Final = "310"


def _certificates(records: Sequence[Read]) -> Iterator[Row]:
    for r in records:
        category, level = r.code("category"), r.code("level")
        if r.values.get("status") == "valid" and category is not None and level is not None:
            yield Row(Kind.DISABILITY, a=category, b=level)


def _settlements(records: Sequence[Read]) -> Iterator[Row]:
    paid: Counter[int] = Counter()
    for r in records:
        admitted, settled, cents = (
            r.day("admitted_on"),
            r.day("settled_on"),
            r.whole("self_paid_cents"),
        )
        if r.values.get("visit_type") == "inpatient" and admitted is not None:
            yield Row(Kind.ADMISSION, a=admitted)
        if settled is not None and cents is not None:
            paid[settled] += cents
    for day, cents in paid.items():
        yield Row(Kind.SELF_PAID, a=day, c=cents)
    if True in flagged(records, "major_disease"):
        yield Row(Kind.MAJOR_DISEASE, a=1)


def _enrolments(records: Sequence[Read]) -> Iterable[Row]:
    insured = any(
        r.values.get("scheme") == _EMPLOYEES and r.values.get("status") == "active" for r in records
    )
    return (Row(Kind.EMPLOYEE_INSURED, a=1),) if insured else ()


def _health_status(records: Sequence[Read]) -> Iterable[Row]:
    listed = True in flagged(records, "listed_major_disease")
    return (Row(Kind.LISTED_DISEASE, a=1),) if listed else ()


def _deaths(records: Sequence[Read]) -> Iterable[Row]:
    days = {day for r in records if (day := r.day("died_on")) is not None}
    return (Row(Kind.DIED, a=day) for day in days)


READERS: Final[dict[Source, Reader]] = {
    Source.DISABILITY_CERTIFICATE: _certificates,
    Source.MEDICAL_SETTLEMENT: _settlements,
    Source.MEDICAL_ENROLMENT: _enrolments,
    Source.HEALTH_STATUS: _health_status,
    Source.DEATH_CERTIFICATE: _deaths,
    Source.FUNERAL: _deaths,
}
