import base64
import json

import pytest
from joserfc import jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import ECKey, KeySet

from hub.errors import KeysUnavailableError
from hub.sealing.files import write_private
from hub.sealing.keyring import KeyKind, Keyring
from hub.sealing.log_signing import LogSigner
from hub.sealing.signing import MessageSigner, signing_key

PAYLOAD = '{"认定": "低保对象"}'.encode()


@pytest.fixture
def signer(keyring):
    return MessageSigner(keyring)


def test_a_signed_message_verifies_with_the_published_keys(signer):
    published = KeySet.import_key_set(json.loads(json.dumps(signer.jwks())))

    signed = jws.deserialize_compact(signer.sign(PAYLOAD), published, algorithms=["ES256"])

    assert signed.payload == PAYLOAD
    assert signed.headers() == {"alg": "ES256", "kid": "hub-outbound-signing-1", "typ": "JWS"}


def test_a_signed_message_in_which_a_byte_was_changed_does_not_verify(signer):
    published = KeySet.import_key_set(signer.jwks())
    head, body, signature = signer.sign(PAYLOAD).split(".")
    other = base64.urlsafe_b64encode(PAYLOAD + b" ").rstrip(b"=").decode()

    assert body != other
    with pytest.raises(BadSignatureError):
        jws.deserialize_compact(f"{head}.{other}.{signature}", published, algorithms=["ES256"])


def test_another_hub_cannot_sign_for_this_one(signer, tmp_path):
    ring = Keyring.open_or_create(tmp_path / "elsewhere")
    ring.ensure(KeyKind.OUTBOUND)

    with pytest.raises(BadSignatureError):
        jws.deserialize_compact(
            MessageSigner(ring).sign(PAYLOAD),
            KeySet.import_key_set(signer.jwks()),
            algorithms=["ES256"],
        )


def test_the_published_keys_are_public_halves_and_say_what_they_are_for(signer):
    (key,) = signer.jwks()["keys"]

    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert (key["crv"], key["use"], key["alg"]) == ("P-256", "sig", "ES256")


def test_the_same_keyring_gives_the_same_signing_key_in_every_process(keyring):
    again = Keyring.open(keyring._folder)

    for kind in (KeyKind.TOKEN, KeyKind.OUTBOUND):
        first, second = signing_key(keyring, kind), signing_key(again, kind)
        assert first.as_dict(private=True) == second.as_dict(private=True)


def test_every_kind_and_owner_has_a_signing_key_of_its_own(keyring):
    keyring.ensure(KeyKind.TOKEN, "other")
    keys = [
        signing_key(keyring, KeyKind.TOKEN),
        signing_key(keyring, KeyKind.OUTBOUND),
        signing_key(keyring, KeyKind.TOKEN, "other"),
    ]

    assert len({key.as_dict(private=True)["d"] for key in keys}) == 3
    assert [key.kid for key in keys] == [
        "hub-token-signing-1",
        "hub-outbound-signing-1",
        "other-token-signing-1",
    ]


def test_one_secret_gives_two_kinds_two_unrelated_keys(tmp_path, keyring):
    content = json.loads((keyring._folder / "keyring.json").read_text())
    by_kind = {e["kind"]: e for e in content["keys"]}
    by_kind["outbound-signing"]["wrapped"] = by_kind["token-signing"]["wrapped"]
    write_private(tmp_path / "same" / "root.key", (keyring._folder / "root.key").read_bytes())
    write_private(tmp_path / "same" / "keyring.json", json.dumps(content).encode())
    ring = Keyring.open(tmp_path / "same")

    token, outbound = signing_key(ring, KeyKind.TOKEN), signing_key(ring, KeyKind.OUTBOUND)

    assert ring.primary(KeyKind.TOKEN).secret == ring.primary(KeyKind.OUTBOUND).secret
    assert token.as_dict(private=True)["d"] != outbound.as_dict(private=True)["d"]


def test_a_fixed_secret_gives_a_fixed_key(tmp_path):
    """A vector, so that no later version loses the keys of an earlier one."""
    wrapped = "BPijw8MC07C36UsU3Pha0dppzXQFbteQfTy0n7J3maQQTbBY8pAa2w=="
    entry = {"kind": "token-signing", "owner": "hub", "version": 1, "status": "primary"}
    content = {"format": 1, "keys": [entry | {"wrapped": wrapped}]}
    write_private(tmp_path / "root.key", bytes(range(32)))
    write_private(tmp_path / "keyring.json", json.dumps(content).encode())

    key = signing_key(Keyring.open(tmp_path), KeyKind.TOKEN)

    assert key.as_dict()["x"] == "-bI4XV-wXu_ByeWBp8vV2pilrqZCR6aABxTFyn8HmQA"


def test_without_its_key_nothing_signs(tmp_path):
    ring = Keyring.open_or_create(tmp_path)

    for asked in (MessageSigner, lambda ring: LogSigner(ring, "hub.example/log")):
        with pytest.raises(KeysUnavailableError, match="signing"):
            asked(ring)


def test_no_representation_shows_a_private_key(signer, keyring):
    key = signing_key(keyring, KeyKind.OUTBOUND)
    private = key.as_dict(private=True)["d"]

    assert isinstance(key, ECKey)
    assert private not in f"{key!r} {key} {signer!r} {vars(signer)!r}"
