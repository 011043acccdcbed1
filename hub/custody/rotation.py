"""A department's key is rotated: a new version seals at once, every data key is wrapped anew.

Values are not touched, so readers and writers go on: what is under the old version opens until that
is retired. A rotation that was stopped is gone on with by asking for it again; nothing is done
twice.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from asyncpg import Record

from audit.entry import EntryKind
from hub.errors import RefusedError
from hub.sealing.datakeys import DataKeys
from hub.sealing.keyring import Key, KeyKind, Keyring, KeyStatus
from hub.sealing.suites import Suite
from hub.store.data_keys import counts, not_under, refuse_below, store
from hub.store.database import Database
from hub.store.journal import Journal, recorded
from hub.store.sources import nobody_writes

BATCH: Final = 2_000
"""Data keys of one transaction: about a fifth of a second, in which nothing is taken in."""
Told = Callable[[int, int], None]
"""Hears how many data keys are done, and of how many."""


class KeyInUseError(RefusedError):
    """A key cannot be retired while something is still under it."""

    code = "KEY_IN_USE"


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did."""

    key: Key
    """The version that seals now."""
    is_new: bool
    """Whether it was made now; if not, a rotation that had been stopped was gone on with."""
    wrapped: int
    """How many data keys were wrapped anew."""
    other: int
    """How many stay as they are, because they are of another suite."""


@dataclass(frozen=True, slots=True)
class Custodian:
    """Changes department keys; `by` is who asked for it, as the log names them."""

    database: Database
    keyring: Keyring
    log: Journal
    by: str

    async def rotate(
        self, department: str, today: date, told: Told, *, anew: bool, suite: Suite | None = None
    ) -> Rotated:
        """Give a department a new key, and wrap its data keys by it.

        Where some are still under an older version, that rotation is gone on with first, and no
        other begun; `anew` begins another one all the same, and so does a `suite` that is not the
        one the department has. What is sealed in another suite stays, and opens, under its key.

        Raises:
            KeysUnavailableError: The department has no key; `hub migrate` makes it.
            SetupError: The suite cannot be used on this machine; nothing was changed.
            SealBrokenError: A data key does not open; those before it are wrapped anew.
            AuditUnavailableError: It cannot be put on record, so it was not done.
        """
        current = self.keyring.primary(KeyKind.DEPARTMENT, department)
        chosen = current.suite if suite is None else suite
        is_new = anew or chosen is not current.suite or not await self._left(current)
        if is_new:
            with self.keyring.changing():
                # Nobody uses it before it is on record: what fails here leaves the file as it was.
                current = self.keyring.add(
                    KeyKind.DEPARTMENT, department, KeyStatus.PRIMARY, today.isoformat(), chosen
                )
                await self._recorded("rotate", current)
        wrapped = await self._wrap_all(current, told)
        return Rotated(current, is_new, wrapped, await self._other(current))

    async def retire(self, department: str, version: int) -> None:
        """Destroy one version of a department's key, which must wrap nothing any more.

        Raises:
            KeysUnavailableError: There is no such version.
            KeyInUseError: It is the primary one, or there are data keys under it or an older one.
            AuditUnavailableError: It cannot be put on record, so it was not done.
        """
        key = self.keyring.version(KeyKind.DEPARTMENT, department, version)
        if key.status is KeyStatus.PRIMARY:
            raise KeyInUseError(
                f"Version {version} of {department} is the one that seals; rotate it first."
            )
        async with self.database.transaction() as connection:
            left = await refuse_below(connection, department, version + 1)
            if left:
                raise KeyInUseError(
                    f"{left:,} data keys of {department} are under version {version} or an older "
                    f"one; run `hub keys rotate department --department {department}` first, and "
                    "`hub keys rotate data --suite-not-current` where they are of another suite."
                )
        with self.keyring.changing():
            for older in self.keyring.all():
                if (older.kind, older.owner) != (KeyKind.DEPARTMENT, department):
                    continue
                if older.version <= version and older.status is not KeyStatus.RETIRED:
                    self.keyring.put(replace(older, status=KeyStatus.RETIRED, secret=b""))
            await self._recorded("retire", key)

    async def _left(self, key: Key) -> int:
        """Return how many data keys of the key's suite are under other versions."""
        return sum(
            row["keys"]
            for row in await self._counts(key.owner)
            if row["suite"] == key.suite and row["key_version"] != key.version
        )

    async def _other(self, key: Key) -> int:
        """Return how many data keys of the department are of another suite than its key."""
        rows = await self._counts(key.owner)
        return sum(row["keys"] for row in rows if row["suite"] != key.suite)

    async def _counts(self, department: str) -> list[Record]:
        async with self.database.connection() as connection:
            return [row for row in await counts(connection) if row["department"] == department]

    async def _wrap_all(self, key: Key, told: Told) -> int:
        department = key.owner
        total, done = await self._left(key), 0
        keys = DataKeys(self.keyring, capacity=0)
        while True:
            async with self.database.transaction() as connection:
                await nobody_writes(connection)  # the keys' own trigger would, but too late
                places = await not_under(connection, department, key.version, key.suite, BATCH)
                anew = [
                    keys.rewrapped(
                        department, place["key_version"], place["wrapped"], place["commitment"]
                    )
                    for place in places
                ]
                if places:
                    await store(connection, department, places, anew)
            done += len(places)
            told(done, max(total, done))
            if len(places) < BATCH:
                return done

    async def _recorded(self, act: str, key: Key) -> None:
        about = {"act": act, "key": str(key.kind), "owner": key.owner, "version": key.version}
        about |= {"suite": key.suite.word}
        await recorded(self.log, EntryKind.KEY, {**about, "by": self.by, "outcome": "announced"})
