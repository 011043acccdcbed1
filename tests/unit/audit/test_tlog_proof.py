"""A self-contained proof: written and read as C2SP tlog-proof has it, and no changed one passes."""

import json
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.cli import main
from audit.tlog_proof import Opening, TlogProof, read_opening, read_proof
from tests.oracles.tlog_tiles import verify_proof
from tests.support.audit_log import SIGNER
from tests.support.kept_log import kept_log

VKEY = ("--vkey", SIGNER.vkey, "--json")


@pytest.fixture(scope="module")
def log():
    return kept_log(300)


@pytest.fixture(scope="module")
def exported(log, tmp_path_factory):
    return log.write(tmp_path_factory.mktemp("export"))


@pytest.fixture
def proof(exported, tmp_path, capsys):
    """The file of the proof of entry 200, as an auditor makes it."""
    file = tmp_path / "200.tlog-proof"
    assert main(["prove", str(exported), "200", "--out", str(file), *VKEY]) == 0
    capsys.readouterr()
    return file


def ask(capsys, file, *more):
    status = main(["verify-receipt", str(file), *VKEY, *more])
    return status, json.loads(capsys.readouterr().out)


def test_an_auditor_makes_a_proof_that_shows_the_record(proof, log, capsys):
    status, told = ask(capsys, proof)

    assert status == 0
    assert (told["record"], told["subjects"]) == (log.rows[200].record.decode(), 1)
    assert verify_proof(proof.read_text(), SIGNER.vkey, log.rows[200].commitment) == 200
    assert log.rows[200].subjects.hex() not in proof.read_text()


@pytest.mark.parametrize("index", [0, 1, 128, 255, 256, 300])
def test_every_entry_has_one(exported, log, tmp_path, index, capsys):
    file = tmp_path / "proof"

    assert main(["prove", str(exported), str(index), "--out", str(file), *VKEY]) == 0
    capsys.readouterr()
    assert ask(capsys, file)[0] == 0
    assert verify_proof(file.read_text(), SIGNER.vkey, log.rows[index].commitment) == index


@pytest.mark.parametrize("index", ["301", "-1"])
def test_an_entry_that_is_not_there_has_none(exported, tmp_path, index, capsys):
    asked = ["prove", str(exported), index, "--out", str(tmp_path / "x"), *VKEY]

    assert main(asked) == 1
    assert f"no entry {index}" in capsys.readouterr().out
    assert not (tmp_path / "x").exists()


def test_a_tampered_entry_gets_no_proof(log, tmp_path, capsys):
    folder = log.write(tmp_path / "export")
    records = folder / "records/000000000.jsonl"
    records.write_bytes(records.read_bytes().replace(b"r199", b"r999"))

    assert main(["prove", str(folder), "200", "--out", str(tmp_path / "x"), *VKEY]) == 1
    assert "entry 200" in capsys.readouterr().out


def changed(text, name):
    found = read_proof(text)
    opening = read_opening(found.extra)
    path = found.path
    parts = {
        "another index": {"index": 201},
        "a hash less": {"path": path[:-1]},
        "a hash more": {"path": (*path, bytes(32))},
        "another hash": {"path": (bytes(32), *path[1:])},
        "hashes in another order": {"path": path[::-1]},
        "another record": {"extra": _with(opening, record='{"at":0}')},
        "another salt": {"extra": _with(opening, salt="00" * 16)},
        "other subjects": {"extra": _with(opening, subjects="00" * 32)},
        "another number of subjects": {"extra": _with(opening, count=2)},
        "another commitment": {"extra": Opening("00" * 34).encoded()},
        "a cut commitment": {"extra": Opening("00" * 33).encoded()},
        "no salt": {"extra": _with(opening, salt=None)},
        "a short salt": {"extra": _with(opening, salt="00")},
        "extra of somebody else": {"extra": b"{}"},
        "another size": {"checkpoint": found.checkpoint.replace("\n301\n", "\n302\n")},
    }[name]
    whole = {
        "index": found.index,
        "path": path,
        "checkpoint": found.checkpoint,
        "extra": found.extra,
    }
    return TlogProof(**(whole | parts)).text()


def _with(opening, **parts):
    names = ("commitment", "record", "salt", "subjects", "count")
    return Opening(**({name: getattr(opening, name) for name in names} | parts)).encoded()


CHANGES = {
    "another index": "entry 201",
    "a hash less": "entry 200",
    "a hash more": "entry 200",
    "another hash": "entry 200",
    "hashes in another order": "entry 200",
    "another record": "extra",
    "another salt": "extra",
    "other subjects": "extra",
    "another number of subjects": "extra",
    "another commitment": "entry 200",
    "a cut commitment": "extra",
    "no salt": "extra",
    "a short salt": "extra",
    "extra of somebody else": "extra",
    "another size": "proof's checkpoint",
}


@pytest.mark.parametrize("name", CHANGES)
def test_no_changed_proof_passes(proof, name, capsys):
    proof.write_text(changed(proof.read_text(), name))

    status, told = ask(capsys, proof)

    assert (status, [each["place"] for each in told["problems"]]) == (1, [CHANGES[name]])


def test_without_extra_the_entry_is_given(proof, log, capsys):
    found = read_proof(proof.read_text())
    proof.write_text(TlogProof(found.index, found.path, found.checkpoint).text())

    assert ask(capsys, proof)[0] == 2
    assert ask(capsys, proof, "--entry", log.rows[200].commitment.hex())[0] == 0
    assert ask(capsys, proof, "--entry", log.rows[201].commitment.hex())[0] == 1


def test_extra_is_about_the_entry_that_is_asked_for(proof, log, capsys):
    assert ask(capsys, proof, "--entry", log.rows[201].commitment.hex())[0] == 1


@given(
    st.integers(0, 10**18),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.one_of(st.none(), st.binary(max_size=50)),
)
def test_what_is_written_is_read(index, path, extra):
    proof = TlogProof(index, tuple(path), "origin\n1\nroot\n\n\u2014 a b\n", extra)

    assert read_proof(proof.text()) == proof


HASH = b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\nindex 1",
        "c2sp.org/tlog-proof@v2\nindex 1\n\nx",
        "c2sp.org/tlog-proof@v1\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 01\n\nx",
        "c2sp.org/tlog-proof@v1\nindex -1\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 1 \n\nx",
        "c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 1\n!\n\nx",
        "c2sp.org/tlog-proof@v1\nextra !\nindex 1\n\nx",
        f"c2sp.org/tlog-proof@v1\n{HASH}\nindex 1\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 1\n" + f"{HASH}\n" * 64 + "\nx",
    ],
)
def test_what_is_no_proof_is_refused(text):
    with pytest.raises(ValueError):
        read_proof(text)
