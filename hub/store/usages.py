"""What the log has about one person: which entries, and the proofs of those that are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import msgspec
from asyncpg import Record

from audit.entry import CODE_BY_KIND, KIND_BY_CODE, EntryKind, unpack_subjects
from audit.errors import LogInconsistentError
from audit.proving import TilePlace, inclusion, prove, tiles_for
from audit.segments import bucket_of, entries_about
from audit.tiles import TILE_WIDTH
from audit.usage import UsageProof, prove_usage
from hub.errors import CorruptError
from hub.store.database import Connection
from hub.store.log_tree import tile

_ALIASES: Final = """
    select p.log_alias, true as is_own, null::date as valid_from, null::date as valid_to
    from person_tag t join person p using (cell, person_id) where t.tag = any($1::bytea[])
    union
    select h.log_alias, false, m.valid_from, m.valid_to
    from person_tag t join membership m using (cell, person_id)
    join household h using (cell, household_id)
    where t.tag = any($1::bytea[]) and m.known_to = 'infinity'
"""
"""A person's own alias, under every number that leads to them, and their households' with days."""
_SEGMENTS: Final = """
    select p.next, s.bucket, s.start, s.postings
    from audit.index_progress p
    left join audit.subject_segment s on s.bucket = any($1::smallint[])
"""
_ENTRIES: Final = """
    select seq, at, kind, department, record, array(
        select n from unnest($1::bytea[]) with ordinality as t (tag, n)
        where position(tag in subjects) > 0
    ) as about
    from audit.record where (seq = any($2::bigint[]) or seq >= $3) and length(subjects) > 0
    order by seq desc
"""
_WHOLE: Final = "select seq, secret, subjects from audit.record where seq = any($1::bigint[])"
_FULL: Final = """
    select t.level, t.n, t.hashes from unnest($1::smallint[], $2::bigint[]) as w (level, n)
    join audit.tile t using (level, n)
"""


@dataclass(frozen=True, slots=True)
class Alias:
    """One name of a person, or of a household on the days that they belong to it."""

    alias: bytes
    is_own: bool
    days: tuple[date, date] | None


@dataclass(frozen=True, slots=True)
class Usage:
    """One entry about somebody, without who else is in it."""

    index: int
    at: datetime
    kind: EntryKind
    department: str | None
    record: bytes
    about: tuple[int, ...]
    """Places, in the tags that were looked for, of those that it is about."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What an entry says of one subject, and what proves it."""

    field_sets: frozenset[int]
    proof: UsageProof


async def aliases_of(connection: Connection, tags: Sequence[bytes]) -> list[Alias]:
    """Return the names in the log of the person whose number has these tags."""
    rows = await connection.fetch(_ALIASES, list(tags))
    return [Alias(r[0], r[1], None if r[1] else (r[2], r[3])) for r in rows]


async def usages(connection: Connection, tags: Sequence[bytes]) -> list[Usage]:
    """Return every entry about any of `tags`, the latest first: by the index, then the tail."""
    by_bucket: dict[int, list[bytes]] = {}
    for tag in tags:
        by_bucket.setdefault(bucket_of(tag), []).append(tag)
    segments = await connection.fetch(_SEGMENTS, list(by_bucket))
    candidates: set[int] = set()
    for _, bucket, start, postings in segments:
        if bucket is not None:
            candidates.update(entries_about(by_bucket[bucket], start, postings))
    tail = segments[0][0] if segments else 0
    rows = await connection.fetch(_ENTRIES, list(tags), sorted(candidates), tail)
    return [_usage(row) for row in rows if row["about"]]


def _usage(row: Record) -> Usage:
    about = tuple(n - 1 for n in row["about"])
    kind = KIND_BY_CODE[row["kind"]]
    return Usage(row["seq"], row["at"], kind, row["department"], row["record"], about)


async def opened(
    connection: Connection, page: Sequence[Usage], tags: Sequence[bytes], size: int
) -> dict[int, Opened]:
    """Return by number what each entry of a page says of its first subject, with its proof.

    Raises:
        CorruptError: A tile of the log is missing.
    """
    rows = await connection.fetch(_WHOLE, [usage.index for usage in page])
    stored = {row["seq"]: row for row in rows}
    provings = {usage.index: inclusion(usage.index, size) for usage in page}
    needed = {place for proving in provings.values() for place in tiles_for(proving, size)}
    tiles = await _tiles(connection, needed)
    found: dict[int, Opened] = {}
    for usage in page:
        row, tag = stored[usage.index], tags[usage.about[0]]
        subjects = unpack_subjects(row["subjects"])
        places = [n for n, subject in enumerate(subjects) if subject.tag == tag]
        proof = prove_usage(
            usage.index,
            CODE_BY_KIND[usage.kind],
            row["secret"],
            usage.record,
            row["subjects"],
            places[0],
        )
        try:
            path = prove(provings[usage.index], size, tiles)
        except LogInconsistentError:
            raise CorruptError("A tile of the log is missing or malformed.") from None
        proof = msgspec.structs.replace(proof, path=[node.hex() for node in path])
        sets = frozenset(subjects[place].field_set for place in places)
        found[usage.index] = Opened(sets, proof)
    return found


async def _tiles(connection: Connection, needed: set[TilePlace]) -> Mapping[TilePlace, bytes]:
    """Return tiles: the full ones by one statement, the unfinished ones as they are made up."""
    full = sorted(place for place in needed if place.width == TILE_WIDTH)
    rows = await connection.fetch(_FULL, [p.level for p in full], [p.n for p in full])
    found = {TilePlace(row[0], row[1], TILE_WIDTH): row[2] for row in rows}
    for place in sorted(needed - set(full)):
        found[place] = await tile(connection, *place)
    return found
