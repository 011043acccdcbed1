"""An export of what was looked for verifies offline, and whatever is done to it is named."""

import asyncio
import csv
import io
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import asyncpg
import orjson
import pytest

from audit.checkpoint import NoteSigner
from audit.cli import main
from audit.entry import Entry, EntryKind, SubjectAccess, canonical
from audit.export import Sealing, export_log
from audit.forms import OCSF_VERSION, FormedEntry, csv_of, ocsf_event
from audit.log import Log
from audit.manifest import MANIFEST, NOTE, Listing
from audit.postgres import PostgresStorage
from audit.search import Filter
from audit.selection import Wanted, selection_files
from tests.support.audit_log import SIGNER, START, Ticking
from tests.support.kept_log import kept_log

pytestmark = pytest.mark.database
POLICY = "# the rules of then\n"
DIGEST = sha256(POLICY.encode()).hexdigest()
TAG = sha256(b"somebody").digest()


def record(n):
    return canonical(
        {
            "at": (START - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1) + n,
            "department": "health" if n % 3 else "tax",
            "role": "clerk", "actor": "=u1" if n % 2 else None, "client": "desk", "purpose": "CASE",
            "document": "ab" * 32, "operation": "One", "outcome": "answered", "policy": DIGEST,
            "denied": [], "fields": None, "request": f"r-{n}", "asked": "x", "answer": "1:y",
        }
    )  # fmt: skip


async def _write(dsn, count):
    async with Log(PostgresStorage(dsn), SIGNER, Ticking(timedelta(seconds=0.4))) as log:
        names = await log.define(["Person.name"])
        await log.define(["Person.phone"])
        async with asyncio.TaskGroup() as group:
            for n in range(count):
                about = [SubjectAccess(TAG if n % 7 == 0 else sha256(b"%d" % n).digest(), names)]
                group.create_task(log.append(Entry(EntryKind.ANSWER, record(n), about)))


async def _selected(dsn, folder, wanted):
    async def policy(digest):
        return POLICY if digest == DIGEST else None

    connection = await asyncpg.connect(dsn)
    async with connection.transaction(isolation="repeatable_read"):
        async for path, content in selection_files(connection, wanted, SIGNER, policy, START):
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    await connection.close()
    return folder


@pytest.fixture
def written(log_dsn):
    asyncio.run(_write(log_dsn, 600))
    return log_dsn


@pytest.fixture
def selected(written, tmp_path):
    """What the tax department asked, in every form."""
    wanted = Wanted(Filter(department="tax"), {"department": "tax"}, ("csv", "ocsf"))
    return asyncio.run(_selected(written, tmp_path / "selected", wanted))


def verified(capsys, folder, *more, vkey=SIGNER.vkey):
    status = main(["verify-export", str(folder), "--vkey", vkey, "--json", "--quiet", *more])
    told = json.loads(capsys.readouterr().out)
    return status, [problem["place"] for problem in told["problems"]]


def resealed(folder, signer):
    """Make the manifest anew over whatever the folder has, as only who has the key can."""
    listing = Listing(signer, START)
    old = json.loads((folder / MANIFEST).read_text())
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in {MANIFEST, NOTE}:
            listing.add(name, path.read_bytes())
    for path, content in listing.finish(old["kind"], old["size"], old["entries"], {}):
        (folder / path).write_bytes(content)


def edited(path, change):
    path.write_text(change(path.read_text()))


def test_what_was_looked_for_verifies_and_is_all_there(selected, capsys):
    assert verified(capsys, selected) == (0, [])
    lines = (selected / "records/000000000.jsonl").read_text().splitlines()
    assert len(lines) == 200
    assert {json.loads(json.loads(line)["record"])["department"] for line in lines} == {"tax"}
    assert len((selected / "dictionary.jsonl").read_text().splitlines()) == 1
    assert (selected / f"policies/{DIGEST}.toml").read_text() == POLICY


def test_entries_about_somebody_are_found_with_their_proofs(written, tmp_path, capsys):
    wanted = Wanted(Filter(tags=[TAG]), {"hasSubject": True})
    folder = asyncio.run(_selected(written, tmp_path / "about", wanted))
    assert verified(capsys, folder) == (0, [])
    assert len((folder / "records/000000000.jsonl").read_text().splitlines()) == 86


def test_nothing_found_is_an_export_of_nothing(written, tmp_path, capsys):
    wanted = Wanted(Filter(department="nobody"), {"department": "nobody"}, ("csv",))
    folder = asyncio.run(_selected(written, tmp_path / "none", wanted))
    assert verified(capsys, folder) == (0, [])


def drop_line(text):
    lines = text.splitlines(keepends=True)
    return "".join(lines[:5] + lines[6:])


WITHOUT_KEY = {
    "a line of the records is gone": ("records/000000000.jsonl", drop_line),
    "a definition is gone": ("dictionary.jsonl", lambda _: ""),
    "a policy says something else": (f"policies/{DIGEST}.toml", lambda text: text + "#"),
    "a line of the table is gone": ("csv/000000000.csv", drop_line),
    "an event is gone": ("ocsf/000000000.jsonl", drop_line),
}


@pytest.mark.parametrize("case", WITHOUT_KEY)
def test_a_changed_file_is_named(selected, capsys, case):
    path, change = WITHOUT_KEY[case]
    edited(selected / path, change)
    assert verified(capsys, selected) == (1, [path])


