"""The types of the graph, made from the catalogue: what departments may ask for.

Types have no resolvers: answers are planned and fetched whole (`hub/query`), and this module
only says what can be selected. Every grantable field is nullable, because a refused one is
null. `@classified` shows each field's class, owner and whether it is stored sealed.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, NewType

import strawberry
from graphql import GraphQLError, IntValueNode, ValueNode
from strawberry.annotation import StrawberryAnnotation
from strawberry.schema_directive import Location
from strawberry.types.arguments import StrawberryArgument

from schema.catalogue import (
    CORE_FIELDS,
    Catalogue,
    CoreField,
    Dataset,
    Field,
    Kind,
    Subject,
    camel,
)
from schema.graph_federation import KEY
from schema.graph_interfaces import PROVENANCE_NAMES, Node, Record, provenance_fields

__all__ = ["PROVENANCE_NAMES"]

Cents = NewType("Cents", int)


def _cents(given: object) -> int:
    """Return an amount that is given as a whole number; a text, a fraction or a flag is none."""
    if isinstance(given, bool) or not isinstance(given, int):
        raise GraphQLError("Cents are a whole number.")
    return given


def _cents_written(literal: ValueNode, _variables: object = None) -> int:
    if not isinstance(literal, IntValueNode):
        raise GraphQLError("Cents are a whole number.")
    return int(literal.value)


CENTS_SCALAR: Final = strawberry.scalar(
    name="Cents",
    description="An amount of money: whole cents of the yuan (CNY).",
    serialize=int,
    parse_value=_cents,
    parse_literal=_cents_written,
)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.OBJECT],
    description="Who owns a field, how sensitive it is, and whether it is stored sealed.",
)
class Classified:
    """`class` is G (general), S (sensitive) or X (restricted)."""

    class_: str = strawberry.directive_field(name="class")
    owner: str
    sealed: bool


@strawberry.enum(description="Whether a looked-up citizen number led to a person.")
class LookupStatus(Enum):
    """Unknown people and people outside the caller's rows look the same."""

    FOUND = "FOUND"
    NOT_FOUND = "NOT_FOUND"
    INVALID = "INVALID"


@strawberry.enum(description="Early-warning bands.")
class Band(Enum):
    """From no warning to urgent; `scoring` decides, this names."""

    GREEN = "green"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


@strawberry.type(description="The sum of one dimension, with its cap.")
class DimensionScore:
    """One of the six dimensions."""

    code: str = strawberry.field(description="The dimension, D1 to D6.")
    points: int = strawberry.field(description="Points given, at most its cap.")
    cap: int = strawberry.field(description="The most that the dimension can give.")
    coverage: int = strawberry.field(description="Points of the cap that could be decided.")


@strawberry.type(description="Why points were given: which indicator, from which source, how old.")
class ScoreReason:
    """One indicator that gave points."""

    indicator: str = strawberry.field(description="Name of the indicator in the profile.")
    dimension: str = strawberry.field(description="The dimension it counts in, D1 to D6.")
    points: int = strawberry.field(description="Points given for it.")
    text_zh: str = strawberry.field(
        description="The reason in Chinese, with sources and their age."
    )
    text_en: str = strawberry.field(description="The same in English.")
    source: str | None = strawberry.field(
        description="The department whose record decides, if one does."
    )
    source_time: datetime | None = strawberry.field(description="How new that record is.")
    age_days: int | None = strawberry.field(description="Its age on the day of the score, in days.")


@strawberry.type(description="Something that a family needs.")
class FamilyNeed:
    """One assessed need."""

    need: str = strawberry.field(description="Code list family_need.")


@strawberry.type(description="Somebody who was declared as a member of the household.")
class DeclaredMember:
    """One declared member."""

    person_ref: str = strawberry.field(description="Opaque id of the person.")


@strawberry.type(description="What became of one item that was compared.")
class VerificationItem:
    """One item with its verdict; no amount."""

    item: str = strawberry.field(description="What was compared, such as vehicles.")
    verdict: str = strawberry.field(description="consistent, different or undecided.")


