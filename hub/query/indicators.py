"""Shows an auditor the findings that the log adds up to, the latest first.

A finding says by which rule, whose doing, in which window, how much, and between which two
entries of the log, so that it can be counted again; whom it is about it does not say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from audit.indicator_rules import Rule
from hub.errors import StoreUnavailableError
from hub.query.documents import masked
from hub.query.model import BoundRoot
from hub.query.registers import Found
from hub.query.shape import Tree
from hub.store.database import Connections, snapshot
from hub.store.indicators import Indicator, Judged, Note, Wanted, indicators, judged, lives

_POLICY = "select digest from policy_revision"


@dataclass(frozen=True, slots=True)
class Indicators:
    """Reads what was counted behind the log."""

    database: Connections
    rules: Mapping[str, Rule]
    """By id, for what each says."""

    async def find(self, bound: BoundRoot) -> Found:
        """Return a page of indicators.

        Raises:
            StoreUnavailableError: The database gave up.
        """
        wanted = _wanted(bound)
        try:
            # One snapshot, so that the policy is the one in force when they were read.
            async with (
                self.database.connection() as connection,
                snapshot(connection),
            ):
                policy = await connection.fetchval(_POLICY)
                found = await indicators(connection, wanted)
                steps = await lives(connection, [each.id for each in found[: bound.first]])
                rules = {each.rule: each for each in await judged(connection)}
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as problem:
            raise StoreUnavailableError("The database did not answer the look-up.") from problem
        page = found[: bound.first]
        shown = tuple(told(each, self.rules, steps[each.id], rules.get(each.rule)) for each in page)
        cursors = tuple(f"{each.first}-{each.id}" for each in page)
        record = {
            "found": len(page),
            "filter": {
                "department": masked(wanted.department),
                "rule": masked(wanted.rule),
                "severity": wanted.severity,
                "since": _iso(wanted.since),
                "open": wanted.is_open,
                "id": wanted.id,
                "state": wanted.state,
            },
        }
        return Found(policy, shown, cursors, record, len(found) > bound.first)


def told(
    indicator: Indicator,
    rules: Mapping[str, Rule],
    steps: Sequence[Note] = (),
    decided: Judged | None = None,
) -> Tree:
    """Return a finding as it is told, by the names of its fields."""
    rule, note = rules.get(indicator.rule), indicator.note
    says, says_zh = (None, None) if rule is None else rule.said_of(indicator.started_at)
    return {
        "id": indicator.id,
        "rule": indicator.rule,
        "says": says,
        "severity": indicator.severity,
        "department": indicator.department,
        "actor": indicator.actor,
        "client": indicator.client,
        "startedAt": _iso(indicator.started_at),
        "endedAt": _iso(indicator.ended_at),
        "firstIndex": indicator.first,
        "lastIndex": indicator.last,
        "count": indicator.count,
        "threshold": indicator.threshold,
        "acknowledgedBy": None if note is None else note.by,
        "acknowledgedAt": None if note is None else _iso(note.at),
        "note": None if note is None else note.text,
        "saysZh": says_zh,
        "state": indicator.state,
        "verdict": indicator.verdict,
        "usual": indicator.usual,
        "usualDays": indicator.usual_days,
        "usualOf": indicator.usual_of,
        "entries": [str(index) for index in indicator.entries],
        "steps": [step_line(step) for step in steps],
        "ruleDecided": None if decided is None else decided.decided,
        "ruleHarmless": None if decided is None else decided.harmless,
    }


def step_line(step: Note) -> str:
    """Return a step in a line: when, what, where it stood then, by whom, and the words."""
    whose = f" ({step.words_of})" if step.words_of else ""
    return f"{_iso(step.at)} {step.step} {step.state} {step.by}{whose} {step.text}"


def _wanted(bound: BoundRoot) -> Wanted:
    given = bound.parameters
    return Wanted(
        department=given["department"],  # type: ignore[arg-type]  # bound from a typed argument
        rule=given["rule"],  # type: ignore[arg-type]  # the same
        severity=given["severity"],  # type: ignore[arg-type]  # the same
        since=given["since"],  # type: ignore[arg-type]  # the same
        is_open=given["open"] is True,
        id=given["id"],  # type: ignore[arg-type]  # the same
        state=given["state"],  # type: ignore[arg-type]  # the same
        before=given["before"],  # type: ignore[arg-type]  # the same
        limit=bound.first + 1,
    )


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()
