"""Messages name people: they go to receivers the hub knows, encrypted beyond this machine."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connectors.outbound import recognition
from hub.cli import application
from hub.commands.receivers import KNOWN, set_up
from hub.errors import SetupError
from hub.sealing.keyring import KeyKind, Keyring
from hub.sealing.signing import MessageSigner


@dataclass
class At:
    departments_file: Path


def stated(tmp_path, text):
    file = tmp_path / "departments.toml"
    file.write_text(text, encoding="utf-8")
    return set_up(At(file))


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize(
    "url", ["https://r.example/x", "http://127.0.0.1:8801/x", "http://[::1]/x"]
)
def test_every_receiver_can_be_set_up_over_https_or_on_this_machine(tmp_path, name, url):
    found = stated(tmp_path, f'[receivers.{name}]\nurl = "{url}"\n')

    assert found[name]["url"] == url


@pytest.mark.parametrize(
    "url",
    [
        "http://r.example/x",
        "http://127.0.0.1.r.example/x",
        "ftp://127.0.0.1/x",
        "https://",
        "http://[",
    ],
)
def test_nothing_is_sent_unencrypted_beyond_this_machine(tmp_path, url):
    with pytest.raises(SetupError, match="https"):
        stated(tmp_path, f'[receivers.housing]\nurl = "{url}"\n')


def test_a_receiver_without_an_address_cannot_be_set_up(tmp_path):
    with pytest.raises(SetupError, match="needs a url"):
        stated(tmp_path, '[receivers.education]\nkey_file = "x.jwks"\n')


@pytest.mark.parametrize("name", ["charity", "public-security"])
def test_nobody_else_is_told(tmp_path, name):
    with pytest.raises(SetupError, match=f"names the receiver {name}"):
        stated(tmp_path, f'[receivers.{name}]\nurl = "https://r.example"\n')


def test_five_departments_and_the_credit_platform_are_known():
    assert set(KNOWN) == {*recognition.RECEIVERS, "national-credit-platform"}
    assert len(recognition.RECEIVERS) == 5


def test_the_keys_that_verify_messages_are_printed_and_no_private_half_is(tmp_path):
    keyring = Keyring.open_or_create(private(tmp_path / "keys"))
    keyring.ensure(KeyKind.OUTBOUND)

    done = CliRunner().invoke(application(), ["deliver", "--keys", "--home", str(tmp_path)])

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == MessageSigner(keyring).jwks()
    assert '"d"' not in done.stdout


def test_a_hub_without_keys_says_what_is_missing(tmp_path):
    done = CliRunner().invoke(application(), ["deliver", "--keys", "--home", str(tmp_path)])

    assert done.exit_code == 1
    assert "root.key" in done.stderr


def private(folder):
    folder.mkdir(mode=0o700)
    return folder
