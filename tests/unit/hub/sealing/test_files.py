import os
import stat

import pytest

from hub.errors import SetupError
from hub.sealing.files import read_private, write_private


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_umask():
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_a_key_file_and_its_folder_are_their_owners_alone_whatever_the_umask(tmp_path):
    path = tmp_path / "keys" / "root.key"

    write_private(path, b"secret")

    assert read_private(path) == b"secret"
    assert mode_of(path) == 0o600
    assert mode_of(path.parent) == 0o700


@pytest.mark.usefixtures("open_umask")
def test_a_leftover_of_a_crash_does_not_lend_its_mode_to_the_key_file(tmp_path):
    leftover = tmp_path / "root.key.new"
    leftover.write_bytes(b"half of a longer secret")
    leftover.chmod(0o644)

    write_private(tmp_path / "root.key", b"secret")

    assert mode_of(tmp_path / "root.key") == 0o600
    assert read_private(tmp_path / "root.key") == b"secret"
    assert not leftover.exists()


def test_writing_again_replaces_the_whole_file(tmp_path):
    write_private(tmp_path / "k", b"a long first content")
    write_private(tmp_path / "k", b"short")

    assert read_private(tmp_path / "k") == b"short"
    assert [path.name for path in tmp_path.iterdir()] == ["k"]


def test_a_write_that_fails_leaves_the_old_content(tmp_path):
    write_private(tmp_path / "k", b"old")
    (tmp_path / "k.new").mkdir()  # so that the new one cannot be opened

    with pytest.raises(OSError, match="directory"):
        write_private(tmp_path / "k", b"new")

    assert read_private(tmp_path / "k") == b"old"


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o610, 0o601, 0o666, 0o777])
def test_a_file_that_others_may_touch_is_refused_with_the_way_to_mend_it(tmp_path, mode):
    write_private(tmp_path / "k", b"secret")
    (tmp_path / "k").chmod(mode)

    with pytest.raises(SetupError, match="chmod 600") as caught:
        read_private(tmp_path / "k")

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o700])
def test_any_mode_that_excludes_others_will_do(tmp_path, mode):
    write_private(tmp_path / "k", b"secret")
    (tmp_path / "k").chmod(mode)

    assert read_private(tmp_path / "k") == b"secret"


def test_a_missing_file_is_the_operators_to_restore(tmp_path):
    with pytest.raises(SetupError, match=r"absent\.key cannot be read .* Restore it"):
        read_private(tmp_path / "absent.key")


def test_a_folder_in_its_place_is_the_operators_to_mend(tmp_path):
    with pytest.raises(SetupError, match="cannot be read"):
        read_private(tmp_path)
