"""Scores households again: newest facts in, score and alert versions out.

A score holds from the day on which it was computed. It depends on that day (ages, look-back
windows), so a household that nothing happens to is scored again by `hub.ingest.full_pass`.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from audit.entry import EntryKind
from hub.clock import Clock
from hub.ingest.homes_read import Home, HomesReader, households_of, log_aliases
from hub.ingest.queueing import AlertQueue
from hub.ingest.score_store import OWNER, Emptied, Rescored, Scored, ScoreStore
from hub.ingest.scorer_reads import ScorerFields
from hub.sealing.datakeys import DataKeys
from hub.sealing.tags import Tagger
from hub.store.cursors import silences
from hub.store.database import Connection
from hub.store.facts import Facts
from hub.store.journal import Journal, recorded
from hub.store.people import PersonPlace
from hub.store.unscored import HouseholdKey
from scoring.alerts import AlertParameters
from scoring.inputs import Silence, family, household_on
from scoring.profile import Profile
from scoring.score import score

__all__ = ["OWNER", "Rescored", "Rescorer", "silences_told"]


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
        self.profile = profile
        self._tagger = tagger
        self._journal = journal
        self._queue = AlertQueue(facts, parameters)
        self.store = ScoreStore(
            facts, keys, tagger.version, profile, parameters, clock, self._queue
        )
        fields = ScorerFields(facts.catalogue, profile.fields_read)
        self._homes = HomesReader(facts, keys, fields)

    async def of_people(
        self, connection: Connection, people: Iterable[PersonPlace]
    ) -> set[HouseholdKey]:
        """Return the households whose score `people` bear upon: they live there, or did lately."""
        return await households_of(connection, people, self.today())

    def today(self) -> date:
        """Return the day in China on which scores are computed."""
        return self.store.today()

    async def rescore(
        self,
        connection: Connection,
        households: Iterable[HouseholdKey],
        at: datetime,
        corrected: frozenset[HouseholdKey] = frozenset(),
    ) -> Rescored:
        """Score households in the transaction of `connection`, as known at its time `at`.

        An unchanged score writes nothing. A household in which nobody is left loses its score,
        and its open alert is closed. `corrected` are households of whose people records
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
        homes = await self._homes.read(connection, asked, self.today())
        await self.announce(log_aliases(homes.values()), len(homes), at)
        scored, emptied = await self._scored(connection, homes)
        await self.store.store(connection, scored, at, corrected, result)
        if emptied:
            await self.store.end(connection, emptied, at, result)
        result.households = len(scored)
        return result

    async def has_room(self, connection: Connection) -> bool:
        """Whether a queued alert can come out today."""
        return await self._queue.has_room(connection, self.today())

    async def let_out(self, connection: Connection, at: datetime) -> int:
        """Let queued alerts out where their community has room today; return how many moved.

        Raises:
            AuditUnavailableError: It could not be put on record; roll back.
        """
        moved = await self._queue.release(connection, self.today(), at)
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

    async def _scored(
        self, connection: Connection, homes: Mapping[HouseholdKey, Home]
    ) -> tuple[dict[HouseholdKey, Scored], dict[HouseholdKey, Emptied]]:
        """Return the scores of households, and those in which nobody lives."""
        said = await silences_told(connection)
        scored, emptied = {}, {}
        for key, home in homes.items():
            rows = home.rows()
            seen = household_on(family(rows, home.today, said))
            if seen is None:
                emptied[key] = Emptied(rows, home.fresh_until_ordinal())
            else:
                found = score(seen, self.profile)
                scored[key] = Scored(found, rows, home.fresh_until_ordinal(), home.region)
        return scored, emptied

    async def announce(self, aliases: Iterable[bytes], households: int, at: datetime) -> None:
        """Put on record that the scorer reads of the people and households of `aliases`.

        Raises:
            AuditUnavailableError: It could not be; roll back.
        """
        await recorded(
            self._journal,
            EntryKind.SCORING,
            {
                "department": OWNER,
                "role": "scorer",
                "purpose": "WARN",
                "profile": self.profile.digest,
                "as_of": self.today().isoformat(),
                "known_at": at.isoformat(),
                "households": households,
                "outcome": "announced",
            },
            map(self._tagger.subject, aliases),
            self.profile.fields_read,
        )


async def silences_told(connection: Connection) -> dict[str, Silence]:
    """Return what each department's silence means, as the score takes it."""
    said = await silences(connection)
    return {name: Silence(s.read_at, s.whole_from) for name, s in said.items()}
