"""The hub as a subgraph of Apollo Federation 2: entities by their keys, and its own description.

A gateway joins other graphs to people and households by their opaque ids (`@key`). What it asks
through `_entities` is planned, granted and put on record as everything else is.

Spec: Apollo Federation 2, subgraph specification (https://specs.apollo.dev/federation/v2.3).
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, NewType, Union

import strawberry
from strawberry.schema_directive import Location

FieldSet = NewType("FieldSet", str)
LinkImport = NewType("LinkImport", object)
Representation = NewType("Representation", object)
_SPECIFICATION: Final = "https://specs.apollo.dev/federation/v2.3"


@strawberry.schema_directive(
    locations=[Location.OBJECT, Location.INTERFACE],
    name="key",
    repeatable=True,
    print_definition=False,
    description="By which fields other graphs know an entity.",
)
class Key:
    """Defined by the specification that `@link` names."""

    fields: FieldSet


@strawberry.schema_directive(
    locations=[Location.SCHEMA],
    name="link",
    repeatable=True,
    print_definition=False,
    description="Which specification the schema's directives come from.",
)
class Link:
    """Defined by the specification of core schemas."""

    url: str
    import_: list[LinkImport] = strawberry.directive_field(name="import")


DEFINITIONS: Final = """
directive @key(fields: _FieldSet!) repeatable on OBJECT | INTERFACE

directive @link(url: String!, import: [link__Import]) repeatable on SCHEMA

\"\"\"Fields of a type, as a selection.\"\"\"
scalar _FieldSet

\"\"\"A name that `@link` brings in.\"\"\"
scalar link__Import
"""
"""What a gateway knows by the specification, for readers of the schema who are none."""

KEY: Final = Key(fields=FieldSet("id"))
"""People and households are known to other graphs by their opaque id."""
LINK: Final = Link(url=_SPECIFICATION, import_=[LinkImport("@key")])


def _scalar(name: str, description: str, *, is_printed: bool) -> Any:
    return strawberry.scalar(
        name=name,
        description=description,
        serialize=_same,
        parse_value=_same,
        print_definition=is_printed,
    )


def _same(value: object) -> object:
    return value


SCALARS: Final[Mapping[object, Any]] = {
    Representation: _scalar(
        "_Any", "What stands for an entity: its __typename and its key.", is_printed=True
    ),
    FieldSet: _scalar("_FieldSet", "Fields of a type, as a selection.", is_printed=False),
    LinkImport: _scalar("link__Import", "A name that `@link` brings in.", is_printed=False),
}
"""The scalars of federation, by the types that stand for them in Python."""


@strawberry.type(name="_Service", description="What a gateway must know of this graph.")
class Service:
    """The answer to `_service`."""

    sdl: str = strawberry.field(description="The schema, without what only a gateway asks.")


def entity_union(person: Any, household: Any) -> Any:
    """Return the union of what can be asked by a representation; it may be null in a list."""
    union = strawberry.union("_Entity", description="What another graph can refer to.")
    return Annotated[Union[person, household], union]  # noqa: UP007 - made at run time


def service_field(sdl: Callable[[], str]) -> Any:
    """Return the field that describes the graph; the only one with a resolver, and without I/O."""

    def described() -> Service:
        return Service(sdl=sdl())

    return strawberry.field(
        name="_service",
        resolver=described,
        description="The schema as a subgraph, for composition; it holds no data.",
    )
