"""`hub audit prune` and `hub audit hold`: what is held stays, what is over goes, both on record."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from typer.testing import CliRunner

from audit.entry import CODE_BY_KIND, EntryKind
from audit.verify import verify_database
from hub.app import catalogue_of, opened, prepare
from hub.cli import application
from hub.clock import utc_now
from hub.settings import Settings, load_settings
from tests.support.old_entries import write
from tests.support.postgres import fresh_database

pytestmark = [pytest.mark.database, pytest.mark.timeout(300)]
OLD = datetime(2015, 3, 1, tzinfo=UTC)


async def _filled(settings):
    """Write 300 entries of long ago and 300 of now, and let what follows catch up."""
    async with opened(settings) as core:
        for begin in (OLD, core.clock() - timedelta(days=1)):
            await write(core, begin, 300)
        return "\n".join(core.log.vkeys)


@pytest.fixture
def hub(postgres_server, tmp_path, monkeypatch):
    """Return a function that runs a command of a hub whose log is half over."""
    with fresh_database(postgres_server) as dsn:
        settings = Settings(home=tmp_path, database_url=dsn)
        asyncio.run(prepare(settings, catalogue_of(settings)))
        monkeypatch.setenv("HUB_DATABASE_URL", dsn)
        monkeypatch.setenv("HUB_HOME", str(tmp_path))

        def run(*words):
            return CliRunner().invoke(application(words[0]), words)

        run.dsn, run.vkeys = dsn, asyncio.run(_filled(load_settings()))
        yield run


def entries(hub):
    async def read():
        connection = await asyncpg.connect(hub.dsn)
        try:
            return await connection.fetch("select seq, kind, record from audit.record order by seq")
        finally:
            await connection.close()

    return asyncio.run(read())


def acts(hub):
    """Return what is on record of pruning and holding, the first first."""
    code = CODE_BY_KIND[EntryKind.RETENTION]
    return [json.loads(each["record"]) for each in entries(hub) if each["kind"] == code]


def test_what_is_held_stays_until_it_is_released_and_all_of_it_is_on_record(hub):
    placed = hub(
        *("audit", "hold", "add", "--from", "40", "--to", "49", "--reason", "case 7"),
        *("--by", "op-7"),
    )
    name = placed.stdout.split()[0]
    listed = hub("audit", "hold", "list")
    before = len(entries(hub))
    planned = hub("audit", "prune", "--by", "op-7", "--dry-run")
    assert len(entries(hub)) == before, "a dry run changes nothing"
    pruned = hub("audit", "prune", "--by", "op-7")
    left = [each["seq"] for each in entries(hub)]
    released = hub("audit", "hold", "release", name, "--by", "op-8")
    again = hub("audit", "hold", "release", name, "--by", "op-8")
    rest = hub("audit", "prune", "--by", "op-7")

    assert [each.exit_code for each in (placed, listed, planned, pruned, released, rest)] == [0] * 6
    assert "entries 40-49" in placed.stdout
    assert "by op-7: case 7" in placed.stdout
    assert listed.stdout == placed.stdout
    assert "246 entries would be dropped: recorded before" in planned.stdout
    assert "246 entries were dropped" in pruned.stdout
    assert "minimum index 256; 10 are held." in pruned.stdout
    assert [seq for seq in left if seq < 256] == list(range(40, 50))
    assert released.stdout == f"{name} holds nothing any more.\n"
    assert again.exit_code == 1
    assert "There is no such hold" in again.stderr
    assert hub("audit", "hold", "list").stdout == ""
    assert [(each["act"], each["by"]) for each in acts(hub)][:3] == [
        ("hold", "op-7"),
        ("purge", "op-7"),
        ("release", "op-8"),
    ]
    assert verify_database(hub.dsn, hub.vkeys, workers=1).problems == ()


def test_nothing_goes_before_the_law_lets_it(hub):
    day = (utc_now() - timedelta(days=30)).date().isoformat()

    early = hub("audit", "prune", "--by", "op-7", "--before", day)
    old = hub("audit", "prune", "--by", "op-7", "--before", "2015-01-01")

    assert early.exit_code == 1
    assert "Entries are kept for" in early.stderr
    assert old.exit_code == 0
    assert old.stdout.startswith("0 entries were dropped: recorded before 2015-01-01")
    assert "announced" not in old.stdout
    assert (len(entries(hub)), acts(hub)) == (600, [])


def test_a_hold_that_ends_before_it_begins_is_refused_and_not_placed(hub):
    refused = hub(
        *("audit", "hold", "add", "--from", "9", "--to", "8", "--reason", "x", "--by", "op-7")
    )

    assert refused.exit_code == 2
    assert "--to is not before --from" in refused.stderr
    assert acts(hub) == []
