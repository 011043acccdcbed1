"""The front door: from a department's source to facts, scores and alerts, page by page.

    pull      the department's words, as they came
    prepare   our words, units and codes; tags of who and what it is
    gather    what the store knows about it
    judge     unchanged, out of scope, held in quarantine, stale, ended, or accepted
    batch     link to a person, seal, splice into what is known
    rescore   the households that it touches; their alerts
    record    what was taken in, before it is committed

One page is one transaction, and its cursor is stored with it: a crash repeats a page and never
skips one. Reading a page a second time changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Final
from uuid import UUID, uuid4

import asyncpg

from audit.entry import EntryKind
from connectors.department import Department
from connectors.protocol import Connector, Page
from connectors.shape import BEIJING
from hub.clock import Clock
from hub.errors import HubError
from hub.ingest.batch import INTAKE_CELL, Batch, Desk, Touched, intake_identity
from hub.ingest.judge import (
    Accepted,
    Ended,
    Held,
    OutOfScope,
    Stale,
    Unchanged,
    Verdict,
    held_unreadable,
    judge,
)
from hub.ingest.known import Known, gather
from hub.ingest.prepared import Prepared, PreparedUnreadable, prepare, prepare_unreadable
from hub.ingest.report import IngestFailedError, IngestReport, Progress
from hub.ingest.rescore import Rescorer, rescore_all
from hub.ingest.waiting import waiting_records
from hub.sealing.datakeys import DataKeys
from hub.sealing.tags import Tagger
from hub.store.database import Connection, Database
from hub.store.facts import Facts, known_now
from hub.store.journal import Journal, recorded
from hub.store.people import keys_of
from hub.store.sources import Cursor, analyse, move_cursor, read_cursor, scope_revision

_LOCK: Final = 0x48554232
"""Advisory lock that lets one batch in at a time."""
_ROUNDS: Final = 4
"""How often a source is read again because its own records widened the scope."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What is asked to come in: a page, and the cursors before and behind it."""

    page: Page
    before: Cursor
    after: Cursor | None
    """None for records that come from the quarantine: no cursor moves."""


