"""Stores scores with what becomes of alerts, and the vectors they were computed from."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid5

from hub.clock import Clock
from hub.ingest.alerting import (
    CLOSED,
    alert_of,
    closed_when_emptied,
    decided_alert,
    is_same_score,
    newest_alert,
    score_before,
    score_values,
)
from hub.ingest.queueing import AlertQueue, Joining
from hub.sealing.datakeys import DataKeys
from hub.store.database import Connection
from hub.store.decisions import OwnRecord, ending, opened_values, superseding
from hub.store.facts import Facts, Stored, Version
from hub.store.people import NewPeople, keys_of
from hub.store.score_inputs import SealedVector, sealed_vector, stored_vectors, write_vectors
from hub.store.unscored import HouseholdKey
from schema.catalogue import Dataset
from schema.datasets.civil_affairs import ALERT, SCORE
from scoring.alerts import AlertParameters, Open, decide
from scoring.columns.outcome import kept_rows
from scoring.facts import FactsError, Row, Vector, decoded, encoded, fields_number
from scoring.profile import Profile
from scoring.score import CHINA, Score

OWNER: Final = SCORE.department


@dataclass(slots=True)
class Rescored:
    """How many households were scored, how many scores changed, what became of alerts."""

    households: int = 0
    changed: int = 0
    alerts: Counter[str] = field(default_factory=Counter)
    broken: int = 0
    """Households that were left out: a stored value of theirs does not open."""

    def add(self, other: "Rescored") -> None:
        """Add what another scoring did."""
        self.households += other.households
        self.changed += other.changed
        self.broken += other.broken
        self.alerts.update(other.alerts)


@dataclass(frozen=True, slots=True)
class Scored:
    """A household's score, and the facts that it was computed from."""

    score: Score
    rows: tuple[Row, ...] = field(repr=False)
    fresh_until: int
    region: str | None

    def vector(self, profile: Profile) -> Vector:
        """Return what the household's vector says from now on."""
        rows = (*self.rows, *kept_rows(self.score, profile))
        fields = fields_number(profile.fields_read)
        return Vector(self.score.as_of.toordinal(), self.fresh_until, rows, fields)


@dataclass(frozen=True, slots=True)
class Emptied:
    """A household in which nobody lives, and what is still told of it: who left, and when."""

    rows: tuple[Row, ...] = field(repr=False)
    fresh_until: int


@dataclass(slots=True)
class _Writes:
    """Versions that end and versions that are added, by dataset name."""

    closed: dict[str, list[Version]] = field(default_factory=lambda: defaultdict(list))
    added: dict[str, list[Stored]] = field(default_factory=lambda: defaultdict(list))

    def take(self, dataset: Dataset, change: tuple[list[Version], list[Stored]]) -> None:
        self.closed[dataset.name] += change[0]
        self.added[dataset.name] += change[1]


