import os

import pytest

from hub.store.embedded.account import Account, make_reachable, make_readable, server_account


@pytest.fixture
def account():
    """An account that owns nothing here."""
    return Account("stranger", os.geteuid() + 12345, 12345)


@pytest.fixture
def closed(tmp_path):
    """outer/inner/file, closed to others."""
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    (inner / "program").write_text("")
    (inner / "program").chmod(0o700)
    (inner / "text").write_text("")
    (inner / "text").chmod(0o600)
    for folder in (inner, inner.parent, tmp_path):
        folder.chmod(0o700)
    return inner


def mode(path):
    return path.stat().st_mode & 0o777


def test_folders_above_become_searchable_and_nothing_more(closed, account):
    changed = list(make_reachable(closed, account))

    assert changed[:2] == [closed.parent, closed.parent.parent]
    assert mode(closed.parent) == 0o701
    assert mode(closed) == 0o700


def test_what_is_reachable_is_not_touched(closed, account):
    list(make_reachable(closed, account))

    assert list(make_reachable(closed, account)) == []


def test_the_owner_of_a_folder_needs_no_bit_for_others(closed):
    account = Account("owner", os.geteuid(), os.getegid())

    assert closed.parent not in list(make_reachable(closed, account))
    assert mode(closed.parent) == 0o700


def test_a_closed_installation_becomes_readable_but_not_writable(closed):
    assert make_readable(closed)

    assert mode(closed) == 0o705
    assert mode(closed / "program") == 0o705
    assert mode(closed / "text") == 0o604
    assert not make_readable(closed)


def test_a_link_out_of_the_installation_is_not_followed(closed, tmp_path):
    (tmp_path / "secret").write_text("")
    (tmp_path / "secret").chmod(0o600)
    (closed / "link").symlink_to(tmp_path / "secret")

    make_readable(closed)

    assert mode(tmp_path / "secret") == 0o600


@pytest.mark.skipif(os.geteuid() == 0, reason="root is the other case")
def test_who_is_not_root_runs_the_server_himself(tmp_path):
    assert server_account(tmp_path) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_owner_of_existing_data_stays_the_owner(tmp_path):
    first = server_account(tmp_path / "absent")
    assert first is not None
    assert first.name in {"postgres", "nobody"}
    nobody = server_account_of(tmp_path, 65534)

    assert nobody.uid == 65534


def server_account_of(folder, uid):
    os.chown(folder, uid, uid)
    found = server_account(folder)
    assert found is not None
    return found