@strawberry.type(description="Whether a source answered for the people it was asked about.")
class SourceAnswer:
    """One source that was to be asked; what did not answer is told."""

    source: str = strawberry.field(description="The department that was to be asked.")
    people: int = strawberry.field(description="About how many people it was to be asked.")
    answered: int = strawberry.field(description="About how many of them it answered.")
    reason: str | None = strawberry.field(description="Why it did not answer about the others.")


@strawberry.type(description="Where a page of a connection begins and ends.")
class PageInfo:
    """Relay's page information; only forward paging is offered."""

    has_next_page: bool = strawberry.field(description="Whether there is more behind this page.")
    has_previous_page: bool = strawberry.field(
        description="Whether the page begins behind a cursor."
    )
    start_cursor: str | None = strawberry.field(
        description="Cursor of the first edge; null on an empty page."
    )
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last edge: `after` of the next page."
    )


STRUCTURES: Final[Mapping[str, type]] = {
    "DeclaredMember": DeclaredMember,
    "DimensionScore": DimensionScore,
    "ScoreReason": ScoreReason,
    "FamilyNeed": FamilyNeed,
    "SourceAnswer": SourceAnswer,
    "VerificationItem": VerificationItem,
}
"""GraphQL types of the items of `Kind.STRUCTURE` fields."""

_KINDS: Final[Mapping[Kind, object]] = {
    Kind.TEXT: str,
    Kind.CODE: str,
    Kind.INTEGER: int,
    Kind.CENTS: Cents,
    Kind.DATE: date,
    Kind.MOMENT: datetime,
    Kind.FLAG: bool,
}

_ANCHOR: Final = (
    "Person.id of the member to whom relations are told; default: the head. It needs a grant of "
    "Person.id. Where the household has no such member, no relation is told."
)


def optional(kind: Any) -> Any:
    """Return `kind | None`, for a type made at run time."""
    return kind | None


def list_of(kind: Any) -> Any:
    """Return `list[kind]`, for a type made at run time."""
    return list.__class_getitem__(kind)


def _type_of(f: Field) -> Any:
    if f.kind is Kind.STRUCTURE and f.structure is not None:
        return optional(list_of(STRUCTURES[f.structure]))
    return optional(_KINDS[f.kind])


def _described(f: Field) -> str:
    text = f"{f.zh}: {f.en}"
    if f.unit:
        text += f" ({f.unit})"
    if f.codes:
        text += f"; {f.codes.standard}"
    return text + "."


def argument(
    name: str, annotation: object, description: str, **default: object
) -> StrawberryArgument:
    """Return an argument of a field that is made at run time; without `default` it is required."""
    return StrawberryArgument(
        python_name=name,
        graphql_name=None,
        type_annotation=StrawberryAnnotation(annotation),
        description=description,
        **default,  # type: ignore[arg-type]  # only `default` is ever passed
    )


def make_type(
    name: str,
    description: str,
    fields: list[tuple[str, object, Any]],
    interface: type | None = None,
    *directives: object,
) -> type:
    """Return a strawberry type from (name, annotation, strawberry field) triples."""
    body: dict[str, Any] = {"__annotations__": {n: a for n, a, _ in fields}, "__doc__": description}
    body.update({n: f for n, _, f in fields})
    made = type(name, () if interface is None else (interface,), body)
    return strawberry.type(made, description=description, directives=directives)


def _dataset_fields(dataset: Dataset) -> list[tuple[str, object, Any]]:
    fields: list[tuple[str, object, Any]] = [
        (
            f.name,
            _type_of(f),
            strawberry.field(
                description=_described(f),
                directives=[
                    Classified(
                        class_=f.classification.value, owner=dataset.department, sealed=f.sealed
                    )
                ],
            ),
        )
        for f in dataset.fields
    ]
    return [*fields, *provenance_fields(dataset.source_time_grain)]


