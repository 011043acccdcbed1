"""The index from subjects to entries, in segments: sorted postings of a span of entries.

A posting is the first 8 bytes of a subject's tag and the entry's distance from the segment's
start, 12 bytes together. A segment is kept as one value for each first byte of the tags, so that a
look-up reads one small value a segment, and thousands of postings are written as a few rows. A row
for each posting would cost the database more than the answer that it tells of.

Two tags may share their first 8 bytes: what is found is a candidate, to be checked by its entry.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from audit.errors import LogInconsistentError

POSTING_SIZE: Final = 12
MAX_SPAN: Final = 1 << 32
"""Entries of one segment at most: distances have four bytes."""
_HEAD: Final = 8
_SUBJECT: Final = 36
_BUCKET_SHIFT: Final = np.uint64(56)
_POSTING: Final = np.dtype([("head", ">u8"), ("distance", ">u4")])


def bucket_of(tag: bytes) -> int:
    """Return which value of a segment has the postings of `tag`: its first byte."""
    return tag[0]


def segment_of(rows: Sequence[tuple[int, bytes]], start: int) -> dict[int, bytes]:
    """Return the sorted postings, by bucket, of entries given as (number, packed subjects).

    Each posting stands once. `start` is the segment's first entry; none has a lower number.
    """
    subjects = np.frombuffer(b"".join(packed for _, packed in rows), np.uint8)
    heads = np.ascontiguousarray(subjects.reshape(-1, _SUBJECT)[:, :_HEAD])
    found = np.empty(len(heads), _POSTING)
    found["head"] = heads.view(">u8")[:, 0]
    counts = [len(packed) // _SUBJECT for _, packed in rows]
    found["distance"] = np.repeat(np.array([seq - start for seq, _ in rows], np.uint64), counts)
    # As bytes they sort as their numbers do, and a posting that is repeated is dropped.
    unique = np.unique(found.view(f"V{POSTING_SIZE}")) if len(found) else found
    sorted_found = unique.view(_POSTING)
    buckets = (sorted_found["head"].astype(np.uint64) >> _BUCKET_SHIFT).astype(np.int64)
    ends = np.cumsum(np.bincount(buckets, minlength=256))
    packed_all = sorted_found.tobytes()
    segment: dict[int, bytes] = {}
    begin = 0
    for bucket, end in enumerate(ends.tolist()):
        if end > begin:
            segment[bucket] = packed_all[begin * POSTING_SIZE : end * POSTING_SIZE]
        begin = end
    return segment


def entries_about(tags: Sequence[bytes], start: int, postings: bytes) -> Iterator[int]:
    """Give the entries that one value of a segment has for tags of its bucket, some twice.

    Raises:
        LogInconsistentError: The value is no list of postings.
    """
    if len(postings) % POSTING_SIZE:
        raise LogInconsistentError("a segment of the index is cut")
    stored = np.frombuffer(postings, _POSTING)
    heads = stored["head"].astype(np.uint64)
    for tag in tags:
        wanted = np.uint64(int.from_bytes(tag[:_HEAD], "big"))
        first, last = (int(np.searchsorted(heads, wanted, side)) for side in ("left", "right"))
        for distance in stored["distance"][first:last].tolist():
            yield start + distance


def missing_entries(
    rows: Sequence[tuple[int, bytes]], start: int, stored: Mapping[int, bytes]
) -> set[int]:
    """Return the entries of a segment whose stored postings are not those of their subjects."""
    wrong: set[int] = set()
    right = segment_of(rows, start)
    for bucket in right.keys() | stored.keys():
        wanted, found = right.get(bucket, b""), stored.get(bucket, b"")
        if wanted != found:
            wrong |= {
                start + int.from_bytes(posting[_HEAD:], "big")
                for posting in _postings(wanted) ^ _postings(found)
            }
    return wrong


def _postings(packed: bytes) -> set[bytes]:
    return {packed[at : at + POSTING_SIZE] for at in range(0, len(packed), POSTING_SIZE)}
