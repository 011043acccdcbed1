"""The page verifies proofs itself, says which step fails, and believes the keys that one kept."""

import json
import subprocess
import sys
from base64 import b64decode, b64encode
from dataclasses import replace
from hashlib import sha256

import pytest
from playwright.sync_api import expect

from audit.checkpoint import Checkpoint, NoteSigner
from audit.entry import commitment, commitment_over, entry_salt
from audit.merkle import hash_leaf, inclusion_proof, subtree_over
from audit.subjects import subjects_root
from audit.tlog_proof import Opening, TlogProof, read_proof
from hub.demo.installation import AUDITOR
from tests.support.audit_log import SIGNER
from tests.support.installation import ROOT, hub_command
from tests.support.witnessing import COSIGNER

pytestmark = [pytest.mark.extra, pytest.mark.timeout(300)]
RECORD = '{"at":0,"department":"audit-office","outcome":"answered","purpose":"核对"}'
SECRET = bytes(range(32))
INDEX, SIZE, KIND = 6, 11, 3
STRANGER = NoteSigner(SIGNER.name, b"\x09" * 32)


def new_proof():
    """Return the proof of one entry of a log of eleven, opened, and cosigned by a witness."""
    subjects = b"\xaa" * 32 + b"\x00\x00\x00\x07"
    leaves = [
        commitment(KIND, SECRET, RECORD.encode(), subjects if n == INDEX else b"")
        if n == INDEX
        else commitment(KIND, sha256(bytes([n])).digest(), b"{}", b"")
        for n in range(SIZE)
    ]
    hashes = [hash_leaf(leaf) for leaf in leaves]
    checkpoint = Checkpoint(SIGNER.name, SIZE, subtree_over(hashes)(0, SIZE))
    note = SIGNER.sign(checkpoint) + COSIGNER.cosign(checkpoint.text(), 1_790_000_000)
    opening = Opening(
        commitment=leaves[INDEX].hex(),
        record=RECORD,
        salt=entry_salt(SECRET).hex(),
        subjects=subjects_root(SECRET, subjects).hex(),
        count=1,
    )
    path = inclusion_proof(INDEX, SIZE, subtree_over(hashes))
    return TlogProof(INDEX, path, note, opening.encoded())


def opened(proof, **changed):
    """Return the proof with another opening."""
    return replace(proof, extra=json.dumps(json.loads(proof.extra) | changed).encode())


def bent(text):
    """Return base64 text of bytes of which one bit is another, or of a signature line the same."""
    raw = bytearray(b64decode(text))
    raw[-1] ^= 1
    return b64encode(raw).decode()


def bent_line(proof, number):
    """Return the proof with a bent signature line: 0 is the log's, 1 the witness's."""
    text, lines = proof.checkpoint.split("\n\n")
    signed = lines.splitlines()
    signed[number] = " ".join([*signed[number].split(" ")[:2], bent(signed[number].split(" ")[2])])
    return replace(proof, checkpoint=f"{text}\n\n" + "\n".join(signed) + "\n")


def lines_of(proof, **changed):
    """Return the proof with another origin, size or root under the old signatures."""
    origin, size, root, *rest = proof.checkpoint.split("\n")
    given = {"origin": origin, "size": size, "root": root} | changed
    return replace(proof, checkpoint="\n".join([*given.values(), *rest]))


def other_kind(proof):
    """Return a proof whose leaf says another kind, committed to by nobody."""
    raw = bytearray.fromhex(json.loads(proof.extra)["commitment"])
    raw[1] = 4
    return opened(proof, commitment=raw.hex())


def committed_anew(proof):
    """Return a proof of a changed record whose commitment was made to fit."""
    told = json.loads(proof.extra)
    record = told["record"].replace("answered", "refused")
    digest = sha256(record.encode()).digest()
    parts = bytes.fromhex(told["salt"]), digest, bytes.fromhex(told["subjects"]), told["count"]
    return opened(proof, record=record, commitment=commitment_over(KIND, *parts).hex())


BROKEN = {
    "another record": (lambda p: opened(p, record=RECORD.replace("0", "1")), "record"),
    "another salt": (lambda p: opened(p, salt="00" * 16), "record"),
    "other subjects": (lambda p: opened(p, subjects="00" * 32), "record"),
    "another number of subjects": (lambda p: opened(p, count=2), "record"),
    "another kind": (other_kind, "path"),
    "no commitment": (lambda p: opened(p, commitment="01"), "record"),
    "a record committed to anew": (committed_anew, "path"),
    "another index": (lambda p: replace(p, index=INDEX + 1), "path"),
    "an index beyond the log": (lambda p: replace(p, index=SIZE), "path"),
    "a hash less": (lambda p: replace(p, path=p.path[:-1]), "path"),
    "a hash more": (lambda p: replace(p, path=(*p.path, bytes(32))), "path"),
    "hashes in another order": (lambda p: replace(p, path=p.path[::-1]), "path"),
    "another root": (lambda p: lines_of(p, root=b64encode(bytes(32)).decode()), "path"),
    "another size": (lambda p: lines_of(p, size=str(SIZE + 20)), "path"),
    "a size that is no number": (lambda p: lines_of(p, size="011"), "path"),
    "no signature": (lambda p: replace(p, checkpoint=p.checkpoint.partition("\n\n")[0]), "path"),
    "another log": (lambda p: lines_of(p, origin="other.example/log"), "signature"),
    "a bent signature": (lambda p: bent_line(p, 0), "signature"),
    "a bent cosignature": (lambda p: bent_line(p, 1), "witness"),
}


