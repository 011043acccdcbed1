"""Which public keys answers are encrypted to, and that what is made opens where it should only."""

import json
from base64 import urlsafe_b64encode

import pytest
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.registry import HeaderParameter

from hub.errors import SetupError
from hub.http.encryption import encryption_keys_in
from hub.sealing.recipients import JoseRecipient, encryption_parts, value_sealer
from tests.support.golden import ROOT

EC = ECKey.generate_key("P-256", {"kid": "ours"})
OKP = OKPKey.generate_key("X25519", {"kid": "ours"})
PUBLIC = EC.as_dict(private=False) | {"use": "enc"}
ANSWER = "ab" * 16
PATH = "/data/people/0/person/population/name"
OWN = {name: HeaderParameter(name, "str") for name in ("rid", "path")}
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1


def b64(content):
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def registry(*algorithms):
    return jwe.JWERegistry(OWN, algorithms=algorithms)


def opened(text, key):
    return jwe.decrypt_compact(text, key, registry=registry("ECDH-ES+A256KW", "A256GCM"))


def content_key(told, key):
    return OctKey.import_key(json.loads(opened(told["key"], key).plaintext))


def recipient(pair):
    return JoseRecipient(encryption_parts("the key", pair.as_dict(private=False) | {"use": "enc"}))


@pytest.mark.parametrize("pair", [EC, OKP], ids=["P-256", "X25519"])
def test_a_value_opens_under_the_content_key_that_only_the_receiver_can_open(pair):
    told, seal = recipient(pair).fields(ANSWER)
    sealed = seal(PATH, b'"a value"')

    key = content_key(told, pair)
    value = jwe.decrypt_compact(sealed, key, registry=registry("dir", "A256GCM"))

    assert value.plaintext == b'"a value"'
    assert value.headers() == {
        "alg": "dir", "enc": "A256GCM", "kid": ANSWER, "rid": ANSWER, "path": PATH,
    }  # fmt: skip
    assert opened(told["key"], pair).headers()["rid"] == ANSWER
    assert (told["recipient"], told["kid"], told["response"]) == ("ours", ANSWER, ANSWER)
    stranger = type(pair).generate_key(pair.curve_name)
    with pytest.raises(JoseError):
        opened(told["key"], stranger)


@pytest.mark.parametrize("pair", [EC, OKP], ids=["P-256", "X25519"])
def test_a_whole_answer_opens_with_the_receivers_key(pair):
    sealed = recipient(pair).whole(b"{}", ANSWER, "application/json")

    answer = opened(sealed, pair)
    assert answer.plaintext == b"{}"
    assert (answer.headers()["cty"], answer.headers()["rid"]) == ("application/json", ANSWER)


def test_no_two_values_of_an_answer_share_a_nonce_and_no_two_answers_a_key():
    told, seal = recipient(EC).fields(ANSWER)
    other, _ = recipient(EC).fields(ANSWER)
    nonces = {seal(PATH, b"1").split(".")[2] for _ in range(1_000)}

    assert len(nonces) == 1_000
    assert content_key(told, EC).raw_value != content_key(other, EC).raw_value


@pytest.mark.parametrize("part", range(5))
def test_whatever_is_changed_in_a_value_it_does_not_open(part):
    told, seal = recipient(EC).fields(ANSWER)
    parts = seal(PATH, b'"a value"').split(".")
    parts[part] = ("B" if parts[part][:1] == "A" else "A") + parts[part][1:]

    with pytest.raises((JoseError, ValueError)):
        jwe.decrypt_compact(
            ".".join(parts), content_key(told, EC), registry=registry("dir", "A256GCM")
        )


RSA = RSAKey.generate_key(2048).as_dict(private=False)
REFUSED = {
    "private": EC.as_dict(private=True) | {"use": "enc"},
    "private X25519": OKP.as_dict(private=True) | {"use": "enc"},
    "symmetric": {"kty": "oct", "k": "c2VjcmV0", "alg": "PBES2-HS256+A128KW", "use": "enc"},
    "RSA": RSA | {"use": "enc", "alg": "RSA1_5"},
    "RSA-OAEP": RSA | {"use": "enc", "alg": "RSA-OAEP-256"},
    "PBES2": PUBLIC | {"alg": "PBES2-HS256+A128KW"},
    "RSA1_5 on a curve": PUBLIC | {"alg": "RSA1_5"},
    "dir": PUBLIC | {"alg": "dir"},
    "signing": PUBLIC | {"use": "sig"},
    "no use": EC.as_dict(private=False),
    "P-384": ECKey.generate_key("P-384").as_dict(private=False) | {"use": "enc"},
    "Ed25519": OKPKey.generate_key("Ed25519").as_dict(private=False) | {"use": "enc"},
    "X448": OKPKey.generate_key("X448").as_dict(private=False) | {"use": "enc"},
    "off the curve": PUBLIC | {"y": PUBLIC["x"]},
    "zero": PUBLIC | {"x": b64(bytes(32)), "y": b64(bytes(32))},
    "beyond the field": PUBLIC | {"x": b64(_P.to_bytes(32, "big"))},
    "no y": {name: value for name, value in PUBLIC.items() if name != "y"},
    "padded": PUBLIC | {"x": PUBLIC["x"] + "="},
    "short": PUBLIC | {"x": PUBLIC["x"][:-2]},
    "not base64": PUBLIC | {"x": "*" * 43},
    "low order": {"kty": "OKP", "crv": "X25519", "x": b64(bytes(32)), "use": "enc"},
    "order 8": {
        "kty": "OKP", "crv": "X25519", "use": "enc",
        "x": b64(bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")),
    },
    "kid of a person": PUBLIC | {"kid": "690106197903150012"},
    "kid with blanks": PUBLIC | {"kid": "a name"},
    "kid a number": PUBLIC | {"kid": 7},
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_key_that_nothing_may_be_encrypted_to_is_refused_and_never_repeated(name, tmp_path):
    jwk = REFUSED[name]
    file = tmp_path / "key.jwk"
    file.write_text(json.dumps(jwk))

    with pytest.raises(SetupError) as refusal:
        encryption_keys_in(file)

    told = str(refusal.value).replace(str(file), "")
    secrets = [str(jwk[part]) for part in ("d", "k", "x", "y", "n", "kid") if part in jwk]
    assert not any(each in told for each in secrets)


def test_a_file_that_holds_no_key_is_refused(tmp_path):
    file = tmp_path / "key.jwk"
    with pytest.raises(SetupError, match="cannot be read"):
        encryption_keys_in(file)
    for text in ("no json", "[]", '{"keys": []}', '{"keys": {}}', '{"keys": [1]}'):
        file.write_text(text)
        with pytest.raises(SetupError):
            encryption_keys_in(file)


def test_a_key_without_a_name_is_named_by_its_thumbprint_and_keeps_nothing_else(tmp_path):
    jwk = {name: value for name, value in PUBLIC.items() if name != "kid"} | {"x5u": "http://x"}
    file = tmp_path / "key.jwk"
    file.write_text(json.dumps({"keys": [jwk]}))

    (found,) = encryption_keys_in(file)

    assert found["kid"] == EC.thumbprint()
    assert set(found) == {"kty", "crv", "x", "y", "kid"}


def test_the_example_of_the_guide_is_what_is_made():
    guide = (ROOT / "docs" / "receiving.md").read_text("utf-8")
    written = next(part for part in guide.split("```") if part.startswith("\neyJ"))
    response = "0123456789abcdef" * 2

    seal = value_sealer(bytes(range(32)), response, response)

    assert seal("/data/person/score/causeHint", b'"a value"'.ljust(16)) == "".join(written.split())
