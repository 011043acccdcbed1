"""A witness over real HTTP: it cosigns growth, refuses another past, and forgets nothing."""

import http.client
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from audit.checkpoint import Checkpoint, NoteSigner, NoteVerifiers
from audit.cosignature import CosignatureVerifier, open_cosigned
from audit.merkle import consistency_proof, hash_leaf, subtree_over
from audit.witness import AddCheckpoint, Witness, WitnessError, WitnessState
from audit.witness_server import WitnessServer
from tests.support.audit_log import SIGNER
from tests.support.kept_log import kept_log
from tests.support.witnessing import COSIGNER, serving_witness

ROOT = Path(__file__).resolve().parents[3]
AT = 1_790_000_000
KNOWN = CosignatureVerifier.from_vkey(COSIGNER.vkey)
LOG = NoteVerifiers.from_vkeys(SIGNER.vkeys)


@pytest.fixture(scope="module")
def log():
    return kept_log(100)


def proof(log, old, size):
    if not 0 < old < size:
        return ()
    leaves = [hash_leaf(row.commitment) for row in log.rows]
    return consistency_proof(old, size, subtree_over(leaves))


def request(log, old, size):
    return AddCheckpoint(old, proof(log, old, size), log.note(size)).encode()


def post(url, body, path="/add-checkpoint"):
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.request("POST", path, body=body)
        reply = connection.getresponse()
        return reply.status, reply.headers["Content-Type"], reply.read().decode()
    finally:
        connection.close()


def get(url, path):
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        return reply.status, reply.read().decode()
    finally:
        connection.close()


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state" / "witness.json"


@pytest.fixture
def witness(state):
    with serving_witness(state, lambda: AT) as url:
        yield url


def test_it_cosigns_a_log_that_grows_and_shows_what_it_cosigned(witness, log):
    page = f"/{sha256(SIGNER.name.encode()).hexdigest()}/checkpoint"
    assert get(witness, page)[0] == 404

    for old, size in [(0, 1), (1, 64), (64, 64), (64, 65), (65, 101)]:
        status, kind, text = post(witness, request(log, old, size))

        assert (status, kind) == (200, "text/plain; charset=utf-8")
        found = open_cosigned(log.note(size) + text, LOG, [KNOWN])
        assert (found.checkpoint.size, found.witnesses[0].at) == (size, AT)
    status, note = get(witness, page)
    assert status == 200
    assert open_cosigned(note, LOG, [KNOWN]).checkpoint.size == 101
    assert get(witness, "/" + "0" * 64 + "/checkpoint")[0] == 404


def test_another_size_than_it_knows_is_a_conflict(witness, log):
    assert post(witness, request(log, 7, 50)) == (409, "text/x.tlog.size", "0\n")
    assert post(witness, request(log, 0, 50))[0] == 200
    assert post(witness, request(log, 0, 60)) == (409, "text/x.tlog.size", "50\n")
    assert post(witness, request(log, 50, 60))[0] == 200


def test_a_log_that_was_cut_or_rewritten_is_refused_and_nothing_forgotten(witness, log, state):
    assert post(witness, request(log, 0, 50))[0] == 200
    before = state.read_bytes()
    forked = kept_log(100)
    same = SIGNER.sign(Checkpoint(SIGNER.name, 50, forked.frontier(50).root()))

    assert post(witness, request(log, 30, 40))[0] == 409  # cut: it asks from before
    assert post(witness, request(log, 50, 40))[0] == 400  # cut: it shrinks
    assert post(witness, request(forked, 50, 60))[0] == 422  # rewritten, with a proof of its own
    assert post(witness, AddCheckpoint(50, proof(log, 50, 60), forked.note(60)).encode())[0] == 422
    assert post(witness, AddCheckpoint(50, (), same).encode())[0] == 422  # forked at one size
    assert state.read_bytes() == before
    assert post(witness, request(log, 50, 60))[0] == 200


EMPTY = SIGNER.sign(Checkpoint(SIGNER.name, 0, sha256(b"").digest()))


