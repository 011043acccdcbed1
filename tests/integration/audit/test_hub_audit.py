"""`hub-audit` works alone: with the `audit` package and four libraries, on disk and over HTTP."""

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from audit.checkpoint import NoteSigner
from audit.cli import main
from tests.support.audit_log import SIGNER
from tests.support.kept_log import kept_log
from tests.support.static_files import served_folder
from tests.support.witnessing import COSIGNER, SECOND

ROOT = Path(__file__).resolve().parents[3]
NEEDED = ("cryptography", "cffi", "_cffi_backend", "msgspec", "orjson", "typing_extensions")
RUN = """
import sys
sys.path[:0] = [{path!r}]
if __name__ == "__main__":
    from audit.cli import main
    status = main(sys.argv[1:])
    strange = {{name.partition(".")[0] for name in sys.modules}} & {{
        "hub", "schema", "connectors", "scoring", "openapi", "asyncpg", "numpy", "starlette",
        "sqlalchemy", "uvicorn", "httpx2", "strawberry", "typer",
    }}
    sys.exit(f"imported {{strange}}" if strange else status)
"""


@pytest.fixture(scope="module")
def log():
    return kept_log()


@pytest.fixture(scope="module")
def exported(log, tmp_path_factory):
    return log.write(tmp_path_factory.mktemp("export"))


@pytest.fixture(scope="module")
def published(exported, tmp_path_factory):
    """What may be published of it: checkpoint and tiles."""
    folder = tmp_path_factory.mktemp("published")
    shutil.copy(exported / "checkpoint", folder)
    shutil.copytree(exported / "tile", folder / "tile")
    return folder


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """Run the command where nothing is installed but `audit` and what it needs."""
    packages = tmp_path_factory.mktemp("packages")
    shutil.copytree(
        ROOT / "audit", packages / "audit", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in NEEDED:
        place = Path(find_spec(name).origin)
        place = place.parent if place.name == "__init__.py" else place
        (packages / place.name).symlink_to(place)
    script = packages / "run.py"
    script.write_text(RUN.format(path=str(packages)))

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-I", "-S", str(script), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={},
        )

    return run


@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_verifies_a_log_on_disk_and_over_http_alone(alone, exported, published, workers):
    options = ("--vkey", SIGNER.vkey, "--workers", workers, "--json")

    with served_folder(published) as url:
        ran = [
            alone("verify-export", str(exported), *options),
            alone("verify-log", str(exported), *options),
            alone("verify-log", str(published), *options),
            alone("verify-log", url, *options),
        ]

    assert [each.returncode for each in ran] == [0, 0, 0, 0], [each.stderr for each in ran]
    told = [json.loads(each.stdout) for each in ran]
    assert [(each["verdict"], each["entries"]) for each in told] == [("whole", 601)] * 4


def test_what_was_tampered_with_ends_with_one_and_names_the_place(alone, exported, tmp_path):
    folder = shutil.copytree(exported, tmp_path / "tampered")
    bundle = folder / "tile/entries/001"
    bundle.write_bytes(bytes(200) + bundle.read_bytes()[200:])
    options = ("--vkey", SIGNER.vkey, "--json")

    with served_folder(folder) as url:
        ran = [alone("verify-log", place, *options) for place in (str(folder), url)]

    assert [each.returncode for each in ran] == [1, 1]
    for each in ran:
        told = json.loads(each.stdout)
        assert told["verdict"] == "tampered"
        assert {"tile 0/1", "bundle 1"} & {problem["place"] for problem in told["problems"]}


