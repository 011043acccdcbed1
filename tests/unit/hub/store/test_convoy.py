"""Who asks first takes along whoever is about to ask the same, and holds nobody up."""

import asyncio

import pytest

from hub.store.convoy import Convoys

pytestmark = pytest.mark.anyio
MOST = 8


class Sent:
    """What was sent, in groups; each gets its value times ten once `held` is let go."""

    def __init__(self):
        self.groups = []
        self.stopped = 0
        self.held = asyncio.Event()
        self.held.set()

    async def __call__(self, what, values):
        self.groups.append(list(values))
        try:
            await self.held.wait()
        except asyncio.CancelledError:
            self.stopped += 1
            raise
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


async def test_who_asks_a_few_turns_later_comes_along(convoys, sent):
    found = await asyncio.gather(*(later(convoys, n, n) for n in range(6)))

    assert found == [0, 10, 20, 30, 40, 50]
    assert sent.groups == [[0, 1, 2, 3, 4, 5]]
    assert convoys.is_idle


async def test_who_is_alone_goes_alone(convoys, sent):
    assert await convoys.join("key", None, 7) == 70
    assert sent.groups == [[7]]
    assert convoys.is_idle


async def test_a_full_group_is_off_with_the_first_in_it(convoys, sent):
    sent.held.clear()
    asked = asyncio.gather(*(later(convoys, min(n, 1), n) for n in range(MOST + 2)))
    for _ in range(4):
        await asyncio.sleep(0)
    assert sent.groups == [[*range(MOST)]]

    sent.held.set()

    assert await asked == [10 * n for n in range(MOST + 2)]
    assert sorted(map(len, sent.groups)) == [2, MOST]
    assert convoys.is_idle


async def test_who_comes_after_the_turns_waits_for_the_end(convoys, sent):
    sent.held.clear()
    first = asyncio.create_task(convoys.join("key", None, 0))
    while not sent.groups:  # noqa: ASYNC110 - each turn of the loop is one that the first waits
        await asyncio.sleep(0)
    others = asyncio.gather(*(convoys.join("key", None, n) for n in (1, 2)))

    sent.held.set()

    assert [await first, *await others] == [0, 10, 20]
    assert sent.groups == [[0], [1, 2]]


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


async def test_what_a_first_alone_or_all_of_a_full_group_left_is_stopped(convoys, sent):
    sent.held.clear()
    tasks = [asyncio.create_task(later(convoys, min(n, 1), n)) for n in range(MOST)]
    while not sent.groups:  # noqa: ASYNC110 - each turn of the loop is one that the first waits
        await asyncio.sleep(0)
    assert sent.groups == [[*range(MOST)]]

    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for _ in range(4):
        await asyncio.sleep(0)

    assert sent.stopped == 1
    assert convoys.is_idle
