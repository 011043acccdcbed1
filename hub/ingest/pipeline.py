"""The front door: from a department's source to facts, scores and alerts, page by page.

    pull      the department's words, as they came
    prepare   our words, units and codes; tags of who and what it is
    gather    what the store knows about it
    judge     unchanged, out of scope, held in quarantine, stale, ended, or accepted
    batch     link to a person, seal, splice into what is known
    score     the households that it touches; their alerts
    announce  what was taken in, before it is committed

One page is one transaction, and its cursor is stored with it: a crash repeats a page and never
skips one. Reading a page a second time changes nothing. While a page is stored, the next one is
read and prepared. While a source is read from its start, households wait for their score until
its end.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from connectors.department import Department
from connectors.protocol import Connector, Page
from connectors.shape import BEIJING
from hub.clock import Clock
from hub.ingest.ahead import ahead
from hub.ingest.announcement import announced
from hub.ingest.batch import Batch, Desk, Touched
from hub.ingest.known import gather
from hub.ingest.prepared import Papers, prepared
from hub.ingest.reading import Intake, Reading, check_alone
from hub.ingest.report import IngestReport, Progress, failing
from hub.ingest.rescore import Rescored, Rescorer
from hub.ingest.scoring import score_touched, score_waiting
from hub.ingest.verdicts import carry_out, count, judged, quiet_verdicts
from hub.ingest.waiting import waiting_pages
from hub.sealing.datakeys import DataKeys
from hub.sealing.tags import Tagger
from hub.store.cursors import move_cursor
from hub.store.database import Connection, Database
from hub.store.facts import Facts, known_now
from hub.store.intake import IntakeKey, made_intake_key
from hub.store.journal import Journal

_ROUNDS: Final = 4
"""How often a source is read again because its own records widened the scope."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """Takes in departments' records. Holds nothing between two calls; the store does."""

    database: Database
    journal: Journal
    facts: Facts
    keys: DataKeys
    tagger: Tagger
    rescorer: Rescorer
    clock: Clock

    async def run(
        self,
        department: Department,
        connector: Connector,
        progress: Progress = lambda _: None,
        *,
        then_score: bool = True,
    ) -> IngestReport:
        """Return what became of everything that the source has and that was not read yet.

        Without `then_score`, households that wait go on waiting until `score_waiting`.

        Raises:
            SourceError: The source could not be read further; what was stored before stands.
            IngestFailedError: A batch failed; nothing of it is stored and the cursor stays.
        """
        desk, report, began = self._desk(department), IngestReport(department.name), perf_counter()
        for _ in range(_ROUNDS):
            reading = await Reading.begun(self.database, desk, self.clock)
            pages = self._prepared(desk, connector.pull(reading.last.position))
            async with aclosing(ahead(pages)) as upcoming:
                async for papers in upcoming:
                    done = await self.take_in(desk, reading.intake(papers))
                    await reading.stored(papers, done)
                    report.add(done)
                    progress(report)
            await reading.ended()
            if not await reading.is_outgrown():
                break
            report.rereads += 1
            report.quarantined.clear()  # read again from the start: what waits is counted anew
        if then_score:
            report.scored(await self.score_waiting())
        report.seconds = perf_counter() - began
        return report

    async def replay(self, department: Department) -> IngestReport:
        """Judge the records in quarantine once more: those that pass now are accepted.

        Raises:
            IngestFailedError: A batch failed; nothing of it is stored.
        """
        desk, report = self._desk(department), IngestReport(department.name)
        async for page in waiting_pages(self.database, self.keys, department.name):
            report.add(await self.take_in(desk, Intake(self._papers(desk, page))))
        return report

    async def score_waiting(self) -> Rescored:
        """Score the households that wait; raises IngestFailedError, and the rest go on waiting."""
        return await score_waiting(self.database, self.rescorer)

    def _desk(self, department: Department) -> Desk:
        return Desk(department.name, department.mappings, self.facts, self.keys)

    async def _prepared(
        self, desk: Desk, pages: AsyncIterator[Page]
    ) -> AsyncGenerator[Papers, None]:
        async for page in pages:
            yield self._papers(desk, page)

    def _papers(self, desk: Desk, page: Page) -> Papers:
        today = self.clock().astimezone(BEIJING).date()
        with failing(desk.department, "a page that was just read"):
            return prepared(page, desk.mappings, self.tagger, today)

    async def take_in(self, desk: Desk, intake: Intake) -> IngestReport:
        """Return what became of one page; on return it is stored whole, with its cursor.

        Raises:
            IngestFailedError: Nothing of it is stored.
        """
        with failing(desk.department, intake.place):
            async with self.database.transaction() as connection:
                await check_alone(connection, desk, intake.before, self.clock)
                key = await made_intake_key(connection, self.keys, desk.department)
                papers = self._under_living(desk, intake.papers)
                stored = await self._store(connection, desk, papers, key, later=intake.later)
                if intake.after is not None:
                    await move_cursor(connection, key, intake.after, self.clock())
                await announced(self.journal, self.tagger, desk, intake.after, stored)
        return stored[0]

    def _under_living(self, desk: Desk, papers: Papers) -> Papers:
        """Return a page with tags under the versions of now: it may have waited while they changed.

        Nobody else moves tags from here to the end of the transaction.
        """
        return papers if papers.live == self.tagger.looked() else self._papers(desk, papers.page)

    async def _store(
        self, connection: Connection, desk: Desk, papers: Papers, key: IntakeKey, *, later: bool
    ) -> tuple[IngestReport, Touched]:
        known = await gather(connection, self.facts, self.keys, desk.department, papers)
        report = IngestReport(desk.department, read=len(papers), batches=1)
        if (quiet := quiet_verdicts(papers, known, desk)) is not None:
            count(report, *quiet)
            return report, Touched()
        at = await known_now(connection)
        batch = Batch(desk, known, at, key)
        for paper, verdict in judged(papers, known, desk):
            count(report, verdict)
            carry_out(batch, paper, verdict)
        touched = await batch.write(connection)
        report.people, report.resolved = touched.new_people, touched.resolved
        report.scored(await score_touched(connection, self.rescorer, touched, at, later=later))
        return report, touched
