"""One reading of a source: where it begins, that nobody else moves its cursor, when it is whole."""

from dataclasses import dataclass, replace

from hub.clock import Clock
from hub.ingest.batch import Desk
from hub.ingest.prepared import Papers
from hub.ingest.report import IngestFailedError, IngestReport
from hub.store.cursors import Cursor, begin_reading, end_reading, read_cursor
from hub.store.database import Connection, Database
from hub.store.sources import GROWING, alone, analyse_grown, scope_revision
from hub.store.unscored import mark_newcomers


@dataclass(frozen=True, slots=True)
class Intake:
    """What is asked to come in: a page, and the cursors before and behind it."""

    papers: Papers
    before: Cursor | None = None
    after: Cursor | None = None
    """Both are None for records that come from the quarantine: no cursor moves."""

    @property
    def later(self) -> bool:
        """Whether its households wait for their score until the source's end is reached."""
        return self.after is not None and self.after.reading_from is not None

    @property
    def place(self) -> str:
        """Where the page is, as an error names it."""
        if self.before is None:
            return "records in quarantine"
        mark = "the beginning" if self.before.position is None else "the stored cursor"
        return f"the page behind {mark}"


class Reading:
    """A source read once to its end, or from where the last reading was broken off."""

    def __init__(self, database: Database, desk: Desk, clock: Clock, start: Cursor) -> None:
        """`start` is where the reading begins; `begun` finds it."""
        self._database = database
        self._desk = desk
        self._clock = clock
        self.start = start
        self.last = start
        """The cursor behind what is stored."""

    @classmethod
    async def begun(cls, database: Database, desk: Desk, clock: Clock) -> "Reading":
        """Return a reading that goes on behind the stored cursor.

        It begins again from the source's start if the scope has grown since; then, and at the
        first reading, the cursor is marked until the end is reached. A reading that broke off is
        first brought to its end: `is_outgrown` says whether another must follow.
        """
        async with database.transaction() as connection:
            stored = await read_cursor(connection, desk.keys, desk.department, clock())
            revision = await scope_revision(connection, with_members=desk.tells_of_the_known)
            is_outgrown = stored.scope_revision != revision and stored.reading_from is None
            if stored.position is None or is_outgrown:
                began = await begin_reading(connection, desk.department)
                stored = Cursor(None, revision, began)
        return cls(database, desk, clock, stored)

    @property
    def is_from_start(self) -> bool:
        """Whether the source is being read from its start, in this run or one before."""
        return self.start.reading_from is not None

    def intake(self, papers: Papers) -> Intake:
        """Return the next page with the cursors before and behind it."""
        return Intake(papers, self.last, replace(self.start, position=papers.cursor))

    async def stored(self, papers: Papers, done: IngestReport) -> None:
        """Note that a page is stored. New tables have no statistics: gather them as they grow."""
        self.last = replace(self.start, position=papers.cursor)
        if self.is_from_start and done.accepted:
            async with self._database.connection() as connection:
                await analyse_grown(connection, [*GROWING, *self._desk.mappings])

    async def ended(self) -> None:
        """Mark that the source's end is reached: from now on it is known what it does not say.

        Who became known since the reading before waits for a score with that in it. A register's
        silence about who there is says nothing: people become known by it.

        Raises:
            IngestFailedError: Another ingest has moved the cursor; nothing is marked.
        """
        if not self.is_from_start:
            return
        async with self._database.transaction() as connection:
            await check_alone(connection, self._desk, self.last, self._clock)
            covered = await end_reading(connection, self._desk.department)
            if self.last.position is not None and self._desk.tells_of_the_known:
                await mark_newcomers(connection, covered)

    async def is_outgrown(self) -> bool:
        """Whether the scope has grown since the reading began."""
        async with self._database.connection() as connection:
            revision = await scope_revision(connection, with_members=self._desk.tells_of_the_known)
        return revision != self.start.scope_revision


async def check_alone(
    connection: Connection, desk: Desk, before: Cursor | None, clock: Clock
) -> None:
    """Wait for other batches, and check that none of them has moved this cursor.

    Raises:
        IngestFailedError: One has.
    """
    await alone(connection)
    if before is None or before.position is None:
        return
    stored = await read_cursor(connection, desk.keys, desk.department, clock())
    if stored.position != before.position:
        raise IngestFailedError(desk.department, "cursor", "another ingest has moved it")
