"""The entry by which the log knows of a batch: counts and whom it touches, before it is stored."""

from uuid import uuid4

from audit.entry import EntryKind
from hub.ingest.batch import Desk, Touched
from hub.ingest.report import IngestReport
from hub.sealing.tags import Tagger
from hub.store.cursors import Cursor
from hub.store.journal import Journal, recorded


async def announced(
    journal: Journal,
    tagger: Tagger,
    desk: Desk,
    after: Cursor | None,
    outcome: tuple[IngestReport, Touched],
) -> None:
    """Put a batch on record; a batch that then fails leaves only this announcement.

    Raises:
        AuditUnavailableError: The log does not take it; roll back.
    """
    report, touched = outcome
    position = after.position if after else None
    await recorded(
        journal,
        EntryKind.INGEST,
        {
            "department": desk.department,
            "batch": str(uuid4()),
            "cursor": tagger.content(desk.department, position or "").hex(),
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
        (tagger.subject(person.log_alias) for person in touched.people.values()),
        sorted(desk.mappings),
    )
