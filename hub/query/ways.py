"""What the fields of a type are: a way to other rows, a stored value, or provenance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graphql import GraphQLNamedType, GraphQLObjectType, is_non_null_type

from hub.query.levels import LevelBuilder
from hub.query.model import Clear, Constant, Form, How, LevelKind, Output
from schema.catalogue import Catalogue, Dataset, Subject

PROVENANCE: Final[Mapping[str, tuple[str, Form]]] = {
    "recordId": ("record_id", Form.ID),
    "validFrom": ("valid_from", Form.DATE),
    "validTo": ("valid_to", Form.END),
    "knownFrom": ("known_from", Form.MOMENT),
    "sourceTime": ("source_time", Form.MOMENT),
}


PLACE_REGION: Final = "place_region"
"""The region of a warning's household; the alert's own columns stand beside it."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where a navigation leads; `kind` is None where it stays on the same row."""

    target: str
    how: How
    kind: LevelKind | None
    dataset: Dataset | None = None
    has_grant: bool = True
    """Whether the way itself is in the catalogue, or follows from what it leads to."""


_WAYS: Final[Mapping[tuple[str, str], Way]] = {
    ("Person", "household"): Way("Household", How.ONE, LevelKind.HOUSEHOLD_OF_PERSON),
    ("Household", "members"): Way("Member", How.MANY, LevelKind.MEMBERS),
    ("Member", "person"): Way("Person", How.SAME_ROW, None, has_grant=False),
    ("Alert", "household"): Way(
        "Household", How.ONE, LevelKind.HOUSEHOLD_OF_RECORD, has_grant=False
    ),
}


def core_field(key: str, type_name: str, name: str, level: LevelBuilder) -> Output:
    """Return a field of the graph's own types."""
    if name == "id":
        return Clear(key, "person_id" if type_name == "Person" else "household_id", Form.ID)
    column = PLACE_REGION if level.kind is LevelKind.WARNINGS else name
    level.column(column)
    if level.anchor is not None:
        level.answer("Person.id")  # whose relation is 01 has the id that was named
    return Clear(key, column, Form.PLAIN)


def provenance_field(key: str, name: str, dataset: Dataset, level: LevelBuilder) -> Output:
    """Return a field that every record has."""
    if name == "provider":
        return Constant(key, dataset.department)
    column, form = PROVENANCE[name]
    level.column(column)
    return Clear(key, column, form)


def snake(name: str) -> str:
    """Return a GraphQL name as the catalogue writes it."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def needed_of(
    declared: GraphQLNamedType, parts: Sequence[tuple[str, str | None]]
) -> tuple[str, ...]:
    """Return which selected parts of a structure the schema has non-null."""
    assert isinstance(declared, GraphQLObjectType)  # noqa: S101 - structures are objects
    names = {snake(name) for name, f in declared.fields.items() if is_non_null_type(f.type)}
    return tuple(sorted(names & {name for _, name in parts if name is not None}))


def way_of(catalogue: Catalogue, type_name: str, name: str) -> Way | None:
    """Return where a field leads, or None for a leaf."""
    fixed = _WAYS.get((type_name, name))
    if fixed is not None:
        return fixed
    if type_name not in {"Person", "Household"}:
        return None
    subject = Subject.PERSON if type_name == "Person" else Subject.HOUSEHOLD
    for dataset in catalogue.of(subject):
        if dataset.navigation == name:
            is_person = subject is Subject.PERSON
            kind = LevelKind.RECORDS_OF_PERSON if is_person else LevelKind.RECORDS_OF_HOUSEHOLD
            how = How.MANY if dataset.many else How.ONE
            return Way(dataset.type_name, how, kind, dataset, has_grant=False)
    return None
