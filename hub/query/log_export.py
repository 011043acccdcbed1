"""A signed export of the log: what an auditor looked for, or all of it, made file by file.

The look-up is on record before the first file is made, about the person if one was named. Files are
read in one snapshot (`audit.selection`), the last ones are the manifest that the log's key signs.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import asyncpg

from audit.entry import EntryKind
from audit.errors import LogError
from audit.export import Sealing
from audit.manifest import TextSigner
from audit.search import Filter
from audit.selection import NamedFile, Wanted, selection_files
from hub.clock import Clock
from hub.errors import StoreUnavailableError
from hub.query.disclosure import Disclosures
from hub.query.documents import masked
from hub.query.logbook import tags_about
from hub.sealing.tags import Tagger
from hub.store.database import Connections, snapshot
from hub.store.journal import Journal, recorded
from hub.store.log_side import IN_HUB, LogSide
from hub.store.replays import policies_kept, policy_then
from schema.ids import citizen_number_text

CHANNEL: Final = "log-export"
_NOBODY: Final = bytes(32)
"""No subject's tag: whoever looks for somebody who is unknown finds nothing, not everything."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What is to be exported; what is left out does not restrict."""

    number: str | None = field(default=None, repr=False)
    """A citizen number; it is never put on record."""
    department: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    forms: Sequence[str] = ()

    @property
    def is_all(self) -> bool:
        """Whether it is the whole log."""
        return (self.number, self.department, self.since, self.until) == (None,) * 4

    def described(self) -> dict[str, str | bool | None]:
        """Return what was looked for, without whom."""
        return {
            "department": None if self.department is None else masked(self.department),
            "since": None if self.since is None else self.since.isoformat(),
            "until": None if self.until is None else self.until.isoformat(),
            "hasSubject": self.number is not None,
        }


@dataclass(frozen=True, slots=True)
class LogExporter:
    """Makes exports of the log; lives as long as the application."""

    database: Connections
    journal: Journal
    tagger: Tagger
    signer: TextSigner
    clock: Clock
    disclosures: Disclosures
    """Puts on record what is refused."""
    side: LogSide = IN_HUB

    async def begin(self, sought: Sought, who: Mapping[str, object]) -> Wanted:
        """Return what is to be read, once the look-up is on record; `who` says whose it is.

        Raises:
            AuditUnavailableError: It is not: nothing may leave.
            StoreUnavailableError: The database gave up.
        """
        tags: Sequence[bytes] = ()
        own: Sequence[bytes] = ()
        if sought.number is not None:
            known = citizen_number_text(sought.number)
            numbers = () if known is None else self.tagger.people(known)
            try:
                async with self.database.connection() as connection:
                    tags, own = await tags_about(connection, self.tagger, numbers)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as problem:
                raise StoreUnavailableError("The database did not answer the look-up.") from problem
            tags = tags or (_NOBODY,)
        described = sought.described()
        about = {**who, "channel": CHANNEL, "outcome": "answered", "filter": described}
        about["forms"] = list(sought.forms)
        await recorded(self.journal, EntryKind.LOOKUP, about, own, ["AccessEntry"])
        wanted = Filter(
            tags=tags, department=sought.department, since=sought.since, until=sought.until
        )
        return Wanted(wanted, described, sought.forms)

    async def files(self, wanted: Wanted) -> AsyncGenerator[NamedFile, None]:
        """Go through the files, the manifest last.

        Raises:
            StoreUnavailableError: The log cannot be read: what was made is no export.
        """
        try:
            async with (
                self.database.connection() as connection,
                snapshot(connection),
                self.side.snapshot(connection) as there,
            ):

                async def policy(digest: str) -> str | None:
                    return await policy_then(connection, digest)

                made = selection_files(there, wanted, self.signer, policy, self.clock())
                async with aclosing(made) as files:
                    async for each in files:
                        yield each
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, LogError) as problem:
            raise StoreUnavailableError("The log cannot be read just now.") from problem

    async def sealing(self, forms: Sequence[str], who: Mapping[str, object]) -> Sealing:
        """Return what a whole export is sealed with, once it is on record.

        Raises:
            AuditUnavailableError: It is not: nothing may leave.
            StoreUnavailableError: The database gave up.
        """
        sought = Sought(forms=forms)
        await self.begin(sought, who)
        async with self.database.connection() as connection:
            policies = await policies_kept(connection)
        return Sealing(self.signer, self.clock(), policies, forms)
