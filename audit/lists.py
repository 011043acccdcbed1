"""What the log commits to about everybody's list of entries: whose, how many, and which. Pure.

Once a day an entry of kind `lists` holds the root over one leaf a subject. The leaves stand in 256
buckets, by the first byte of the tag; in each they are sorted by a key that only this list has, so
that a person whose leaf is missing is shown the two between which it would stand, and neither
neighbour can be recognised in another list. What a leaf says of its subject is salted.

    key      SHA-256("hub-audit/list-key/v1" 00 | the list's salt | first 8 bytes of the tag)
    mark     SHA-256(00 | salt of the mark | entry's number, 8 bytes)         one an entry, in order
    content  SHA-256(01 | salt of the leaf | number of marks, 8 bytes | SHA-256(marks))
    bucket   RFC 9162 tree over key | content, in order of the keys; none: SHA-256 of nothing
    root     RFC 9162 tree over the 256 of: number of leaves, 8 bytes | root of the bucket

Two subjects whose tags share their first 8 bytes have one leaf: among ten million, 3 in a million
lists have such a pair, and its people are told that their lists do not fit.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256, shake_256
from typing import Annotated, Final

import msgspec

from audit.merkle import EMPTY_ROOT, hash_children, hash_leaf, verify_inclusion

BUCKETS: Final = 256
SALT: Final = 16
HEAD: Final = 8
_KEY: Final = b"hub-audit/list-key/v1\0"
_SUBJECT: Final = b"hub-audit/list-subject/v1\0"
_MARKS: Final = b"hub-audit/list-marks/v1\0"
_LEAF: Final = b"hub-audit/list-leaf/v1\0"
_LEAF_SIZE: Final = 64
_NEIGHBOURS: Final = 2
_Number = Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)]
Leaf = tuple[bytes, bytes]
"""A key and what it stands for."""


class Committed(msgspec.Struct, frozen=True):
    """What the record of a `lists` entry says."""

    at: int
    start: int
    """Entries below it may be gone, and stand in no list unless they are held."""
    stop: int
    """The lists are of entries below it."""
    salt: str
    root: str
    subjects: int


class Mark(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One entry of a list: opened, or only its mark where it is not shown yet."""

    index: _Number | None = None
    salt: str | None = None
    mark: str | None = None


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One leaf of a bucket, and its way to the bucket's root; bytes are hexadecimal."""

    place: _Number
    key: str
    content: str
    path: list[str]


class ListProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a list says of one tag: its leaf opened, or the leaves that leave no room for it."""

    tag: str
    count: _Number
    """Leaves of the bucket."""
    top: list[str]
    """From the bucket to the root."""
    leaves: list[Shown]
    salt: str | None = None
    """Of the tag's own leaf; without it there is none."""
    marks: list[Mark] = []


@dataclass(frozen=True, slots=True)
class Bucket:
    """The sorted leaves of one bucket."""

    leaves: Sequence[Leaf]

    def root(self) -> bytes:
        """Return the root over them."""
        return _root([hash_leaf(key + content) for key, content in self.leaves])

    def shown(self, place: int) -> Shown:
        """Return one leaf with its way to the root."""
        hashes = [hash_leaf(key + content) for key, content in self.leaves]
        path = _path(hashes, place)
        key, content = self.leaves[place]
        return Shown(place, key.hex(), content.hex(), [node.hex() for node in path])


def key_of(salt: bytes, tag: bytes) -> bytes:
    """Return where the leaf of a tag stands in the list with this salt."""
    return sha256(_KEY + salt + tag[:HEAD]).digest()


def marks_of(secret: bytes, tag: bytes, entries: Sequence[int]) -> list[tuple[bytes, bytes]]:
    """Return the salt and the mark of each entry of a subject, in order; `secret` is the list's."""
    own = sha256(_SUBJECT + secret + tag[:HEAD]).digest()
    salts = shake_256(_MARKS + own).digest(SALT * len(entries))
    found = []
    for place, index in enumerate(entries):
        salt = salts[place * SALT : (place + 1) * SALT]
        found.append((salt, _mark(salt, index)))
    return found


def leaf_salt(secret: bytes, tag: bytes) -> bytes:
    """Return the salt of a subject's leaf."""
    own = sha256(_SUBJECT + secret + tag[:HEAD]).digest()
    return sha256(_LEAF + own).digest()[:SALT]


def content_of(salt: bytes, marks: Sequence[bytes]) -> bytes:
    """Return what a leaf says: how many entries, and which."""
    counted = len(marks).to_bytes(8, "big")
    return sha256(b"\x01" + salt + counted + sha256(b"".join(marks)).digest()).digest()


def leaf_of(salt: bytes, secret: bytes, tag: bytes, entries: Sequence[int]) -> Leaf:
    """Return the leaf of a subject whose entries these are, in order."""
    marks = [mark for _, mark in marks_of(secret, tag, entries)]
    return key_of(salt, tag), content_of(leaf_salt(secret, tag), marks)


def root_over(buckets: Sequence[tuple[int, bytes]]) -> bytes:
    """Return the root over the number of leaves and the root of each bucket, in order."""
    return _root([_top(count, root) for count, root in buckets])


