import base64
import json
import re
import stat
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from hub.errors import KeysUnavailableError, SetupError
from hub.sealing.files import write_private
from hub.sealing.keyring import HUB, Key, KeyKind, Keyring, KeyStatus
from hub.sealing.suites import Suite

ROOT = bytes(range(32))
POLICE = "public-security"


def entry(version=1, status="primary", secret=bytes(32), owner=POLICE, **changed):
    wrapped = base64.b64encode(aes_key_wrap(ROOT, secret)).decode()
    made = {"kind": "department", "owner": owner, "version": version, "status": status}
    return made | {"wrapped": wrapped} | changed


def folder_with(tmp_path, *entries, root=ROOT, content=None):
    """Write the two files of a keyring as another program would, by their documented form."""
    content = json.dumps({"format": 1, "keys": entries}) if content is None else content
    write_private(tmp_path / "root.key", root)
    write_private(tmp_path / "keyring.json", content.encode())
    return tmp_path


def test_a_new_folder_gets_a_root_key_and_an_empty_keyring_readable_by_their_owner(tmp_path):
    Keyring.open_or_create(tmp_path / "keys")

    files = {path.name: path for path in (tmp_path / "keys").iterdir()}
    assert set(files) == {"root.key", "keyring.json", "keyring.lock"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o600}
    assert len(files["root.key"].read_bytes()) == 32
    kept = json.loads(files["keyring.json"].read_text())
    assert re.fullmatch("local:[0-9a-f]{16}", kept.pop("root"))
    assert kept == {"format": 2, "keys": []}


def test_two_new_folders_have_two_root_keys(tmp_path):
    for name in "ab":
        Keyring.open_or_create(tmp_path / name)

    assert (tmp_path / "a" / "root.key").read_bytes() != (tmp_path / "b" / "root.key").read_bytes()


def test_a_key_is_made_once_and_found_again_by_the_next_process(tmp_path):
    ring = Keyring.open_or_create(tmp_path)
    made = ring.ensure(KeyKind.DEPARTMENT, POLICE)

    assert ring.ensure(KeyKind.DEPARTMENT, POLICE) is made
    assert Keyring.open(tmp_path).primary(KeyKind.DEPARTMENT, POLICE) == made
    assert Keyring.open_or_create(tmp_path).ensure(KeyKind.DEPARTMENT, POLICE) == made
    assert (made.version, made.status, len(made.secret)) == (1, KeyStatus.PRIMARY, 32)


def test_keys_of_different_kinds_and_owners_are_different_keys(tmp_path):
    ring = Keyring.open_or_create(tmp_path)
    made = [ring.ensure(kind) for kind in KeyKind] + [ring.ensure(KeyKind.DEPARTMENT, POLICE)]

    assert len({key.secret for key in made}) == len(made)
    assert {key.owner for key in made} == {HUB, POLICE}


def test_the_file_holds_wrapped_keys_only_each_opening_under_the_root(tmp_path):
    ring = Keyring.open_or_create(tmp_path)
    made = ring.ensure(KeyKind.DEPARTMENT, POLICE)
    content = (tmp_path / "keyring.json").read_bytes()

    (stored,) = json.loads(content)["keys"]
    wrapped = base64.b64decode(stored.pop("wrapped"))

    assert stored == {
        "kind": "department", "owner": POLICE, "version": 1, "status": "primary", "since": ""
    }  # fmt: skip
    assert aes_key_unwrap((tmp_path / "root.key").read_bytes(), wrapped) == made.secret
    for form in (made.secret, made.secret.hex().encode(), base64.b64encode(made.secret)):
        assert form not in content


def test_every_version_opens_and_the_primary_one_seals(tmp_path):
    old, new = bytes([1] * 32), bytes([2] * 32)
    folder = folder_with(tmp_path, entry(1, "decrypt-only", old), entry(2, "primary", new))

    ring = Keyring.open(folder)

    assert ring.primary(KeyKind.DEPARTMENT, POLICE).secret == new
    assert ring.version(KeyKind.DEPARTMENT, POLICE, 1).secret == old
    assert ring.version(KeyKind.DEPARTMENT, POLICE, 2).secret == new
    assert ring.ensure(KeyKind.DEPARTMENT, POLICE).version == 2


