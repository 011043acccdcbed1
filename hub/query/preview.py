"""What a document would be allowed to do, told before anybody runs it."""

from collections.abc import Mapping
from dataclasses import dataclass

from hub.access import Denied, Entitlement
from hub.errors import NotGrantedError
from hub.query.documents import Document, Operation, fields_of
from hub.query.plan import Planner


@dataclass(frozen=True, slots=True)
class Preview:
    """What one operation would do under one entitlement."""

    unit_costs: Mapping[str, int]
    """By response key of a root: what a person asked about, or a row of a page, costs."""
    answered: tuple[str, ...]
    denied: tuple[str, ...]
    """Fields that would be null with an error, or for which the whole operation is refused."""


def preview(
    planner: Planner, document: Document, operation: Operation, entitlement: Entitlement
) -> Preview:
    """Return what `operation` would do, with every branch of @skip and @include taken.

    Raises:
        InvalidDocumentError: It could never be answered.
    """
    if operation.is_mutation:
        return _commands(document, operation, entitlement)
    costs: dict[str, int] = {}
    answered: set[str] = set()
    denied: set[str] = set()
    for value in (True, False) if operation.branch_variables else (True,):
        branches = dict.fromkeys(operation.branch_variables, value)
        try:
            plan = planner.plan(document, operation, branches, entitlement)
        except NotGrantedError as refusal:
            denied.update(refusal.fields)
            continue
        for root in plan.roots:
            costs[root.key] = max(costs.get(root.key, 0), root.unit_cost)
        answered.update(plan.answered)
        denied.update(error.field for error in plan.errors)
    return Preview(costs, tuple(sorted(answered)), tuple(sorted(denied)))


def _commands(document: Document, operation: Operation, entitlement: Entitlement) -> Preview:
    every = {**dict.fromkeys(operation.branch_variables, True)}
    nodes = fields_of(operation.node.selection_set, "Mutation", document, every)
    paths = {f"Mutation.{node.name.value}" for node in nodes if node.name.value != "__typename"}
    denied = {path for path in paths if isinstance(entitlement.decide(path), Denied)}
    return Preview({}, tuple(sorted(paths - denied)), tuple(sorted(denied)))