class Ingest:
    """Takes in departments' records. Holds nothing between two calls; the store does."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        facts: Facts,
        keys: DataKeys,
        tagger: Tagger,
        rescorer: Rescorer,
        clock: Clock,
    ) -> None:
        """Take the ports; nothing is read yet."""
        self._database = database
        self._journal = journal
        self._facts = facts
        self._keys = keys
        self._tagger = tagger
        self._rescorer = rescorer
        self._clock = clock

    async def run(
        self, department: Department, connector: Connector, progress: Progress = lambda _: None
    ) -> IngestReport:
        """Return what became of everything that the source has and that was not read yet.

        Raises:
            SourceError: The source could not be read further; what was stored before stands.
            IngestFailedError: A batch failed; nothing of it is stored and the cursor stays.
        """
        desk = self.desk(department)
        report, began = IngestReport(department.name), perf_counter()
        for _ in range(_ROUNDS):
            start = await self._start(desk)
            before = start
            async for page in connector.pull(start.position):
                after = Cursor(page.cursor, start.scope_revision)
                report.add(await self.take_in(desk, Intake(page, before, after)))
                before = after
                if start.position is None and report.batches.bit_count() == 1:
                    await self._analyse()  # after 1, 2, 4, ... batches of a first reading
                progress(report)
            if start.position is None and report.accepted:
                # What a source does not say is known only once it was read to its end.
                await self._rescore_all(report)
            if await self._scope_revision(desk) == start.scope_revision:
                break
            report.rereads += 1
        report.seconds = perf_counter() - began
        return report

    async def replay(self, department: Department) -> IngestReport:
        """Return what became of the records that wait in quarantine, judged once more.

        Those that pass now are accepted and resolved; the others go on waiting.

        Raises:
            IngestFailedError: A batch failed; nothing of it is stored.
        """
        desk, report, last = self.desk(department), IngestReport(department.name), UUID(int=0)
        while True:
            async with self._database.connection() as connection:
                records, behind = await waiting_records(
                    connection, self._keys, desk.department, last
                )
            if behind is None:
                return report
            page = Page(records, (), "")
            report.add(await self.take_in(desk, Intake(page, Cursor(None, 0), None)))
            last = behind

    def desk(self, department: Department) -> Desk:
        """Return what the department's batches are worked with."""
        return Desk(
            department.name, department.mappings, self._facts, self._keys, self._tagger.version
        )

    async def take_in(self, desk: Desk, intake: Intake) -> IngestReport:
        """Return what became of one page; on return it is stored whole, with its cursor.

        Raises:
            IngestFailedError: Nothing of it is stored.
        """
        page = intake.page
        today = self._clock().astimezone(BEIJING).date()
        try:
            records = prepare(page.records, desk.mappings, self._tagger, today)
            pieces = prepare_unreadable(page.unreadable, self._tagger)
            async with self._database.transaction() as connection:
                await self._alone(connection, desk, intake.before)
                report = await self._store(connection, desk, records, pieces, intake.after)
        except (HubError, asyncpg.PostgresError, asyncpg.InterfaceError, KeyError) as problem:
            place = f"the page behind {_place(intake.before)}"
            why = str(problem) if isinstance(problem, HubError) else type(problem).__name__
            raise IngestFailedError(desk.department, place, why) from problem
        return report

    async def _store(
        self,
        connection: Connection,
        desk: Desk,
        records: Sequence[Prepared],
        pieces: Sequence[PreparedUnreadable],
        after: Cursor | None,
    ) -> IngestReport:
        batch = (records, pieces)
        known = await gather(connection, self._facts, self._keys, desk.department, batch)
        report = IngestReport(desk.department, read=len(records) + len(pieces), batches=1)
        touched = Touched()
        verdicts = _judged(records, pieces, known, desk)
        if _is_quiet(verdicts):
            for verdict in verdicts:
                _count(report, verdict)
        else:
            touched = await self._change(connection, desk, records, pieces, (known, report))
        if after is not None:
            await move_cursor(connection, desk.department, after, self._clock())
        await self._record(desk, report, touched, after)
        return report

    async def _change(
        self,
        connection: Connection,
        desk: Desk,
        records: Sequence[Prepared],
        pieces: Sequence[PreparedUnreadable],
        state: tuple[Known, IngestReport],
    ) -> Touched:
        known, report = state
        at = await known_now(connection)
        batch = Batch(desk, known, at, await self._intake_key(connection, desk))
        for prepared in records:
            verdict = judge(prepared, known, from_register=desk.is_register)
            _count(report, verdict)
            _apply(batch, prepared, verdict)
        for piece in pieces:
            held = held_unreadable(piece.piece, piece.key_tag, piece.content_tag, known)
            _count(report, held)
            if isinstance(held, Held):
                batch.hold(piece, held)
        await batch.write(connection)
        touched = batch.touched
        homes = await self._rescorer.of_people(connection, touched.people.values())
        rescored = await self._rescorer.rescore(
            connection, homes | touched.households, at, frozenset(touched.corrected)
        )
        report.people, report.resolved = touched.new_people, touched.resolved
        report.households = rescored.households
        report.alerts.update(rescored.alerts)
        return touched

    async def _start(self, desk: Desk) -> Cursor:
        """Return where to read from: the beginning again, if the scope has grown since."""
        async with self._database.transaction() as connection:
            cursor = await read_cursor(connection, desk.department, self._clock())
            revision = await scope_revision(connection, with_members=not desk.is_register)
        is_current = cursor.position is None or cursor.scope_revision == revision
        return Cursor(cursor.position if is_current else None, revision)

    async def _scope_revision(self, desk: Desk) -> int:
        async with self._database.connection() as connection:
            return await scope_revision(connection, with_members=not desk.is_register)

    async def _alone(self, connection: Connection, desk: Desk, before: Cursor) -> None:
        """Wait for other batches, and check that none of them has moved this cursor."""
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        stored = await read_cursor(connection, desk.department, self._clock())
        if before.position is not None and stored.position != before.position:
            raise IngestFailedError(desk.department, "cursor", "another ingest has moved it")

    async def _intake_key(self, connection: Connection, desk: Desk) -> bytes | None:
        owner: UUID = intake_identity(desk.department)
        found = await keys_of(connection, self._keys, desk.department, [INTAKE_CELL], [owner])
        return found.get(owner)

    async def _rescore_all(self, report: IngestReport) -> None:
        rescored = await rescore_all(self._database, self._rescorer)
        report.alerts.update(rescored.alerts)

    async def _analyse(self) -> None:
        """Let the planner know how the tables have grown; new tables have no statistics."""
        async with self._database.connection() as connection:
            await analyse(connection, [dataset.name for dataset in self._facts.catalogue])

    async def _record(
        self, desk: Desk, report: IngestReport, touched: Touched, after: Cursor | None
    ) -> None:
        """Announce the batch in the log, before it is committed."""
        aliases = [person.log_alias for person in touched.people.values()]
        await recorded(
            self._journal,
            EntryKind.INGEST,
            {
                "department": desk.department,
                "batch": str(uuid4()),
                "cursor": self._tagger.content(
                    desk.department, (after and after.position) or ""
                ).hex(),
                "datasets": sorted(desk.mappings),
                "read": report.read,
                "accepted": report.accepted,
                "unchanged": report.unchanged,
                "stale": report.stale,
                "ended": report.ended,
                "out_of_scope": report.out_of_scope,
                "quarantined": dict(report.quarantined),
                "outcome": "announced",
            },
            map(self._tagger.subject, aliases),
            sorted(desk.mappings),
        )


def _place(cursor: Cursor) -> str:
    return "the beginning" if cursor.position is None else "the stored cursor"


def _judged(
    records: Sequence[Prepared], pieces: Sequence[PreparedUnreadable], known: Known, desk: Desk
) -> list[Verdict]:
    verdicts = [judge(r, known, from_register=desk.is_register) for r in records]
    return verdicts + [held_unreadable(p.piece, p.key_tag, p.content_tag, known) for p in pieces]


def _is_quiet(verdicts: Sequence[Verdict]) -> bool:
    """Whether nothing is to be stored: all was seen before, or is nobody's in scope."""
    return all(
        isinstance(verdict, Unchanged | OutOfScope)
        or (isinstance(verdict, Held) and not verdict.is_new)
        for verdict in verdicts
    )


def _count(report: IngestReport, verdict: Verdict) -> None:
    match verdict:
        case Unchanged():
            report.unchanged += 1
        case OutOfScope():
            report.out_of_scope += 1
        case Held(codes=codes):
            report.quarantined.update(codes)
        case Stale():
            report.stale += 1
        case Ended():
            report.ended += 1
        case Accepted():
            report.accepted += 1


def _apply(batch: Batch, prepared: Prepared, verdict: Verdict) -> None:
    match verdict:
        case Unchanged() | OutOfScope():
            pass
        case Held():
            batch.hold(prepared, verdict)
        case Stale():
            batch.keep_stale(prepared, verdict)
        case Ended():
            batch.end(prepared, verdict)
        case Accepted():
            batch.accept(prepared, verdict)
