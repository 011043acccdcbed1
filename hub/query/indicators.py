"""Shows an auditor the indicators that the log adds up to, the latest first.

An indicator says by which rule, whose doing, in which window, how much, and between which two
entries of the log, so that it can be counted again; whom it is about it does not say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from audit.indicators import Rule
from hub.errors import StoreUnavailableError
from hub.query.model import BoundRoot
from hub.query.registers import Found
from hub.query.shape import Tree
from hub.store.database import Connections
from hub.store.indicators import Indicator, Wanted, indicators

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
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                policy = await connection.fetchval(_POLICY)
                found = await indicators(connection, wanted)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as problem:
            raise StoreUnavailableError("The database did not answer the look-up.") from problem
        page = found[: bound.first]
        shown = tuple(told(each, self.rules) for each in page)
        cursors = tuple(f"{each.first}-{each.id}" for each in page)
        record = {
            "found": len(page),
            "filter": {
                "department": wanted.department,
                "rule": wanted.rule,
                "severity": wanted.severity,
                "since": _iso(wanted.since),
                "open": wanted.is_open,
            },
        }
        return Found(policy, shown, cursors, record, len(found) > bound.first)


def told(indicator: Indicator, rules: Mapping[str, Rule]) -> Tree:
    """Return an indicator as it is told, by the names of its fields."""
    rule, note = rules.get(indicator.rule), indicator.note
    return {
        "id": indicator.id,
        "rule": indicator.rule,
        "says": None if rule is None else rule.says,
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
    }


def _wanted(bound: BoundRoot) -> Wanted:
    given = bound.parameters
    return Wanted(
        department=given["department"],  # type: ignore[arg-type]  # bound from a typed argument
        rule=given["rule"],  # type: ignore[arg-type]  # the same
        severity=given["severity"],  # type: ignore[arg-type]  # the same
        since=given["since"],  # type: ignore[arg-type]  # the same
        is_open=given["open"] is True,
        before=given["before"],  # type: ignore[arg-type]  # the same
        limit=bound.first + 1,
    )


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()
