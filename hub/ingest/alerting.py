"""Scores and alerts between `scoring` and the store: what is stored of them, and read back."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID, uuid4

from hub.store.facts import Stored
from scoring.alert_life import UNVISITED, AlertOutcome, AlertStatus
from scoring.alerts import (
    Alert,
    AlertDecision,
    AutoClose,
    Downgrade,
    Ended,
    Keep,
    Open,
    Suppressed,
    Upgrade,
)
from scoring.score import CHINA, Band, Reason, Score, Trigger

TRIGGER: Final = "trigger"
"""Dimension under which a stored score tells its hard triggers; they give no points."""
CLOSED: Final = AlertStatus.CLOSED.value
_BEFORE_A_VISIT: Final = frozenset(s.value for s in (*UNVISITED, AlertStatus.QUEUED))


def score_values(score: Score) -> dict[str, object]:
    """Return the values of a `score` record; triggers are told as reasons without points."""
    return {
        "total": score.total,
        "band": score.band.value,
        "coverage": score.coverage,
        "profile": score.profile_digest,
        "dimensions": [
            {"code": d.code, "points": d.points, "cap": d.cap, "coverage": d.coverage}
            for d in score.dimensions
        ],
        "reasons": [*map(_trigger_reason, score.triggers), *map(_reason, score.reasons)],
        "cause_hint": _cause_hint(score),
    }


def _cause_hint(score: Score) -> str | None:
    """Return the dimension that has the largest share of its cap; the first one of equals."""
    shares = [(d.points * 100 // d.cap, d.code) for d in score.dimensions if d.points]
    return max(shares, key=lambda share: share[0])[1] if shares else None


def _reason(reason: Reason) -> dict[str, object]:
    when = reason.source_time
    return {
        "indicator": reason.indicator,
        "dimension": reason.dimension,
        "points": reason.points,
        "text_zh": reason.text_zh,
        "text_en": reason.text_en,
        "source": reason.source,
        "source_time": when.isoformat() if when else None,
        "age_days": reason.age_days,
    }


def _trigger_reason(trigger: Trigger) -> dict[str, object]:
    sources = trigger.sources
    return _reason(Reason(trigger.key, TRIGGER, 0, trigger.text_zh, trigger.text_en, sources))


def is_same_score(stored: Mapping[str, object], fresh: Mapping[str, object]) -> bool:
    """Whether two scores say the same; the age of a source alone is no change."""
    return _told(stored) == _told(fresh)


def _told(values: Mapping[str, object]) -> tuple[object, ...]:
    reasons = values["reasons"]
    listed = reasons if isinstance(reasons, list) else []
    kept = [{k: r[k] for k in ("indicator", "points", "source", "source_time")} for r in listed]
    clear = tuple(values[name] for name in ("total", "band", "coverage", "profile"))
    return (*clear, values["dimensions"], kept)


def score_before(values: Mapping[str, object], span: Stored) -> Score:
    """Return a stored score as far as deciding about alerts needs it: total, band, triggers."""
    reasons = values["reasons"]
    keys = [
        str(r["indicator"])
        for r in (reasons if isinstance(reasons, list) else [])
        if r["dimension"] == TRIGGER
    ]
    return Score(
        as_of=span.valid_from,
        total=_whole(values["total"]),
        band=Band(str(values["band"])),
        coverage=_whole(values["coverage"]),
        dimensions=(),
        reasons=(),
        undecided=(),
        missing_inputs=(),
        triggers=tuple(map(_trigger, keys)),
        profile_digest=str(values["profile"]),
    )


def _trigger(key: str) -> Trigger:
    return Trigger(key, None, urgent=False, text_zh="", text_en="", sources=())


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def newest_alert(spans: list[Stored]) -> Stored | None:
    """Return the newest version of a household's newest alert."""
    if not spans:
        return None
    beginning = datetime.min.replace(tzinfo=UTC)
    return max(spans, key=lambda s: (s.value.columns["opened_at"] or beginning, s.valid_from))


def alert_of(span: Stored | None, before: Score | None) -> Alert | None:
    """Return a stored alert as `scoring.alerts.decide` takes it.

    The triggers that it covered are those of the score it was last decided by. How it ended is
    what casework, a recognition or a correction stored.
    """
    if span is None:
        return None
    columns = span.value.columns
    triggers = frozenset(t.key for t in before.triggers) if before else frozenset()
    ended = None
    if columns["status"] == CLOSED:
        outcome = AlertOutcome(str(columns["outcome"]))
        closed_on = columns["closed_on"]
        on = closed_on if isinstance(closed_on, date) else span.valid_from
        ended = Ended(outcome, on, _whole(columns["total"]))
    due = columns["due_on"]
    return Alert(Band(str(columns["band"])), due, triggers, ended)  # type: ignore[arg-type]  # a DATE column of every alert


def decided_alert(
    decision: AlertDecision, current: Stored | None, after: Score, at: datetime
) -> tuple[UUID, dict[str, object]] | None:
    """Return the alert's record id and new values, or None when it stays as it is.

    An opened one is `screened`; whether it has to wait is decided by `hub.ingest.queueing`.
    """
    today = at.astimezone(CHINA).date()
    columns = dict(current.value.columns) if current else {}
    match decision:
        case Keep() | Suppressed():
            return None
        case Open():
            return uuid4(), {
                "band": decision.band.value,
                "total": after.total,
                "status": AlertStatus.SCREENED.value,
                "step": 0,
                "released_on": today,
                "opened_at": at,
                "due_on": decision.due_on,
                "outcome": None,
                "urgent": bool(decision.triggers),
            }
        case Upgrade() | Downgrade():
            columns.update(band=decision.band.value, total=after.total, due_on=decision.due_on)
            if isinstance(decision, Upgrade) and after.triggers:
                columns["urgent"] = True
        case AutoClose():
            if columns["status"] not in _BEFORE_A_VISIT:
                return None  # what people found there stands
            outcome = decision.outcome.value
            columns.update(total=after.total, status=CLOSED, outcome=outcome, closed_on=today)
    return (current.value.record_id, columns) if current else None


def closed_when_emptied(current: Stored, today: date) -> dict[str, object]:
    """Return the values of an open alert once nobody lives there, wherever it stands.

    No step of casework was taken, so the count of steps stays.
    """
    outcome = AlertOutcome.HOUSEHOLD_EMPTIED.value
    return {**current.value.columns, "status": CLOSED, "outcome": outcome, "closed_on": today}


def closed_by_recognition(current: Stored, today: date) -> dict[str, object]:
    """Return the values of an open alert once its family is recognised, wherever it stands."""
    columns = current.value.columns
    return {
        **columns,
        "status": CLOSED,
        "outcome": AlertOutcome.RECOGNISED.value,
        "closed_on": today,
        "step": _whole(columns["step"]) + 1,
    }
