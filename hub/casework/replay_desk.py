"""The desk of replays: one person asks and says why, another one approves, the first runs it, once.

Every step is on record before it commits; the replay itself is an entry about whom the answer was
about, durable before anything of it is shown. An approval holds for half an hour.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import asyncpg

from audit.entry import CODE_BY_KIND, EPOCH, EntryKind
from audit.log import Receipt
from hub.access import Caller, has_number, is_opaque
from hub.casework.replay_errors import (
    InvalidReplayError,
    ReplayConflictError,
    SamePersonError,
    UnknownReplayError,
)
from hub.clock import Clock
from hub.errors import StoreUnavailableError
from hub.query.bind import day_of
from hub.query.disclosure import Disclosures
from hub.query.replay import Replayed, Replayer
from hub.store.database import Connection, Database
from hub.store.journal import Journal, recorded
from hub.store.log_side import IN_HUB, LogSide
from hub.store.replays import (
    HOLDS,
    ReplayRequest,
    State,
    ask,
    asked_entry,
    decide,
    forget_documents,
    forget_requests,
    locked_request,
    note_run,
    same_request,
)

MAX_REASON: Final = 1_000
CHANNEL: Final = "replay"
_ANSWER: Final = CODE_BY_KIND[EntryKind.ANSWER]


@dataclass(frozen=True, slots=True)
class Run:
    """A replay that was run, and the word that it is on record."""

    request: ReplayRequest
    replayed: Replayed
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class ReplayDesk:
    """Takes the steps of replays. Lives as long as the application."""

    database: Database
    journal: Journal
    replayer: Replayer
    disclosures: Disclosures
    clock: Clock
    side: LogSide = IN_HUB

    async def ask(self, index: int, reason: str, caller: Caller) -> ReplayRequest:
        """Return a new request, or the same one that waits still; it is on record and stored.

        Raises:
            InvalidReplayError: The reason is none, or has a person's number.
            UnknownReplayError: There is no such answer on the log.
            AuditUnavailableError: It is not on record; nothing was stored.
            StoreUnavailableError: Ask again; nothing is done twice.
        """
        reason, by, now = reason.strip(), _who(caller), self.clock()
        if not 0 < len(reason) <= MAX_REASON or has_number(reason) or "\x00" in reason:
            raise InvalidReplayError(
                f"A reason has 1 to {MAX_REASON} characters and no number of a person in it."
            )
        try:
            async with self.database.transaction() as connection:
                async with self.side.beside(connection) as there:
                    entry = await asked_entry(there, index)
                if entry is None or entry.kind != _ANSWER:
                    raise UnknownReplayError("There is no answer of this number on the log.")
                same = await same_request(connection, index, by, reason, now)
                if same is not None:
                    return same
                made = ReplayRequest(
                    uuid4(), index, reason, by, now, None, None, None, None, None, ()
                )
                await self._record("ask", made, caller)
                await ask(connection, made)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            raise _unstored() from problem
        return made

    async def decide(self, id_: UUID, caller: Caller, *, is_approved: bool) -> ReplayRequest:
        """Return the request once somebody else has approved or refused it; on record and stored.

        Raises:
            UnknownReplayError: There is none.
            SamePersonError: Who asked decides.
            ReplayConflictError: It was decided otherwise, or has lapsed.
            AuditUnavailableError: It is not on record; nothing was stored.
            StoreUnavailableError: Ask again; nothing is done twice.
        """
        by, now = _who(caller), self.clock()
        wanted = State.APPROVED if is_approved else State.REFUSED
        try:
            async with self.database.transaction() as connection:
                found = await _request(connection, id_)
                if by == found.asked_by:
                    raise SamePersonError("Who asked for a replay cannot decide about it.")
                state = found.state(now)
                if state is wanted and found.decided_by == by:
                    return found
                if state is not State.ASKED:
                    raise ReplayConflictError(f"The request is {state}, not asked.")
                until = now + HOLDS if is_approved else None
                await self._record("approve" if is_approved else "refuse", found, caller)
                await decide(connection, id_, by, now, is_approved=is_approved)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            raise _unstored() from problem
        return replace(found, decided_by=by, decided_at=now, expires_at=until)

    async def run(self, id_: UUID, caller: Caller) -> Run:
        """Return what the answer shows when it is asked again; it is on record before.

        Raises:
            UnknownReplayError: There is no such request.
            SamePersonError: Another one asked for it.
            ReplayConflictError: It is not approved, was run, or the approval has lapsed.
            AuditUnavailableError: It is not on record; nothing may be shown.
            StoreUnavailableError: Nobody knows whether it counts as run; nothing may be shown.
        """
        by, now = _who(caller), self.clock()
        try:
            async with self.database.transaction() as connection:
                found = await _request(connection, id_)
                if by != found.asked_by:
                    raise SamePersonError("Only who asked for a replay runs it.")
                state = found.state(now)
                if state is not State.APPROVED:
                    raise ReplayConflictError(f"The request is {state}, not approved.")
                replayed = await self.replayer.replayed(connection, found.index)
                receipt = await self._shown(found, replayed, caller, now)
                await note_run(connection, id_, now, str(replayed.verdict), replayed.why)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            raise _unstored() from problem
        verdict, why = str(replayed.verdict), replayed.why
        return Run(replace(found, ran_at=now, verdict=verdict, why=why), replayed, receipt)

    async def forget(self, before: datetime, by: str, agreed: str) -> int:
        """Destroy what is kept of requests before a moment; return of how many entries.

        A document that was asked today stays: processes remember that it is kept.

        Raises:
            SamePersonError: One person alone wants it.
            AuditUnavailableError: It is not on record; nothing was destroyed.
        """
        if by == agreed or not is_opaque(by) or not is_opaque(agreed):
            raise SamePersonError("Two people destroy what was asked: name both, by opaque ids.")
        try:
            async with self.database.transaction() as connection:
                about = {"act": "forget-requests", "by": by, "agreed": agreed,
                         "before": before.isoformat(), "outcome": "announced"}  # fmt: skip
                await recorded(self.journal, EntryKind.KEY, about)
                day = day_of(min(before, self.clock()))
                await forget_documents(connection, day)
                # Last: where the log is elsewhere it is done at once, and again if this ends early.
                async with self.side.beside(connection) as there:
                    return await forget_requests(there, before)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            raise _unstored() from problem

    async def _shown(
        self, request: ReplayRequest, replayed: Replayed, caller: Caller, now: datetime
    ) -> Receipt:
        told: dict[str, object] = {
            **_about(caller),
            "at": (now - EPOCH) // timedelta(milliseconds=1),
            "channel": CHANNEL,
            "replay": str(request.id),
            "of": request.index,
            "verdict": str(replayed.verdict),
            "outcome": "answered",
        }
        if replayed.shown is None:
            return await recorded(self.journal, EntryKind.LOOKUP, told)
        return await self.disclosures.replayed(told, *replayed.shown)

    async def _record(self, step: str, request: ReplayRequest, caller: Caller) -> None:
        about = {
            **_about(caller),
            "command": f"replay-{step}",
            "replay": str(request.id),
            "of": request.index,
            "outcome": "announced",
        }
        await recorded(self.journal, EntryKind.COMMAND, about)


def _who(caller: Caller) -> str:
    """Return who acts, as the token says: what a header says is nobody's word but the system's."""
    return caller.subject


def _about(caller: Caller) -> Mapping[str, object]:
    return {
        "department": caller.department,
        "role": caller.role,
        "purpose": caller.purpose,
        "client": caller.client_id,
        "actor": caller.actor,
    }


async def _request(connection: Connection, id_: UUID) -> ReplayRequest:
    found = await locked_request(connection, id_)
    if found is None:
        raise UnknownReplayError("There is no such request for a replay.")
    return found


def _unstored() -> StoreUnavailableError:
    return StoreUnavailableError("The step may not be stored; look, and do it again.")
