"""However the hub's processes end, the database serves those left, and nobody after them."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import asyncpg
import pytest

from hub.home import Home
from hub.store.embedded import EmbeddedServer
from hub.store.embedded.rendezvous import runtime_folder
from tests.support.owner import (
    Owner,
    guardian_of,
    is_gone,
    server_processes,
    wait_until_gone,
)
from tests.support.postgres import temporary_home, wait_until_unguarded

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def used_home():
    """A home with a complete database: starting it again is quick."""
    with temporary_home() as home:
        with EmbeddedServer.attach_sync(home):
            pass
        wait_until_unguarded(home)
        yield home


@pytest.fixture
def home(used_home):
    yield used_home
    wait_until_unguarded(used_home)


def run(dsn, statement):
    async def fetch():
        connection = await asyncpg.connect(dsn)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(fetch())


def assert_nothing_left(home, postmaster):
    wait_until_unguarded(home)
    assert is_gone(postmaster)
    assert server_processes(home) == []
    assert not (Home.at(home).data / "postmaster.pid").exists()
    folder = runtime_folder(Home.at(home))
    assert folder is not None
    assert not folder.exists()


@pytest.mark.parametrize("end", [None, signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_no_server_is_left_when_its_only_owner_ends(home, end):
    with Owner(home) as owner:
        postmaster = owner.wait().postmaster
        assert server_processes(home)

        owner.end(end)

    assert_nothing_left(home, postmaster)


def test_processes_share_a_server_until_the_last_one_is_killed(home):
    with Owner(home) as first, Owner(home) as second:
        assert first.wait().postmaster == second.wait().postmaster

        first.end(signal.SIGKILL)
        time.sleep(1.5)  # longer than the grace

        assert run(second.dsn, "SELECT 1") == 1
        second.end(signal.SIGKILL)

    assert_nothing_left(home, first.postmaster)


def test_many_that_start_a_new_home_at_once_get_one_server():
    with temporary_home() as home:
        with Owner(home) as a, Owner(home) as b, Owner(home) as c, Owner(home) as d:
            postmasters = {owner.wait().postmaster for owner in (a, b, c, d)}

        assert len(postmasters) == 1
        assert_nothing_left(home, postmasters.pop())


def test_who_comes_within_the_grace_finds_the_same_server(home):
    with EmbeddedServer.attach_sync(home):
        before = (Home.at(home).data / "postmaster.pid").read_text()

    with EmbeddedServer.attach_sync(home):
        assert (Home.at(home).data / "postmaster.pid").read_text() == before


def test_who_comes_while_the_server_stops_gets_the_next_one(home):
    for delay_s in (0.98, 1.04, 1.15):
        with EmbeddedServer.attach_sync(home):
            pass
        time.sleep(delay_s)
        with EmbeddedServer.attach_sync(home) as server:
            assert run(server.dsn(), "SELECT 1") == 1


def test_a_killed_guardian_takes_its_server_along_and_loses_nothing(home):
    with EmbeddedServer.attach_sync(home) as server:
        run(server.dsn(), "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number")
        guardian = guardian_of(home)
        assert server.is_running()

        os.kill(guardian, signal.SIGKILL)
        wait_until_gone(guardian)

        with EmbeddedServer.attach_sync(home) as successor:  # before the old one is quite gone
            assert run(successor.dsn(), "SELECT count(*) FROM kept") == 1000
            run(successor.dsn(), "DROP TABLE kept")
        assert not server.is_running()
        assert not server.sockets.exists()


def test_no_server_outlives_a_killed_guardian(home):
    with Owner(home) as owner:
        postmaster = owner.wait().postmaster

        os.kill(guardian_of(home), signal.SIGKILL)
        wait_until_gone(postmaster)

        assert server_processes(home) == []


def test_a_guardian_that_is_told_to_stop_stops_the_server_first(home):
    with Owner(home) as owner:
        postmaster = owner.wait().postmaster

        os.kill(guardian_of(home), signal.SIGTERM)

        assert_nothing_left(home, postmaster)


def test_a_killed_server_ends_its_guardian_and_the_next_one_recovers(home):
    with EmbeddedServer.attach_sync(home) as server:
        run(server.dsn(), "CREATE TABLE survivor AS SELECT 7 AS number")
        with Owner(home) as owner:
            os.kill(owner.wait().postmaster, signal.SIGKILL)
            wait_until_unguarded(home)
        assert not server.is_running()

    with EmbeddedServer.attach_sync(home) as server:
        assert run(server.dsn(), "SELECT number FROM survivor") == 7
        run(server.dsn(), "DROP TABLE survivor")


@pytest.mark.parametrize("delay_s", [0.1, 0.4, 0.8])
def test_an_owner_killed_during_the_first_start_leaves_a_usable_home(delay_s):
    with temporary_home() as home:
        with Owner(home) as owner:
            time.sleep(delay_s)
            owner.end(signal.SIGKILL)
        wait_until_unguarded(home)
        assert server_processes(home) == []

        with EmbeddedServer.attach_sync(home) as server:
            assert run(server.dsn(), "SELECT current_user") == "hub"


@pytest.mark.parametrize("delay_s", [0.2, 0.6])
def test_a_guardian_killed_during_the_first_start_is_replaced(delay_s):
    with temporary_home() as home, Owner(home) as owner:
        time.sleep(delay_s)
        if Home.at(home).guardian_lock.exists():
            os.kill(guardian_of(home), signal.SIGKILL)

        owner.wait()

        with EmbeddedServer.attach_sync(home) as server:
            assert run(server.dsn(), "SELECT current_database()") == "hub"


def test_a_guardian_killed_before_it_goes_its_own_way_is_started_again(tmp_path, monkeypatch):
    was_killed, program = tmp_path / "was-killed", tmp_path / "python"
    program.write_text(
        f'#!/bin/sh\n[ -e {was_killed} ] && exec {sys.executable} "$@"\n'
        f"touch {was_killed}; kill -KILL $$\n"
    )
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))

    with temporary_home() as home:
        with EmbeddedServer.attach_sync(home) as server:
            assert run(server.dsn(), "SELECT current_database()") == "hub"
        assert was_killed.exists()
        wait_until_unguarded(home)


def test_a_stale_lock_file_that_names_a_living_stranger_is_no_obstacle(home):
    data = Home.at(home).data
    with subprocess.Popen(["sleep", "30"], user=data.stat().st_uid) as stranger:
        (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n")

        with EmbeddedServer.attach_sync(home) as server:
            assert run(server.dsn(), "SELECT 1") == 1
        stranger.kill()


def test_a_home_with_a_path_longer_than_a_socket_may_have_works():
    with temporary_home() as parent:
        home = parent / ("很长的路径" * 10) / ("x" * 100)
        with EmbeddedServer.attach_sync(home) as server:
            assert run(server.dsn(), "SELECT 1") == 1
        wait_until_unguarded(home)
