import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint, NoteSigner, NoteSigners, NoteVerifier, NoteVerifiers
from audit.errors import InvalidNoteError

SIGNER = NoteSigner("hub.example/log", bytes(range(32)))
VERIFIER = NoteVerifier.from_vkey(SIGNER.vkey)
# From golang.org/x/mod/sumdb/note: a key and a note that another program made.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6"
    "KE6RyyBwJnAM=\n"
)


@given(st.integers(0, 2**62), st.binary(min_size=32, max_size=32))
def test_what_is_signed_opens_to_what_it_was(size, root):
    checkpoint = Checkpoint(SIGNER.name, size, root)

    assert VERIFIER.open(SIGNER.sign(checkpoint)) == checkpoint


@given(st.data())
def test_a_note_with_one_character_changed_does_not_open(data):
    note = SIGNER.sign(Checkpoint(SIGNER.name, 1000, bytes(32)))
    place = data.draw(st.integers(0, len(note) - 1))
    other = data.draw(st.sampled_from("A1b+/=\n —").filter(lambda c: c != note[place]))
    changed = note[:place] + other + note[place + 1 :]

    # Base64 has two or four unused bits at the end: another spelling of the same signature.
    if place < len(note) - 4:
        with pytest.raises(InvalidNoteError):
            VERIFIER.open(changed)


def test_a_note_of_another_program_verifies_and_is_then_found_to_be_no_checkpoint():
    with pytest.raises(InvalidNoteError, match="has an origin"):
        NoteVerifier.from_vkey(PETER).open(PETER_NOTE)
    with pytest.raises(InvalidNoteError, match="does not verify"):
        NoteVerifier.from_vkey(PETER).open(PETER_NOTE.replace("think", "thank"))


def test_a_note_by_another_key_of_the_same_name_does_not_open():
    other = NoteSigner(SIGNER.name, bytes(32))

    with pytest.raises(InvalidNoteError, match="no signature"):
        VERIFIER.open(other.sign(Checkpoint(SIGNER.name, 1, bytes(32))))


def test_a_checkpoint_of_another_log_does_not_open():
    with pytest.raises(InvalidNoteError, match="not one of"):
        VERIFIER.open(SIGNER.sign(Checkpoint("other.example", 1, bytes(32))))


def test_signatures_of_witnesses_beside_ours_do_no_harm():
    note = SIGNER.sign(Checkpoint(SIGNER.name, 1, bytes(32)))
    witness = NoteSigner("witness.example", bytes(32)).sign(Checkpoint(SIGNER.name, 1, bytes(32)))
    cosigned = note + witness.rpartition("\n\n")[2]

    assert VERIFIER.open(cosigned).size == 1
    assert NoteVerifier.from_vkey(SIGNER.vkey).open(note) == VERIFIER.open(cosigned)


def test_a_note_that_two_keys_signed_opens_for_whoever_knows_one():
    new = NoteSigner(SIGNER.name, bytes(32))
    both = NoteSigners((SIGNER, new))
    checkpoint = Checkpoint(SIGNER.name, 7, bytes(32))

    note = both.sign(checkpoint)

    assert (both.name, both.vkeys) == (SIGNER.name, (SIGNER.vkey, new.vkey))
    assert note.partition("\n\n")[2].count("\n") == 2
    for vkeys in ([SIGNER.vkey], [new.vkey], [new.vkey, SIGNER.vkey], both.vkeys):
        assert NoteVerifiers.from_vkeys(vkeys).open(note) == checkpoint
        for alone in (SIGNER, new):
            known = alone.vkey in vkeys
            if known:
                assert NoteVerifiers.from_vkeys(vkeys).open(alone.sign(checkpoint)) == checkpoint


def test_a_wrong_signature_of_one_known_key_spoils_the_note():
    new = NoteSigner(SIGNER.name, bytes(32))
    good, other = (Checkpoint(SIGNER.name, size, bytes(32)) for size in (7, 8))
    forged = SIGNER.sign(good) + new.line(other.text())

    assert NoteVerifiers.from_vkeys([SIGNER.vkey]).open(forged) == good
    with pytest.raises(InvalidNoteError, match="does not verify"):
        NoteVerifiers.from_vkeys([SIGNER.vkey, new.vkey]).open(forged)
    with pytest.raises(InvalidNoteError, match="does not verify"):
        NoteVerifiers.from_vkeys([new.vkey, SIGNER.vkey]).open(forged)


def test_no_known_key_opens_nothing():
    note = SIGNER.sign(Checkpoint(SIGNER.name, 1, bytes(32)))

    with pytest.raises(InvalidNoteError, match="no signature"):
        NoteVerifiers.from_vkeys([NoteSigner(SIGNER.name, bytes(32)).vkey]).open(note)
    with pytest.raises(InvalidNoteError, match="no verifier key"):
        NoteVerifiers.from_vkeys([" "])
    with pytest.raises(ValueError, match="one name"):
        NoteSigners((SIGNER, NoteSigner("other.example", bytes(32))))


@pytest.mark.parametrize(
    "text",
    [
        "hub.example/log\n01\n" + "A" * 43 + "=\n",
        "hub.example/log\n-1\n" + "A" * 43 + "=\n",
        "hub.example/log\n1\nAAAA\n",
        "hub.example/log\n1\n!\n",
        "hub.example/log\n1\n",
        "\n1\n" + "A" * 43 + "=\n",
        "hub.example/log\n" + "9" * 30 + "\n" + "A" * 43 + "=\n",
    ],
)
def test_a_signed_text_that_is_no_checkpoint_does_not_open(text):
    class Text:
        def text(self):
            return text

    with pytest.raises(InvalidNoteError):
        VERIFIER.open(SIGNER.sign(Text()))


@pytest.mark.parametrize(
    "note", ["", "x", "a\n1\nb\n\n", "a\n1\nb\n\nno dash\n", "a\n1\nb\n\n— hub.example/log !\n"]
)
def test_what_is_no_note_does_not_open(note):
    with pytest.raises(InvalidNoteError):
        VERIFIER.open(note)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        "name+00000000",
        "name+00000000+!",
        "name+00000000+AAAA",
        PETER.replace("c74f20a3", "c74f20a4"),
        PETER.replace("Peter", "Paul"),
    ],
)
def test_what_is_no_verifier_key_is_refused(vkey):
    with pytest.raises(InvalidNoteError):
        NoteVerifier.from_vkey(vkey)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb"])
def test_a_log_has_a_plain_name(name):
    with pytest.raises(ValueError):
        NoteSigner(name, bytes(32))


def test_a_signer_does_not_show_its_seed():
    assert repr(bytes(range(32))) not in repr(SIGNER)
    assert "seed" not in repr(SIGNER)
