"""A cosignature is what C2SP tlog-cosignature says, and no changed one passes."""

import json
from base64 import b64decode, b64encode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.checkpoint import Checkpoint, NoteSigner, NoteVerifier
from audit.cli import main
from audit.cosignature import CosignatureVerifier, Cosigner, open_cosigned
from audit.errors import InvalidNoteError
from tests.support.audit_log import SIGNER
from tests.support.witnessing import COSIGNER, SECOND

AT = 1_790_000_000
CHECKPOINT = Checkpoint(SIGNER.name, 20_852_163, bytes(range(32)))
NOTE = SIGNER.sign(CHECKPOINT)
TEXT = CHECKPOINT.text()
COSIGNED = NOTE + COSIGNER.cosign(TEXT, AT)
LOG = NoteVerifier.from_vkey(SIGNER.vkey)
FIRST, OTHER = (CosignatureVerifier.from_vkey(each.vkey) for each in (COSIGNER, SECOND))


def test_it_is_what_the_specification_says():
    line = COSIGNER.cosign(TEXT, AT)
    name, key_id, key = COSIGNER.vkey.split("+", 2)
    public = b64decode(key)

    dash, who, encoded = line.rstrip("\n").split(" ")
    raw = b64decode(encoded)

    assert (dash, who, line[-1]) == ("\u2014", "witness.example/w1", "\n")
    assert public[0] == 4
    expected_id = sha256(name.encode() + b"\n\x04" + public[1:]).digest()[:4]
    assert raw[:4] == expected_id == bytes.fromhex(key_id)
    assert int.from_bytes(raw[4:12], "big") == AT
    message = b"cosignature/v1\ntime %d\n" % AT + TEXT.encode()
    Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[12:], message)


def test_known_witnesses_are_found_and_others_ignored():
    both = COSIGNED + SECOND.cosign(TEXT, AT + 5)

    assert [each.at for each in open_cosigned(both, LOG, [FIRST, OTHER]).witnesses] == [AT, AT + 5]
    assert [each.name for each in open_cosigned(both, LOG, [OTHER]).witnesses] == [SECOND.name]
    assert open_cosigned(NOTE, LOG, [FIRST]).witnesses == ()
    assert LOG.open(both) == CHECKPOINT


def _changed(place, by):
    line = COSIGNER.cosign(TEXT, AT)
    raw = bytearray(b64decode(line.split(" ")[2]))
    raw[place] ^= by
    return f"\u2014 {COSIGNER.name} {b64encode(raw).decode()}\n"


@pytest.mark.parametrize("place", [4, 11, 12, 75])
def test_a_changed_time_or_signature_does_not_verify(place):
    with pytest.raises(InvalidNoteError):
        open_cosigned(NOTE + _changed(place, 1), LOG, [FIRST])


def test_a_cosignature_of_another_checkpoint_does_not_verify():
    other = Checkpoint(SIGNER.name, 5, bytes(32)).text()

    with pytest.raises(InvalidNoteError, match="does not verify"):
        open_cosigned(NOTE + COSIGNER.cosign(other, AT), LOG, [FIRST])


def test_a_cosigned_note_that_the_log_did_not_sign_is_nothing():
    forged = NoteSigner(SIGNER.name, bytes(32)).sign(CHECKPOINT)

    with pytest.raises(InvalidNoteError):
        open_cosigned(forged + COSIGNER.cosign(TEXT, AT), LOG, [FIRST])


@pytest.mark.parametrize("vkey", ["", "x", SIGNER.vkey, COSIGNER.vkey.replace("w1", "w3")])
def test_what_is_no_key_of_a_witness_is_refused(vkey):
    with pytest.raises(InvalidNoteError):
        CosignatureVerifier.from_vkey(vkey)


@pytest.mark.parametrize("at", [0, -1, 1 << 63])
def test_a_cosignature_has_a_time(at):
    with pytest.raises(ValueError):
        COSIGNER.cosign(TEXT, at)


def test_a_cosigner_does_not_show_its_seed():
    assert repr(bytes(range(32, 64))) not in repr(COSIGNER)
    with pytest.raises(ValueError):
        Cosigner("a b", bytes(32))


@pytest.mark.parametrize(
    ("note", "witnesses", "quorum", "status"),
    [
        (COSIGNED, [COSIGNER], "1", 0),
        (COSIGNED + SECOND.cosign(TEXT, AT), [COSIGNER, SECOND], "2", 0),
        (COSIGNED, [COSIGNER, SECOND], "2", 1),
        (NOTE, [COSIGNER], "1", 1),
        (NOTE + _changed(20, 1), [COSIGNER], "1", 1),
        ("x", [COSIGNER], "1", 1),
    ],
)
def test_the_command_says_who_cosigned(tmp_path, capsys, note, witnesses, quorum, status):
    file = tmp_path / "checkpoint"
    file.write_text(note)
    asked = ["cosignature", str(file), "--vkey", SIGNER.vkey, "--quorum", quorum, "--json"]

    assert main([*asked, *(part for w in witnesses for part in ("--witness", w.vkey))]) == status
    told = json.loads(capsys.readouterr().out)
    if status == 0:
        assert told["witnesses"][0] == "witness.example/w1 at 2026-09-21T14:13:20+00:00"
    else:
        assert [each["place"] for each in told["problems"]] == ["checkpoint"]
