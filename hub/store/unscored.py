"""Households that wait for a score: marked with the facts, taken out with the score.

While a source is read from its start nobody is scored; the mark is what a crash leaves behind,
so that whoever reads next makes up for it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from hub.store.database import Connection

HouseholdKey = tuple[str, UUID]
"""Cell and household id."""
BEFORE_ALL: Final[HouseholdKey] = ("", UUID(int=0))
"""A key before every household's."""

_MARK: Final = """
INSERT INTO unscored AS u (cell, household_id, corrected)
SELECT cell, household_id, corrected
FROM unnest($1::text[], $2::uuid[], $3::boolean[]) AS t (cell, household_id, corrected)
ON CONFLICT (cell, household_id) DO UPDATE SET corrected = TRUE
WHERE excluded.corrected AND NOT u.corrected
"""
_MARK_NEWCOMERS: Final = """
INSERT INTO unscored (cell, household_id, corrected)
SELECT DISTINCT m.cell, m.household_id, FALSE
FROM person p JOIN membership m ON m.cell = p.cell AND m.person_id = p.person_id
WHERE p.known_from > coalesce($1::timestamptz, '-infinity') AND m.known_to = 'infinity'
ON CONFLICT (cell, household_id) DO NOTHING
"""
_TAKE: Final = """
DELETE FROM unscored u USING (
    SELECT cell, household_id FROM unscored WHERE (cell, household_id) > ($1, $2)
    ORDER BY cell, household_id LIMIT $3
) AS first
WHERE u.cell = first.cell AND u.household_id = first.household_id
RETURNING u.cell, u.household_id, u.corrected
"""

_NEXT: Final = """
SELECT cell, household_id FROM unscored WHERE (cell, household_id) > ($1, $2)
ORDER BY cell, household_id LIMIT 1
"""


async def next_unscored(connection: Connection, after: HouseholdKey) -> HouseholdKey | None:
    """Return the next household that waits behind `after`, and leave it there."""
    row = await connection.fetchrow(_NEXT, *after)
    return None if row is None else (row["cell"], row["household_id"])


async def mark_unscored(
    connection: Connection, households: Iterable[HouseholdKey], corrected: Iterable[HouseholdKey]
) -> None:
    """Let households wait for a score; `corrected` are those whose facts were corrected."""
    mended = set(corrected)
    asked = sorted(mended.union(households))
    if asked:
        cells, ids = [cell for cell, _ in asked], [key for _, key in asked]
        await connection.execute(_MARK, cells, ids, [home in mended for home in asked])


async def mark_newcomers(connection: Connection, since: datetime | None) -> None:
    """Let the households wait that have members who became known after `since`, or ever."""
    await connection.execute(_MARK_NEWCOMERS, since)


async def take_unscored(
    connection: Connection, after: HouseholdKey, limit: int
) -> dict[HouseholdKey, bool]:
    """Take the next households off the list, each with whether its facts were corrected.

    They come in the order of their keys; they wait again unless the transaction is committed.
    """
    rows = await connection.fetch(_TAKE, *after, limit)
    taken = {(r["cell"], r["household_id"]): r["corrected"] for r in rows}
    return {key: taken[key] for key in sorted(taken)}
