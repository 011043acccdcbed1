import itertools
import json
from datetime import date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import SealBrokenError
from hub.sealing.seals import aad_prefix, cipher_of, column_opener, opener, seal, seal_groups
from schema.catalogue import Catalogue

KEY = bytes(range(32))
IDENTITY = UUID(int=7).bytes
VERSION = UUID(int=9).bytes
PLACE = ("public-security", "population", "who")
PREFIX = aad_prefix(*PLACE)
VALUES = ["某甲", "1", "1979-03-15"]

LONG = 2**63 - 1
plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LONG, LONG)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=8,
)


def sealed(values=VALUES):
    return seal(KEY, PREFIX, IDENTITY, VERSION, values)


def broken(place, key, identity, version, value):
    with pytest.raises(SealBrokenError) as caught:
        opener(*place)(key, identity, version, value)
    with pytest.raises(SealBrokenError) as of_column:
        column_opener(*place)([key], [identity], [version], [value])
    assert str(of_column.value) == str(caught.value)
    return str(caught.value)


@given(st.lists(plain_values), st.binary(min_size=32, max_size=32), st.uuids(), st.uuids())
def test_what_was_sealed_opens_to_the_same_values(values, key, identity, version):
    value = seal(key, PREFIX, identity.bytes, version.bytes, values)

    assert opener(*PLACE)(key, identity.bytes, version.bytes, value) == values


