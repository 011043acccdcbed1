"""Data keys that are being replaced when the command is killed: nothing is lost, and it goes on."""

import asyncio
import random
import signal
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest

from hub.custody.resealing import Choice, Renewer
from hub.sealing.files import write_private
from hub.sealing.keyring import Keyring
from hub.sealing.tags import Tagger
from hub.store.database import Database
from hub.store.present import strays
from schema.catalogue import Catalogue
from tests.fakes.audit_log import FakeLog
from tests.support.postgres import fresh_database
from tests.support.sealed_values import one_of_each_kind, opened_values
from tests.support.world import made_world

pytestmark = [pytest.mark.database]
CATALOGUE = Catalogue.discover()
DEPARTMENTS = ("public-security", "civil-affairs")
WORK = """
import asyncio, sys
from pathlib import Path
import hub.custody.resealing as resealing
from hub.sealing.keyring import Keyring
from hub.sealing.tags import Tagger
from hub.store.database import Database
from schema.catalogue import Catalogue
from tests.fakes.audit_log import FakeLog
resealing.KEYS = 2
async def work():
    database, keyring = Database(sys.argv[1], size=2), Keyring.open(Path(sys.argv[2]))
    renewer = resealing.Renewer(
        database, Catalogue.discover(), keyring, Tagger(keyring), FakeLog(), "op-1"
    )
    print("ready", flush=True)
    while True:
        for department in sys.argv[3:]:
            await renewer.renew(department, resealing.Choice(), lambda *_: None)
asyncio.run(work())
"""


async def _filled(dsn, folder):
    keyring = Keyring.open_or_create(folder)
    await made_world(CATALOGUE, households=6).write(dsn, keyring)
    database = Database(dsn, size=1)
    try:
        async with database.transaction() as connection:
            await one_of_each_kind(connection, keyring, DEPARTMENTS[0])
    finally:
        await database.close()


@pytest.fixture(scope="module")
def template(postgres_server, migrated, tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    with fresh_database(postgres_server, migrated) as dsn:
        asyncio.run(_filled(dsn, folder))
        yield dsn, folder


def killed(dsn, folder, after_s):
    """Replace keys again and again in a process of its own; kill it after so long."""
    command = [sys.executable, "-c", WORK, dsn, str(folder), *DEPARTMENTS]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(after_s)
        assert process.poll() is None, "it ended by itself"
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


async def state(dsn, folder):
    """Return what every value says, to a process that begins now; and whether some are due."""
    database = Database(dsn, size=2)
    try:
        async with (
            database.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            values = await opened_values(connection, CATALOGUE, Keyring.open(folder))
            assert await strays(connection) == 0
            due = await connection.fetchval(
                "select count(*) from data_key k join key_renewal r using (department) "
                "where k.made_at < r.made_before"
            )
            return values, due
    finally:
        await database.close()


async def finished(dsn, folder):
    """Let it come to its end; return how many keys were due of which it had been begun."""
    database, keyring = Database(dsn, size=2), Keyring.open(folder)
    renewer = Renewer(database, CATALOGUE, keyring, Tagger(keyring), FakeLog(), "op-1")
    try:
        done = [await renewer.renew(each, Choice(), lambda *_: None) for each in DEPARTMENTS]
        return sum(each.keys for each in done if not each.is_new)
    finally:
        await database.close()


def campaign(template, postgres_server, tmp_path, kills):
    """Kill it so many times at chance moments; return how often it was amid its work."""
    chance, amid = random.Random(50), 0
    with fresh_database(postgres_server, urlsplit(template[0]).path.removeprefix("/")) as dsn:
        for file in ("root.key", "keyring.json"):
            write_private(tmp_path / file, (template[1] / file).read_bytes())
        first, _ = asyncio.run(state(dsn, tmp_path))
        for _ in range(kills):
            killed(dsn, tmp_path, chance.random() * 0.5)
            values, due = asyncio.run(state(dsn, tmp_path))
            amid += due > 0
            assert values == first
        _, due = asyncio.run(state(dsn, tmp_path))
        assert asyncio.run(finished(dsn, tmp_path)) <= due  # a last commit may have been on its way
        values, due = asyncio.run(state(dsn, tmp_path))
    assert (values, due) == (first, 0)
    return amid


@pytest.mark.timeout(300)
def test_killed_at_five_moments_nothing_is_lost(template, postgres_server, tmp_path):
    assert campaign(template, postgres_server, tmp_path, 5) > 0


@pytest.mark.prove
@pytest.mark.timeout(1_800)
def test_killed_at_fifty_moments_nothing_is_lost(template, postgres_server, tmp_path):
    assert campaign(template, postgres_server, tmp_path, 50) > 10
