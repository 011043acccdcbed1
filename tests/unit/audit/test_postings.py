from random import Random

import numpy as np
import pytest

from audit.errors import LogInconsistentError
from audit.postings import OWN, bucket_of, mask_in_rest, mask_of, merged, packed

KEYS = [0, 1, -1, 5 << 56, -(1 << 63), (1 << 63) - 1, 77, (77 << 40) + 3]


def made(seed, span):
    rng = Random(seed)
    chances = [0.002, 0.01, 0.1, 0.5, 0.9, 1.0, 0.03, 0.0]
    return {
        key: [n for n in range(span) if rng.random() < chance]
        for key, chance in zip(KEYS, chances, strict=True)
    }


def arrays(entries):
    postings = [(key, n) for key, found in entries.items() for n in found]
    Random(1).shuffle(postings)
    keys, distances = zip(*postings, strict=True)
    return np.array(keys, np.int64), np.array(distances, np.int64)


def stored(postings, key, span):
    if key in postings.own:
        return np.flatnonzero(mask_of(postings.own[key], span)).tolist()
    rest = postings.rest.get(bucket_of(key), b"")
    return np.flatnonzero(mask_in_rest(key, rest, span)).tolist()


@pytest.mark.parametrize("span", [1, 7, 300, 4_096, 65_536])
def test_each_key_leads_to_its_entries_and_to_no_other(span):
    entries = made(span, span)
    postings = packed(*arrays(entries), span)

    for key, found in entries.items():
        assert stored(postings, key, span) == found
        assert (key in postings.own) == (len(found) >= OWN)


def test_short_spans_merge_into_what_a_long_one_has():
    lengths = [100, 1, 256, 2_000]
    parts, whole, offset = [], {}, 0
    for length in lengths:
        entries = made(length, length)
        parts.append((offset, packed(*arrays(entries), length), length))
        for key, found in entries.items():
            whole.setdefault(key, []).extend(n + offset for n in found)
        offset += length

    assert merged(parts, offset) == packed(*arrays(whole), offset)


def test_a_posting_that_is_repeated_counts_once_and_none_make_nothing():
    keys, distances = np.array([7, 7, 7], np.int64), np.array([3, 3, 1], np.int64)
    assert stored(packed(keys, distances, 9), 7, 9) == [1, 3]
    nothing = np.empty(0, np.int64)
    assert packed(nothing, nothing, 9) == packed(keys[:0], distances[:0], 5)


def test_a_key_of_all_entries_takes_a_bit_an_entry():
    every = np.arange(65_536, dtype=np.int64)
    (value,) = packed(np.full(65_536, 9, np.int64), every, 65_536).own.values()
    assert len(value) == 1 + 65_536 // 8


@pytest.mark.parametrize("value", [b"", b"\x02ab", b"\x00a", b"\x01abc", b"\x00\x09\x00"])
def test_a_malformed_value_is_refused(value):
    with pytest.raises(LogInconsistentError):
        mask_of(value, 9)


def test_a_cut_shared_value_is_refused():
    with pytest.raises(LogInconsistentError, match="cut"):
        mask_in_rest(7, bytes(11), 9)


def test_no_span_is_longer_than_distances_say():
    nothing = np.empty(0, np.int64)
    with pytest.raises(ValueError, match="65536"):
        packed(nothing, nothing, 65_537)
