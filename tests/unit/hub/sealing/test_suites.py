"""Suite 2 (SM4, SM3) does what suite 1 does, and the two never open what is the other's."""

import dataclasses
import itertools
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import KeysUnavailableError, SealBrokenError
from hub.sealing.datakeys import DataKeys, commitment_of
from hub.sealing.keyring import HUB, KeyKind, Keyring, KeyStatus
from hub.sealing.seals import aad_prefix, bytes_opener, opener, seal, seal_bytes, seal_groups
from hub.sealing.suites import ALGORITHMS, Mac, Suite, suite_of
from hub.sealing.tags import Tagger
from schema.catalogue import Catalogue

KEY = bytes(range(16))
IDENTITY, VERSION = UUID(int=7).bytes, UUID(int=9).bytes
PLACE = ("public-security", "population", "who")
PREFIX = aad_prefix(*PLACE)
VALUES = ["某甲", "1", "1979-03-15"]
POLICE, INSURER = "public-security", "medical-insurance"


def sealed(values=VALUES, key=KEY):
    return seal(key, PREFIX, IDENTITY, VERSION, values)


def broken(place, key, identity, version, value):
    with pytest.raises(SealBrokenError) as caught:
        opener(*place)(key, identity, version, value)
    return str(caught.value)


def test_sm4_gcm_and_sm3_are_those_of_their_standards():
    """RFC 8998 A.1; GB/T 32905 A.1."""
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    nonce = bytes.fromhex("00001234567800000000abcd")
    plain = b"".join(bytes([digit * 17]) * 8 for digit in b"\x0a\x0b\x0c\x0d\x0e\x0f\x0e\x0a")
    aad = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    sealed = ALGORITHMS[Suite.SM].encrypt(key, nonce, plain, aad)

    assert sealed.hex() == (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )
    assert ALGORITHMS[Suite.SM].begun(b"abc").digest().hex() == (
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )


def test_no_two_suites_have_data_keys_of_one_length():
    lengths = [algorithms.key_bytes for algorithms in ALGORITHMS.values()]

    assert len(set(lengths)) == len(lengths) == len(Suite)
    assert [suite_of(bytes(length)).suite for length in lengths] == list(ALGORITHMS)


@pytest.mark.parametrize("length", [0, 15, 17, 24, 31, 33])
def test_a_key_that_is_of_no_suite_seals_nothing(length):
    with pytest.raises(SealBrokenError, match="a length that no suite has"):
        sealed(key=bytes(length))


@given(st.lists(st.text() | st.integers(0, 9) | st.none()), st.binary(min_size=16, max_size=16))
def test_what_was_sealed_opens_to_the_same_values(values, key):
    values = [v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for v in values]

    assert opener(*PLACE)(key, IDENTITY, VERSION, sealed(values, key)) == values


@pytest.mark.parametrize(
    ("place", "key", "identity", "version"),
    [
        ((INSURER, "population", "who"), KEY, IDENTITY, VERSION),
        ((POLICE, "enrolment", "who"), KEY, IDENTITY, VERSION),
        ((POLICE, "population", "phone"), KEY, IDENTITY, VERSION),
        ((POLICE, "populationw", "ho"), KEY, IDENTITY, VERSION),
        (PLACE, bytes(16), IDENTITY, VERSION),
        (PLACE, bytes(range(32)), IDENTITY, VERSION),
        (PLACE, KEY[:15], IDENTITY, VERSION),
        (PLACE, KEY, UUID(int=8).bytes, VERSION),
        (PLACE, KEY, IDENTITY, UUID(int=8).bytes),
        (PLACE, KEY, VERSION, IDENTITY),
    ],
    ids=[
        *("owner", "dataset", "group", "border", "key", "key of suite 1", "short key"),
        *("identity", "version", "swapped"),
    ],
)
def test_a_value_opens_in_the_one_place_that_it_was_sealed_for(place, key, identity, version):
    broken(place, key, identity, version, sealed())


def test_every_single_bit_counts():
    whole = sealed()

    for place, bit in itertools.product(range(len(whole)), range(8)):
        altered = bytearray(whole)
        altered[place] ^= 1 << bit
        broken(PLACE, KEY, IDENTITY, VERSION, bytes(altered))


def test_a_truncated_or_lengthened_value_does_not_open():
    whole = sealed()

    for length in range(len(whole)):
        broken(PLACE, KEY, IDENTITY, VERSION, whole[:length])
    broken(PLACE, KEY, IDENTITY, VERSION, whole + b"\0")


