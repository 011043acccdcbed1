"""What is kept of sharing: every act, every revision of the policy, and what waits for a second.

Acts and revisions are only ever added; the database refuses to change one, and refuses that who
proposed a wider policy confirms it (migration 0009).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

_ACTS: Final = """
    select agreement, step, made_by, acted_at, why, content from sharing_act
    where $1::text is null or agreement = $1 order by agreement, number
"""
_ADD: Final = """
    insert into sharing_act (agreement, number, step, made_by, acted_at, why, content)
    values ($1, $2, $3, $4, $5, $6, $7)
"""
_HISTORY: Final = """
    select revision, digest, document, loaded_at, made_by, why from policy_history order by revision
"""
_PROPOSE: Final = """
    insert into policy_proposal (digest, document, proposed_by, proposed_at, why)
    values ($1, $2, $3, $4, $5) on conflict (digest) do nothing
"""
_CONFIRM: Final = """
    update policy_proposal set confirmed_by = $2, confirmed_at = $3
    where digest like $1 || '%' and confirmed_by is null
    returning digest, document, proposed_by, why
"""


@dataclass(frozen=True, slots=True)
class StoredAct:
    """One act, as it is stored; `content` is the text of a request, filed or completed."""

    agreement: str
    step: str
    by: str
    at: datetime
    why: str
    content: str | None


@dataclass(frozen=True, slots=True)
class Revision:
    """A policy that was, or is, in force."""

    number: int
    digest: str
    document: str
    at: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A policy that waits for a second person, or waited."""

    digest: str
    document: str
    proposed_by: str
    why: str


async def acts_of(connection: asyncpg.Connection, agreement: str | None = None) -> list[StoredAct]:
    """Return the acts about one agreement, or about all, in order."""
    rows = await connection.fetch(_ACTS, agreement)
    return [StoredAct(*row) for row in rows]


async def add_act(connection: asyncpg.Connection, number: int, act: StoredAct) -> None:
    """Store an act as the `number`th of its agreement.

    Raises:
        asyncpg.UniqueViolationError: Another one has that number: somebody else was quicker.
        asyncpg.RaiseError: A second person is needed.
    """
    await connection.execute(
        _ADD, act.agreement, number, act.step, act.by, act.at, act.why, act.content
    )


async def revisions(connection: asyncpg.Connection) -> list[Revision]:
    """Return every policy that was in force, the oldest first."""
    return [Revision(*row) for row in await connection.fetch(_HISTORY)]


async def propose(connection: asyncpg.Connection, proposal: Proposal, at: datetime) -> None:
    """Keep a policy that waits for a second person; the same again changes nothing."""
    await connection.execute(
        _PROPOSE, proposal.digest, proposal.document, proposal.proposed_by, at, proposal.why
    )


async def confirm(
    connection: asyncpg.Connection, digest: str, by: str, at: datetime
) -> Proposal | None:
    """Return the proposal that is confirmed by it, or None where none waits.

    Raises:
        asyncpg.RaiseError: The same person proposed it.
    """
    row = await connection.fetchrow(_CONFIRM, digest, by, at)
    return None if row is None else Proposal(*row)
