"""Who is kept: loads civil affairs' own list into the scope, as keyed tags.

A wrong row costs that row; it is reported by its place. Only tags are stored, never numbers.
"""

from dataclasses import dataclass
from pathlib import Path

from audit.entry import EntryKind
from connectors.monitoring_list import MonitoringList, read_monitoring_list
from connectors.protocol import Unreadable
from hub.sealing.tags import Tagger, TagKey
from hub.store.database import Database
from hub.store.journal import Journal, recorded
from hub.store.sources import add_to_scope, alone, scope_revision
from hub.store.tags import move_known


@dataclass(frozen=True, slots=True)
class ScopeReport:
    """What a list did: good rows, tags that are new, rows that were not taken."""

    rows: int
    added: int
    unreadable: tuple[Unreadable, ...]


async def load_scope(
    database: Database, journal: Journal, tagger: Tagger, path: Path
) -> ScopeReport:
    """Return what the list at `path` added; on return it is stored.

    Loading a list again adds nothing. People are never dropped here: that is a decision.

    Raises:
        SourceError: The list cannot be read, or has another form than agreed.
        AuditUnavailableError: It could not be put on record; nothing is stored.
    """
    found = await read_monitoring_list(path)
    async with database.transaction() as connection:
        await alone(connection)
        live = tagger.looked()
        now, *others = (_tags_of(found, tag) for tag in live)
        for former in others:
            pairs = zip((*former[0], *former[1]), (*now[0], *now[1]), strict=True)
            await move_known(connection, dict(pairs), live[0].version, ())
        revision = await scope_revision(connection, with_members=True) + 1
        added = 0
        for kind, tags in zip(("citizen", "household"), now, strict=True):
            added += await add_to_scope(connection, set(tags), (kind, revision, live[0].version))
        record = {
            "department": "civil-affairs",
            "list": "scope",
            "rows": len(found.listed),
            "added": added,
            "unreadable": len(found.unreadable),
            "outcome": "announced",
        }
        await recorded(journal, EntryKind.INGEST, record)
    return ScopeReport(len(found.listed), added, found.unreadable)


def _tags_of(found: MonitoringList, tag: TagKey) -> tuple[list[bytes], list[bytes]]:
    """Return the tags of the list's citizens and households, in its order."""
    return (
        [tag.person(entry.applicant) for entry in found.listed],
        [tag.household(entry.household_key) for entry in found.listed],
    )
