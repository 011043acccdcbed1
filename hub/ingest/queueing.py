"""Which alerts come out today, and which wait: a daily cap for each community.

In each community the alerts with the highest scores come out until the day's cap is reached;
ties go by opaque id. The rest are `queued`. The choice is made anew whenever an alert joins, over
everything that waits or came out today and that nobody took in hand yet, so it depends on the
scores of the day and not on the order in which households were scored. A hard trigger never
waits, but it counts. Scores themselves are not touched.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from hub.store.database import Connection
from hub.store.decisions import OwnRecord, superseding
from hub.store.facts import Facts, Stored, Version
from schema.datasets.civil_affairs import ALERT
from scoring.alert_life import AlertStatus
from scoring.alerts import AlertParameters, due_for_band
from scoring.score import Band

_QUEUED: Final = AlertStatus.QUEUED.value
_SCREENED: Final = AlertStatus.SCREENED.value
_RANKED: Final = """
WITH fresh AS (
    SELECT * FROM unnest($1::text[], $2::uuid[], $3::int[], $4::boolean[])
               AS f (community, record_id, total, urgent)
), stored AS (
    SELECT a.cell, a.identity_id, a.record_id, a.community, a.total, a.status, a.released_on,
           a.urgent
    FROM alert a
    WHERE a.known_to = 'infinity' AND a.valid_to = 'infinity' AND a.community IS NOT NULL
      AND (a.status = 'queued' OR a.released_on = $5)
      AND ($6 OR a.community IN (SELECT community FROM fresh))
      AND NOT a.record_id = any($2::uuid[])
), candidate AS (
    SELECT cell, identity_id, record_id, community, total, status FROM stored
    WHERE status = 'queued' OR (status = 'screened' AND NOT urgent)
    UNION ALL
    SELECT NULL, NULL, record_id, community, total, NULL FROM fresh WHERE NOT urgent
), taken AS (
    SELECT community, count(*) AS n FROM (
        SELECT community FROM stored
        WHERE status <> 'queued' AND (status <> 'screened' OR urgent)
        UNION ALL
        SELECT community FROM fresh WHERE urgent
    ) AS gone GROUP BY community
), ranked AS (
    SELECT c.*, row_number() OVER (PARTITION BY community ORDER BY total DESC, record_id)
                <= $7 - coalesce(t.n, 0) AS comes_out
    FROM candidate c LEFT JOIN taken t USING (community)
)
SELECT r.cell, r.identity_id, r.record_id, r.status, r.comes_out, h.log_alias
FROM ranked r
LEFT JOIN household h ON h.cell = r.cell AND h.household_id = r.identity_id
WHERE (r.status IS NULL AND NOT comes_out) OR comes_out <> (r.status = 'screened')
"""
"""What has to change: fresh alerts that must wait, stored ones that swap their state. $5 is the
day, $6 whether every community is looked at, $7 the cap."""


@dataclass(frozen=True, slots=True)
class Joining:
    """An alert that is opened, or that was queued and changed; its values may be altered."""

    record_id: UUID
    values: dict[str, object]

    def is_for_the_queue(self, today: date) -> bool:
        """Whether it is for the queue to say if it comes out, or stays out."""
        status, released_on = self.values["status"], self.values["released_on"]
        is_new = status == _SCREENED and released_on == today
        return self.values["community"] is not None and (status == _QUEUED or is_new)


@dataclass(frozen=True, slots=True)
class AlertQueue:
    """Lets alerts out by the rules of a profile. Holds nothing between two calls."""

    facts: Facts
    parameters: AlertParameters

    async def place(
        self, connection: Connection, joining: Iterable[Joining], today: date, at: datetime
    ) -> None:
        """Set the status of `joining`, which are still to be stored, and store whom they displace.

        `at` is the known time of the transaction, whose lock is held.
        """
        fresh = {j.record_id: j for j in joining if j.is_for_the_queue(today)}
        if not fresh:
            return
        for one in fresh.values():
            self._let_out(one.values, today)
        rows = await self._ranked(connection, fresh, today, everywhere=False)
        for row in rows:
            if row["status"] is None:
                fresh[row["record_id"]].values.update(status=_QUEUED, released_on=None)
        await self._move(connection, [row for row in rows if row["status"]], today, at)

    async def has_room(self, connection: Connection, today: date) -> bool:
        """Whether an alert of the queue can come out; nothing is locked."""
        return bool(await self._ranked(connection, {}, today, everywhere=True))

    async def release(self, connection: Connection, today: date, at: datetime) -> dict[UUID, bytes]:
        """Let out what has room today; return the households' log aliases by alert."""
        rows = await self._ranked(connection, {}, today, everywhere=True)
        await self._move(connection, rows, today, at)
        return {row["record_id"]: row["log_alias"] for row in rows}

    async def _ranked(
        self,
        connection: Connection,
        fresh: Mapping[UUID, Joining],
        today: date,
        *,
        everywhere: bool,
    ) -> list[Record]:
        told = [one.values for one in fresh.values()]
        rows: list[Record] = await connection.fetch(
            _RANKED,
            [values["community"] for values in told],
            list(fresh),
            [values["total"] for values in told],
            [bool(values["urgent"]) for values in told],
            today,
            everywhere,
            self.parameters.document.alerts.daily_cap_per_community,
        )
        return rows

    async def _move(
        self, connection: Connection, rows: Iterable[Record], today: date, at: datetime
    ) -> None:
        moving = {row["record_id"]: row for row in rows}
        if not moving:
            return
        cells = {row["cell"] for row in moving.values()}
        stored = await self.facts.of_records(connection, ALERT, cells, moving)
        closed: list[Version] = []
        added: list[Stored] = []
        for record_id, row in moving.items():
            before = stored[record_id]
            values = self._moved(dict(before[-1].value.columns), today, comes_out=row["comes_out"])
            owner = (ALERT, row["cell"], row["identity_id"], b"")  # nothing of an alert is sealed
            ended, fresh = superseding(OwnRecord(*owner, record_id, values, today, at), before)
            closed += ended
            added += fresh
        await self.facts.write(connection, ALERT, closed, added, at)

    def _moved(
        self, values: dict[str, object], today: date, *, comes_out: bool
    ) -> dict[str, object]:
        if comes_out:
            self._let_out(values, today)
            return values
        return {**values, "status": _QUEUED, "released_on": None}

    def _let_out(self, values: dict[str, object], today: date) -> None:
        """Make an alert `screened`; the days to visit one that has waited count from now."""
        if values["status"] == _QUEUED and not values["urgent"]:
            values["due_on"] = due_for_band(Band(str(values["band"])), today, self.parameters)
        values.update(status=_SCREENED, released_on=today)
