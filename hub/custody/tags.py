"""The tag key is changed: announced, stored under, and at last the only one that is known.

A new version is announced first, long enough that every process looks things up by it before the
first tag is under it. From then on what is new is stored under it, and what is old is moved, in
batches, by whoever can open it (`hub.ingest.retag`); look-ups ask for both, in one statement. When
nothing is left under the old version it may be destroyed, and the database refuses whoever would
still store something under it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from typing import Final

from audit.entry import EntryKind
from hub.clock import Clock
from hub.custody.rotation import KeyInUseError
from hub.errors import SetupError
from hub.sealing.keyring import HUB, Key, KeyKind, Keyring, KeyStatus
from hub.sealing.signing import begins_at
from hub.sealing.suites import Suite
from hub.store.database import Database
from hub.store.journal import Journal, recorded
from hub.store.sources import nobody_writes
from hub.store.tags import drop_listed, left_under, refuse_tags_below

AHEAD: Final = timedelta(seconds=30)
"""How long a new version is announced: longer than a request takes."""
LEAST: Final = timedelta(seconds=5)
"""Processes look at the keyring once a second."""
_TOLD: Final = {
    "scope": "entries of the list of whom to keep",
    "assertion_seen": "assertions that could be sent again",
    "token_revoked": "revoked tokens",
    "person_session": "sessions of people",
}
"""What a table's tags are called in a refusal; the others are records."""


@dataclass(frozen=True, slots=True)
class TagCustodian:
    """Changes the tag key; `by` is who asked for it, as the log names them."""

    database: Database
    keyring: Keyring
    log: Journal
    clock: Clock
    by: str
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    """Waits so many seconds."""

    async def renew(
        self, ahead: timedelta | None, *, anew: bool, suite: Suite | None = None
    ) -> tuple[Key, bool]:
        """Return the version that is stored under from now on, and whether it was made now.

        One that is announced is waited for; where something is still under an older version, that
        rotation is gone on with, unless another one is wanted `anew`, or in another `suite` than
        the one that tags are made in.

        Raises:
            SetupError: `ahead` is too short for every process to hear of it, or the suite cannot be
                used on this machine.
            AuditUnavailableError: It cannot be put on record, so it was not done.
        """
        wait = AHEAD if ahead is None else ahead
        if wait < LEAST:
            raise SetupError(f"A key is announced for {LEAST.seconds} seconds at least.")
        self.keyring.look()
        versions = self.keyring.versions(KeyKind.TAG)
        announced = [key for key in versions if key.status is KeyStatus.ANNOUNCED]
        current = self.keyring.primary(KeyKind.TAG).suite
        chosen = current if suite is None else suite
        is_new = not announced and (anew or len(versions) == 1 or chosen is not current)
        if is_new:
            now = self.clock()
            with self.keyring.changing():
                made = self.keyring.add(
                    KeyKind.TAG, HUB, KeyStatus.ANNOUNCED, now.date().isoformat(), chosen
                )
                begins = (now + wait).astimezone(UTC).isoformat(timespec="seconds")
                announced = [self.keyring.put(replace(made, begins=begins))]
                await self._recorded("announce", made.version)
        for key in announced:
            left = begins_at(key) - self.clock()
            await self.pause(max(left.total_seconds(), 0.0))
            with self.keyring.changing():
                self.keyring.put(replace(key, status=KeyStatus.PRIMARY))
                await self._recorded("rotate", key.version)
        return self.keyring.primary(KeyKind.TAG), is_new

    async def retire(self, version: int, *, drop_listed_only: bool = False) -> int:
        """Destroy versions up to this one, under which nothing may be; return what was dropped.

        With `drop_listed_only`, numbers of the list of whom to keep that nothing else tells of are
        dropped from it; loading the list again adds them.

        Raises:
            KeysUnavailableError: There is no such version.
            KeyInUseError: It is stored under, or something is still under it.
            AuditUnavailableError: It cannot be put on record, so it was not done.
        """
        key = self.keyring.version(KeyKind.TAG, HUB, version)
        if key.status is not KeyStatus.DECRYPT_ONLY:
            raise KeyInUseError(
                f"Version {version} of the tag key is {key.status}; rotate it first."
            )
        async with self.database.transaction() as connection:
            await nobody_writes(connection)
            dropped = await drop_listed(connection, version + 1) if drop_listed_only else 0
            left = await left_under(connection, version + 1, self.clock())
            if any(left.values()):
                raise KeyInUseError(_refusal(version, left))
            await refuse_tags_below(connection, version + 1)
        with self.keyring.changing():
            for older in self.keyring.versions(KeyKind.TAG):
                if older.version <= version:
                    self.keyring.put(replace(older, status=KeyStatus.RETIRED, secret=b""))
            await self._recorded("retire", version)
        return dropped

    async def _recorded(self, act: str, version: int) -> None:
        about = {"act": act, "key": str(KeyKind.TAG), "owner": HUB, "version": version}
        await recorded(self.log, EntryKind.KEY, {**about, "by": self.by, "outcome": "announced"})


def refusal_of(left: dict[str, int]) -> str:
    """Return what is left, in words."""
    return ", ".join(
        f"{count:,} {_TOLD.get(table, f'tags of {table}')}"
        for table, count in left.items()
        if count
    )


def _refusal(version: int, left: dict[str, int]) -> str:
    told = f"Under version {version} of the tag key are still {refusal_of(left)}. "
    if any(count for table, count in left.items() if table not in _TOLD):
        return told + "Run `hub keys rotate tags` first."
    if left["scope"]:
        return told + (
            "Load the list again (`hub scope`) and rotate once more, or drop them by "
            "--drop-listed-only."
        )
    return told + "They end by themselves; ask again later."
