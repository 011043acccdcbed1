"""SM2 by the system's OpenSSL, by a token that is not there, and against `openssl` itself."""

import base64
import ctypes.util
import subprocess
from types import SimpleNamespace

import pkcs11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pkcs11.util.ec import encode_named_curve_parameters

from hub.errors import KeysUnavailableError, SealBrokenError, SetupError
from hub.sealing.sm2 import (
    DEFAULT_ID,
    ciphertext_parts,
    public_key_in,
    signature_of,
)
from hub.sealing.sm2_libcrypto import Libcrypto
from hub.sealing.sm2_pkcs11 import Pkcs11Sm2Key, signed_digest
from hub.sealing.sm2_providers import provider_at
from hub.sealing.sm_envelopes import Sm2ReceiverKey, opened_envelope, recipient_of
from hub.sealing.suites import sm4_decrypt
from tests.fakes.sm2_token import SoftSm2
from tests.support.soft_hsm import soft_token

# GB/T 32918.5, annex A: the standard's own example, signed and encrypted with a known key.
SCALAR = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
POINT = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
EXAMPLE_R = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
EXAMPLE_S = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
EXAMPLE_C1 = (
    "0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"
    "e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"
)
EXAMPLE_C3 = "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766"
EXAMPLE_C2 = "21886ca989ca9c7d58087307ca93092d651efa"
DER = bytes.fromhex(f"30310201010420{SCALAR}a00a06082a811ccf5501822d")
MESSAGE = b"message digest"


@pytest.fixture(scope="module")
def library():
    try:
        return Libcrypto.found()
    except SetupError as problem:
        pytest.skip(str(problem))


@pytest.fixture(scope="module")
def key(library):
    return library.key(DER)


@pytest.fixture(scope="module")
def openssl(tmp_path_factory):
    """Return what runs `openssl` in a folder with the example's key and its public half."""
    folder = tmp_path_factory.mktemp("openssl")
    (folder / "key.der").write_bytes(DER)

    def run(*words, input_=None):
        done = subprocess.run(
            ["openssl", *words], cwd=folder, input=input_, capture_output=True, check=False
        )
        return done.stdout if done.returncode == 0 else None

    try:
        made = run("pkey", "-inform", "DER", "-in", "key.der", "-out", "key.pem")
        public = run("pkey", "-in", "key.pem", "-pubout", "-out", "public.pem")
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    if made is None or public is None:
        pytest.skip("this openssl has no SM2")
    return SimpleNamespace(run=run, folder=folder)


def pem(der):
    text = base64.b64encode(der).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n"


def flipped(data, place):
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


# The library.


def test_a_private_key_has_the_public_half_that_the_standard_gives(key):
    assert key.public == POINT


def test_the_standards_own_signature_verifies_and_no_other(library):
    raw = bytes.fromhex(EXAMPLE_R + EXAMPLE_S)

    assert library.verify(POINT, MESSAGE, signature_of(raw))
    for place in range(64):
        assert not library.verify(POINT, MESSAGE, signature_of(flipped(raw, place)))


def test_the_standards_own_ciphertext_opens(library, key):
    der = der_of(bytes.fromhex(EXAMPLE_C1 + EXAMPLE_C3 + EXAMPLE_C2))

    assert key.decrypt(der) == b"encryption standard"


def der_of(parts):
    """Return DER of a ciphertext from its parts, as another program would write it."""
    integers = b"".join(integer(parts[n : n + 32]) for n in (1, 33))
    digest, text = parts[65:97], parts[97:]
    body = integers + b"\4\x20" + digest + b"\4" + bytes([len(text)]) + text
    assert len(body) < 256
    return b"\x30" + (b"\x81" if len(body) > 127 else b"") + bytes([len(body)]) + body


def integer(big_endian):
    short = big_endian.lstrip(b"\0")
    short = (b"\0" if short[0] > 127 else b"") + short
    return b"\2" + bytes([len(short)]) + short


@settings(max_examples=30, deadline=None)
@given(message=st.binary(max_size=200), signer=st.binary(min_size=1, max_size=60))
def test_what_is_signed_verifies_for_its_message_key_and_signer_only(library, message, signer):
    key = library.key(DER)
    signature = key.sign(message, signer)

    assert library.verify(key.public, message, signature, signer)
    assert not library.verify(key.public, message + b"\0", signature, signer)
    assert not library.verify(key.public, message, signature, signer + b"x")


