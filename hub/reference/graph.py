"""The page of the GraphQL schema: what can be asked, who tells it, how sensitive it is.

Made from the schema that the hub serves, and from the catalogue that the schema is made from.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
    get_named_type,
    is_composite_type,
    is_introspection_type,
)

from hub.reference.markdown import page, table
from schema.catalogue import CORE_FIELDS, Catalogue, Dataset, Field
from schema.graph import build_schema, core_schema
from schema.graph_types import PROVENANCE_NAMES

_OWN: Final = (
    "Person",
    "Household",
    "Member",
    "AccessEntry",
    "AccessFacets",
    "AccessEntryDetail",
    "AccessTimeline",
    "AccessProfile",
    "AuditIndicator",
    "UsageEntry",
    "AuditReplay",
    "AccessRule",
    "SharingAgreement",
)
_CORE: Final = {f.path: f for f in CORE_FIELDS}

_READING: Final = """\
What can be asked, as the hub serves it. [../datasets.md](../datasets.md) tells the same fields
dataset by dataset, with codes and legal basis; [../access.md](../access.md) tells who may read
which of them, and what a refusal looks like; [../../schema/hub.graphql](../../schema/hub.graphql)
is the schema itself. `__schema` and `__type` are answered to every client, unless the policy
withholds them from its entitlement (`introspection = false`).

* **Class** is G (general), S (sensitive) or X (restricted); S and X are always stored sealed. A
  `way` leads to another type, and opens with any field there that is granted.
* **Consent** means that reading needs the person's authorisation for that source, today.
* Whatever can be refused may be null, and is told once in `errors` with its reason, however many
  rows there are. An empty list says that there is no record, never that none may be read.
