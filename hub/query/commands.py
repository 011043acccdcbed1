"""A mutation is planned here and carried out in casework: its commands, arguments and payloads.

The commands of one operation are carried out one after the other, in the order in which their
response keys come first. The grant of each is `Mutation.<name>`; a payload shows only what was
selected, in the order asked.

Spec: GraphQL 6.2.2, serial execution of a mutation.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graphql import FieldNode, GraphQLError, GraphQLSchema, get_named_type
from graphql.execution.values import VariableValues, get_argument_values
from graphql.language import get_location

from hub.access import Denied, Entitlement
from hub.errors import (
    CaseRefusedError,
    HubError,
    InvalidDocumentError,
    Location,
    NotGrantedError,
    TooCostlyError,
    UnavailableError,
)
from hub.query.bind import coerced
from hub.query.documents import Document, fields_of, invalid_variable
from hub.query.granting import denied
from hub.query.model import Constant

MAX_COMMANDS: Final = 20
"""How many commands one operation may give: each is a transaction, and some ask departments."""
_FAILED: Final = "This command failed; tell the hub's operator the request id."


@dataclass(frozen=True, slots=True)
class Command:
    """One mutation with its coerced arguments, named as in GraphQL."""

    name: str
    key: str
    arguments: Mapping[str, object]
    payload: tuple[tuple[str, str | None], ...]
    """(response key, field of the payload); None stands for the type's name."""
    type_name: str
    places: tuple[Location, ...]

    @property
    def path(self) -> str:
        """What is granted to who may give it."""
        return f"Mutation.{self.name}"


@dataclass(frozen=True, slots=True)
class Series:
    """What one operation asks for: its commands and constants, by response key, in order."""

    outputs: tuple[Command | Constant, ...]

    @property
    def commands(self) -> tuple[Command, ...]:
        """The commands, in the order in which they are carried out."""
        return tuple(one for one in self.outputs if isinstance(one, Command))


def plan_commands(
    schema: GraphQLSchema,
    document: Document,
    operation_name: str | None,
    variables: Mapping[str, object] | None,
    entitlement: Entitlement,
) -> Series:
    """Return the commands that a mutation asks for; nothing of it has been carried out.

    A command that is not granted among others that are is left to `check_command`.

    Raises:
        InvalidDocumentError: It is no mutation, or a variable or an argument is wrong.
        TooCostlyError: It gives more commands than are allowed.
        NotGrantedError: The caller may give none of them.
    """
    operation = document.operation(operation_name)
    if not operation.is_mutation or schema.mutation_type is None:
        raise InvalidDocumentError("The operation is no mutation.")
    values = coerced(schema, operation, variables).whole()
    chosen: dict[str, list[FieldNode]] = {}
    for node in fields_of(operation.node.selection_set, "Mutation", document, values.coerced):
        chosen.setdefault(_key(node), []).append(node)
    names = {key: nodes[0].name.value for key, nodes in chosen.items()}
    given = {key: name for key, name in names.items() if name != "__typename"}
    _check(given, entitlement)
    return Series(
        tuple(
            _command(schema, document, key, nodes, values)
            if key in given
            else Constant(key, "Mutation")
            for key, nodes in chosen.items()
        )
    )


def _check(given: Mapping[str, str], entitlement: Entitlement) -> None:
    """Refuse an operation of which nothing is granted, and one that is too long."""
    if len(given) > MAX_COMMANDS:
        raise TooCostlyError(
            f"The operation gives {len(given)} commands; {MAX_COMMANDS} are allowed at a time.",
            limit="commands",
            allowed=MAX_COMMANDS,
        )
    paths = tuple(sorted({f"Mutation.{name}" for name in given.values()}))
    if paths and not any(entitlement.is_granted(path) for path in paths):
        raise _not_granted(paths[0], entitlement, paths)


def _not_granted(
    path: str, entitlement: Entitlement, paths: tuple[str, ...] | None = None
) -> NotGrantedError:
    decision = entitlement.decide(path)
    assert isinstance(decision, Denied)  # noqa: S101 - only what is denied comes here
    return NotGrantedError(denied(entitlement, path, decision.reason), paths or (path,))


def check_command(command: Command, entitlement: Entitlement) -> None:
    """Refuse a command that the caller may not give, as it is about to be carried out.

    Raises:
        NotGrantedError: It is not granted, or no longer.
    """
    if not entitlement.is_granted(command.path):
        raise _not_granted(command.path, entitlement)


def _command(
    schema: GraphQLSchema,
    document: Document,
    key: str,
    nodes: Sequence[FieldNode],
    values: VariableValues,
) -> Command:
    assert schema.mutation_type is not None  # noqa: S101 - `plan_commands` has looked
    name = nodes[0].name.value
    definition = schema.mutation_type.fields[name]
    try:
        arguments = get_argument_values(definition, nodes[0], values)
    except GraphQLError as problem:
        raise invalid_variable(problem) from None
    type_name = get_named_type(definition.type).name
    payload = tuple(_payload(nodes, type_name, document, values))
    return Command(name, key, arguments, payload, type_name, tuple(map(_place, nodes)))


def shape_payload(command: Command, payload: Mapping[str, object]) -> dict[str, object]:
    """Return what a command's answer shows; `payload` is by GraphQL field name."""
    return {
        key: command.type_name if name is None else payload[name] for key, name in command.payload
    }


def told_failure(command: Command, failure: Exception, request_id: str) -> dict[str, object]:
    """Return the error of a command that was not carried out, in its place in the answer."""
    known = failure if isinstance(failure, HubError) else HubError()
    is_told = known.status < HubError.status or isinstance(known, UnavailableError)
    extensions: dict[str, object] = {"code": known.code, "requestId": request_id}
    if isinstance(known, NotGrantedError) and known.fields:
        extensions["fields"] = list(known.fields)
    if isinstance(known, CaseRefusedError):
        extensions["reason"] = known.reason
    return {
        "message": str(known) if is_told else _FAILED,
        "locations": [{"line": place.line, "column": place.column} for place in command.places],
        "path": [command.key],
        "extensions": extensions,
    }


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


def _place(node: FieldNode) -> Location:
    assert node.loc is not None  # noqa: S101 - documents are parsed with locations
    place = get_location(node.loc.source, node.loc.start)
    return Location(place.line, place.column)
