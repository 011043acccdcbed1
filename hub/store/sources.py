"""What sources said: source records, quarantine, and the scope of whom is kept."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy.dialects import postgresql as pg

from hub.store.database import Connection

_LOCK: Final = 0x48554232
"""Advisory lock that lets one batch or list in at a time."""
_STORED: Final = """
SELECT key_tag, content_tag, source_record_id, source_time, cell, identity_id,
       known_to = 'infinity' AS open
FROM source_record WHERE dataset = any($1) AND key_tag = any($2::bytea[])
"""
_CLOSE: Final = """
UPDATE source_record SET known_to = $2 WHERE source_record_id = any($1::uuid[])
"""
_WAITING: Final = """
SELECT quarantine_id, key_tag, content_tag, reasons, resolved_at IS NOT NULL AS resolved
FROM quarantine WHERE dataset = any($1) AND key_tag = any($2::bytea[])
"""
_WHO_WAITS: Final = """
SELECT DISTINCT t.person_id FROM quarantine q JOIN person_tag t ON t.tag = q.person_tag
WHERE q.dataset = $1 AND q.resolved_at IS NULL AND t.person_id = any($2::uuid[])
"""
_RESOLVE: Final = """
UPDATE quarantine SET resolved_at = $2, resolution = $3 WHERE quarantine_id = any($1::uuid[])
"""
_IN_SCOPE: Final = "SELECT tag FROM scope WHERE tag = any($1::bytea[])"
_ADD_SCOPE: Final = """
INSERT INTO scope (tag, kind, revision, tag_version)
SELECT tag, $2, $3, $4 FROM unnest($1::bytea[]) AS tag
ON CONFLICT (tag) DO NOTHING
"""
_SCOPE_REVISION: Final = """
SELECT coalesce(max(revision), 0) FROM scope WHERE kind <> 'member' OR $1
"""

_GROWN: Final = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relname = any($1)
  AND pg_relation_size(oid) / current_setting('block_size')::int > 2 * relpages + 8
"""
"""Tables that have doubled since statistics were gathered; of few pages any plan is good."""

_QUOTED: Final = pg.dialect().identifier_preparer.quote  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
GROWING: Final = (
    *("person", "person_tag", "identity", "data_key", "link", "household", "household_place"),
    *("membership", "source_record", "quarantine", "scope", "unscored"),
)
"""Tables that grow as sources are read, beside those of datasets."""

SUPERSEDED: Final = "superseded"
"""Resolution of a quarantined record: a later or repaired version was accepted."""
REPLACED: Final = "replaced"
"""Resolution of a quarantined record: a later version is in quarantine instead."""


@dataclass(slots=True)
class StoredSource:
    """What is known of one source record; `contents` are the tags of all its versions.

    `source_time` is in the grain of its dataset until `hub.ingest.versions` has looked.
    """

    identity_id: UUID | None = None
    cell: str = ""
    source_record_id: UUID | None = None
    source_time: datetime | None = None
    contents: set[bytes] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One row of the quarantine."""

    quarantine_id: UUID
    content_tag: bytes = field(repr=False)
    reasons: str
    """Canonical JSON."""
    resolved: bool


async def alone(connection: Connection) -> None:
    """Wait until no other batch or list is coming in; the transaction's end lets the next one."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)


async def nobody_writes(connection: Connection) -> None:
    """Wait for whoever takes records in, scores or decides, and let nobody begin until the end.

    Who writes reads the keys that it seals under behind one of these locks; so they are not
    replaced between its reading and its commit.
    """
    await alone(connection)
    await connection.execute("select from known_time for update")


async def stored_sources(
    connection: Connection,
    datasets: Iterable[str],
    key_tags: Iterable[bytes],
    moves: Mapping[bytes, bytes] = MappingProxyType({}),
) -> dict[bytes, StoredSource]:
    """Return what is stored of each source record, by the tag of its key.

    `moves` has tags by what they are under other versions: a record is found under any.
    """
    found: dict[bytes, StoredSource] = defaultdict(StoredSource)
    for r in await connection.fetch(_STORED, sorted(set(datasets)), [*key_tags, *moves]):
        stored = found[moves.get(r["key_tag"], r["key_tag"])]
        stored.contents.add(moves.get(r["content_tag"], r["content_tag"]))
        if r["open"]:
            stored.identity_id, stored.cell = r["identity_id"], r["cell"]
            stored.source_record_id, stored.source_time = r["source_record_id"], r["source_time"]
    return dict(found)


async def close_sources(connection: Connection, ids: Sequence[UUID], known: datetime) -> None:
    """End the known time of source records that were superseded."""
    if ids:
        await connection.execute(_CLOSE, ids, known)


async def quarantined(
    connection: Connection,
    datasets: Iterable[str],
    key_tags: Iterable[bytes],
    moves: Mapping[bytes, bytes] = MappingProxyType({}),
) -> dict[bytes, list[Waiting]]:
    """Return every row of the quarantine, open or resolved, by the tag of the record's key."""
    found: dict[bytes, list[Waiting]] = defaultdict(list)
    for r in await connection.fetch(_WAITING, sorted(set(datasets)), [*key_tags, *moves]):
        content = moves.get(r["content_tag"], r["content_tag"])
        waiting = Waiting(r["quarantine_id"], content, r["reasons"], r["resolved"])
        found[moves.get(r["key_tag"], r["key_tag"])].append(waiting)
    return found


async def resolve(
    connection: Connection, ids: Sequence[UUID], known: datetime, resolution: str
) -> None:
    """Close rows of the quarantine."""
    if ids:
        await connection.execute(_RESOLVE, ids, known, resolution)


async def in_scope(connection: Connection, tags: Iterable[bytes]) -> set[bytes]:
    """Return which of `tags` are in scope."""
    return {r["tag"] for r in await connection.fetch(_IN_SCOPE, list(tags))}


async def who_waits(
    connection: Connection, dataset: str, person_ids: Iterable[UUID]
) -> frozenset[UUID]:
    """Return of which people a record of a dataset waits in quarantine: what it says is unknown."""
    rows = await connection.fetch(_WHO_WAITS, dataset, list(person_ids))
    return frozenset(row["person_id"] for row in rows)


async def scope_revision(connection: Connection, *, with_members: bool) -> int:
    """Return the newest revision of the scope, with or without members that the register found."""
    revision: int = await connection.fetchval(_SCOPE_REVISION, with_members)
    return revision


async def add_to_scope(
    connection: Connection, tags: Iterable[bytes], told: tuple[str, int, int]
) -> int:
    """Add tags that are not in scope yet and return how many they were.

    `told` is what kind they are of, the scope's revision, and the version of the tag key.
    """
    status: str = await connection.execute(_ADD_SCOPE, list(tags), *told)
    return int(status.rpartition(" ")[2])


async def analyse_grown(connection: Connection, tables: Iterable[str]) -> list[str]:
    """Gather the statistics of those of some tables that have doubled since, and return them."""
    rows = await connection.fetch(_GROWN, list(tables))
    grown = sorted(r["relname"] for r in rows)
    if grown:
        await analyse(connection, grown)
    return grown


async def analyse(connection: Connection, tables: Iterable[str]) -> None:
    """Gather the planner's statistics of some tables."""
    await connection.execute(f"ANALYZE {', '.join(_QUOTED(name) for name in tables)}")
