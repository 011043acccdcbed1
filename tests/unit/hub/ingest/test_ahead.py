"""One page is in hand early: in order, one at a time, and what fails fails in its turn."""

import asyncio
from contextlib import aclosing

import pytest

from hub.ingest.ahead import ahead

pytestmark = pytest.mark.anyio


class Source:
    """Gives numbers and notes which were asked for; ends, or breaks, behind the last."""

    def __init__(self, count, problem=None):
        self.count = count
        self.problem = problem
        self.asked = []
        self.is_closed = False

    async def pull(self):
        try:
            for number in range(self.count):
                self.asked.append(number)
                await asyncio.sleep(0)
                yield number
            if self.problem is not None:
                raise self.problem
        finally:
            self.is_closed = True


async def turns():
    for _ in range(10):
        await asyncio.sleep(0)


async def test_everything_comes_once_and_in_order():
    async with aclosing(ahead(Source(5).pull())) as items:
        assert [item async for item in items] == [0, 1, 2, 3, 4]


async def test_nothing_comes_of_nothing():
    async with aclosing(ahead(Source(0).pull())) as items:
        assert [item async for item in items] == []


async def test_one_more_is_asked_for_while_one_is_worked_on_and_no_more():
    source = Source(5)
    async with aclosing(ahead(source.pull())) as items:
        async for item in items:
            await turns()
            assert source.asked == list(range(min(item + 2, 5)))


async def test_what_breaks_behind_an_item_breaks_after_it():
    source = Source(2, problem=ConnectionError("the source is gone"))
    async with aclosing(ahead(source.pull())) as items:
        assert [await anext(items), await anext(items)] == [0, 1]
        await turns()

        with pytest.raises(ConnectionError, match="the source is gone"):
            await anext(items)


async def test_whoever_stops_early_leaves_nothing_under_way():
    source, before = Source(5), asyncio.all_tasks()
    async with aclosing(ahead(source.pull())) as items:
        await anext(items)

    assert source.is_closed
    assert asyncio.all_tasks() == before


async def test_a_problem_that_nobody_waited_for_is_not_told_twice():
    source = Source(1, problem=ConnectionError("the source is gone"))
    items = ahead(source.pull())
    assert await anext(items) == 0
    await turns()

    await items.aclose()
    assert source.is_closed
