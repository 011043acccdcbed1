"""The log's keys change under load, from outside: no request fails, and everybody verifies."""

import json
import time
from contextlib import closing

import pytest

from hub.demo.client import Department
from hub.demo.district import Places
from hub.demo.installation import AUDITOR, OFFICER, key_file
from hub.demo.walk import known_family
from tests.support.installation import hub_command, serving
from tests.support.workers import asking

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]
LOOK_UP = "query($n: String!) { person(nationalId: $n) { population { name } } }"
WHO_READ = """query ($n: String!) { accessLog(first: 50, subject: $n) {
  edges { node { index kind } } } }"""


@pytest.fixture(scope="module")
def hub(demo_run):
    home, done = demo_run
    assert done.returncode == 0, done.stdout + done.stderr
    with serving(home, workers=2) as served:
        yield home, served, known_family(Places(home / "district").truth)


@pytest.fixture
def load(hub):
    """Ask both workers for somebody by number, without a pause."""
    home, served, number = hub
    with closing(Department.signed_by(served.address, OFFICER.id, key_file(home, OFFICER))) as us:
        token = us.token("WARN")
    with asking(served.address, token, 3, LOOK_UP, variables={"n": number}) as seen:
        no_request_failed(seen)
        yield seen


def no_request_failed(seen):
    so_far = len(seen.answers)
    while len(seen.answers) < so_far + 6:
        assert seen.broken == []
        time.sleep(0.05)
    assert dict(seen.refused) == {}


def state_of(home, kind):
    told = json.loads(hub_command("keys", "status", "--home", home, "--json").stdout)
    return [(state["version"], state["status"]) for state in told if state["kind"] == kind]


def found_by(hub, auditor):
    _, _, number = hub
    page = auditor.ask(WHO_READ, {"n": number}, purpose="AUDIT")["data"]["accessLog"]
    return [edge["node"]["index"] for edge in page["edges"]]


def test_a_new_epoch_begins_under_load_and_an_auditor_finds_what_was_before_and_after(hub, load):
    home, served, _ = hub
    load_before = max(load.answers.values())

    done = hub_command(
        *("keys", "rotate", "log-subject", "--announce-s", "5", "--by", "op-1", "--home", home)
    )
    assert done.returncode == 0, done.stderr
    until = time.monotonic() + 60
    while state_of(home, "log-subject")[-1][1] != "primary" and time.monotonic() < until:
        time.sleep(0.5)  # the worker that leads writes it down
    no_request_failed(load)
    load.stop.set()

    assert state_of(home, "log-subject") == [(1, "decrypt-only"), (2, "primary")]
    with closing(Department.signed_by(served.address, AUDITOR.id, key_file(home, AUDITOR))) as us:
        newest = found_by(hub, us)
    assert max(newest) >= max(load.answers.values()) > load_before
    too_early = hub_command(
        *("keys", "retire", "--kind", "log-subject", "--version", "1"),
        *("--by", "op-1", "--home", home),
    )
    assert (too_early.returncode, "are kept for 3 years" in too_early.stderr) == (1, True)
    assert hub_command("audit", "verify", "--home", home).returncode == 0


def test_a_new_key_of_the_log_signs_beside_the_old_one_and_either_verifies(hub, load):
    home, _, _ = hub
    old = hub_command("audit", "key", "--home", home).stdout.strip()

    done = hub_command("keys", "rotate", "log-signing", "--by", "op-1", "--home", home)
    assert done.returncode == 0, done.stderr
    no_request_failed(load)
    time_of_new = max(load.answers.values())
    until = time.monotonic() + 60
    while max(load.answers.values()) < time_of_new + 20 and time.monotonic() < until:
        time.sleep(0.1)

    known, new = hub_command("audit", "key", "--home", home).stdout.split()
    assert known == old != new
    for vkey in (old, f"{old} {new}"):
        verified = hub_command("audit", "verify", "--vkey", vkey, "--home", home)
        assert verified.returncode == 0, verified.stdout + verified.stderr
    assert hub_command("audit", "verify", "--home", home).returncode == 0
    no_request_failed(load)


def test_a_new_key_of_replays_seals_under_load_and_the_old_one_stays_while_it_is_needed(hub, load):
    home, _, _ = hub

    done = hub_command("keys", "rotate", "replay", "--by", "op-1", "--home", home)
    assert (done.returncode, "version 2, seals" in done.stdout) == (0, True), done.stderr
    no_request_failed(load)
    refused = hub_command(
        *("keys", "retire", "--kind", "replay", "--version", "1"), *("--by", "op-1", "--home", home)
    )

    assert (refused.returncode, "are sealed under version 1" in refused.stderr) == (1, True)
    assert state_of(home, "replay") == [(1, "decrypt-only"), (2, "primary")]
    no_request_failed(load)
