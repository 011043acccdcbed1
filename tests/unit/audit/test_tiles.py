from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.merkle import Frontier, hash_leaf
from audit.tiles import (
    TILE_WIDTH,
    TileTree,
    decode_bundle,
    encode_bundle,
    perfect_root,
    split_hashes,
    tile_path,
    tile_root,
    widths,
)
from tests.oracles.merkle import tree_hash

ENTRIES = [b"%d" % n for n in range(70_000)]


def grown(size):
    tree = TileTree()
    for entry in ENTRIES[:size]:
        tree.append(hash_leaf(entry))
    return tree


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 511, 512, 3000])
def test_the_tree_of_tiles_has_the_root_and_frontier_of_the_plain_one(size):
    tree = grown(size)
    plain = Frontier()
    for entry in ENTRIES[:size]:
        plain = plain.append(hash_leaf(entry))

    assert tree.frontier() == plain
    assert tree.tail_frontier() == plain
    assert tree.root() == tree_hash(ENTRIES[:size])


def test_a_full_tile_holds_256_hashes_of_the_subtrees_below():
    tree = grown(70_000)

    tiles = {(level, n): hashes for level, n, hashes in tree.take_completed()}

    assert sorted(tiles) == [*((0, n) for n in range(273)), (1, 0)]
    assert tiles[0, 2] == b"".join(hash_leaf(entry) for entry in ENTRIES[512:768])
    assert split_hashes(tiles[1, 0])[5] == tile_root(tiles[0, 5]) == tree_hash(ENTRIES[1280:1536])
    assert tile_root(tiles[1, 0]) == tree_hash(ENTRIES[:65536])
    assert tree.take_completed() == []


@given(st.integers(0, 3000), st.integers(0, 600))
def test_a_resumed_tree_goes_on_as_if_it_had_never_stopped(size, more):
    tree = grown(size)
    resumed = TileTree.resume(tree.frontier(), [split_hashes(level) for level in tree.partial()])
    tree.take_completed()

    for entry in ENTRIES[size : size + more]:
        tree.append(hash_leaf(entry))
        resumed.append(hash_leaf(entry))

    assert resumed.frontier() == tree.frontier()
    assert resumed.partial() == tree.partial()
    assert resumed.take_completed() == tree.take_completed()


@pytest.mark.parametrize("size", [0, 1, 255, 300])
def test_a_copy_grows_by_itself(size):
    tree = grown(size)
    other, before = tree.copy(), (tree.frontier(), tree.partial(), list(tree.completed))

    for entry in ENTRIES[size : size + 300]:
        other.append(hash_leaf(entry))

    assert (tree.frontier(), tree.partial(), tree.completed) == before
    assert other.frontier() == grown(size + 300).frontier()
    assert other.take_completed() == grown(size + 300).take_completed()


def test_a_tree_does_not_resume_from_parts_that_do_not_fit():
    tree = grown(300)
    partial = [split_hashes(level) for level in tree.partial()]

    with pytest.raises(ValueError):
        TileTree.resume(tree.frontier(), [partial[0][:-1], partial[1]])
    with pytest.raises(ValueError):
        TileTree.resume(tree.frontier(), [[*partial[0][:-1], bytes(32)], partial[1]])


@pytest.mark.parametrize(
    ("level", "n", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 999, 256, "tile/0/999"),
        (1, 1000, 256, "tile/1/x001/000"),
        (0, 1234067, 256, "tile/0/x001/x234/067"),
        ("entries", 3, 7, "tile/entries/003.p/7"),
    ],
)
def test_tiles_have_the_paths_of_the_specification(level, n, width, path):
    assert tile_path(level, n, width) == path


def test_widths_count_full_and_partial_tiles_of_each_level():
    assert list(widths(70_000)) == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert list(widths(0)) == []


@given(st.lists(st.binary(max_size=300), max_size=TILE_WIDTH))
def test_a_bundle_gives_back_its_entries(entries):
    assert decode_bundle(encode_bundle(entries)) == entries


@given(st.lists(st.binary(min_size=1, max_size=9), min_size=1, max_size=5), st.data())
def test_a_bundle_that_ends_inside_an_entry_is_refused(entries, data):
    bundle = encode_bundle(entries)
    last = 2 + len(entries[-1])
    cut = data.draw(st.integers(1, last - 1))

    with pytest.raises(ValueError):
        decode_bundle(bundle[:-cut])


def test_an_entry_that_is_too_long_for_a_bundle_is_refused():
    assert len(encode_bundle([bytes(65_535)])) == 65_537
    with pytest.raises(ValueError):
        encode_bundle([bytes(65_536)])


@pytest.mark.parametrize("tiles", [1, 3, 256, 300])
def test_a_tile_at_once_is_its_leaves_one_by_one(tiles):
    leaves = [sha256(b"%d" % number).digest() for number in range(tiles * 256)]
    at_once, one_by_one = TileTree(), TileTree()
    for start in range(0, len(leaves), 256):
        tile = leaves[start : start + 256]
        at_once.append_tile(tile, perfect_root(tile))
    for leaf in leaves:
        one_by_one.append(leaf)

    assert at_once.root() == one_by_one.root()
    assert at_once.frontier() == one_by_one.frontier()
    assert at_once.partial() == one_by_one.partial()
    assert at_once.take_completed() == one_by_one.take_completed()
    at_once.append(leaves[0])
    one_by_one.append(leaves[0])
    assert at_once.root() == one_by_one.root()


@pytest.mark.parametrize(
    "entries", [[], [b"c" * 34] * 256, [b"c" * 34, b"d" * 33], [b"e" * 33, b"f" * 35], [b""] * 18]
)
def test_a_bundle_is_read_as_it_was_made(entries):
    assert decode_bundle(encode_bundle(entries)) == entries