@dataclass(frozen=True, slots=True)
class ScoreStore:
    """Writes what changed of scores, alerts and vectors. Holds nothing between two calls."""

    facts: Facts
    keys: DataKeys
    tag_version: int
    profile: Profile
    parameters: AlertParameters
    clock: Clock
    queue: AlertQueue

    def today(self) -> date:
        """Return the day in China on which scores are computed."""
        return self.clock().astimezone(CHINA).date()

    async def store(
        self,
        connection: Connection,
        scored: Mapping[HouseholdKey, Scored],
        at: datetime,
        corrected: frozenset[HouseholdKey],
        result: Rescored,
    ) -> None:
        """Store scores and vectors that differ from what is stored, and what becomes of alerts.

        Raises:
            SealBrokenError: A stored value does not authenticate.
        """
        cells, ids = {cell for cell, _ in scored}, [key for _, key in scored]
        keys = await keys_of(connection, self.keys, OWNER, cells, ids)
        stored = await self.facts.of_identities(connection, SCORE, cells, ids)
        alerts = await self.facts.of_identities(connection, ALERT, cells, ids)
        vectors = await stored_vectors(connection, cells, ids)
        new = NewPeople(self.keys, self.tag_version, at)
        writes, fresh = _Writes(), []
        joining: list[tuple[tuple[str, UUID, bytes], list[Stored], Joining]] = []
        for (cell, household_id), one in scored.items():
            key = keys.get(household_id) or new.key(OWNER, cell, household_id)
            owner = (cell, household_id, key)
            spans = stored.get(household_id, [])
            values = score_values(one.score)
            old = opened_values(SCORE, key, spans[-1]) if spans else {}
            before = score_before(old, spans[-1]) if spans else None
            has_ended = bool(spans) and spans[-1].valid_to <= self.today()
            if before is None or has_ended or not is_same_score(old, values):
                record_id = uuid5(household_id, SCORE.name)
                own = OwnRecord(SCORE, *owner, record_id, values, self.today(), at)
                writes.take(SCORE, superseding(own, spans))
                result.changed += 1
            vector = one.vector(self.profile)
            if not _is_same_vector(vectors.get(household_id), key, vector):
                fresh.append(_sealed(owner, vector))
            decided = (before, one.score, (cell, household_id) in corrected)
            spans = alerts.get(household_id, [])
            changed = self._alert(spans, decided, one.region, result)
            if changed is not None:
                joining.append((owner, spans, changed))
        await self.queue.place(connection, [j for *_, j in joining], self.today(), at)
        for owner, spans, joined in joining:
            own = OwnRecord(ALERT, *owner, joined.record_id, joined.values, self.today(), at)
            before_it = [span for span in spans if span.value.record_id == joined.record_id]
            writes.take(ALERT, superseding(own, before_it))
        await new.write(connection)
        await write_vectors(connection, fresh, at)
        await self._write(connection, writes, at)

    async def end(
        self,
        connection: Connection,
        emptied: Mapping[HouseholdKey, Emptied],
        at: datetime,
        result: Rescored,
    ) -> None:
        """End the scores of households in which nobody lives, and close their open alerts.

        What held on earlier days stays known. A household that was never scored has nothing to
        end, and one whose score has ended nothing new: a second call writes nothing.

        Raises:
            SealBrokenError: A stored value does not authenticate.
        """
        cells, ids, today = {c for c, _ in emptied}, [key for _, key in emptied], self.today()
        keys = await keys_of(connection, self.keys, OWNER, cells, ids)
        scores = await self.facts.of_identities(connection, SCORE, cells, ids)
        alerts = await self.facts.of_identities(connection, ALERT, cells, ids)
        vectors = await stored_vectors(connection, cells, ids)
        writes, fresh = _Writes(), []
        for (cell, household_id), one in emptied.items():
            key = keys.get(household_id)
            if key is None:
                continue
            owner = (cell, household_id, key)
            ended = ending(SCORE, key, scores.get(household_id, []), today)
            writes.take(SCORE, ended)
            result.changed += bool(ended[0])
            spans = alerts.get(household_id, [])
            current = newest_alert(spans)
            if current is not None and current.value.columns["status"] != CLOSED:
                record_id, values = current.value.record_id, closed_when_emptied(current, today)
                own = OwnRecord(ALERT, *owner, record_id, values, today, at)
                before_it = [span for span in spans if span.value.record_id == record_id]
                writes.take(ALERT, superseding(own, before_it))
                result.alerts[f"emptied:{values['band']}"] += 1
            stored, fields = vectors.get(household_id), fields_number(self.profile.fields_read)
            vector = Vector(today.toordinal(), one.fresh_until, one.rows, fields)
            if stored is not None and not _is_same_vector(stored, key, vector):
                fresh.append(_sealed(owner, vector))
        await write_vectors(connection, fresh, at)
        await self._write(connection, writes, at)

    async def _write(self, connection: Connection, writes: _Writes, at: datetime) -> None:
        for dataset in (SCORE, ALERT):
            closed, added = writes.closed[dataset.name], writes.added[dataset.name]
            await self.facts.write(connection, dataset, closed, added, at)

    def _alert(
        self,
        spans: list[Stored],
        scored: tuple[Score | None, Score, bool],
        region: str | None,
        result: Rescored,
    ) -> Joining | None:
        """Return the household's alert with its new values, None when it stays as it is."""
        before, after, is_corrected = scored
        current = newest_alert(spans)
        decision = decide(
            alert_of(current, before),
            before,
            after,
            self.clock(),
            self.parameters,
            by_correction=is_corrected,
        )
        decided = decided_alert(decision, current, after, self.clock())
        if decided is None:
            return None
        record_id, values = decided
        if isinstance(decision, Open):
            values["community"] = region
        result.alerts[f"{type(decision).__name__.lower()}:{values['band']}"] += 1
        return Joining(record_id, values)


def _sealed(owner: tuple[str, UUID, bytes], vector: Vector) -> tuple[HouseholdKey, SealedVector]:
    cell, household_id, key = owner
    return (cell, household_id), sealed_vector(household_id, key, encoded(vector))


def _is_same_vector(stored: SealedVector | None, key: bytes, vector: Vector) -> bool:
    """Whether a stored vector says the same; the day on which it was written does not count."""
    if stored is None:
        return False
    try:
        before = decoded(stored.opened(key))
    except FactsError:
        return False  # of another layout: it is written anew
    same = (before.fresh_until, before.fields) == (vector.fresh_until, vector.fields)
    return same and sorted(before.rows) == sorted(vector.rows)
