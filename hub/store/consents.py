"""Authorisations as they are stored, and what must be forgotten with them.

There is one store: the dataset of authorisations (`schema.datasets.credit`), whether they came with
a commitment or alone. Whether one covers a query is a condition of that query's own statement
(`hub.query.consent`), so a withdrawal acts with its commit, in every worker.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from hub.store.database import Connection
from schema.datasets.banks import BANK_DEPOSIT

_NEWEST: Final = """
SELECT * FROM (
    SELECT DISTINCT ON (c.cell, c.record_id) c.cell, c.record_id, l.person_id, c.source, c.purpose,
           c.signed_by, c.revoked_at, c.valid_from, c.valid_to
    FROM consent c
    JOIN link l ON l.cell = c.cell AND l.identity_id = c.identity_id AND l.known_to = 'infinity'
         AND l.valid_from <= $1 AND l.valid_to > $1
    WHERE c.known_to = 'infinity'
    ORDER BY c.cell, c.record_id, c.valid_from DESC
) newest
"""
"""Each authorisation as it stands, or as it was withdrawn."""
_ALL: Final = (
    _NEWEST
    + """
WHERE ($2::uuid IS NULL OR person_id = $2) AND ($3::text IS NULL OR source = $3)
  AND ($4 OR (revoked_at IS NULL AND valid_to > $1))
ORDER BY valid_from, record_id LIMIT $5
"""
)
_ONE: Final = _NEWEST + "WHERE record_id = $2"
_FORGET: Final = """
DELETE FROM bank_deposit b WHERE NOT EXISTS (
    SELECT 1 FROM link own
    JOIN link theirs ON theirs.cell = own.cell AND theirs.person_id = own.person_id
         AND theirs.known_to = 'infinity' AND theirs.department = 'civil-affairs'
    JOIN consent c ON c.cell = theirs.cell AND c.identity_id = theirs.identity_id
         AND c.known_to = 'infinity' AND c.source = $1 AND c.revoked_at IS NULL
         AND c.valid_from <= $2 AND c.valid_to > $2
    WHERE own.cell = b.cell AND own.identity_id = b.identity_id AND own.known_to = 'infinity')
"""


@dataclass(frozen=True, slots=True)
class Given:
    """One authorisation; `end` is the day after the last on which it holds."""

    record_id: UUID
    cell: str
    person_id: UUID
    source: str
    purpose: str
    signed_by: str
    start: date
    end: date
    revoked_at: datetime | None

    def holds(self, today: date) -> bool:
        """Whether it covers its person, source and purpose today."""
        return self.revoked_at is None and self.start <= today < self.end


async def authorisations(
    connection: Connection,
    today: date,
    *,
    person: UUID | None = None,
    source: str | None = None,
    ended: bool = False,
    limit: int = 1_000,
) -> list[Given]:
    """Return authorisations, the earliest first; those that have ended too if `ended`."""
    rows = await connection.fetch(_ALL, today, person, source, ended, limit)
    return [_given(row) for row in rows]


async def authorisation(connection: Connection, today: date, record_id: UUID) -> Given | None:
    """Return one authorisation by its id, None if there is none."""
    row = await connection.fetchrow(_ONE, today, record_id)
    return None if row is None else _given(row)


def _given(row: Record) -> Given:
    return Given(
        row["record_id"], row["cell"], row["person_id"], row["source"], row["purpose"],
        row["signed_by"], row["valid_from"], row["valid_to"], row["revoked_at"],
    )  # fmt: skip


async def forget_answers(connection: Connection, table: str, identities: Sequence[UUID]) -> None:
    """Delete what is kept of a live source's answers about `identities`."""
    statement = f"DELETE FROM {table} WHERE identity_id = any($1::uuid[])"  # noqa: S608 - declared
    await connection.execute(statement, list(identities))


async def forget_uncovered(connection: Connection, today: date) -> int:
    """Delete banks' answers about people without an authorisation today; return how many."""
    done: str = await connection.execute(_FORGET, BANK_DEPOSIT.department, today)
    return int(done.rpartition(" ")[2])
