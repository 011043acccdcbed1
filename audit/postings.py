"""Which entries of a span have which key, in few bytes: bitmaps and sorted lists. Pure.

A key that many entries of a span have gets a value of its own: a byte for the form, then either
the entries' distances from the span's start (2 bytes each, little-endian, sorted) or a bit an
entry. All others stand together in up to 256 values, by the key's first byte: sorted postings of
the key (8 bytes, big-endian) and the distance (2 bytes): a key that one entry has costs 10 bytes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from audit.errors import LogInconsistentError

MAX_SPAN: Final = 1 << 16
"""Entries of one span at most: distances have two bytes."""
OWN: Final = 32
"""So many entries give a key a value of its own."""
_LIST, _BITS = b"\x00", b"\x01"
_REST: Final = np.dtype([("key", ">i8"), ("distance", "<u2")])
_LISTED: Final = np.dtype("<u2")
_BUCKET_SHIFT: Final = 56
_BUCKETS: Final = 256
_GROUPS: Final = 16
"""Into which the buckets are put to be merged, one group after the other."""

Keys = NDArray[np.int64]
Distances = NDArray[np.int64]
Mask = NDArray[np.bool_]
"""One truth an entry of a span."""


@dataclass(frozen=True, slots=True)
class Packed:
    """The postings of one span, as they are stored."""

    own: Mapping[int, bytes] = field(default_factory=dict)
    """By key."""
    rest: Mapping[int, bytes] = field(default_factory=dict)
    """By bucket."""


def bucket_of(key: int) -> int:
    """Return which of the shared values a key stands in: its first byte."""
    return key >> _BUCKET_SHIFT & (_BUCKETS - 1)


def packed(keys: Keys, distances: Distances, span: int) -> Packed:
    """Return the postings of a span of `span` entries; one that is repeated stands once.

    Raises:
        ValueError: The span is longer than distances can say.
    """
    if not 0 < span <= MAX_SPAN:
        raise ValueError(f"a span has 1 to {MAX_SPAN} entries, not {span}")
    keys, distances = _sorted(keys, distances)
    edges = np.flatnonzero(keys[1:] != keys[:-1]) + 1
    bounds = np.unique(np.concatenate(([0], edges, [len(keys)]))).astype(np.int64)
    counts = np.diff(bounds)
    own: dict[int, bytes] = {}
    for at in np.flatnonzero(counts >= OWN).tolist():
        begin, end = int(bounds[at]), int(bounds[at + 1])
        own[int(keys[begin])] = _value(distances[begin:end], span)
    is_rest = np.repeat(counts < OWN, counts)
    return Packed(own, _rest(keys[is_rest], distances[is_rest]))


def merged(parts: Iterable[tuple[int, Packed, int]], span: int) -> Packed:
    """Return the postings of a span made of shorter ones: (distance, postings, length) of each.

    Raises:
        LogInconsistentError: A value is malformed.
    """
    lists: list[list[tuple[int, int, int, bytes]]] = [[] for _ in range(_GROUPS)]
    shared: list[list[tuple[int, bytes]]] = [[] for _ in range(_GROUPS)]
    for offset, part, length in parts:
        for key, value in part.own.items():
            lists[bucket_of(key) % _GROUPS].append((offset, length, key, value))
        for bucket, value in part.rest.items():
            shared[bucket % _GROUPS].append((offset, value))
    own: dict[int, bytes] = {}
    rest: dict[int, bytes] = {}
    for of_keys, of_buckets in zip(lists, shared, strict=True):
        made = _merged(of_keys, of_buckets, span)
        own |= made.own
        rest |= made.rest
    return Packed(own, rest)


def _merged(
    lists: Iterable[tuple[int, int, int, bytes]], shared: Iterable[tuple[int, bytes]], span: int
) -> Packed:
    """Merge those of some buckets: all keys of a span at once are 150 MB of memory."""
    keys: list[Keys] = [np.empty(0, np.int64)]
    distances: list[Distances] = [np.empty(0, np.int64)]
    for offset, length, key, value in lists:
        found = np.flatnonzero(mask_of(value, length))
        keys.append(np.full(len(found), key, np.int64))
        distances.append(found + offset)
    for offset, value in shared:
        stored = _postings(value)
        keys.append(stored["key"].astype(np.int64))
        distances.append(stored["distance"].astype(np.int64) + offset)
    return packed(np.concatenate(keys), np.concatenate(distances), span)


def mask_of(value: bytes, span: int) -> Mask:
    """Return which entries of a span a key's own value has.

    Raises:
        LogInconsistentError: It is malformed.
    """
    form, body = value[:1], value[1:]
    if form == _BITS and len(body) == -(-span // 8):
        bits = np.unpackbits(np.frombuffer(body, np.uint8), count=span, bitorder="little")
        return bits.view(np.bool_)
    if form == _LIST and not len(body) % _LISTED.itemsize:
        return _marked(np.frombuffer(body, _LISTED), span)
    raise LogInconsistentError("a value of the index of facets is malformed")


def mask_in_rest(key: int, value: bytes, span: int) -> Mask:
    """Return which entries of a span a shared value has for a key.

    Raises:
        LogInconsistentError: It is malformed.
    """
    stored = _postings(value)
    keys = stored["key"].astype(np.int64)
    first, last = (int(np.searchsorted(keys, key, side)) for side in ("left", "right"))
    return _marked(stored["distance"][first:last], span)


def _marked(distances: NDArray[np.uint16], span: int) -> Mask:
    mask = np.zeros(span, np.bool_)
    if len(distances) and int(distances.max()) >= span:
        raise LogInconsistentError("a value of the index of facets leads out of its span")
    mask[distances] = True
    return mask


def _sorted(keys: Keys, distances: Distances) -> tuple[Keys, Distances]:
    """Return the postings by key, then by distance, each once."""
    order = np.lexsort((distances, keys))
    keys, distances = keys[order], distances[order]
    if len(keys):
        differs = (keys[1:] != keys[:-1]) | (distances[1:] != distances[:-1])
        kept = np.concatenate(([True], differs))
        keys, distances = keys[kept], distances[kept]
    return keys, distances


def _value(distances: Distances, span: int) -> bytes:
    if len(distances) * _LISTED.itemsize < -(-span // 8):
        return _LIST + distances.astype(_LISTED).tobytes()
    mask = np.zeros(span, np.bool_)
    mask[distances] = True
    return _BITS + np.packbits(mask, bitorder="little").tobytes()


def _rest(keys: Keys, distances: Distances) -> dict[int, bytes]:
    stored = np.empty(len(keys), _REST)
    stored["key"], stored["distance"] = keys, distances
    buckets = (keys >> _BUCKET_SHIFT) & (_BUCKETS - 1)
    whole, size = stored.tobytes(), _REST.itemsize
    # Keys are sorted as signed numbers, so the entries of a bucket lie side by side.
    edges = np.flatnonzero(np.diff(buckets)) + 1
    bounds = [0, *edges.tolist(), len(keys)]
    return {
        int(buckets[begin]): whole[begin * size : end * size]
        for begin, end in pairwise(bounds)
        if begin < end
    }


def _postings(value: bytes) -> NDArray[np.void]:
    if len(value) % _REST.itemsize:
        raise LogInconsistentError("a value of the index of facets is cut")
    return np.frombuffer(value, _REST)
