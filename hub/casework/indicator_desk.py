"""What an auditor makes of an indicator: a note, on record, which nobody can take back."""

from dataclasses import dataclass, replace
from typing import Final

import asyncpg

from audit.entry import EntryKind
from hub.access import has_number, is_opaque
from hub.clock import Clock
from hub.errors import SetupError, StoreUnavailableError
from hub.store.database import Database
from hub.store.indicators import Indicator, Note, Wanted, add_note, indicators
from hub.store.journal import Journal, recorded

MAX_NOTE: Final = 1_000
AUDITORS: Final = "audit-office"


@dataclass(frozen=True, slots=True)
class IndicatorDesk:
    """Takes auditors' notes about indicators."""

    database: Database
    journal: Journal
    clock: Clock

    async def acknowledge(self, indicator: str, by: str, note: str) -> Indicator:
        """Return the indicator with its new note; on return it is on record and stored.

        Raises:
            SetupError: There is no such indicator, or the note is none, or has a person's number.
            AuditUnavailableError: It is not on record; nothing was stored.
            StoreUnavailableError: Nobody knows whether it was stored; look, and do it again.
        """
        if not is_opaque(by):
            raise SetupError("Name who does it by an opaque id: letters, digits and ._:/- only.")
        if not 0 < len(note.strip()) <= MAX_NOTE or has_number(note):
            raise SetupError(
                f"A note has 1 to {MAX_NOTE} characters and no number of a person in it."
            )
        try:
            async with self.database.transaction() as connection:
                now = self.clock()
                found = await indicators(connection, Wanted(id=indicator, limit=1))
                if not found:
                    raise SetupError("There is no such indicator; `hub audit indicators` has them.")
                about = {
                    "department": AUDITORS,
                    "actor": by,
                    "step": "ACKNOWLEDGE",
                    "indicator": indicator,
                    "outcome": "announced",
                }
                await recorded(self.journal, EntryKind.COMMAND, about)
                await add_note(connection, indicator, by, now, note.strip())
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            raise StoreUnavailableError("The note may not be stored; look.") from problem
        return replace(found[0], note=Note(by, now, note.strip()))
