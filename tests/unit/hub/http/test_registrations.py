"""What may be done to a client's registration, and what becomes of it."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from joserfc.jwk import ECKey

from hub.errors import SetupError
from hub.http.clients import keys_in, load_clients, registry_entry
from hub.http.encryption import encryption_jwk
from hub.http.registrations import (
    DatedKey,
    Registration,
    client_of,
    disabled,
    document_of,
    enabled,
    registered,
    registration_in,
    removed,
    taken_over,
    with_encryption,
    with_encryption_key,
    with_key,
    without_encryption_key,
    without_key,
)
from hub.http.registry import ClientQuotas, Renamed
from tests.support.edge import CLIENT, START

LATER = START + timedelta(hours=1)


def key(kid, begins=None, ends=None):
    made = ECKey.generate_key("P-256", {"kid": kid})
    jwk = {n: str(v) for n, v in made.as_dict(private=False).items()}
    return DatedKey(jwk, begins, ends)


def encryption_key(kid, begins=None, ends=None):
    pair = ECKey.generate_key("P-256", {"kid": kid})
    jwk = encryption_jwk("the key", pair.as_dict(private=False) | {"use": "enc"})
    return DatedKey(jwk, begins, ends)


def made(*keys, **more):
    stated = {"department": "tax", "role": "clerk", "purposes": ["PUSH"]} | more
    return Registration(keys=list(keys) or [key("one")], **stated)


def test_a_registration_is_read_as_it_was_stored_and_none_of_another_version_is():
    whole = made(
        key("one", START, LATER), regions=["4201"], quota=5, documents="trusted",
        sender_constraint="mtls", certificates=["A" * 43], resource_server=True, tokens_from=START,
        encryption="fields", encryption_keys=[encryption_key("enc-1", START, LATER)],
    )  # fmt: skip

    assert document_of(registration_in(document_of(whole))) == document_of(whole)
    client = client_of("a-client", whole)
    assert (client.area, client.quota, client.is_bound) == (("4201",), 5, True)
    assert (client.certificates, client.tokens_from) == ({"A" * 43}, START.timestamp())
    with pytest.raises(SetupError):
        registration_in('{"department": "tax", "unheard": 1}')


def test_an_entry_of_the_file_can_be_taken_over_as_it_is():
    entry = registry_entry(CLIENT, "tax", "clerk", ["PUSH"], ECKey.generate_key("P-256"), ["42"])
    client = load_clients(entry, str)[CLIENT]
    client = replace(client, sender_constraint="dpop", quota=7, is_bound=True)

    same = client_of(CLIENT, taken_over(client))

    assert replace(same, spans={}) == client
    assert [k.kid for k in same.keys.keys] == [k.kid for k in client.keys.keys]


def test_two_keys_are_good_at_a_time_each_in_its_own_span():
    change = with_key(made(key("one")), key("two", LATER, LATER + timedelta(hours=1)), START)
    client = client_of("x1", change.registration)

    def good(now):
        return [k.kid for k in client.keys_at(now).keys]

    assert change.keys == ["two"]
    assert good(START) == ["one"]
    assert good(LATER) == ["one", "two"]
    assert good(LATER + timedelta(hours=1)) == ["one"]


def encrypted(*kids, **more):
    keys = [encryption_key(kid) for kid in kids]
    return made(encryption="fields", encryption_keys=keys, **more)


@pytest.mark.parametrize(
    "take",
    [
        lambda now: with_key(made(key("one")), key("one"), now),
        lambda now: with_key(made(key("one"), key("two")), key("three"), now),
        lambda now: with_key(made(), key("two", LATER, LATER), now),
        lambda now: with_key(made(), key("two", None, now), now),
        lambda now: without_key(made(key("one")), "one", now, now, revoke=False),
        lambda now: without_key(made(key("one"), key("two", LATER)), "one", now, now, revoke=False),
        lambda now: without_key(made(), "two", now, now, revoke=False),
        lambda now: registered(made(), made()),
        lambda now: registered(None, made(key("a"), key("a"))),
        lambda now: registered(None, made(key("a"), key("b"), key("c"))),
        lambda now: disabled(made(state="removed"), now),
        lambda now: enabled(made(state="removed")),
        lambda now: with_key(made(state="removed"), key("two"), now),
        lambda now: client_of("x1", made(quota=0)),
        lambda now: client_of("x1", made(certificates=["A" * 43])),
        lambda now: client_of("x1", made(sender_constraint="mtls", certificates=["x"])),
        lambda now: client_of("x1", made(sender_constraint="mtls", certificates=["A" * 43] * 3)),
        lambda now: client_of("X", made()),
        lambda now: client_of("x1", made(encryption="fields")),
        lambda now: client_of("x1", made(encryption_keys=[encryption_key("a")] * 2)),
        lambda now: with_encryption(made(), "fields", now),
        lambda now: with_encryption(
            made(encryption_keys=[encryption_key("a", LATER)]), "response", now
        ),
        lambda now: with_encryption_key(encrypted("a"), encryption_key("a"), now),
        lambda now: with_encryption_key(encrypted("a", "b"), encryption_key("c"), now),
        lambda now: with_encryption_key(made(state="removed"), encryption_key("c"), now),
        lambda now: without_encryption_key(encrypted("a"), "a", now, now),
        lambda now: without_encryption_key(encrypted("a"), "b", now, now),
        lambda now: registered(
            None, made(encryption_keys=[encryption_key(kid) for kid in ("a", "b", "c")])
        ),
    ],
)
def test_what_cannot_be_is_refused(take):
    with pytest.raises(SetupError):
        take(START)


def test_a_third_key_has_room_once_one_has_ended_and_that_one_is_forgotten():
    earlier = made(key("one", None, START), key("two"))

    change = with_key(earlier, key("three"), START)

    assert [k.kid for k in change.registration.keys] == ["two", "three"]


def test_a_key_that_ends_earlier_anyway_is_not_prolonged_by_retiring_it():
    earlier = made(key("one", None, START + timedelta(minutes=1)), key("two"))

    change = without_key(earlier, "one", LATER, START, revoke=False)

    assert change.registration.keys[0].ends == START + timedelta(minutes=1)
    assert change.registration.tokens_from is None


def test_who_was_stopped_has_no_tokens_of_before_whatever_comes_after():
    off = disabled(made(), START).registration
    on = enabled(off).registration
    gone = removed(on, LATER).registration
    again = registered(gone, made(key("new"))).registration
    leaked = without_key(made(key("a"), key("b")), "a", START, START, revoke=True).registration

    stopped = START + timedelta(seconds=1)
    assert (off.state, off.tokens_from) == ("disabled", stopped)
    assert (on.state, on.tokens_from) == ("active", stopped)
    assert (gone.state, gone.keys) == ("removed", [])
    assert (again.state, again.tokens_from) == ("active", LATER + timedelta(seconds=1))
    assert leaked.tokens_from == stopped


def test_keys_are_read_from_a_jwk_or_a_set_and_no_private_one_is(tmp_path):
    pair = ECKey.generate_key("P-256", {"kid": "k"})
    public, private = pair.as_dict(private=False), pair.as_dict(private=True)
    file = tmp_path / "keys.json"

    for content in (public, {"keys": [public]}):
        file.write_text(json.dumps(content))
        assert [each["kid"] for each in keys_in(file)] == ["k"]
    for content in (private, {"keys": [private]}, {"keys": []}, [], {"keys": [1]}, {"kty": "oct"}):
        file.write_text(json.dumps(content))
        with pytest.raises(SetupError):
            keys_in(file)
    file.write_text("no json")
    with pytest.raises(SetupError):
        keys_in(file)


def test_views_of_the_registry_say_what_is_registered_now():
    clients = {"a1": client_of("a1", made(quota=3)), "b1": client_of("b1", made())}
    quotas, named = ClientQuotas(clients), Renamed({"theirs": "a1", "gone": "c1"}, clients)

    assert dict(quotas) == {"a1": 3}
    assert (quotas.get("b1"), len(quotas), len(named), list(named)) == (None, 1, 1, ["theirs"])
    assert named.get("gone") is None
    del clients["a1"]
    assert (named.get("theirs"), quotas.get("a1")) == (None, None)


def test_answers_are_encrypted_to_the_key_that_began_last_and_to_the_other_when_that_has_ended():
    ends = LATER + timedelta(hours=1)
    change = with_encryption_key(encrypted("one"), encryption_key("two", LATER, ends), START)
    client = client_of("x1", change.registration)

    def used(now):
        return client.encryption_key_at(now).kid

    assert change.keys == ["two"]
    assert [used(now) for now in (START, LATER, ends)] == ["one", "two", "one"]


def test_a_key_that_is_added_without_a_date_is_used_at_once():
    first = with_encryption_key(made(), encryption_key("one", START), START).registration
    both = with_encryption_key(first, encryption_key("two"), LATER).registration

    assert client_of("x1", both).encryption_key_at(LATER).kid == "two"
    assert client_of("x1", both).encryption_key_at(START).kid == "one"


def test_the_last_encryption_key_can_be_retired_where_nothing_must_be_encrypted():
    free = with_encryption(encrypted("one"), "none", START).registration
    gone = without_encryption_key(free, "one", LATER, START).registration

    assert client_of("x1", gone).encryption_key_at(LATER) is None
    assert removed(encrypted("one"), START).registration.encryption_keys == []


def test_an_entry_of_the_file_has_its_encryption_keys_taken_over():
    keys = json.dumps({"keys": [encryption_key("enc-1").jwk | {"use": "enc"}]})
    entry = registry_entry(CLIENT, "tax", "clerk", ["PUSH"], ECKey.generate_key("P-256"))
    entry += 'encryption = "response"\nencryption_jwks_file = "enc.jwks"\n'
    client = load_clients(entry, {"enc.jwks": keys}.__getitem__)[CLIENT]

    same = client_of(CLIENT, taken_over(client))

    assert (same.encryption, same.encryption_key_at(START).kid) == ("response", "enc-1")