def test_a_value_of_the_other_suite_does_not_open_whatever_its_byte_says():
    aes_key = bytes(range(32))
    of_aes, of_sm = sealed(key=aes_key), sealed()

    assert (of_aes[1], of_sm[1]) == (1, 2)
    assert "another suite than its data key" in broken(PLACE, KEY, IDENTITY, VERSION, of_aes)
    assert "another suite than its data key" in broken(PLACE, aes_key, IDENTITY, VERSION, of_sm)
    relabelled = [b"\1\2" + of_aes[2:], b"\1\1" + of_sm[2:]]
    for value, key in itertools.product(relabelled, [KEY, aes_key]):
        broken(PLACE, key, IDENTITY, VERSION, value)


def test_the_suite_byte_is_bound_and_not_only_read():
    """The same cipher and key, and the byte of the other suite in what is bound."""
    nonce = bytes(12)
    plain, aad = b"[1]".ljust(16), PREFIX + IDENTITY + VERSION
    rest = ALGORITHMS[Suite.SM].encrypt(KEY, nonce, plain, aad)  # aad says suite 1

    broken(PLACE, KEY, IDENTITY, VERSION, b"\1\2" + nonce + rest)
    rest = ALGORITHMS[Suite.SM].encrypt(KEY, nonce, plain, b"\1\2" + aad[2:])
    assert opener(*PLACE)(KEY, IDENTITY, VERSION, b"\1\2" + nonce + rest) == [1]


def test_bytes_and_whole_records_are_sealed_in_the_suite_of_their_key():
    population = Catalogue.discover().by_name["population"]
    columns = seal_groups(population, {"name": "某甲"}, KEY, UUID(int=7), UUID(int=9))
    whole = seal_bytes(KEY, PREFIX + IDENTITY + VERSION, b"vector")

    assert {column[1] for column in columns.values()} == {2}
    assert opener(*PLACE)(KEY, IDENTITY, VERSION, columns["sealed_who"])[0] == "某甲"
    assert bytes_opener(*PLACE)(KEY, IDENTITY, VERSION, whole) == b"vector"


def test_a_value_that_another_program_sealed_opens():
    """The vector of docs/sealing.md: key 00..0f, nonce a0..ab, identity 7, version 9."""
    vector = bytes.fromhex(
        "0102a0a1a2a3a4a5a6a7a8a9aaab"
        "666c2ff49d531444cb39ad8d0e7a7a7ae0740c84b41391c8efca767a070a3d3b"
        "f44b3a6c6ea6a389628c5dafc7066150"
    )

    assert opener(*PLACE)(KEY, IDENTITY, VERSION, vector) == VALUES


@pytest.fixture
def ring(tmp_path):
    """Return a keyring in which one department is of suite 2 and the other of suite 1."""
    made = Keyring.open_or_create(tmp_path / "keys")
    made.ensure(KeyKind.DEPARTMENT, POLICE, suite=Suite.SM)
    made.ensure(KeyKind.DEPARTMENT, INSURER)
    return made


def opened(data_keys, key, **changed):
    key = dataclasses.replace(key, **changed)
    return data_keys.open(key.department, key.key_version, key.wrapped, key.commitment)


def test_a_new_data_key_has_the_suite_of_its_departments_key(ring):
    data_keys = DataKeys(ring)

    of_police, of_insurer = data_keys.new(POLICE), data_keys.new(INSURER)

    assert (of_police[1].suite, len(of_police[0]), len(of_police[1].wrapped)) == (2, 16, 44)
    assert (of_insurer[1].suite, len(of_insurer[0]), len(of_insurer[1].wrapped)) == (1, 32, 40)
    for raw, key in (of_police, of_insurer):
        assert opened(DataKeys(ring), key) == raw


def test_the_wrapped_form_byte_by_byte(ring):
    """Take it apart with nothing but the cipher, as another program would."""
    raw, key = DataKeys(ring).new(POLICE)
    over = ring.primary(KeyKind.DEPARTMENT, POLICE)
    aad = b"hub/data-key-wrap/v1\0" + bytes.fromhex("0200000001") + POLICE.encode()

    found = ALGORITHMS[Suite.SM].decrypt(over.secret, key.wrapped[:12], key.wrapped[12:], aad)

    assert found == raw


