"""Data keys are replaced: each identity gets a new one, and what the old one sealed is sealed anew.

A department's data keys follow its key: suite and version are those of its primary one. People go
on asking and departments go on sending meanwhile; what is taken in or decided waits for a batch.
Who stops loses the batch at hand, and run again it goes on: the rows say which keys are due.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.entry import EntryKind
from hub.errors import RefusedError, SealBrokenError
from hub.sealing.datakeys import DataKeys
from hub.sealing.keyring import KeyKind, Keyring
from hub.sealing.tags import Tagger
from hub.store.database import Database
from hub.store.journal import Journal, recorded
from hub.store.resealing import (
    BEFORE_ALL,
    Done,
    Place,
    Resealing,
    Wanted,
    begin_renewal,
    count_due,
    days_ago,
    end_renewal,
)
from hub.store.shredding import Place as PersonsPlace
from hub.store.shredding import place_of
from schema.catalogue import Catalogue

KEYS: Final = 500
"""Data keys of one transaction at most."""
VALUES: Final = 4_000
"""Values of one transaction, about: some tenths of a second, in which nothing is taken in."""
_FIRST: Final = 50
Told = Callable[[int, int], None]
"""Hears how many data keys are done, and of how many."""


class NobodyError(RefusedError):
    """There is no person whose data keys could be replaced."""

    code = "NOBODY"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which data keys are replaced; without any restriction all, those of an intake too."""

    person: UUID | None = None
    older_than_days: int | None = None
    suite_not_current: bool = False
    anew: bool = False
    """Whether to begin with all once more where that was begun and not finished."""

    @property
    def is_all(self) -> bool:
        """Whether nothing restricts it."""
        return self.person is None and self.older_than_days is None and not self.suite_not_current


@dataclass(frozen=True, slots=True)
class Resealed:
    """What was done for one department."""

    department: str
    is_new: bool
    """Whether it was begun now; if not, one that had been stopped was gone on with."""
    keys: int
    values: int
    broken: int
    """How many data keys stay, because something under them does not open."""


@dataclass(slots=True)
class _Far:
    """How far it is with one department."""

    total: int
    told: Told
    keys: int = 0
    values: int = 0
    broken: int = 0

    def add(self, done: Done) -> None:
        self.keys += done.keys
        self.values += done.values
        self.told(self.keys, max(self.total, self.keys))


@dataclass(frozen=True, slots=True)
class Renewer:
    """Replaces data keys; `by` is who asked for it, as the log names them."""

    database: Database
    catalogue: Catalogue
    keyring: Keyring
    tagger: Tagger
    log: Journal
    by: str

    async def renew(self, department: str, choice: Choice, told: Told) -> Resealed:
        """Replace the data keys of a department that are chosen, and seal what is under them anew.

        An identity under whose key something does not open keeps that key, and is counted.

        Raises:
            NobodyError: There is no such person.
            KeysUnavailableError: The department has no key, or not one that wraps a data key.
            AuditUnavailableError: It cannot be put on record, so it was not done.
            StoreUnavailableError: The database broke; run it again to go on.
        """
        current = self.keyring.primary(KeyKind.DEPARTMENT, department)
        wanted, alias = Wanted(department), None
        if choice.suite_not_current:
            wanted = replace(wanted, not_of_suite=int(current.suite))
        if choice.older_than_days is not None:
            wanted = replace(wanted, made_before=await self._ago(choice.older_than_days))
        if choice.person is not None:
            place = await self._place(choice.person)
            wanted, alias = replace(wanted, of=(place.cell, place.identities)), place.log_alias
        is_new = True
        if choice.is_all:
            wanted, is_new = await self._begun(wanted, anew=choice.anew)
        async with self.database.connection() as connection:
            far = _Far(await count_due(connection, wanted), told)
        if far.total and not choice.is_all:
            await self._recorded(department, alias)
        if far.total:
            await self._all(wanted, far)
        if choice.is_all and not far.broken:
            async with self.database.transaction() as connection:
                await end_renewal(connection, department)
        return Resealed(department, is_new, far.keys, far.values, far.broken)

    async def _all(self, wanted: Wanted, far: _Far) -> None:
        resealing = Resealing(self.catalogue, DataKeys(self.keyring, capacity=0))
        if wanted.of is None:
            await self._intake(resealing, wanted, far)
        after: Place | None = BEFORE_ALL
        limit = min(_FIRST, KEYS)
        while after is not None:
            behind = after
            try:
                async with self.database.transaction() as connection:
                    done, after = await resealing.next(connection, wanted, behind, limit)
            except SealBrokenError:
                if wanted.of is not None:
                    raise
                if limit > 1:
                    limit = 1  # until the one that does not open is found
                    continue
                async with self.database.connection() as connection:
                    after = await resealing.skipped(connection, wanted, behind)
                far.broken += 1
            else:
                far.add(done)
                limit = max(1, min(KEYS, 2 * limit, limit * VALUES // max(1, done.values)))

    async def _intake(self, resealing: Resealing, wanted: Wanted, far: _Far) -> None:
        try:
            async with self.database.transaction() as connection:
                done = await resealing.intake(connection, wanted)
        except SealBrokenError:
            far.broken += 1
        else:
            far.add(done)

    async def _begun(self, wanted: Wanted, *, anew: bool) -> tuple[Wanted, bool]:
        async with self.database.transaction() as connection:
            before, is_new = await begin_renewal(connection, wanted.department, anew=anew)
            if is_new:
                await self._recorded(wanted.department)
        return replace(wanted, made_before=before), is_new

    async def _ago(self, days: int) -> datetime:
        async with self.database.connection() as connection:
            return await days_ago(connection, days)

    async def _place(self, person: UUID) -> PersonsPlace:
        async with self.database.transaction() as connection:
            place = await place_of(connection, person)
        if place is None:
            raise NobodyError("There is no person of this id; nothing was changed.")
        return place

    async def _recorded(self, department: str, alias: bytes | None = None) -> None:
        about = {"act": "rotate", "key": "data", "owner": department, "by": self.by}
        subjects = [] if alias is None else [self.tagger.subject(alias)]
        fields = ["Person.id"] if subjects else []
        about |= {"outcome": "announced"}
        await recorded(self.log, EntryKind.KEY, about, subjects, fields)
