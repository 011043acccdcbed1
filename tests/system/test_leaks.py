"""Nothing personal lies in clear outside process memory: files, write-ahead log, logs, a dump."""

import asyncio
import secrets
import subprocess
from collections import Counter

import asyncpg
import pytest

from hub.clock import utc_now
from hub.demo import installation
from hub.store.embedded import EmbeddedServer
from hub.store.embedded.binaries import find_binaries
from tests.support.installation import hub_command
from tests.support.leaks import Planted, Search
from tests.support.planting import plant
from tests.support.postgres import temporary_home

pytestmark = [pytest.mark.system, pytest.mark.anyio, pytest.mark.timeout(600)]
THOUSAND = {"name": 250, "number": 250, "phone": 250, "amount": 125, "day": 125}
SIZE = ("--households", "220", "--seed", "5")


@pytest.fixture(scope="module")
def searched():
    """A home that went through the whole walk with planted people, a dump of it, what to find."""
    with temporary_home() as home:
        places, _ = installation.district(home, seed=5, households=220, today=utc_now().date())
        planted = plant(places)
        control = Planted("control", f"control-{secrets.token_hex(12)}")
        done = hub_command("demo", "--check", "--home", home, *SIZE)
        assert done.returncode == 0, done.stdout + done.stderr
        with EmbeddedServer.attach_sync(home) as server:
            asyncio.run(_leave(server.dsn(), control.text))
            dump = subprocess.run(
                [find_binaries().root / "bin" / "pg_dump", server.admin_dsn()],
                capture_output=True,
                check=True,
            ).stdout
            (home / "dump.sql").write_bytes(dump)
        yield home, planted, control


async def _leave(dsn: str, text: str) -> None:
    """Store a clear text as a place in a file, in a row too short to be compressed."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            "insert into quarantine (quarantine_id, department, dataset, key_tag, content_tag, "
            "location, reasons, arrived_at, resolved_at, tag_version) values "
            "(gen_random_uuid(), 'control', 'control', '', '', $1, '[]', now(), now(), 1)",
            text,
        )
        await connection.execute("checkpoint")
    finally:
        await connection.close()


async def test_the_planted_people_did_reach_the_graph(searched):
    home, planted, _ = searched
    with EmbeddedServer.attach_sync(home) as server:
        connection = await asyncpg.connect(server.dsn())
        people = await connection.fetchval("select count(*) from person")
        bills = await connection.fetchval("select count(*) from medical_settlement")
        told = await connection.fetchval("select count(*) from outbox")
        await connection.close()

    assert Counter(value.label for value in planted if value.label in THOUSAND) == THOUSAND
    assert sum(value.label == "time" for value in planted) >= 50
    assert sum(value.label.endswith(" key") for value in planted) >= 250
    assert people >= 250
    assert bills >= 125
    assert told >= 1


def test_none_of_a_thousand_planted_values_is_found(searched):
    home, planted, _ = searched
    # Systems of departments, banks and receivers hold people in clear; they are not the hub's.
    foreign = [home / "district", home / "banks", home / "receivers"]

    hits, read = Search(planted).in_tree(home, leave_out=foreign)

    assert hits == []
    assert read > 20 << 20


def test_a_planted_clear_control_is_found_in_the_files_and_in_the_dump(searched):
    home, _, control = searched

    hits, _ = Search([control]).in_tree(home)

    places = {hit.path.rsplit("/", 1)[-1] for hit in hits}
    assert "dump.sql" in places
    assert any("/base/" in hit.path for hit in hits)
    assert any("/pg_wal/" in hit.path for hit in hits)


def test_the_search_would_have_found_the_same_values_in_a_source(searched):
    home, planted, _ = searched

    hits, _ = Search(planted).in_tree(home / "district")

    others = {"time", "person key", "settlement key"}
    assert {hit.label for hit in hits} == (set(THOUSAND) | others) - {"amount"}
