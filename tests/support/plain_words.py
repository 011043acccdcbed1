"""Departments that speak our own words: facts of any dataset, without a department's quirks."""

from datetime import UTC, date, datetime

from connectors.department import Department
from connectors.mapping import DatasetMapping, FieldMap
from connectors.protocol import SourceRecord
from connectors.shape import Shape
from schema.catalogue import Catalogue, Dataset, Kind
from tests.support.records import ListConnector

AT = datetime(2026, 7, 1, tzinfo=UTC)
_READ = {
    Kind.DATE: date.fromisoformat,
    Kind.INTEGER: int,
    Kind.CENTS: int,
    Kind.FLAG: lambda word: word == "true",
}
_LINK = ("subject_number", "subject_name", "holds_from")


def _convert(kind):
    read = _READ.get(kind, str)
    return lambda word: None if word is None else read(word)


def _mapping(dataset: Dataset) -> DatasetMapping:
    kept = [f for f in dataset.fields if f.derived is None and not f.computed]
    return DatasetMapping(
        department=dataset.department,
        dataset=dataset.name,
        fields=(
            *(FieldMap(f.name, f.name, _convert(f.kind)) for f in kept),
            FieldMap("subject_number", "subject_number", str),
            FieldMap("subject_name", "subject_name", str),
            FieldMap("holds_from", "holds_from", date.fromisoformat),
        ),
        number="subject_number",
        name="subject_name",
        valid_from="holds_from",
        link_only=frozenset(_LINK),
    )


def plain_department(name: str) -> Department:
    """Return a department with every dataset that it has in the catalogue."""
    owned = [d for d in Catalogue.discover() if d.department == name and not d.internal]
    return Department(
        name=name,
        mappings={d.name: _mapping(d) for d in owned},
        shapes={d.name: Shape(name, d.name, "key", "changed") for d in owned},
        settings={},
        connect=lambda _settings: ListConnector(name),
    )


def plain_record(dataset: str, number: str, name: str, holds_from: date, **values) -> SourceRecord:
    """Return a record of `dataset` about a person; days are dates, amounts whole cents."""
    department = Catalogue.discover().by_name[dataset].department
    words = {key: _written(value) for key, value in values.items()}
    words |= {
        "subject_number": number,
        "subject_name": name,
        "holds_from": holds_from.isoformat(),
    }
    key = f"{number}-{sorted(words.items())}"
    return SourceRecord(department, dataset, key, words, "a row", AT, deleted=False)


def _written(value) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
