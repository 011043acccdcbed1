"""The key of replays is changed: a new version seals at once, the old one opens what it sealed.

What was asked is not sealed anew: it stands in a column that may be emptied and not changed. So an
old version stays until what it seals was forgotten (`hub audit replay forget`), and goes then.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from audit.entry import EntryKind
from hub.custody.rotation import KeyInUseError
from hub.sealing.keyring import HUB, LOOKED_S, Key, KeyKind, Keyring, KeyStatus
from hub.store.database import Database
from hub.store.journal import Journal, recorded
from hub.store.log_side import IN_HUB, LogSide
from hub.store.replays import sealed_under

HEARD_S: Final = 2 * LOOKED_S
"""By then no process seals under the version before any more."""


@dataclass(frozen=True, slots=True)
class ReplayCustodian:
    """Changes the key of replays; `by` is who asked for it, as the log names them."""

    database: Database
    keyring: Keyring
    log: Journal
    by: str
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    """Waits so many seconds."""
    side: LogSide = IN_HUB

    async def rotate(self, today: date) -> Key:
        """Return a new key, which seals from now on; processes hear of it within a second.

        Raises:
            AuditUnavailableError: It cannot be put on record, so it was not done.
        """
        with self.keyring.changing():
            made = self.keyring.add(KeyKind.REPLAY, HUB, KeyStatus.PRIMARY, today.isoformat())
            await self._recorded("rotate", made.version)
        return made

    async def retire(self, version: int) -> None:
        """Destroy a version and those before it, under which nothing may be sealed any more.

        From then on nobody can compare what entries of its time showed, either.

        Raises:
            KeysUnavailableError: There is no such version.
            KeyInUseError: It seals, or something is sealed under it or an older one.
            AuditUnavailableError: It cannot be put on record, so it was not done.
        """
        key = self.keyring.version(KeyKind.REPLAY, HUB, version)
        if key.status is KeyStatus.PRIMARY:
            raise KeyInUseError(
                f"Version {version} of the replay key is the one that seals; rotate it first."
            )
        await self.pause(HEARD_S)
        async with (
            self.database.connection() as connection,
            self.side.beside(connection) as there,
        ):
            left = await sealed_under(connection, there, version)
        if left.requests or left.documents:
            raise KeyInUseError(
                f"{left.requests:,} requests and {left.documents:,} documents are sealed under "
                f"version {version} of the replay key or an older one, the newest of "
                f"{left.newest}; `hub audit replay forget` destroys them once they need not be "
                "asked again."
            )
        with self.keyring.changing():
            for older in self.keyring.versions(KeyKind.REPLAY):
                if older.version <= version:
                    self.keyring.put(replace(older, status=KeyStatus.RETIRED, secret=b""))
            await self._recorded("retire", version)

    async def _recorded(self, act: str, version: int) -> None:
        about = {"act": act, "key": str(KeyKind.REPLAY), "owner": HUB, "version": version}
        await recorded(self.log, EntryKind.KEY, {**about, "by": self.by, "outcome": "announced"})