def _navigations(
    catalogue: Catalogue, subject: Subject, types: Mapping[str, type]
) -> list[tuple[str, object, Any]]:
    result: list[tuple[str, object, Any]] = []
    for dataset in catalogue.of(subject):
        target = types[dataset.type_name]
        annotation = optional(list_of(target) if dataset.many else target)
        name = dataset.plural or dataset.name
        result.append(
            (name, annotation, strawberry.field(description=f"{dataset.zh}: {dataset.en}."))
        )
    return result


def _records(subject: str) -> tuple[str, object, Any]:
    text = (
        f"Every record of the {subject} of which something is granted: by type, then oldest first."
    )
    return "records", optional(list_of(Record)), strawberry.field(description=text)


def core_fields(type_name: str, annotations: Mapping[str, object]) -> list[tuple[str, object, Any]]:
    known: dict[str, CoreField] = {f.name: f for f in CORE_FIELDS if f.type_name == type_name}
    named = ((name, annotation, camel(name)) for name, annotation in annotations.items())
    return [
        (
            name,
            annotation,
            strawberry.field(description=f"{known[graphql].zh}: {known[graphql].en}."),
        )
        for name, annotation, graphql in named
    ]


def _append(
    cls: type, name: str, annotation: object, description: str, *arguments: StrawberryArgument
) -> None:
    """Add a field to a type that is already made: how two types can name each other."""
    added: Any = strawberry.field(description=description)
    added.python_name = name
    added.type_annotation = StrawberryAnnotation(annotation)
    added.origin = cls
    added.arguments = list(arguments)
    definition: Any = cls.__dict__["__strawberry_definition__"]
    definition.fields.append(added)


def connection(name: str, node: type, *, counted: bool = False) -> type:
    """Return the Relay connection over `node`: edges with cursors, and page information.

    With `counted`, it tells how many there are in all, as far as the caller may see them.
    """
    fields: list[tuple[str, object, Any]] = []
    if counted:
        text = "How many there are, all pages together; counted only when asked for."
        fields.append(("total_count", int | None, strawberry.field(description=text)))
    edge = make_type(
        f"{name}Edge",
        f"{name} and where it stands in a connection.",
        [
            ("cursor", str, strawberry.field(description="Where to go on from.")),
            ("node", optional(node), strawberry.field(description=f"The {name}.")),
        ],
    )
    return make_type(
        f"{name}Connection",
        f"A page: edges over {name}.",
        [
            ("edges", list_of(edge), strawberry.field(description="In the order asked.")),
            ("page_info", PageInfo, strawberry.field(description="How to go on.")),
            *fields,
        ],
    )


def entities(catalogue: Catalogue) -> dict[str, Any]:
    """Return the types of the graph by name: people, households, members, every dataset."""
    types: dict[str, Any] = {
        d.type_name: make_type(d.type_name, f"{d.zh}: {d.en}.", _dataset_fields(d), Record)
        for d in catalogue
    }
    household = make_type(
        "Household",
        "A family as the register has it.",
        core_fields("Household", {"id": optional(strawberry.ID), "region": str | None})
        + _navigations(catalogue, Subject.HOUSEHOLD, types)
        + [_records("household")],
        Node,
        KEY,
    )
    person = make_type(
        "Person",
        "One person, gathered from every department that knows them.",
        core_fields("Person", {"id": optional(strawberry.ID), "household": optional(household)})
        + _navigations(catalogue, Subject.PERSON, types)
        + [_records("person")],
        Node,
        KEY,
    )
    member = make_type(
        "Member",
        "A person's place in a household.",
        [
            *core_fields("Member", {"relation": str | None}),
            ("person", optional(person), strawberry.field(description="The person.")),
        ],
    )
    _append(
        household,
        "members",
        optional(list_of(member)),
        "家庭成员: the people of a household.",
        argument("anchor", strawberry.ID | None, _ANCHOR, default=None),
    )
    if "Alert" in types:
        _append(types["Alert"], "household", optional(household), "The household it is about.")
    return {**types, "Household": household, "Person": person, "Member": member}