def test_a_new_primary_key_never_takes_the_place_of_an_older_version(tmp_path):
    old = bytes([1] * 32)
    folder = folder_with(tmp_path, entry(1, "decrypt-only", old), entry(4, "decrypt-only"))

    made = Keyring.open(folder).ensure(KeyKind.DEPARTMENT, POLICE)
    ring = Keyring.open(folder)

    assert made.version == 5
    assert ring.primary(KeyKind.DEPARTMENT, POLICE) == made
    assert ring.version(KeyKind.DEPARTMENT, POLICE, 1).secret == old


def test_versions_of_one_owner_do_not_count_for_another(tmp_path):
    folder = folder_with(tmp_path, entry(7, owner="medical-insurance"))

    assert Keyring.open(folder).ensure(KeyKind.DEPARTMENT, POLICE).version == 1


def test_a_key_that_is_not_there_is_unavailable_by_name(tmp_path):
    ring = Keyring.open(folder_with(tmp_path, entry(1, "decrypt-only")))

    with pytest.raises(KeysUnavailableError, match=r"department key of public-security.*migrate"):
        ring.primary(KeyKind.DEPARTMENT, POLICE)
    with pytest.raises(KeysUnavailableError, match="Version 2 of the department key"):
        ring.version(KeyKind.DEPARTMENT, POLICE, 2)
    with pytest.raises(KeysUnavailableError):
        ring.version(KeyKind.TAG, POLICE, 1)


@pytest.mark.parametrize("lost", ["root.key", "keyring.json"])
def test_half_a_keyring_is_a_loss_and_is_never_completed(tmp_path, lost):
    Keyring.open_or_create(tmp_path).ensure(KeyKind.TAG)
    (tmp_path / lost).unlink()

    with pytest.raises(SetupError, match=rf"{lost} cannot be read"):
        Keyring.open_or_create(tmp_path)

    assert not (tmp_path / lost).exists()


@pytest.mark.parametrize("name", ["root.key", "keyring.json"])
def test_a_file_that_is_open_to_others_is_refused(tmp_path, name):
    Keyring.open_or_create(tmp_path)
    (tmp_path / name).chmod(0o644)

    with pytest.raises(SetupError, match=f"chmod 600 .*{name}"):
        Keyring.open(tmp_path)


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_root_key_of_another_length_is_refused(tmp_path, length):
    with pytest.raises(SetupError, match="does not hold a 32-byte key"):
        Keyring.open(folder_with(tmp_path, root=bytes(length)))


def test_the_root_key_of_another_hub_is_refused_and_the_message_says_so(tmp_path):
    folder = folder_with(tmp_path, entry(), root=bytes(32))

    with pytest.raises(SetupError, match="belong to different hubs, or one is damaged"):
        Keyring.open(folder)


@pytest.mark.parametrize(
    "wrapped",
    ["", "AAAA", "not base64!", "A" * 56, entry()["wrapped"] + "?"],
)
def test_a_damaged_key_is_refused_by_the_name_of_its_owner(tmp_path, wrapped):
    with pytest.raises(SetupError, match="department key of public-security"):
        Keyring.open(folder_with(tmp_path, entry(wrapped=wrapped)))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"keys": []}',
        '{"format": "1", "keys": []}',
        '{"format": 1}',
        '{"format": 1, "keys": {}}',
        '{"format": 1, "keys": [{}]}',
        json.dumps({"format": 1, "keys": [entry(kind="garden")]}),
        json.dumps({"format": 1, "keys": [entry(status="lost")]}),
        json.dumps({"format": 1, "keys": [entry(version="1")]}),
        json.dumps({"format": 3, "keys": [entry() | {"suite": 3}]}),
        json.dumps({"format": 3, "keys": [entry() | {"suite": 0}]}),
        json.dumps({"format": 3, "keys": [entry() | {"suite": "sm"}]}),
        json.dumps({"format": 1, "keys": [entry()]})[:-9],
    ],
)
def test_a_damaged_keyring_file_is_refused_as_damaged(tmp_path, content):
    with pytest.raises(SetupError, match=r"keyring\.json is damaged"):
        Keyring.open(folder_with(tmp_path, content=content))