* `asOf` asks for what held on a day, `knownAt` for what the hub knew at a moment.
"""


def graph_page(catalogue: Catalogue) -> str:
    """Return the page about every root, type, field and argument of the schema of `catalogue`."""
    schema = core_schema(build_schema(catalogue))
    return page(
        "GraphQL",
        _READING,
        *_roots(schema, "Query", "## Query"),
        *_roots(schema, "Mutation", "## Mutation"),
        "## The graph's own types\n",
        *(_own(schema, catalogue, name) for name in _OWN),
        _provenance(schema, catalogue),
        *_departments(schema, catalogue),
        *_others(schema, catalogue),
    )


def _roots(schema: GraphQLSchema, name: str, title: str) -> Iterable[str]:
    root = _object(schema, name)
    yield f"{title}\n\n{root.description}\n"
    for path, field in root.fields.items():
        core = _CORE.get(f"{name}.{path}")
        known = f" ({core.zh})" if core else ""
        yield (
            f"### {path}\n\n{_text(field)}{known} Gives `{field.type}`.\n\n"
            + table(
                ("argument", "type", "default", "what it is"),
                [
                    (f"`{key}`", f"`{argument.type}`", _default(argument), _text(argument))
                    for key, argument in field.args.items()
                ],
            )
        )


def _object(schema: GraphQLSchema, name: str) -> GraphQLObjectType:
    found = schema.type_map[name]
    if not isinstance(found, GraphQLObjectType):
        raise TypeError(f"{name} is no object type")
    return found


def _text(described: GraphQLField | GraphQLArgument | GraphQLNamedType) -> str:
    return described.description or ""


def _default(argument: GraphQLArgument) -> str:
    value = argument.default_value
    return "" if value is Undefined or value is None else f"`{value}`"


def _own(schema: GraphQLSchema, catalogue: Catalogue, name: str) -> str:
    found = _object(schema, name)
    ways = {d.navigation: d for d in catalogue if d.subject.capitalize() == name}
    rows = [
        (
            f"`{path}`",
            f"`{field.type}`",
            _text(field),
            _class_of(name, path, field),
            ways[path].department if path in ways else "",
        )
        for path, field in found.fields.items()
    ]
    head = ("field", "type", "what it is", "class", "department")
    return f"### {name}\n\n{_text(found)}\n\n{table(head, rows)}"


def _class_of(name: str, path: str, field: GraphQLField) -> str:
    core = _CORE.get(f"{name}.{path}")
    if core:
        return core.classification.value
    return "way" if is_composite_type(get_named_type(field.type)) else ""


def _provenance(schema: GraphQLSchema, catalogue: Catalogue) -> str:
    """Return what every record has beside its own fields; it is told once for all."""
    some = _object(schema, next(iter(catalogue)).type_name)
    rows = [
        (f"`{name}`", f"`{some.fields[name].type}`", _text(some.fields[name]).split(". ")[0])
        for name in PROVENANCE_NAMES
    ]
    return (
        "### Fields of every record\n\nEvery type of the departments below has these too. They "
        "need no grant of their own beside one of the type's fields; where a time of change would "
        "tell a sealed day, `sourceTime` tells the month only.\n\n"
        + table(("field", "type", "what it is"), rows)
    )


def _departments(schema: GraphQLSchema, catalogue: Catalogue) -> Iterable[str]:
    owned: dict[str, list[Dataset]] = {}
    for dataset in catalogue:
        owned.setdefault(dataset.department, []).append(dataset)
    for department, datasets in sorted(owned.items()):
        zh, en = catalogue.department_names.get(department, (department, department))
        yield f"## {department}: {zh} ({en})\n"
        for dataset in datasets:
            yield _dataset(schema, dataset)


def _dataset(schema: GraphQLSchema, dataset: Dataset) -> str:
    known: Mapping[str, Field] = {f.graphql_name: f for f in dataset.fields}
    found = _object(schema, dataset.type_name)
    rows = [
        (f"`{path}`", f"`{field.type}`", _text(field), *_kept(known.get(path)))
        for path, field in found.fields.items()
        if path not in PROVENANCE_NAMES
    ]
    many = "a list" if dataset.many else "the newest record"
    source = "decided by the hub's own department" if dataset.internal else "told by the department"
    if not dataset.stored:
        source = "asked for live under an authorisation, never stored"
    head = ("field", "type", "what it is", "class", "sealed", "consent")
    return (
        f"### {dataset.type_name}\n\n{dataset.zh}: {dataset.en}. Dataset `{dataset.name}`, "
        f"{source}; `{dataset.subject.capitalize()}.{dataset.navigation}` gives {many}.\n\n"
        + table(head, rows)
    )


def _kept(field: Field | None) -> tuple[str, str, str]:
    if field is None:
        return "way", "", ""
    sealed, consent = ("yes" if flag else "" for flag in (field.sealed, field.consent))
    return field.classification.value, sealed, consent


def _others(schema: GraphQLSchema, catalogue: Catalogue) -> Iterable[str]:
    told = {"Query", "Mutation", *_OWN, *catalogue.by_type}
    rest = [
        kind
        for name, kind in sorted(schema.type_map.items())
        if name not in told and not is_introspection_type(kind)
    ]
    yield "## What mutations are told\n"
    yield from (_fields(kind) for kind in rest if isinstance(kind, GraphQLInputObjectType))
    yield "## Outcomes, pages and parts\n"
    yield from (_fields(kind) for kind in rest if isinstance(kind, GraphQLObjectType))
    yield "## Interfaces and unions\n"
    yield from (_fields(kind) for kind in rest if isinstance(kind, GraphQLInterfaceType))
    yield from (_members(kind) for kind in rest if isinstance(kind, GraphQLUnionType))
    yield "## Enumerations\n"
    yield from (_values(kind) for kind in rest if isinstance(kind, GraphQLEnumType))
    scalars = [
        (f"`{kind.name}`", _text(kind)) for kind in rest if isinstance(kind, GraphQLScalarType)
    ]
    yield f"## Scalars\n\n{table(('scalar', 'what it is'), scalars)}"


def _members(kind: GraphQLUnionType) -> str:
    members = ", ".join(f"`{member.name}`" for member in kind.types)
    return f"### {kind.name}\n\n{_text(kind)} One of {members}.\n"


def _fields(kind: GraphQLInputObjectType | GraphQLObjectType | GraphQLInterfaceType) -> str:
    rows = [(f"`{path}`", f"`{each.type}`", _text(each)) for path, each in kind.fields.items()]
    return f"### {kind.name}\n\n{_text(kind)}\n\n{table(('field', 'type', 'what it is'), rows)}"


def _values(kind: GraphQLEnumType) -> str:
    rows = [(f"`{name}`",) for name in kind.values]
    return f"### {kind.name}\n\n{_text(kind)}\n\n{table(('value',), rows)}"
