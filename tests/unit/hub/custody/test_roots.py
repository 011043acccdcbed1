"""The root key is changed: killed anywhere, the keyring opens, and the change can be finished."""

from contextlib import suppress
from pathlib import Path

import pytest

from hub.custody.roots import renew_root, wrap_by
from hub.errors import AuditUnavailableError, SetupError
from hub.sealing import files
from hub.sealing.files import write_private
from hub.sealing.keyring import KeyKind, Keyring
from hub.sealing.roots import root_at
from tests.fakes.audit_log import Break, FakeLog

pytestmark = pytest.mark.anyio


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def ring(tmp_path):
    made = Keyring.open_or_create(tmp_path)
    for kind in KeyKind:
        made.ensure(kind, "public-security" if kind is KeyKind.DEPARTMENT else "hub")
    return made


async def test_every_key_stays_and_only_the_root_is_another(ring, tmp_path):
    before, old = ring.all(), (tmp_path / "root.key").read_bytes()
    serving, log = Keyring.open(tmp_path), FakeLog()

    root = await renew_root(tmp_path, ring, log, "op-1")

    assert Keyring.open(tmp_path).all() == ring.all() == before
    assert (tmp_path / "root.key").read_bytes() != old
    assert not (tmp_path / "root.key.next").exists()
    assert log.record() == {
        "act": "rotate", "key": "root", "owner": "hub", "root": root.id, "by": "op-1",
        "outcome": "announced",
    }  # fmt: skip
    assert serving.look()
    assert (serving.all(), serving.root.id) == (before, root.id)
    write_private(tmp_path / "root.key", old)
    with pytest.raises(SetupError, match="another root key"):
        Keyring.open(tmp_path)


@pytest.mark.parametrize("moment", range(6))
async def test_killed_at_any_moment_the_keyring_opens_and_the_change_is_finished_later(
    ring, tmp_path, monkeypatch, moment
):
    before, passed = ring.all(), 0

    def perhaps(done):
        def wrapped(*given, **more):
            nonlocal passed
            if passed == moment:
                raise Killed
            passed += 1
            return done(*given, **more)

        return wrapped

    with monkeypatch.context() as patched:
        for name in ("fsync", "open"):
            patched.setattr(files.os, name, perhaps(getattr(files.os, name)))
        with suppress(Killed):
            await renew_root(tmp_path, ring, FakeLog(), "op-1")

    again = Keyring.open(tmp_path)
    assert again.all() == before
    await renew_root(tmp_path, again, FakeLog(), "op-1")
    assert Keyring.open(tmp_path).all() == before
    assert not (tmp_path / "root.key.next").exists()


@pytest.mark.parametrize("moment", [0, 1, 2])
async def test_killed_while_a_file_takes_its_name_everybody_still_opens(
    ring, tmp_path, monkeypatch, moment
):
    before, serving, passed, replace = ring.all(), Keyring.open(tmp_path), 0, Path.replace

    def perhaps(path, target):
        nonlocal passed
        if passed == moment:
            raise Killed
        passed += 1
        return replace(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", perhaps)
        with pytest.raises(Killed):
            await renew_root(tmp_path, ring, FakeLog(), "op-1")

    again = Keyring.open(tmp_path)
    assert again.all() == before
    assert serving.look() is (moment == 2)
    assert serving.all() == before
    await renew_root(tmp_path, again, FakeLog(), "op-1")
    assert Keyring.open(tmp_path).all() == before
    assert not (tmp_path / "root.key.next").exists()


async def test_a_change_that_cannot_be_put_on_record_is_not_made(ring, tmp_path):
    before, log = (tmp_path / "keyring.json").read_bytes(), FakeLog()
    log.breaks = Break.BEFORE

    with pytest.raises(AuditUnavailableError):
        await renew_root(tmp_path, ring, log, "op-1")

    assert (tmp_path / "keyring.json").read_bytes() == before
    assert Keyring.open(tmp_path).all() == ring.all()


async def test_the_keyring_moves_to_another_place_and_opens_from_there_only(ring, tmp_path):
    write_private(tmp_path / "elsewhere.key", bytes(range(32)))
    place = f"file:{tmp_path / 'elsewhere.key'}"

    await wrap_by(root_at(place, tmp_path), ring, FakeLog(), "op-1")

    assert Keyring.open(tmp_path, place).all() == ring.all()
    with pytest.raises(SetupError, match="another root key"):
        Keyring.open(tmp_path)
    (tmp_path / "root.key").unlink()
    with pytest.raises(SetupError, match="does not hold its root key"):
        await renew_root(tmp_path, ring, FakeLog(), "op-1")
