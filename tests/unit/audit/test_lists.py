"""What a list says of a subject, and that nothing else can be said under its root."""

import hashlib

import msgspec
import pytest

from audit.lists import BUCKETS, Bucket, Committed, leaf_of, opened_by, prove_list, root_over

SALT, SECRET = b"s" * 16, b"t" * 32


def tag(number, bucket=7):
    return bytes([bucket]) + hashlib.sha256(str(number).encode()).digest()[1:]


class Made:
    """One list: 40 subjects in one bucket, one in another, none in the rest."""

    def __init__(self, salt=SALT, left_out=None):
        self.entries = {tag(n): [n, n + 100, n + 200] for n in range(40)} | {tag(1, 9): [5]}
        listed = {t: [i for i in own if i != left_out] for t, own in self.entries.items()}
        self.salt = salt
        self.buckets = []
        for bucket in range(BUCKETS):
            leaves = [leaf_of(salt, SECRET, t, own) for t, own in listed.items() if t[0] == bucket]
            self.buckets.append(Bucket(sorted(leaves)))
        self.tops = [(len(b.leaves), b.root()) for b in self.buckets]
        root = root_over(self.tops)
        self.committed = Committed(0, 0, 1_000, salt.hex(), root.hex(), 41)

    def proof(self, of, entries=None, hidden=frozenset()):
        entries = self.entries.get(of, []) if entries is None else entries
        bucket = self.buckets[of[0]]
        return prove_list(of, self.salt, SECRET, bucket, self.tops, entries, hidden)


@pytest.fixture(scope="module")
def made():
    return Made()


@pytest.mark.parametrize("number", [0, 1, 17, 38, 39])
def test_a_subject_opens_its_entries(made, number):
    assert opened_by(made.proof(tag(number)), made.committed) == [
        number,
        number + 100,
        number + 200,
    ]


def test_what_is_not_shown_yet_is_counted_and_not_told(made):
    proof = made.proof(tag(3), hidden=frozenset({103}))

    assert opened_by(proof, made.committed) == [3, 203]
    assert len(proof.marks) == 3
    assert b"103" not in msgspec.json.encode(proof.marks[1])


@pytest.mark.parametrize("number", range(100, 160))
def test_that_there_is_no_leaf_is_proven(made, number):
    proof = made.proof(tag(number))

    assert opened_by(proof, made.committed) == []
    assert len(proof.leaves) in {1, 2}


@pytest.mark.parametrize("bucket", [9, 200])
def test_in_a_small_bucket_and_in_an_empty_one_too(made, bucket):
    assert opened_by(made.proof(tag(77, bucket)), made.committed) == []


def test_neighbours_are_told_by_keys_that_another_list_has_not(made):
    one, two = made.proof(tag(120)), Made(b"u" * 16).proof(tag(120))

    known = {leaf.key for leaf in one.leaves}
    assert known.isdisjoint(leaf.key for leaf in two.leaves)
    assert not any(t.hex()[:16] in msgspec.json.encode(one).decode() for t in made.entries)


def test_who_has_a_leaf_cannot_be_told_that_there_is_none(made):
    of = tag(5)
    whole = made.proof(of)
    place = whole.leaves[0].place
    bucket = made.buckets[of[0]]
    lies = [
        [bucket.shown(place - 1), bucket.shown(place + 1)],
        [bucket.shown(place - 1)],
        [bucket.shown(0)],
        [bucket.shown(39)],
        [],
    ]
    for leaves in lies:
        lie = msgspec.structs.replace(whole, leaves=leaves, salt=None, marks=[])
        assert opened_by(lie, made.committed) is None
    for count in (0, place):
        lie = msgspec.structs.replace(whole, leaves=[], count=count, salt=None, marks=[])
        assert opened_by(lie, made.committed) is None


def test_another_count_another_entry_and_another_list_are_found(made):
    proof = made.proof(tag(5))
    other = Made(b"u" * 16)
    changes = {
        "an entry left out": {"marks": proof.marks[:2]},
        "an entry more": {"marks": [*proof.marks, proof.marks[0]]},
        "another entry": {
            "marks": [msgspec.structs.replace(proof.marks[0], index=6), *proof.marks[1:]]
        },
        "a wrong count": {"count": proof.count + 1},
        "another leaf": {"leaves": made.proof(tag(6)).leaves},
        "another salt": {"salt": "00" * 16},
        "another tag": {"tag": tag(6).hex()},
        "no hex": {"salt": "zz"},
        "a shorter way": {"top": proof.top[1:]},
    }
    for what, change in changes.items():
        assert opened_by(msgspec.structs.replace(proof, **change), made.committed) is None, what
    assert opened_by(other.proof(tag(5)), made.committed) is None, "the list of another night"
    for committed in (
        msgspec.structs.replace(made.committed, root="00" * 32),
        msgspec.structs.replace(made.committed, salt="00" * 16),
    ):
        assert opened_by(proof, committed) is None
