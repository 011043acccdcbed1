"""What the hub tells of itself, not of people: the access log, its indicators, rules of access.

A field of Query that is answered from a register is asked alone, is granted whole or not at all,
and its look-up is on record before its answer leaves. A register reads the policy's digest in the
snapshot of its entries, so that an old right cannot outlive a change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type

from hub.query.granting import Granting
from hub.query.model import (
    BoundRoot,
    Constant,
    Counted,
    Edges,
    EntryShape,
    Given,
    ItemOutput,
    Node,
    Root,
    RootKind,
    Told,
)
from hub.query.shape import Tree, page_told
from schema.catalogue import CORE_FIELDS

TYPES: Final[Mapping[RootKind, str]] = {
    RootKind.ACCESS_LOG: "AccessEntry",
    RootKind.ACCESS_FACETS: "AccessFacets",
    RootKind.ACCESS_ENTRY: "AccessEntryDetail",
    RootKind.ACCESS_TIMELINE: "AccessTimeline",
    RootKind.ACCESS_PROFILE: "AccessProfile",
    RootKind.ACCESS_RULES: "AccessRule",
    RootKind.SHARING_AGREEMENTS: "SharingAgreement",
    RootKind.INDICATORS: "AuditIndicator",
    RootKind.USAGES: "UsageEntry",
    RootKind.REPLAYS: "AuditReplay",
}
"""The root fields that registers answer, each with the type of its entries."""
SINGLE: Final[Mapping[RootKind, int]] = {
    RootKind.ACCESS_FACETS: 2_000,
    RootKind.ACCESS_ENTRY: 200,
    RootKind.ACCESS_TIMELINE: 2_000,
    RootKind.ACCESS_PROFILE: 2_000,
}
"""Those that give one object, or null, and no connection; each with what it costs."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a register, and what the entry of its look-up says of it."""

    policy_digest: str | None
    entries: tuple[Tree, ...]
    cursors: tuple[str, ...]
    record: Mapping[str, object]
    """What was asked, and how much was shown; no value of a person."""
    has_more: bool = False
    tags: tuple[bytes, ...] = ()
    """Subject tags of the person asked about: none if nobody was, or nobody is known."""
    told: Mapping[str, object] = field(default_factory=dict)
    """What `extensions` of the answer say beside the page."""


class Register(Protocol):
    """Answers one field of Query."""

    async def find(self, bound: BoundRoot) -> Found:
        """Return a page of entries.

        Raises:
            StoreUnavailableError: The database gave up.
        """


def fields_of_entry(kind: RootKind) -> tuple[str, ...]:
    """Return every field of a register's entries: they are granted all together."""
    return tuple(f.path for f in CORE_FIELDS if f.type_name == TYPES[kind])


def entry_shape(
    chosen: Granting, schema: GraphQLSchema, nodes: Sequence[object], type_name: str
) -> EntryShape:
    """Return how an entry of a register is shown, and what it holds, as selected."""
    declared = schema.type_map[type_name]
    assert isinstance(declared, GraphQLObjectType)  # noqa: S101 - only objects have fields
    parts: list[tuple[str, str | None, EntryShape | None]] = []
    for key, fields in chosen.fields(nodes, type_name):
        name = fields[0].name.value
        if name == "__typename":
            parts.append((key, None, None))
            continue
        held = get_named_type(declared.fields[name].type)
        is_object = isinstance(held, GraphQLObjectType)
        below = entry_shape(chosen, schema, fields, held.name) if is_object else None
        parts.append((key, name, below))
    return EntryShape(type_name, tuple(parts))


def shape_entries(root: Root, bound: BoundRoot, found: Found) -> Tree | None:
    """Return the connection, or the one object, as it was selected."""
    if root.entry is not None:
        return _shown(root.entry, found.entries[0]) if found.entries else None
    page = page_told(found.cursors, has_next=found.has_more, has_previous=bound.has_after)
    answer: Tree = {}
    for output in root.connection:
        if isinstance(output, Constant):
            answer[output.key] = output.value
        elif isinstance(output, Counted):
            answer[output.key] = None  # a register's connection offers no count
        elif isinstance(output, Edges):
            answer[output.key] = [
                _item(output.outputs, {Given.CURSOR: cursor}, entry)
                for cursor, entry in zip(found.cursors, found.entries, strict=True)
            ]
        else:
            answer[output.key] = _item(output.outputs, page, {})
    return answer


def _item(outputs: Sequence[ItemOutput], told: Mapping[Given, object], entry: Tree) -> Tree:
    item: Tree = {}
    for output in outputs:
        if isinstance(output, Told):
            item[output.key] = told[output.what]
        elif isinstance(output, Node):
            item[output.key] = _shown(output.entry, entry)
        else:
            item[output.key] = output.value
    return item


def _shown(shape: EntryShape | None, entry: Tree) -> Tree:
    if shape is None:
        return {}
    return {
        key: shape.type_name if name is None else _held(below, entry[name])
        for key, name, below in shape.parts
    }


def _held(shape: EntryShape | None, value: Any) -> object:
    if shape is None or value is None:
        return value
    return (
        [_shown(shape, each) for each in value] if isinstance(value, list) else _shown(shape, value)
    )
