"""Where the root key may be: a file, a credential, a variable, a token, a service."""

import base64

import pkcs11
import pytest

from hub.errors import KeysUnavailableError, SealBrokenError, SetupError
from hub.sealing.files import write_private
from hub.sealing.keyring import KeyKind, Keyring
from hub.sealing.roots import LocalRoot, root_at
from tests.support.soft_hsm import PIN, soft_token
from tests.support.transit import TransitServer

KEY = bytes(range(32))
SECRET = bytes(range(64, 96))


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Return the same key in every place that holds it as bytes."""
    write_private(tmp_path / "root.key", KEY)
    write_private(tmp_path / "other.key", KEY)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("A_ROOT", base64.b64encode(KEY).decode())
    return ["file", f"file:{tmp_path / 'other.key'}", "credential:root.key", "env:A_ROOT"]


def test_the_same_key_is_the_same_root_wherever_it_is(places, tmp_path):
    roots = [root_at(place, tmp_path) for place in places]

    assert len({root.id for root in roots}) == 1
    wrapped = roots[0].wrap(SECRET)
    assert [root.unwrap(wrapped) for root in roots] == [SECRET] * 4
    assert KEY.hex() not in repr(roots) + roots[0].id


def test_a_keyring_opens_from_every_place(places, tmp_path):
    made = Keyring.open_or_create(tmp_path, places[1]).ensure(KeyKind.TAG)

    for place in places:
        assert Keyring.open(tmp_path, place).primary(KeyKind.TAG) == made


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("file:/nowhere/root.key", "/nowhere/root.key cannot be read"),
        ("credential:missing", r"missing cannot be read .*LoadCredential=missing"),
        ("credential:../root.key", "has a form that is not known"),
        ("env:NOT_SET", "NOT_SET is not set"),
        ("env:NO_BASE64", "NO_BASE64 is not base64"),
        ("env:TOO_SHORT", "TOO_SHORT does not hold a 32-byte key"),
        ("vault:transit", "has a form that is not known"),
        ("vault:transit/hub", "needs VAULT_ADDR"),
        ("pkcs11:token=hub?module-path=/nowhere.so", "lacks object"),
        ("pkcs11:token=hub;object=o?module-path=/nowhere.so", "HUB_PKCS11_PIN"),
        ("somewhere", "it is file, file:PATH"),
    ],
)
def test_a_place_that_has_no_root_key_is_told_with_what_to_do(tmp_path, monkeypatch, place, told):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("NO_BASE64", "no base64")
    monkeypatch.setenv("TOO_SHORT", base64.b64encode(KEY[:31]).decode())
    for name in ("VAULT_ADDR", "VAULT_TOKEN", "VAULT_TOKEN_FILE", "HUB_PKCS11_PIN"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(SetupError, match=told) as refused:
        root_at(place, tmp_path)

    assert base64.b64encode(KEY[:31]).decode() not in str(refused.value)


def test_without_systemd_there_is_no_credential(tmp_path, monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)

    with pytest.raises(SetupError, match="CREDENTIALS_DIRECTORY is not set"):
        root_at("credential:root.key", tmp_path)


def test_a_root_key_elsewhere_is_used_and_never_made(tmp_path, monkeypatch):
    monkeypatch.setenv("A_ROOT", base64.b64encode(KEY).decode())

    ring = Keyring.open_or_create(tmp_path / "keys", "env:A_ROOT")
    made = ring.ensure(KeyKind.TAG)

    assert not (tmp_path / "keys" / "root.key").exists()
    assert Keyring.open(tmp_path / "keys", "env:A_ROOT").primary(KeyKind.TAG) == made


# A token of PKCS #11.


@pytest.fixture(scope="session")
def token(tmp_path_factory):
    """Return the address of an AES key in a token of SoftHSM that was made for these tests."""
    made = soft_token(tmp_path_factory.mktemp("softhsm"), "hub test")
    with made.session() as session:
        session.generate_key(pkcs11.KeyType.AES, 256, label="hub-root", store=True)
    return made.address("hub-root")


def test_a_token_wraps_and_unwraps_and_its_key_never_leaves_it(token, tmp_path):
    root = root_at(token, tmp_path)
    wrapped = root.wrap(SECRET)

    assert root_at(token, tmp_path).unwrap(wrapped) == SECRET
    assert len(wrapped) == 12 + 32 + 16
    assert wrapped != root.wrap(SECRET)
    assert SECRET not in wrapped


@pytest.mark.parametrize("place", [0, 11, 12, 30, 43, 44, 59])
def test_what_a_token_wrapped_opens_whole_and_unchanged_only(token, tmp_path, place):
    root = root_at(token, tmp_path)
    wrapped = bytearray(root.wrap(SECRET))
    wrapped[place] ^= 1

    with pytest.raises(SealBrokenError):
        root.unwrap(bytes(wrapped))


@pytest.mark.parametrize("length", [0, 11, 12, 28, 59])
def test_what_a_token_wrapped_does_not_open_in_part(token, tmp_path, length):
    root = root_at(token, tmp_path)

    with pytest.raises(SealBrokenError):
        root.unwrap(root.wrap(SECRET)[:length])


def test_a_keyring_under_a_token_opens_again_and_under_no_other_root(token, tmp_path):
    made = Keyring.open_or_create(tmp_path / "keys", token).ensure(KeyKind.TAG)
    write_private(tmp_path / "keys" / "root.key", KEY)

    assert Keyring.open(tmp_path / "keys", token).primary(KeyKind.TAG) == made
    with pytest.raises(SetupError, match=r"another root key .pkcs11:"):
        Keyring.open(tmp_path / "keys")


def test_a_token_that_lacks_the_key_is_told_and_the_pin_is_not(token, tmp_path):
    with pytest.raises(KeysUnavailableError, match="NoSuchKey") as refused:
        root_at(token.replace("hub-root", "another"), tmp_path)

    assert PIN not in str(refused.value)


# A Transit engine.


@pytest.fixture
def engine(monkeypatch):
    with TransitServer() as served:
        monkeypatch.setenv("VAULT_ADDR", served.address)
        monkeypatch.setenv("VAULT_TOKEN", served.token)
        yield served


def test_the_engine_wraps_and_unwraps_also_after_its_key_was_rotated(engine, tmp_path):
    root = root_at("vault:transit/hub", tmp_path)
    wrapped = root.wrap(SECRET)
    engine.keys.append(type(engine.keys[0])(KEY))

    assert root.unwrap(wrapped) == SECRET
    assert wrapped.startswith(b"vault:v1:")
    assert root.wrap(SECRET).startswith(b"vault:v2:")


def test_a_keyring_under_the_engine_opens_again(engine, tmp_path):
    made = Keyring.open_or_create(tmp_path, "vault:transit/hub").ensure(KeyKind.TAG)

    assert Keyring.open(tmp_path, "vault:transit/hub").primary(KeyKind.TAG) == made
    assert b"vault:v1:" not in (tmp_path / "keyring.json").read_bytes()  # base64, like the others


@pytest.mark.parametrize("changed", [b"vault:v1:AAAA", b"vault:v9:AAAA", b"", b"\xff"])
def test_what_the_engine_does_not_know_is_broken(engine, tmp_path, changed):
    with pytest.raises(SealBrokenError):
        root_at("vault:transit/hub", tmp_path).unwrap(changed)


@pytest.mark.parametrize("trouble", ["sealed", "another token", "gone", "no such key"])
def test_an_engine_that_does_not_serve_us_is_unavailable_and_no_secret_is_told(
    engine, tmp_path, monkeypatch, trouble
):
    place = "vault:transit/hub"
    if trouble == "sealed":
        engine.is_sealed = True
    elif trouble == "another token":
        monkeypatch.setenv("VAULT_TOKEN", "wrong")
    elif trouble == "gone":
        monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:9")
    else:
        place = "vault:transit/other"

    with pytest.raises(KeysUnavailableError) as refused:
        root_at(place, tmp_path).wrap(SECRET)

    assert base64.b64encode(SECRET).decode() not in str(refused.value)
    assert engine.token not in str(refused.value)


def test_the_token_may_be_in_a_file_that_only_its_owner_reads(engine, tmp_path, monkeypatch):
    monkeypatch.delenv("VAULT_TOKEN")
    file = tmp_path / "token"
    write_private(file, f"{engine.token}\n".encode())
    monkeypatch.setenv("VAULT_TOKEN_FILE", str(file))

    assert (
        root_at("vault:transit/hub", tmp_path).unwrap(
            root_at("vault:transit/hub", tmp_path).wrap(SECRET)
        )
        == SECRET
    )
    file.chmod(0o644)
    with pytest.raises(SetupError, match="chmod 600"):
        root_at("vault:transit/hub", tmp_path)


def test_a_local_root_of_another_length_is_refused():
    with pytest.raises(SetupError, match="does not hold a 32-byte key"):
        LocalRoot(KEY + b"x", "The file")