@pytest.mark.parametrize(
    ("signed", "quorum", "status"),
    [((COSIGNER,), "1", 0), ((COSIGNER, SECOND), "2", 0), ((COSIGNER,), "2", 1), ((), "1", 1)],
)
def test_a_log_is_whole_only_if_as_many_known_witnesses_cosigned_it(
    alone, published, tmp_path, signed, quorum, status
):
    folder = shutil.copytree(published, tmp_path / "published")
    note = (folder / "checkpoint").read_text()
    text = note.partition("\n\n")[0] + "\n"
    lines = "".join(each.cosign(text, 1_790_000_000) for each in signed)
    (folder / "checkpoint").write_text(note + lines)
    known = [word for each in (COSIGNER, SECOND) for word in ("--witness", each.vkey)]
    options = ("--vkey", SIGNER.vkey, *known, "--quorum", quorum, "--json")

    with served_folder(folder) as url:
        ran = [alone("verify-log", place, *options) for place in (str(folder), url)]

    assert [each.returncode for each in ran] == [status] * 2, [each.stdout for each in ran]
    for each in ran:
        told = json.loads(each.stdout)
        assert len(told["witnesses"]) == len(signed)
        wanted = {"checkpoint"} if status else set()
        assert {problem["place"] for problem in told["problems"]} == wanted


def test_a_cosigned_checkpoint_stands_beside_an_export_not_in_it(alone, exported, tmp_path):
    folder = shutil.copytree(exported, tmp_path / "export")
    note = (folder / "checkpoint").read_text()
    kept = tmp_path / "cosigned"
    kept.write_text(note + COSIGNER.cosign(note.partition("\n\n")[0] + "\n", 1_790_000_000))
    options = ("--vkey", SIGNER.vkey, "--witnessed", str(kept))

    beside = alone("verify-export", str(folder), *options)
    shutil.copyfile(kept, folder / "checkpoint")
    within = alone("verify-export", str(folder), *options)

    assert (beside.returncode, within.returncode) == (0, 1), beside.stdout + within.stdout


def test_what_cannot_be_checked_ends_with_two(alone, exported, tmp_path):
    vkey = ("--vkey", SIGNER.vkey)

    ran = [
        alone("verify-log", str(tmp_path / "none"), *vkey),
        alone("verify-log", str(exported), "--vkey", "nonsense"),
        alone("verify-log", str(exported)),
        alone("verify-log", "http://user.example/log", *vkey, "--token-file", __file__),
        alone("verify-log", "ftp://user.example/log", *vkey),
        alone("verify-export", str(exported / "checkpoint"), *vkey),
        alone("verify-receipt", str(exported / "checkpoint"), *vkey),
        alone("verify-database", "postgresql://", *vkey),
    ]

    assert {each.returncode for each in ran} == {2}
    assert "NOT CHECKED" in ran[0].stdout
    assert "asyncpg is not installed" in ran[-1].stdout


def test_a_log_that_does_not_answer_cannot_be_checked(published, monkeypatch, capsys):
    monkeypatch.setattr("audit.reading._PAUSES_S", (0, 0))
    with served_folder(published) as url:
        pass

    assert main(["verify-log", url, "--vkey", SIGNER.vkey]) == 2
    assert "cannot reach" in capsys.readouterr().out


