"""Whoever may ask is looked up once for all who wait, and nobody waits for a look that hangs."""

import asyncio

import asyncpg
import pytest

from hub.errors import StoreBusyError, StoreUnavailableError
from hub.http.looking import Looking

pytestmark = pytest.mark.anyio
LIMIT_S = 0.1


class Eyes:
    """Looks when it is let to; fails with `problem` once that is set."""

    def __init__(self):
        self.looks = 0
        self.seen = asyncio.Event()
        self.problem = None
        self.is_fresh = False
        self.looking = Looking(lambda: self.is_fresh, self.look, LIMIT_S)

    async def look(self):
        self.looks += 1
        await self.seen.wait()
        if self.problem is not None:
            raise self.problem
        self.is_fresh = True

    async def asked(self, count):
        """Return what each of so many who ask at once hears."""
        tasks = [asyncio.create_task(self.looking.fresh()) for _ in range(count)]
        await asyncio.wait(tasks, timeout=5)
        return [type(task.exception()) for task in tasks]


@pytest.fixture
async def eyes():
    return Eyes()


async def test_one_looks_for_all_who_wait(eyes):
    eyes.seen.set()

    assert await eyes.asked(5) == [type(None)] * 5
    assert eyes.looks == 1


async def test_who_waited_for_a_look_that_hangs_fails_with_it_and_does_not_hang_in_turn(eyes):
    assert await eyes.asked(50) == [StoreUnavailableError] * 50
    assert eyes.looks == 1

    eyes.seen.set()
    assert await eyes.asked(2) == [type(None)] * 2


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (StoreBusyError("The database is busy; try again."), StoreBusyError),
        (StoreUnavailableError("The database does not accept connections."), StoreUnavailableError),
        (asyncpg.QueryCanceledError("canceled"), StoreUnavailableError),
    ],
)
async def test_all_who_waited_hear_why(eyes, problem, told):
    eyes.problem = problem
    asyncio.get_running_loop().call_later(0.02, eyes.seen.set)

    assert await eyes.asked(3) == [told] * 3
    assert eyes.looks == 1


async def test_who_looks_and_is_stopped_takes_nobody_along(eyes):
    first = asyncio.create_task(eyes.looking.fresh())
    second = asyncio.create_task(eyes.looking.fresh())
    await asyncio.sleep(0.01)
    first.cancel()
    eyes.seen.set()

    await second
    assert (eyes.looks, eyes.is_fresh) == (2, True)