def test_a_wrapped_key_of_another_program_opens(ring):
    """The vector of docs/sealing.md: department's key 10..1f, nonce b0..bb, data key 00..0f."""
    over = dataclasses.replace(
        ring.primary(KeyKind.DEPARTMENT, POLICE), secret=bytes(range(16, 32))
    )
    with ring.changing():
        ring.put(over)
    wrapped = bytes.fromhex(
        "b0b1b2b3b4b5b6b7b8b9babb98cd1417f1e6b604cd93d9b3cc4579ffe1e0fd68479d761026e01f92cdf1169f"
    )
    commitment = bytes.fromhex("73b03a32d7ae99d17db97b463b513f7b")

    assert DataKeys(ring).open(POLICE, 1, wrapped, commitment) == KEY
    assert commitment_of(KEY) == commitment


@pytest.mark.parametrize("place", range(44))
def test_a_wrapped_key_in_which_a_byte_was_changed_does_not_open(ring, place):
    data_keys = DataKeys(ring)
    _, key = data_keys.new(POLICE)
    altered = bytearray(key.wrapped)
    altered[place] ^= 1

    with pytest.raises(SealBrokenError, match="does not open"):
        opened(data_keys, key, wrapped=bytes(altered))


@pytest.mark.parametrize("length", [0, 11, 12, 27, 28, 43])
def test_a_truncated_wrapped_key_does_not_open(ring, length):
    data_keys = DataKeys(ring)
    _, key = data_keys.new(POLICE)

    with pytest.raises(SealBrokenError):
        opened(data_keys, key, wrapped=key.wrapped[:length])


def test_a_wrapped_key_is_bound_to_department_and_version_even_under_one_secret(ring):
    data_keys = DataKeys(ring)
    raw, key = data_keys.new(POLICE)
    over = ring.primary(KeyKind.DEPARTMENT, POLICE)
    with ring.changing():
        ring.put(dataclasses.replace(over, owner=INSURER, version=7))
        ring.put(dataclasses.replace(over, version=2))

    for changed in ({"department": INSURER, "key_version": 7}, {"key_version": 2}):
        with pytest.raises(SealBrokenError, match="does not open"):
            opened(data_keys, key, **changed)
    assert opened(data_keys, key) == raw


def test_a_data_key_is_wrapped_anew_in_its_suite_and_in_no_other(ring):
    data_keys = DataKeys(ring)
    raw, key = data_keys.new(POLICE)
    asked = (POLICE, key.key_version, key.wrapped, key.commitment)
    with ring.changing():
        ring.add(KeyKind.DEPARTMENT, POLICE, KeyStatus.PRIMARY, suite=Suite.SM)

    anew = data_keys.rewrapped(*asked)
    assert (anew.key_version, anew.suite) == (2, 2)
    assert opened(data_keys, anew) == raw

    with ring.changing():
        ring.add(KeyKind.DEPARTMENT, POLICE, KeyStatus.PRIMARY, suite=Suite.AES)
    with pytest.raises(KeysUnavailableError, match="of another suite"):
        data_keys.rewrapped(*asked)
    assert opened(data_keys, key) == raw
    assert data_keys.new(POLICE)[1].suite == Suite.AES


def test_tags_are_made_in_the_suite_of_their_keys_version(ring):
    for kind in (KeyKind.TAG, KeyKind.IDENTIFIER, KeyKind.SUBJECT):
        ring.ensure(kind)
    before = Tagger(Keyring.open(ring._folder))
    with ring.changing():
        ring.add(KeyKind.TAG, HUB, KeyStatus.PRIMARY, suite=Suite.SM)
    after, key = Tagger(ring), ring.primary(KeyKind.TAG)

    number = "690106197903150012"
    message = b"hub/tag/person/v1\0" + (18).to_bytes(4, "big") + number.encode()
    assert after.person(number) == Mac(key.secret, suite=Suite.SM).of(message)
    assert after.person(number) != before.person(number)
    assert len(after.household("1")) == len(after.content("population", "x")) == 32
    assert after.subject(b"alias") == before.subject(b"alias")


def test_hmac_sm3_is_that_of_the_library():
    """Spec: GM/T 0042; the vector is the one of docs/sealing.md."""
    from cryptography.hazmat.primitives.hashes import SM3
    from cryptography.hazmat.primitives.hmac import HMAC

    for secret, label, message in itertools.product(
        (b"", b"k", bytes(64), bytes(range(65))), (b"", b"label\0"), (b"", b"m" * 200)
    ):
        expected = HMAC(secret, SM3())
        expected.update(label + message)
        assert Mac(secret, label, Suite.SM).of(message) == expected.finalize()
