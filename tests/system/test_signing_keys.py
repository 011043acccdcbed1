"""The hub's own signing key changes while two workers issue and take tokens, from outside."""

import json
import time

import httpx2
import pytest

from hub.demo.installation import OFFICER, key_file
from tests.support.installation import hub_command, serving
from tests.system.test_clients import signing_in

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def hub(demo_run):
    home, done = demo_run
    assert done.returncode == 0, done.stdout + done.stderr
    with serving(home, workers=2) as served:
        yield home, served


def published(served):
    answer = httpx2.get(f"{served.address}/oauth/jwks", trust_env=False, timeout=60)
    return [key["kid"] for key in answer.json()["keys"]]


def states(home):
    listed = json.loads(hub_command("keys", "status", "--home", home, "--json").stdout)
    return {s["version"]: s["status"] for s in listed if s["kind"] == "token-signing"}


def test_a_new_key_signs_tokens_in_both_workers_and_no_request_fails(hub):
    home, served = hub
    assert published(served) == ["hub-token-signing-1"]
    with signing_in(served, OFFICER.id, [key_file(home, OFFICER)]) as seen:
        rotated = ("keys", "rotate", "token-signing", "--announce-s", "6", "--by", "op-7")
        done = hub_command(*rotated, "--home", home)
        assert done.returncode == 0, done.stdout + done.stderr
        time.sleep(1.5)
        assert published(served) == ["hub-token-signing-1", "hub-token-signing-2"]
        time.sleep(12)
        so_far = len(seen)
        assert states(home) == {1: "decrypt-only", 2: "primary"}
        while len(seen) < so_far + 20:
            time.sleep(0.05)

    print(f"\n{len(seen)} sign-ins, {len(seen) - seen.count(None)} failed")
    assert set(seen) == {None}
    later = ("keys", "rotate", "token-signing", "--announce-s", "600", "--by", "op-7")
    again = hub_command(*later, "--home", home)
    assert again.returncode == 0, again.stdout + again.stderr
    assert hub_command(*later, "--home", home).returncode == 1  # one at a time
    assert hub_command("audit", "verify", "--home", home).returncode == 0
