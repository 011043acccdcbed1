from hashlib import sha256
from random import Random

import pytest

from audit.errors import LogInconsistentError
from audit.segments import bucket_of, entries_about, missing_entries, segment_of

TAGS = [sha256(b"%d" % n).digest() for n in range(40)]


def packed(*tags):
    return b"".join(tag + bytes(4) for tag in tags)


def rows(seed, count=300, start=1_000):
    rng = Random(seed)
    return [(start + n, packed(*rng.sample(TAGS, rng.randrange(6)))) for n in range(count)]


def about(tag, entries):
    return sorted(seq for seq, subjects in entries if tag in subjects)


@pytest.mark.parametrize("seed", range(5))
def test_a_segment_leads_from_each_tag_to_its_entries_and_to_no_other(seed):
    entries = rows(seed)
    segment = segment_of(entries, 1_000)

    for tag in [*TAGS, bytes(32)]:
        found = entries_about([tag], 1_000, segment.get(bucket_of(tag), b""))
        assert sorted(found) == about(tag, entries)


def test_a_posting_that_is_repeated_is_kept_once_and_postings_are_sorted():
    first, second = sorted(TAGS)[:2]
    segment = segment_of([(7, packed(second, first, first)), (9, packed(first))], 5)

    whole = b"".join(segment[bucket] for bucket in sorted(segment))
    assert whole == b"".join(
        (first[:8], bytes((0, 0, 0, 2)), first[:8], bytes((0, 0, 0, 4)), second[:8])
    ) + bytes((0, 0, 0, 2))


def test_entries_about_nobody_make_no_segment():
    assert segment_of([], 0) == {}
    assert segment_of([(3, b"")], 0) == {}


def test_a_cut_value_is_refused():
    with pytest.raises(LogInconsistentError, match="cut"):
        list(entries_about([TAGS[0]], 0, bytes(13)))


def test_entries_whose_postings_are_wrong_are_named():
    entries = rows(3)
    stored = segment_of(entries, 1_000)
    assert missing_entries(entries, 1_000, stored) == set()

    bucket = min(stored)
    first = 1_000 + int.from_bytes(stored[bucket][8:12], "big")
    assert missing_entries(entries, 1_000, {**stored, bucket: stored[bucket][12:]}) == {first}
    extra = {**stored, 0: stored.get(0, b"") + bytes(8) + (5).to_bytes(4, "big")}
    assert missing_entries(entries, 1_000, extra) == {1_005}
