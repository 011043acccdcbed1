"""A plan gets the arguments of one request: who, on which day, as known when, how many.

Variables are coerced once. A citizen number leaves here as a keyed tag only. What an argument
cannot be is refused without quoting it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final, Protocol
from uuid import UUID

from graphql import GraphQLError, GraphQLSchema

from hub.access import Entitlement, Rows
from hub.errors import TooCostlyError
from hub.query.coercion import Values
from hub.query.documents import Operation, invalid_variable
from hub.query.given import AFTER_DIGITS, moment_given
from hub.query.list_binding import list_bound
from hub.query.lists import areas
from hub.query.model import Anchor, BoundRoot, Number, Plan, Root, RootKind
from hub.query.once import Once
from hub.query.register_binding import register_bound
from hub.query.representations import bound_by_id, ids_by_kind, uuid_of
from schema.datasets.credit import COMMITMENT_CODES
from schema.ids import citizen_number_text, is_commitment_code, record_id_of

MAX_NUMBERS: Final = 5_000
_AHEAD: Final = timedelta(hours=8)
_CHINA: Final = timezone(_AHEAD)
"""A day is a day in China, wherever the server stands."""
NEWEST: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""Asks for what is known now: later than every known time, before 'infinity'."""
_LAST_DAY: Final = date(9999, 12, 30)
"""The day after it is 'infinity' to the database's driver, when all that lasts would have ended."""


class Tags(Protocol):
    """Keyed tags: how a number or a code becomes what is stored of it; `Tagger` makes them."""

    def people(self, citizen_number: str, /) -> tuple[bytes, ...]:
        """Return the tags of a citizen number, any of which it may be stored under."""

    def identifier(self, dataset: str, key: str, /) -> bytes:
        """Return what the id of a record with this key is made of."""


_Tags = Callable[[str], tuple[bytes, ...]]
_People = tuple[tuple[Number, ...], Mapping[str, object]]
"""Numbers that are asked for, and what the statement is given of them."""


class _Reading:
    """How the arguments of one request are read; what is long, once."""

    __slots__ = ("_people", "ids", "tags", "today")

    def __init__(self, today: date, tags: Tags) -> None:
        self.today = today
        self.tags = tags
        self.ids = Once(ids_by_kind)
        self._people: Once[_People] = Once(lambda texts: _people(_numbers(texts, tags.people)))

    def named(self, given: Mapping[str, object]) -> _People:
        """Return the people that `person` or `people` asks for."""
        if "nationalId" in given:
            return _people((_number(given["nationalId"], self.tags.people),))
        return self._people(given["nationalIds"])


def day_of(moment: datetime) -> date:
    """Return the day that `moment` falls on in China."""
    if moment.tzinfo is UTC:  # as nearly all are, and this is the same in half the time
        return (moment + _AHEAD).date()
    return moment.astimezone(_CHINA).date()


def coerced(
    schema: GraphQLSchema, operation: Operation, variables: Mapping[str, object] | None
) -> Values:
    """Return the values of an operation's variables.

    Raises:
        InvalidDocumentError: One is missing or has the wrong form; its value is not quoted.
    """
    try:
        return operation.coercion.values(schema, operation.node, variables or {})
    except GraphQLError as problem:
        raise invalid_variable(problem) from None


def arguments(field: Root | Anchor, values: Values) -> dict[str, object]:
    """Return the arguments of a field.

    Raises:
        InvalidDocumentError: One is missing.
    """
    try:
        return field.arguments.of(field.definition, field.node, values)
    except GraphQLError as problem:
        raise invalid_variable(problem) from None


def bind(plan: Plan, values: Values, at: datetime, tags: Tags) -> tuple[BoundRoot, ...]:
    """Return every root of `plan` with its arguments; `at` is the moment of the request.

    Raises:
        InvalidDocumentError: An argument has a value that it cannot have.
        TooCostlyError: More citizen numbers than are allowed.
    """
    reading = _Reading(day_of(at), tags)
    bound = [_bound(root, arguments(root, values), reading) for root in plan.roots]
    if not plan.anchors:
        return tuple(bound)
    anchors = _anchors(plan, values)
    return tuple(replace(one, anchors=anchors.get(one.root.index, {})) for one in bound)


def _anchors(plan: Plan, values: Values) -> dict[int, dict[int, UUID | None]]:
    """Return for each root to whom the relations of which level are told; null is the head."""
    found: dict[int, dict[int, UUID | None]] = {}
    for level, anchor in plan.anchors:
        given = arguments(anchor, values).get("anchor")
        if given is not None:
            found.setdefault(level.root, {})[level.index] = uuid_of(given)
    return found


