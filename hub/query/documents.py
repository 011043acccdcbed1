"""A document is parsed and validated once, after it has been found small enough.

The limits come before the work they bound (`hub.query.measure`): what the text alone tells before
the parser, what is selected before validation. No message quotes what the caller wrote as a value:
a citizen number in the wrong place must not come back, or reach a log.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    parse,
    validate,
)
from graphql.language import Node
from graphql.validation import (
    NoUndefinedVariablesRule,
    NoUnusedVariablesRule,
    VariablesInAllowedPositionRule,
    specified_rules,
)

from hub.errors import InvalidDocumentError, Location
from hub.query.coercion import Arguments, Coercion
from hub.query.measure import DocumentLimits, measure, scan
from hub.query.remembered import Remembered
from schema.graph_interfaces import conditions_of

_DIGITS: Final = re.compile(r"[0-9]{5,}")
_TOKENS: Final = 40_000
"""Of all documents that are remembered: about 16 MB."""
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OF_VARIABLES: Final = (
    NoUndefinedVariablesRule,
    NoUnusedVariablesRule,
    VariablesInAllowedPositionRule,
)
_WITHOUT_VARIABLES: Final = tuple(r for r in specified_rules if r not in _OF_VARIABLES)
"""Of a document that has none; each of the others walks through all of it again."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document, and the variables that decide which fields it selects."""

    node: OperationDefinitionNode
    name: str | None
    """The name it was given."""
    is_mutation: bool
    """Whether it changes anything; queries do not."""
    branch_variables: tuple[str, ...]
    coercion: Coercion = field(default_factory=Coercion, repr=False, compare=False)
    """How its variables are coerced."""
    has_lists: bool = False
    """Whether a field of it may be a list whose filter and order decide how it is planned."""
    steering_variables: tuple[str, ...] = ()
    """Those that stand for an argument which needs a grant of its own, unless it is null."""
    choosing_variables: tuple[str, ...] = ()
    """Those in a list's filter and order."""
    list_arguments: dict[str, Arguments] = field(default_factory=dict, repr=False, compare=False)
    """How those of each list are read, by its key in the answer; made when first asked for."""

    def null_steering(self, values: Mapping[str, object]) -> frozenset[str]:
        """Return which of the steering variables are null, or absent, in coerced `values`."""
        return frozenset(name for name in self.steering_variables if values.get(name) is None)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed and valid document; `hash` names it, hexadecimal SHA-256 of its text."""

    hash: str
    node: DocumentNode
    fragments: Mapping[str, FragmentDefinitionNode]
    operations: Mapping[str | None, Operation]
    conditions: Mapping[str, frozenset[str]]
    """Of each object type, the names of the type conditions that hold: its own and wider ones."""
    tokens: int
    """How large it is: about 400 bytes of memory each."""
    only: Operation | None
    """The operation, where there is no other."""

    def operation(self, name: str | None) -> Operation:
        """Return the operation to run: the named one, or the only one.

        Raises:
            InvalidDocumentError: There is no such operation, or several and no name.
        """
        if name is not None:
            found = self.operations.get(name)
            if found is None:
                raise InvalidDocumentError("The document has no operation of that name.")
            return found
        if self.only is None:
            raise InvalidDocumentError("The document has several operations: give operationName.")
        return self.only


class Documents:
    """Remembers a bounded number of documents by their text; belongs to one event loop."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: DocumentLimits | None = None,
        *,
        capacity: int = 1_000,
    ) -> None:
        """Keep at most `capacity` documents."""
        self.schema = schema
        self._limits = limits or DocumentLimits()
        self._known: Remembered[str, Document] = Remembered(capacity, _TOKENS)
        self._conditions = conditions_of(schema)

    def parsed(self, text: str) -> Document:
        """Return the document; the second time it is a look-up.

        Raises:
            InvalidDocumentError: It does not parse or validate.
            TooCostlyError: It is larger than one of the limits.
        """
        known = self.known(text)
        if known is not None:
            return known
        tokens = scan(text, self._limits)
        node = self._parse(text)
        measure(node, self._limits)  # what follows may take longer than linear in what it measures
        document = _document(text, node, self._conditions, tokens)
        rules = specified_rules if "$" in text else _WITHOUT_VARIABLES
        problems = validate(self.schema, node, rules, max_errors=1, hide_suggestions=True)
        if problems:
            raise _invalid(problems[0])
        _forget_tokens(node)
        self._known.put(text, document, tokens)
        return document

    def known(self, text: str) -> Document | None:
        """Return the document if it is remembered."""
        return self._known.get(text)

    def hash_of(self, text: str) -> str:
        """Return the hexadecimal SHA-256 of a document's text; of a known one it is a look-up."""
        known = self._known.get(text)
        return known.hash if known is not None else _hash(text)

    def _parse(self, text: str) -> DocumentNode:
        try:
            return parse(
                text, max_lexical_tokens=self._limits.tokens, allow_empty_selection_sets=False
            )
        except GraphQLError as problem:
            raise InvalidDocumentError("The document does not parse.", _places(problem)) from None