def check(watched, proof):
    """Give the page a proof as a file; return its verdict and each step's state."""
    content = proof if isinstance(proof, bytes) else proof.text().encode()
    file = {"name": "6.tlog-proof", "mimeType": "text/plain", "buffer": content}
    watched.page.locator("#own").evaluate("each => each.replaceChildren()")
    watched.page.locator("#file").set_input_files(file)
    watched.page.locator("#own .verdict").wait_for()
    steps = {
        each.get_attribute("data-step"): each.get_attribute("class").split()[1]
        for each in watched.page.locator("#own .step").all()
    }
    return watched.page.locator("#own .verdict span[lang=en]").inner_text(), steps


def pin(watched, *keys):
    """Keep these keys in the page."""
    if not watched.page.locator("#keys").is_visible():
        watched.page.locator(".keys summary").click()
    watched.page.locator("#keys").fill("\n".join(keys))
    watched.page.get_by_role("button", name="Check with these").click()
    watched.settle()


def test_a_proof_that_one_has_is_verified_without_signing_in_and_without_asking_anybody(watched):
    watched.open("/entry")
    pin(watched, SIGNER.vkey, COSIGNER.vkey)
    asked = len(watched.requests)

    verdict, steps = check(watched, new_proof())

    assert verdict == "The proof holds"
    assert steps == dict.fromkeys(("record", "path", "signature", "witness"), "good")
    assert len(watched.requests) == asked
    assert check(watched, replace(new_proof(), extra=Opening(
        json.loads(new_proof().extra)["commitment"]).encoded()))[1]["record"] == "open"  # fmt: skip


def test_whatever_is_broken_the_page_says_which_step_fails(watched):
    watched.open("/entry")
    pin(watched, SIGNER.vkey, COSIGNER.vkey)
    found = {}

    for name, (broken, _) in BROKEN.items():
        verdict, steps = check(watched, broken(new_proof()))
        assert verdict.startswith("The proof does not hold"), name
        failed = [step for step, state in steps.items() if state == "bad"]
        assert failed == list(steps)[-1:], name
        found[name] = failed[0]

    assert found == {name: step for name, (_, step) in BROKEN.items()}
    assert "no tlog-proof" in check(watched, b"anything")[0]


def test_a_key_that_did_not_sign_or_is_none_is_said_to_be_so(watched):
    watched.open("/entry")
    pin(watched, STRANGER.vkey)
    verdict, steps = check(watched, new_proof())
    assert verdict == "The proof does not hold: signature of the checkpoint"
    assert steps["signature"] == "bad"

    pin(watched, SIGNER.vkey.replace("+", "+0", 1)[:-1])
    assert "name+id+key" in watched.page.locator(".keys [role=alert]").inner_text()
    pin(watched, SIGNER.vkey)
    assert check(watched, new_proof())[1] == {
        "record": "good", "path": "good", "signature": "good", "witness": "open",
    }  # fmt: skip


def test_an_entry_is_shown_with_its_proof_verified_and_the_file_is_believed_elsewhere(
    watched, home, tmp_path
):
    page = watched.open("/entry#12")
    watched.sign_in(AUDITOR.id, "AUDIT")
    page.locator("#verdict .verdict").wait_for()

    assert page.locator("#verdict .verdict span[lang=en]").inner_text() == "The proof holds"
    with page.expect_download() as saved:
        page.locator("#save-proof").click()
    file = tmp_path / saved.value.suggested_filename
    saved.value.save_as(file)
    assert file.name == "12.tlog-proof"
    assert read_proof(file.read_text()).index == 12
    (tmp_path / "log.vkey").write_text(hub_command("audit", "key", "--home", home).stdout)
    done = subprocess.run(
        [sys.executable, "-m", "audit", "verify-receipt", file, "--vkey", tmp_path / "log.vkey"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr

    pin(watched, STRANGER.vkey)
    assert "does not hold" in page.locator("#verdict .verdict span[lang=en]").inner_text()
    page.locator("#next").click()
    expect(page.locator("#index")).to_have_value("13")
    assert page.url.endswith("/entry#13")
    page.locator("#index").fill("99999999")
    page.get_by_role("button", name="Show").click()
    page.locator("#said", has_text="The log has no entry 99999999").wait_for()
    assert not page.locator("#verdict").is_visible()


def test_the_log_and_its_witnesses_are_shown_and_the_signature_is_checked(watched, home):
    page = watched.open("/log-status")
    watched.sign_in(AUDITOR.id, "AUDIT")
    page.locator("#status .verdict").wait_for()

    key = hub_command("audit", "key", "--home", home).stdout.strip()
    assert page.locator("#vkeys").inner_text() == key
    assert "holds" in page.locator("#status .verdict span[lang=en]").inner_text()
    assert "no witness" in page.locator("#status").inner_text()
    pin(watched, STRANGER.vkey)
    assert "none of the given keys" in page.locator("#status .verdict span[lang=en]").inner_text()
