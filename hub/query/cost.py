"""What an operation costs, in one place, known from its plan before the first row is read.

The unit is a value that may be returned: a row counts one, a clear column one, a sealed group two
(it is fetched and opened), a field that is shown again under another key one. A list inside a row
counts as many rows as it is declared to have (`hub.query.levels`: four members, four records), a
list of numbers as many as are asked for, a page as many as `first` says: sizes that are declared,
so that the same question costs the same whoever is in the database. Introspection counts the types,
fields and arguments that the schema has. Every operation costs at least one.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_introspection_query,
    is_wrapping_type,
    parse,
)

from hub.access import Limits
from hub.errors import TooCostlyError
from hub.query.documents import Document, Operation
from hub.query.listing import SEARCH_COST
from hub.query.model import BoundRoot

MINIMUM: Final = 1
_STANDARD: Final = get_introspection_query(
    descriptions=True, specified_by_url=True, input_value_deprecation=True
)
_MARGIN: Final = 1.1
_SDL: Final = 2_000
"""What the whole schema as one text counts, by what it takes to send it."""
Fragments = Mapping[str, FragmentDefinitionNode]
_SELECTED: Final = (GraphQLObjectType, GraphQLInterfaceType)


def cost_of_root(bound: BoundRoot) -> int:
    """Return what one root costs with the arguments of its request."""
    root = bound.root
    objects = len(bound.ids) if bound.length else len(bound.numbers) or bound.first or 1
    cost = root.fixed_cost + root.unit_cost * objects
    return cost + SEARCH_COST if bound.is_of_the_past else cost


def cost_of(roots: Sequence[BoundRoot]) -> int:
    """Return what the rows of an operation cost."""
    cost = 0
    for one in roots:
        cost += cost_of_root(one)
    return cost or MINIMUM


def checked_cost(roots: Sequence[BoundRoot], limit: int) -> int:
    """Return the cost of an operation that may be answered.

    Raises:
        TooCostlyError: With the cost, the limit, the root that costs most and what to do.
    """
    cost = cost_of(roots)
    if cost <= limit:
        return cost
    most = max(roots, key=cost_of_root)
    raise TooCostlyError(
        f"The operation may return about {cost} values; {limit} are allowed. Most of them are of "
        f"{most.root.kind} ({cost_of_root(most)}): ask about fewer people, take smaller pages, or "
        "select fewer fields.",
        allowed=limit,
        cost=cost,
        root=str(most.root.kind),
    )


def checked_introspection(
    schema: GraphQLSchema, document: Document, operation: Operation, keys: frozenset[str]
) -> int:
    """Return what the introspection of an operation costs, by the size of the schema.

    `keys` are the response keys of `__schema` and `__type`.

    Raises:
        TooCostlyError: It may return more values than the standard introspection query, and a
            tenth: graphql-core resolves them one by one.
    """
    sizes, allowed = _sizes(schema)
    cost = sizes.roots(operation.node.selection_set, keys, document.fragments)
    if cost > allowed:
        raise TooCostlyError(
            f"The introspection may return about {cost} values; {allowed} are allowed, a tenth "
            "more than the whole schema. Ask for it once, and not for the fields of fields' types.",
            limit="introspection",
            allowed=allowed,
            cost=cost,
            root="__schema",
        )
    return max(cost, MINIMUM)


@functools.lru_cache(maxsize=4)
def _sizes(schema: GraphQLSchema) -> "tuple[_Introspection, int]":
    """Return what introspection of a schema is measured by, and how much is allowed."""
    sizes = _Introspection(schema)
    standard = parse(_STANDARD, no_location=True)
    fragments = {
        d.name.value: d for d in standard.definitions if isinstance(d, FragmentDefinitionNode)
    }
    (asked,) = (d for d in standard.definitions if isinstance(d, OperationDefinitionNode))
    whole = sizes.roots(asked.selection_set, frozenset({"__schema"}), fragments)
    return sizes, int(whole * _MARGIN)


class _Introspection:
    """Multiplies selections by how many types, fields and arguments there are."""

    def __init__(self, schema: GraphQLSchema) -> None:
        """Count the schema."""
        kinds = list(schema.type_map.values())
        selected = [len(k.fields) for k in kinds if isinstance(k, _SELECTED)]
        given = [len(k.fields) for k in kinds if isinstance(k, GraphQLInputObjectType)]
        values = [len(k.values) for k in kinds if isinstance(k, GraphQLEnumType)]
        fields = [field for k in kinds if isinstance(k, _SELECTED) for field in k.fields.values()]
        arguments = [len(field.args) for field in fields]
        types = len(kinds)
        interfaces = sum(len(k.interfaces) for k in kinds if isinstance(k, _SELECTED))
        wrapped = sum(is_wrapping_type(field.type) for field in fields)
        self._of_all: Mapping[str, float] = {
            "types": types,
            "directives": len(schema.directives),
            "fields": sum(selected) / types,
            "inputFields": sum(given) / types,
            "enumValues": sum(values) / types,
            "args": sum(arguments) / len(arguments),
            "possibleTypes": (interfaces + 1) / types,  # each is told from its other end
            "interfaces": (interfaces + 1) / types,
            "ofType": (wrapped + 1) / len(fields),
        }
        self._of_one: Mapping[str, float] = {
            **self._of_all,
            "fields": max(selected),
            "inputFields": max(given, default=0),
            "enumValues": max(values, default=0),
            "args": max(arguments),
        }

    def roots(self, chosen: SelectionSetNode, keys: frozenset[str], fragments: Fragments) -> int:
        """Return the cost of the roots whose response key is in `keys`."""
        found = 0.0
        for node in _fields(chosen, fragments):
            if (node.alias or node.name).value in keys and node.selection_set is not None:
                if node.name.value == "_service":
                    found += _SDL
                found += self._below(node.selection_set, fragments, is_all=False)
        return int(found)

    def _below(self, chosen: SelectionSetNode, fragments: Fragments, *, is_all: bool) -> float:
        """Return the cost of one object; `is_all`: of one that stands for every type or field."""
        sizes = self._of_all if is_all else self._of_one
        cost = 0.0
        for node in _fields(chosen, fragments):
            name = node.name.value
            if node.selection_set is None:
                cost += 1
            else:
                stays = name in {"types", "directives"} or (is_all and name in {"fields", "args"})
                below = self._below(node.selection_set, fragments, is_all=stays)
                cost += 1 + sizes.get(name, 1) * (1 + below)
        return cost


def _fields(chosen: SelectionSetNode, fragments: Fragments) -> list[FieldNode]:
    """Return the fields of a selection, fragments spread."""
    fields: list[FieldNode] = []
    waiting = [chosen]
    while waiting:
        for selection in waiting.pop().selections:
            if isinstance(selection, FieldNode):
                fields.append(selection)
            elif isinstance(selection, InlineFragmentNode):
                waiting.append(selection.selection_set)
            else:
                name = selection.name.value  # type: ignore[attr-defined]  # a spread
                waiting.append(fragments[name].selection_set)
    return fields


def checked_range(roots: Sequence[BoundRoot], limits: Limits) -> None:
    """See that one request names no more people, and asks for no longer page, than its entitlement.

    Raises:
        TooCostlyError: It does; the limit is told.
    """
    if limits.people is not None and (named := _named(roots)) > limits.people:
        raise TooCostlyError(
            f"{named} people are asked for; {limits.people} are allowed for this purpose.",
            limit="people",
            allowed=limits.people,
        )
    if limits.page is not None and (longest := max([0, *(o.first for o in roots)])) > limits.page:
        raise TooCostlyError(
            f"A page of {longest} is asked for; {limits.page} are allowed for this purpose.",
            limit="page",
            allowed=limits.page,
        )


def _named(roots: Sequence[BoundRoot]) -> int:
    """Return how many people are named by their numbers or by an id; looks at none of them."""
    named = 0
    by_id: dict[str, int] = {}
    for one in roots:
        named += len(one.numbers)
        # One id that is looked for among people and among households is named once; those of a
        # list are each of one type, so that together they are no more than it is long.
        key = one.root.key
        by_id[key] = min(by_id.get(key, 0) + len(one.ids), one.length)
    return named + sum(by_id.values())
