"""The truth about a made-up district: who is who, whose records are whose, what was planted.

It is written as JSON lines beside the departments' systems, never into a repository: one
line a household, a person, a planted fault, and at the end one summary.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from hub.demo.expected import Expected
from hub.demo.people import Household, Person

ACCEPTED = "accepted"


class Fault(StrEnum):
    """What is wrong, or only looks wrong, with a planted record."""

    FIFTEEN_DIGITS = "fifteen-digits"
    LOWER_CASE_X = "lower-case-x"
    FULL_WIDTH = "full-width"
    EXACT_DUPLICATE = "exact-duplicate"
    STALE_ROW = "stale-row"
    CORRECTION = "correction"
    TAKEN_BACK = "taken-back"
    NAME_VARIANT = "name-variant"
    BIRTH_DATE_VARIANT = "birth-date-variant"
    IDENTITY_CONFLICT = "identity-conflict"
    WRONG_CHECK_DIGIT = "wrong-check-digit"
    NUMBER_MISSING = "number-missing"
    NAME_MISSING = "name-missing"
    HOUSEHOLD_MISSING = "household-missing"
    IMPOSSIBLE_DATE = "impossible-date"
    FUTURE_DATE = "future-date"
    UNKNOWN_CODE = "unknown-code"
    DATES_REVERSED = "dates-reversed"
    NEGATIVE_AMOUNT = "negative-amount"
    COLUMN_LOST = "column-lost"
    BROKEN_BYTES = "broken-bytes"
    SOURCE_SILENT = "source-silent"


EXPECTED: Mapping[Fault, str] = {
    Fault.IDENTITY_CONFLICT: "identity-conflict",
    Fault.WRONG_CHECK_DIGIT: "number-check-digit",
    Fault.NUMBER_MISSING: "number-missing",
    Fault.NAME_MISSING: "name-missing",
    Fault.HOUSEHOLD_MISSING: "household-missing",
    Fault.IMPOSSIBLE_DATE: "date-impossible",
    Fault.FUTURE_DATE: "date-in-future",
    Fault.UNKNOWN_CODE: "code-unknown",
    Fault.DATES_REVERSED: "order",
    Fault.NEGATIVE_AMOUNT: "amount-format",
    Fault.COLUMN_LOST: "column-count",
    Fault.BROKEN_BYTES: "row-unreadable",
    Fault.SOURCE_SILENT: "source-silent",
}
"""Why the hub must not accept a record with this fault; all others are accepted."""
_LOSING: frozenset[Fault] = frozenset(EXPECTED) | {Fault.TAKEN_BACK}
"""Faults that leave the hub without the record."""


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted fault. `key` is the record's key, or its place if it has no readable key."""

    department: str
    dataset: str
    key: str
    fault: Fault

    @property
    def expected(self) -> str:
        """Why it must be quarantined, or "accepted"."""
        return EXPECTED.get(self.fault, ACCEPTED)


@dataclass(slots=True)
class PersonTruth:
    """What the departments' writers say about one person while they write its records."""

    person: Person
    household: Household
    phone: str
    file: "TruthFile"
    removed: bool = False
    """Whether the register took the registration back."""
    records: dict[str, list[str]] = field(default_factory=dict)
    """Dataset to the keys of the records that really are about this person."""
    lost: set[tuple[str, str]] = field(default_factory=set)
    """Dataset and key of the records that the hub cannot have."""

    @property
    def is_open_to_faults(self) -> bool:
        """Whether a writer may spoil records: not the known family's, not out of scope."""
        house = self.household
        return house.listed is not None and house.label is None and not house.struggling

    def add(self, dataset: str, key: str) -> None:
        """Note that a record is about this person."""
        self.records.setdefault(dataset, []).append(key)

    def row(self, dataset: str) -> None:
        """Count one written row."""
        self.file.row(dataset)

    def plant(
        self, department: str, dataset: str, key: str, fault: Fault, *, place: str | None = None
    ) -> None:
        """Note a planted fault, and that the hub lacks the record where the fault says so.

        `place` is where the record lies, for a fault that leaves it without a readable key.
        """
        self.note(department, dataset, place or key, fault)
        if fault in _LOSING:
            self.lost.add((dataset, key))

    def note(self, department: str, dataset: str, key: str, fault: Fault) -> None:
        """Note a planted fault of a change: what stood before it stands."""
        self.file.planted(Planted(department, dataset, key, fault))


@dataclass(slots=True)
class Totals:
    """What was written, counted."""

    households: int = 0
    households_in_scope: int = 0
    people: int = 0
    people_in_scope: int = 0
    removed_in_scope: int = 0
    records: Counter[str] = field(default_factory=Counter)
    """Rows written, by dataset, with repetitions and later versions."""
    faults: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    """Rows that must wait or be reported, by reason."""


class TruthFile:
    """Writes the truth file and counts; owns both. A context manager: leaving it closes."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self.totals = Totals()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Write the summary and close."""
        with self._file:
            self._line(
                "summary",
                {f.name: getattr(self.totals, f.name) for f in fields(self.totals)},
            )

    def planted(self, planted: Planted) -> None:
        """Write one planted fault."""
        self.totals.faults[planted.fault] += 1
        if planted.expected != ACCEPTED:
            self.totals.quarantined[planted.expected] += 1
        self._line("fault", {**asdict(planted), "expected": planted.expected})

    def row(self, dataset: str) -> None:
        """Count one written row."""
        self.totals.records[dataset] += 1

    def household(self, house: Household, expected: Expected | None) -> None:
        """Write one household behind its people; `expected` is the score that it must get."""
        self.totals.households += 1
        self.totals.households_in_scope += house.listed is not None
        self._line(
            "household",
            {
                "household": house.number,
                "region": house.region,
                "in_scope": house.listed is not None,
                "listed": house.listed,
                "hard_trigger": house.struggling,
                "label": house.label,
                "plot": house.plot,
                "members": [member.number for member in house.members],
                "score": None if expected is None else expected.told(),
            },
        )

    def person(self, truth: PersonTruth) -> None:
        """Write one person, when all departments have written theirs."""
        in_scope = truth.household.listed is not None
        self.totals.people += 1
        self.totals.people_in_scope += in_scope
        self.totals.removed_in_scope += in_scope and truth.removed
        self._line(
            "person",
            {
                "number": truth.person.number,
                "former_number": truth.person.former_number,
                "died": truth.person.death_registered_on is not None,
                "name": truth.person.name,
                "birth_date": truth.person.birth_date.isoformat(),
                "phone": truth.phone,
                "relation": truth.person.relation,
                "household": truth.household.number,
                "in_scope": in_scope,
                "removed": truth.removed,
                "records": truth.records,
                "lost": sorted(truth.lost),
            },
        )

    def _line(self, kind: str, content: Mapping[str, object]) -> None:
        self._file.write(json.dumps({"kind": kind, **content}, ensure_ascii=False) + "\n")
