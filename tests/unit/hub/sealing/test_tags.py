import hashlib
import hmac
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.errors import KeysUnavailableError
from hub.sealing.keyring import HUB, KeyKind, Keyring, KeyStatus
from hub.sealing.tags import Tagger, ensure_tag_keys

NUMBER = "690106197903150012"
texts = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.fixture
def tagger(keyring):
    return Tagger(keyring)


def test_equal_things_have_equal_tags_in_every_process(tagger, keyring):
    other = Tagger(Keyring.open(keyring._folder))

    assert tagger.person(NUMBER) == tagger.person(NUMBER) == other.person(NUMBER)
    assert tagger.subject(b"alias") == other.subject(b"alias")
    assert tagger.version == other.version == 1


def test_each_use_has_tags_of_its_own(tagger):
    tags = [
        tagger.person("x"),
        tagger.household("x"),
        tagger.record("x", ""),
        tagger.record("", "x"),
        tagger.content("x", ""),
        tagger.content("", "x"),
        *tagger.onces("x", ""),
        *tagger.onces("", "x"),
        tagger.identifier("x", ""),
        tagger.pseudonym("x", ""),
        tagger.subject(b"x"),
    ]

    assert len(set(tags)) == len(tags)
    assert {len(tag) for tag in tags} == {32}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.tuples(texts, texts), second=st.tuples(texts, texts))
def test_two_parts_never_run_together(tagger, first, second):
    same = first == second

    assert (tagger.record(*first) == tagger.record(*second)) is same
    assert (tagger.onces(*first) == tagger.onces(*second)) is same


def test_parts_that_join_to_one_text_have_different_tags(tagger):
    assert tagger.record("ab", "c") != tagger.record("a", "bc")
    assert tagger.content("a\0", "b") != tagger.content("a", "\0b")


def test_another_hub_has_other_tags(tagger, tmp_path):
    ring = Keyring.open_or_create(tmp_path / "elsewhere")
    ring.ensure(KeyKind.TAG)
    ring.ensure(KeyKind.IDENTIFIER)
    ring.ensure(KeyKind.SUBJECT)

    assert Tagger(ring).person(NUMBER) != tagger.person(NUMBER)
    assert Tagger(ring).subject(b"alias") != tagger.subject(b"alias")


def test_a_tag_is_no_plain_digest_of_the_number(tagger):
    digests = {hashlib.new(name, NUMBER.encode()).digest() for name in ("sha256", "sha3_256")}

    assert tagger.person(NUMBER) not in digests


def test_the_form_of_a_tag_byte_by_byte(tagger, keyring):
    key = keyring.primary(KeyKind.TAG).secret
    number = b"hub/tag/person/v1\0" + b"\0\0\0\x12" + NUMBER.encode()
    record = b"hub/tag/record/v1\0\0\0\0\x0apopulation\0\0\0\x036-1"

    assert tagger.person(NUMBER) == hmac.digest(key, number, "sha256")
    assert tagger.record("population", "6-1") == hmac.digest(key, record, "sha256")


def test_the_tags_of_the_log_are_under_a_key_of_their_own(tagger, keyring):
    key = keyring.primary(KeyKind.SUBJECT).secret

    expected = hmac.digest(key, b"hub/tag/subject/v1\0" + b"alias", "sha256")
    assert tagger.subject(b"alias") == expected


@pytest.mark.parametrize("missing", [KeyKind.TAG, KeyKind.IDENTIFIER, KeyKind.SUBJECT])
def test_without_one_of_its_keys_there_is_no_tagger(tmp_path, missing):
    ring = Keyring.open_or_create(tmp_path)
    for kind in {KeyKind.TAG, KeyKind.IDENTIFIER, KeyKind.SUBJECT} - {missing}:
        ring.ensure(kind)

    with pytest.raises(KeysUnavailableError, match=missing.value):
        Tagger(ring)


def test_its_representation_shows_no_key(tagger, keyring):
    assert keyring.primary(KeyKind.TAG).secret.hex() not in repr(tagger) + repr(vars(tagger))


def test_a_version_that_is_announced_is_looked_up_by_and_not_stored_under(tagger, keyring):
    before = tagger.person(NUMBER)
    with keyring.changing():
        made = keyring.add(KeyKind.TAG, HUB, KeyStatus.ANNOUNCED)

    first, second = tagger.people(NUMBER)
    assert (first, tagger.version, tagger.newest()) == (before, 1, 2)
    assert len(tagger.onces("client", "jti")) == 2

    with keyring.changing():
        keyring.put(replace(made, status=KeyStatus.PRIMARY))
    assert tagger.people(NUMBER) == (second, first)
    assert (tagger.person(NUMBER), tagger.version) == (second, 2)
    assert tagger.under(1).person(NUMBER) == first

    with keyring.changing():
        keyring.put(
            replace(keyring.version(KeyKind.TAG, HUB, 1), status=KeyStatus.RETIRED, secret=b"")
        )
    assert tagger.people(NUMBER) == (second,)
    with pytest.raises(KeysUnavailableError, match="Version 1"):
        tagger.under(1)


def test_a_process_hears_of_another_ones_version_when_it_looks(tagger, keyring):
    with pytest.raises(KeysUnavailableError):
        tagger.under(2)
    other = Keyring.open(keyring._folder)
    with other.changing():
        other.add(KeyKind.TAG, HUB, KeyStatus.ANNOUNCED)

    assert [key.version for key in tagger.looked()] == [1, 2]


def test_ids_stay_the_same_whatever_becomes_of_the_tag_key(tagger, keyring):
    before = tagger.identifier("population", "6"), tagger.pseudonym("actor", "x")
    with keyring.changing():
        keyring.add(KeyKind.TAG, HUB, KeyStatus.PRIMARY)

    assert (tagger.identifier("population", "6"), tagger.pseudonym("actor", "x")) == before


def test_a_hub_from_before_goes_on_with_the_ids_that_its_first_tag_key_made(tmp_path):
    ring = Keyring.open_or_create(tmp_path / "old")
    ring.ensure(KeyKind.SUBJECT)
    tag = ring.ensure(KeyKind.TAG, today="2025-01-01")

    ensure_tag_keys(ring, "2026-11-27")
    ensure_tag_keys(ring, "2026-11-28")

    tagger = Tagger(ring)
    assert ring.primary(KeyKind.TAG) == tag
    assert tagger.identifier("population", "6") == tagger.record("population", "6")
    new = Keyring.open_or_create(tmp_path / "new")
    new.ensure(KeyKind.SUBJECT)
    ensure_tag_keys(new, "2026-11-27")
    assert Tagger(new).identifier("population", "6") != Tagger(new).record("population", "6")
