import base64
import json

import pytest
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, RSAKey

from hub.errors import SetupError
from hub.sealing.envelopes import ReceiverKey

TEXT = '{"认定": "低保对象"}'.encode()
ALGORITHMS = ["ECDH-ES", "A256GCM"]


@pytest.fixture
def receiver():
    return ECKey.generate_key("P-256", {"kid": "receiver-1", "use": "enc"}, private=True)


def published(*keys):
    return {"keys": [key.as_dict(private=False) for key in keys]}


def head_of(encrypted):
    return json.loads(base64.urlsafe_b64decode(encrypted.split(".")[0] + "=="))


def test_the_receiver_and_nobody_else_opens_what_was_encrypted_to_it(receiver):
    encrypted = ReceiverKey(published(receiver)).encrypt(TEXT)
    stranger = ECKey.generate_key("P-256", private=True)

    assert jwe.decrypt_compact(encrypted, receiver, algorithms=ALGORITHMS).plaintext == TEXT
    with pytest.raises(JoseError):
        jwe.decrypt_compact(encrypted, stranger, algorithms=ALGORITHMS)


def test_the_header_names_our_algorithms_and_the_receivers_key(receiver):
    head = head_of(ReceiverKey(published(receiver)).encrypt(TEXT))

    assert head.pop("epk")["crv"] == "P-256"
    assert head == {"alg": "ECDH-ES", "enc": "A256GCM", "kid": "receiver-1"}


def test_a_key_without_a_name_is_not_named():
    nameless = ECKey.generate_key("P-256", private=True)
    public = {k: v for k, v in nameless.as_dict(private=False).items() if k != "kid"}

    encrypted = ReceiverKey({"keys": [public]}).encrypt(TEXT)

    assert head_of(encrypted).get("kid") in {None, nameless.thumbprint()}
    assert jwe.decrypt_compact(encrypted, nameless, algorithms=ALGORITHMS).plaintext == TEXT


def test_one_text_is_never_encrypted_twice_to_the_same_words(receiver):
    key = ReceiverKey(published(receiver))

    assert len({key.encrypt(TEXT) for _ in range(20)}) == 20


def test_keys_of_other_kinds_and_for_signatures_are_passed_over(receiver):
    signing = ECKey.generate_key("P-256", {"kid": "signing", "use": "sig"})
    other = RSAKey.generate_key(2048)

    encrypted = ReceiverKey(published(other, signing, receiver)).encrypt(TEXT)

    assert head_of(encrypted)["kid"] == "receiver-1"


@pytest.mark.parametrize(
    "jwks",
    [
        {},
        {"keys": []},
        {"keys": [{}]},
        {"keys": [{"kty": "EC"}]},
        {"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]},
        {"keys": [{"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"}]},
        {"keys": [OctKey.generate_key(256).as_dict(private=True)]},
        {"keys": [ECKey.generate_key("P-256", {"use": "sig"}).as_dict(private=False)]},
        {"keys": [ECKey.generate_key("P-256").as_dict(private=True)]},
    ],
    ids=["no set", "empty", "no kind", "half", "off the curve", "unknown", "oct", "sig", "private"],
)
def test_a_set_without_a_public_key_to_encrypt_to_is_refused_and_shows_no_key(jwks):
    with pytest.raises(SetupError, match="receiver's key set") as caught:
        ReceiverKey(jwks)

    assert not any(k.get("d", "-none-") in str(caught.value) for k in jwks.get("keys", []))
