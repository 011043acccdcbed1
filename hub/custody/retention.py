"""The access log's entries go when their legal time is over, and not before; some are held.

What goes is on the log before it goes (`audit.pruning` has the steps and what a crash leaves). The
time is law as data: `audit/retention.toml`.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from audit.entry import EntryKind
from audit.errors import LogInconsistentError
from audit.pruning import Plan, drop_some, is_about_anybody, is_unfinished, planned, publish
from audit.retention import MAX_RANGES, PURGE, packaged_retention
from hub.clock import Clock
from hub.errors import RefusedError
from hub.sealing.keyring import KeyKind, Keyring
from hub.sealing.signing import begins_at, superseded
from hub.store.database import Database
from hub.store.holds import Hold, cited, counted, holds, place, release, twinned
from hub.store.journal import Journal, recorded
from hub.store.log_side import IN_HUB, LogSide
from scoring.score import CHINA

STRETCH: Final = 5_000
"""Entries that one transaction looks at."""
_SKEW: Final = timedelta(hours=1)
"""Clocks of machines differ a little, so an epoch's entries may be dated a little after its end."""
_OFFICE: Final = "civil-affairs"


class PurgeRefusedError(RefusedError):
    """Entries of the log must be kept for longer, or are held; the message says which."""

    code = "PURGE_REFUSED"


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge came to."""

    plan: Plan
    before: date
    entry: int | None
    """The entry that announced it; None where nothing was to be dropped."""
    dropped: int


@dataclass(frozen=True, slots=True)
class Keeper:
    """Drops what may go, and holds what must stay."""

    database: Database
    log: Journal
    clock: Clock
    has_twin: bool = False
    """Whether the SM3 twin must have seen an entry before it goes."""
    side: LogSide = IN_HUB

    def latest(self) -> date:
        """Return the day before which entries need not be kept today, by the law in force."""
        return packaged_retention().cut(self._today())

    async def plan(self, before: date | None = None) -> tuple[Plan, date]:
        """Return what a purge would drop, and the day before which all of that was recorded.

        Raises:
            PurgeRefusedError: Entries from before that day must still be kept.
        """
        cut = self.latest()
        day = cut if before is None else before
        if day > cut:
            years = packaged_retention().in_force(self._today()).years
            raise PurgeRefusedError(
                f"Entries are kept for {years} years: only what was recorded before "
                f"{cut.isoformat()} may be dropped."
            )
        moment = datetime.combine(day, time(), CHINA)
        async with self.database.connection() as connection:
            held = await cited(connection)
            seen = await counted(connection)
            async with self.side.beside(connection) as there:
                if self.has_twin:
                    seen = min(seen, await twinned(there))
                found = await planned(there, moment, held, at_most=seen)
        if len(found.kept) > MAX_RANGES:
            raise PurgeRefusedError(
                f"{len(found.kept):,} stretches are held, and a purge names {MAX_RANGES:,} at most."
            )
        return found, day

    async def purge(self, by: str, before: date | None = None) -> Purged:
        """Finish a purge that was cut short, then announce and do another, if anything may go.

        Raises:
            PurgeRefusedError: As `plan`; or somebody else prunes at this moment.
            AuditUnavailableError: It cannot be put on record, so nothing was dropped.
        """
        dropped = sum([count async for count in self._drop()])
        plan, day = await self.plan(before)
        if not plan.going:
            return Purged(plan, day, None, dropped)
        period = packaged_retention().in_force(self._today())
        content = {
            "act": PURGE,
            "at": _ms(self.clock()),
            "department": _OFFICE,
            "by": by,
            "minimum": plan.minimum,
            "former": plan.former,
            "before": day.isoformat(),
            "years": period.years,
            "reference": period.reference,
            "kept": plan.kept,
            "going": plan.going,
            "outcome": "announced",
        }
        receipt = await recorded(self.log, EntryKind.RETENTION, content)
        try:
            async with self.side.of(self.database).transaction() as connection:
                await publish(connection, plan.minimum, receipt.index)
        except LogInconsistentError:
            raise PurgeRefusedError("Somebody else prunes the log at this moment.") from None
        dropped += sum([count async for count in self._drop()])
        return Purged(plan, day, receipt.index, dropped)

    async def hold(self, start: int, stop: int, *, reason: str, by: str) -> Hold:
        """Hold entries from `start` up to `stop`, from now on and until somebody releases them.

        Raises:
            AuditUnavailableError: It cannot be put on record, so nothing is held.
        """
        now = self.clock()
        hold = Hold(secrets.token_hex(6), start, stop, reason, by, now)
        told = {"act": "hold", "hold": hold.id, "start": start, "stop": stop, "reason": reason}
        async with self.side.of(self.database).transaction() as connection:
            await place(connection, hold)
            await self._told(told, by, now)
        return hold

    async def release(self, hold: str, *, by: str) -> None:
        """Hold them no more; what may go goes with the next purge.

        Raises:
            PurgeRefusedError: Nothing is held under that id.
            AuditUnavailableError: It cannot be put on record, so they stay held.
        """
        now = self.clock()
        async with self.side.of(self.database).transaction() as connection:
            if not await release(connection, hold, by, now):
                raise PurgeRefusedError("There is no such hold, or it was released already.")
            await self._told({"act": "release", "hold": hold}, by, now)

    async def holds(self) -> list[Hold]:
        """Return what people hold."""
        async with self.side.of(self.database).connection() as connection:
            return await holds(connection)

    async def is_unfinished(self) -> bool:
        """Return whether a purge was cut short."""
        async with self.side.of(self.database).connection() as connection:
            return await is_unfinished(connection)

    async def unused_epochs(self, keyring: Keyring) -> list[int]:
        """Return the epochs of the log's subject key that no entry is under any more.

        Their keys may be destroyed: `hub keys retire --kind log-subject`.
        """
        now = self.clock()
        versions = keyring.versions(KeyKind.SUBJECT)
        found: list[int] = []
        async with self.side.of(self.database).connection() as connection:
            for version in sorted(key.version for key in superseded(versions, now) if key.secret):
                over = min(begins_at(key) for key in versions if key.version > version)
                if await is_about_anybody(connection, over + _SKEW):
                    break
                found.append(version)
        return found

    async def _drop(self) -> AsyncIterator[int]:
        while True:
            async with self.side.of(self.database).connection() as connection:
                dropped = await drop_some(connection, STRETCH)
            if dropped is None:
                return
            yield dropped
            await asyncio.sleep(0)  # whoever waits for a connection gets it

    async def _told(self, content: dict[str, object], by: str, at: datetime) -> None:
        more = {"at": _ms(at), "department": _OFFICE, "by": by, "outcome": "announced"}
        await recorded(self.log, EntryKind.RETENTION, content | more)

    def _today(self) -> date:
        return self.clock().astimezone(CHINA).date()


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
