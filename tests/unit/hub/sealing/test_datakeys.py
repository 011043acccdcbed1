import dataclasses
import hashlib

import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from hub.errors import KeysUnavailableError, SealBrokenError
from hub.sealing.datakeys import DataKeys, commitment_of
from hub.sealing.keyring import KeyKind
from hub.sealing.suites import Suite

POLICE, INSURER = "public-security", "medical-insurance"


@pytest.fixture
def data_keys(keyring):
    return DataKeys(keyring)


def opened(data_keys, key, **changed):
    key = dataclasses.replace(key, **changed)
    return data_keys.open(key.department, key.key_version, key.wrapped, key.commitment)


@pytest.fixture(params=["fresh", "opened before"])
def either(request, data_keys):
    """Return data keys and one of them, wrapped: a cache must not change what is refused."""
    raw, key = data_keys.new(POLICE)
    if request.param == "opened before":
        assert opened(data_keys, key) == raw
    return data_keys, key


def test_a_new_key_opens_to_itself_at_once_and_in_another_process(data_keys, keyring):
    raw, key = data_keys.new(POLICE)

    assert opened(data_keys, key) == raw
    assert opened(data_keys, key) == raw
    assert opened(DataKeys(keyring), key) == raw


def test_every_key_is_new(data_keys):
    made = [data_keys.new(POLICE) for _ in range(50)]

    assert len({raw for raw, _ in made}) == len({key.wrapped for _, key in made}) == 50


def test_the_wrapped_form_is_rfc_3394_under_the_departments_key(data_keys, keyring):
    raw, key = data_keys.new(POLICE)
    over = keyring.primary(KeyKind.DEPARTMENT, POLICE)

    assert (key.department, key.suite, key.key_version) == (POLICE, Suite.AES, over.version)
    assert len(raw) == 32
    assert len(key.wrapped) == 40
    assert aes_key_unwrap(over.secret, key.wrapped) == raw


def test_the_commitment_is_half_of_a_labelled_digest():
    expected = hashlib.sha256(b"hub/data-key-commitment/v1\0" + bytes(range(32))).hexdigest()[:32]

    assert expected == "978d1c7288da4fa7b6716474f616a443"
    assert commitment_of(bytes(range(32))).hex() == expected


@pytest.mark.parametrize("place", range(40))
def test_a_wrapped_key_in_which_a_byte_was_changed_does_not_open(either, place):
    data_keys, key = either
    altered = bytearray(key.wrapped)
    altered[place] ^= 1

    with pytest.raises(SealBrokenError, match="does not open"):
        opened(data_keys, key, wrapped=bytes(altered))


@pytest.mark.parametrize("length", [0, 8, 16, 24, 32, 39])
def test_a_truncated_wrapped_key_does_not_open(either, length):
    data_keys, key = either

    with pytest.raises(SealBrokenError):
        opened(data_keys, key, wrapped=key.wrapped[:length])


def test_a_wrapped_key_that_another_key_was_put_into_is_refused_by_its_commitment(
    data_keys, keyring
):
    _, key = data_keys.new(POLICE)
    over = keyring.primary(KeyKind.DEPARTMENT, POLICE)

    with pytest.raises(SealBrokenError, match="not the one committed to"):
        opened(data_keys, key, wrapped=aes_key_wrap(over.secret, bytes(32)))


@pytest.mark.parametrize("commitment", [b"", bytes(16), bytes(15)])
def test_another_commitment_is_refused_also_when_the_key_is_remembered(either, commitment):
    data_keys, key = either

    with pytest.raises(SealBrokenError, match="not the one committed to"):
        opened(data_keys, key, commitment=commitment)


def test_a_wrapped_key_of_one_department_opens_under_no_other(either):
    data_keys, key = either

    with pytest.raises(SealBrokenError, match=f"of {INSURER} does not open"):
        opened(data_keys, key, department=INSURER)


def test_a_version_that_is_not_at_hand_is_unavailable_not_broken(either):
    data_keys, key = either

    with pytest.raises(KeysUnavailableError, match="Version 2"):
        opened(data_keys, key, key_version=2)


def test_a_department_without_a_key_gets_no_data_keys(data_keys):
    with pytest.raises(KeysUnavailableError, match="housing"):
        data_keys.new("housing")


def test_no_more_keys_are_remembered_than_allowed_and_forgotten_ones_open_again(keyring):
    data_keys = DataKeys(keyring, capacity=3)
    made = [data_keys.new(POLICE) for _ in range(10)]

    for _ in range(2):
        for raw, key in made:
            assert opened(data_keys, key) == raw
            assert len(data_keys._opened) <= 3


def test_the_oldest_key_is_forgotten_first(keyring):
    data_keys = DataKeys(keyring, capacity=2)
    made = [data_keys.new(POLICE) for _ in range(3)]

    for _, key in made:
        opened(data_keys, key)

    assert list(data_keys._opened.values()) == [raw for raw, _ in made[1:]]


def test_what_does_not_open_is_not_remembered(data_keys):
    _, key = data_keys.new(POLICE)

    with pytest.raises(SealBrokenError):
        opened(data_keys, key, commitment=bytes(16))

    assert not data_keys._opened


def test_no_representation_or_message_shows_a_raw_key(data_keys):
    raw, key = data_keys.new(POLICE)
    opened(data_keys, key)

    with pytest.raises(SealBrokenError) as caught:
        opened(data_keys, key, commitment=bytes(16))

    shown = repr(data_keys) + repr(key) + str(caught.value)
    assert raw.hex() not in shown
    assert repr(raw)[2:-1] not in shown


def test_keys_of_a_page_are_those_opened_one_by_one(keyring):
    data_keys = DataKeys(keyring, capacity=3)
    made = [data_keys.new(POLICE) for _ in range(6)]
    stored = [(key.key_version, key.wrapped, key.commitment) for _, key in made]

    for page in (stored[:2], stored, stored[::-1], []):
        raw = {key.wrapped: raw for raw, key in made}
        assert data_keys.open_all(POLICE, page) == [raw[wrapped] for _, wrapped, _ in page]
        assert len(data_keys._opened) <= 3


def test_a_page_with_one_key_that_was_swapped_is_refused(keyring):
    data_keys = DataKeys(keyring)
    (_, first), (_, second) = (data_keys.new(POLICE) for _ in range(2))
    right = [(key.key_version, key.wrapped, key.commitment) for key in (first, second)]
    swapped = [right[0], (second.key_version, second.wrapped, first.commitment)]

    data_keys.open_all(POLICE, right)

    with pytest.raises(SealBrokenError):
        data_keys.open_all(POLICE, swapped)
