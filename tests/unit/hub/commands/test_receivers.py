"""A receiver's messages are made readable to it alone by the kind of key that it gave."""

import json
import re
from uuid import UUID

import pytest
import yaml
from joserfc.jwk import ECKey

from connectors.outbound.recognition import event
from hub.commands.places import read_places
from hub.commands.receivers import _encrypting
from hub.errors import SetupError
from hub.sealing.sm2 import SPKI_HEAD
from hub.sealing.sm2_libcrypto import Libcrypto
from hub.sealing.sm_envelopes import opened_envelope
from tests.integration.connectors.test_recognition_delivery import AT, RESIDENT, recognition
from tests.support.golden import ROOT
from tests.unit.hub.sealing.test_sm2 import DER, POINT, flipped, pem

CONTRACT = yaml.safe_load((ROOT / "openapi/departments/recognition.yaml").read_text("utf-8"))


@pytest.fixture
def stated(tmp_path):
    """Return what departments.toml says of a receiver, and where its keys lie."""
    (tmp_path / "education.pem").write_text(pem(SPKI_HEAD + POINT))
    public = ECKey.generate_key("P-256").as_dict(private=False)
    (tmp_path / "education.jwks").write_text(json.dumps({"keys": [public]}))

    def receiver(*lines):
        path = tmp_path / "departments.toml"
        text = '[receivers.education]\nurl = "https://inbox.example/"\n' + "\n".join(lines) + "\n"
        path.write_text(text)
        return read_places(path).receivers["education"]

    return receiver


def library():
    try:
        return Libcrypto.found()
    except SetupError as problem:
        pytest.skip(str(problem))


def test_a_receiver_with_an_sm2_key_gets_envelopes_as_its_contract_says(stated):
    key = library().key(DER)
    encrypt = _encrypting("education", stated('sm2_key_file = "education.pem"'), "libcrypto")

    made = json.loads(
        event(recognition(), event_id=UUID(int=1), sequence=1, at=AT, encrypt=encrypt)
    )

    number = made["data"]["documentNumber"]
    wanted = CONTRACT["components"]["schemas"]["Recognition"]["properties"]["documentNumber"]
    assert re.fullmatch(wanted["pattern"], number)
    assert len(number) <= wanted["maxLength"]
    assert opened_envelope(key, number) == RESIDENT.encode()


def test_a_receiver_with_a_jwk_gets_jwe_whatever_does_sm2(stated):
    encrypt = _encrypting("education", stated('key_file = "education.jwks"'), "libcrypto")

    assert encrypt(b"text").count(".") == 4


@pytest.mark.parametrize(
    ("lines", "sm2", "said"),
    [
        (['sm2_key_file = "education.pem"'], "off", "the setting sm2 is off"),
        (['sm2_key_file = "another.pem"'], "libcrypto", "cannot be read"),
        (['sm2_key_file = "education.jwks"'], "libcrypto", "no SM2 public key"),
        (
            ['sm2_key_file = "education.pem"', 'key_file = "education.jwks"'],
            "libcrypto",
            "it is one of them",
        ),
        ([], "libcrypto", "needs key_file"),
    ],
)
def test_a_receiver_that_is_wrongly_set_up_is_told_how(stated, lines, sm2, said):
    if sm2 != "off":
        library()

    with pytest.raises(SetupError, match=said):
        _encrypting("education", stated(*lines), sm2)


def test_a_key_off_the_curve_is_refused_before_anything_is_written(stated, tmp_path):
    library()
    (tmp_path / "education.pem").write_text(pem(SPKI_HEAD + flipped(POINT, 64)))

    with pytest.raises(SetupError, match="no point of the curve"):
        _encrypting("education", stated('sm2_key_file = "education.pem"'), "libcrypto")
