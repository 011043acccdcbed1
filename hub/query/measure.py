"""How large a document is, found before the work that grows with it.

`scan` looks at the text alone, in one linear pass, before it is parsed: its length, its tokens
(comments count), how deep its brackets nest, its directives. `measure` looks at what was parsed,
before it is validated: what is selected once fragments are spread, how deep, under how many
aliases, and how often the same response key is selected again (a rule of validation compares each
of these with every other). Whatever is too large is refused with the limit's name, its value and
what to do; docs/limits.md has them all.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from hub.errors import InvalidDocumentError, TooCostlyError

_TOKEN: Final = re.compile(
    r"""
      \#[^\n\r]*+                              # a comment
    | \"\"\"(?>\\\"\"\"|(?!\"\"\").)*+(?:\"\"\")?+   # a block string, even one without an end
    | "(?>[^"\\\n\r]|\\.)*+"?+                 # a string, even one without an end
    | \.\.\.
    | [_A-Za-z][_0-9A-Za-z]*+
    | -?[0-9][0-9.eE+-]*+
    | [^\s,\ufeff]                             # a punctuator, or what the parser refuses
    """,
    re.VERBOSE | re.DOTALL,
)
_OPENING: Final = frozenset("{[(")
_CLOSING: Final = frozenset("}])")
_NUL: Final = re.compile(r"\\u(?:0000|\{0+\})")


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """How large a document may be; all operations of it together, unless said otherwise."""

    characters: int = 65_536
    tokens: int = 3_000
    """Names, values, punctuators and comments."""
    nesting: int = 64
    """Brackets of any kind inside one another, so also lists and objects in literals."""
    operations: int = 20
    fragments: int = 50
    """Fragment definitions."""
    variables: int = 100
    """Variables that one operation declares."""
    depth: int = 12
    """Selections inside one another, fragments spread; introspection is not counted."""
    aliases: int = 60
    alias_characters: int = 128
    """Of one alias: it comes back in every row."""
    directives: int = 60
    directives_at_one: int = 4
    """Directives at one field, fragment, operation or variable."""
    selections: int = 500
    """Selections after fragments are spread."""
    overlaps: int = 2_000
    """Pairs of selections that would be merged: n of one key count n(n-1)/2, spreads too."""


def too_large(name: str, allowed: int, message: str) -> TooCostlyError:
    """Return what to tell about a limit that is passed."""
    return TooCostlyError(message, limit=name, allowed=allowed)


def scan(text: str, limits: DocumentLimits) -> int:
    """Refuse a text that is too large to be parsed; linear in its length. Return its tokens.

    Raises:
        TooCostlyError: It is too long, has too many tokens or directives, or nests too deep.
        InvalidDocumentError: A string has the character NUL, which no stored text has.
    """
    if len(text) > limits.characters:
        raise too_large(
            "characters",
            limits.characters,
            f"The document has {len(text)} characters; {limits.characters} are allowed. "
            "Send values as variables, or ask in several.",
        )
    tokens: list[str] = _TOKEN.findall(text)
    if len(tokens) > limits.tokens:
        raise too_large(
            "tokens",
            limits.tokens,
            f"The document has {len(tokens)} tokens; {limits.tokens} are allowed. Send values "
            "as variables, or ask in several.",
        )
    directives = tokens.count("@")
    if directives > limits.directives:
        raise too_large(
            "directives",
            limits.directives,
            f"The document has {directives} directives; {limits.directives} are allowed.",
        )
    if _NUL.search(text):
        raise InvalidDocumentError("A string has the character NUL; no value has it.")
    _check_nesting(tokens, limits.nesting)
    return len(tokens)


def _check_nesting(tokens: Iterable[str], allowed: int) -> None:
    depth = 0
    for token in tokens:
        if token in _OPENING:
            depth += 1
            if depth > allowed:
                raise too_large(
                    "nesting",
                    allowed,
                    f"The document's brackets are nested deeper than {allowed}; ask in several.",
                )
        elif token in _CLOSING:
            depth -= 1


def measure(document: DocumentNode, limits: DocumentLimits) -> None:
    """Refuse a document before validation, whose cost grows with what is measured here.

    Raises:
        TooCostlyError: A limit is passed.
        InvalidDocumentError: A fragment spreads itself.
    """
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    spread = [d for d in document.definitions if isinstance(d, FragmentDefinitionNode)]
    _check_count("operations", len(operations), limits.operations)
    _check_count("fragments", len(spread), limits.fragments)
    fragments = {fragment.name.value: fragment for fragment in spread}
    spreading = _Spreading(fragments, limits)
    for operation in operations:
        declared = operation.variable_definitions or ()
        _check_count("variables", len(declared), limits.variables)
        for node in (operation, *declared):
            _check_directives(node, limits.directives_at_one)
        spreading.walk(operation.selection_set, 1, frozenset())
    # What no operation spreads is validated too, and must not cost more than what one spreads.
    alone = _Spreading(fragments, limits)
    for fragment in spread:
        _check_directives(fragment, limits.directives_at_one)
        # Its depth counts where it is spread: a fragment of introspection is deep by nature.
        alone.walk(fragment.selection_set, 0, frozenset((fragment.name.value,)))
    merging = _Merging(fragments, limits.overlaps)
    for definition in (*operations, *spread):
        merging.count((definition.selection_set,))


def _check_count(name: str, found: int, allowed: int) -> None:
    if found > allowed:
        raise too_large(
            name,
            allowed,
            f"The document has {found} {name}; {allowed} are allowed. Ask in several.",
        )


def _check_directives(node: object, allowed: int) -> None:
    found = len(getattr(node, "directives", None) or ())
    if found > allowed:
        raise too_large(
            "directives_at_one",
            allowed,
            f"There are {found} directives at one place; {allowed} are allowed.",
        )


@dataclass(slots=True)
class _Spreading:
    """Counts selections with fragments spread; stops at the first limit."""

    fragments: Mapping[str, FragmentDefinitionNode]
    limits: DocumentLimits
    aliases: int = 0
    selections: int = 0

    def walk(self, chosen: SelectionSetNode, depth: int, inside: frozenset[str]) -> None:
        for selection in chosen.selections:
            self._count(selection)
            if isinstance(selection, FieldNode):
                self._field(selection, depth, inside)
            elif isinstance(selection, InlineFragmentNode):
                self.walk(selection.selection_set, depth, inside)
            else:
                name = selection.name.value  # type: ignore[attr-defined]  # a fragment spread
                if name in inside:
                    raise InvalidDocumentError("A fragment of the document spreads itself.")
                if name in self.fragments:
                    spread = self.fragments[name].selection_set
                    self.walk(spread, depth, inside | {name})

    def _count(self, selection: SelectionNode) -> None:
        self.selections += 1
        if self.selections > self.limits.selections:
            raise too_large(
                "selections",
                self.limits.selections,
                f"The document selects more than {self.limits.selections} fields once its "
                "fragments are spread; ask in several.",
            )
        _check_directives(selection, self.limits.directives_at_one)

    def _field(self, field: FieldNode, depth: int, inside: frozenset[str]) -> None:
        limits = self.limits
        if field.alias is not None:
            self.aliases += 1
            if len(field.alias.value) > limits.alias_characters:
                raise too_large(
                    "alias_characters",
                    limits.alias_characters,
                    f"An alias has {len(field.alias.value)} characters; "
                    f"{limits.alias_characters} are allowed.",
                )
            if self.aliases > limits.aliases:
                raise too_large(
                    "aliases",
                    limits.aliases,
                    f"The document has more than {limits.aliases} aliases; use `people` to ask "
                    "about many, or ask in several.",
                )
        if depth > limits.depth:
            raise too_large(
                "depth",
                limits.depth,
                f"The operation is nested deeper than {limits.depth}; ask in several.",
            )
        if field.selection_set is not None:
            # Introspection is deep by nature, and bounded by graphql-core's own rule.
            step = 0 if field.name.value.startswith("__") else 1
            below = depth + step if depth else 0
            self.walk(field.selection_set, below if step else 0, inside)


@dataclass(slots=True)
class _Merging:
    """Counts the pairs of selections that a rule of validation compares with each other."""

    fragments: Mapping[str, FragmentDefinitionNode]
    allowed: int
    pairs: int = 0

    def count(self, sets: Sequence[SelectionSetNode]) -> None:
        """Count what is selected by all of `sets` together, and below."""
        groups: dict[str, list[SelectionSetNode]] = {}
        seen: dict[str, int] = {}
        spreads = self._collect(sets, groups, seen)
        for found in (*seen.values(), spreads):
            self.pairs += found * (found - 1) // 2
        if self.pairs > self.allowed:
            raise too_large(
                "overlaps",
                self.allowed,
                "The document selects the same again and again: more than "
                f"{self.allowed} pairs of selections would have to be merged. Select each once.",
            )
        for below in groups.values():
            self.count(below)

    def _collect(
        self,
        sets: Sequence[SelectionSetNode],
        groups: dict[str, list[SelectionSetNode]],
        seen: dict[str, int],
    ) -> int:
        """Sort the fields of `sets` by response key; return how many fragments are spread."""
        spreads = 0
        visited: set[str] = set()
        waiting = list(sets)
        while waiting:
            for selection in waiting.pop().selections:
                if isinstance(selection, FieldNode):
                    key = (selection.alias or selection.name).value
                    seen[key] = seen.get(key, 0) + 1
                    if selection.selection_set is not None:
                        groups.setdefault(key, []).append(selection.selection_set)
                elif isinstance(selection, InlineFragmentNode):
                    waiting.append(selection.selection_set)
                else:
                    spreads += 1
                    name = selection.name.value  # type: ignore[attr-defined]  # a spread
                    if name in self.fragments and name not in visited:
                        visited.add(name)
                        waiting.append(self.fragments[name].selection_set)
        return spreads
