"""Who asks first takes along whoever is about to ask the same, and holds nobody up."""

import asyncio
import time

import pytest

from hub.store.convoy import Convoys

pytestmark = pytest.mark.anyio
MOST = 8


class Sent:
    """What was sent, in groups; each gets its value times ten once `held` is let go."""

    def __init__(self):
        self.groups = []
        self.held = asyncio.Event()
        self.held.set()

    async def __call__(self, what, values):
        self.groups.append(list(values))
        await self.held.wait()
        return [10 * value for value in values]


@pytest.fixture
def sent():
    return Sent()


@pytest.fixture
def convoys(sent):
    return Convoys(sent, MOST)


async def later(convoys, turns, value):
    """Ask after the loop has gone round so often."""
    for _ in range(turns):
        await asyncio.sleep(0)
    return await convoys.join("key", None, value)


async def all_of(*asked):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in asked]
    return [task.result() for task in tasks]


async def test_who_asks_a_few_turns_later_comes_along(convoys, sent):
    assert await all_of(*(later(convoys, n, n) for n in range(6))) == [0, 10, 20, 30, 40, 50]

    assert [sorted(group) for group in sent.groups] == [[0, 1, 2, 3, 4, 5]]
    assert convoys.is_idle


async def test_who_is_alone_goes_alone(convoys, sent):
    assert await convoys.join("key", None, 7) == 70
    assert sent.groups == [[7]]
    assert convoys.is_idle


async def test_a_full_group_does_not_wait_for_the_turns(convoys, sent):
    sent.held.clear()
    asked = asyncio.create_task(all_of(*(later(convoys, min(n, 1), n) for n in range(MOST + 1))))
    for _ in range(5):
        await asyncio.sleep(0)
    assert sent.groups == [[*range(1, MOST + 1)]]

    sent.held.set()

    assert await asked == [10 * n for n in range(MOST + 1)]
    assert sent.groups[1:] == [[0]]
    assert convoys.is_idle


async def test_who_comes_after_the_turns_waits_for_the_end(convoys, sent):
    sent.held.clear()
    first = asyncio.create_task(convoys.join("key", None, 0))
    while not sent.groups:  # noqa: ASYNC110 - each turn of the loop is one that the first waits
        await asyncio.sleep(0)
    others = asyncio.create_task(all_of(*(convoys.join("key", None, n) for n in (1, 2))))
    for _ in range(4):
        await asyncio.sleep(0)

    sent.held.set()

    assert [await first, *await others] == [0, 10, 20]
    assert sent.groups == [[0], [1, 2]]


async def test_turns_that_take_long_are_not_waited_for(convoys, sent):
    first = asyncio.create_task(convoys.join("key", None, 0))
    await asyncio.sleep(0)
    time.sleep(0.02)  # noqa: ASYNC251 - this is what holds the loop
    for _ in range(2):
        await asyncio.sleep(0)

    assert sent.groups == [[0]]
    assert await first == 0


async def test_who_leaves_while_each_is_asked_again_is_asked_no_more():
    again, stopped = [], []

    async def failing(what, values):
        if len(values) > 1:
            raise ValueError
        again.append(*values)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stopped.append(*values)
            raise

    convoys = Convoys(failing, MOST)
    asked = [asyncio.create_task(later(convoys, n, n)) for n in range(3)]
    async with asyncio.timeout(5):
        while len(again) < len(asked):  # noqa: ASYNC110 - the convoy has no event for it
            await asyncio.sleep(0)

        asked[1].cancel()
        await asyncio.wait(asked[1:2])
        for _ in range(3):
            await asyncio.sleep(0)
        assert stopped == [1]

        for each in asked:
            each.cancel()
        await asyncio.wait(asked)
        while not convoys.is_idle:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)
    assert sorted(stopped) == [0, 1, 2]


async def test_a_first_who_leaves_meanwhile_takes_nobody_along(convoys, sent):
    first = asyncio.create_task(convoys.join("key", None, 0))
    other = asyncio.create_task(later(convoys, 1, 1))
    for _ in range(3):
        await asyncio.sleep(0)
    assert sent.groups == []
    first.cancel()

    assert await other == 10
    with pytest.raises(asyncio.CancelledError):
        await first
    assert sent.groups == [[1]]
    assert convoys.is_idle
