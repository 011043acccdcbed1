"""Scores households again: newest facts in, score and alert versions out.

A score holds from the day on which it was computed. It depends on that day (ages, look-back
windows), so a household that nothing happens to is scored again by `scoring.rescore_all`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid5

from audit.entry import EntryKind
from hub.clock import Clock
from hub.ingest.alerting import (
    alert_of,
    decided_alert,
    is_same_score,
    newest_alert,
    score_before,
    score_values,
)
from hub.ingest.homes_read import Home, HomesReader, households_of, log_aliases
from hub.ingest.queueing import AlertQueue, Joining
from hub.ingest.scorer_reads import ScorerFields
from hub.sealing.datakeys import DataKeys
from hub.sealing.tags import Tagger
from hub.store.cursors import silences
from hub.store.database import Connection
from hub.store.decisions import OwnRecord, opened_values, superseding
from hub.store.facts import Facts, Stored, Version
from hub.store.journal import Journal, recorded
from hub.store.people import NewPeople, PersonPlace, keys_of
from hub.store.unscored import HouseholdKey
from schema.catalogue import Dataset
from schema.datasets.civil_affairs import ALERT, SCORE
from scoring.alerts import AlertParameters, Open, decide
from scoring.inputs import Silence, family, household_on
from scoring.profile import Profile
from scoring.score import CHINA, Score, score

OWNER: Final = SCORE.department


@dataclass(slots=True)
class Rescored:
    """How many households were scored, how many scores changed, what became of alerts."""

    households: int = 0
    changed: int = 0
    alerts: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Rescored") -> None:
        """Add what another scoring did."""
        self.households += other.households
        self.changed += other.changed
        self.alerts.update(other.alerts)


@dataclass(slots=True)
class _Writes:
    """Versions that end and versions that are added, by dataset name."""

    closed: dict[str, list[Version]] = field(default_factory=lambda: defaultdict(list))
    added: dict[str, list[Stored]] = field(default_factory=lambda: defaultdict(list))

    def take(self, dataset: Dataset, change: tuple[list[Version], list[Stored]]) -> None:
        self.closed[dataset.name] += change[0]
        self.added[dataset.name] += change[1]


class Rescorer:
    """Scores households under one profile. Holds nothing between two calls."""

    def __init__(
        self,
        facts: Facts,
        keys: DataKeys,
        tagger: Tagger,
        journal: Journal,
        profile: Profile,
        parameters: AlertParameters,
        clock: Clock,
    ) -> None:
        """The profile was loaded with a check against the policy: its inputs are granted."""
        self._facts = facts
        self._keys = keys
        self._tagger = tagger
        self._journal = journal
        self._profile = profile
        self._parameters = parameters
        self._clock = clock
        self._queue = AlertQueue(facts, parameters)
        fields = ScorerFields(facts.catalogue, self._profile.fields_read)
        self._homes = HomesReader(facts, keys, fields)

    async def of_people(
        self, connection: Connection, people: Iterable[PersonPlace]
    ) -> set[HouseholdKey]:
        """Return the households whose score `people` bear upon: they live there, or did lately."""
        return await households_of(connection, people, self._today())

    def _today(self) -> date:
        """Return the day in China on which scores are computed."""
        return self._clock().astimezone(CHINA).date()

    async def rescore(
        self,
        connection: Connection,
        households: Iterable[HouseholdKey],
        at: datetime,
        corrected: frozenset[HouseholdKey] = frozenset(),
    ) -> Rescored:
        """Score households in the transaction of `connection`, as known at its time `at`.

        An unchanged score writes nothing. `corrected` are households of whose people records
        were corrected: a score that falls for that reason may close its alert. The reading is
        on record when this returns.

        Raises:
            AuditUnavailableError: It could not be put on record; roll back.
            SealBrokenError: A stored value does not authenticate.
        """
        asked = sorted(set(households))
        result = Rescored()
        if not asked:
            return result
        homes = await self._homes.read(connection, asked, self._today())
        await self._record(homes, at)
        scores = await self._scores(connection, homes)
        regions = {key: home.region for key, home in homes.items()}
        await self._store(connection, (scores, regions), at, (corrected, result))
        result.households = len(scores)
        return result

    async def has_room(self, connection: Connection) -> bool:
        """Whether a queued alert can come out today."""
        return await self._queue.has_room(connection, self._today())

    async def let_out(self, connection: Connection, at: datetime) -> int:
        """Let queued alerts out where their community has room today; return how many moved.

        Raises:
            AuditUnavailableError: It could not be put on record; roll back.
        """
        moved = await self._queue.release(connection, self._today(), at)
        if moved:
            await recorded(
                self._journal,
                EntryKind.SCORING,
                {
                    "department": OWNER,
                    "role": "scorer",
                    "purpose": "WARN",
                    "known_at": at.isoformat(),
                    "households": len(moved),
                    "outcome": "announced",
                },
                map(self._tagger.subject, moved.values()),
                ("Alert.band", "Alert.total"),
            )
        return len(moved)

    async def _scores(
        self, connection: Connection, homes: Mapping[HouseholdKey, Home]
    ) -> dict[HouseholdKey, Score]:
        said = {
            name: Silence(s.read_at, s.whole_from)
            for name, s in (await silences(connection)).items()
        }
        scores = {}
        for key, home in homes.items():
            seen = household_on(family(home.rows(), home.today, said))
            if seen is not None:
                scores[key] = score(seen, self._profile)
        return scores

    async def _store(
        self,
        connection: Connection,
        told: tuple[Mapping[HouseholdKey, Score], Mapping[HouseholdKey, str | None]],
        at: datetime,
        outcome: tuple[frozenset[HouseholdKey], Rescored],
    ) -> None:
        """Store the scores, and what becomes of alerts; `told` are scores and regions."""
        scores, regions = told
        corrected, result = outcome
        cells, ids = {cell for cell, _ in scores}, [key for _, key in scores]
        keys = await keys_of(connection, self._keys, OWNER, cells, ids)
        stored = await self._facts.of_identities(connection, SCORE, cells, ids)
        alerts = await self._facts.of_identities(connection, ALERT, cells, ids)
        new = NewPeople(self._keys, self._tagger.version, at)
        writes = _Writes()
        joining: list[tuple[tuple[str, UUID, bytes], list[Stored], Joining]] = []
        for (cell, household_id), after in scores.items():
            key = keys.get(household_id) or new.key(OWNER, cell, household_id)
            owner = (cell, household_id, key)
            spans = stored.get(household_id, [])
            values = score_values(after)
            old = opened_values(SCORE, key, spans[-1]) if spans else {}
            before = score_before(old, spans[-1]) if spans else None
            if before is None or not is_same_score(old, values):
                record_id = uuid5(household_id, SCORE.name)
                own = OwnRecord(SCORE, *owner, record_id, values, self._today(), at)
                writes.take(SCORE, superseding(own, spans))
                result.changed += 1
            decided = (before, after, (cell, household_id) in corrected)
            spans = alerts.get(household_id, [])
            changed = self._alert(spans, decided, regions[cell, household_id], result)
            if changed is not None:
                joining.append((owner, spans, changed))
        await self._queue.place(connection, [j for *_, j in joining], self._today(), at)
        for owner, spans, joined in joining:
            own = OwnRecord(ALERT, *owner, joined.record_id, joined.values, self._today(), at)
            before_it = [span for span in spans if span.value.record_id == joined.record_id]
            writes.take(ALERT, superseding(own, before_it))
        await new.write(connection)
        for dataset in (SCORE, ALERT):
            closed, added = writes.closed[dataset.name], writes.added[dataset.name]
            await self._facts.write(connection, dataset, closed, added, at)

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
            self._clock(),
            self._parameters,
            by_correction=is_corrected,
        )
        decided = decided_alert(decision, current, after, self._clock())
        if decided is None:
            return None
        record_id, values = decided
        if isinstance(decision, Open):
            values["community"] = region
        result.alerts[f"{type(decision).__name__.lower()}:{values['band']}"] += 1
        return Joining(record_id, values)

    async def _record(self, homes: Mapping[HouseholdKey, Home], at: datetime) -> None:
        await recorded(
            self._journal,
            EntryKind.SCORING,
            {
                "department": OWNER,
                "role": "scorer",
                "purpose": "WARN",
                "profile": self._profile.digest,
                "as_of": self._today().isoformat(),
                "known_at": at.isoformat(),
                "households": len(homes),
                "outcome": "announced",
            },
            map(self._tagger.subject, log_aliases(homes.values())),
            self._profile.fields_read,
        )
