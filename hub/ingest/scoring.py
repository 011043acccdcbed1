"""When households are scored: with their batch, or when a source was read to its end.

A first reading touches a household many times, and what the source does not say is known only
at its end. So its batches mark households as waiting, in their own transactions, and the mark
is taken off in the transaction that stores the score: a crash leaves them waiting.
"""

from datetime import datetime
from typing import Final

from hub.ingest.around import Around
from hub.ingest.batch import Touched
from hub.ingest.report import failing
from hub.ingest.rescore import OWNER, Rescored, Rescorer
from hub.store.database import Connection, Database
from hub.store.facts import known_now
from hub.store.sources import alone, analyse
from hub.store.unscored import BEFORE_ALL, HouseholdKey, mark_unscored, next_unscored, take_unscored
from schema.datasets.civil_affairs import ALERT, SCORE

_CHUNK: Final = 500


async def score_touched(
    connection: Connection, rescorer: Rescorer, touched: Touched, at: datetime, *, later: bool
) -> Rescored:
    """Score the households that a batch touches, or mark them as waiting if it is done `later`.

    Raises:
        AuditUnavailableError: The reading could not be put on record; roll back.
    """
    homes = touched.households | await rescorer.of_people(connection, touched.people.values())
    mended = [p for key, p in touched.people.items() if key in touched.corrected]
    corrected = await rescorer.of_people(connection, mended) if mended else set()
    if later:
        await mark_unscored(connection, homes, corrected)
        return Rescored()
    return await rescorer.rescore(connection, homes, at, frozenset(corrected))


async def score_waiting(database: Database, rescorer: Rescorer) -> Rescored:
    """Score the households that wait, some hundreds in a transaction; what is done stays done.

    Then alerts of earlier days that are queued come out where there is room. A household of which
    a stored value does not open goes on waiting, and is counted; the others are scored.

    Raises:
        IngestFailedError: The database or the log broke; the others go on waiting.
    """
    total, after, chunks = Rescored(), BEFORE_ALL, 0

    async def chunk(behind: HouseholdKey, limit: int) -> HouseholdKey | None:
        done = await _score_next(database, rescorer, behind, limit)
        if done is None:
            return None
        total.add(done[0])
        return done[1]

    async def skip(behind: HouseholdKey) -> HouseholdKey | None:
        async with database.connection() as connection:
            return await next_unscored(connection, behind)

    around = Around(chunk, skip)
    with failing(OWNER, "scores of waiting households"):
        while (last := await around.next(after, _CHUNK)) is not None:
            after = last
            chunks += 1
            if chunks.bit_count() == 1:  # 1, 2, 4, ...: new tables have no statistics
                await _analyse_scores(database)
        await let_out(database, rescorer)
    total.broken = around.broken
    return total


async def let_out(database: Database, rescorer: Rescorer) -> None:
    """Let queued alerts of earlier days out where there is room.

    Raises:
        AuditUnavailableError: It could not be put on record; nothing moved.
    """
    async with database.connection() as connection:
        if not await rescorer.has_room(connection):
            return
    async with database.transaction() as connection:
        await rescorer.let_out(connection, await known_now(connection))


async def _score_next(
    database: Database, rescorer: Rescorer, after: HouseholdKey, limit: int
) -> tuple[Rescored, HouseholdKey] | None:
    """Score the next households that wait, and return the last of them; None when none does."""
    async with database.transaction() as connection:
        await alone(connection)
        waiting = await take_unscored(connection, after, limit)
        if not waiting:
            return None
        corrected = frozenset(key for key, is_corrected in waiting.items() if is_corrected)
        at = await known_now(connection)
        return await rescorer.rescore(connection, waiting, at, corrected), max(waiting)


async def _analyse_scores(database: Database) -> None:
    async with database.connection() as connection:
        await analyse(connection, [SCORE.name, ALERT.name])