def prove_list(
    tag: bytes,
    salt: bytes,
    secret: bytes,
    bucket: Bucket,
    buckets: Sequence[tuple[int, bytes]],
    entries: Sequence[int],
    hidden: frozenset[int],
) -> ListProof:
    """Return what a list says of a tag: `entries` in order, those of `hidden` not opened."""
    tops = [_top(count, root) for count, root in buckets]
    path = _path(tops, tag[0])
    top = [node.hex() for node in path]
    keys = [key for key, _ in bucket.leaves]
    key = key_of(salt, tag)
    place = bisect_left(keys, key)
    count = len(keys)
    if place == count or keys[place] != key:
        around = [bucket.shown(n) for n in (place - 1, place) if 0 <= n < count]
        return ListProof(tag.hex(), count, top, around)
    marks = [
        Mark(mark=mark.hex()) if index in hidden else Mark(index=index, salt=mark_salt.hex())
        for index, (mark_salt, mark) in zip(entries, marks_of(secret, tag, entries), strict=True)
    ]
    own = leaf_salt(secret, tag).hex()
    return ListProof(tag.hex(), count, top, [bucket.shown(place)], own, marks)


def opened_by(proof: ListProof, committed: Committed) -> list[int] | None:
    """Return the numbers that a list opens for a tag, none where the list has no leaf of it.

    None: the proof does not lead to the committed root, or is malformed.
    """
    try:
        return _opened(proof, committed)
    except ValueError:
        return None


def _opened(proof: ListProof, committed: Committed) -> list[int] | None:
    tag, salt = bytes.fromhex(proof.tag), bytes.fromhex(committed.salt)
    if len(salt) != SALT or len(tag) <= HEAD or len(proof.leaves) > _NEIGHBOURS:
        return None
    key = key_of(salt, tag)
    shown = [(bytes.fromhex(one.key), bytes.fromhex(one.content)) for one in proof.leaves]
    if any(len(left + right) != _LEAF_SIZE for left, right in shown):
        return None
    root = _bucket_root(proof, shown, committed, tag[0])
    if root is None:
        return None
    for one, (left, right) in zip(proof.leaves, shown, strict=True):
        path = tuple(map(bytes.fromhex, one.path))
        if not verify_inclusion(hash_leaf(left + right), one.place, proof.count, path, root):
            return None
    if proof.salt is None:
        is_absent = not proof.marks and _leaves_no_room(proof, [k for k, _ in shown], key)
        return [] if is_absent else None
    return _own(proof, shown, key)


def _own(proof: ListProof, shown: Sequence[Leaf], key: bytes) -> list[int] | None:
    if len(shown) != 1 or shown[0][0] != key or proof.salt is None:
        return None
    marks: list[bytes] = []
    opened: list[int] = []
    for mark in proof.marks:
        if mark.mark is not None:
            marks.append(bytes.fromhex(mark.mark))
        elif mark.index is not None and mark.salt is not None:
            marks.append(_mark(bytes.fromhex(mark.salt), mark.index))
            opened.append(mark.index)
        else:
            return None
    is_right = content_of(bytes.fromhex(proof.salt), marks) == shown[0][1]
    return opened if is_right else None


def _leaves_no_room(proof: ListProof, keys: Sequence[bytes], key: bytes) -> bool:
    """Whether the leaves are neighbours, or the end of the bucket, and the key lies beyond them."""
    places = [one.place for one in proof.leaves]
    if not places:
        return proof.count == 0
    if len(places) == _NEIGHBOURS:
        return places[1] == places[0] + 1 and keys[0] < key < keys[1]
    at_start = places[0] == 0 and key < keys[0]
    return at_start or (places[0] == proof.count - 1 and keys[0] < key)


def _bucket_root(
    proof: ListProof, shown: Sequence[Leaf], committed: Committed, bucket: int
) -> bytes | None:
    """Return the root of the tag's bucket, if the committed root has it."""
    if not shown:
        found: bytes | None = EMPTY_ROOT if proof.count == 0 else None
    else:
        first = proof.leaves[0]
        path = tuple(map(bytes.fromhex, first.path))
        found = _climbed(hash_leaf(shown[0][0] + shown[0][1]), first.place, proof.count, path)
    if found is None:
        return None
    top = tuple(map(bytes.fromhex, proof.top))
    root = bytes.fromhex(committed.root)
    is_in = verify_inclusion(_top(proof.count, found), bucket, BUCKETS, top, root)
    return found if is_in else None


def _climbed(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root that an inclusion proof leads to. Spec: RFC 9162 §2.1.3.2."""
    if not 0 <= index < size:
        return None
    place, last, found = index, size - 1, leaf
    for node in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            found = hash_children(node, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = hash_children(found, node)
        place, last = place >> 1, last >> 1
    return found if last == 0 else None


def _above(hashes: Sequence[bytes]) -> list[bytes]:
    """Return the next level of a tree; a node without a sibling moves up as it is."""
    pairs = zip(hashes[::2], hashes[1::2], strict=False)
    return [hash_children(left, right) for left, right in pairs] + list(hashes[len(hashes) & ~1 :])


def _root(hashes: Sequence[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = _above(hashes)
    return hashes[0] if hashes else EMPTY_ROOT


def _path(hashes: Sequence[bytes], place: int) -> list[bytes]:
    path = []
    while len(hashes) > 1:
        if place ^ 1 < len(hashes):
            path.append(hashes[place ^ 1])
        hashes, place = _above(hashes), place >> 1
    return path


def _mark(salt: bytes, index: int) -> bytes:
    return sha256(b"\x00" + salt + index.to_bytes(8, "big")).digest()


def _top(count: int, root: bytes) -> bytes:
    return hash_leaf(count.to_bytes(8, "big") + root)
