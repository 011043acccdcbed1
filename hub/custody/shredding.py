"""A person is destroyed: nothing of theirs opens or is found any more, and the log still verifies.

The keys of all their identities go, with the records under them, the tags by which they were found,
and the links that made them one person. Who looked at their data stays on the log for its legal
time, under an alias; when that is over the alias is destroyed too (`forget`). What backups and the
write-ahead log of the database still hold opens as long as they and the keys of their time exist.

Two people want it: it cannot be undone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from audit.entry import EntryKind
from hub.errors import RefusedError
from hub.sealing.tags import Tagger
from hub.store.database import Database
from hub.store.journal import Journal, recorded
from hub.store.shredding import (
    destroy,
    forget_before,
    kept_by,
    lift_hold,
    note_shredding,
    place_hold,
    place_of,
)
from schema.catalogue import Catalogue
from scoring.credit.states import NEXT
from scoring.score import CHINA

KEPT_YEARS: Final = 3
"""How long access records are kept at least (网络数据安全管理条例 第12条); so is the alias."""
_ENDED: Final = tuple(state.value for state, following in NEXT.items() if not following)


class ShredRefusedError(RefusedError):
    """A person cannot be destroyed; the message says what keeps them."""

    code = "SHRED_REFUSED"


@dataclass(frozen=True, slots=True)
class Shredded:
    """What was destroyed."""

    identities: int
    data_keys: int


@dataclass(frozen=True, slots=True)
class Shredder:
    """Destroys people, or keeps that from happening."""

    database: Database
    catalogue: Catalogue
    tagger: Tagger
    log: Journal

    async def shred(
        self, person_id: UUID, at: datetime, *, by: str, agreed: str, why: str
    ) -> Shredded:
        """Destroy a person; on return it is done and on record.

        Raises:
            ShredRefusedError: There is no such person, something keeps them, or one person alone
                wants it; nothing was changed.
            AuditUnavailableError: It cannot be put on record; nothing was changed.
            StoreUnavailableError: Ask again; nothing is done by halves.
        """
        if by == agreed:
            raise ShredRefusedError("Two people destroy a person: --by and --agreed differ.")
        async with self.database.transaction() as connection:
            place = await place_of(connection, person_id)
            if place is None:
                raise ShredRefusedError("There is no person of this id; nothing was changed.")
            if reasons := await kept_by(connection, place, at.astimezone(CHINA).date(), _ENDED):
                raise ShredRefusedError(
                    f"The person is kept by: {', '.join(reasons)}. End that first; nothing was "
                    "changed."
                )
            keys = await destroy(connection, self.catalogue, place)
            await note_shredding(connection, place, at, by, agreed, why)
            subject = self.tagger.subject(place.log_alias)
            about = {"act": "shred", "identities": len(place.identities), "keys": keys}
            await recorded(
                self.log,
                EntryKind.KEY,
                {**about, "by": by, "agreed": agreed, "why": why, "outcome": "announced"},
                [subject],
                ["Person.id"],
            )
        return Shredded(len(place.identities), keys)

    async def hold(self, person_id: UUID, at: datetime, *, by: str, why: str) -> None:
        """Let nobody destroy a person, until it is lifted.

        Raises:
            ShredRefusedError: There is no such person.
            AuditUnavailableError: It cannot be put on record; nothing was changed.
        """
        async with self.database.transaction() as connection:
            place = await place_of(connection, person_id)
            if place is None:
                raise ShredRefusedError("There is no person of this id; nothing was changed.")
            await place_hold(connection, person_id, at, by, why)
            await self._recorded("hold", place.log_alias, by, why)

    async def lift(self, person_id: UUID, at: datetime, *, by: str, why: str) -> None:
        """Lift what `hold` placed.

        Raises:
            ShredRefusedError: There is no such person, or no hold on them.
            AuditUnavailableError: It cannot be put on record; nothing was changed.
        """
        async with self.database.transaction() as connection:
            place = await place_of(connection, person_id)
            if place is None or not await lift_hold(connection, person_id, at, by):
                raise ShredRefusedError("There is no hold on a person of this id.")
            await self._recorded("lift", place.log_alias, by, why)

    async def forget(self, at: datetime, *, by: str, years: int = KEPT_YEARS) -> int:
        """Destroy the log aliases of those who were destroyed so long ago; return how many.

        From then on nobody can tell whose accesses those were. The log itself is not changed.

        Raises:
            AuditUnavailableError: It cannot be put on record; nothing was changed.
        """
        before = at - timedelta(days=366 * years)
        async with self.database.transaction() as connection:
            count = await forget_before(connection, before, at)
            if count:
                about = {"act": "forget", "people": count, "by": by, "outcome": "announced"}
                await recorded(self.log, EntryKind.KEY, about)
        return count

    async def _recorded(self, act: str, alias: bytes, by: str, why: str) -> None:
        about = {"act": act, "by": by, "why": why, "outcome": "announced"}
        await recorded(self.log, EntryKind.KEY, about, [self.tagger.subject(alias)], ["Person.id"])
