"""Several workers on one port: reloaded, killed and stopped under load, from outside."""

import asyncio
import json
import os
import re
import signal
import time
from contextlib import closing, contextmanager

import asyncpg
import pytest

from hub.demo.cases import CASES
from hub.demo.client import Department
from hub.demo.installation import HANDLER, OFFICER, key_file
from hub.http.clients import make_client_key, registry_entry
from hub.store.embedded import EmbeddedServer
from tests.support.installation import hub_command, serving
from tests.support.workers import asking, connections_by_worker, is_alive, rss_mb

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]
PATIENCE_S = 60
DEPOSITS = "query ($id: ID!) { node(id: $id) { id ... on Person { bankDeposits { kind } } } }"


@pytest.fixture(scope="module")
def hub(demo_run):
    home, done = demo_run
    assert done.returncode == 0, done.stdout + done.stderr
    with serving(home, workers=2) as served:
        yield home, served


def until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.05)
    return found


def pair(served) -> list[int]:
    """Return the two workers, once the old ones of a reload have ended."""
    workers = served.workers
    return workers if len(workers) == 2 else []


def ready_pair(home, served) -> list[int]:
    """Return the two workers, once either has said that it is ready."""
    ready = {line["pid"] for line in said(home, "worker.ready")}
    return pair(served) if ready.issuperset(pair(served)) else []


def token(home, served, who=OFFICER, purpose="WARN") -> str:
    with closing(Department.signed_by(served.address, who.id, key_file(home, who))) as department:
        return department.token(purpose)


@contextmanager
def loaded(home, served, connections=8):
    """Ask without a pause, from before this opens until after the last thing in it was seen."""
    with asking(served.address, token(home, served), connections) as seen:
        until(lambda: len(seen.answers) > connections)
        yield seen
        so_far = len(seen.answers)
        until(lambda: len(seen.answers) > so_far + connections)


def said(home, event: str) -> list[dict]:
    """Return the supervisor's log lines of one kind."""
    lines = (home / "serve.log").read_text("utf-8").splitlines()
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return [line for line in found if line["event"] == event]


def leader(home) -> int:
    return said(home, "worker.lead")[-1]["pid"]


def test_two_workers_share_the_connections_of_one_port(hub):
    home, served = hub
    until(lambda: ready_pair(home, served))  # one alone would take them all

    with loaded(home, served, connections=24):
        held = connections_by_worker(served.workers, served.port)

    assert len(held) == 2
    assert len(held) == len(served.workers), held  # the system shares connections out as it likes
    assert min(held.values()) >= 1, held


def test_a_reload_under_load_replaces_every_worker_and_fails_no_request(hub):
    home, served = hub
    before = served.workers

    with loaded(home, served) as seen:
        done = hub_command("reload", "--home", home)
        until(lambda: not any(is_alive(worker) for worker in before))

    assert done.returncode == 0, done.stdout + done.stderr
    assert (seen.broken, dict(seen.refused)) == ([], {})
    assert len(served.workers) == 2
    assert not set(before) & set(served.workers)


def test_a_reload_takes_up_the_registry_of_clients(hub):
    home, served = hub
    registry = home / "clients.toml"
    known = registry.read_text("utf-8")
    entry = registry_entry(
        "taken-up",
        "civil-affairs",
        "officer",
        ["WARN"],
        make_client_key(home / "clients", "taken-up"),
    )
    registry.write_text(f"{known}\n{entry}", encoding="utf-8")
    ask = ("token", "taken-up", "--purpose", "WARN", "--home", home, "--hub", served.address)
    try:
        too_early = hub_command(*ask)
        assert hub_command("reload", "--home", home).returncode == 0
        afterwards = hub_command(*ask)
    finally:
        registry.write_text(known, encoding="utf-8")

    assert (too_early.returncode, afterwards.returncode) == (1, 0), afterwards.stderr


def test_a_reload_that_cannot_start_leaves_the_old_workers_serving(hub):
    home, served = hub
    registry = home / "clients.toml"
    known = registry.read_text("utf-8")
    before = until(lambda: ready_pair(home, served))
    registry.write_text("not = [toml", encoding="utf-8")
    try:
        with loaded(home, served) as seen:
            done = hub_command("reload", "--home", home)
    finally:
        registry.write_text(known, encoding="utf-8")

    assert done.returncode == 1
    assert "serve on" in done.stderr
    assert served.workers == before
    assert (seen.broken, dict(seen.refused)) == ([], {})


