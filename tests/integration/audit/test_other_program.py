"""The published log checks with somebody else's program: the Go project's own tlog packages."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.audit_log import SIGNER
from tests.support.kept_log import kept_log

GO = shutil.which("go")
PACKAGES = Path("/usr/share/gocode")
SOURCE = Path(__file__).parent / "other_program" / "main.go"
pytestmark = [
    pytest.mark.extra,
    pytest.mark.timeout(300),
    pytest.mark.skipif(GO is None, reason="go is not installed (Debian: golang-go)"),
    pytest.mark.skipif(
        not (PACKAGES / "src/golang.org/x/mod/sumdb/tlog").is_dir(),
        reason="golang.org/x/mod is not installed (Debian: golang-golang-x-mod-dev)",
    ),
]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The program, built from our main.go and their packages, with no network."""
    folder = tmp_path_factory.mktemp("go")
    built = folder / "reads-the-log"
    env = {
        **os.environ, "GO111MODULE": "off", "GOPATH": str(PACKAGES), "GOFLAGS": "",
        "GOCACHE": str(folder / "cache"), "HOME": str(folder), "CGO_ENABLED": "0",
    }  # fmt: skip
    done = subprocess.run(
        [str(GO), "build", "-o", built, SOURCE], env=env, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return built


@pytest.fixture
def published(tmp_path):
    """A log of 601 entries as it is published, its verifier key, and an old checkpoint."""
    log = kept_log()
    folder = log.write(tmp_path / "log")
    (tmp_path / "vkey").write_text(SIGNER.vkey)
    (tmp_path / "old").write_text(log.note(300))
    return folder


def read(program, folder):
    kept = folder.parent
    done = subprocess.run(
        [program, folder, kept / "vkey", kept / "old"], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.strip()


def test_every_entry_and_the_old_checkpoint_check_with_it(program, published):
    assert read(program, published) == (0, "size 601 entries 601")


@pytest.mark.parametrize(
    ("path", "place"),
    [("tile/0/001", "consistency"), ("tile/entries/001", "entry 2"), ("checkpoint", "checkpoint")],
)
def test_it_finds_what_was_changed(program, published, path, place):
    changed = bytearray((published / path).read_bytes())
    changed[40] ^= 1
    (published / path).write_bytes(bytes(changed))

    status, told = read(program, published)

    assert status == 1
    assert place in told


def test_it_finds_another_history(program, published):
    (published.parent / "old").write_text(kept_log(610).note(400))

    status, told = read(program, published)

    assert (status, told.partition(":")[0]) == (1, "consistency")