def test_bytes_that_are_no_text_are_a_damaged_keyring_file(tmp_path):
    write_private(folder_with(tmp_path) / "keyring.json", b'{"format": 1, "keys": ["\xff"]}')

    with pytest.raises(SetupError, match="is damaged"):
        Keyring.open(tmp_path)


@pytest.mark.parametrize(
    "content", ['{"format": 4, "keys": []}', '{"format": 0}', '{"format": 4, "keys": {"a": 1}}']
)
def test_a_format_that_is_not_known_is_refused_as_such_whatever_follows(tmp_path, content):
    with pytest.raises(SetupError, match=r"is of format [04], not 3 or before"):
        Keyring.open(folder_with(tmp_path, content=content))


@pytest.mark.parametrize(
    "entries",
    [(entry(1), entry(1)), (entry(1), entry(1, "decrypt-only")), (entry(1), entry(2))],
    ids=["same", "one version twice", "two primaries"],
)
def test_a_key_that_is_listed_twice_is_refused_not_chosen_from(tmp_path, entries):
    with pytest.raises(SetupError, match="lists a key twice"):
        Keyring.open(folder_with(tmp_path, *entries))


def test_no_representation_or_message_shows_a_secret(tmp_path):
    secret = b"\x01unmistakable-thirty-two-bytes\x01\x01"
    folder = folder_with(tmp_path, entry(secret=secret))
    ring = Keyring.open(folder)
    key = ring.primary(KeyKind.DEPARTMENT, POLICE)

    (folder / "root.key").write_bytes(bytes(32))
    with pytest.raises(SetupError) as caught:
        Keyring.open(folder)

    shown = f"{key!r} {key} {[key]} {ring!r} {ring} {caught.value!r}"
    assert "unmistakable" not in shown
    assert secret.hex() not in shown
    assert repr(Key(KeyKind.TAG, HUB, 3, KeyStatus.PRIMARY, secret)) == "Key(tag, hub, v3, primary)"


def test_what_another_process_changed_is_taken_over(tmp_path, monkeypatch):
    one = Keyring.open_or_create(tmp_path)
    one.ensure(KeyKind.TAG)
    other = Keyring.open(tmp_path)
    with one.changing():
        one.add(KeyKind.TAG, HUB, KeyStatus.PRIMARY, "2026-11-27")

    assert other.version(KeyKind.TAG, HUB, 2).since == "2026-11-27"  # asked for, so looked for
    assert other.primary(KeyKind.TAG).version == 2
    assert other.version(KeyKind.TAG, HUB, 1).status is KeyStatus.DECRYPT_ONLY


