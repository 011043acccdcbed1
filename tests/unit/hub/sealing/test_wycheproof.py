"""Project Wycheproof's vectors, sent through the very calls that the hub makes.

Every file of them that concerns us is gone through whole; what is not taken as the vectors say is
counted below with its reason, so that a library which changes its mind fails here.
"""

import hmac
import json
from collections import Counter
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.errors import SealBrokenError
from hub.sealing import seals
from hub.sealing.suites import ALGORITHMS, BROKEN, Mac, Suite

FOLDER = Path("shared") / "vectors" / "wycheproof"
GCM = {"aes_gcm": Suite.AES, "sm4_gcm": Suite.SM}
MACS = {"hmac_sha256": Suite.AES, "hmac_sm3": Suite.SM}
FILES = {*GCM, *MACS, "aes_wrap", "hkdf_sha256"}

LIBRARY_NONCES = {64, 80, 120, 128, 160, 256, 512, 1024}
"""Nonce lengths in bits that the ciphers know and no sealed value has: right, and never asked."""
REFUSED_NONCES = {0, 8, 16, 32, 48, 2056}
"""Nonce lengths in bits that the library itself refuses, also where the vectors call them valid."""
AES_REFUSED = {"valid": 27, "invalid": 6}
SM4_REFUSED = {"valid": 9, "invalid": 2}
"""How many cases have such a nonce."""
SHORT_KEYS = 3
"""Cases of AES-KW for secrets under 16 bytes, that the vectors leave open (`acceptable`): the
library refuses them, and the hub wraps 16 bytes at least."""


def folder():
    """Return where the vectors lie, beside the repository or above it."""
    found = [above / FOLDER for above in Path(__file__).parents if (above / FOLDER).is_dir()]
    if not found:
        pytest.skip(f"the vectors {FOLDER} are not beside the repository")
    return found[0]


def groups(name):
    path = folder() / f"{name}_test.json"
    if not path.exists():
        pytest.skip(f"the vectors {path.name} are not beside the repository")
    return json.loads(path.read_text(encoding="utf-8"))["testGroups"]


def cases(name):
    return [(group, case) for group in groups(name) for case in group["tests"]]


def raw(case, *names):
    return [bytes.fromhex(case[name]) for name in names]


def tried(call, *arguments):
    """Return what a call gives, or None where it says that its bytes are not whole."""
    try:
        return call(*arguments)
    except BROKEN:
        return None


def test_no_file_of_vectors_lies_there_unused():
    assert {path.name.removesuffix("_test.json") for path in folder().glob("*.json")} == FILES


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("aes_gcm", {"valid": 116, "invalid": 81}),
        ("sm4_gcm", {"valid": 38, "invalid": 27}),
    ],
)
def test_a_cipher_of_a_suite_seals_and_opens_as_it_should(name, counts):
    algorithms, counted = ALGORITHMS[GCM[name]], Counter()
    for group, case in cases(name):
        if group["ivSize"] != 96:
            continue
        key, nonce, aad, message, rest, tag = raw(case, "key", "iv", "aad", "msg", "ct", "tag")
        assert group["tagSize"] == 128
        opened = tried(algorithms.decrypt, key, nonce, rest + tag, aad)
        assert (opened == message) is (case["result"] == "valid"), case["tcId"]
        if opened is not None:
            assert algorithms.encrypt(key, nonce, message, aad) == rest + tag
        counted[case["result"]] += 1

    assert counted == counts


@pytest.mark.parametrize(
    ("name", "known", "refused"),
    [("aes_gcm", 86, AES_REFUSED), ("sm4_gcm", 28, SM4_REFUSED)],
)
def test_a_nonce_of_another_length_is_known_or_refused_as_listed(name, known, refused):
    algorithms, right, wrong = ALGORITHMS[GCM[name]], 0, Counter()
    for group, case in cases(name):
        key, nonce, aad, message, rest, tag = raw(case, "key", "iv", "aad", "msg", "ct", "tag")
        opened = tried(algorithms.decrypt, key, nonce, rest + tag, aad)
        if group["ivSize"] in LIBRARY_NONCES:
            assert case["result"] == "valid"
            assert opened == message, case["tcId"]
            right += 1
        elif group["ivSize"] in REFUSED_NONCES:
            assert opened is None, case["tcId"]
            wrong[case["result"]] += 1
        else:
            assert group["ivSize"] == 96

    assert (right, wrong) == (known, refused)


@pytest.mark.parametrize("suite", Suite)
def test_a_nonce_of_another_length_cannot_reach_the_cipher(suite):
    """A sealed value has no length of nonce: a longer or shorter one shifts every other byte."""
    algorithms = ALGORITHMS[suite]
    key, identity, version = bytes(algorithms.key_bytes), bytes(16), bytes(16)
    head = bytes([1, suite])
    aad = head + seals.aad_prefix("department", "dataset", "group")[2:] + identity + version
    for size in sorted(LIBRARY_NONCES):
        nonce = bytes(size // 8)
        rest = algorithms.encrypt(key, nonce, b"[1]".ljust(16), aad)

        with pytest.raises(SealBrokenError):
            seals.opener("department", "dataset", "group")(
                key, identity, version, head + nonce + rest
            )


def test_aes_key_wrap_wraps_and_opens_as_it_should():
    algorithms, counted, short = ALGORITHMS[Suite.AES], Counter(), 0
    for _, case in cases("aes_wrap"):
        key, message, wrapped = raw(case, "key", "msg", "ct")
        opened = tried(algorithms.unwrap, key, wrapped, b"")
        if case["result"] == "acceptable":
            assert case["flags"] == ["ShortKey"]
            assert opened is None
            short += 1
        else:
            assert (opened == message) is (case["result"] == "valid"), case["tcId"]
        if opened is not None:
            assert algorithms.wrap(key, message, b"") == wrapped
        counted[case["result"]] += 1

    assert counted == {"valid": 36, "invalid": 126, "acceptable": SHORT_KEYS}
    assert short == SHORT_KEYS


@pytest.mark.parametrize("name", MACS)
def test_tags_are_made_as_they_should(name):
    counted = Counter()
    for group, case in cases(name):
        key, message, tag = raw(case, "key", "msg", "tag")
        for label, rest in ((b"", message), (message[:1], message[1:])):
            made = Mac(key, label, MACS[name]).of(rest)[: group["tagSize"] // 8]
            assert hmac.compare_digest(made, tag) is (case["result"] == "valid"), case["tcId"]
        counted[case["result"]] += 1

    assert counted == {"valid": 66, "invalid": 108}


def test_signing_keys_are_derived_as_they_should():
    counted = Counter()
    for _, case in cases("hkdf_sha256"):
        secret, salt, info, derived = raw(case, "ikm", "salt", "info", "okm")
        made = tried(
            lambda s=secret, t=salt, i=info, n=case["size"]: HKDF(SHA256(), n, t, i).derive(s)
        )
        assert (made == derived) is (case["result"] == "valid"), case["tcId"]
        counted[case["result"]] += 1

    assert counted == {"valid": 83, "invalid": 3}
