"""A mutation is planned here and carried out in casework: its name, arguments and payload.

The grant is `Mutation.<name>`; a payload shows only what was selected, in the order asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphql import FieldNode, GraphQLError, GraphQLSchema, get_named_type
from graphql.execution.values import VariableValues, get_argument_values

from hub.access import Denied, Entitlement
from hub.errors import InvalidDocumentError, NotGrantedError
from hub.query.bind import coerced
from hub.query.documents import Document, fields_of, invalid_variable
from hub.query.granting import denied


@dataclass(frozen=True, slots=True)
class Command:
    """One granted mutation with its coerced arguments, named as in GraphQL."""

    name: str
    key: str
    arguments: Mapping[str, object]
    payload: tuple[tuple[str, str | None], ...]
    """(response key, field of the payload); None stands for the type's name."""
    type_name: str


def plan_command(
    schema: GraphQLSchema,
    document: Document,
    operation_name: str | None,
    variables: Mapping[str, object] | None,
    entitlement: Entitlement,
) -> Command:
    """Return the command that a mutation asks for.

    Raises:
        InvalidDocumentError: It is no mutation, has more than one command, or a wrong variable.
        NotGrantedError: The caller may not give it.
    """
    operation = document.operation(operation_name)
    if not operation.is_mutation or schema.mutation_type is None:
        raise InvalidDocumentError("The operation is no mutation.")
    values = coerced(schema, operation, variables).whole()
    chosen = fields_of(operation.node.selection_set, "Mutation", document, values.coerced)
    nodes = [node for node in chosen if node.name.value != "__typename"]
    if len({_key(node) for node in nodes}) != 1:
        raise InvalidDocumentError("A mutation gives one command at a time.")
    name = nodes[0].name.value
    path = f"Mutation.{name}"
    decision = entitlement.decide(path)
    if isinstance(decision, Denied):
        raise NotGrantedError(denied(entitlement, path, decision.reason), (path,))
    definition = schema.mutation_type.fields[name]
    try:
        arguments = get_argument_values(definition, nodes[0], values)
    except GraphQLError as problem:
        raise invalid_variable(problem) from None
    type_name = get_named_type(definition.type).name
    payload = tuple(_payload(nodes, type_name, document, values))
    return Command(name, _key(nodes[0]), arguments, payload, type_name)


def shape_payload(command: Command, payload: Mapping[str, object]) -> dict[str, object]:
    """Return `data` of a command's answer; `payload` is by GraphQL field name."""
    shown = {
        key: command.type_name if name is None else payload[name] for key, name in command.payload
    }
    return {command.key: shown}


def _payload(
    nodes: Sequence[FieldNode], type_name: str, document: Document, values: VariableValues
) -> Iterator[tuple[str, str | None]]:
    seen: set[str] = set()
    for node in nodes:
        if node.selection_set is None:
            continue
        for field in fields_of(node.selection_set, type_name, document, values.coerced):
            key = _key(field)
            if key not in seen:
                seen.add(key)
                name = field.name.value
                yield key, None if name == "__typename" else name


def _key(node: FieldNode) -> str:
    return node.alias.value if node.alias else node.name.value