def test_a_signature_of_another_form_is_no_signature(library, key):
    good = key.sign(MESSAGE)

    assert library.verify(POINT, MESSAGE, good)
    for bad in (b"", b"\x30", good[:-1], good + b"\0", bytes(72), bytes(64)):
        assert not library.verify(POINT, MESSAGE, bad)


@settings(max_examples=30, deadline=None)
@given(plain=st.binary(min_size=1, max_size=200))
def test_what_is_encrypted_opens_and_is_another_text_each_time(library, plain):
    key = library.key(DER)
    one, other = library.encrypt(POINT, plain), library.encrypt(POINT, plain)

    assert key.decrypt(one) == key.decrypt(other) == plain
    assert one != other


def test_a_ciphertext_in_which_a_byte_was_changed_or_left_out_does_not_open(library, key):
    whole = library.encrypt(POINT, b"sixteen bytes ok")

    for place in range(len(whole)):
        with pytest.raises(SealBrokenError, match="does not open"):
            key.decrypt(flipped(whole, place))
        with pytest.raises(SealBrokenError):
            key.decrypt(whole[:place])


@pytest.mark.parametrize(
    "point",
    [b"", POINT[1:], POINT + b"\0", b"\2" + POINT[1:33], b"\4" + bytes(64), flipped(POINT, 64)],
    ids=["empty", "no head", "long", "compressed", "zero", "off the curve"],
)
def test_what_is_no_point_of_the_curve_is_refused(library, point):
    with pytest.raises(SetupError, match="no point of the curve"):
        library.encrypt(point, b"x")
    with pytest.raises(SetupError, match="no point of the curve"):
        library.verify(point, MESSAGE, bytes(70))


def test_a_key_of_another_curve_is_no_sm2_key(library):
    of_p256 = bytes.fromhex(f"30310201010420{SCALAR}a00a06082a8648ce3d030107")

    for der in (of_p256, b"", DER[:-1], DER[:20]):
        with pytest.raises(SetupError, match="no SM2 private key"):
            library.key(der)


def test_neither_a_key_nor_what_it_signs_is_shown(key):
    assert SCALAR not in repr(key)
    assert repr(key._library) in ("Libcrypto(libcrypto.so.3)", "Libcrypto(libcrypto.so.4)")


# What is set.


def test_sm2_is_off_unless_a_setting_turns_it_on():
    assert provider_at("off") is None


def test_a_library_that_is_not_there_is_told_with_what_to_do(tmp_path):
    with pytest.raises(SetupError, match="SM2 needs OpenSSL 3 of the system"):
        provider_at(f"libcrypto:{tmp_path / 'libcrypto.so.3'}")


def test_a_library_that_is_another_one_is_refused():
    name = ctypes.util.find_library("c")

    with pytest.raises(SetupError, match="is no libcrypto of OpenSSL 3"):
        provider_at(f"libcrypto:{name}")


def test_a_form_that_is_not_known_is_refused():
    with pytest.raises(SetupError, match="it is off, libcrypto"):
        provider_at("gmssl")


# openssl, which shares nothing with us but the library.


def test_openssl_verifies_what_we_sign(openssl, key):
    (openssl.folder / "message").write_bytes(MESSAGE)
    (openssl.folder / "signature").write_bytes(key.sign(MESSAGE))

    said = openssl.run(
        *("dgst", "-sm3", "-verify", "public.pem", "-signature", "signature"),
        *("-sigopt", f"distid:{DEFAULT_ID.decode()}", "message"),
    )

    assert said == b"Verified OK\n"


def test_we_verify_what_openssl_signs(openssl, library):
    (openssl.folder / "message").write_bytes(MESSAGE)
    signature = openssl.run(
        *("dgst", "-sm3", "-sign", "key.pem"),
        *("-sigopt", f"distid:{DEFAULT_ID.decode()}", "message"),
    )

    assert library.verify(POINT, MESSAGE, signature)


def test_openssl_opens_what_we_encrypt_and_we_what_it_encrypts(openssl, library, key):
    ours = library.encrypt(POINT, b"from us")
    theirs = openssl.run("pkeyutl", "-encrypt", "-pubin", "-inkey", "public.pem", input_=b"to us")

    assert openssl.run("pkeyutl", "-decrypt", "-inkey", "key.pem", input_=ours) == b"from us"
    assert key.decrypt(theirs) == b"to us"


