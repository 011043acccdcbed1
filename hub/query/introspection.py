"""Answers `__schema` and `__type` from the schema alone; no row is read for them.

The resolvers are graphql-core's. What is selected of each type is found once and not once an object
of it, for the answer may be the whole schema and is nobody's to wait for.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Final, cast

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    SchemaMetaFieldDef,
    SelectionSetNode,
    TypeMetaFieldDef,
    VariableNode,
    default_field_resolver,
)

from hub.errors import InvalidDocumentError
from hub.query.documents import Document, Operation, fields_of
from hub.query.model import Introspected, Plan

_META: Final = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}
_TYPE_NAME: Final = "__typename"


@dataclass(frozen=True, slots=True)
class _Selected:
    """One field of an object: how it is resolved, and what is selected below it."""

    resolve: Callable[..., object]
    arguments: Mapping[str, object]
    shown: Callable[[object], object] | None
    """What makes the shown value of one that is resolved; none where it is that value."""
    is_list: bool

    def of(self, value: object, info: object) -> object:
        """Return the field of an object, as the answer shows it."""
        found = self.resolve(value, info, **self.arguments)
        if found is None or self.shown is None:
            return found
        if self.is_list:
            return list(map(self.shown, cast("Iterable[object]", found)))
        return self.shown(found)


def introspect(
    schema: GraphQLSchema,
    document: Document,
    operation: Operation,
    plan: Plan,
    coerced: Mapping[str, object],
) -> dict[str, object]:
    """Return the introspected parts of `data`, by response key; `coerced` are the variables.

    Raises:
        InvalidDocumentError: An argument is null that cannot be.

    Spec: GraphQL 4.2, Schema Introspection.
    """
    keys = {output.key for output in plan.outputs if isinstance(output, Introspected)}
    if not keys:
        return {}
    asking = _Asking(schema, document, coerced)
    query = cast("GraphQLObjectType", schema.query_type)
    roots = asking.selected(query, (operation.node.selection_set,), keys)
    return {key: field.of(None, asking.info) for key, field in roots.items()}


class _Asking:
    """Finds what one operation selects of each type of introspection."""

    def __init__(
        self, schema: GraphQLSchema, document: Document, variables: Mapping[str, object]
    ) -> None:
        """Ask with the variables of one request."""
        self.info = SimpleNamespace(schema=schema)
        self._document = document
        self._variables = variables

    def selected(
        self,
        parent: GraphQLObjectType,
        chosen: Iterable[SelectionSetNode],
        only: set[str] | None = None,
    ) -> dict[str, _Selected]:
        """Return the fields selected of a type by response key, of `only` these keys."""
        nodes: dict[str, list[FieldNode]] = {}
        for selection_set in chosen:
            for node in fields_of(selection_set, parent.name, self._document, self._variables):
                key = node.alias.value if node.alias else node.name.value
                if only is None or key in only:
                    nodes.setdefault(key, []).append(node)
        return {key: self._field(parent, together) for key, together in nodes.items()}

    def _field(self, parent: GraphQLObjectType, nodes: list[FieldNode]) -> _Selected:
        name = nodes[0].name.value
        if name == _TYPE_NAME:
            return _Selected(lambda *_: parent.name, {}, None, is_list=False)
        definition = _META.get(name) or parent.fields[name]
        kind, is_list = _unwrapped(definition)
        shown: Callable[[object], object] | None = None
        if isinstance(kind, GraphQLObjectType):
            below = [node.selection_set for node in nodes if node.selection_set is not None]
            shown = self._object(kind, below)
        elif isinstance(kind, GraphQLEnumType):
            shown = kind.coerce_output_value
        resolve = definition.resolve or default_field_resolver
        return _Selected(resolve, self._arguments(nodes[0]), shown, is_list)

    def _object(
        self, kind: GraphQLObjectType, chosen: list[SelectionSetNode]
    ) -> Callable[[object], object]:
        fields = list(self.selected(kind, chosen).items())
        info = self.info
        return lambda value: {key: field.of(value, info) for key, field in fields}

    def _arguments(self, node: FieldNode) -> dict[str, object]:
        given: dict[str, object] = {}
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                name = argument.value.name.value
                if name not in self._variables:
                    continue
                value = self._variables[name]
            else:
                value = getattr(argument.value, "value", None)
            if value is None:
                raise InvalidDocumentError(
                    f"The argument {argument.name.value} of {node.name.value} is null; give it a "
                    "value, or leave it out."
                )
            given[argument.name.value] = value
        return given


def _unwrapped(definition: GraphQLField) -> tuple[object, bool]:
    """Return the named type of a field, and whether the field is a list of it."""
    kind: object = definition.type
    is_list = False
    while isinstance(kind, GraphQLList | GraphQLNonNull):
        is_list = is_list or isinstance(kind, GraphQLList)
        kind = kind.of_type
    return kind, is_list
