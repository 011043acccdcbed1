import os
import subprocess
import sys
import threading

import pytest

from hub.home import (
    KEPT,
    AlreadyServingError,
    Home,
    HomeInUseError,
    Lock,
    ServedNow,
    ServeLock,
    read_note,
)


@pytest.fixture
def home(tmp_path):
    return Home.at(tmp_path / "home")


def test_a_second_serve_is_refused_and_told_who_serves(home):
    with ServeLock(home), pytest.raises(AlreadyServingError) as refused, ServeLock(home):
        pass

    assert refused.value.pid == os.getpid()
    assert str(os.getpid()) in str(refused.value)


def test_a_home_can_be_served_again_after_its_server_left(home):
    with ServeLock(home):
        pass

    with ServeLock(home):
        assert read_note(home.serve_lock) == str(os.getpid())


def test_a_killed_holder_leaves_no_lock_behind(home):
    home.root.mkdir()
    program = (
        "import sys; from hub.home import *; from pathlib import Path\n"
        "lock = ServeLock(Home.at(Path(sys.argv[1]))); lock.__enter__(); print(flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(home.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout
        holder.stdout.readline()
        with pytest.raises(AlreadyServingError) as refused, ServeLock(home):
            pass
        holder.kill()
        holder.wait()

    assert refused.value.pid == holder.pid
    with ServeLock(home):
        pass


def test_a_holder_that_has_not_yet_written_is_unknown(home):
    home.root.mkdir()
    lock = Lock(home.serve_lock)
    lock.acquire()

    with pytest.raises(AlreadyServingError, match="process unknown") as refused, ServeLock(home):
        pass
    lock.release()

    assert refused.value.pid is None


def test_a_note_replaces_a_longer_one(tmp_path):
    lock = Lock(tmp_path / "lock")
    lock.acquire()
    lock.write("a longer note")
    lock.write("short")

    with pytest.raises(HomeInUseError) as held:
        Lock(tmp_path / "lock").acquire()
    lock.release()

    assert held.value.note == read_note(tmp_path / "lock") == "short"


def test_a_lock_is_for_its_owner_only(home):
    with ServeLock(home):
        assert home.serve_lock.stat().st_mode & 0o777 == 0o600
        assert home.root.stat().st_mode & 0o777 == 0o700


def test_whoever_serves_tells_how_many_reloads_have_ended_and_how(home):
    with ServeLock(home) as lock:
        assert ServedNow.read(home.serve_lock) is None  # it has not begun to serve
        lock.tell(0, "serving")
        first = ServedNow.read(home.serve_lock)
        lock.tell(1, KEPT)
        second = ServedNow.read(home.serve_lock)
        with pytest.raises(AlreadyServingError, match=f"process {os.getpid()}\\.") as refused:
            ServeLock(home).__enter__()

    assert first == ServedNow(os.getpid(), 0, is_kept=False)
    assert second == ServedNow(os.getpid(), 1, is_kept=True)
    assert refused.value.pid == os.getpid()


def test_a_home_that_nobody_serves_says_so_whatever_its_lock_says(home):
    assert ServedNow.read(home.serve_lock) is None
    with ServeLock(home) as lock:
        lock.tell(3, "serving")

    assert ServedNow.read(home.serve_lock) is None


def test_whoever_reads_a_note_while_it_is_changed_reads_one_of_the_two(tmp_path):
    lock, stop, seen = Lock(tmp_path / "lock"), threading.Event(), set()
    lock.acquire()
    lock.write("1 0 serving")

    def read():
        while not stop.is_set():
            seen.add(read_note(lock.path))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(3_000):
        lock.write("123456 1 kept" if number % 2 else "1 0 serving")
    stop.set()
    reader.join()
    lock.release()

    assert seen <= {"123456 1 kept", "1 0 serving"}