def test_it_takes_only_requests_as_the_specification_has_them(witness, log):
    stranger = NoteSigner("other.example/log", bytes(32))
    forger = NoteSigner(SIGNER.name, bytes(32))
    unknown = stranger.sign(Checkpoint(stranger.name, 1, bytes(32)))
    broken = log.note(50).replace("\n50\n", "\n51\n")
    full = AddCheckpoint(0, (bytes(32),), log.note(50))
    wrong = {
        b"": 400,
        b"old 0\n": 400,
        b"old 00\n\n" + log.note(1).encode(): 400,
        b"old 0\nAAAA\n\n" + log.note(1).encode(): 400,
        b"old 0\n!\n\n" + log.note(1).encode(): 400,
        b"\xff": 400,
        AddCheckpoint(0, (bytes(32),) * 64, log.note(50)).encode(): 400,
        AddCheckpoint(0, (), unknown).encode(): 404,
        AddCheckpoint(0, (), log.note(50, forger)).encode(): 403,
        AddCheckpoint(0, (), broken).encode(): 403,
        full.encode(): 422,
        AddCheckpoint(0, (), SIGNER.sign(Checkpoint(SIGNER.name, 0, bytes(32)))).encode(): 422,
    }
    for body, status in wrong.items():
        assert post(witness, body)[0] == status, body[:40]
    assert post(witness, bytes(70_000))[0] == 413
    assert post(witness, request(log, 0, 50), "/elsewhere")[0] == 404
    assert get(witness, "/x")[0] == 404
    assert post(witness, AddCheckpoint(0, (), EMPTY).encode())[0] == 200
    assert post(witness, request(log, 0, 50))[0] == 200


def test_of_many_at_once_every_answer_is_of_one_history(witness, log):
    sizes = list(range(2, 60))
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda size: post(witness, request(log, 0, size)), sizes))

    taken = [size for size, answer in zip(sizes, answers, strict=True) if answer[0] == 200]
    refused = [answer for answer in answers if answer[0] != 200]
    assert len(taken) == 1  # the first one; all others are told its size
    assert {(status, text) for status, _, text in refused} == {(409, f"{taken[0]}\n")}


def test_what_was_cosigned_outlives_the_process(state, log):
    with serving_witness(state, lambda: AT) as url:
        assert post(url, request(log, 0, 50))[0] == 200
    with serving_witness(state, lambda: AT) as url:
        assert post(url, request(log, 0, 60))[2] == "50\n"
        with pytest.raises(WitnessError, match="another witness"):
            WitnessState(state)


def test_what_cannot_be_kept_is_not_cosigned(state, log, monkeypatch):
    """The disk fails before and after the state is in its place."""
    with serving_witness(state, lambda: AT) as url:
        assert post(url, request(log, 0, 50))[0] == 200
        for failing in ("fsync", "open"):
            with monkeypatch.context() as patch:

                def fail(*arguments, **options):
                    raise OSError(28, "No space left on device")

                patch.setattr(f"audit.witness.os.{failing}", fail)
                assert post(url, request(log, 50, 60))[::2] == (
                    500,
                    "the witness cannot keep what it would cosign\n",
                )
        assert post(url, request(log, 0, 60))[2] == "50\n"
        assert post(url, request(log, 50, 60))[0] == 200


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": {}}', '{"a": {"size": "x"}}'])
def test_a_state_that_cannot_be_read_is_not_begun_anew(state, content):
    state.parent.mkdir()
    state.write_text(content)

    with pytest.raises(WitnessError, match="do not remove it"):
        WitnessState(state)
    assert state.read_text() == content


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])  # noqa: S104 - it is refused
def test_it_listens_on_this_machine_only(state, host):
    with closing(WitnessState(state)) as kept, pytest.raises(ValueError, match="this machine"):
        WitnessServer(Witness(COSIGNER, {}, kept, lambda: AT), host, 0)


def run(*arguments, **options):
    command = [sys.executable, "-m", "audit", "witness", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, **options)


def test_the_office_makes_a_key_and_serves_a_witness(tmp_path, log):
    key, state, vkeys = (tmp_path / name for name in ("key", "state", "log.vkey"))
    vkeys.write_text(SIGNER.vkey + "\n")
    named = ("--name", "audit.example/w", "--key", str(key))
    made, again = run("key", *named, "--json"), run("key", *named, "--json")
    assert (made.returncode, made.stdout) == (0, again.stdout)
    assert key.stat().st_mode & 0o777 == 0o600
    verifier = CosignatureVerifier.from_vkey(json.loads(made.stdout)["vkey"])
    served = (*named, "--state", str(state), "--log", str(vkeys), "--port", "0")

    process = subprocess.Popen(
        [sys.executable, "-m", "audit", "witness", "serve", *served],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        process.stderr.readline()
        url = process.stderr.readline().split()[-1]
        threading.Thread(target=process.stderr.read, daemon=True).start()
        status, _, text = post(url, request(log, 0, 50))
        assert status == 200
        assert open_cosigned(log.note(50) + text, LOG, [verifier]).witnesses
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
    with closing(WitnessState(state)) as kept:  # the killed one lets go of it, with what it had
        assert kept.get(SIGNER.name).size == 50
    key.chmod(0o644)
    assert "mode to 0600" in run("serve", *served).stdout
