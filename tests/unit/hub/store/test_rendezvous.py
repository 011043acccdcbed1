import json
import os

import pytest

from hub.home import Home, Lock
from hub.store.embedded import SocketPathError, rendezvous


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir()
    return Home.at(tmp_path / "home")


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """Stands for /tmp; its own path is short enough."""
    place = tmp_path / "s"
    place.mkdir()
    monkeypatch.setattr(rendezvous, "_SHARED_PLACE", str(place))
    monkeypatch.setattr(rendezvous, "_LONGEST_FOLDER", len(os.fsencode(place)) + 40)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    return place


def guard(home):
    """Do what a guardian does first; returns its folder and the lock it holds."""
    lock = Lock(home.guardian_lock)
    lock.acquire()
    folder = rendezvous.make_runtime_folder(home)
    rendezvous.write_runtime_folder(lock, folder, 4321)
    return folder, lock


def test_clients_find_the_folder_that_the_guardian_wrote_down(home, shared):
    folder, lock = guard(home)
    lock.release()

    assert rendezvous.runtime_folder(home) == folder
    assert json.loads(home.guardian_lock.read_text())["pid"] == 4321


def test_only_the_servers_account_may_enter_where_its_socket_lies(home, shared):
    folder, lock = guard(home)
    lock.release()

    assert folder.parent == shared
    assert folder.stat().st_mode & 0o777 == 0o711
    assert (folder / "pg").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("note", ["", "{", "{}", '{"runtime"', "[]"])
def test_a_note_that_is_half_written_names_no_folder(home, note):
    home.guardian_lock.write_text(note)

    assert rendezvous.runtime_folder(home) is None


def test_the_folder_of_a_killed_guardian_is_removed_by_the_next_one(home, shared):
    first, lock = guard(home)
    (first / rendezvous.CONTROL).write_text("")
    (first / "pg" / ".s.PGSQL.5432").write_text("")
    (first / "pg" / ".s.PGSQL.5432.lock").write_text("")
    lock.release()

    second, lock = guard(home)
    lock.release()

    assert not first.exists()
    assert second.exists()


def test_nothing_else_is_removed_whatever_the_note_says(home, tmp_path):
    victim = tmp_path / "victim"
    (victim / "pg").mkdir(parents=True)
    home.guardian_lock.write_text(json.dumps({"runtime": str(victim)}))

    rendezvous.remove_runtime_folder(home)

    assert (victim / "pg").exists()


def test_a_users_own_runtime_folder_is_preferred(home, shared, tmp_path, monkeypatch):
    (tmp_path / "x").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "x"))
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    assert rendezvous.make_runtime_folder(home).parent == tmp_path / "x"


def test_a_runtime_folder_with_a_long_path_is_passed_over(home, shared, tmp_path, monkeypatch):
    (tmp_path / ("x" * 90)).mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("x" * 90)))
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    assert rendezvous.make_runtime_folder(home).parent == shared
    assert list((tmp_path / ("x" * 90)).iterdir()) == []


def test_no_place_for_sockets_is_an_error_that_names_the_places(home, shared):
    shared.rmdir()

    with pytest.raises(SocketPathError, match=str(shared)):
        rendezvous.make_runtime_folder(home)
