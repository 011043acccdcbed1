"""Never are more places taken than there are, and whoever waits longest has the next one."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store.places import Places

pytestmark = pytest.mark.anyio


async def steps(times=5):
    """Let whoever can go on do so."""
    for _ in range(times):
        await asyncio.sleep(0)


async def waiting(places, came, names):
    """Begin to wait under each name, one after the other."""

    async def wait(name):
        await places.wait()
        came.append(name)

    tasks = []
    for name in names:
        tasks.append(asyncio.create_task(wait(name)))
        await steps(1)
    return tasks


async def test_a_free_place_is_taken_at_once_and_no_more_than_there_are():
    places = Places(2)

    assert [places.taken() for _ in range(3)] == [True, True, False]
    places.leave()
    await asyncio.wait_for(places.wait(), 1)
    assert not places.taken()


async def test_who_waits_longest_comes_first_and_nobody_comes_between():
    places, came = Places(1), []
    assert places.taken()
    tasks = await waiting(places, came, "abc")

    places.leave()
    assert not places.taken()  # it is handed over already
    await steps()
    assert came == ["a"]
    places.leave()
    places.leave()
    await asyncio.wait(tasks)
    assert came == ["a", "b", "c"]


@pytest.mark.parametrize("meanwhile", [0, 5])
async def test_who_stops_waiting_takes_no_place(meanwhile):
    places, came = Places(1), []
    assert places.taken()
    first, second = await waiting(places, came, "ab")

    first.cancel()
    await steps(meanwhile)
    places.leave()
    await second
    assert (first.cancelled(), came) == (True, ["b"])


async def test_a_place_that_is_handed_to_who_is_stopped_in_that_moment_goes_on_to_the_next():
    places, came = Places(1), []
    assert places.taken()
    first, second = await waiting(places, came, "ab")

    places.leave()
    first.cancel()
    await asyncio.wait_for(second, 1)
    assert (first.cancelled(), came) == (True, ["b"])


async def test_who_is_stopped_last_leaves_the_place_free():
    places = Places(1)
    assert places.taken()
    (only,) = await waiting(places, [], "a")

    places.leave()
    only.cancel()
    await steps()
    assert places.taken()


async def test_who_waits_too_long_and_who_is_closed_are_forgotten():
    places = Places(1)
    assert places.taken()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await places.wait()
    closed = places.wait()
    closed.send(None)
    closed.close()

    assert not places._waiting
    places.leave()
    assert places.taken()


@given(st.lists(st.sampled_from(["wait", "stop first", "stop last", "leave", "step"])))
def test_whatever_happens_every_place_is_taken_waited_for_or_free(happens):
    async def run():
        places, held, tasks = Places(2), 0, []

        async def hold():
            nonlocal held
            await places.wait()
            held += 1

        for what in happens:
            alive = [task for task in tasks if not task.done()]
            if what == "wait":
                tasks.append(asyncio.create_task(hold()))
            elif what == "leave" and held:
                held -= 1
                places.leave()
            elif what.startswith("stop") and alive:
                alive[0 if what == "stop first" else -1].cancel()
            else:
                await steps(1)
            assert held <= 2
        await steps(10)
        alive = [task for task in tasks if not task.done()]
        free = 0
        while places.taken():
            free += 1
        assert held + free == 2
        assert not (free and alive)
        for task in alive:
            task.cancel()
        await steps(3)

    asyncio.run(run())