def _forget_tokens(node: DocumentNode) -> None:
    """Unlink the tokens of a document that is valid: places are kept in numbers beside them.

    They are linked both ways, so that only the collector would free them, and it walks through all.
    """
    token = node.loc.start_token if node.loc else None
    while token is not None:
        following, token.prev, token.next = token.next, None, None
        token = following


def _document(
    text: str, node: DocumentNode, conditions: Mapping[str, frozenset[str]], tokens: int
) -> Document:
    fragments = {d.name.value: d for d in node.definitions if isinstance(d, FragmentDefinitionNode)}
    operations: dict[str | None, Operation] = {}
    for definition in node.definitions:
        if isinstance(definition, OperationDefinitionNode):
            name = definition.name.value if definition.name else None
            found = _branches(definition, fragments)
            operations[name] = Operation(
                definition,
                name,
                definition.operation is OperationType.MUTATION,
                tuple(sorted(found.variables)),
                has_lists=found.has_lists,
                steering_variables=tuple(sorted(found.steering)),
                choosing_variables=tuple(sorted(found.choosing)),
            )
    if not operations:
        raise InvalidDocumentError("The document has no operation.")
    only = next(iter(operations.values())) if len(operations) == 1 else None
    return Document(_hash(text), node, fragments, operations, conditions, tokens, only)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_CHOOSING: Final = frozenset({"filter", "orderBy"})


def is_chosen_list(node: FieldNode) -> bool:
    """Whether a field, if one of Query, is a list whose arguments decide how it is planned."""
    name = node.name.value
    if name == "warnings":
        return any(a.name.value in _CHOOSING for a in node.arguments or ())
    return name == "households"


STEERING: Final[Mapping[str, frozenset[str]]] = {
    "warnings": frozenset({"bands", "region", "assignee"}),
    "members": frozenset({"anchor"}),
}
"""Arguments that need a grant of their own, by their field."""


@dataclass(slots=True)
class _Branches:
    """Collects the variables that decide about a plan, and the fragments that are spread."""

    variables: set[str] = field(default_factory=set)
    steering: set[str] = field(default_factory=set)
    choosing: set[str] = field(default_factory=set)
    spreads: set[str] = field(default_factory=set)
    has_lists: bool = False

    def walk(self, chosen: SelectionSetNode) -> None:
        """Go through what is selected; fragments are walked by whoever asks."""
        for selection in chosen.selections:
            for directive in selection.directives or ():
                for argument in directive.arguments or ():
                    if isinstance(argument.value, VariableNode):
                        self.variables.add(argument.value.name.value)
            if isinstance(selection, FieldNode):
                self._arguments(selection)
                if selection.selection_set is not None:
                    self.walk(selection.selection_set)
            elif isinstance(selection, InlineFragmentNode):
                self.walk(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode):
                self.spreads.add(selection.name.value)

    def _arguments(self, node: FieldNode) -> None:
        """Note what the arguments of a field decide, if they decide anything."""
        is_list = is_chosen_list(node)
        self.has_lists = self.has_lists or is_list
        steering = STEERING.get(node.name.value, frozenset())
        if not is_list and not steering:
            return
        for argument in node.arguments or ():
            if is_list and argument.name.value in _CHOOSING:
                self.choosing.update(_variables_in(argument.value))
            elif argument.name.value in steering and isinstance(argument.value, VariableNode):
                self.steering.add(argument.value.name.value)


