"""Answers `__schema` and `__type` from the schema alone; no row is read for them."""

from collections.abc import Mapping

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
)

from hub.errors import InvalidDocumentError
from hub.query.documents import Document, Operation, fields_of
from hub.query.model import Introspected, Plan


def introspect(
    schema: GraphQLSchema,
    document: Document,
    operation: Operation,
    plan: Plan,
    variables: Mapping[str, object],
    coerced: Mapping[str, object],
) -> dict[str, object]:
    """Return the introspected parts of `data`, by response key.

    `variables` are those of the request, `coerced` what became of them. graphql-core's executor
    runs over the selected `__schema` and `__type` only.
    """
    keys = {output.key for output in plan.outputs if isinstance(output, Introspected)}
    if not keys:
        return {}
    node = operation.node
    chosen = tuple(
        field
        for field in fields_of(node.selection_set, "Query", document, coerced)
        if _key(field) in keys
    )
    only = OperationDefinitionNode(
        operation=node.operation,
        name=node.name,
        variable_definitions=node.variable_definitions,
        directives=(),
        selection_set=SelectionSetNode(selections=chosen),
    )
    definitions = (only, *document.fragments.values())
    result = execute_sync(
        schema, DocumentNode(definitions=definitions), variable_values=dict(variables)
    )
    if result.errors or result.data is None:
        raise InvalidDocumentError("The introspection of the document cannot be answered.")
    return dict(result.data)


def _key(field: FieldNode) -> str:
    return field.alias.value if field.alias else field.name.value