def test_the_same_values_never_seal_to_the_same_bytes():
    assert len({sealed() for _ in range(100)}) == 100
    assert len({sealed()[2:14] for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("place", "key", "identity", "version"),
    [
        (("medical-insurance", "population", "who"), KEY, IDENTITY, VERSION),
        (("public-security", "enrolment", "who"), KEY, IDENTITY, VERSION),
        (("public-security", "population", "phone"), KEY, IDENTITY, VERSION),
        (("public-security", "populationw", "ho"), KEY, IDENTITY, VERSION),
        (PLACE, bytes(32), IDENTITY, VERSION),
        (PLACE, KEY, UUID(int=8).bytes, VERSION),
        (PLACE, KEY, IDENTITY, UUID(int=8).bytes),
        (PLACE, KEY, VERSION, IDENTITY),
    ],
    ids=["owner", "dataset", "group", "border", "key", "identity", "version", "swapped"],
)
def test_a_value_opens_in_the_one_place_that_it_was_sealed_for(place, key, identity, version):
    broken(place, key, identity, version, sealed())


def test_a_value_that_was_moved_between_people_does_not_open():
    first, second = UUID(int=1).bytes, UUID(int=2).bytes
    of_first = seal(KEY, PREFIX, first, VERSION, ["1"])
    of_second = seal(KEY, PREFIX, second, VERSION, ["2"])

    broken(PLACE, KEY, first, VERSION, of_second)
    broken(PLACE, KEY, second, VERSION, of_first)


@given(st.binary(min_size=1, max_size=1), st.integers(0, len(sealed()) - 1))
def test_a_value_in_which_any_byte_was_changed_does_not_open(byte, place):
    whole = sealed()
    changed = bytes([whole[place] ^ byte[0]])
    altered = whole[:place] + changed + whole[place + 1 :]

    if altered == whole:
        assert opener(*PLACE)(KEY, IDENTITY, VERSION, altered) == VALUES
    else:
        broken(PLACE, KEY, IDENTITY, VERSION, altered)


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


@pytest.mark.parametrize("head", [b"\0\1", b"\2\1", b"\1\0", b"\1\3", b"\2\2", b"\xff\xff"])
def test_a_format_or_suite_that_is_not_known_is_refused_as_such(head):
    said = broken(PLACE, KEY, IDENTITY, VERSION, head + sealed()[2:])

    assert "unknown format or suite" in said


def test_a_key_of_the_wrong_length_is_a_broken_seal_and_no_foreign_error():
    broken(PLACE, KEY[:31], IDENTITY, VERSION, sealed())


def test_yes_no_and_unknown_have_one_length():
    assert len({len(sealed([value])) for value in (True, False, None)}) == 1


@given(st.lists(plain_values))
def test_a_length_tells_no_more_than_the_sixteenth_part_of_it(values):
    exact = len(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode())
    head_and_tag = 2 + 12 + 16

    ciphertext = len(sealed(values)) - head_and_tag

    assert ciphertext % 16 == 0
    assert exact <= ciphertext < exact + 16


def test_the_message_of_a_broken_seal_names_the_place_and_no_value():
    said = broken(PLACE, KEY, IDENTITY, UUID(int=3).bytes, sealed())

    assert said == "A value of population.who does not authenticate."


def test_the_format_byte_by_byte():
    """Take the value apart with nothing but the cipher, as another program would."""
    value = sealed()
    head, nonce, rest = value[:2], value[2:14], value[14:]
    aad = bytes.fromhex(
        "0101"
        "000f7075626c69632d7365637572697479"  # 15, public-security
        "000a706f70756c6174696f6e"  # 10, population
        "000377686f"  # 3, who
        "00000000000000000000000000000007"
        "00000000000000000000000000000009"
    )

    assert head == b"\x01\x01"
    assert AESGCM(KEY).decrypt(nonce, rest, aad) == '["某甲","1","1979-03-15"]'.encode().ljust(32)


def test_a_value_that_another_program_sealed_opens():
    """A fixed vector: key 00..1f, nonce a0..ab, identity 7, version 9, group `who`."""
    vector = bytes.fromhex(
        "0101a0a1a2a3a4a5a6a7a8a9aaab"
        "bd3a9ab2d52c960d4049a5e22556e2ef499b603da2846f5da92c7ba65f8b5521"
        "3112685deeddf24069833c2218ac3226"
    )

    assert opener(*PLACE)(KEY, IDENTITY, VERSION, vector) == ["某甲", "1", "1979-03-15"]


POPULATION = Catalogue.discover().by_name["population"]
RECORD = {
    "national_id": "690106197903150012",
    "name": "某甲",
    "sex": "1",
    "birth_date": date(1979, 3, 15),
    "birth_year": 1979,
    "region": "690106001002",
}


def test_every_sealed_group_of_a_record_becomes_a_column_and_nothing_clear_does():
    identity, version = UUID(int=7), UUID(int=9)

    columns = seal_groups(POPULATION, RECORD, KEY, identity, version)

    assert set(columns) == {f"sealed_{group}" for group in POPULATION.groups}
    opened = {
        group: opener("public-security", "population", group)(
            KEY, identity.bytes, version.bytes, columns[f"sealed_{group}"]
        )
        for group in POPULATION.groups
    }
    assert opened["who"] == ["某甲", "1", "1979-03-15"]
    assert opened["national_id"] == ["690106197903150012"]
    assert opened["birth_year"] == [1979]
    assert opened["phone"] == [None]


def test_a_moment_is_sealed_as_an_iso_text_with_its_zone():
    moment = datetime(2026, 7, 1, 8, 30, tzinfo=timezone(timedelta(hours=8)))

    columns = seal_groups(POPULATION, {"phone": moment}, KEY, UUID(int=7), UUID(int=9))
    opened = opener("public-security", "population", "phone")

    assert opened(KEY, IDENTITY, VERSION, columns["sealed_phone"]) == ["2026-07-01T08:30:00+08:00"]


def test_columns_of_two_groups_cannot_be_swapped():
    columns = seal_groups(POPULATION, RECORD, KEY, UUID(int=7), UUID(int=9))

    broken(PLACE, KEY, IDENTITY, VERSION, columns["sealed_national_id"])


def test_no_ciphertext_holds_a_value_of_the_record():
    columns = seal_groups(POPULATION, RECORD, KEY, UUID(int=7), UUID(int=9))

    stored = b"".join(columns.values())
    assert not any(str(v).encode() in stored for v in RECORD.values() if len(str(v)) > 2)


def test_a_cipher_at_hand_opens_nothing_of_another_key():
    other = bytes(reversed(KEY))
    theirs = seal(other, PREFIX, IDENTITY, VERSION, ["theirs"])

    assert opener(*PLACE)(KEY, IDENTITY, VERSION, sealed()) == VALUES
    assert opener(*PLACE)(other, IDENTITY, VERSION, theirs) == ["theirs"]
    assert opener(*PLACE)(KEY, IDENTITY, VERSION, sealed()) == VALUES
    broken(PLACE, KEY, IDENTITY, VERSION, theirs)
    broken(PLACE, other, IDENTITY, VERSION, sealed())


def test_only_so_many_ciphers_are_kept_at_hand():
    for number in range(cipher_of.cache_info().maxsize + 2):
        cipher_of(number.to_bytes(32, "big"))

    assert cipher_of.cache_info().currsize == cipher_of.cache_info().maxsize


def test_a_column_opens_row_by_row_and_not_at_all_where_one_is_broken():
    keys = [KEY, bytes(reversed(KEY)), KEY[:16]]
    places = [UUID(int=n).bytes for n in range(3)]
    values = [["a", None], ["b", 1], ["c", True]]
    column = [seal(k, PREFIX, i, VERSION, v) for k, i, v in zip(keys, places, values, strict=True)]
    open_column = column_opener(*PLACE)

    assert open_column(keys, places, [VERSION] * 3, column) == values
    assert open_column([], [], [], []) == []
    for broken_row in range(3):
        moved = [*column[:broken_row], column[broken_row - 1], *column[broken_row + 1 :]]
        with pytest.raises(SealBrokenError, match=r"population\.who"):
            open_column(keys, places, [VERSION] * 3, moved)
