"""Work is stopped when it is late or nobody waits, and left alone when it is neither."""

import asyncio
import gc
import weakref
from contextlib import suppress

import pytest

from hub.http.limits import DisconnectedError
from hub.http.presence import AnswerTimeoutError, Presence, answer_too_late

pytestmark = pytest.mark.anyio


async def until_cancelled():
    await asyncio.get_running_loop().create_future()


class Caller:
    """An ASGI `receive` after the body: says nothing until the caller goes."""

    def __init__(self):
        self.gone = asyncio.Event()
        self.asked = 0

    async def receive(self):
        self.asked += 1
        await self.gone.wait()
        return {"type": "http.disconnect"}


async def test_what_is_over_at_once_is_not_watched():
    presence, caller = Presence(), Caller()

    with presence.within(30.0, answer_too_late, caller.receive):
        await asyncio.sleep(0)
    await asyncio.sleep(0.12)

    assert caller.asked == 0
    assert presence._timer is None


async def test_what_was_watched_is_gone_without_the_collector():
    presence, caller = Presence(), Caller()
    gc.collect()
    gc.disable()
    try:
        with presence.within(30.0, answer_too_late, caller.receive):
            await asyncio.sleep(0.25)
        assert caller.asked == 1
        left = weakref.ref(caller)
        del caller
        await asyncio.sleep(0.01)
        assert left() is None
    finally:
        gc.enable()


async def test_a_body_that_takes_too_long_is_cancelled():
    with (
        pytest.raises(AnswerTimeoutError, match=r"0\.02 seconds"),
        Presence().within(0.02, answer_too_late, Caller().receive),
    ):
        await until_cancelled()

    assert asyncio.current_task().cancelling() == 0


async def test_a_caller_who_goes_later_on_stops_the_body():
    caller = Caller()
    asyncio.get_running_loop().call_later(0.12, caller.gone.set)

    with pytest.raises(DisconnectedError), Presence().within(30.0, answer_too_late, caller.receive):
        await until_cancelled()

    assert caller.asked == 1
    assert asyncio.current_task().cancelling() == 0


async def test_a_caller_who_has_gone_before_anybody_looked_stops_the_body():
    caller = Caller()
    caller.gone.set()

    with pytest.raises(DisconnectedError), Presence().within(30.0, answer_too_late, caller.receive):
        await until_cancelled()


async def test_an_error_of_the_body_is_not_turned_into_another():
    async def failing():
        try:
            await until_cancelled()
        except asyncio.CancelledError:
            raise KeyError from None

    with pytest.raises(KeyError), Presence().within(0.02, answer_too_late):
        await failing()


async def test_who_cancels_the_task_from_outside_is_not_overruled():
    presence = Presence()
    ended = []

    async def work():
        try:
            with presence.within(30.0, answer_too_late, Caller().receive):
                await until_cancelled()
        except BaseException as error:
            ended.append(type(error))
            raise

    task = asyncio.create_task(work())
    await asyncio.sleep(0.08)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert ended == [asyncio.CancelledError]
    assert task.cancelled()
    assert not presence._under_way


async def test_each_of_many_has_its_own_limit():
    presence = Presence()

    async def outcome(limit_s):
        try:
            with presence.within(limit_s, answer_too_late):
                await asyncio.sleep(0.25)
        except AnswerTimeoutError:
            return "late"
        return "done"

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(outcome(limit_s)) for limit_s in (0.03, 30.0, 0.06, 30.0)]

    assert [task.result() for task in tasks] == ["late", "done", "late", "done"]


def test_another_event_loop_is_looked_after_too():
    presence = Presence()

    async def late():
        with presence.within(0.02, answer_too_late):
            await until_cancelled()

    for _ in range(2):
        with pytest.raises(AnswerTimeoutError):
            asyncio.run(asyncio.wait_for(late(), 5.0))