def ask(capsys, *arguments):
    status = main([*arguments, "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == ["whole", "tampered", "unchecked"][status]
    return status, told


def kept(tmp_path, name, note):
    path = tmp_path / name
    path.write_text(note)
    return str(path)


@pytest.mark.parametrize(("old", "new"), [(1, 601), (256, 601), (255, 257), (600, 601), (300, 555)])
def test_one_checkpoint_became_another(published, log, tmp_path, capsys, old, new):
    notes = [kept(tmp_path, name, log.note(size)) for name, size in (("old", old), ("new", new))]

    with served_folder(published) as url:
        for place in (str(published), url):
            status, told = ask(capsys, "consistency", *notes, "--vkey", SIGNER.vkey, "--log", place)
            assert (status, told["problems"]) == (0, [])


def test_checkpoints_of_two_histories_do_not_become_each_other(published, log, tmp_path, capsys):
    forked = kept_log()  # the same entries with other secrets, so another tree
    forger = NoteSigner(SIGNER.name, bytes(32))
    here, theirs = (kept(tmp_path, *each) for each in (("h", log.note()), ("t", forked.note())))
    vkey = ("--vkey", SIGNER.vkey)

    cases = {
        "forked before": (kept(tmp_path, "a", forked.note(300)), here, "OLD"),
        "forked at one size": (theirs, here, "OLD and NEW"),
        "cut": (here, kept(tmp_path, "c", log.note(300)), "OLD"),
        "another's tiles": (kept(tmp_path, "d", forked.note(9)), theirs, "NEW"),
        "another's key": (kept(tmp_path, "f", log.note(3, forger)), here, "OLD"),
    }  # fmt: skip
    for name, (old, new, place) in cases.items():
        status, told = ask(capsys, "consistency", old, new, *vkey, "--log", str(published))
        assert (status, [each["place"] for each in told["problems"]]) == (1, [place]), name
    old = kept(tmp_path, "g", log.note(300))
    assert ask(capsys, "consistency", old, here, *vkey)[0] == 2  # no log, no tiles


def receipt_of(log, index):
    given = log.receipts[index - 1]
    assert given.index == index
    return {
        "log": given.origin,
        "index": given.index,
        "treeSize": given.tree_size,
        "checkpoint": given.checkpoint,
    }


@pytest.mark.parametrize("index", [1, 255, 256, 400, 600])
def test_a_receipt_is_checked_with_the_log_of_now(published, log, tmp_path, capsys, index):
    answer = {"data": None, "extensions": {"receipt": receipt_of(log, index)}}
    file = kept(tmp_path, "answer", json.dumps(answer))
    asked = ("verify-receipt", file, "--vkey", SIGNER.vkey)

    status, told = ask(capsys, *asked, "--log", str(published))

    assert (status, told["problems"]) == (0, [])
    assert told["commitment"] == log.rows[index].commitment.hex()
    assert ask(capsys, *asked)[0] == 2


def test_a_receipt_that_the_log_does_not_bear_out_is_found(published, log, tmp_path, capsys):
    right = receipt_of(log, 400)
    forked = kept_log()
    wrong = {
        "another index": (right | {"index": 9_999}, "receipt"),
        "another log": (right | {"log": "other.example/log"}, "receipt"),
        "another size": (right | {"treeSize": right["treeSize"] + 1}, "receipt"),
        "a forged checkpoint": (
            right | {"checkpoint": right["checkpoint"].replace("\n4", "\n5", 1)},
            "receipt's checkpoint",
        ),
        "a history that is gone": (receipt_of(forked, 400), "receipt's checkpoint"),
    }
    for name, (receipt, place) in wrong.items():
        file = kept(tmp_path, "receipt", json.dumps(receipt))
        status, told = ask(
            capsys, "verify-receipt", file, "--vkey", SIGNER.vkey, "--log", str(published)
        )
        assert (status, told["problems"][0]["place"]) == (1, place), name


def test_a_log_that_was_cut_does_not_bear_out_a_receipt(log, tmp_path, capsys):
    cut = kept_log()
    cut.rows = log.rows[:300]
    cut.kept = []
    folder = cut.write(tmp_path / "cut")
    file = kept(tmp_path, "receipt", json.dumps(receipt_of(log, 400)))

    status, told = ask(capsys, "verify-receipt", file, "--vkey", SIGNER.vkey, "--log", str(folder))

    assert (status, told["problems"][0]["place"]) == (1, "log's checkpoint")


def test_twenty_problems_are_named_and_the_rest_counted(exported, tmp_path, capsys):
    folder = shutil.copytree(exported, tmp_path / "tampered")
    records = folder / "records/000000000.jsonl"
    records.write_bytes(records.read_bytes().replace(b'"subjects":"', b'"subjects":"00'))

    assert main(["verify-export", str(folder), "--vkey", SIGNER.vkey]) == 1
    shown = capsys.readouterr().out
    assert "entry 1:" in shown
    # The manifest names the file; nineteen of the entries in it follow.
    assert shown.count("\n  entry ") == 19
    assert "\n  records/000000000.jsonl: " in shown
    assert "more\n" in shown
    assert "TAMPERED" in shown
