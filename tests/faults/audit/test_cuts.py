"""Whichever message of an append is the last to arrive, the log keeps its word and goes on."""

import asyncio
import random
import shutil
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from audit.errors import LogStalledError
from audit.log import Limits
from tests.support.appending import LIMITS, check, check_promises, log_at, new_log, stored_as
from tests.support.audit_log import entry
from tests.support.bare_postgres import bare_postgres
from tests.support.cutting import AFTER, BEFORE, DOWN, SILENT, UP, Cut, relaying

pytestmark = [pytest.mark.database, pytest.mark.timeout(300)]
SILENCE = Limits(commit_timeout_s=0.3, retry_s=0.01, max_retry_s=0.05)
MESSAGES = {"alone": 7, "beside another": 30, "connecting": 60}
"""A whole append takes at least so many in both directions; fewer, and not every step was cut."""
SHARE = {"alone": 1.0, "beside another": 0.4, "connecting": 0.08}
"""How many of the steps a short run cuts."""


@pytest.fixture(scope="module")
def server():
    with bare_postgres() as running:
        yield running


@pytest.fixture
def empty_log(server):
    asyncio.run(new_log(server.dsn))
    return server


@pytest.fixture
def folder():
    made = Path(tempfile.mkdtemp(prefix="cut-"))  # short: the path of a socket has 107 bytes
    yield made
    shutil.rmtree(made)


class Bench:
    """One log through the relay, another one beside it, and what both were promised."""

    def __init__(self, server, relay, log, other):
        self.server, self.relay, self.log, self.other = server, relay, log, other
        self.promised = {}
        self.asked = 0

    async def append(self, log, count=1):
        """Append `count` at once; return how many nobody is sure of."""
        requests = range(self.asked, self.asked + count)
        self.asked += count
        tasks = [asyncio.ensure_future(log.append(entry(request))) for request in requests]
        await asyncio.wait(tasks)
        for request, task in zip(requests, tasks, strict=True):
            if task.exception() is None:
                assert task.result().index not in self.promised
                self.promised[task.result().index] = stored_as(request)
            else:
                assert isinstance(task.exception(), LogStalledError)
        return sum(task.exception() is not None for task in tasks)

    async def until_it_goes_on(self):
        """Nobody mends anything: the log goes on by itself."""
        async with asyncio.timeout(30):
            while await self.append(self.log):
                pass

    async def one(self, path, cut):
        """Cut one append at one message; return whether it has so many."""
        if path == "connecting":
            self.relay.cut_now()
        self.relay.arm(cut)
        if path == "beside another":
            await self.append(self.other)
        await self.append(self.log, 3)
        if path == "connecting":
            await self.append(self.log)
        fired = self.relay.fired
        self.relay.disarm()
        await self.until_it_goes_on()
        await check_promises(self.server.dsn, self.promised)
        return fired


@asynccontextmanager
async def bench(server, folder, limits=LIMITS, **storage):
    async with (
        relaying(server.folder, folder) as relay,
        log_at(relay.dsn, limits, **storage) as log,
        log_at(server.dsn) as other,
    ):
        yield Bench(server, relay, log, other)


async def every_step(server, folder, path, chance):
    """Cut at every message, or at those that chance picks; return how many, and the promises."""
    tried = 0
    async with bench(server, folder) as on:
        for direction in (UP, DOWN):
            number, goes_on = 0, True
            while goes_on:
                number += 1
                for when in (BEFORE, AFTER):
                    if chance is None or chance.random() < SHARE[path]:
                        goes_on = await on.one(path, Cut(direction, number, when)) and goes_on
                        tried += goes_on
                    assert number < 2_000
    return tried, on.promised


@pytest.mark.parametrize("path", MESSAGES)
def test_a_connection_that_is_lost_at_a_message_costs_no_entry(empty_log, folder, path):
    tried, promised = asyncio.run(every_step(empty_log, folder, path, random.Random(7)))

    check(empty_log.dsn, promised)
    assert tried >= MESSAGES[path] * SHARE[path]


@pytest.mark.prove
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("path", MESSAGES)
def test_a_connection_that_is_lost_at_any_message_costs_no_entry(empty_log, folder, path):
    tried, promised = asyncio.run(every_step(empty_log, folder, path, chance=None))

    check(empty_log.dsn, promised)
    print(f"\n{path}: {tried} cuts, nothing lost")
    assert tried >= 2 * MESSAGES[path]


def test_a_connection_that_falls_silent_does_not_hold_up_the_others(empty_log, folder):
    """Its server does not learn that the client is gone: what it has locked must come free."""

    async def run():
        async with bench(empty_log, folder, SILENCE, abandoned_s=0.5) as on:
            for number in range(1, 12):
                await on.append(on.other)  # so that the lock is taken in a transaction
                on.relay.arm(Cut(UP, number, SILENT))
                await on.append(on.log, 3)
                fired = on.relay.fired
                on.relay.disarm()
                async with asyncio.timeout(10):
                    assert await on.append(on.other) == 0
                await on.until_it_goes_on()
                await check_promises(empty_log.dsn, on.promised)
                assert fired
        return on.promised

    check(empty_log.dsn, asyncio.run(run()))