def test_a_worker_that_is_killed_takes_only_its_own_requests_along(hub):
    home, served = hub
    connections = 24
    with loaded(home, served, connections) as seen:
        victim, survivor = until(lambda: pair(served))
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(served.workers) == 2 and victim not in served.workers)
        until(lambda: said(home, "worker.ready")[-1]["pid"] in set(served.workers) - {survivor})
        until(lambda: min(connections_by_worker(served.workers, served.port).values()) > 0)

    assert survivor in served.workers
    assert len(seen.broken) <= connections, seen.broken
    assert dict(seen.refused) == {}
    verified = hub_command("audit", "verify", "--home", home)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_the_kill_switch_stops_every_worker_within_a_second_and_two_people_take_it_back(hub):
    home, served = hub
    about = ("agreements", "suspend", "CA-2026-01", "--by", "head", "--why", "an incident")
    with loaded(home, served, connections=16) as seen:
        stopped = hub_command(*about, "--home", home)
        time.sleep(1)
        answered = len(seen.answers)
        until(lambda: seen.refused[403] > 50)
        assert len(seen.answers) == answered
        for step, by in (
            ("resume", "ca-head"),
            ("confirm", "ca-head"),
            ("confirm", "ca-deputy"),
        ):
            done = hub_command("agreements", step, "CA-2026-01", "--by", by, "--home", home)
            assert (done.returncode == 0) == ((step, by) != ("confirm", "ca-head")), done.stderr
        until(lambda: len(seen.answers) > answered)

    assert stopped.returncode == 0, stopped.stdout + stopped.stderr
    assert "may no longer read" in stopped.stdout
    assert seen.broken == []


def test_a_withdrawn_consent_closes_in_every_worker_within_a_second(hub):
    home, served = hub
    listed = hub_command("consents", "list", "--source", "banks", "--home", home)
    person = re.search(r"person (\S+)  banks VERIFY", listed.stdout).group(1)
    about = ("consents", "revoke", "--person", person, "--source", "banks", "--home", home)
    more, ticket = {"hub-case": CASES[0]}, token(home, served, HANDLER, "VERIFY")
    until(lambda: pair(served))
    asked = {"variables": {"id": person}, "more": more}
    with asking(served.address, ticket, 24, DEPOSITS, **asked) as seen:
        until(lambda: len(seen.data) > 100)
        held = connections_by_worker(served.workers, served.port)
        before = [told for _, told in seen.data]
        done = hub_command(*about)
        withdrawn = time.monotonic()
        until(lambda: time.monotonic() > withdrawn + 3)
    late = [told for at, told in seen.data if at > withdrawn + 1]

    assert done.returncode == 0, done.stdout + done.stderr
    assert min(held.values()) >= 3, held
    assert not any('"bankDeposits": null' in told for told in before)
    assert len(late) > 50
    assert all('"bankDeposits": null' in told for told in late)
    assert seen.broken == []


async def _listening(dsn: str) -> set[int]:
    """Return the connections on which somebody hears of messages to send: what a leader does."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "select pid from pg_stat_activity where query ilike 'listen %' and state = 'idle'"
        )
    finally:
        await connection.close()
    return {row["pid"] for row in rows}


def test_one_worker_leads_and_when_it_is_killed_another_one_does(hub):
    home, served = hub
    with EmbeddedServer.attach_sync(home) as server:
        before = until(lambda: asyncio.run(_listening(server.dsn())))
        first = leader(home)
        os.kill(first, signal.SIGKILL)
        until(lambda: leader(home) != first)
        after = until(lambda: asyncio.run(_listening(server.dsn())) - before)

    assert (len(before), len(after)) == (1, 1)
    assert leader(home) in served.workers


@pytest.mark.prove
def test_the_memory_of_a_worker_under_load_stays_below_250_mib(hub):
    home, served = hub
    until(lambda: pair(served))
    largest = 0.0
    with loaded(home, served, connections=32) as seen:
        for _ in range(60):
            largest = max(largest, *map(rss_mb, served.workers))
            time.sleep(0.5)
    supervisor = rss_mb(served.process.pid)
    print(f"\n{len(seen.answers)} answers; a worker has at most {largest:.0f} MiB, ", end="")
    print(f"its supervisor {supervisor:.0f} MiB")

    assert largest <= 250
