"""SIGKILL of the hub under load: what a client was told is on record, nothing is left behind."""

import asyncio
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import asyncpg
import httpx2
import pytest

from hub.demo.client import Department
from hub.demo.installation import OFFICER, key_file
from hub.home import Home
from hub.store.embedded import EmbeddedServer
from tests.support.installation import Serving, database_processes, hub_command, serving
from tests.support.owner import guardian_of
from tests.support.postgres import wait_until_unguarded
from tests.support.workers import asking, is_alive

pytestmark = [pytest.mark.system, pytest.mark.timeout(200)]
WRITERS = 8
DOCUMENT = "query($n: Int!) { warnings(first: $n) { edges { node { band household { id } } } } }"


def test_sigterm_finishes_what_is_under_way_and_leaves_nothing(demo_home):
    with serving(demo_home, workers=2) as served:
        workers = served.workers
        with closing(
            Department.signed_by(served.address, OFFICER.id, key_file(demo_home, OFFICER))
        ) as department:
            token = department.token("WARN")
        with asking(served.address, token) as seen:
            time.sleep(1)
            served.process.send_signal(signal.SIGTERM)
            assert served.process.wait(60) == 0
            seen.stop.set()
    wait_until_unguarded(demo_home)

    assert len(seen.answers) > len(workers)
    assert [problem for problem in seen.broken if "IncompleteRead" in problem] == []
    assert dict(seen.refused) == {}
    assert not any(is_alive(worker) for worker in workers)
    assert database_processes(demo_home) == []


def test_a_supervisor_that_is_killed_leaves_no_worker_and_no_database(demo_home):
    with serving(demo_home, workers=2) as served:
        workers = served.workers
        served.process.send_signal(signal.SIGKILL)
        served.process.wait()
        deadline = time.monotonic() + 60
        while any(is_alive(worker) for worker in workers):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    wait_until_unguarded(demo_home)

    assert len(workers) == 2
    assert database_processes(demo_home) == []


def test_the_hub_ends_by_itself_when_its_database_is_gone(demo_home):
    with serving(demo_home) as served:
        for process in database_processes(demo_home):
            subprocess.run(["kill", "-KILL", str(process)], check=False)
        assert served.process.wait(60) != 0
    wait_until_unguarded(demo_home)


def load(address: str, home, told: dict[str, int], stop: threading.Event) -> None:
    """Ask until the hub is gone; keep request id and log index of each whole answer."""
    department = Department.signed_by(address, OFFICER.id, key_file(home, OFFICER))
    try:
        token = department.token("WARN")
        asked = 0
        while not stop.is_set():
            asked += 1
            name = f"kill-{threading.get_ident()}-{time.monotonic_ns()}-{asked}"
            answer = department.http.post(
                f"{address}/graphql",
                json={"query": DOCUMENT, "variables": {"n": 1 + asked % 5}},
                headers={"authorization": f"Bearer {token}", "hub-request-id": name},
            )
            if answer.status_code == 200:
                body = answer.json()
                assert "data" in body
                told[answer.headers["hub-request-id"]] = body["extensions"]["receipt"]["index"]
    except httpx2.HTTPError:
        return  # the hub is gone, as it is meant to be
    finally:
        department.close()


def kill_hub(home, hub: Serving) -> None:
    hub.kill()


def kill_worker(home, hub: Serving) -> None:
    """The others go on, and one more is started; then the rest is killed."""
    os.kill(hub.workers[0], signal.SIGKILL)
    time.sleep(0.5)
    hub.kill()


def kill_guardian(home, hub: Serving) -> None:
    """It takes its database along, and the hub ends by itself."""
    os.kill(guardian_of(home), signal.SIGKILL)
    assert hub.process.wait(60) != 0


def kill_database(home, hub: Serving) -> None:
    os.kill(int((Home.at(home).data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    assert hub.process.wait(60) != 0


def one_round(
    home,
    chance: random.Random,
    told: dict[str, int],
    workers: int,
    kill: Callable[[Path, Serving], None] = kill_hub,
) -> int:
    """Serve, load, kill; return how many answers were received."""
    before = len(told)
    with serving(home, workers=workers) as hub, ThreadPoolExecutor(WRITERS) as pool:
        stop = threading.Event()
        clients = [pool.submit(load, hub.address, home, told, stop) for _ in range(WRITERS)]
        time.sleep(chance.uniform(0.5, 1.5))
        kill(home, hub)
        stop.set()
        for client in clients:
            client.result(timeout=60)
    wait_until_unguarded(home)
    assert database_processes(home) == []
    return len(told) - before


async def recorded(dsn: str, indexes: list[int]) -> dict[int, str]:
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "select seq, record from audit.record where seq = any($1::bigint[])", indexes
        )
    finally:
        await connection.close()
    return {row["seq"]: json.loads(row["record"])["request"] for row in rows}


def kill_rounds(home, kills: Sequence[Callable[[Path, Serving], None]], workers: int) -> int:
    chance, told = random.Random(20261123), {}
    for kill in kills:
        assert one_round(home, chance, told, workers, kill)
    with EmbeddedServer.attach_sync(home) as server:
        found = asyncio.run(recorded(server.dsn(), list(told.values())))
    assert len(told) > len(kills)
    missing = [name for name, index in told.items() if found.get(index) != name]
    assert missing == []
    done = hub_command("audit", "verify", "--home", home)
    assert done.returncode == 0, done.stdout + done.stderr
    return len(told)


@pytest.mark.timeout(300)
def test_every_answer_that_a_client_has_is_on_record_after_a_kill(demo_home):
    assert kill_rounds(demo_home, [kill_hub] * 3, workers=1) > 0


@pytest.mark.timeout(300)
def test_every_answer_is_on_record_when_a_part_of_the_hub_is_killed(demo_home):
    assert kill_rounds(demo_home, [kill_worker, kill_guardian, kill_database], workers=2) > 0


@pytest.mark.prove
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("workers", [1, 2])
def test_twenty_kills_lose_no_answer_and_leave_no_database_behind(demo_home, workers):
    answers = kill_rounds(demo_home, [kill_hub] * 20, workers)
    print(f"\n20 kills of {workers} workers, {answers} answers received, every one on record")


@pytest.mark.prove
@pytest.mark.timeout(1800)
def test_twenty_kills_of_parts_lose_no_answer(demo_home):
    parts = [kill_worker, kill_guardian, kill_database] * 7
    answers = kill_rounds(demo_home, parts, workers=2)
    print(f"\n{len(parts)} kills of parts, {answers} answers received, every one on record")
