"""Hash an append-only list into one root, and prove what is in it: the tree of RFC 6962.

Everything here is pure. A `Frontier` is all that must be kept to go on appending; a proof is a
list of hashes that lets somebody with a root, and nothing else, check a claim.

Spec: RFC 6962 §2.1, RFC 9162 §2.1.3.2 and §2.1.4.2. SHA-256 throughout.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

HASH_SIZE: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()

Subtree = Callable[[int, int], bytes]
"""Gives the hash of the tree over leaves `start` (included) to `stop` (not included)."""


def hash_leaf(entry: bytes) -> bytes:
    """Return the leaf hash of `entry`: SHA-256 over 0x00 and the entry."""
    return sha256(b"\x00" + entry).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two nodes: SHA-256 over 0x01 and both."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The roots of the perfect subtrees that a tree of `size` leaves is made of, largest first.

    There is one hash for each bit that is set in `size`, so at most 64 of them.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError(f"{len(self.hashes)} hashes cannot be a tree of {self.size} leaves")

    def append(self, leaf: bytes) -> "Frontier":
        """Return the frontier with one more leaf hash."""
        hashes = list(self.hashes)
        size = self.size
        while size & 1:
            leaf = hash_children(hashes.pop(), leaf)
            size >>= 1
        hashes.append(leaf)
        return Frontier(self.size + 1, tuple(hashes))

    def root(self) -> bytes:
        """Return the root hash of the tree."""
        return root_of(self.hashes)


def root_of(
    hashes: Sequence[bytes], join: Callable[[bytes, bytes], bytes] = hash_children
) -> bytes:
    """Return the root over the perfect subtrees of a frontier, largest first."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in hashes[-2::-1]:
        root = join(left, root)
    return root


def subtree_over(leaves: Sequence[bytes]) -> Subtree:
    """Return what computes subtree hashes from leaf hashes that are all at hand."""

    def subtree(start: int, stop: int) -> bytes:
        frontier = Frontier()
        for leaf in leaves[start:stop]:
            frontier = frontier.append(leaf)
        return frontier.root()

    return subtree


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(index: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """Return the hashes that lead from leaf `index` to the root of the first `size` leaves.

    Spec: RFC 6962 §2.1.1.
    """
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    start, stop = 0, size
    path = []
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(subtree(middle, stop))
            stop = middle
        else:
            path.append(subtree(start, middle))
            start = middle
    return tuple(reversed(path))


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Return whether `proof` shows leaf hash `leaf` at `index` of the tree of `size` with `root`.

    Spec: RFC 9162 §2.1.3.2.
    """
    if not 0 <= index < size or not _are_hashes([leaf, root, *proof]):
        return False
    node, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = hash_children(sibling, found)
            while node and not node & 1:
                node >>= 1
                last >>= 1
        else:
            found = hash_children(found, sibling)
        node >>= 1
        last >>= 1
    return last == 0 and found == root


def consistency_proof(first: int, second: int, subtree: Subtree) -> tuple[bytes, ...]:
    """Return the hashes that show the tree of `first` leaves to be a prefix of `second`.

    Spec: RFC 6962 §2.1.2.
    """
    if not 0 < first <= second:
        raise ValueError(f"a tree of {second} leaves has no prefix of {first}")
    start, stop, complete = 0, second, True
    path = []
    while stop != first:
        middle = start + _split(stop - start)
        if first <= middle:
            path.append(subtree(middle, stop))
            stop = middle
        else:
            path.append(subtree(start, middle))
            start, complete = middle, False
    if not complete:
        path.append(subtree(start, stop))
    return tuple(reversed(path))


def verify_consistency(
    first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes
) -> bool:
    """Return whether `proof` shows the tree with `first_root` to be a prefix of the other.

    Spec: RFC 9162 §2.1.4.2.
    """
    if not 0 < first <= second or not _are_hashes([first_root, second_root, *proof]):
        return False
    if first == second:
        return not proof and first_root == second_root
    hashes = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    return bool(hashes) and _roots_over(first, second, hashes) == (first_root, second_root)


def _roots_over(first: int, second: int, hashes: list[bytes]) -> tuple[bytes, bytes] | None:
    """Return both roots that a consistency proof leads to; None when its length is wrong."""
    node, last = first - 1, second - 1
    while node & 1:
        node >>= 1
        last >>= 1
    older = newer = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return None
        if node & 1 or node == last:
            older = hash_children(sibling, older)
            newer = hash_children(sibling, newer)
            while node and not node & 1:
                node >>= 1
                last >>= 1
        else:
            newer = hash_children(newer, sibling)
        node >>= 1
        last >>= 1
    return (older, newer) if last == 0 else None


def _are_hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == HASH_SIZE for value in values)
