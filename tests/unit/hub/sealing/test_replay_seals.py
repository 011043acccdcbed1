"""What is kept for a replay is sealed under the key of now, and opens as long as its key lives."""

import hmac
from dataclasses import replace

import pytest

from hub.errors import KeysUnavailableError, SealBrokenError
from hub.sealing.keyring import HUB, KeyKind, Keyring, KeyStatus
from hub.sealing.replay_seals import DOCUMENT, REQUEST, ReplaySeals

DATA = b'{"person":null}'


@pytest.fixture
def seals(keyring):
    return ReplaySeals(keyring)


def test_the_form_of_a_digest_byte_by_byte(seals, keyring):
    secret = keyring.primary(KeyKind.REPLAY).secret
    key = hmac.digest(secret, b"hub/replay/answer/v1\0", "sha256")

    digest = "1:" + hmac.digest(key, DATA, "sha256").hex()[:32]

    assert seals.now().digest(DATA) == seals.now().digest(DATA) == digest
    assert seals.is_of(digest, DATA)
    assert not seals.is_of(digest, b"{}")


def test_what_is_sealed_opens_as_what_it_is_and_as_nothing_else(seals):
    sealed = seals.now().seal(REQUEST, "r-1", b"plain")

    assert seals.open(REQUEST, "r-1", sealed) == b"plain"
    assert seals.now().seal(REQUEST, "r-1", b"plain") != sealed
    for label, of, changed in [
        (DOCUMENT, "r-1", sealed),
        (REQUEST, "r-2", sealed),
        (REQUEST, "r-1", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (REQUEST, "r-1", sealed[:20]),
    ]:
        with pytest.raises(SealBrokenError):
            seals.open(label, of, changed)


def test_a_new_version_seals_at_once_and_the_one_before_opens_until_it_is_destroyed(seals, keyring):
    old = seals.now()
    sealed, digest = old.seal(REQUEST, "r-1", b"plain"), old.digest(DATA)
    with keyring.changing():
        keyring.add(KeyKind.REPLAY, HUB, KeyStatus.PRIMARY)

    new = seals.now()
    assert (old.version, new.version) == (1, 2)
    assert new.digest(DATA).startswith("2:")
    assert new.seal(REQUEST, "r-1", b"plain")[:4] == b"\0\0\0\2"
    assert seals.open(REQUEST, "r-1", sealed) == b"plain"
    assert seals.is_of(digest, DATA)

    with keyring.changing():
        first = keyring.version(KeyKind.REPLAY, HUB, 1)
        keyring.put(replace(first, status=KeyStatus.RETIRED, secret=b""))
    with pytest.raises(KeysUnavailableError):
        seals.open(REQUEST, "r-1", sealed)
    with pytest.raises(KeysUnavailableError):
        seals.is_of(digest, DATA)


def test_another_processes_version_is_sealed_under_once_the_keyring_is_looked_at(seals, keyring):
    other = Keyring.open(keyring._folder)
    with other.changing():
        other.add(KeyKind.REPLAY, HUB, KeyStatus.PRIMARY)

    keyring.look()
    assert seals.now().version == 2


def test_its_representation_shows_no_key(seals, keyring):
    secret = keyring.primary(KeyKind.REPLAY).secret
    seals.now().digest(DATA)

    shown = repr(seals) + repr(vars(seals)) + repr(vars(seals.now()))
    assert secret.hex() not in shown
    assert repr(secret)[2:-1] not in shown
