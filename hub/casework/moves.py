"""What a step does to an alert and its records: pure, over what the store told.

A move is the alert's new values and at most one visit or referral with its values. The step
count goes up by one whatever moves; a rescoring leaves it alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from hub.casework.alert_errors import InvalidStepError, MisplacedStepError
from hub.casework.steps import (
    Assessment,
    Assignment,
    Closing,
    ServiceReferral,
    Settlement,
    Step,
    VisitReport,
)
from schema.catalogue import Dataset
from schema.datasets.casework import REFERRAL, VISIT
from scoring.alert_life import ENDS, AlertStatus, TransitionError, advance
from scoring.needs import ServiceMap
from scoring.score import CHINA

OPEN: Final = "open"
_S: Final = AlertStatus


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an alert stands: its columns, and what steps need to know of its records."""

    columns: Mapping[str, object]
    total: int
    """The household's newest score."""
    assessed: frozenset[str] = frozenset()
    """The needs that were assessed."""
    referrals: Mapping[UUID, str] = field(default_factory=dict)
    """The state of each referral."""

    @property
    def status(self) -> AlertStatus:
        """Its status."""
        return AlertStatus(str(self.columns["status"]))

    @property
    def opened_on(self) -> date:
        """The day in China on which it was opened."""
        opened = self.columns["opened_at"]
        assert isinstance(opened, datetime)  # noqa: S101 - a timestamp of every alert
        return opened.astimezone(CHINA).date()


@dataclass(frozen=True, slots=True)
class Move:
    """What is to be written: the alert's new values; a record's dataset and new values."""

    alert: Mapping[str, object]
    record: tuple[Dataset, Mapping[str, object]] | None = None


def move(step: Step, now: Standing, services: ServiceMap, today: date, visitor: str | None) -> Move:
    """Return what `step` does; the step itself was checked against the alert's count.

    Raises:
        MisplacedStepError: The alert or the referral cannot go there from where it is.
        InvalidStepError: A day, a need or a service does not fit the alert.
    """
    try:
        changed, record = _moved(step, now, services, today, visitor)
    except TransitionError as problem:
        raise MisplacedStepError(f"It is refused: {problem}.") from None
    count = now.columns["step"]
    assert isinstance(count, int)  # noqa: S101 - a number of every alert
    return Move({**now.columns, **changed, "step": count + 1}, record)


_Record = tuple[Dataset, Mapping[str, object]] | None


def _moved(
    step: Step, now: Standing, services: ServiceMap, today: date, visitor: str | None
) -> tuple[dict[str, object], _Record]:
    match step:
        case Assignment():
            status = advance(now.status, _S.ASSIGNED)
            changed: dict[str, object] = {"status": status.value, "assignee": step.assignee}
            if now.status is _S.QUEUED:
                changed["released_on"] = today
            return changed, None
        case VisitReport():
            return _visited(step, now, visitor)
        case Assessment():
            status = advance(now.status, _S.NEEDS_ASSESSED)
            needs = [{"need": need} for need in step.needs]
            return {"status": status.value}, (VISIT, {"needs": needs})
        case ServiceReferral():
            return _referred(step, now, services)
        case Settlement():
            return _settled(step, now)
        case Closing():
            status, outcome = advance(now.status, _S.CLOSED), ENDS[now.status].value
            end = {"outcome": outcome, "closed_on": today, "total": now.total}
            return {"status": status.value, **end}, None


def _visited(
    step: VisitReport, now: Standing, visitor: str | None
) -> tuple[dict[str, object], _Record]:
    if step.visited_on < now.opened_on:
        raise InvalidStepError("visitedOn is earlier than the alert.")
    came = now.status if step.result is _S.UNREACHABLE else advance(now.status, _S.VISITED)
    status = advance(came, step.result)
    record = {
        "alert_id": None,
        "visited_on": step.visited_on,
        "result": step.result.value,
        "visitor": visitor,
        "cause": step.cause,
        "needs": None,
        "notes": step.notes,
    }
    return {"status": status.value}, (VISIT, record)


def _referred(
    step: ServiceReferral, now: Standing, services: ServiceMap
) -> tuple[dict[str, object], _Record]:
    status = advance(now.status, _S.REFERRED)
    if step.need not in now.assessed:
        raise InvalidStepError("need is none of those that were assessed.")
    offer = services.offer(step.need, step.service)
    if offer is None:
        raise InvalidStepError("service does not answer that need in the list of services.")
    record = {
        "alert_id": None,
        "referred_on": step.referred_on,
        "state": OPEN,
        "settled_on": None,
        "need": step.need,
        "service": step.service,
        "receiver": step.receiver or offer.receiver,
    }
    return {"status": status.value}, (REFERRAL, record)


def _settled(step: Settlement, now: Standing) -> tuple[dict[str, object], _Record]:
    """Settle a referral; when none is open any more, the services are confirmed.

    A recognition closes an alert whose referrals are still open: they live on until settled.
    """
    state = now.referrals.get(step.referral_id)
    if state is None:
        raise InvalidStepError("The alert has no such referral.")
    if state != OPEN:
        raise MisplacedStepError(f"The referral is {state} already.")
    record = (REFERRAL, {"state": step.state, "settled_on": step.settled_on})
    if now.status is _S.CLOSED:
        return {}, record
    settled = advance(now.status, _S.SERVICE_CONFIRMED)
    others = (s for key, s in now.referrals.items() if key != step.referral_id)
    return {"status": (now.status if OPEN in others else settled).value}, record
