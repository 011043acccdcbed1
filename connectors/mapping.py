"""From a department's record to ours: a declared mapping, applied without a side effect.

A record that has faults becomes `Quarantined` with every reason, not only the first. A
record that the department takes back always comes through: that it is gone counts, even
if its other words are broken.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from connectors.checks import Check, Reason
from connectors.convert import Converter, Fault, Value
from connectors.protocol import ReasonCode, SourceRecord
from connectors.shape import BEIJING


@dataclass(frozen=True, slots=True)
class FieldMap:
    """Where one value of ours comes from: our field, their column, and the conversion."""

    field: str
    column: str
    convert: Converter


@dataclass(frozen=True, slots=True)
class HouseholdMap:
    """Which fields of a register's record place a person in a household."""

    key: str
    relation: str
    region: str


@dataclass(frozen=True, slots=True)
class Record:
    """A department's record in our words, units and codes. Its values are personal data."""

    department: str
    dataset: str
    record_key: str
    subject: str | None = field(repr=False)
    """The citizen number in its 18-character form; None only in a deleted record."""
    name: str | None = field(repr=False)
    birth_date: date | None = field(repr=False)
    values: Mapping[str, Value] = field(repr=False)
    valid_from: date
    source_time: datetime
    deleted: bool
    household_key: str | None = None
    relation: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record that waits for a person, with its reasons. Holds no value of the record."""

    department: str
    dataset: str
    record_key: str = field(repr=False)
    location: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class DatasetMapping:
    """How one dataset of a department becomes records of ours.

    `number`, `name`, `birth_date` and `valid_from` are names among `fields`; fields in
    `link_only` help to link a record and are not kept as values. `first_of_month` moves
    valid_from to the first day of its month, where the exact day is sealed.
    """

    department: str
    dataset: str
    fields: tuple[FieldMap, ...]
    number: str
    name: str
    valid_from: str
    birth_date: str | None = None
    household: HouseholdMap | None = None
    link_only: frozenset[str] = frozenset()
    first_of_month: bool = False
    checks: tuple[Check, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a mapping that names a field it does not have, or has one twice."""
        names = [item.field for item in self.fields]
        used = {self.number, self.name, self.valid_from, *self.link_only}
        if self.birth_date is not None:
            used.add(self.birth_date)
        if self.household is not None:
            used |= {self.household.key, self.household.relation, self.household.region}
        if len(names) != len(set(names)) or used - set(names):
            raise ValueError(f"the mapping of {self.dataset} is not consistent")

    def apply(self, source: SourceRecord, *, today: date) -> Record | Quarantined:
        """Return `source` in our words, or every reason why it cannot be.

        `today` is the day in China; dates behind it are faults.
        """
        found: dict[str, Value] = {}
        reasons: list[Reason] = []
        for item in self.fields:
            value = item.convert(source.words.get(item.column))
            if isinstance(value, Fault):
                reasons.append(Reason(value.code, item.field, value.detail))
            else:
                found[item.field] = value
        for check in self.checks:
            reasons.extend(check(found, today))
        if source.source_time is None:
            reasons.append(
                Reason(
                    ReasonCode.DATE_IMPOSSIBLE, "source_time", "the time of change is unreadable"
                )
            )
        elif source.source_time.astimezone(BEIJING).date() > today:
            reasons.append(
                Reason(ReasonCode.DATE_IN_FUTURE, "source_time", "the time of change is to come")
            )
        elif source.deleted or not reasons:
            return self._record(source, source.source_time, found)
        return Quarantined(
            source.department, source.dataset, source.key, source.location, tuple(reasons)
        )

    def _record(
        self, source: SourceRecord, source_time: datetime, found: Mapping[str, Value]
    ) -> Record:
        home = self.household
        return Record(
            department=source.department,
            dataset=source.dataset,
            record_key=source.key,
            subject=_text(found.get(self.number)),
            name=_text(found.get(self.name)),
            birth_date=_date(found.get(self.birth_date)) if self.birth_date else None,
            values={name: value for name, value in found.items() if name not in self.link_only},
            valid_from=self._valid_from(found, source_time),
            source_time=source_time,
            deleted=source.deleted,
            household_key=_text(found.get(home.key)) if home else None,
            relation=_text(found.get(home.relation)) if home else None,
            region=_text(found.get(home.region)) if home else None,
        )

    def _valid_from(self, found: Mapping[str, Value], source_time: datetime) -> date:
        """Return the declared day; a deleted record without one ends on its day of change."""
        day = _date(found.get(self.valid_from)) or source_time.astimezone(BEIJING).date()
        return day.replace(day=1) if self.first_of_month else day


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _date(value: Value) -> date | None:
    return value if isinstance(value, date) else None
