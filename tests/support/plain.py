"""Departments that speak our own words: records of any dataset, with nothing to convert."""

from datetime import UTC, date, datetime

from connectors.department import Department
from connectors.mapping import DatasetMapping, FieldMap, HouseholdMap
from connectors.protocol import SourceRecord
from schema.catalogue import Catalogue, Kind

CATALOGUE = Catalogue.discover()
AT = datetime(2026, 10, 1, 2, tzinfo=UTC)
SINCE = "2020-03-01"


def _flag(word):
    return None if word is None else word == "True"


CONVERTERS = {
    Kind.DATE: lambda word: None if word is None else date.fromisoformat(word),
    Kind.INTEGER: lambda word: None if word is None else int(word),
    Kind.CENTS: lambda word: None if word is None else int(word),
    Kind.FLAG: _flag,
}


def _mapping(dataset):
    given = [f for f in dataset.fields if f.derived is None and f.name != "national_id"]
    maps = [FieldMap(f.name, f.name, CONVERTERS.get(f.kind, lambda word: word)) for f in given]
    kept = {f.name for f in dataset.fields}
    names = {f.name for f in given}
    maps += [
        FieldMap(name, f"who_{name}", lambda word: word)
        for name in ("national_id", "name")
        if name not in names
    ]
    home = None
    if dataset.name == "population":
        home = HouseholdMap("household_number", "relation_to_head", "region")
    return DatasetMapping(
        department=dataset.department,
        dataset=dataset.name,
        fields=(*maps, FieldMap("held_since", "held_since", CONVERTERS[Kind.DATE])),
        number="national_id",
        name="name",
        birth_date="birth_date" if dataset.name == "population" else None,
        valid_from="held_since",
        household=home,
        link_only=frozenset({"national_id", "name", "held_since"} - kept),
    )


def plain(name):
    """Return a department whose records are in our words."""
    own = [d for d in CATALOGUE.stored if d.department == name and not d.internal]
    return Department(name, {d.name: _mapping(d) for d in own}, {}, {}, lambda _: None)


def said(dataset, number, values, *, since=SINCE, at=AT):
    """Return a record: `values` are our words; coarse forms are computed as it comes."""
    declared = CATALOGUE.by_name[dataset]
    words = {name: None if value is None else str(value) for name, value in values.items()}
    words |= {"who_national_id": number, "who_name": "甲一", "held_since": since}
    key = f"{dataset} {number} {sorted(words.items(), key=str)}"
    return SourceRecord(declared.department, dataset, key, words, key[:20], at, deleted=False)
