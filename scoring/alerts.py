"""What a changed score does to a household's alert; it has at most one that is open.

`decide` is pure and is asked after each scoring of a household. People close alerts.
By itself the hub opens one, moves its band, and closes it only where a correction of
the data took the ground from under it, or where nobody is left: a household without
members has no score, so that is not asked here but where scores end.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from scoring.alert_life import AlertOutcome
from scoring.parameters.document import ProfileDocument
from scoring.parameters.working_days import WorkingCalendar
from scoring.score import CHINA, Band, Score, band_of


@dataclass(frozen=True, slots=True)
class Ended:
    """How and when an alert was closed, and the total at that time."""

    outcome: AlertOutcome
    on: date
    total: int


@dataclass(frozen=True, slots=True)
class Alert:
    """A household's newest alert, as far as deciding needs it.

    `triggers` are the keys (`Trigger.key`) that it has covered so far.
    """

    band: Band
    due_on: date
    triggers: frozenset[str] = frozenset()
    ended: Ended | None = None


@dataclass(frozen=True, slots=True)
class AlertParameters:
    """The rules of alerts: the profile's, and which days are worked."""

    document: ProfileDocument
    calendar: WorkingCalendar


@dataclass(frozen=True, slots=True)
class Open:
    """Open an alert; `triggers` are the keys it covers."""

    band: Band
    due_on: date
    triggers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Upgrade:
    """Raise the open alert's band, or hasten it for a new hard trigger; never a later day."""

    band: Band
    due_on: date
    triggers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Downgrade:
    """Lower the open alert's band, never below yellow; the day to visit stays or moves back."""

    band: Band
    due_on: date


@dataclass(frozen=True, slots=True)
class AutoClose:
    """Close the open alert: the data that raised it was corrected."""

    outcome: AlertOutcome
    reason: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Leave everything as it is."""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """There is ground for an alert, but the family was looked into lately; wait for `until`."""

    until: date


AlertDecision = Open | Upgrade | Downgrade | AutoClose | Keep | Suppressed


def decide(
    previous: Alert | None,
    before: Score | None,
    after: Score,
    now: datetime,
    parameters: AlertParameters,
    *,
    by_correction: bool = False,
) -> AlertDecision:
    """Return what becomes of the household's alert.

    `previous` is its newest alert, open or ended; `before` the score that `after`
    replaces; `now` is aware. `by_correction` says that the score changed because
    records were corrected or withdrawn, not because life did.
    """
    today = now.astimezone(CHINA).date()
    if previous is not None and previous.ended is None:
        fell = before is not None and after.total < before.total
        lost_trigger = before is not None and len(after.triggers) < len(before.triggers)
        if by_correction and after.band is Band.GREEN and (fell or lost_trigger):
            return AutoClose(AlertOutcome.DATA_CORRECTED, "data corrected")
        return _move(previous, after, today, parameters)
    if after.band is Band.GREEN:
        return Keep()
    if previous is not None and previous.ended is not None:
        days = parameters.document.alerts.suppression_days.get(previous.ended.outcome, 0)
        until = previous.ended.on + timedelta(days=days)
        if today < until and not _breaks_through(previous, previous.ended, after, parameters):
            return Suppressed(until)
    return Open(after.band, due_on(after, today, parameters), trigger_keys(after))


def trigger_keys(score: Score) -> frozenset[str]:
    """Return the occurrences that fired."""
    return frozenset(trigger.key for trigger in score.triggers)


def due_on(score: Score, today: date, parameters: AlertParameters) -> date:
    """Return the last day for the visit; the next calendar day where a trigger is urgent."""
    if any(trigger.urgent for trigger in score.triggers):
        return today + timedelta(days=1)
    return due_for_band(score.band, today, parameters)


def due_for_band(band: Band, today: date, parameters: AlertParameters) -> date:
    """Return the last day for the visit of an alert that comes out on `today`."""
    (days,) = (
        rule.visit_working_days for rule in parameters.document.bands if rule.band == band.value
    )
    return parameters.calendar.after(today, days)


def _breaks_through(
    previous: Alert, ended: Ended, after: Score, parameters: AlertParameters
) -> bool:
    new_triggers = trigger_keys(after) - previous.triggers
    risen = after.total >= ended.total + parameters.document.alerts.breakthrough_points
    return bool(new_triggers) or risen


def _move(previous: Alert, after: Score, today: date, parameters: AlertParameters) -> AlertDecision:
    keys = trigger_keys(after)
    if after.band.rank > previous.band.rank or keys - previous.triggers:
        due = min(previous.due_on, due_on(after, today, parameters))
        return Upgrade(after.band, due, previous.triggers | keys)
    settled = _settled_band(after, parameters.document)
    if settled.rank < previous.band.rank:
        due = max(previous.due_on, due_for_band(settled, today, parameters))
        return Downgrade(settled, due)
    return Keep()


def _settled_band(after: Score, document: ProfileDocument) -> Band:
    """Return the band that an open alert sinks to.

    A total must lie `hysteresis` points under a band's cut to leave it: 65 leaves red at
    70, 66 does not. While a hard trigger holds, the alert stays red.
    """
    if after.triggers:
        return Band.RED
    lifted = band_of(after.total + max(0, document.alerts.hysteresis - 1), document)
    return max(lifted, Band.YELLOW, key=lambda band: band.rank)
