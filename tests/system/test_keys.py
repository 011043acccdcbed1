"""Keys change under load, from outside: no request fails, and every value opens afterwards."""

import asyncio
import json
import time
from contextlib import closing

import pytest

from hub.app import opened
from hub.demo.client import Department
from hub.demo.installation import OFFICER, key_file
from hub.settings import load_settings
from tests.support.installation import hub_command, serving
from tests.support.sealed_values import opened_values
from tests.support.workers import asking

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
SEALED = """
    query($n: Int!) { warnings(first: $n) { edges { node { household { members {
      person { population { name birthDate } disabilityCertificates { category } }
    } } } } } }
"""


@pytest.fixture(scope="module")
def hub(demo_run):
    home, done = demo_run
    assert done.returncode == 0, done.stdout + done.stderr
    with serving(home, workers=2) as served:
        yield home, served


@pytest.fixture
def load(hub):
    """Ask both workers for what is sealed, without a pause."""
    home, served = hub
    with closing(Department.signed_by(served.address, OFFICER.id, key_file(home, OFFICER))) as us:
        token = us.token("WARN")
    with asking(served.address, token, 3, SEALED) as seen:
        while len(seen.answers) < 6:
            assert not seen.broken
            time.sleep(0.05)
        yield seen


def states(home):
    return json.loads(hub_command("keys", "status", "--home", home, "--json").stdout)


def primary(found, what):
    return {s["owner"]: s[what] for s in found if s["status"] == "primary"}


def no_request_failed(seen):
    so_far = len(seen.answers)
    while len(seen.answers) < so_far + 6:
        time.sleep(0.05)
    assert (seen.broken, dict(seen.refused)) == ([], {})


def test_every_department_gets_a_new_key_under_load_and_no_request_fails(hub, load):
    home, _ = hub
    before = [s for s in states(home) if s["kind"] == "department"]

    done = hub_command("keys", "rotate", "department", "--by", "op-1", "--home", home)
    no_request_failed(load)
    scored = hub_command("score", "--home", home)  # reads and writes under the new keys
    no_request_failed(load)

    assert (done.returncode, scored.returncode) == (0, 0), done.stderr + scored.stderr
    after = [s for s in states(home) if s["kind"] == "department"]
    assert primary(after, "data_keys") == primary(before, "data_keys")
    assert all(
        primary(after, "version")[name] > old for name, old in primary(before, "version").items()
    )
    assert {s["data_keys"] for s in after if s["status"] != "primary"} == {0}


async def opened_all(home):
    """Open every sealed value of a home; return from which tables they are."""
    async with (
        opened(load_settings(home=home)) as core,
        core.database.connection() as connection,
        connection.transaction(isolation="repeatable_read"),
    ):
        return {
            table for table, *_ in await opened_values(connection, core.catalogue, core.keyring)
        }


def test_every_data_key_is_replaced_under_load_and_every_value_opens(hub, load):
    home, _ = hub
    before = {s["owner"]: s["data_keys"] for s in states(home) if s["data_keys"]}

    done = hub_command("keys", "rotate", "data", "--by", "op-1", "--home", home)
    no_request_failed(load)
    scored = hub_command("score", "--home", home)  # reads and writes under the new keys
    no_request_failed(load)

    assert (done.returncode, scored.returncode) == (0, 0), done.stderr + scored.stderr
    for department, count in before.items():
        assert f"{department}: {count:,} data keys are new" in done.stdout
    tables = asyncio.run(opened_all(home))
    assert {"source_record", "quarantine", "cursor", "score_input", "population"} <= tables
    assert len(tables) > 15


def test_an_old_key_is_destroyed_under_load_and_no_request_fails(hub, load):
    home, _ = hub
    ours = ("--department", "public-security", "--by", "op-1", "--home", home)
    assert hub_command("keys", "rotate", "department", *ours).returncode == 0
    version = max(s["version"] for s in states(home) if s["owner"] == "public-security")

    too_early = hub_command("keys", "retire", "--version", str(version), *ours)
    done = hub_command("keys", "retire", "--version", str(version - 1), *ours)
    no_request_failed(load)

    assert (too_early.returncode, done.returncode) == (1, 0), done.stderr
    assert "rotate it first" in too_early.stderr
    assert [s["status"] for s in states(home) if s["owner"] == "public-security"] == ["retired"] * (
        version - 1
    ) + ["primary"]


def test_the_root_key_is_replaced_under_load_and_no_request_fails(hub, load):
    home, _ = hub
    old = (home / "keys" / "root.key").read_bytes()

    done = hub_command("keys", "rotate", "root", "--by", "op-1", "--home", home)
    rotated = hub_command("keys", "rotate", "department", "--by", "op-1", "--home", home)
    no_request_failed(load)

    assert (done.returncode, rotated.returncode) == (0, 0), done.stderr + rotated.stderr
    assert (home / "keys" / "root.key").read_bytes() != old
    verified = hub_command("audit", "verify", "--home", home)
    assert verified.returncode == 0, verified.stderr
    assert hub_command("doctor", "--home", home).returncode == 0
