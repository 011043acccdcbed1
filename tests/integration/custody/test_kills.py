"""A rotation that is killed anywhere leaves nothing that does not open, and is gone on with."""

import asyncio
import random
import signal
import subprocess
import sys
import time
from datetime import date
from urllib.parse import urlsplit

import pytest

from hub.custody.rotation import Custodian
from hub.sealing.datakeys import DataKeys
from hub.sealing.files import write_private
from hub.sealing.keyring import KeyKind, Keyring
from hub.store.database import Database
from hub.store.present import strays
from schema.catalogue import Catalogue
from tests.fakes.audit_log import FakeLog
from tests.support.postgres import fresh_database
from tests.support.world import made_world

pytestmark = [pytest.mark.database]
POLICE = "public-security"
WORK = """
import asyncio, sys
from datetime import date
from pathlib import Path
import hub.custody.rotation as rotation
from hub.sealing.keyring import Keyring
from hub.store.database import Database
from tests.fakes.audit_log import FakeLog
rotation.BATCH = 2
async def work():
    database = Database(sys.argv[1], size=2)
    custodian = rotation.Custodian(database, Keyring.open(Path(sys.argv[2])), FakeLog(), "op-1")
    print("ready", flush=True)
    while True:
        await custodian.rotate("public-security", date(2026, 11, 27), lambda *_: None, anew=False)
asyncio.run(work())
"""


@pytest.fixture(scope="module")
def template(postgres_server, migrated, tmp_path_factory):
    catalogue, folder = Catalogue.discover(), tmp_path_factory.mktemp("keys")
    with fresh_database(postgres_server, migrated) as dsn:
        world = made_world(catalogue, households=9)
        asyncio.run(world.write(dsn, Keyring.open_or_create(folder)))
        yield dsn, folder


def killed(dsn, folder, after_s):
    """Rotate again and again in a process of its own; kill it after so long."""
    command = [sys.executable, "-c", WORK, dsn, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(after_s)
        assert process.poll() is None, "it ended by itself"
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


async def all_open(dsn, folder):
    """Open every data key as a process that begins now; return how many versions wrap them."""
    database = Database(dsn, size=2)
    keyring = Keyring.open(folder)
    keys = DataKeys(keyring, capacity=0)
    try:
        async with database.connection() as connection:
            rows = await connection.fetch("select * from data_key where department = $1", POLICE)
            found = [
                keys.open(POLICE, row["key_version"], row["wrapped"], row["commitment"])
                for row in rows
            ]
            assert await strays(connection) == 0
        return found, {row["key_version"] for row in rows}
    finally:
        await database.close()


async def finished(dsn, folder):
    database = Database(dsn, size=2)
    try:
        custodian = Custodian(database, Keyring.open(folder), FakeLog(), "op-1")
        return await custodian.rotate(POLICE, date(2026, 11, 27), lambda *_: None, anew=False)
    finally:
        await database.close()


def campaign(template, postgres_server, tmp_path, kills):
    """Kill a rotation so many times at chance moments; nothing is lost, and it can be finished."""
    chance, halves = random.Random(11), 0
    with fresh_database(postgres_server, urlsplit(template[0]).path.removeprefix("/")) as dsn:
        for file in ("root.key", "keyring.json"):
            write_private(tmp_path / file, (template[1] / file).read_bytes())
        first, _ = asyncio.run(all_open(dsn, tmp_path))
        for _ in range(kills):
            killed(dsn, tmp_path, chance.random() * 0.4)
            found, versions = asyncio.run(all_open(dsn, tmp_path))
            halves += len(versions) > 1
            assert sorted(found) == sorted(first)
        asyncio.run(finished(dsn, tmp_path))
        found, versions = asyncio.run(all_open(dsn, tmp_path))
        newest = Keyring.open(tmp_path).primary(KeyKind.DEPARTMENT, POLICE).version
    assert sorted(found) == sorted(first)
    assert versions == {newest}
    return halves


@pytest.mark.timeout(300)
def test_killed_at_five_moments_nothing_is_lost(template, postgres_server, tmp_path):
    assert campaign(template, postgres_server, tmp_path, 5) > 0


@pytest.mark.prove
@pytest.mark.timeout(1_200)
def test_killed_at_fifty_moments_nothing_is_lost(template, postgres_server, tmp_path):
    assert campaign(template, postgres_server, tmp_path, 50) > 10
