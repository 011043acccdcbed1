"""A whole log verifies, and whatever is done to it is named with its place."""

import asyncio
import tomllib
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import asyncpg
import pytest

from audit.checkpoint import Checkpoint, NoteSigner
from audit.cli import main
from audit.entry import SubjectAccess
from audit.errors import InvalidNoteError, StorageError
from audit.export import export_log
from audit.log import Log
from audit.merkle import Frontier, hash_leaf
from audit.postgres import PostgresStorage
from audit.search import index_behind
from audit.verify import verify_database, verify_export
from tests.support.audit_log import SIGNER, Ticking, entry

pytestmark = pytest.mark.database
OTHER = NoteSigner(SIGNER.name, bytes(32))


async def _write(dsn, count):
    async with Log(PostgresStorage(dsn), SIGNER, Ticking(timedelta(seconds=0.4))) as log:
        field_set = await log.define(["Person.name"])
        receipts = []
        for start in range(0, count, 50):
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(
                        log.append(entry(n, SubjectAccess(sha256(b"%d" % n).digest(), field_set)))
                    )
                    for n in range(start, start + 50)
                ]
            receipts += [task.result() for task in tasks]
    connection = await asyncpg.connect(dsn)
    await index_behind(connection, 100)
    await connection.close()
    return receipts


@pytest.fixture
def written(log_dsn):
    """The receipts of 600 entries about one subject each, after one definition."""
    return asyncio.run(_write(log_dsn, 600))


async def _disarmed(dsn):
    """Connect as the owner of the tables, who can switch the triggers off."""
    connection = await asyncpg.connect(dsn)
    for table in ("record", "tile", "checkpoint", "head"):
        await connection.execute(f"ALTER TABLE audit.{table} DISABLE TRIGGER USER")
    return connection


async def _tamper(dsn, sql, *arguments):
    connection = await _disarmed(dsn)
    await connection.execute(sql, *arguments)
    await connection.close()


def problems(verdict):
    return [problem.place for problem in verdict.problems]


def test_a_log_that_nobody_touched_verifies(log_dsn, written):
    seen = []

    verdict = verify_database(
        log_dsn,
        SIGNER.vkey,
        witnessed=[receipt.checkpoint for receipt in written],
        progress=lambda done, size: seen.append((done, size)),
    )

    assert verdict.ok, verdict.problems
    assert verdict.entries == 601
    assert verdict.checkpoints > 610
    assert seen == [(601, 601)]


CHANGES = tomllib.loads((Path(__file__).parent / "tampering.toml").read_text())


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.usefixtures("written")
def test_what_was_tampered_with_is_named(log_dsn, name):
    change = CHANGES[name]
    asyncio.run(_tamper(log_dsn, change["sql"]))

    verdict = verify_database(log_dsn, SIGNER.vkey)

    assert not verdict.ok
    assert change["place"] in problems(verdict)
    assert len(verdict.problems) < 30


FORGE = "UPDATE audit.checkpoint SET note = $1 WHERE size = 1"


@pytest.mark.usefixtures("written")
def test_a_checkpoint_signed_by_another_key_is_named(log_dsn):
    forged = OTHER.sign(Checkpoint(SIGNER.name, 1, bytes(32)))
    asyncio.run(_tamper(log_dsn, FORGE, forged))

    assert problems(verify_database(log_dsn, SIGNER.vkey)) == ["checkpoint 1"]


@pytest.mark.usefixtures("written")
def test_a_checkpoint_of_another_tree_is_named_though_our_key_signed_it(log_dsn):
    forged = SIGNER.sign(Checkpoint(SIGNER.name, 1, bytes(32)))
    asyncio.run(_tamper(log_dsn, FORGE, forged))

    assert problems(verify_database(log_dsn, SIGNER.vkey)) == ["checkpoint 1"]


@pytest.mark.usefixtures("written")
def test_under_the_wrong_key_no_checkpoint_verifies(log_dsn):
    verdict = verify_database(log_dsn, OTHER.vkey)

    assert verdict.checkpoints == 0
    assert "head" in problems(verdict)


async def _cut_off(dsn, size):
    """Cut the log back to `size`, with a head that the key signed: the whole end is gone."""
    connection = await _disarmed(dsn)
    frontier = Frontier()
    for row in await connection.fetch("SELECT commitment FROM audit.record ORDER BY seq"):
        if frontier.size < size:
            frontier = frontier.append(hash_leaf(row[0]))
    note = SIGNER.sign(Checkpoint(SIGNER.name, size, frontier.root()))
    await connection.execute(
        "UPDATE audit.head SET size = $1, frontier = $2, note = $3",
        size,
        b"".join(frontier.hashes),
        note,
    )
    await connection.execute("DELETE FROM audit.record WHERE seq >= $1", size)
    await connection.execute("DELETE FROM audit.checkpoint WHERE size > $1", size)
    await connection.execute("DELETE FROM audit.tile WHERE n >= $1", size // 256)
    await connection.close()


def test_a_log_that_was_cut_off_does_not_fit_a_receipt_that_somebody_kept(log_dsn, written):
    asyncio.run(_cut_off(log_dsn, 400))

    alone = verify_database(log_dsn, SIGNER.vkey)
    beside = verify_database(log_dsn, SIGNER.vkey, witnessed=[written[-1].checkpoint])

    assert alone.ok  # the known limit: only what was kept outside shows it
    assert problems(beside) == ["witnessed 1"]


@pytest.fixture
def exported(log_dsn, written, tmp_path):
    folder = tmp_path / "export"
    assert export_log(log_dsn, folder) == len(written) + 1
    return folder


def test_an_export_verifies_without_the_database(exported, written):
    verdict = verify_export(exported, SIGNER.vkey, witnessed=[written[-1].checkpoint])

    assert verdict.ok, verdict.problems
    assert verdict.entries == 601


def test_an_export_goes_to_a_new_folder(exported, log_dsn):
    with pytest.raises(FileExistsError):
        export_log(log_dsn, exported)


def edit(path, old, new):
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))


