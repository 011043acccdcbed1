"""Plans a list: every field that chooses or orders it must be granted, and goes on record.

A list is refused whole where one of them is denied. What changed counts only as far as the caller
may read it, so that a change says nothing of what is denied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from graphql import FieldNode, GraphQLError, GraphQLSchema

from hub.access import Reason
from hub.errors import NotGrantedError
from hub.query.coercion import Arguments, Values
from hub.query.documents import (
    STEERING,
    Document,
    Operation,
    fields_of,
    invalid_variable,
    is_chosen_list,
)
from hub.query.granting import Granting, denied
from hub.query.levels import LevelBuilder
from hub.query.lists import (
    Choice,
    Watched,
    asked,
    check_values,
    steering,
    unfiltered,
    values_in,
)
from hub.query.model import RootKind
from hub.query.orders import HOUSEHOLD_ORDERS
from hub.query.ways import PROVENANCE
from schema.catalogue import Catalogue, Subject

_STEERING: Final[Mapping[str, str]] = {
    "bands": "Alert.band",
    "region": "Household.region",
    "assignee": "Alert.assignee",
}
"""Arguments of `warnings` and the field whose values they would tell; its status always steers."""
assert STEERING["warnings"] == frozenset(_STEERING)  # noqa: S101 - as documents are read
COUNT_COST: Final = 2_000
"""Counting reads every row that the caller may see, however few are shown."""
CLAUSE_COST: Final = 200
"""Looking for records of each household that is gone through, or comparing each alert."""
SEARCH_COST: Final = 500
"""A list is gone through in its order until the page is full, which may be to its end."""


def choices(
    catalogue: Catalogue,
    schema: GraphQLSchema,
    document: Document,
    operation: Operation,
    branches: Mapping[str, object],
    values: Values,
) -> dict[str, Choice]:
    """Return what each list of an operation is chosen by, by its key in the answer.

    Raises:
        InvalidDocumentError: A value cannot be one of its field.
        TooCostlyError: They are chosen by more values than are allowed.
    """
    assert schema.query_type is not None  # noqa: S101 - there is no schema without one
    found: dict[str, Choice] = {}
    count = 0
    for node in fields_of(operation.node.selection_set, "Query", document, branches):
        name = node.name.value
        key = node.alias.value if node.alias else name
        if is_chosen_list(node) and key not in found:  # those of one key are given the same
            arguments = operation.list_arguments.setdefault(key, Arguments())
            try:
                given = arguments.of(schema.query_type.fields[name], node, values)
            except GraphQLError as problem:
                raise invalid_variable(problem) from None
            count += values_in(given)
            check_values(count)
            found[key] = asked(catalogue, name, given).choice
    return found


def planned(
    chosen: Granting, kind: RootKind, node: FieldNode, choice: Choice | None
) -> tuple[Choice | None, tuple[str, ...]]:
    """Return the choice with what counts as a change, and the fields that the list tells of.

    Raises:
        NotGrantedError: One of the fields that choose or order the list is denied.
    """
    if choice is None and kind is RootKind.HOUSEHOLDS:
        choice = unfiltered(HOUSEHOLD_ORDERS["id"])
    steered = _steered(chosen, kind, node, choice)
    _check(chosen, steered)
    if choice is not None and choice.changed:
        choice = replace(choice, watched=_watched(chosen))
        if not choice.watched or not choice.watched.paths:
            _check(chosen, ["Household.region"])
    told = {*steered, *(choice.watched.paths if choice and choice.watched else ())}
    return choice, tuple(sorted(told))


def listed(level: LevelBuilder, choice: Choice | None, told: Sequence[str]) -> int:
    """Make `level` the list; return what it costs however few rows it shows."""
    level.choice = choice
    for path in told:
        level.answer(path)
    if choice is None:
        return 0
    watched = len(choice.watched.paths) if choice.watched else 0
    conditions = len(choice.clauses) + len(choice.own) + (choice.changed and max(1, watched))
    return SEARCH_COST * bool(conditions) + CLAUSE_COST * conditions


def _steered(chosen: Granting, kind: RootKind, node: FieldNode, choice: Choice | None) -> list[str]:
    if kind is RootKind.HOUSEHOLDS:
        paths = ["Household.id"]  # breaks the ties of every order, and stands in the cursors
    else:
        paths = ["Alert.total"] if choice is None else []
        paths.append("Alert.status")  # only the open ones are listed
        given = chosen.steered_by(node)
        paths += [path for argument, path in _STEERING.items() if argument in given]
    return [*paths, *(steering(choice) if choice else ())]


def _check(chosen: Granting, steered: Sequence[str]) -> None:
    reasons = {path: _reason(chosen, path) for path in steered}
    refused = [path for path, reason in reasons.items() if reason is not None]
    if refused:
        reason = reasons[refused[0]] or Reason.NOT_GRANTED
        raise NotGrantedError(
            "The list is chosen and ordered by it: "
            + denied(chosen.entitlement, refused[0], reason),
            tuple(refused),
        )


def _reason(chosen: Granting, path: str) -> Reason | None:
    """Why a field may not steer, or None; what every record has needs any field of its type."""
    type_name, _, name = path.partition(".")
    if name in PROVENANCE or name == "__typename":
        return chosen.reason_for_type(type_name)
    return chosen.reason_for(path)


def _watched(chosen: Granting) -> Watched:
    members = chosen.reason_for("Household.members") is None
    return Watched(
        chosen.reason_for("Household.region") is None,
        members,
        tuple(
            d
            for d in chosen.catalogue.stored
            if (members or d.subject is Subject.HOUSEHOLD)
            and chosen.reason_for_type(d.type_name) is None
        ),
    )
