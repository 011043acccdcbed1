"""Scores the whole population by columns, and writes what changed.

A score depends on the day, so that a household to which nothing happens may change its band. Every
vector is opened, some thousands of households at a time; by columns it is found out whose points,
triggers or rules differ from what was stored; those are scored by the interpreter, which gives the
reasons, and stored with their alerts. A household whose vector is missing, of another layout, of
other fields or overtaken by a day on which an interval begins or ends is scored from its facts. The
age of a source alone is no change.

Each chunk is one transaction: what is done stays done, and a second pass on the same day writes
nothing. Who is read is on record before the chunk commits.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from hub.errors import SetupError
from hub.ingest.around import Around
from hub.ingest.rescore import Rescored, Rescorer, silences_told
from hub.ingest.score_store import Scored
from hub.ingest.scoring import let_out
from hub.ingest.vectors_read import OpenedChunk, VectorsReader
from hub.store.database import Connection, Database
from hub.store.facts import known_now
from hub.store.unscored import BEFORE_ALL, HouseholdKey
from scoring.columns import ColumnScorer, table_of
from scoring.facts import decoded
from scoring.inputs import Silences, family, household_on
from scoring.profile import Profile
from scoring.score import Band, score

CHUNK: Final = 4_000
"""Households in a transaction, and in an entry of the log."""
_FROM_FACTS: Final = 500
"""Households that are read from their facts at once."""
_BEHIND: Final = """
SELECT cell, household_id FROM household WHERE (cell, household_id) > ($1, $2)
ORDER BY cell, household_id LIMIT 1
"""
_NEWEST: Final = "SELECT at FROM known_time"


@dataclass(slots=True)
class Pass:
    """What a pass did so far."""

    households: int = 0
    rescored: Rescored = field(default_factory=Rescored)
    from_facts: int = 0
    """Households that were scored from their facts, their vector being of no use."""


@dataclass(slots=True)
class Preview:
    """How many households would go from one band to another under a changed profile."""

    households: int = 0
    moves: Counter[tuple[Band, Band]] = field(default_factory=Counter)
    left_out: int = 0
    """Households without a vector that can be used: `hub score` gives them one."""


@dataclass(frozen=True, slots=True)
class FullPass:
    """Passes over the population. Holds nothing between two calls."""

    database: Database
    rescorer: Rescorer
    vectors: VectorsReader

    async def run(self, progress: Callable[[Pass], None] = lambda _: None) -> Pass:
        """Score every household on this day, and let alerts out that were queued.

        Raises:
            StoreUnavailableError: The database broke; what was committed before stands.
            AuditUnavailableError: The log takes no entry; as above.
            SealBrokenError: Of many households a stored value does not authenticate; as above. A
                few are left out and counted.
        """
        done, after = Pass(), BEFORE_ALL

        async def chunk(behind: HouseholdKey, limit: int) -> HouseholdKey | None:
            async with self.database.transaction() as connection:
                return await self._chunk(connection, behind, limit, done)

        around = Around(chunk, self._skip)
        while (last := await around.next(after, CHUNK)) is not None:
            after = last
            progress(done)
        done.rescored.broken = around.broken
        await let_out(self.database, self.rescorer)
        return done

    async def _skip(self, after: HouseholdKey) -> HouseholdKey | None:
        async with self.database.connection() as connection:
            row = await connection.fetchrow(_BEHIND, *after)
        return None if row is None else (row["cell"], row["household_id"])

    async def _chunk(
        self, connection: Connection, after: HouseholdKey, limit: int, done: Pass
    ) -> HouseholdKey | None:
        at = await known_now(connection)
        chunk = await self.vectors.next(connection, after, limit, self.rescorer.today())
        if chunk is None:
            return None
        await self.rescorer.announce(chunk.aliases, chunk.households, at)
        said = await silences_told(connection)
        changed, unusual = self._changed(chunk, said)
        scored = {key: one for key in changed if (one := self._scored(chunk, key, said))}
        result = Rescored(households=chunk.households - len(chunk.unread) - len(unusual))
        if scored:
            await self.rescorer.store.store(connection, scored, at, frozenset(), result)
        again = [*chunk.unread, *unusual]
        for start in range(0, len(again), _FROM_FACTS):
            part = again[start : start + _FROM_FACTS]
            result.add(await self.rescorer.rescore(connection, part, at))
        done.households += chunk.households
        done.from_facts += len(again)
        done.rescored.add(result)
        return chunk.last

    def _changed(
        self, chunk: OpenedChunk, said: Silences
    ) -> tuple[list[HouseholdKey], list[HouseholdKey]]:
        """Return whose score differs from what is stored, and who is left to the interpreter."""
        if not chunk.keys:
            return [], []
        outcome = ColumnScorer(self.rescorer.profile).score(
            table_of(chunk.vectors), self.rescorer.today(), said
        )
        differs = outcome.changed & outcome.scored & ~outcome.unusual
        changed = [chunk.keys[place] for place in differs.nonzero()[0].tolist()]
        return changed, [chunk.keys[place] for place in outcome.unusual.nonzero()[0].tolist()]

    def _scored(self, chunk: OpenedChunk, key: HouseholdKey, said: Silences) -> Scored | None:
        vector = decoded(chunk.vectors[chunk.place_of[key]])
        told = family(vector.facts, self.rescorer.today(), said)
        seen = household_on(told)
        if seen is None:
            return None
        found = score(seen, self.rescorer.profile)
        return Scored(found, vector.facts, vector.fresh_until, told.region)

    async def preview(
        self, changed: Profile, progress: Callable[[Preview], None] = lambda _: None
    ) -> Preview:
        """Return what another profile would do to the bands of today; nothing is stored.

        Raises:
            SetupError: It reads fields that today's vectors do not hold.
            StoreUnavailableError, AuditUnavailableError, SealBrokenError: As `run`.
        """
        more = set(changed.fields_read) - set(self.rescorer.profile.fields_read)
        if more:
            raise SetupError(f"The profile in force does not read {', '.join(sorted(more))}.")
        done, after = Preview(), BEFORE_ALL
        now, then = ColumnScorer(self.rescorer.profile), ColumnScorer(changed)
        today = self.rescorer.today()
        while True:
            async with self.database.transaction() as connection:
                chunk = await self.vectors.next(connection, after, CHUNK, today)
                if chunk is None:
                    return done
                at = await connection.fetchval(_NEWEST)
                await self.rescorer.announce(chunk.aliases, chunk.households, at)
                said = await silences_told(connection)
            after, done.left_out = chunk.last, done.left_out + len(chunk.unread)
            if chunk.keys:
                table = table_of(chunk.vectors)
                before, behind = (scorer.score(table, today, said) for scorer in (now, then))
                chosen = before.scored & ~before.unusual
                done.left_out += int((before.unusual & before.scored).sum())
                done.households += int(chosen.sum())
                bands = zip(before.band[chosen].tolist(), behind.band[chosen].tolist(), strict=True)
                ranks = tuple(Band)
                done.moves.update((ranks[old], ranks[new]) for old, new in bands)
            progress(done)