def _variables_in(value: ValueNode) -> Iterator[str]:
    if isinstance(value, VariableNode):
        yield value.name.value
    elif isinstance(value, ListValueNode):
        for each in value.values:
            yield from _variables_in(each)
    elif isinstance(value, ObjectValueNode):
        for member in value.fields:
            yield from _variables_in(member.value)


def _branches(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> _Branches:
    found = _Branches()
    found.walk(operation.selection_set)
    seen: set[str] = set()
    while waiting := found.spreads - seen:
        seen |= waiting
        for name in waiting & fragments.keys():
            found.walk(fragments[name].selection_set)
    return found


def _places(problem: GraphQLError) -> tuple[Location, ...]:
    return tuple(Location(place.line, place.column) for place in problem.locations or ())


def _has_value(problem: GraphQLError) -> bool:
    """Whether it may quote a value: it is about one, about a field of one, or says about nothing.

    graphql-core names no place when a scalar refuses a value, and quotes the whole object that has
    a field it does not know.
    """
    nodes = problem.nodes
    return not nodes or any(
        isinstance(node, ValueNode | ObjectFieldNode) and not isinstance(node, VariableNode)
        for node in nodes
    )


def _invalid(problem: GraphQLError) -> InvalidDocumentError:
    if _has_value(problem):
        message = "The value at this place has the wrong type for its argument."
    else:
        message = _DIGITS.sub("...", problem.message)
    return InvalidDocumentError(message, _places(problem))


def invalid_variable(problem: GraphQLError) -> InvalidDocumentError:
    """Return what to tell about a variable that has the wrong form, without its value."""
    found = re.search(r"Variable '\$([_A-Za-z]\w*)'", problem.message)
    name = f"${found[1]}" if found else "of the request"
    return InvalidDocumentError(
        f"The variable {name} is missing or does not have the type that the document declares.",
        _places(problem),
    )


def masked(text: str | None) -> str | None:
    """Return a name that a caller chose, as it goes on record.

    Long runs of digits are left out, and the whole of what is no name, for it may be anybody's.
    """
    if text is None:
        return None
    return _DIGITS.sub("...", text) if _NAME.fullmatch(text) else "..."


def fields_of(
    chosen: SelectionSetNode,
    type_name: str,
    document: Document,
    variables: Mapping[str, object],
) -> Iterator[FieldNode]:
    """Go through the fields selected on `type_name`, fragments spread, @skip and @include applied.

    A fragment applies to an object whose type is its type condition, or one of the possible types
    of the interface or union that the condition names.

    Spec: GraphQL 6.3.2, CollectFields.
    """
    holds = document.conditions[type_name]
    for selection in chosen.selections:
        if not _is_included(selection, variables):
            continue
        if isinstance(selection, FieldNode):
            yield selection
        elif isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            if condition is None or condition.name.value in holds:
                yield from fields_of(selection.selection_set, type_name, document, variables)
        elif isinstance(selection, FragmentSpreadNode):
            spread = document.fragments[selection.name.value]
            if spread.type_condition.name.value in holds:
                yield from fields_of(spread.selection_set, type_name, document, variables)


def _is_included(selection: Node, variables: Mapping[str, object]) -> bool:
    for directive in getattr(selection, "directives", None) or ():
        name = directive.name.value
        if name not in {"skip", "include"}:
            continue
        (argument,) = directive.arguments
        value = argument.value
        steer = variables.get(value.name.value) if isinstance(value, VariableNode) else value.value
        if steer is None:
            raise InvalidDocumentError(f"The variable of @{name} is null; it is true or false.")
        if bool(steer) is (name == "skip"):
            return False
    return True
