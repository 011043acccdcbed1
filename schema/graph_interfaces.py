"""The interfaces of the graph: what every record has, and what can be asked by its opaque id.

Whatever is asked through an interface is planned for each of its types; the planner is told by
`conditions_of` which type conditions hold of an object.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import strawberry
from graphql import GraphQLObjectType, GraphQLSchema, is_abstract_type

from schema.catalogue import Grain, camel

PROVENANCE: Final = (
    ("record_id", strawberry.ID, "Opaque id of the record, the same in all its versions."),
    ("valid_from", date, "First day on which this holds."),
    ("valid_to", date, "First day on which it no longer holds; null while it does."),
    ("known_from", datetime, "Since when the hub knows it."),
    ("source_time", datetime, "When the source last changed it."),
    ("provider", str, "The department it comes from."),
)
"""Fields of every record; they need no grant of their own beside one of the type's fields."""
PROVENANCE_NAMES: Final = tuple(camel(name) for name, _, _ in PROVENANCE)

_GRAINS: Final[Mapping[Grain, str]] = {
    Grain.EXACT: "",
    Grain.MONTH: " The first moment of that month, UTC: the day is not told.",
}


def provenance_fields(grain: Grain = Grain.EXACT) -> list[tuple[str, object, Any]]:
    """Return the fields of every record, for a dataset that tells its time of change so finely."""
    told = {"source_time": _GRAINS[grain]}
    return [
        (name, _or_null(kind), strawberry.field(description=text + told.get(name, "")))
        for name, kind, text in PROVENANCE
    ]


def _or_null(kind: Any) -> Any:
    return kind | None


def _interface(name: str, description: str, fields: list[tuple[str, object, Any]]) -> type:
    body: dict[str, Any] = {"__annotations__": {n: a for n, a, _ in fields}, "__doc__": description}
    body.update({n: f for n, _, f in fields})
    return strawberry.interface(type(name, (), body), description=description)


Record: Final = _interface(
    "Record",
    "What every record has, whatever department it comes from.",
    provenance_fields(),
)
Node: Final = _interface(
    "Node",
    "A person or a household, by its opaque id.",
    [("id", _or_null(strawberry.ID), strawberry.field(description="The opaque id."))],
)


def conditions_of(schema: GraphQLSchema) -> Mapping[str, frozenset[str]]:
    """Return for each object type the names of the type conditions that hold of its objects."""
    conditions: dict[str, set[str]] = {
        name: {name}
        for name, declared in schema.type_map.items()
        if isinstance(declared, GraphQLObjectType)
    }
    for name, declared in schema.type_map.items():
        if is_abstract_type(declared):
            for possible in schema.get_possible_types(declared):
                conditions[possible.name].add(name)
    return {name: frozenset(found) for name, found in conditions.items()}