def test_a_process_that_only_seals_looks_for_changes_at_most_once_a_second(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("hub.sealing.keyring.time.monotonic", lambda: now[0])
    one = Keyring.open_or_create(tmp_path)
    one.ensure(KeyKind.TAG)
    other = Keyring.open(tmp_path)
    with one.changing():
        one.add(KeyKind.TAG, HUB, KeyStatus.PRIMARY)

    assert other.primary(KeyKind.TAG).version == 1
    now[0] += 1.01
    assert other.primary(KeyKind.TAG).version == 2


def test_a_file_that_cannot_be_read_is_not_taken_over_and_what_is_in_memory_still_opens(tmp_path):
    ring = Keyring.open_or_create(tmp_path)
    made = ring.ensure(KeyKind.TAG)
    (tmp_path / "keyring.json").write_text("{")

    assert not ring.look()
    assert ring.primary(KeyKind.TAG) == made
    with pytest.raises(SetupError, match="damaged"), ring.changing():
        ring.add(KeyKind.TAG, HUB, KeyStatus.PRIMARY)
    assert (tmp_path / "keyring.json").read_text() == "{"


def test_a_change_that_fails_changes_neither_the_file_nor_the_memory(tmp_path):
    ring = Keyring.open_or_create(tmp_path)
    made = ring.ensure(KeyKind.TAG)
    content = (tmp_path / "keyring.json").read_bytes()

    def fail():
        with ring.changing():
            ring.add(KeyKind.TAG, HUB, KeyStatus.PRIMARY)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert ring.primary(KeyKind.TAG) == made
    assert (tmp_path / "keyring.json").read_bytes() == content


def test_two_processes_that_make_keys_lose_none(tmp_path):
    one = Keyring.open_or_create(tmp_path)
    other = Keyring.open(tmp_path)
    for number in range(3):
        one.ensure(KeyKind.DEPARTMENT, f"one-{number}")
        other.ensure(KeyKind.DEPARTMENT, f"other-{number}")
    same = one.ensure(KeyKind.TAG), other.ensure(KeyKind.TAG)

    assert len(Keyring.open(tmp_path).all()) == 7
    assert same[0] == same[1]


def test_a_retired_key_opens_nothing_and_its_number_is_never_given_again(tmp_path):
    ring = Keyring.open_or_create(tmp_path)
    ring.ensure(KeyKind.TAG)
    with ring.changing():
        ring.add(KeyKind.TAG, HUB, KeyStatus.PRIMARY)
        ring.put(replace(ring.version(KeyKind.TAG, HUB, 1), status=KeyStatus.RETIRED, secret=b""))

    again = Keyring.open(tmp_path)
    with pytest.raises(KeysUnavailableError, match="Version 1"):
        again.version(KeyKind.TAG, HUB, 1)
    with again.changing():
        assert again.add(KeyKind.TAG, HUB, KeyStatus.PRIMARY).version == 3


def test_a_keyring_of_the_first_format_opens_and_is_saved_in_the_second(tmp_path):
    ring = Keyring.open(folder_with(tmp_path, entry(1)))
    ring.ensure(KeyKind.TAG)

    kept = json.loads((tmp_path / "keyring.json").read_text())
    assert (kept["format"], kept["root"]) == (2, ring.root.id)
    assert Keyring.open(tmp_path).primary(KeyKind.DEPARTMENT, POLICE).version == 1


def test_a_keyring_without_another_suite_than_the_first_keeps_its_format(tmp_path):
    ring = Keyring.open_or_create(tmp_path)
    ring.ensure(KeyKind.DEPARTMENT, POLICE)
    kept = json.loads((tmp_path / "keyring.json").read_text())

    assert kept["format"] == 2
    assert "suite" not in kept["keys"][0]


def test_a_key_has_its_suite_for_as_long_as_it_lives(tmp_path):
    ring = Keyring.open_or_create(tmp_path)
    first = ring.ensure(KeyKind.DEPARTMENT, POLICE)
    with ring.changing():
        ring.add(KeyKind.DEPARTMENT, POLICE, KeyStatus.PRIMARY, suite=Suite.SM)
        ring.add(KeyKind.TAG, HUB, KeyStatus.PRIMARY, suite=Suite.SM)

    kept = json.loads((tmp_path / "keyring.json").read_text())
    again = Keyring.open(tmp_path)
    assert kept["format"] == 3
    assert [key.get("suite") for key in kept["keys"]] == [None, 2, 2]
    assert again.version(KeyKind.DEPARTMENT, POLICE, 1).suite is first.suite is Suite.AES
    assert again.primary(KeyKind.DEPARTMENT, POLICE).suite is Suite.SM
    assert again.primary(KeyKind.TAG).suite is Suite.SM


def test_a_departments_key_has_the_length_that_its_suite_wraps_with(tmp_path):
    ring = Keyring.open_or_create(tmp_path)

    assert len(ring.ensure(KeyKind.DEPARTMENT, POLICE, suite=Suite.SM).secret) == 16
    assert len(ring.ensure(KeyKind.DEPARTMENT, "housing").secret) == 32
    assert len(ring.ensure(KeyKind.TAG, suite=Suite.SM).secret) == 32


def test_a_keyring_of_another_root_key_is_refused_by_the_names_of_both(tmp_path):
    ring = Keyring.open_or_create(tmp_path)
    write_private(tmp_path / "root.key", bytes(32))

    with pytest.raises(SetupError, match=f"another root key .{ring.root.id}.*local:"):
        Keyring.open(tmp_path)


def test_who_does_not_wait_is_told_that_the_file_is_being_changed(tmp_path):
    one = Keyring.open_or_create(tmp_path)
    other = Keyring.open(tmp_path)

    def at_once():
        with other.changing(waits=False):
            other.add(KeyKind.TAG, HUB, KeyStatus.PRIMARY)

    with one.changing(), pytest.raises(KeysUnavailableError, match="being changed"):
        at_once()
    at_once()
    assert Keyring.open(tmp_path).primary(KeyKind.TAG).version == 1
