"""What the scorer reads of a household, and how facts become its inputs.

The scorer is a reader like any other: only fields that the profile names, and that were
granted when it was loaded, are opened here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final, TypeVar
from uuid import UUID

from hub.sealing.seals import Opener, opener
from hub.store.facts import Stored
from hub.store.people import Identity
from schema.catalogue import Catalogue, CoreField, Dataset, Field, Kind
from scoring.household import Disability, Evidence, Household, Known, Member

T = TypeVar("T")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR: Final = 12
_EMPLOYEES: Final = "310"


@dataclass(frozen=True, slots=True)
class Read:
    """One record as the scorer sees it: granted fields only."""

    values: Mapping[str, object] = field(repr=False)
    evidence: Evidence


Reads = Mapping[str, list[Read]]
"""Dataset to the records of one person, oldest first. A dataset that is absent is unknown."""


class ScorerFields:
    """The catalogue fields that a profile reads, by dataset; what opens them is bound once."""

    def __init__(self, catalogue: Catalogue, paths: Iterable[str]) -> None:
        """`paths` were checked by `load_profile`; core fields (the region) need no opening."""
        fields: dict[str, list[Field]] = defaultdict(list)
        for path in paths:
            found = catalogue.field(path)
            if found is not None and not isinstance(found, CoreField):
                dataset, f = found
                fields[dataset.name].append(f)
        self.datasets = tuple(catalogue.by_name[name] for name in fields)
        self._clear = {name: [f for f in fs if f.group is None] for name, fs in fields.items()}
        self._sealed = {d.name: _sealed_fields(d, fields[d.name]) for d in self.datasets}

    def read(self, dataset: Dataset, identity: Identity, span: Stored) -> Read:
        """Return one record with the fields that the profile reads.

        Raises:
            SealBrokenError: A stored value does not authenticate.
        """
        version = span.value
        columns, owner, place = version.columns, version.identity_id.bytes, version.version_id.bytes
        values: dict[str, object] = {f.name: columns[f.name] for f in self._clear[dataset.name]}
        for group in self._sealed[dataset.name]:
            sealed = columns[group.column]
            opened = group.opened(
                identity.key, owner, place, sealed if isinstance(sealed, bytes) else b""
            )
            for index, name, is_date in group.fields:
                value = opened[index]
                values[name] = (
                    date.fromisoformat(value) if is_date and isinstance(value, str) else value
                )
        return Read(values, Evidence(dataset.department, version.source_time or EPOCH))


@dataclass(frozen=True, slots=True)
class _SealedFields:
    """The fields of one sealed group that are read: index in it, name, and whether it is a date."""

    column: str
    opened: Opener
    fields: tuple[tuple[int, str, bool], ...]


def _sealed_fields(dataset: Dataset, read: list[Field]) -> tuple[_SealedFields, ...]:
    found = []
    for group, members in dataset.groups.items():
        wanted = tuple(
            (index, f.name, f.kind is Kind.DATE) for index, f in enumerate(members) if f in read
        )
        if wanted:
            opened = opener(dataset.department, dataset.name, group)
            found.append(_SealedFields(f"sealed_{group}", opened, wanted))
    return tuple(found)


def member(person_id: UUID, reads: Reads, as_of: date, read_at: Mapping[str, datetime]) -> Member:
    """Return what is known of one person.

    `read_at` says when each department's source was last read: where it was, and holds no
    record of the person, it is known that there is none; where it never was, it is unknown.
    """
    person = _Person(reads, read_at)
    return Member(
        person_ref=str(person_id),
        birth_date=person.newest("population", "birth_date", date),
        sex=person.newest("population", "sex", str),
        disabilities=person.all("disability_certificate", "disabled-federation", _disabilities),
        admissions=person.all(
            "medical_settlement", "medical-insurance", lambda rows: _admissions(rows, as_of)
        ),
        self_paid=person.all("medical_settlement", "medical-insurance", _self_paid),
        major_disease=person.all(
            "medical_settlement",
            "medical-insurance",
            lambda rows: any(row.values.get("major_disease") is True for row in rows),
        ),
        employee_insured=person.all("medical_enrolment", "medical-insurance", _is_employee),
    )


@dataclass(frozen=True, slots=True)
class _Person:
    reads: Reads
    read_at: Mapping[str, datetime]

    def newest(self, dataset: str, name: str, kind: type[T]) -> Known[T] | None:
        rows = self.reads.get(dataset)
        value = rows[-1].values.get(name) if rows else None
        return Known(value, rows[-1].evidence) if rows and isinstance(value, kind) else None

    def all(
        self, dataset: str, department: str, told: Callable[[list[Read]], T]
    ) -> Known[T] | None:
        rows = self.reads.get(dataset)
        if rows:
            newest = max(rows, key=lambda row: row.evidence.source_time)
            return Known(told(rows), newest.evidence)
        when = self.read_at.get(department)
        return Known(told([]), Evidence(department, when)) if when else None


def _disabilities(rows: list[Read]) -> tuple[Disability, ...]:
    return tuple(
        Disability(int(str(row.values["category"])), int(str(row.values["level"])))
        for row in rows
        if row.values.get("status") == "valid"
    )


def _admissions(rows: list[Read], as_of: date) -> int:
    """Count hospital admissions in the twelve months before `as_of`."""
    first = _months_before(as_of, _YEAR)
    return sum(
        1
        for row in rows
        if row.values.get("visit_type") == "inpatient"
        and isinstance(day := row.values.get("admitted_on"), date)
        and first < day <= as_of
    )


def _months_before(day: date, months: int) -> date:
    month = day.year * 12 + day.month - 1 - months
    return day.replace(year=month // 12, month=month % 12 + 1, day=min(day.day, 28))


def _self_paid(rows: list[Read]) -> tuple[tuple[date, int], ...]:
    """Add up self-paid amounts by month of settlement."""
    months: dict[date, int] = defaultdict(int)
    for row in rows:
        day, cents = row.values.get("settled_on"), row.values.get("self_paid_cents")
        if isinstance(day, date) and isinstance(cents, int):
            months[day.replace(day=1)] += cents
    return tuple(sorted(months.items()))


def _is_employee(rows: list[Read]) -> bool:
    return any(
        row.values.get("scheme") == _EMPLOYEES and row.values.get("status") == "active"
        for row in rows
    )


def household(
    as_of: date, members: Iterable[Member], region: Known[str] | None
) -> Household | None:
    """Return the household as the scorer sees it; None when nobody lives in it."""
    present = tuple(members)
    return Household(as_of=as_of, members=present, region=region) if present else None
