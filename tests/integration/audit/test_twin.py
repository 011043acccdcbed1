"""The SM3 twin is a tree over the same entries; whatever is done to it is named with its place."""

import asyncio
from hashlib import sha256

import asyncpg
import pytest

from audit.checkpoint import NoteSigner, NoteVerifier
from audit.cli import main
from audit.entry import SubjectAccess
from audit.errors import LogInconsistentError, StorageError
from audit.export import export_log
from audit.log import Log
from audit.postgres import PostgresStorage
from audit.twin import TwinTree, sm3, twin_leaf, twin_vkeys
from audit.twin_check import check_database, check_export
from audit.twin_log import follow
from tests.support.audit_log import SIGNER, START, Ticking, entry

pytestmark = pytest.mark.database
TWIN = NoteSigner(f"{SIGNER.name}/sm3", SIGNER.seed)
COUNT = 699


def plain_root(leaves):
    """The definition of RFC 6962, with SM3."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return sm3(b"\x01" + plain_root(leaves[:half]) + plain_root(leaves[half:]))


async def _written(dsn):
    async with Log(PostgresStorage(dsn), SIGNER, Ticking()) as log:
        field_set = await log.define(["Person.name"])
        async with asyncio.TaskGroup() as group:
            for number in range(COUNT):
                about = SubjectAccess(sha256(b"%d" % number).digest(), field_set)
                group.create_task(log.append(entry(number, about)))


async def _followed(dsn, limit=300, steps=None):
    connection = await asyncpg.connect(dsn)
    moved = []
    try:
        while steps is None or len(moved) < steps:
            moved.append(await follow(connection, TWIN, START, limit))
            if not moved[-1]:
                break
    finally:
        await connection.close()
    return moved


async def _fetch(dsn, sql, *arguments):
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(sql, *arguments)
    finally:
        await connection.close()


@pytest.fixture
def written(log_dsn):
    """A log of 700 entries."""
    asyncio.run(_written(log_dsn))
    return log_dsn


@pytest.fixture
def twinned(written):
    """The same with a twin that has followed it in three steps."""
    assert asyncio.run(_followed(written)) == [300, 300, 100, 0]
    return written


def places(found):
    return [problem.place for problem in found[1]]


def test_sm3_is_that_of_the_standard():
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 700])
def test_the_tree_is_the_one_of_the_definition(size):
    entries = [b"%034d" % number for number in range(size)]
    tree = TwinTree()
    for each in entries:
        tree.append(twin_leaf(each))

    assert tree.root() == plain_root([twin_leaf(each) for each in entries])


def test_the_twin_has_the_entries_of_the_log_under_its_own_name(twinned, tmp_path):
    export_log(twinned, tmp_path / "export")
    rows = asyncio.run(_fetch(twinned, "SELECT commitment FROM audit.record ORDER BY seq"))
    ((note,),) = asyncio.run(_fetch(twinned, "SELECT note FROM audit.twin"))

    checkpoint = NoteVerifier.from_vkey(twin_vkeys([SIGNER.vkey])[0]).open(note)

    assert (checkpoint.origin, checkpoint.size) == ("hub.example/log/sm3", 700)
    assert checkpoint.root == plain_root([twin_leaf(row[0]) for row in rows])
    assert check_database(twinned, SIGNER.vkey) == (700, [])
    assert check_export(tmp_path / "export", SIGNER.vkey) == (700, [])
    options = ["--vkey", SIGNER.vkey, "--sm3", "--quiet", "--workers", "1"]
    assert main(["verify-export", str(tmp_path / "export"), "--unsigned", *options]) == 0
    assert main(["verify-database", twinned, *options]) == 0


def test_a_twin_that_is_behind_the_log_verifies_as_far_as_it_goes(written, tmp_path):
    asyncio.run(_followed(written, steps=1))
    export_log(written, tmp_path / "export")

    assert check_database(written, SIGNER.vkey) == (300, [])
    assert check_export(tmp_path / "export", SIGNER.vkey) == (300, [])
    options = ["--vkey", SIGNER.vkey, "--sm3", "--quiet", "--workers", "1"]
    assert main(["verify-export", str(tmp_path / "export"), "--unsigned", *options]) == 0


def test_a_log_without_a_twin_is_not_said_to_have_one(written, tmp_path):
    export_log(written, tmp_path / "export")

    with pytest.raises(StorageError):
        check_database(written, SIGNER.vkey)
    with pytest.raises(StorageError):
        check_export(tmp_path / "export", SIGNER.vkey)
    options = ["--vkey", SIGNER.vkey, "--sm3", "--quiet", "--workers", "1"]
    assert main(["verify-export", str(tmp_path / "export"), "--unsigned", *options]) == 2


@pytest.mark.parametrize(
    ("table", "sql", "place"),
    [
        ("twin_tile", "DELETE FROM audit.twin_tile WHERE n = 1", "sm3 tile 0/1"),
        (
            "twin_tile",
            "UPDATE audit.twin_tile SET hashes = set_byte(hashes, 40, 7) WHERE n = 1",
            "sm3 tile 0/1",
        ),
        (
            "record",
            "UPDATE audit.record SET commitment = set_byte(commitment, 9, 7) WHERE seq = 300",
            "sm3 tile 0/1",
        ),
        ("twin_checkpoint", "UPDATE audit.twin_checkpoint SET note = 'x'", "sm3 checkpoint 300"),
        ("twin", "UPDATE audit.twin SET note = 'x'", "sm3 head"),
        ("twin", "UPDATE audit.twin SET size = 699", "sm3 head"),
    ],
)
def test_whatever_is_done_to_the_twin_is_named(twinned, table, sql, place):
    asyncio.run(_fetch(twinned, f"ALTER TABLE audit.{table} DISABLE TRIGGER USER"))
    asyncio.run(_fetch(twinned, sql))

    assert place in places(check_database(twinned, SIGNER.vkey))


def test_a_changed_tile_of_an_exported_twin_is_named(twinned, tmp_path):
    export_log(twinned, tmp_path / "export")
    for path in ("sm3/tile/0/001", "sm3/tile/0/002.p/188"):
        tile = tmp_path / "export" / path
        tile.write_bytes(bytes(32) + tile.read_bytes()[32:])

    found = check_export(tmp_path / "export", SIGNER.vkey)

    assert places(found) == ["sm3 tile 0", "sm3 tile 0/1"]
    options = ["--vkey", SIGNER.vkey, "--sm3", "--quiet", "--workers", "1"]
    assert main(["verify-export", str(tmp_path / "export"), "--unsigned", *options]) == 1


def test_the_twin_of_another_key_is_not_believed(twinned):
    other = NoteSigner(SIGNER.name, bytes(32))

    assert "sm3 head" in places(check_database(twinned, other.vkey))


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM audit.twin_tile",
        "UPDATE audit.twin_checkpoint SET note = ''",
        "UPDATE audit.twin SET size = 3",
        "DELETE FROM audit.twin",
    ],
)
def test_the_twin_only_grows(twinned, sql):
    with pytest.raises(asyncpg.RestrictViolationError):
        asyncio.run(_fetch(twinned, sql))


def test_a_twin_does_not_pass_over_entries_that_are_gone(written):
    asyncio.run(_fetch(written, "ALTER TABLE audit.record DISABLE TRIGGER USER"))
    asyncio.run(_fetch(written, "DELETE FROM audit.record WHERE seq = 5"))

    with pytest.raises(LogInconsistentError):
        asyncio.run(_followed(written))
    assert asyncio.run(_fetch(written, "SELECT size FROM audit.twin"))[0][0] == 0
