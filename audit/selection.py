"""Export what an auditor looked for: each entry with the proof that it is in the log.

    records/000000000.jsonl  entries in order, `PAGE` a file: number, kind, record, secret,
                             subjects, and the hashes that lead to the root of
                             `checkpoint` (RFC 6962 2.1.1)
    dictionary.jsonl         the entries that define the field sets that these use, likewise
    checkpoint               the log's newest checkpoint
    policies/DIGEST.toml     the policies that the records name, by the SHA-256 of their text
    csv/..., ocsf/...        the same entries in other programs' forms, where asked for
    manifest.json, .note     every file by its hash, signed

Made in one snapshot, a file at a time: memory does not grow with what was found.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

import asyncpg
import msgspec
import orjson

from audit.entry import CODE_BY_KIND, EntryKind, pack_subjects
from audit.errors import StorageError
from audit.exported import POLICIES
from audit.forms import FORMS, SUFFIXES, FormedEntry
from audit.manifest import SELECTION, Listing, TextSigner
from audit.merkle import hash_leaf
from audit.proven import DICTIONARY, ProvenEntry
from audit.proving import TilePlace, inclusion, prove, tiles_for
from audit.search import Filter, StoredEntry, find
from audit.tiles import TILE_WIDTH, tile_root

PAGE: Final = 5_000
_HEAD: Final = "SELECT size, note FROM audit.head"
_COMMITMENTS: Final = (
    "SELECT commitment FROM audit.record WHERE seq >= $1 AND seq < $2 ORDER BY seq"
)
_TILES: Final = "SELECT hashes FROM audit.tile WHERE level = $1 AND n >= $2 AND n < $3 ORDER BY n"
_TILE: Final = "SELECT hashes FROM audit.tile WHERE level = $1 AND n = $2"
_CACHED: Final = 512
PolicyText = Callable[[str], Awaitable[str | None]]
"""Returns the text of the policy of a digest, if it is kept."""
NamedFile = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is exported, and how it is described in the manifest: never whom it is about."""

    filter: Filter
    described: Mapping[str, str | bool | None]
    forms: Sequence[str] = ()


@dataclass(slots=True)
class _Tiles:
    """The tiles of the tree of one size, as they are needed."""

    connection: asyncpg.Connection
    size: int
    known: dict[TilePlace, bytes] = field(default_factory=dict)

    async def for_entry(self, index: int) -> Mapping[TilePlace, bytes]:
        """Return the tiles that the proof of one entry is made of."""
        places = tiles_for(inclusion(index, self.size), self.size)
        if len(self.known) > _CACHED:
            self.known.clear()
        for place in places - self.known.keys():
            self.known[place] = await self._read(place)
        return self.known

    async def _read(self, place: TilePlace) -> bytes:
        if place.width == TILE_WIDTH:
            found: bytes | None = await self.connection.fetchval(_TILE, place.level, place.n)
            return found or b""
        start = place.n * TILE_WIDTH
        stop = start + place.width
        if place.level == 0:
            rows = await self.connection.fetch(_COMMITMENTS, start, stop)
            return b"".join(hash_leaf(row[0]) for row in rows)
        rows = await self.connection.fetch(_TILES, place.level - 1, start, stop)
        return b"".join(tile_root(row[0]) for row in rows)


async def selection_files(
    connection: asyncpg.Connection,
    wanted: Wanted,
    signer: TextSigner,
    policy_text: PolicyText,
    now: datetime,
) -> AsyncGenerator[NamedFile, None]:
    """Go through the files of an export of what was looked for; the manifest comes last.

    The caller has put the look-up on record, and reads all files in one transaction that sees one
    snapshot.

    Raises:
        StorageError: The log has no entry yet.
        LogInconsistentError: The stored tiles do not fit.
    """
    head = await connection.fetchrow(_HEAD)
    if head is None or not head["size"]:
        raise StorageError("the log has no entry yet")
    size, listing = int(head["size"]), Listing(signer, now)
    tiles = _Tiles(connection, size)
    entries, start, policies, sets = 0, -1, set[str](), set[int]()
    while True:
        page = await find(
            connection, replace(wanted.filter, after=start, limit=PAGE, newest_first=False)
        )
        if not page and entries:
            break
        for path, content in await _page(page, entries // PAGE, tiles, wanted.forms, signer.name):
            listing.add(path, content)
            yield path, content
        for one in page:
            _note(one, policies, sets)
        entries += len(page)
        if len(page) < PAGE:
            break
        start = page[-1].index
    async for path, content in _beside(connection, tiles, policies, sets, policy_text):
        listing.add(path, content)
        yield path, content
    note = head["note"].encode()
    listing.add("checkpoint", note)
    yield "checkpoint", note
    for each in listing.finish(SELECTION, size, entries, wanted.described):
        yield each


async def _page(
    page: Sequence[StoredEntry], number: int, tiles: _Tiles, forms: Sequence[str], origin: str
) -> list[NamedFile]:
    """Return the files of one page of entries."""
    files = [(f"records/{number:09d}.jsonl", await _lines(page, tiles))]
    formed = [FormedEntry(e.index, _code(e), e.record) for e in page]
    for form in forms:
        path = f"{form}/{number:09d}.{SUFFIXES[form]}"
        files.append((path, FORMS[form](formed, origin)))
    return files


async def _lines(page: Sequence[StoredEntry], tiles: _Tiles) -> bytes:
    lines = []
    for one in page:
        proof = prove(
            inclusion(one.index, tiles.size), tiles.size, await tiles.for_entry(one.index)
        )
        proven = ProvenEntry(
            one.index, _code(one), one.record.decode(), one.secret.hex(),
            pack_subjects(one.subjects).hex(), [hash_.hex() for hash_ in proof],
        )  # fmt: skip
        lines.append(msgspec.json.encode(proven) + b"\n")
    return b"".join(lines)


async def _beside(
    connection: asyncpg.Connection,
    tiles: _Tiles,
    policies: set[str],
    sets: set[int],
    policy_text: PolicyText,
) -> AsyncGenerator[NamedFile, None]:
    """Go through what the entries refer to: definitions of field sets, and policies."""
    defining: list[StoredEntry] = []
    after = -1
    while True:
        found = await find(
            connection, Filter(kinds=[EntryKind.DICTIONARY], after=after, limit=PAGE)
        )
        defining += [one for one in found if orjson.loads(one.record)["field_set"] in sets]
        if len(found) < PAGE:
            break
        after = found[-1].index
    yield DICTIONARY, await _lines(defining, tiles)
    for digest in sorted(policies):
        text = await policy_text(digest)
        if text is not None:
            yield f"{POLICIES}/{digest}.toml", text.encode()


def _note(entry: StoredEntry, policies: set[str], sets: set[int]) -> None:
    """Note which policy and which field sets an entry names."""
    record = orjson.loads(entry.record)
    if isinstance(record.get("policy"), str):
        policies.add(record["policy"])
    if isinstance(record.get("fields"), int):
        sets.add(record["fields"])
    sets.update(subject.field_set for subject in entry.subjects)


def _code(entry: StoredEntry) -> int:
    return CODE_BY_KIND[entry.kind]
