from datetime import UTC, datetime
from hashlib import sha256

import orjson
import pytest

from audit.entry import (
    CODE_BY_KIND,
    KIND_BY_CODE,
    Entry,
    EntryKind,
    SubjectAccess,
    Subjects,
    canonical,
    commitment,
    commitment_over,
    entry_salt,
    field_sets_of,
    pack_subjects,
    stamp,
    unpack_subjects,
)
from audit.subjects import subjects_root

NOW = datetime(2026, 3, 1, 8, 30, 0, 123456, tzinfo=UTC)
SECRET = bytes(range(32))


def test_a_commitment_is_version_kind_and_one_salted_hash():
    packed = bytes(36 * 3)
    record = canonical({"b": 1, "a": "x"})

    body = (
        b"hub-audit/v1\x00"
        + sha256(b"hub-audit/salt\x00" + SECRET).digest()[:16]
        + sha256(b'{"a":"x","b":1}').digest()
        + subjects_root(SECRET, packed)
        + (3).to_bytes(8, "big")
    )

    assert commitment(3, SECRET, record, packed) == b"\x01\x03" + sha256(body).digest()


def test_a_commitment_can_be_recomputed_from_a_proof_without_the_secret():
    packed = bytes(72)

    from_parts = commitment_over(
        3, entry_salt(SECRET), sha256(b"{}").digest(), subjects_root(SECRET, packed), 2
    )

    assert from_parts == commitment(3, SECRET, b"{}", packed)


def test_each_part_of_an_entry_changes_its_commitment():
    parts = [3, SECRET, b'{"a":1}', bytes(36)]
    others = [4, bytes(32), b'{"a":2}', bytes(72)]

    changed = [[*parts[:n], others[n], *parts[n + 1 :]] for n in range(4)]

    assert len({commitment(*each) for each in [parts, *changed]}) == 5


def test_the_codes_of_kinds_never_change():
    assert [(kind.value, code) for kind, code in CODE_BY_KIND.items()] == [
        ("start", 1),
        ("stop", 2),
        ("answer", 3),
        ("denial", 4),
        ("ingest", 5),
        ("scoring", 6),
        ("lookup", 7),
        ("message", 8),
        ("dictionary", 9),
        ("policy", 10),
        ("command", 11),
        ("key", 12),
        ("retention", 13),
        ("lists", 14),
    ]
    assert KIND_BY_CODE[3] is EntryKind.ANSWER


def test_a_record_without_a_time_gets_that_of_the_log():
    stamped = stamp(b'{"department":"civil-affairs"}', NOW)

    assert orjson.loads(stamped.record)["at"] == 1_772_353_800_123
    assert stamped.at == NOW.replace(microsecond=123_000)
    assert stamped.department == "civil-affairs"


def test_a_record_with_a_time_is_kept_byte_by_byte():
    record = b'{"at":5,"x":[1,2]}'

    stamped = stamp(record, NOW)

    assert stamped.record == record
    assert stamped.at == datetime(1970, 1, 1, 0, 0, 0, 5000, tzinfo=UTC)
    assert stamped.department is None


@pytest.mark.parametrize(
    "record",
    [
        b"[]",
        b"{",
        b'{"at":"2026-01-01"}',
        b'{"at":true}',
        b'{"at":-1}',
        b'{"at":1e3}',
        b'{"at":999999999999999}',
        b'{"department":7}',
        b'{"department":"a\\u0000b"}',
    ],
)
def test_a_malformed_record_is_refused(record):
    with pytest.raises(ValueError):
        stamp(record, NOW)


def test_subjects_by_field_set_are_packed_as_one_by_one():
    tags = [bytes([n]) * 32 for n in range(5)]
    grouped = Subjects([(7, tags[:3]), (2**32 - 1, tags[3:]), (7, tags[:1])])
    single = [SubjectAccess(tag, field_set) for field_set, each in grouped.groups for tag in each]

    assert list(grouped) == single
    assert (len(grouped), grouped[3], grouped[-1]) == (6, single[3], single[-1])
    assert pack_subjects(grouped) == pack_subjects(single)
    assert unpack_subjects(pack_subjects(grouped)) == tuple(single)
    assert field_sets_of(grouped) == field_sets_of(single) == {7, 2**32 - 1}
    assert pack_subjects(Subjects([])) == pack_subjects([]) == b""


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_tag_of_another_length_is_refused_among_good_ones(size):
    with pytest.raises(ValueError, match="32 bytes"):
        pack_subjects(Subjects([(7, [bytes(32), bytes(size), bytes(32)])]))
    with pytest.raises(ValueError, match="32 bytes"):
        pack_subjects([SubjectAccess(bytes(32), 7), SubjectAccess(bytes(size), 7)])


def test_an_entry_that_states_its_content_is_stamped_as_its_record_would_be():
    content = {"department": "civil-affairs", "at": 1_772_353_800_123, "z": [1, None]}
    entry = Entry.stating(EntryKind.ANSWER, content)

    assert entry.stamped == stamp(entry.record, NOW)
    assert entry == Entry(EntryKind.ANSWER, canonical(content))


@pytest.mark.parametrize(
    "content", [{}, {"at": 1.0}, {"at": True}, {"at": -1}, {"at": 1, "department": "a\x00"}]
)
def test_what_cannot_be_stamped_cannot_be_stated(content):
    with pytest.raises(ValueError, match=r"`(at|department)` is"):
        Entry.stating(EntryKind.ANSWER, content)
