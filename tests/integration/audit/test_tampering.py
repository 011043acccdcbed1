"""Every way to tamper that docs/audit.md lists: done, caught by `hub-audit`, named by its place."""

import json
import re
import shutil
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from audit.checkpoint import Checkpoint, NoteSigner
from audit.cli import main
from audit.entry import canonical
from tests.support.audit_log import SIGNER
from tests.support.kept_log import kept_log
from tests.support.static_files import served_folder

ROOT = Path(__file__).resolve().parents[3]
OTHER = NoteSigner(SIGNER.name, bytes(32))
RECORDS = "records/000000000.jsonl"
ROW = re.compile(r"\| (?P<case>[^|]+) \| [^|]+ \| (?P<kept>yes|no) \| `(?P<place>[^`]+)` \|")


@pytest.fixture(scope="module")
def log():
    return kept_log()


@pytest.fixture(scope="module")
def whole(log, tmp_path_factory):
    return log.write(tmp_path_factory.mktemp("whole"))


@dataclass
class Scene:
    """What a tamperer has at hand: a copy of the log in memory, and the export as files."""

    log: object
    folder: Path
    vkey: str = SIGNER.vkey

    def edit(self, path, old, new):
        content = (self.folder / path).read_bytes()
        assert content.count(old) == 1
        (self.folder / path).write_bytes(content.replace(old, new))

    def lines(self, path, change):
        lines = (self.folder / path).read_bytes().splitlines(keepends=True)
        change(lines)
        (self.folder / path).write_bytes(b"".join(lines))

    def flip(self, path, place):
        content = bytearray((self.folder / path).read_bytes())
        content[place] ^= 1
        (self.folder / path).write_bytes(content)

    def write(self, note=None):
        """Make all files anew: entries, tiles and, without `note`, a right signature."""
        shutil.rmtree(self.folder)
        self.log.write(self.folder, note)

    def unsigned(self):
        """Make all files anew by somebody without the key: the checkpoint stays what it was."""
        self.write((self.folder / "checkpoint").read_text())

    def resigned(self):
        """Make all files anew by somebody who has the key: every checkpoint fits."""
        self.log.resign()
        self.write()


def record(scene, seq, **changed):
    content = json.loads(scene.log.rows[seq].record)
    return canonical(content | changed)


def changed_and_committed(scene):
    scene.log.commit(300, record=record(scene, 300, request="r999"))
    scene.unsigned()


def removed_and_moved_up(scene):
    del scene.log.rows[300]
    scene.log.renumber()
    scene.unsigned()


def inserted(scene):
    scene.log.rows.insert(300, scene.log.rows[299])
    scene.log.renumber()
    scene.unsigned()


def swapped(lines):
    lines[300], lines[301] = lines[301], lines[300]


def swapped_and_rebuilt(scene):
    swapped(scene.log.rows)
    scene.log.renumber()
    scene.unsigned()


def truncated(scene):
    row = scene.log.rows[300]
    scene.edit(RECORDS, json.dumps(row.record.decode()).encode(), b'"{}"')


def cut_off(scene):
    del scene.log.rows[400:]
    scene.resigned()


def forged(scene):
    frontier = scene.log.frontier()
    note = OTHER.sign(Checkpoint(SIGNER.name, frontier.size, frontier.root()))
    (scene.folder / "checkpoint").write_text(note)


def another_root(scene):
    (scene.folder / "checkpoint").write_text(SIGNER.sign(Checkpoint(SIGNER.name, 601, bytes(32))))


def old_checkpoint(scene):
    (scene.folder / "checkpoint").write_text(scene.log.note(400))


def forked(scene):
    other = kept_log()  # other secrets, another tree
    scene.log.rows = scene.log.rows[:100] + other.rows[100:]
    scene.resigned()


def wrong_key(scene):
    scene.vkey = OTHER.vkey


def redefined(scene):
    row = scene.log.rows[500]
    definition = json.loads(scene.log.rows[0].record) | {"fields": ["Person.birthDate"]}
    definition["at"] = json.loads(row.record)["at"]
    scene.log.rows[500] = row._replace(kind=9, subjects=b"", department=None)
    scene.log.commit(500, record=canonical(definition))
    scene.resigned()


def undefined(scene):
    content = json.loads(scene.log.rows[0].record) | {"field_set": 7}
    scene.log.commit(0, record=canonical(content))
    scene.resigned()


def back_dated(scene):
    at = json.loads(scene.log.rows[400].record)["at"] - 2 * 3_600_000
    scene.log.commit(400, record=record(scene, 400, at=at))
    scene.resigned()


def dated_again(scene):
    at = json.loads(scene.log.rows[400].record)["at"]
    scene.edit(RECORDS, b'\\"at\\":%d' % at, b'\\"at\\":%d' % (at - 60_000))


def edited_salt(scene):
    secret = scene.log.rows[300].secret
    scene.edit(RECORDS, secret.hex().encode(), sha256(secret).hexdigest().encode())


def edited_subjects(scene):
    tag = scene.log.rows[300].subjects[:32]
    scene.edit(RECORDS, tag.hex().encode(), sha256(tag).hexdigest().encode())


