from hashlib import sha256

import pytest

from audit.checkpoint import Checkpoint, NoteVerifier
from audit.entry import SubjectAccess, canonical, commitment, pack_subjects
from audit.merkle import hash_leaf
from audit.replay import CHUNK, Claims, Replay, check_chunk
from audit.tiles import TileTree
from tests.support.audit_log import SIGNER

VERIFIER = NoteVerifier.from_vkey(SIGNER.vkey)


def row(seq, kind=3, record=None, subjects=b""):
    secret = sha256(b"%d" % seq).digest()
    record = record or canonical({"at": seq, "department": "tax"})
    promise = commitment(kind, secret, record, subjects)
    return (seq, kind, record, secret, subjects, promise, seq, "tax")


def definition(seq, field_set, *fields):
    record = canonical({"at": seq, "field_set": field_set, "fields": fields})
    return (*row(seq, 9, record)[:6], None, None)


def claims_for(rows):
    """What an honest log of these rows says of itself, and its tiles of level 0."""
    tree = TileTree()
    notes = []
    for each in rows:
        tree.append(hash_leaf(each[5]))
        if tree.size % 1000 == 1:
            note = SIGNER.sign(Checkpoint(SIGNER.name, tree.size, tree.root()))
            notes.append((f"checkpoint {tree.size}", tree.size, note))
    note = SIGNER.sign(Checkpoint(SIGNER.name, tree.size, tree.root()))
    tiles = {(level, n): hashes for level, n, hashes in tree.take_completed()}
    higher = {place: hashes for place, hashes in tiles.items() if place[0]}
    frontier = b"".join(tree.frontier().hashes)
    claims = Claims(tree.size, [*notes, ("head", tree.size, note)], higher, frontier, None)
    return claims, {n: hashes for (level, n), hashes in tiles.items() if not level}


def problems_of(rows, claims, tiles):
    replay = Replay(claims, VERIFIER)
    for start in range(0, claims.size, CHUNK):
        stop = min(start + CHUNK, claims.size)
        replay.add(check_chunk(start, stop, rows[start:stop], tiles))
    replay.finish()
    return [(place, what) for place, what in replay.problems]


@pytest.fixture(scope="module")
def long():
    rows = [row(seq) for seq in range(66_000)]
    return rows, *claims_for(rows)


def test_a_log_with_higher_tiles_verifies(long):
    rows, claims, tiles = long

    assert claims.tiles.keys() == {(1, 0)}
    assert problems_of(rows, claims, tiles) == []


@pytest.mark.parametrize("tile", [{}, {(1, 0): bytes(8192)}])
def test_a_higher_tile_that_is_missing_or_changed_is_named(long, tile):
    rows, claims, tiles = long
    wrong = Claims(claims.size, claims.notes, tile, claims.frontier, None)

    assert [place for place, _ in problems_of(rows, wrong, tiles)] == ["tile 1/0"]


def test_one_changed_record_is_one_problem_in_a_long_log(long):
    rows, claims, tiles = long
    changed = list(rows)
    other = b'{"at":40000,"department":"tax","x":1}'
    changed[40_000] = (*rows[40_000][:2], other, *rows[40_000][3:])

    assert [place for place, _ in problems_of(changed, claims, tiles)] == ["entry 40000"]


def test_an_entry_that_comes_twice_is_out_of_place(long):
    rows = long[0][:300]
    claims, tiles = claims_for(rows)
    chunk = check_chunk(0, 300, [*rows[:20], rows[19], *rows[20:]], tiles)

    assert [(place, what) for place, what in chunk.problems] == [("entry 19", "is out of place")]
    assert len(chunk.leaves) == claims.size


def test_a_tile_that_was_cut_is_named():
    rows = [row(seq) for seq in range(256)]
    _, tiles = claims_for(rows)

    chunk = check_chunk(0, 256, rows, {0: tiles[0][:-32]})

    assert [problem.place for problem in chunk.problems] == ["tile 0/0"]


USE = pack_subjects([SubjectAccess(bytes(32), 5)])


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ([definition(0, 5, "a"), row(1, subjects=USE)], None),
        ([definition(0, 5, "a"), definition(1, 5, "a"), row(2, subjects=USE)], None),
        ([row(0, subjects=USE)], "entry 0"),
        ([row(0, subjects=USE), definition(1, 5, "a")], "entry 0"),
        ([definition(0, 6, "a"), row(1, subjects=USE)], "entry 1"),
        ([definition(0, 5, "a"), definition(1, 5, "b")], "entry 1"),
        ([row(0, 9)], "entry 0"),
    ],
)
def test_a_field_set_is_defined_once_and_before_its_first_use(rows, place):
    found = problems_of(rows, *claims_for(rows))

    assert [each for each, _ in found] == ([place] if place else [])


def test_a_record_that_cannot_be_read_is_named():
    rows = [row(0, record=b"[]"), row(1, record=b'{"at":"x"}')]

    found = problems_of(rows, *claims_for(rows))

    assert found == [(f"entry {n}", "its record cannot be read") for n in (0, 1)]


def test_a_kind_that_does_not_exist_is_named():
    rows = [row(0, 77)]

    assert [place for place, _ in problems_of(rows, *claims_for(rows))] == ["entry 0"]