def other_record(text):
    return text.replace('\\"role\\":\\"clerk\\"', '\\"role\\":\\"chief\\"', 1)


def other_proof(text):
    lines = text.splitlines()
    one = json.loads(lines[3])
    one["proof"][0] = "00" * 32
    return "\n".join([*lines[:3], json.dumps(one), *lines[4:]]) + "\n"


WITH_KEY = {
    "a record": ("records/000000000.jsonl", other_record, "entry"),
    "a proof": ("records/000000000.jsonl", other_proof, "entry"),
    "a line too few": ("records/000000000.jsonl", drop_line, "manifest.json"),
    "a definition too few": ("dictionary.jsonl", lambda _: "", "entry"),
    "a policy": (f"policies/{DIGEST}.toml", lambda text: text + "#", "policies"),
    "a table": ("csv/000000000.csv", drop_line, "csv"),
    "an event": ("ocsf/000000000.jsonl", drop_line, "ocsf"),
}


@pytest.mark.parametrize("case", WITH_KEY)
def test_what_the_log_does_not_hold_is_named_though_its_key_signed_the_manifest(
    selected, capsys, case
):
    path, change, place = WITH_KEY[case]
    edited(selected / path, change)
    resealed(selected, SIGNER)
    status, places = verified(capsys, selected)
    assert status == 1
    assert any(each.startswith(place) for each in places)


def test_a_manifest_of_another_key_or_none_is_named(selected, capsys):
    resealed(selected, NoteSigner(SIGNER.name, bytes(32)))
    assert verified(capsys, selected)[1][0] == NOTE
    (selected / MANIFEST).unlink()
    assert verified(capsys, selected)[0] == 1


def test_a_file_too_many_or_too_few_is_named(selected, capsys):
    (selected / "more.txt").write_text("x")
    assert verified(capsys, selected) == (1, ["more.txt"])
    (selected / "more.txt").unlink()
    (selected / "checkpoint").unlink()
    assert verified(capsys, selected) == (1, ["checkpoint"])


def test_a_whole_export_is_signed_and_a_removed_checkpoint_is_noticed(written, tmp_path, capsys):
    folder = tmp_path / "whole"
    sealing = Sealing(SIGNER, START, {DIGEST: POLICY}, ("csv", "ocsf"))
    assert export_log(written, folder, None, sealing) == 602
    assert verified(capsys, folder) == (0, [])

    edited(folder / "checkpoints.jsonl", lambda text: text.partition("\n")[2])
    assert verified(capsys, folder) == (1, ["checkpoints.jsonl"])
    for name in (MANIFEST, NOTE):
        (folder / name).unlink()
    assert verified(capsys, folder)[1][0] == MANIFEST


def test_forms_of_a_whole_export_follow_from_its_records(tmp_path, capsys):
    folder = kept_log(30).write(tmp_path / "kept", forms=("csv", "ocsf"))
    assert verified(capsys, folder) == (0, [])
    edited(folder / "ocsf/000000000.jsonl", drop_line)
    resealed(folder, SIGNER)
    assert verified(capsys, folder) == (1, ["ocsf/000000000.jsonl"])


def test_an_export_without_a_manifest_is_taken_only_if_one_says_so(written, tmp_path, capsys):
    folder = tmp_path / "bare"
    export_log(written, folder)
    assert verified(capsys, folder) == (1, [MANIFEST])
    assert verified(capsys, folder, "--unsigned") == (0, [])


def test_a_table_has_no_cell_that_a_spreadsheet_computes():
    entry = FormedEntry(1, 3, record(1))
    (row,) = csv.DictReader(io.StringIO(csv_of([entry], "log").decode()))
    assert (row["seq"], row["kind"], row["actor"]) == ("1", "answer", "'=u1")


@pytest.mark.parametrize(
    ("kind", "changed", "uids"),
    [
        (3, {}, (6005, 1, 600501, 1)),
        (7, {}, (6005, 4, 600504, 1)),
        (4, {"outcome": "refused", "reason": "NOT_GRANTED"}, (6003, 2, 600302, 2)),
        (11, {"command": "recognise"}, (6003, 1, 600301, 1)),
        (12, {"act": "retire"}, (6003, 3, 600303, 1)),
        (1, {}, (6003, 99, 600399, 1)),
    ],
)
def test_an_event_has_what_its_class_of_ocsf_requires_and_no_subject(kind, changed, uids):
    content = canonical({**orjson.loads(record(2)), **changed})
    event = ocsf_event(FormedEntry(41, kind, content), "hub.example/log")

    class_uid, activity, type_uid, status = uids
    assert (event["category_uid"], event["class_uid"]) == (6, class_uid)
    assert (event["activity_id"], event["type_uid"]) == (activity, type_uid)
    assert event["status_id"] == status
    assert event["metadata"]["version"] == OCSF_VERSION
    assert event["metadata"]["uid"] == "hub.example/log/41"
    assert event["actor"]["user"]["uid"] == "desk"
    assert event["src_endpoint"]["name"] == "desk"
    assert ("database" in event) is (class_uid == 6005)
    assert ("api" in event) is (class_uid == 6003)
    assert event["unmapped"]["purpose"] == "CASE"
    assert not {"asked", "answer"} & event["unmapped"].keys()
