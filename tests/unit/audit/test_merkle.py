import json
from base64 import b64decode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    hash_leaf,
    inclusion_proof,
    subtree_over,
    verify_consistency,
    verify_inclusion,
)
from tests.oracles import merkle as oracle

_ABOVE = [above / "shared/vectors/merkle/inclusion" for above in Path(__file__).resolve().parents]
VECTORS = next((place for place in _ABOVE if place.is_dir()), _ABOVE[4])
entries_of = st.lists(st.binary(max_size=8), min_size=1, max_size=70)


def frontier_of(entries):
    frontier = Frontier()
    for entry in entries:
        frontier = frontier.append(hash_leaf(entry))
    return frontier


def leaves_of(entries):
    return [hash_leaf(entry) for entry in entries]


@pytest.mark.skipif(not VECTORS.is_dir(), reason=f"no vectors at {VECTORS}")
def test_every_published_inclusion_vector_gets_the_verdict_it_asks_for():
    paths = sorted(VECTORS.rglob("*.json"))
    assert len(paths) > 80
    for path in paths:
        case = json.loads(path.read_text())
        proof = [b64decode(part) for part in case["proof"] or []]
        leaf, root = b64decode(case["leafHash"] or ""), b64decode(case["root"] or "")

        is_good = verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, root)

        assert is_good is not case["wantErr"], f"{path.name}: {case['desc']}"


def test_the_empty_tree_hashes_nothing():
    assert Frontier().root() == EMPTY_ROOT == oracle.tree_hash([])


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_frontier_has_the_root_of_the_recursive_definition(entries):
    assert frontier_of(entries).root() == oracle.tree_hash(entries)


@given(entries_of, st.data())
def test_an_inclusion_proof_is_the_path_of_the_definition_and_verifies(entries, data):
    index = data.draw(st.integers(0, len(entries) - 1))
    leaves = leaves_of(entries)

    proof = inclusion_proof(index, len(entries), subtree_over(leaves))

    assert list(proof) == oracle.path(index, entries)
    root = oracle.tree_hash(entries)
    assert verify_inclusion(leaves[index], index, len(entries), proof, root)


@given(entries_of, st.data())
def test_no_altered_inclusion_proof_verifies(entries, data):
    size = len(entries)
    index = data.draw(st.integers(0, size - 1))
    leaves = leaves_of(entries)
    proof = inclusion_proof(index, size, subtree_over(leaves))
    root = oracle.tree_hash(entries)
    leaf = leaves[index]

    for bad in altered(proof, data):
        assert not verify_inclusion(leaf, index, size, bad, root)
    assert not verify_inclusion(flip(leaf), index, size, proof, root)
    assert not verify_inclusion(leaf, index, size, proof, flip(root))
    assert not verify_inclusion(leaf, size, size, proof, root)
    assert not verify_inclusion(leaf, index - size, size, proof, root)
    assert not verify_inclusion(leaf, index, 2 * size, proof, root)


@given(entries_of, st.data())
def test_a_consistency_proof_is_that_of_the_definition_and_verifies(entries, data):
    first = data.draw(st.integers(1, len(entries)))

    proof = consistency_proof(first, len(entries), subtree_over(leaves_of(entries)))

    assert list(proof) == oracle.consistency(first, entries)
    old, new = oracle.tree_hash(entries[:first]), oracle.tree_hash(entries)
    assert verify_consistency(first, len(entries), proof, old, new)


@given(entries_of, st.data())
def test_no_altered_consistency_proof_verifies(entries, data):
    first = data.draw(st.integers(1, len(entries)))
    proof = consistency_proof(first, len(entries), subtree_over(leaves_of(entries)))
    old, new = oracle.tree_hash(entries[:first]), oracle.tree_hash(entries)

    for bad in altered(proof, data):
        assert not verify_consistency(first, len(entries), bad, old, new)
    assert not verify_consistency(first, len(entries), proof, flip(old), new)
    assert not verify_consistency(first, len(entries), proof, old, flip(new))
    assert not verify_consistency(0, len(entries), proof, old, new)
    assert not verify_consistency(first, 2 * len(entries), proof, old, new)
    assert not verify_consistency(len(entries) + 1, len(entries), proof, old, new)


@given(entries_of, st.data())
def test_a_prefix_that_differs_in_one_entry_has_no_consistency_proof(entries, data):
    first = data.draw(st.integers(1, len(entries)))
    place = data.draw(st.integers(0, first - 1))
    forged = [*entries[:place], entries[place] + b"!", *entries[place + 1 :]]
    proof = consistency_proof(first, len(entries), subtree_over(leaves_of(entries)))

    old, new = oracle.tree_hash(forged[:first]), oracle.tree_hash(entries)

    assert not verify_consistency(first, len(entries), proof, old, new)


def test_what_is_not_in_the_tree_has_no_proof():
    with pytest.raises(ValueError):
        inclusion_proof(3, 3, subtree_over([b""] * 3))
    with pytest.raises(ValueError):
        consistency_proof(0, 3, subtree_over([b""] * 3))


def test_a_frontier_has_one_hash_for_each_bit_of_its_size():
    with pytest.raises(ValueError):
        Frontier(3, (b"x" * 32,))
    with pytest.raises(ValueError):
        Frontier(-1, (b"x" * 32,))


def flip(value):
    return bytes([value[0] ^ 1]) + value[1:]


def altered(proof, data):
    """Every proof that differs in one bit, one hash more or one hash less."""
    extra = data.draw(st.binary(min_size=32, max_size=32))
    yield (*proof, extra)
    yield (extra, *proof)
    for place in range(len(proof)):
        yield (*proof[:place], flip(proof[place]), *proof[place + 1 :])
        yield (*proof[:place], *proof[place + 1 :])
        yield (*proof[:place], proof[place][:31], *proof[place + 1 :])
