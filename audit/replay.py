"""Rebuild a log from its entries and say where it differs from what it claims. Pure.

Two halves, so that the first can run on several processors: `check_chunk` recomputes every entry of
a stretch of the log and compares the tiles of level 0; `Replay` grows the tree over the stretches
in order and compares roots, higher tiles and the dictionary.

The tree is built over the *stored* commitments, and each is compared with what its record gives:
so one changed record is reported as that record, and not as every tile and root after it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

from audit.checkpoint import Opener
from audit.dictionary import Dictionary, definition_in
from audit.entry import (
    CODE_BY_KIND,
    FIELD_SET_SIZE,
    KIND_BY_CODE,
    SECRET_SIZE,
    SUBJECT_SIZE,
    TAG_SIZE,
    EntryKind,
    commitment,
)
from audit.errors import InvalidNoteError, LogInconsistentError
from audit.merkle import HASH_SIZE
from audit.retention import RETENTION, Announced, Span, merged, purge_in, unannounced
from audit.tiles import TILE_WIDTH, TileTree, perfect_root, split_hashes, widths

CHUNK: Final = 128 * TILE_WIDTH
BACK_DATED_MS: Final = 3_600_000
"""How much older than one before it an entry may say it is: clocks of machines differ a little."""
_DICTIONARY: Final = CODE_BY_KIND[EntryKind.DICTIONARY]
MISSING_LEAF: Final = bytes(HASH_SIZE)


StoredRow = tuple[int, int, bytes, bytes, bytes, bytes | None, int | None, str | None]
"""One entry: seq, kind, record, secret, packed subjects, commitment, and as a database has it in
columns, time in milliseconds and department; an export has no such columns, and None for the time.
The commitment is None where only the tile has it: of what a pruned log's export still keeps.
"""


class Problem(NamedTuple):
    """One thing that is not as it should be."""

    place: str
    what: str


class _Searched(msgspec.Struct):
    at: int
    department: str | None = None


_SEARCHED: Final = msgspec.json.Decoder(_Searched)


@dataclass(slots=True)
class Chunk:
    """What one stretch of the log comes to."""

    start: int
    leaves: list[bytes] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    definitions: list[tuple[int, bytes]] = field(default_factory=list)
    """Index and record of the dictionary entries."""
    first_use: dict[bytes, int] = field(default_factory=dict)
    """The first entry of the stretch that uses a field set id."""
    newest: tuple[int, int] | None = None
    """Time in milliseconds and index of the latest entry by its own word."""
    oldest: tuple[int, int] | None = None
    """The same of the earliest."""
    retentions: list[tuple[int, bytes]] = field(default_factory=list)
    """Index and record of the entries of retention."""
    absent: list[Span] = field(default_factory=list)
    """Entries below the minimum index that are not there."""
    minimum: int = 0
    """The minimum index as it was when the stretch was read."""
    roots: list[bytes] = field(default_factory=list)
    """The roots over the full tiles of the stretch, as the entries give them."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a log says of itself, apart from its entries."""

    size: int
    notes: Sequence[tuple[str, int | None, str]]
    """Place, size it is stored under (if so), and text of every checkpoint."""
    tiles: Mapping[tuple[int, int], bytes]
    """Full tiles of level 1 and up."""
    frontier: bytes | None
    """The stored frontier, where there is one."""
    partial: Sequence[bytes] | None
    """The unfinished tiles, from the leaves upwards, where they are published."""
    problems: Sequence[Problem] = ()
    minimum: int = 0
    """The minimum index: entries below it may be gone."""
    has_records: bool = True
    """Whether the entries can be read, and so what they say of the minimum index."""


