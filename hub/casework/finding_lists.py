"""Keeps the lists that rules of indicators read: who is near to a reader, whom curiosity looks for.

Each change is on record: whose list, by whom, how many, and about whom as tags.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from audit.entry import EntryKind
from hub.access import is_opaque
from hub.casework.finding_errors import InvalidFindingStepError
from hub.casework.indicator_desk import AUDITORS
from hub.clock import Clock
from hub.errors import StoreUnavailableError
from hub.sealing.tags import Tagger
from hub.store.database import Database
from hub.store.indicator_lists import Whose, add_listed, aliases_of, clear_listed
from hub.store.journal import Journal, recorded


@dataclass(frozen=True, slots=True)
class FindingLists:
    """Takes changes of lists; holds nothing between two calls."""

    database: Database
    journal: Journal
    tagger: Tagger
    clock: Clock

    async def add(self, whose: Whose, numbers: Sequence[str], by: str) -> int:
        """Return how many of the numbers are known; on return they are listed and on record.

        With each person come their households, and on a reader's list whoever lives or lived there.

        Raises:
            InvalidFindingStepError: Somebody is not named by an opaque id.
            AuditUnavailableError: It is not on record; nothing was stored.
            StoreUnavailableError: Nobody knows whether it was stored; do it again.
        """
        _check(whose, by)
        tags = [tag for number in numbers for tag in self.tagger.people(number)]
        try:
            async with self.database.transaction() as connection:
                known, aliases = await aliases_of(
                    connection, tags, with_household=whose.list == "close"
                )
                await self._record("LIST", whose, by, aliases)
                await add_listed(connection, whose, aliases, by, self.clock())
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            raise StoreUnavailableError("The list may not be stored; do it again.") from problem
        return known

    async def clear(self, whose: Whose, by: str) -> None:
        """Take everybody from a list; as `add`."""
        _check(whose, by)
        try:
            async with self.database.transaction() as connection:
                await self._record("UNLIST", whose, by, ())
                await clear_listed(connection, whose)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            raise StoreUnavailableError("The list may not be cleared; do it again.") from problem

    async def _record(self, step: str, whose: Whose, by: str, aliases: Sequence[bytes]) -> None:
        about = {
            "department": AUDITORS,
            "actor": by,
            "step": step,
            "list": whose.list,
            "of": f"{whose.department} {whose.actor}".strip() or None,
            "outcome": "announced",
        }
        tags = [self.tagger.subject(alias) for alias in aliases]
        await recorded(self.journal, EntryKind.COMMAND, about, tags, ("Person.id", "Household.id"))


def _check(whose: Whose, by: str) -> None:
    if not is_opaque(by) or not all(map(is_opaque, filter(None, (whose.department, whose.actor)))):
        raise InvalidFindingStepError(
            "Name people by an opaque id: letters, digits and ._:/- only."
        )
    if (whose.list == "close") is not bool(whose.department and whose.actor):
        raise InvalidFindingStepError(
            "A list of who is near is a reader's: name department and actor; the other is nobody's."
        )
