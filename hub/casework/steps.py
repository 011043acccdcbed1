"""Steps of casework as they are asked for: checked as far as they can be without the store."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import ClassVar, Final
from uuid import UUID

import orjson

from hub.access import is_opaque
from hub.casework.alert_errors import InvalidStepError, UnknownAlertError
from schema.codes import FAMILY_NEED, HARDSHIP_CAUSE, SERVICE, VISIT_RESULT, CodeList
from scoring.alert_life import AlertStatus

_NOTES: Final = 2_000
_UNIT: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Place:
    """Which alert, and at which of its steps the author saw it."""

    alert_id: UUID
    step: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """Give an alert to somebody to visit."""

    command: ClassVar[str] = "assignAlert"
    place: Place
    assignee: str


@dataclass(frozen=True, slots=True)
class VisitReport:
    """What a visit found; `cause` only where it confirmed one."""

    command: ClassVar[str] = "recordVisit"
    place: Place
    visited_on: date
    result: AlertStatus
    cause: str | None = field(repr=False)
    notes: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a family needs."""

    command: ClassVar[str] = "assessNeeds"
    place: Place
    needs: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ServiceReferral:
    """Refer a family to a service; without a receiver to the service list's own."""

    command: ClassVar[str] = "refer"
    place: Place
    need: str = field(repr=False)
    service: str = field(repr=False)
    receiver: str | None = field(repr=False)
    referred_on: date


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a referral."""

    command: ClassVar[str] = "confirmService"
    place: Place
    referral_id: UUID
    state: str
    settled_on: date


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of casework."""

    command: ClassVar[str] = "closeAlert"
    place: Place


Step = Assignment | VisitReport | Assessment | ServiceReferral | Settlement | Closing


def words_of(step: Step) -> str:
    """Return everything a step says, in one order: two equal texts are the same command."""
    said = orjson.dumps(asdict(step), option=orjson.OPT_SORT_KEYS).decode()
    return f"{step.command}\0{said}"


def step_from(command: str, stated: Mapping[str, object], today: date) -> Step:
    """Return the step that a mutation's input, named as in GraphQL, states.

    Raises:
        UnknownAlertError: The alert's id has not the form of one.
        InvalidStepError: Something contradicts itself, or is not in its code list.
    """
    return _READERS[command](_place(stated), stated, today)


def _place(stated: Mapping[str, object]) -> Place:
    step = stated["step"]
    assert isinstance(step, int)  # noqa: S101 - the schema says so
    try:
        return Place(UUID(str(stated["alertId"])), step)
    except ValueError:
        raise UnknownAlertError("There is no such alert.") from None


def _assignment(place: Place, stated: Mapping[str, object], _today: date) -> Step:
    assignee = str(stated["assignee"])
    if not is_opaque(assignee):
        raise InvalidStepError(
            "assignee must be an opaque id: 1 to 64 letters, digits and . _ : / -, "
            "and no citizen or phone number."
        )
    return Assignment(place, assignee)


def _visit(place: Place, stated: Mapping[str, object], today: date) -> Step:
    result = AlertStatus(_code(stated, "result", VISIT_RESULT))
    cause = None if stated.get("cause") is None else _code(stated, "cause", HARDSHIP_CAUSE)
    if (cause is not None) != (result is AlertStatus.CAUSE_CONFIRMED):
        raise InvalidStepError("A cause goes with the result cause-confirmed, and only with it.")
    notes = None if stated.get("notes") is None else str(stated["notes"])
    if notes is not None and len(notes) > _NOTES:
        raise InvalidStepError(f"notes have at most {_NOTES:,} characters.")
    return VisitReport(place, _past(stated, "visitedOn", today), result, cause, notes)


def _assessment(place: Place, stated: Mapping[str, object], _today: date) -> Step:
    listed = stated["needs"]
    assert isinstance(listed, list)  # noqa: S101 - the schema says so
    needs = tuple(str(need) for need in listed)
    if not needs or len(set(needs)) != len(needs) or any(n not in FAMILY_NEED for n in needs):
        raise InvalidStepError("needs are one or more codes of the list family_need, each once.")
    return Assessment(place, needs)


def _referral(place: Place, stated: Mapping[str, object], today: date) -> Step:
    receiver = None if stated.get("receiver") is None else str(stated["receiver"])
    if receiver is not None and not _UNIT.fullmatch(receiver):
        raise InvalidStepError("receiver is 1 to 63 small letters, digits and hyphens.")
    need, service = _code(stated, "need", FAMILY_NEED), _code(stated, "service", SERVICE)
    return ServiceReferral(place, need, service, receiver, _past(stated, "referredOn", today))


def _settlement(place: Place, stated: Mapping[str, object], today: date) -> Step:
    state = str(stated["state"])
    if state not in {"provided", "declined"}:
        raise InvalidStepError("state is provided or declined.")
    try:
        referral_id = UUID(str(stated["referralId"]))
    except ValueError:
        raise InvalidStepError("The alert has no such referral.") from None
    return Settlement(place, referral_id, state, _past(stated, "settledOn", today))


def _closing(place: Place, _stated: Mapping[str, object], _today: date) -> Step:
    return Closing(place)


_READERS: Final[Mapping[str, Callable[[Place, Mapping[str, object], date], Step]]] = {
    Assignment.command: _assignment,
    VisitReport.command: _visit,
    Assessment.command: _assessment,
    ServiceReferral.command: _referral,
    Settlement.command: _settlement,
    Closing.command: _closing,
}
COMMANDS: Final = tuple(_READERS)
"""The mutations of casework, in the order of an alert's life."""


def _code(stated: Mapping[str, object], name: str, codes: CodeList) -> str:
    value = str(stated[name])
    if value not in codes:
        raise InvalidStepError(f"{name} is not in the list {codes.name}.")
    return value


def _past(stated: Mapping[str, object], name: str, today: date) -> date:
    day = stated[name]
    assert isinstance(day, date)  # noqa: S101 - the schema says so
    if day > today:
        raise InvalidStepError(f"{name} is still to come.")
    return day
