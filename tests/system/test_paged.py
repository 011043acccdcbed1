"""A value that was changed in the database of a hub that serves: who is on duty is told."""

import asyncio
import json
import shlex
import sys
import time
from contextlib import closing, contextmanager

import asyncpg
import httpx2
import pytest

from hub.demo.client import Department
from hub.demo.district import Places
from hub.demo.installation import OFFICER, key_file
from hub.demo.walk import known_family
from hub.store.embedded import EmbeddedServer
from tests.support.installation import hub_command, serving

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
ASKED = "query ($n: String!) { person(nationalId: $n) { population { phone } } }"
SPOIL = (
    "update population set sealed_phone = "
    "set_byte(sealed_phone, 20, get_byte(sealed_phone, 20) # 1)"
)
PAGER = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"


async def run(dsn, statement):
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextmanager
def spoilt(home):
    """Change a bit of every telephone number, and change it back."""
    with EmbeddedServer.attach_sync(home) as server:
        asyncio.run(run(server.dsn(), SPOIL))
        try:
            yield
        finally:
            asyncio.run(run(server.dsn(), SPOIL))


def until(found, patience_s=60.0):
    """Return what is found, once it is."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if result := found():
            return result
        time.sleep(0.1)
    raise AssertionError("not in time")


def test_a_changed_value_is_refused_counted_logged_and_pages_who_is_on_duty(
    demo_home, tmp_path, monkeypatch
):
    home, page = demo_home, tmp_path / "page"
    number = known_family(Places(home / "district").truth)
    command = shlex.join([sys.executable, "-c", PAGER, str(page)])
    settings = home / "hub.toml"
    before = settings.read_text("utf-8") if settings.exists() else None
    settings.write_text((before or "") + f"alarm_command = {json.dumps(command)}\n", "utf-8")
    try:
        with (
            serving(home) as hub,
            closing(
                Department.signed_by(hub.address, OFFICER.id, key_file(home, OFFICER))
            ) as client,
        ):
            good = client.ask(ASKED, {"n": number}, purpose="WARN")
            with spoilt(home):
                refused = client.ask(ASKED, {"n": number}, purpose="WARN")
                told = json.loads(until(lambda: page.exists() and page.read_text()))
            again = client.ask(ASKED, {"n": number}, purpose="WARN")
            ready = httpx2.get(f"{hub.address}/health/ready", trust_env=False, timeout=60)
            doctor = hub_command("doctor", "--home", home)
        log = (home / "serve.log").read_text("utf-8")
        settled = hub_command("seals", "settle", "--by", "op-7", "--why", "mended", "--home", home)
    finally:
        settings.unlink() if before is None else settings.write_text(before, "utf-8")

    phone = good["data"]["person"]["population"]["phone"]
    assert phone
    assert refused["errors"][0]["extensions"]["code"] == "SEAL_BROKEN"
    assert "data" not in refused
    assert again["data"] == good["data"]
    place = {"department": "public-security", "dataset": "population", "reason": "value"}
    assert told["event"] == "seal.broken"
    assert [{name: each[name] for name in place} for each in told["places"]] == [place]
    lines = [json.loads(line) for line in log.splitlines() if '"seal.broken"' in line]
    assert {name: lines[-1][name] for name in (*place, "level")} == {**place, "level": "error"}
    assert phone not in log
    assert number not in log
    assert (ready.status_code, ready.json()["checks"]["seals"]) == (200, "broken")
    assert doctor.returncode == 1
    assert "BAD  seals: 1 times broken: population of public-security (value)" in doctor.stdout
    assert "settled: public-security  population  value" in settled.stdout
    assert hub_command("doctor", "--home", home).returncode == 0