def test_the_public_key_that_openssl_writes_is_read(openssl):
    assert public_key_in(openssl.folder / "public.pem") == POINT
    with pytest.raises(SetupError, match="holds a private key"):
        public_key_in(openssl.folder / "key.pem")


@pytest.mark.parametrize("text", ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"])
def test_what_is_no_public_key_is_refused(tmp_path, text):
    (tmp_path / "receiver.pem").write_text(text)

    with pytest.raises(SetupError, match="no SM2 public key"):
        public_key_in(tmp_path / "receiver.pem")
    with pytest.raises(SetupError, match="cannot be read"):
        public_key_in(tmp_path / "another.pem")


# A token. SoftHSM offers no SM2, so what is asked of one is answered by the library here.


def token_key(library, **how):
    how = {"sign": "0x80000103", "decrypt": "0x80000104"} | how
    return Pkcs11Sm2Key(SoftSm2(library, DER, how), POINT, how)


def test_the_digest_that_a_token_signs_is_the_standards():
    digest = "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"

    assert signed_digest(POINT, MESSAGE).hex() == digest


@pytest.mark.parametrize("how", [{}, {"order": "c1c2c3"}, {"form": "der"}])
def test_a_token_is_asked_in_its_own_form_and_answers_in_ours(library, how):
    key = token_key(library, **how)

    assert library.verify(POINT, MESSAGE, key.sign(MESSAGE))
    assert key.decrypt(library.encrypt(POINT, b"to the token")) == b"to the token"


def test_a_token_without_numbers_says_which_is_lacking(library):
    for verb in ("sign", "decrypt"):
        key = Pkcs11Sm2Key(None, POINT, {})
        with pytest.raises(SetupError, match=f"lacks {verb}=NUMBER"):
            getattr(key, verb)(library.encrypt(POINT, b"x"))


def test_a_token_that_refuses_the_mechanism_is_unavailable(library):
    key = token_key(library)
    key._key.refuses = True

    with pytest.raises(KeysUnavailableError, match=r"does not sign by SM2 \(MechanismInvalid\)"):
        key.sign(MESSAGE)
    with pytest.raises(KeysUnavailableError, match="does not decrypt by SM2"):
        key.decrypt(library.encrypt(POINT, b"x"))


def test_what_is_no_ciphertext_never_reaches_the_token():
    for bad in (b"", b"\x30", bytes(100), b"\x30\x06\2\1\1\2\1\1"):
        with pytest.raises(SealBrokenError):
            Pkcs11Sm2Key(None, POINT, {"decrypt": "1"}).decrypt(bad)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"sign": "SM2"}, "sign in the pkcs11: address is no number"),
        ({"order": "c3c2c1"}, "order in the pkcs11: address is c1c3c2 or c1c2c3"),
        ({"form": "pem"}, "form in the pkcs11: address is raw or der"),
    ],
)
def test_an_address_that_is_wrong_says_what(how, said):
    with pytest.raises(SetupError, match=said):
        Pkcs11Sm2Key(None, POINT, how)


def test_the_parts_of_a_ciphertext_are_those_of_the_standard():
    parts = bytes.fromhex(EXAMPLE_C1 + EXAMPLE_C3 + EXAMPLE_C2)

    assert ciphertext_parts(der_of(parts)) == parts


@pytest.fixture(scope="module")
def soft_hsm(tmp_path_factory):
    """Return addresses of key pairs in a token of SoftHSM: one on the curve SM2, one on P-256."""
    made = soft_token(tmp_path_factory.mktemp("softhsm-sm2"), "hub sm2")
    with made.session() as session:
        for label, curve in (("sm2", "1.2.156.10197.1.301"), ("p256", "secp256r1")):
            named = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}
            domain = session.create_domain_parameters(pkcs11.KeyType.EC, named, local=True)
            domain.generate_keypair(store=True, label=label)
    return {label: made.address(label) for label in ("sm2", "p256", "none")}