def check_chunk(
    start: int, stop: int, rows: Iterable[StoredRow], tiles: Mapping[int, bytes], minimum: int = 0
) -> Chunk:
    """Recompute entries `start` to `stop` and the full tiles of level 0 over them.

    `rows` come in order; `tiles` is keyed by number. `start` and `minimum` are multiples of 256.
    Where an entry below `minimum` is gone, the tile stands for it.
    """
    chunk = Chunk(start, minimum=minimum)
    expected = start
    for row in rows:
        seq = row[0]
        if expected < seq < stop:
            _without(chunk, expected, seq, tiles)
            expected = seq
        if seq != expected:
            chunk.problems.append(Problem(f"entry {seq}", "is out of place"))
            continue
        _check_row(chunk, row)
        expected += 1
    _without(chunk, expected, stop, tiles)
    for n in range(start // TILE_WIDTH, stop // TILE_WIDTH):
        at = n * TILE_WIDTH - start
        leaves = chunk.leaves[at : at + TILE_WIDTH]
        chunk.problems += tile_problems(n, b"".join(leaves), tiles.get(n))
        chunk.roots.append(perfect_root(leaves))
    return chunk


def _without(chunk: Chunk, start: int, stop: int, tiles: Mapping[int, bytes]) -> None:
    """Take entries `start` to `stop` for gone below the minimum index, for missing above it."""
    gone = max(start, min(stop, chunk.minimum))
    if start < gone:
        chunk.absent.append((start, gone))
    for seq in range(start, gone):
        at = seq % TILE_WIDTH * HASH_SIZE
        leaf = tiles.get(seq // TILE_WIDTH, b"")[at : at + HASH_SIZE]
        chunk.leaves.append(leaf if len(leaf) == HASH_SIZE else MISSING_LEAF)
    for seq in range(gone, stop):
        chunk.problems.append(Problem(f"entry {seq}", "is missing"))
        chunk.leaves.append(MISSING_LEAF)


def _check_row(chunk: Chunk, row: StoredRow) -> None:
    """Compare one entry with its commitment, and its columns with its record."""
    seq, kind, record, secret, subjects, stored, at_ms, department = row
    length = len(subjects)
    sound = len(secret) == SECRET_SIZE and not length % SUBJECT_SIZE and kind in KIND_BY_CODE
    found = commitment(kind, secret, record, subjects) if sound else b""
    if stored is None:
        stored = found
    chunk.leaves.append(sha256(b"\x00" + stored).digest())  # `hash_leaf`, written out
    try:
        searched = _SEARCHED.decode(record)
    except msgspec.MsgspecError:
        chunk.problems.append(Problem(f"entry {seq}", "its record cannot be read"))
    else:
        at = searched.at
        if at_ms is not None and (at_ms != at or department != searched.department):
            what = "its columns `at` and `department` are not what its record says"
            chunk.problems.append(Problem(f"entry {seq}", what))
        _check_time(chunk, seq, at)
    if not sound or found != stored:
        what = "its kind, record, secret or subjects are not those that were committed to"
        chunk.problems.append(Problem(f"entry {seq}", what))
    first_use = chunk.first_use
    for place in range(TAG_SIZE, length, SUBJECT_SIZE):
        field_set = subjects[place : place + FIELD_SET_SIZE]
        if field_set not in first_use:
            first_use[field_set] = seq
    if kind == _DICTIONARY:
        chunk.definitions.append((seq, record))
    elif kind == RETENTION:
        chunk.retentions.append((seq, record))


def _check_time(chunk: Chunk, seq: int, at_ms: int) -> None:
    newest, oldest = chunk.newest, chunk.oldest
    if newest is None or at_ms > newest[0]:
        chunk.newest = (at_ms, seq)
    elif at_ms < newest[0] - BACK_DATED_MS:
        chunk.problems.append(_back_dated(seq, newest[1]))
    if oldest is None or at_ms < oldest[0]:
        chunk.oldest = (at_ms, seq)


def _back_dated(seq: int, before: int) -> Problem:
    what = f"is back-dated: it says it is more than an hour older than entry {before} before it"
    return Problem(f"entry {seq}", what)


def tile_problems(n: int, rebuilt: bytes, stored: bytes | None) -> list[Problem]:
    """Return what is wrong with the stored tile `n` of level 0, beside the one of the entries."""
    if stored == rebuilt:
        return []
    if stored is None:
        return [Problem(f"tile 0/{n}", "is missing")]
    pairs = zip(split_hashes(rebuilt), split_hashes(stored), strict=False)
    places = [n * TILE_WIDTH + i for i, (ours, theirs) in enumerate(pairs) if ours != theirs]
    where = f"entry {places[0]}" if places else "its length"
    return [Problem(f"tile 0/{n}", f"differs from the entries, first at {where}")]


class Replay:
    """Grows the tree over the chunks of a log, in order, and gathers what is wrong with it."""

    def __init__(self, claims: Claims, verifier: Opener) -> None:
        self.problems: list[Problem] = list(claims.problems)
        self.checkpoints = 0
        self._claims = claims
        self._verifier = verifier
        self._tree = TileTree()
        self._dictionary = Dictionary()
        self._roots = self._expected_roots()
        self._stops = sorted(self._roots, reverse=True)
        self._newest: tuple[int, int] | None = None
        self._purges: list[Announced] = []
        self._absent: list[Span] = []

    def _expected_roots(self) -> dict[int, list[tuple[str, bytes]]]:
        """Open every checkpoint; what verifies is compared when the tree has grown to its size."""
        roots: dict[int, list[tuple[str, bytes]]] = {}
        for place, stored_size, note in self._claims.notes:
            try:
                checkpoint = self._verifier.open(note)
            except InvalidNoteError as error:
                self.problems.append(Problem(place, str(error)))
                continue
            if stored_size is not None and checkpoint.size != stored_size:
                self.problems.append(Problem(place, f"is signed for size {checkpoint.size}"))
            if checkpoint.size > self._claims.size:
                what = f"covers {checkpoint.size} entries, but the log has {self._claims.size}"
                self.problems.append(Problem(place, what))
                continue
            self.checkpoints += 1
            roots.setdefault(checkpoint.size, []).append((place, checkpoint.root))
        return roots

    def add(self, chunk: Chunk) -> None:
        """Take the next chunk."""
        self.problems += chunk.problems
        self._check_dictionary(chunk)
        self._check_times(chunk)
        self._note_retention(chunk)
        tree = self._tree
        done = 0
        while done < len(chunk.leaves):
            self._compare_roots()
            until = self._stops[-1] - tree.size if self._stops else len(chunk.leaves)
            n = done // TILE_WIDTH
            if not tree.size % TILE_WIDTH and until >= TILE_WIDTH and n < len(chunk.roots):
                tree.append_tile(chunk.leaves[done : done + TILE_WIDTH], chunk.roots[n])
                done += TILE_WIDTH
                continue
            until = min(until, TILE_WIDTH - tree.size % TILE_WIDTH)
            for leaf in chunk.leaves[done : done + until]:
                tree.append(leaf)
            done += until
        for level, n, hashes in tree.take_completed():
            if level and self._claims.tiles.get((level, n)) != hashes:
                what = "is missing or differs from the tiles below it"
                self.problems.append(Problem(f"tile {level}/{n}", what))

    def finish(self) -> None:
        """Compare what can only be compared at the end."""
        self._compare_roots()
        tree, claims = self._tree, self._claims
        if claims.has_records:
            found = unannounced(claims.minimum, merged(self._absent), self._purges)
            self.problems += [Problem(place, what) for place, what in found]
        if claims.frontier is not None and b"".join(tree.frontier().hashes) != claims.frontier:
            self.problems.append(Problem("head", "its frontier is not that of the entries"))
        full = {(level, n) for level, count, _ in widths(tree.size) for n in range(count) if level}
        for level, n in sorted(claims.tiles.keys() - full):
            self.problems.append(Problem(f"tile {level}/{n}", "lies beyond the end of the log"))
        for level, hashes in enumerate(tree.partial() if claims.partial is not None else ()):
            published = (claims.partial or ())[level : level + 1]
            if hashes and list(published) != [hashes]:
                what = "the unfinished tile is missing or differs from the entries"
                self.problems.append(Problem(f"tile {level}", what))

    def _compare_roots(self) -> None:
        while self._stops and self._stops[-1] == self._tree.size:
            root = self._tree.root()
            for place, claimed in self._roots[self._stops.pop()]:
                if claimed != root:
                    self.problems.append(Problem(place, "its root is not that of the entries"))

    def _note_retention(self, chunk: Chunk) -> None:
        if chunk.minimum != self._claims.minimum:
            what = "moved while the log was read: verify once more"
            self.problems.append(Problem("minimum index", what))
        self._absent += chunk.absent
        for seq, record in chunk.retentions:
            try:
                purge = purge_in(record)
            except LogInconsistentError as error:
                self.problems.append(Problem(f"entry {seq}", str(error)))
                continue
            if purge is not None:
                self._purges.append(Announced(seq, purge))

    def _check_times(self, chunk: Chunk) -> None:
        """Compare the earliest entry of a stretch with the latest one before the stretch."""
        newest = self._newest
        if newest and chunk.oldest and chunk.oldest[0] < newest[0] - BACK_DATED_MS:
            found = _back_dated(chunk.oldest[1], newest[1])
            if not any(found.place == place for place, _ in chunk.problems):
                self.problems.append(found)
        if chunk.newest is not None and (newest is None or chunk.newest > newest):
            self._newest = chunk.newest

    def _check_dictionary(self, chunk: Chunk) -> None:
        """Check that each field set is defined before its first use, and only once."""
        defined_at: dict[int, int] = {}
        for seq, record in chunk.definitions:
            try:
                definition = definition_in(record)
            except LogInconsistentError as error:
                self.problems.append(Problem(f"entry {seq}", str(error)))
                continue
            if self._dictionary.fields_of(definition.field_set) is None:
                defined_at[definition.field_set] = seq
            if not self._dictionary.add(definition.field_set, definition.fields):
                self.problems.append(Problem(f"entry {seq}", "defines a field set id once more"))
        for packed, seq in chunk.first_use.items():
            field_set = int.from_bytes(packed, "big")
            known = self._dictionary.fields_of(field_set) is not None
            if not known or defined_at.get(field_set, -1) > seq:
                what = f"uses field set {field_set}, which is not defined before it"
                self.problems.append(Problem(f"entry {seq}", what))
