"""The document of one chunk of an export, made of the one that was sent.

What is selected of each row stays as it was written; around it come the arguments that move the
page, the cursor, and what tells whether there is more. So the front door sees an ordinary query.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    NameNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    parse,
    print_ast,
)
from graphql.language import Node, Visitor, visit

from hub.errors import InvalidDocumentError
from hub.query.documents import Document, Operation

_LISTS: Final = frozenset({"households", "warnings"})
_FORM: Final = (
    "An export has one root field: `households` or `warnings` with `edges { cursor node { ... } }` "
    "and nothing beside it, or `people` with `index status person { ... }`; down to there without "
    "aliases, directives and fragments."
)


@dataclass(frozen=True, slots=True)
class Added:
    """Names of the variables that move the page; no document that is sent may use them."""

    first: str = "hub_first"
    after: str = "hub_after"
    known_at: str = "hub_known_at"
    as_of: str = "hub_as_of"
    numbers: str = "hub_numbers"


ADDED: Final = Added()
_ARGUMENTS: Final[Mapping[str, Mapping[str, str]]] = {
    "list": {
        "first": ADDED.first,
        "after": ADDED.after,
        "knownAt": ADDED.known_at,
        "asOf": ADDED.as_of,
    },
    "people": {"nationalIds": ADDED.numbers, "knownAt": ADDED.known_at, "asOf": ADDED.as_of},
}
_TYPES: Final[Mapping[str, str]] = {
    ADDED.first: "Int!",
    ADDED.after: "String",
    ADDED.known_at: "DateTime",
    ADDED.as_of: "Date",
    ADDED.numbers: "[String!]!",
}
_PAGE: Final = "{ edges { cursor } pageInfo { hasNextPage endCursor } }"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export asks a chunk with."""

    name: str
    root: FieldNode
    """The root field as it was sent, with its own arguments."""
    text: str
    variables: frozenset[str]
    """Names of the variables that the text declares."""


def exported(document: Document, operation: Operation) -> Exported:
    """Return the document of a chunk.

    Raises:
        InvalidDocumentError: The operation has not the form of an export.
    """
    root = _only_field(operation.node.selection_set, None)
    name = root.name.value
    if name in _LISTS:
        if any(argument.name.value == "first" for argument in root.arguments or ()):
            raise InvalidDocumentError("An export has no `first`; the hub chooses its chunks.")
        edges = _only_field(root.selection_set, "edges")
        shown = _fields(edges.selection_set, {"cursor", "node"})
        selected = _page(shown.get("node"))
        added = _ARGUMENTS["list"]
    elif name == "people":
        shown = _fields(root.selection_set, {"index", "status", "person"})
        plain = [_field("index"), _field("status")]
        selected = _selection([*plain, *([shown["person"]] if "person" in shown else [])])
        added = _ARGUMENTS["people"]
    else:
        raise InvalidDocumentError(_FORM)
    own = [a for a in root.arguments or () if a.name.value not in added]
    moved = FieldNode(
        name=NameNode(value=name),
        arguments=(*own, *(_argument(name, variable) for name, variable in added.items())),
        directives=(),
        selection_set=selected,
    )
    return _written(document, operation, root, moved, sorted(added.values()))


def _written(
    document: Document,
    operation: Operation,
    root: FieldNode,
    moved: FieldNode,
    added: Sequence[str],
) -> Exported:
    fragments = list(_spread(moved, document.fragments))
    used = _variables([moved, *fragments])
    declared = [
        each
        for each in operation.node.variable_definitions or ()
        if each.variable.name.value in used
    ]
    if any(each.variable.name.value in _TYPES for each in declared):
        raise InvalidDocumentError("Variables whose names begin with `hub_` are the hub's own.")
    heading = ", ".join(f"${name}: {_TYPES[name]}" for name in added)
    made = parse(f"query ({heading}) {{ x }}", no_location=True).definitions[0]
    assert isinstance(made, OperationDefinitionNode)  # noqa: S101 - just written
    query = OperationDefinitionNode(
        operation=operation.node.operation,
        variable_definitions=(*declared, *(made.variable_definitions or ())),
        directives=(),
        selection_set=_selection([moved]),
    )
    text = print_ast(DocumentNode(definitions=(query, *fragments)))
    names = frozenset(each.variable.name.value for each in declared) | set(added)
    return Exported(moved.name.value, root, text, names)


def _page(node: FieldNode | None) -> SelectionSetNode:
    """Return the selection of a page whose edges show `node`."""
    made = parse(_PAGE, no_location=True).definitions[0]
    assert isinstance(made, OperationDefinitionNode)  # noqa: S101 - just written
    edges, page = made.selection_set.selections
    assert isinstance(edges, FieldNode)  # noqa: S101 - the same
    assert edges.selection_set is not None  # noqa: S101 - the same
    (cursor,) = edges.selection_set.selections
    shown = _selection([cursor, *([node] if node is not None else [])])
    return _selection([_field("edges", shown), page])


def _selection(fields: Sequence[SelectionNode]) -> SelectionSetNode:
    return SelectionSetNode(selections=tuple(fields))


def _field(name: str, selection: SelectionSetNode | None = None) -> FieldNode:
    return FieldNode(
        name=NameNode(value=name), arguments=(), directives=(), selection_set=selection
    )


def _argument(name: str, variable: str) -> ArgumentNode:
    value = VariableNode(name=NameNode(value=variable))
    return ArgumentNode(name=NameNode(value=name), value=value)


def _only_field(chosen: SelectionSetNode | None, name: str | None) -> FieldNode:
    """Return the one field of a selection, as plainly written as an export is."""
    selections = chosen.selections if chosen is not None else ()
    if len(selections) != 1 or not _is_plain(selections[0]):
        raise InvalidDocumentError(_FORM)
    (found,) = selections
    assert isinstance(found, FieldNode)  # noqa: S101 - only a field is plain
    if name is not None and found.name.value != name:
        raise InvalidDocumentError(_FORM)
    return found


def _fields(chosen: SelectionSetNode | None, allowed: set[str]) -> dict[str, FieldNode]:
    """Return the fields of a selection by name, each there once."""
    found: dict[str, FieldNode] = {}
    for selection in chosen.selections if chosen is not None else ():
        if not isinstance(selection, FieldNode) or not _is_plain(selection):
            raise InvalidDocumentError(_FORM)
        name = selection.name.value
        if name not in allowed or name in found:
            raise InvalidDocumentError(_FORM)
        found[name] = selection
    return found


def _is_plain(selection: Node) -> bool:
    return isinstance(selection, FieldNode) and not selection.alias and not selection.directives


class _Names(Visitor):
    """Collects the variables that are used and the fragments that are spread."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: set[str] = set()
        self.spreads: dict[str, None] = {}

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        """Take the name of a variable."""
        self.variables.add(node.name.value)

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: object) -> None:
        """Take the name of a fragment."""
        self.spreads[node.name.value] = None


def _variables(nodes: Sequence[Node]) -> set[str]:
    names = _Names()
    for node in nodes:
        visit(node, names)
    return names.variables


def _spread(
    node: Node, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FragmentDefinitionNode]:
    """Go through the fragments that a node needs, each once."""
    seen: set[str] = set()
    waiting: list[Node] = [node]
    while waiting:
        names = _Names()
        visit(waiting.pop(), names)
        for name in names.spreads:
            if name not in seen:
                seen.add(name)
                waiting.append(fragments[name])
                yield fragments[name]