def test_a_real_token_gives_its_sm2_key_and_says_that_it_does_not_sign(soft_hsm, library):
    """SoftHSM makes such a key and offers no mechanism of SM2: so far it can be tried with it."""
    key = Pkcs11Sm2Key.at(soft_hsm["sm2"] + "&sign=0x80000103&decrypt=0x80000104")

    to_it = library.encrypt(key.public, b"x")
    with pytest.raises(KeysUnavailableError, match=r"does not sign by SM2 \(MechanismInvalid\)"):
        key.sign(MESSAGE)
    with pytest.raises(KeysUnavailableError, match="may not decrypt"):
        key.decrypt(to_it)


def test_the_number_of_a_mechanism_reaches_a_real_token(soft_hsm):
    """0x1041 is ECDSA, which SoftHSM does with any curve: 64 bytes come back, and are no SM2's."""
    key = Pkcs11Sm2Key.at(soft_hsm["sm2"] + "&sign=0x1041")

    assert key.sign(MESSAGE)[0] == 0x30


def test_a_real_tokens_key_of_another_curve_is_refused(soft_hsm):
    with pytest.raises(SetupError, match="not of SM2"):
        Pkcs11Sm2Key.at(soft_hsm["p256"])
    with pytest.raises(KeysUnavailableError, match="NoSuchKey"):
        Pkcs11Sm2Key.at(soft_hsm["none"])


# Envelopes.


def test_an_envelope_opens_under_its_key_and_no_other(library, key):
    text = Sm2ReceiverKey(library, POINT).encrypt("某甲".encode())
    other = library.key(bytes.fromhex(f"30310201010420{'11' * 32}a00a06082a811ccf5501822d"))

    assert opened_envelope(key, text).decode() == "某甲"
    with pytest.raises(SealBrokenError, match="to another key"):
        opened_envelope(other, text)


def test_an_envelope_byte_by_byte(library, key):
    """Take it apart with nothing but SM2 and SM4-GCM, as another program would."""
    sealed = base64.urlsafe_b64decode(Sm2ReceiverKey(library, POINT).encrypt(b"text") + "==")
    length = int.from_bytes(sealed[18:20], "big")
    sm4 = key.decrypt(sealed[20 : 20 + length])
    nonce, rest = sealed[20 + length : 32 + length], sealed[32 + length :]

    assert sealed[:2] == b"\1\2"
    assert sealed[2:18] == recipient_of(POINT)
    aad = b"hub/sm2-envelope/v1\0" + sealed[: 20 + length]
    assert (len(sm4), sm4_decrypt(sm4, nonce, rest, aad)) == (16, b"text")


def test_an_envelope_that_another_program_made_opens(key):
    """The envelope of docs/sealing.md, to the key of the standard's example."""
    text = (
        "AQIiLauyzqylnR7nU1aTdZjjAHoweAIgP9O9f4Nz0TS0Jksz3Gj4gAffjZR0o_NSbpUIfMZNHC4C"
        "IG5DaX-GCaKrnft2CWObS-BbAVnINsEV4Qko8SsntTGrBCBc5IXfYMo8Rkg_Kf07SRxFb4EEBToZ"
        "rkZS-"
        "z6jVQH1ZQQQDYFrtELHoFt_ZnbVt7G8CJV01X7L_QH0GGUvJyHHCAnQBSM7Pw8zQ7mrAXKK-"
        "yGwkq7DI_-vJNmQf5ihnHI"
    )

    assert opened_envelope(key, text) == b"690106197903150012"


def test_an_envelope_that_was_changed_or_cut_does_not_open(library, key):
    sealed = base64.urlsafe_b64decode(Sm2ReceiverKey(library, POINT).encrypt(b"text") + "==")

    def opened(data):
        return opened_envelope(key, base64.urlsafe_b64encode(data).decode().rstrip("="))

    assert opened(sealed) == b"text"
    for place in range(len(sealed)):
        with pytest.raises(SealBrokenError):
            opened(flipped(sealed, place))
        with pytest.raises(SealBrokenError):
            opened(sealed[:place])
    with pytest.raises(SealBrokenError):
        opened(sealed + b"\0")
    with pytest.raises(SealBrokenError):
        opened_envelope(key, "no base64 é")


def test_a_receivers_key_that_is_no_point_is_refused_before_anything_is_written(library):
    with pytest.raises(SetupError, match="no point of the curve"):
        Sm2ReceiverKey(library, flipped(POINT, 40))