def _bound(root: Root, given: Mapping[str, object], reading: _Reading) -> BoundRoot:
    today, tags = reading.today, reading.tags
    as_of, known = given.get("asOf"), given.get("knownAt")
    day = as_of if isinstance(as_of, date) else today
    known_at = None if known is None else moment_given(known, "knownAt")
    match root.kind:
        case RootKind.PERSON | RootKind.PEOPLE:
            numbers, parameters = reading.named(given)
            return BoundRoot(root, day, known_at, numbers, parameters)
        case RootKind.HOUSEHOLD:
            return BoundRoot(root, day, known_at, (), {"id": uuid_of(given["id"])})
        case RootKind.CREDIT_RECORD:
            return BoundRoot(root, day, known_at, (), _commitment(str(given["code"]), tags))
        case RootKind.HOUSEHOLDS | RootKind.WARNINGS:
            return list_bound(root, given, day, known_at, today)
        case RootKind.PERSON_BY_ID | RootKind.HOUSEHOLD_BY_ID:
            return bound_by_id(root, given, day, known_at, reading.ids)
        case (
            RootKind.ACCESS_LOG
            | RootKind.ACCESS_FACETS
            | RootKind.ACCESS_ENTRY
            | RootKind.ACCESS_TIMELINE
            | RootKind.ACCESS_PROFILE
            | RootKind.ACCESS_RULES
            | RootKind.SHARING_AGREEMENTS
            | RootKind.INDICATORS
            | RootKind.USAGES
            | RootKind.REPLAYS
        ):
            subject = given.get("subject")
            numbers = (_number(subject, tags.people),) if subject is not None else ()
            return register_bound(root, given, day, numbers)


def _number(text: object, tags: _Tags) -> Number:
    known = citizen_number_text(str(text))
    return Number(() if known is None else tags(known))


def citizen_of(text: str, tags: Tags) -> Number:
    """Return the number of the citizen that a portal names; what is no number is nobody's."""
    return _number(text, tags.people)


def _numbers(texts: object, tags: _Tags) -> tuple[Number, ...]:
    assert isinstance(texts, list)  # noqa: S101 - the schema says so
    if len(texts) > MAX_NUMBERS:
        raise TooCostlyError(
            f"{len(texts)} citizen numbers are asked for; {MAX_NUMBERS} are allowed at a time.",
            limit="numbers",
            allowed=MAX_NUMBERS,
        )
    return tuple(_number(text, tags) for text in texts)


def _people(numbers: tuple[Number, ...]) -> _People:
    return numbers, {"tags": list({tag: None for n in numbers for tag in n.tags})}


def _commitment(code: str, tags: Tags) -> dict[str, object]:
    """Return where the commitment is; what is no code names none."""
    if not is_commitment_code(code):
        return {"cell": "", "record": None}
    return {"cell": code[:6], "record": record_id_of(tags.identifier(COMMITMENT_CODES, code))}


def parameters_of(bound: Sequence[BoundRoot], entitlement: Entitlement) -> dict[str, object]:
    """Return the values of a statement's parameters, by name."""
    values: dict[str, object] = {}
    if entitlement.rows is Rows.OWN_RECIPIENTS:
        values["receiver"] = entitlement.department
    for one in bound:
        prefix = f"r{one.root.index}_"
        regions = entitlement.regions_on(one.as_of)
        values[f"{prefix}regions"] = [f"{region}%" for region in regions]
        values[f"{prefix}as_of"] = min(one.as_of, _LAST_DAY)
        values[f"{prefix}known"] = min(one.known_at or NEWEST, NEWEST)
        for name, value in one.parameters.items():
            values[prefix + name] = value
        if one.asked is not None and one.root.is_chosen:
            for name, value in areas(one.asked, regions).items():
                values[prefix + name] = value
        if one.root.kind is RootKind.WARNINGS:
            values.update(_span(prefix, one, regions))
    return values


def _span(prefix: str, warnings: BoundRoot, granted: Sequence[str]) -> dict[str, object]:
    """Return between which regions to look for warnings: those asked for, and granted ones only."""
    asked = str(warnings.parameters["region_from"]), str(warnings.parameters["region_to"])
    lowest = min(granted, default="")
    highest = max((region + AFTER_DIGITS for region in granted), default="")
    return {
        f"{prefix}region_from": max(asked[0], lowest),
        f"{prefix}region_to": min(asked[1], highest),
    }
