from hashlib import sha256, shake_256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.entry import SubjectAccess, pack_subjects, unpack_subjects
from audit.subjects import (
    EMPTY_SUBJECTS_ROOT,
    SubjectProof,
    prove_subject,
    root_from_proof,
    subjects_root,
    verify_subject,
)

SECRET = bytes(range(32))
counts = st.sampled_from([1, 2, 3, 63, 64, 65, 128, 129, 4096, 4097])

STREAM = shake_256(b"hub-audit/subject-salts/v1\0" + SECRET).digest(16 * 5_000)


def packed_of(count):
    subjects = (SubjectAccess(sha256(b"%d" % n).digest(), n % 7) for n in range(count))
    return pack_subjects(subjects)


def leaf(index, packed):
    salt = STREAM[16 * index : 16 * index + 16]
    return sha256(b"\x00" + salt + packed[36 * index : 36 * index + 36]).digest()


def naive_root(packed):
    level = [leaf(index, packed) for index in range(len(packed) // 36)]
    while len(level) > 1:
        groups = [level[at : at + 64] for at in range(0, len(level), 64)]
        level = [sha256(b"\x01" + b"".join(group)).digest() for group in groups]
    return level[0] if level else sha256(b"").digest()


@given(counts)
def test_the_root_is_that_of_groups_of_64_over_salted_leaves(count):
    packed = packed_of(count)

    assert subjects_root(SECRET, packed) == naive_root(packed)


def test_no_subjects_hash_nothing():
    assert subjects_root(SECRET, b"") == EMPTY_SUBJECTS_ROOT == naive_root(b"")


@given(counts, st.data())
def test_every_subject_proves_that_it_is_there(count, data):
    index = data.draw(st.integers(0, count - 1))
    packed = packed_of(count)
    root = subjects_root(SECRET, packed)

    proof = prove_subject(SECRET, packed, index)

    subject = packed[36 * index : 36 * index + 36]
    assert verify_subject(proof, subject, root, count)


@given(st.sampled_from([1, 2, 65, 200]), st.data())
def test_no_altered_proof_verifies(count, data):
    index = data.draw(st.integers(0, count - 1))
    packed = packed_of(count)
    root = subjects_root(SECRET, packed)
    subject = packed[36 * index : 36 * index + 36]
    good = prove_subject(SECRET, packed, index)

    for bad in altered(good):
        assert not verify_subject(bad, subject, root, count), bad
    other = subject[:35] + bytes([subject[35] ^ 1])
    assert not verify_subject(good, other, root, count)
    assert not verify_subject(good, subject, bytes(32), count)
    assert not verify_subject(good, subject, root, count + 1)


@given(st.sampled_from([1, 2, 63, 65, 200]))
def test_a_proof_for_one_number_of_subjects_is_none_for_another(count):
    packed = packed_of(count)
    root = subjects_root(SECRET, packed)
    good = prove_subject(SECRET, packed, count - 1)

    for other in (count + 1, 64 * count + 1):
        bad = SubjectProof(good.index, other, good.salt, good.siblings)
        assert not verify_subject(bad, packed[-36:], root, other)


def altered(good):
    yield SubjectProof(good.index + 1, good.count, good.salt, good.siblings)
    yield SubjectProof(good.index - 1, good.count, good.salt, good.siblings)
    yield SubjectProof(good.index, good.count, bytes(32), good.siblings)
    yield SubjectProof(good.index, good.count, good.salt, (*good.siblings, ()))
    yield SubjectProof(good.index, good.count, good.salt, (*good.siblings, (bytes(32),)))
    for place, group in enumerate(good.siblings):
        others = good.siblings[:place], good.siblings[place + 1 :]
        yield SubjectProof(good.index, good.count, good.salt, (*others[0], *others[1]))
        for changed in [group[1:], (bytes(32), *group[1:])] if group else [(bytes(32),)]:
            siblings = (*others[0], changed, *others[1])
            yield SubjectProof(good.index, good.count, good.salt, siblings)


@given(counts)
def test_a_proof_shows_neither_the_secret_nor_another_subject(count):
    packed = packed_of(count)

    shown = repr(prove_subject(SECRET, packed, 0))

    assert repr(SECRET) not in shown
    assert not any(repr(packed[at : at + 32]) in shown for at in range(0, len(packed), 36))


def test_there_is_no_proof_for_a_subject_that_is_not_there():
    for index in (-1, 3):
        with pytest.raises(ValueError):
            prove_subject(SECRET, packed_of(3), index)
    assert root_from_proof(SubjectProof(1, 1, bytes(32), ()), bytes(36)) is None


@given(st.lists(st.tuples(st.binary(min_size=32, max_size=32), st.integers(0, 2**32 - 1))))
def test_packing_subjects_loses_nothing(pairs):
    subjects = tuple(SubjectAccess(*pair) for pair in pairs)

    assert unpack_subjects(pack_subjects(subjects)) == subjects


def test_a_tag_of_another_length_is_refused():
    with pytest.raises(ValueError):
        pack_subjects([SubjectAccess(b"short", 1)])
    with pytest.raises(ValueError):
        unpack_subjects(bytes(35))


@pytest.mark.parametrize("length", [1, 35, 37, 71])
def test_what_is_no_whole_number_of_subjects_has_no_root_and_no_proof(length):
    with pytest.raises(ValueError, match="whole number"):
        subjects_root(SECRET, bytes(length))
    with pytest.raises(ValueError, match="whole number"):
        prove_subject(SECRET, bytes(length), 0)
