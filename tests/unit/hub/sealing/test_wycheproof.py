"""Project Wycheproof's vectors, sent through the very calls that the hub makes."""

import hashlib
import hmac
import json
from collections import Counter
from pathlib import Path

import pytest

from hub.errors import SealBrokenError
from hub.sealing import datakeys, seals

VECTORS = Path(__file__).parents[5] / "shared" / "vectors" / "wycheproof"
LIBRARY_NONCES = {64, 80, 120, 128, 160, 256, 512, 1024}
"""Nonce lengths in bits that AES-GCM knows and no sealed value has."""
REFUSED_NONCES = {0, 8, 16, 32, 48, 2056}
"""Nonce lengths in bits that the library itself refuses."""


def groups(name):
    path = VECTORS / f"{name}_test.json"
    if not path.exists():
        pytest.skip(f"the vectors {path.name} are not beside the repository")
    return json.loads(path.read_text(encoding="utf-8"))["testGroups"]


def cases(name):
    return [(group, case) for group in groups(name) for case in group["tests"]]


def raw(case, *names):
    return [bytes.fromhex(case[name]) for name in names]


def test_aes_gcm_seals_and_opens_as_it_should():
    counted = Counter()
    for group, case in cases("aes_gcm"):
        if group["ivSize"] != 96:
            continue
        key, nonce, aad, message, rest, tag = raw(case, "key", "iv", "aad", "msg", "ct", "tag")
        assert group["tagSize"] == 128
        try:
            opened = seals.AESGCM(key).decrypt(nonce, rest + tag, aad)
        except seals.InvalidTag:
            assert case["result"] == "invalid", case["tcId"]
        else:
            assert case["result"] == "valid", case["tcId"]
            assert opened == message
            assert seals.AESGCM(key).encrypt(nonce, message, aad) == rest + tag
        counted[case["result"]] += 1

    assert counted == {"valid": 116, "invalid": 81}


def test_every_nonce_length_that_a_sealed_value_cannot_have_is_accounted_for():
    sizes = {group["ivSize"] for group in groups("aes_gcm")}

    assert sizes == {96} | LIBRARY_NONCES | REFUSED_NONCES


def test_a_nonce_of_another_length_cannot_reach_the_cipher():
    """A sealed value has no length of nonce: a longer or shorter one shifts every other byte."""
    key, identity, version = bytes(32), bytes(16), bytes(16)
    prefix = seals.aad_prefix("department", "dataset", "group")
    for size in sorted(LIBRARY_NONCES):
        nonce = bytes(size // 8)
        rest = seals.AESGCM(key).encrypt(nonce, b"[1]".ljust(16), prefix + identity + version)

        with pytest.raises(SealBrokenError):
            seals.opener("department", "dataset", "group")(
                key, identity, version, b"\1\1" + nonce + rest
            )


def test_aes_key_wrap_wraps_and_opens_as_it_should():
    counted = Counter()
    for _, case in cases("aes_wrap"):
        key, message, wrapped = raw(case, "key", "msg", "ct")
        try:
            opened = datakeys.aes_key_unwrap(key, wrapped)
        except (datakeys.InvalidUnwrap, ValueError):
            assert case["result"] == "invalid" or case["flags"] == ["ShortKey"], case["tcId"]
        else:
            assert case["result"] == "valid", case["tcId"]
            assert opened == message
            assert datakeys.aes_key_wrap(key, message) == wrapped
        counted[case["result"]] += 1

    assert counted == {"valid": 36, "invalid": 126, "acceptable": 3}


def test_hmac_sha256_is_what_tags_are_made_with():
    counted = Counter()
    for group, case in cases("hmac_sha256"):
        key, message, tag = raw(case, "key", "msg", "tag")
        mac = hmac.new(key, digestmod=hashlib.sha256).copy()  # as the tagger does
        mac.update(message)
        made = mac.digest()[: group["tagSize"] // 8]

        assert hmac.compare_digest(made, tag) is (case["result"] == "valid"), case["tcId"]
        counted[case["result"]] += 1

    assert counted == {"valid": 66, "invalid": 108}
