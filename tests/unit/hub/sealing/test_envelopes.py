"""What is encrypted to a receiver opens with its key and with no other."""

import pytest
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from hub.errors import SetupError
from hub.sealing.envelopes import ReceiverKey

ALGORITHMS = ["ECDH-ES", "A256GCM"]
OWN = ECKey.generate_key("P-256", auto_kid=True)


def test_only_the_receiver_can_open_it():
    sealed = ReceiverKey({"keys": [OWN.as_dict(private=False)]}).encrypt(b"text")

    assert jwe.decrypt_compact(sealed, OWN, algorithms=ALGORITHMS).plaintext == b"text"
    other = ECKey.generate_key("P-256")
    with pytest.raises(JoseError):
        jwe.decrypt_compact(sealed, other, algorithms=ALGORITHMS)


@pytest.mark.parametrize("jwks", [{}, {"keys": []}, {"keys": [{"kty": "EC", "crv": "P-256"}]}])
def test_a_key_set_without_a_usable_key_is_refused(jwks):
    with pytest.raises(SetupError):
        ReceiverKey(jwks)