def drop_line(path, number):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:number] + lines[number + 1 :]))


def swap_lines(path, number):
    lines = path.read_bytes().splitlines(keepends=True)
    lines[number], lines[number + 1] = lines[number + 1], lines[number]
    path.write_bytes(b"".join(lines))


def flip_byte(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


RECORDS = "records/000000000.jsonl"
DAMAGE = {
    "a changed record": (lambda f: edit(f / RECORDS, b"r299", b"r399"), "entry 300"),
    "a removed record": (lambda f: drop_line(f / RECORDS, 300), "entry 300"),
    "reordered records": (lambda f: swap_lines(f / RECORDS, 300), "entry 300"),
    "a truncated file": (lambda f: drop_line(f / RECORDS, 600), "entry 600"),
    "a garbled line": (lambda f: edit(f / RECORDS, b'"seq":300', b'"seq":x'), "entry 300"),
    "no records": (lambda f: (f / RECORDS).unlink(), "entry 0"),
    "a changed tile": (lambda f: flip_byte(f / "tile/0/001", 5), "tile 0/1"),
    "a removed tile": (lambda f: (f / "tile/0/001").unlink(), "tile 0/1"),
    "a changed partial tile": (lambda f: flip_byte(f / "tile/0/002.p/89", 5), "tile 0"),
    "a changed bundle": (lambda f: flip_byte(f / "tile/entries/001", 50), "entry 257"),
    "a cut bundle": (
        lambda f: (f / "tile/entries/001").write_bytes(b"\0"),
        "entry 256",
    ),
    "a changed checkpoint": (
        lambda f: edit(f / "checkpoint", b"\n601\n", b"\n600\n"),
        "checkpoint",
    ),
    "a huge checkpoint": (
        lambda f: edit(f / "checkpoint", b"\n601\n", b"\n999999999\n"),
        "checkpoint",
    ),
    "no checkpoint": (lambda f: (f / "checkpoint").unlink(), "checkpoint"),
    "a changed kept checkpoint": (
        lambda f: edit(f / "checkpoints.jsonl", b"\\n1\\n", b"\\n2\\n"),
        "checkpoint 1",
    ),
    "a garbled kept checkpoint": (
        lambda f: edit(f / "checkpoints.jsonl", b'{"size":1,', b'{"size":1.'),
        "checkpoints.jsonl line 1",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_what_was_damaged_in_an_export_is_named(exported, name):
    damage, place = DAMAGE[name]
    damage(exported)

    verdict = verify_export(exported, SIGNER.vkey)

    assert not verdict.ok
    assert place in problems(verdict)


def test_an_empty_folder_is_no_log(tmp_path):
    assert not verify_export(tmp_path, SIGNER.vkey).ok


def test_a_log_without_entries_verifies_but_nothing_vouches_for_it(log_dsn):
    verdict = verify_database(log_dsn, SIGNER.vkey)

    assert problems(verdict) == ["checkpoint"]
    assert verdict.rate == 0.0
    with pytest.raises(StorageError):
        export_log(log_dsn, Path("/nonexistent/export"))


def test_several_processes_find_the_same(log_dsn, written, monkeypatch):
    monkeypatch.setattr("audit.verify._WORTH_WORKERS", 0)
    monkeypatch.setattr("audit.verify.CHUNK", 256)
    asyncio.run(_tamper(log_dsn, CHANGES["a changed record"]["sql"]))

    verdict = verify_database(log_dsn, SIGNER.vkey, workers=2)

    assert problems(verdict) == ["entry 17"]
    assert verdict.entries == len(written) + 1


def test_the_command_verifies_a_database(log_dsn, written, tmp_path, capsys):
    kept = tmp_path / "kept"
    kept.write_text(written[10].checkpoint)
    vkey = tmp_path / "vkey"
    vkey.write_text(SIGNER.vkey + "\n")
    asked = ["verify-database", log_dsn, "--vkey", str(vkey), "--witnessed", str(kept)]

    assert main(asked) == 0
    assert "WHOLE" in capsys.readouterr().out
    asyncio.run(_tamper(log_dsn, CHANGES["a changed record"]["sql"]))
    assert main(asked) == 1
    assert "entry 17: " in capsys.readouterr().out
    assert main(["verify-database", "postgresql:///x?host=/nowhere", "--vkey", SIGNER.vkey]) == 2


def test_a_malformed_key_or_address_is_refused(log_dsn):
    with pytest.raises(InvalidNoteError):
        verify_database(log_dsn, "x")
    with pytest.raises(StorageError):
        verify_database("postgresql:///none?host=/nonexistent", SIGNER.vkey)
