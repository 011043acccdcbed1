"""A signed document is taken for what it is only: its type, its key, every byte of it."""

import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from hub.sealing.documents import ForgedError, opened_document
from hub.sealing.keyring import KeyKind, Keyring
from hub.sealing.signing import MessageSigner

TYPE = "hub-policy+jws"
PAYLOAD = b'{"day":"2026-11-23"}'


@pytest.fixture
def signer(keyring):
    return MessageSigner(keyring)


def bytes_of(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_what_was_signed_is_opened_with_the_published_keys(signer):
    published = json.loads(json.dumps(signer.jwks()))

    assert opened_document(signer.sign(PAYLOAD, TYPE) + "\n", published, TYPE) == PAYLOAD


def test_a_document_may_be_as_large_as_a_city_s_policy(signer):
    large = PAYLOAD * 200_000

    assert opened_document(signer.sign(large, TYPE), signer.jwks(), TYPE) == large


def test_anybody_can_check_it_with_no_program_of_ours(signer):
    """RFC 7515 and RFC 7518 3.4 by hand, over the curve alone."""
    header, payload, signature = signer.sign(PAYLOAD, TYPE).split(".")
    (key,) = signer.jwks()["keys"]
    x, y = (int.from_bytes(bytes_of(key[name]), "big") for name in "xy")
    point = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    raw = bytes_of(signature)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")

    point.verify(
        utils.encode_dss_signature(r, s),
        f"{header}.{payload}".encode(),
        ec.ECDSA(hashes.SHA256()),
    )

    assert json.loads(bytes_of(header)) == {"alg": "ES256", "kid": key["kid"], "typ": TYPE}
    assert bytes_of(payload) == PAYLOAD


def test_a_message_to_a_receiver_is_no_policy(signer):
    with pytest.raises(ForgedError, match="type"):
        opened_document(signer.sign(PAYLOAD), signer.jwks(), TYPE)


def test_another_key_of_the_same_name_has_not_signed_it(signer):
    (own,) = signer.jwks()["keys"]
    other = ECKey.generate_key("P-256", {"kid": own["kid"], "use": "sig", "alg": "ES256"})
    stranger = ECKey.generate_key("P-256", {"kid": "else", "use": "sig", "alg": "ES256"})
    for key, told in ((other, "altered"), (stranger, "none of the keys")):
        with pytest.raises(ForgedError, match=told):
            opened_document(signer.sign(PAYLOAD, TYPE), {"keys": [key.as_dict()]}, TYPE)


@pytest.mark.parametrize("jwks", [{}, [], "x", None, {"keys": [{"kty": "EC"}]}, {"keys": 1}])
def test_what_is_no_set_of_keys_proves_nothing(signer, jwks):
    with pytest.raises(ForgedError):
        opened_document(signer.sign(PAYLOAD, TYPE), jwks, TYPE)


@pytest.mark.parametrize("alg", ["none", "HS256", "ES384"])
def test_no_other_algorithm_is_taken(signer, alg):
    _, payload, signature = signer.sign(PAYLOAD, TYPE).split(".")
    (key,) = signer.jwks()["keys"]
    header = json.dumps({"alg": alg, "kid": key["kid"], "typ": TYPE}).encode()
    forged = ".".join((base64.urlsafe_b64encode(header).decode().rstrip("="), payload, signature))

    for text in (forged, forged.rpartition(".")[0] + "."):
        with pytest.raises(ForgedError):
            opened_document(text, signer.jwks(), TYPE)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_altered_document_is_genuine(tmp_path_factory, data):
    keyring = Keyring.open_or_create(tmp_path_factory.mktemp("keys") / "keys")
    keyring.ensure(KeyKind.OUTBOUND)
    made = MessageSigner(keyring)
    text = made.sign(PAYLOAD, TYPE)
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("ABCxyz019-_. "))
    altered = text[:at] + letter + text[at + 1 :]

    try:
        found = opened_document(altered, made.jwks(), TYPE)
    except ForgedError:
        return
    assert found == PAYLOAD  # the last letter of a signature has bits that say nothing
