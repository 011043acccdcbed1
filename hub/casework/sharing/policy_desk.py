"""Puts the operator's policy file in force where it widens access: one proposes, another confirms.

What came of sharing requests stays, whatever the file says. Both steps are on record before they
commit.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from audit.entry import EntryKind
from hub.access import OPAQUE, load_policy
from hub.access.difference import Change, difference
from hub.access.policy import PolicyError, load_former
from hub.casework.sharing.life import NotNowError, SamePersonError
from hub.casework.sharing.request import rebased
from hub.clock import Clock
from hub.errors import SetupError
from hub.query.policies import publish_policy
from hub.store.database import Connection, Database
from hub.store.journal import Journal, recorded
from hub.store.sharing import Proposal, confirm, propose
from schema.catalogue import Catalogue

_IN_FORCE: Final = "select document from policy_revision for update"
_WAITS: Final = """
    select proposed_by from policy_proposal where digest like $1 || '%' and confirmed_by is null
"""
_FEWEST: Final = 8
_DIGITS: Final = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A policy that was proposed, or put in force."""

    digest: str
    changes: tuple[Change, ...]
    """What it decides differently."""


@dataclass(frozen=True, slots=True)
class PolicyDesk:
    """Takes both steps about `file`, the operator's policy."""

    database: Database
    journal: Journal
    catalogue: Catalogue
    file: Path
    now: Clock

    async def propose(self, by: str, why: str) -> PolicyChange:
        """Keep the policy file until a second person puts it in force; the same again is nothing.

        Raises:
            NotNowError: `by` is no opaque id, or the file is not a policy that fits.
            SetupError: No policy is in force, or the file cannot be read.
            AuditUnavailableError: It is not on record, so it is not kept.
        """
        _check_name(by)
        text = _read(self.file)
        async with self.database.transaction() as connection:
            current = await _in_force(connection)
            text = rebased(text, current)
            try:
                policy = load_policy(text, self.catalogue)
            except PolicyError as problem:
                raise NotNowError(f"The policy file cannot be proposed: {problem}") from None
            changes = difference(load_former(current, self.catalogue), policy)
            await propose(connection, Proposal(policy.digest, text, by, why), self.now())
            await self._announce(policy.digest, by, "PROPOSE")
        return PolicyChange(policy.digest, changes)

    async def confirm(self, digest: str, by: str) -> PolicyChange:
        """Put a proposal in force; `digest` is how its digest begins.

        Raises:
            SamePersonError: The same person proposed it.
            NotNowError: None waits under that digest, or the policy in force is not the one any
                more that it was compared with.
            AuditUnavailableError: It is not on record, so it is not in force.
        """
        _check_name(by)
        if len(digest) < _FEWEST or not _DIGITS.issuperset(digest):
            raise NotNowError(f"Name the proposal by at least {_FEWEST} characters of its digest.")
        async with self.database.transaction() as connection:
            current = await _in_force(connection)
            waiting = await connection.fetchrow(_WAITS, digest)
            if waiting is None:
                raise NotNowError(f"No proposal {digest} waits for a second person.")
            if waiting[0] == by:
                raise SamePersonError(
                    "Who proposed a policy cannot confirm it: a second person must."
                )
            found = await self._confirmed(connection, digest, by)
            if rebased(found.document, current) != found.document:
                raise NotNowError("Agreements have changed since: propose the policy file anew.")
            before = load_former(current, self.catalogue)
            policy = await publish_policy(
                connection,
                found.document,
                self.catalogue,
                self.now(),
                by=f"{found.proposed_by} and {by}",
                why=found.why,
            )
            await self._announce(policy.digest, by, "CONFIRM")
        return PolicyChange(policy.digest, difference(before, policy))

    async def _confirmed(self, connection: Connection, digest: str, by: str) -> Proposal:
        try:
            found = await confirm(connection, digest, by, self.now())
        except asyncpg.CheckViolationError:
            raise SamePersonError("The database demands a second person.") from None
        if found is None:
            raise NotNowError(f"No proposal {digest} waits for a second person.")
        return found

    async def _announce(self, digest: str, by: str, step: str) -> None:
        content = {"policy": digest, "actor": by, "step": step, "outcome": "announced"}
        await recorded(self.journal, EntryKind.POLICY, content)


def _check_name(by: str) -> None:
    if not OPAQUE.fullmatch(by):
        raise NotNowError("Name who does it by an opaque id: letters, digits and ._:/- only.")


async def _in_force(connection: Connection) -> str:
    text = await connection.fetchval(_IN_FORCE)
    if text is None:
        raise SetupError("No policy is in force; run `hub migrate`.")
    return str(text)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise SetupError(f"The policy {path} cannot be read.") from problem