CASES = {
    "changed entry": lambda s: s.edit(RECORDS, b'\\"r299\\"', b'\\"r999\\"'),
    "changed entry, committed to anew": changed_and_committed,
    "removed entry": lambda s: s.lines(RECORDS, lambda lines: lines.pop(300)),
    "removed entry, the others moved up": removed_and_moved_up,
    "inserted entry": inserted,
    "repeated entry": lambda s: s.lines(RECORDS, lambda lines: lines.insert(301, lines[300])),
    "reordered entries": lambda s: s.lines(RECORDS, swapped),
    "reordered entries, tiles made anew": swapped_and_rebuilt,
    "truncated entry": truncated,
    "truncated file": lambda s: s.lines(RECORDS, lambda lines: lines.pop()),
    "truncated log, signed anew": cut_off,
    "changed tile": lambda s: s.flip("tile/0/001", 5),
    "changed unfinished tile": lambda s: s.flip("tile/0/002.p/89", 5),
    "changed bundle": lambda s: s.flip("tile/entries/001", 50),
    "forged checkpoint": forged,
    "forged checkpoint, by the right key": another_root,
    "changed kept checkpoint": lambda s: s.edit("checkpoints.jsonl", b"\\n1\\n", b"\\n2\\n"),
    "old checkpoint": old_checkpoint,
    "forked log": forked,
    "wrong key": wrong_key,
    "missing tile": lambda s: (s.folder / "tile/0/001").unlink(),
    "missing bundle": lambda s: (s.folder / "tile/entries/001").unlink(),
    "missing records": lambda s: (s.folder / RECORDS).unlink(),
    "missing kept checkpoints": lambda s: (s.folder / "checkpoints.jsonl").unlink(),
    "missing checkpoint": lambda s: (s.folder / "checkpoint").unlink(),
    "extra file": lambda s: (s.folder / "tile/0/003").write_bytes(bytes(8192)),
    "changed dictionary": lambda s: s.edit(RECORDS, b"Person.name", b"Person.band"),
    "changed dictionary, signed anew": redefined,
    "removed definition, signed anew": undefined,
    "back-dated entry": dated_again,
    "back-dated entry, signed anew": back_dated,
    "edited salt": edited_salt,
    "edited subjects": edited_subjects,
}


def listed():
    """Return the table of docs/audit.md: case -> (whether it takes a kept checkpoint, place)."""
    text = (ROOT / "docs/audit.md").read_text("utf-8")
    section = text.partition("\n## Tampering\n")[2].partition("\n## ")[0]
    rows = [ROW.fullmatch(line) for line in section.splitlines() if line.startswith("| ")]
    return {row["case"]: (row["kept"] == "yes", row["place"]) for row in rows[1:] if row}


LISTED = listed()


def test_the_list_in_the_documentation_is_that_of_the_tests():
    assert list(LISTED) == list(CASES)


@pytest.fixture
def scene(log, whole, tmp_path):
    folder = shutil.copytree(whole, tmp_path / "log")
    return Scene(deepcopy(log), folder)


def ask(capsys, *arguments):
    status = main([*arguments, "--json", "--quiet"])
    told = json.loads(capsys.readouterr().out)
    return status, [problem["place"] for problem in told["problems"]]


@pytest.mark.parametrize("case", CASES)
def test_tampering_is_caught_and_its_place_named(scene, log, case, tmp_path, capsys):
    takes_kept, place = LISTED[case]
    kept = tmp_path / "kept"
    kept.write_text(log.receipts[-1].checkpoint)
    CASES[case](scene)
    asked = ["verify-export", str(scene.folder), "--vkey", scene.vkey]

    alone = ask(capsys, *asked)
    beside = ask(capsys, *asked, "--witnessed", str(kept))

    status, places = beside if takes_kept else alone
    assert status == 1
    assert place in places
    if takes_kept:
        assert alone == (0, [])  # nothing but what was kept elsewhere shows it


@pytest.mark.parametrize(
    "case",
    [
        "changed entry, committed to anew",
        "removed entry, the others moved up",
        "truncated log, signed anew",
        "changed tile",
        "changed unfinished tile",
        "changed bundle",
        "forged checkpoint",
        "forked log",
        "wrong key",
        "missing tile",
        "missing checkpoint",
    ],
)
def test_what_anybody_can_see_is_caught_over_http_as_well(scene, log, case, tmp_path, capsys):
    kept = tmp_path / "kept"
    kept.write_text(log.receipts[-1].checkpoint)
    asked = ["--vkey", SIGNER.vkey, "--witnessed", str(kept)]
    with served_folder(scene.folder) as url:
        assert ask(capsys, "verify-log", url, *asked) == (0, [])
    CASES[case](scene)
    asked[1] = scene.vkey

    with served_folder(scene.folder) as url:
        status, places = ask(capsys, "verify-log", url, *asked)

    assert status == 1
    assert places


def test_an_old_view_of_a_published_log_does_not_fit_a_newer_checkpoint(
    scene, log, tmp_path, capsys
):
    kept = tmp_path / "kept"
    kept.write_text(log.receipts[-1].checkpoint)
    del scene.log.rows[400:]
    scene.resigned()

    with served_folder(scene.folder) as url:
        asked = ["verify-log", url, "--vkey", SIGNER.vkey]
        assert ask(capsys, *asked) == (0, [])
        assert ask(capsys, *asked, "--witnessed", str(kept)) == (1, ["witnessed 1"])


def test_clocks_that_differ_by_half_an_hour_are_no_back_dating(scene, capsys):
    at = json.loads(scene.log.rows[400].record)["at"]
    earlier = at - timedelta(minutes=30) // timedelta(milliseconds=1)
    scene.log.commit(400, record=record(scene, 400, at=earlier))
    scene.resigned()

    assert ask(capsys, "verify-export", str(scene.folder), "--vkey", SIGNER.vkey) == (0, [])
