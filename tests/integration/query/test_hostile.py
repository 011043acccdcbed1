"""What is sent to hurt is refused, or answered, in little time and no memory."""

import asyncio
import resource
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest

from hub.memory import settled
from tests.fakes.audit_log import FakeLog
from tests.support.asking import asking
from tests.support.edge import SetClock
from tests.support.hostile import hostile, repeated
from tests.support.served import Whole
from tests.support.world import NOW

pytestmark = pytest.mark.database
YARDSTICK_MS = 70.0
"""What `pace` takes on the machine that the goal is stated for."""


def pace() -> float:
    """Return how many times slower this machine is just now than the one of the goal; at least 1.

    The same work in plain Python, so that a slow machine does not read as a slow hub.
    """

    def work() -> float:
        began, total = time.process_time(), 0
        for n in range(1_000_000):
            total += n * n
        return (time.process_time() - began) * 1e3

    return max(1.0, min(work() for _ in range(3)) / YARDSTICK_MS)


GOAL_MS = 50.0
CPU_MS = GOAL_MS * pace()
"""50 ms of processor time, on the machine of the goal."""
PATIENCE = 3
"""How often one that was slow is tried again before it counts: other programs disturb a clock."""
COLD_MS = 1_000.0
"""What is answered may take longer the first time, when its plan and its statement are made: a few
milliseconds a level, of which there are at most 64. What is refused is refused in time at once."""
GROWTH_MIB = 96
"""Of five hundred, while caches still fill; of ten thousand it is less."""


class ForgetfulLog(FakeLog):
    """Keeps the last entry only: what is measured is the hub's memory, not the log's."""

    async def append(self, entry):
        self.entries.clear()
        return await super().append(entry)


@pytest.fixture
def run(district, catalogue, tmp_path):
    """Return what runs a campaign as `hub serve` would: a loop with nothing below it.

    Python 3.11 takes three times as long for deep recursion that happens to go to and fro over the
    edge of a piece of its stack, and pytest's own frames would decide where the edge is.
    """
    dsn, _, keyring = district

    async def asked_over(bodies, ask):
        made = asking(dsn, keyring, catalogue, log=ForgetfulLog())
        whole = Whole(tmp_path, made.answerer, clock=SetClock(NOW))
        try:
            with settled():
                return await ask(whole, bodies)
        finally:
            await made.database.close()

    with ThreadPoolExecutor(1) as alone:
        yield lambda bodies, ask: alone.submit(asyncio.run, asked_over(bodies, ask)).result()


async def taken(whole, body):
    """Return the status and body of a reply, and the milliseconds of processor time it took.

    One that was slow is tried again with blanks before it, so that nothing of it is remembered;
    one that was answered is tried again as it is.
    """
    best = float("inf")
    for number in range(PATIENCE):
        began = time.process_time()
        status, reply = await whole.ask(body)
        best = min(best, (time.process_time() - began) * 1e3)
        if best < CPU_MS / 2:
            break
        assert best < COLD_MS
        if status != 200:
            body = body.replace(b'"query": "', b'"query": " ' + b" " * number, 1)
    return status, reply, best


def resident_mib():
    """Return the memory that this process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / (1 << 20)


async def campaign(whole, seeds):
    """Send every body; return its times, what became of them, and how the memory grew.

    The first quarter fills what is bounded: caches, and the largest body that is ever held.
    """
    times, statuses, before = [], Counter(), 0.0
    for number, seed in enumerate(seeds):
        if number == len(seeds) // 4:
            before = resident_mib()
        kind, body = hostile(seed)
        status, reply, ms = await taken(whole, body)
        told = orjson.loads(reply)
        assert status < 500, (seed, kind, reply[:300])
        # Where it is slow, so may the machine have become meanwhile.
        assert ms < CPU_MS or ms < GOAL_MS * pace(), (seed, kind, ms, reply[:300])
        assert ("data" in told) is (status == 200), (seed, kind, reply[:300])
        times.append((ms, kind, seed))
        statuses[status] += 1
    times.sort()
    return times, statuses, resident_mib() - before


async def refusals(whole, bodies):
    """Send every body; each is refused, and in time."""
    for name, body in bodies.items():
        status, reply, ms = await taken(whole, body)
        assert 400 <= status < 500, (name, reply[:300])
        assert ms < CPU_MS or ms < GOAL_MS * pace(), (name, ms)


def test_what_many_roots_are_given_by_one_long_variable_is_refused_in_time(run):
    run(repeated(), refusals)


@pytest.mark.timeout(300)
def test_five_hundred_hostile_documents_cost_less_than_fifty_milliseconds_each(run):
    times, statuses, growth = run(range(1_000, 1_500), campaign)

    assert statuses[400] > 200
    assert growth < GROWTH_MIB
    assert len(times) == 500


@pytest.mark.prove
@pytest.mark.timeout(3_600)
def test_ten_thousand_hostile_documents_cost_less_than_fifty_milliseconds_each(run):
    times, statuses, growth = run(range(10_000), campaign)

    worst, kind, seed = times[-1]
    print(
        f"\n10,000 hostile documents: p50 {times[5_000][0]:.2f} ms, p99 {times[9_900][0]:.1f} ms, "
        f"worst {worst:.1f} ms ({kind}, seed {seed}) of processor time; statuses "
        f"{dict(sorted(statuses.items()))}; memory grew by {growth:.0f} MiB"
    )
    assert growth < GROWTH_MIB / 2


def test_every_kind_is_made_from_its_seed_alone():
    assert [hostile(seed) for seed in range(60)] == [hostile(seed) for seed in range(60)]
