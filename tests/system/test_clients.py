"""Clients are registered, stopped and given new keys while two workers answer, from outside."""

import json
import threading
import time
from contextlib import closing, contextmanager

import pytest

from hub.demo.client import AskError, Department
from hub.http.clients import make_client_key
from tests.support.installation import hub_command, serving
from tests.support.receivers import example, is_sealed, new_pair

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
WHO = ("--by", "op-7", "--why", "a test")
QUESTION = "{ __typename }"


@pytest.fixture(scope="module")
def hub(demo_run):
    home, done = demo_run
    assert done.returncode == 0, done.stdout + done.stderr
    with serving(home, workers=2) as served:
        yield home, served


def clients(home, *arguments):
    done = hub_command("clients", *arguments, "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def public(home, name):
    """Make a key pair; return where the private and where the public half lies."""
    key = make_client_key(home / "clients", name)
    file = home / "clients" / f"{name}.pub"
    file.write_text(json.dumps(key.as_dict(private=False)), encoding="utf-8")
    return home / "clients" / f"{name}.jwk", file


def register(home, client, file):
    about = ("--department", "civil-affairs", "--role", "officer", "--purpose", "WARN")
    return clients(home, "register", client, *about, "--key", file, *WHO)


def signed_in(served, client, private):
    """Sign in once, over a connection of its own, and ask; return the refusal, or None."""
    with closing(Department.signed_by(served.address, client, private)) as system:
        try:
            answer = system.ask(QUESTION, {}, purpose="WARN")
        except AskError as refused:
            return str(refused)
    return None if "data" in answer else json.dumps(answer)


@contextmanager
def signing_in(served, client, key_file, threads=4):
    """Sign in and ask without a pause with the key that lies in `key_file[0]` at the time."""
    seen, stop = [], threading.Event()

    def ask():
        while not stop.is_set():
            seen.append(signed_in(served, client, key_file[0]))

    workers = [threading.Thread(target=ask) for _ in range(threads)]
    for each in workers:
        each.start()
    try:
        yield seen
    finally:
        stop.set()
        for each in workers:
            each.join(60)


def soon(condition, within_s=1.0):
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within_s, "not within a second"


def test_a_client_is_registered_and_stopped_in_every_worker_within_a_second(hub):
    home, served = hub
    private, file = public(home, "newcomer")
    assert signed_in(served, "newcomer", private) is not None

    told = register(home, "newcomer", file)
    time.sleep(1)
    assert "newcomer  active  civil-affairs officer  WARN" in told
    for _ in range(8):
        assert signed_in(served, "newcomer", private) is None
    with closing(Department.signed_by(served.address, "newcomer", private)) as system:
        assert "data" in system.ask(QUESTION, {}, purpose="WARN")
        clients(home, "disable", "newcomer", *WHO)
        time.sleep(1)
        refused = [system.ask(QUESTION, {}, purpose="WARN") for _ in range(8)]
    assert all("data" not in answer for answer in refused)
    assert all(signed_in(served, "newcomer", private) is not None for _ in range(8))
    clients(home, "enable", "newcomer", *WHO)
    time.sleep(2)
    assert signed_in(served, "newcomer", private) is None
    found = json.loads(clients(home, "show", "newcomer", "--format", "json"))
    assert (found["state"], found["purposes"], len(found["keys"])) == ("active", ["WARN"], 1)
    clients(home, "remove", "newcomer", *WHO)
    time.sleep(1)
    assert signed_in(served, "newcomer", private) is not None
    assert "newcomer" not in clients(home, "list")
    assert "newcomer  removed" in clients(home, "list", "--all")


def test_a_client_gets_a_new_key_and_no_request_fails_meanwhile(hub):
    home, served = hub
    old, old_public = public(home, "system-old")
    new, new_public = public(home, "system-new")
    register(home, "rolling", old_public)
    time.sleep(1)
    key_file = [old]
    with signing_in(served, "rolling", key_file) as seen:
        clients(home, "add-key", "rolling", new_public, *WHO)
        time.sleep(1)
        assert signed_in(served, "rolling", old) is None
        assert signed_in(served, "rolling", new) is None
        key_file[0] = new
        time.sleep(1)
        kid = json.loads(old_public.read_text("utf-8"))["kid"]
        clients(home, "retire-key", "rolling", kid, *WHO)
        time.sleep(1)
        assert signed_in(served, "rolling", old) is not None
        before = len(seen)
        soon(lambda: len(seen) > before + 8, 10)
    clients(home, "remove", "rolling", *WHO)

    print(f"\n{len(seen)} sign-ins, {len(seen) - seen.count(None)} failed")
    assert len(seen) > 30
    assert set(seen) == {None}


SCORES = """{ households(first: 5) { edges { node { id score { reasons { textZh } } } } } }"""


def encryption_key_file(home, pair):
    file = home / "clients" / f"{pair.kid}.enc"
    file.write_text(json.dumps(pair.as_dict(private=False) | {"use": "enc"}), encoding="utf-8")
    return file


def test_a_client_is_encrypted_to_from_the_second_on_in_which_it_is_said(hub):
    home, served = hub
    private, file = public(home, "receiving")
    old, new = new_pair(kid="enc-old"), new_pair("X25519", "enc-new")
    register(home, "receiving", file)
    refused = hub_command("clients", "set-encryption", "receiving", "fields", *WHO, "--home", home)
    assert (refused.returncode, "no encryption key" in refused.stderr) == (1, True)
    secret = home / "clients" / "secret.enc"
    secret.write_text(json.dumps(old.as_dict(private=True) | {"use": "enc"}), encoding="utf-8")
    refused = hub_command(
        "clients", "add-encryption-key", "receiving", secret, *WHO, "--home", home
    )
    assert refused.returncode == 1
    assert "private" in refused.stderr
    assert old.as_dict(private=True)["d"] not in refused.stdout + refused.stderr
    clients(home, "add-encryption-key", "receiving", encryption_key_file(home, old), *WHO)
    time.sleep(1)

    opener = example()
    with closing(Department.signed_by(served.address, "receiving", private)) as system:
        clear = system.ask(SCORES, {}, purpose="WARN")
        clients(home, "set-encryption", "receiving", "fields", *WHO)
        time.sleep(1)
        for pair in (old, new):
            sealed = [system.ask(SCORES, {}, purpose="WARN") for _ in range(8)]
            assert all(opener.opened_answer(e, pair)["data"] == clear["data"] for e in sealed)
            texts = [
                reason["textZh"]
                for edge in sealed[0]["data"]["households"]["edges"]
                for reason in edge["node"]["score"]["reasons"]
            ]
            assert texts
            assert all(map(is_sealed, texts))
            if pair is old:
                key = encryption_key_file(home, new)
                clients(home, "add-encryption-key", "receiving", key, *WHO)
                time.sleep(1)
    told = clients(home, "show", "receiving")
    assert "encryption: fields" in told
    assert "encryption key enc-old" in told
    clients(home, "retire-encryption-key", "receiving", "enc-old", *WHO)
    last = ("clients", "retire-encryption-key", "receiving", "enc-new", *WHO, "--home", home)
    assert "must be encrypted" in hub_command(*last).stderr
    clients(home, "remove", "receiving", *WHO)
