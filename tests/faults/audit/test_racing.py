"""Several processes append to one log, and some are killed: there is one log without a gap."""

import asyncio
import random
import time

import pytest

from tests.support.appending import check, new_log
from tests.support.bare_postgres import bare_postgres
from tests.support.racing import Racer

pytestmark = [pytest.mark.database, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def server():
    with bare_postgres() as running:
        yield running


@pytest.fixture
def empty_log(server):
    asyncio.run(new_log(server.dsn))
    return server


def until(racer, count):
    deadline = time.monotonic() + 60
    while len(racer.acknowledged) < count:
        assert time.monotonic() < deadline, "it does not get on"
        time.sleep(0.01)


def race(dsn, processes, kills, chance):
    """Race, kill one after another and replace it; return all that was told to anybody."""
    running = [Racer(dsn, f"racer-{number}") for number in range(processes)]
    ended = []
    for number in range(kills):
        for each in running:
            until(each, 20)
        time.sleep(chance.uniform(0, 0.1))
        victim = running.pop(chance.randrange(len(running)))
        victim.kill()
        ended.append(victim)
        for each in running:
            until(each, len(each.acknowledged) + 20)
        running.append(Racer(dsn, f"follower-{number}"))
    for each in running:
        until(each, 20)
        each.stop()
    told = [each.acknowledged for each in ended + running]
    assert sum(map(len, told)) == len(set().union(*told)), "two were given one place"
    return told


@pytest.mark.parametrize("processes", [2, 3])
def test_processes_that_race_and_are_killed_make_one_log_without_a_gap(empty_log, processes):
    told = race(empty_log.dsn, processes, 2, random.Random(processes))

    check(empty_log.dsn, *told)


@pytest.mark.prove
@pytest.mark.timeout(1200)
def test_many_kills_among_racing_processes_lose_nothing(empty_log):
    told = race(empty_log.dsn, 4, 30, random.Random(30))

    check(empty_log.dsn, *told)
    print(f"\n30 kills among 4 processes, {sum(map(len, told))} entries told, none lost")
