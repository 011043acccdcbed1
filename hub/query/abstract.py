"""Plans what is asked through an interface or a union: each possible type on its own.

A type of which the caller may see nothing here is left out: it is not searched, and looks like one
that is not there. Where the operation names fields of that type itself, that is told once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from graphql import FieldNode

from hub.access import Reason
from hub.errors import NotGrantedError
from hub.query.granting import Granting, denied
from hub.query.model import Constant, Entities, Gathered, LevelKind, Root, RootKind, Shape
from schema.catalogue import Dataset, Subject
from schema.graph_interfaces import PROVENANCE_NAMES


@dataclass(frozen=True, slots=True)
class EntityType:
    """A type whose objects are found by their opaque id."""

    name: str
    root: RootKind
    level: LevelKind

    @property
    def grant(self) -> str:
        """What may be read by whoever asks by id: what comes back tells whose id it is."""
        return f"{self.name}.id"


ENTITY_TYPES: Final = (
    EntityType("Person", RootKind.PERSON_BY_ID, LevelKind.PEOPLE_BY_ID),
    EntityType("Household", RootKind.HOUSEHOLD_BY_ID, LevelKind.HOUSEHOLDS_BY_ID),
)
"""The types that implement `Node`, and the members of `_Entity`."""
_OF_NODE: Final = frozenset({"__typename", "id"})
_OF_RECORD: Final = frozenset({"__typename", *PROVENANCE_NAMES})


def entities(
    key: str, nodes: Sequence[FieldNode], chosen: Granting, root_of: Callable[[EntityType], Root]
) -> Entities | Constant:
    """Return `node` or `_entities`: a root for each type that the caller may ask for by id.

    Raises:
        NotGrantedError: None of them, where GraphQL wants a list.
    """
    name = nodes[0].name.value
    reasons = {one.name: chosen.reason_for(one.grant) for one in ENTITY_TYPES}
    missing = [reason for reason in reasons.values() if reason is not None]
    path = f"Query.{name}"
    if len(missing) == len(ENTITY_TYPES):
        if name == "node":
            return chosen.refused(key, path, missing[0], nodes, ())
        raise NotGrantedError(denied(chosen.entitlement, path, missing[0]), (path,))
    roots: list[Root] = []
    for one in ENTITY_TYPES:
        reason = reasons[one.name]
        if reason is None:
            roots.append(root_of(one))
        else:
            _refuse_own(nodes, one, reason, chosen, (key,))
    return Entities(key, name != "node", tuple(roots))


def _refuse_own(
    nodes: Sequence[FieldNode],
    one: EntityType,
    reason: Reason,
    chosen: Granting,
    at: tuple[str, ...],
) -> None:
    """Tell once that a type may not be asked for by id, if its own fields are selected."""
    for key, fields in chosen.fields(nodes, one.name):
        if fields[0].name.value not in _OF_NODE:
            chosen.refused(key, one.grant, reason, fields, at)
            return


def records(
    key: str,
    nodes: Sequence[FieldNode],
    type_name: str,
    chosen: Granting,
    at: tuple[str, ...],
    shape_of: Callable[[Dataset], Shape],
) -> Gathered | Constant:
    """Return every record of a person or a household, of the datasets that may be seen."""
    shapes: list[Shape] = []
    reasons: list[Reason] = []
    datasets = chosen.catalogue.of(Subject(type_name.lower()))
    for dataset in sorted(datasets, key=lambda one: one.type_name):
        reason = chosen.reason_for_type(dataset.type_name)
        if reason is None:
            shapes.append(shape_of(dataset))
            continue
        reasons.append(reason)
        for below, fields in chosen.fields(nodes, dataset.type_name):
            path = f"{dataset.type_name}.{fields[0].name.value}"
            if fields[0].name.value not in _OF_RECORD:
                own = chosen.reason_for(path) or reason
                chosen.refused(below, path, own, fields, (*at, key))
    if not shapes:
        reason = reasons[0] if reasons else Reason.NOT_GRANTED
        return chosen.refused(key, f"{type_name}.records", reason, nodes, at)
    return Gathered(key, tuple(shapes))
