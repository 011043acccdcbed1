"""What a worker and its supervisor say to each other."""

import asyncio
import socket

import pytest

from hub.supervision.crew import Word
from hub.supervision.line import Ready
from hub.supervision.station import Station

pytestmark = pytest.mark.anyio


def test_a_worker_says_that_it_is_ready_in_one_line():
    ready = Ready(3, "https://hub.example")

    assert ready.line().endswith(b"\n")
    assert Ready.read(ready.line()) == ready


@pytest.mark.parametrize(
    "line", [b"[]\n", b"hello\n", b'{"size": 1}\n', b'{"size": "x", "issuer": ""}\n']
)
def test_a_worker_of_another_version_is_not_taken_for_ready(line):
    with pytest.raises((ValueError, KeyError)):
        Ready.read(line)


async def test_a_worker_hears_orders_one_by_one_and_stops_when_its_supervisor_is_gone():
    ours, theirs = socket.socketpair()
    with ours:
        station = await Station.over(theirs)
        await station.say(Ready(1, "http://hub"))
        said = await asyncio.to_thread(ours.recv, 4096)
        ours.sendall(b"lead\nretire\n")
    heard = [order async for order in station.orders()]
    station.close()

    assert Ready.read(said) == Ready(1, "http://hub")
    assert heard == [Word.LEAD, Word.RETIRE, Word.STOP]


async def test_nothing_is_heard_after_the_order_to_stop():
    ours, theirs = socket.socketpair()
    with ours:
        station = await Station.over(theirs)
        ours.sendall(b"stop\nlead\n")
        heard = [order async for order in station.orders()]
        station.close()

    assert heard == [Word.STOP]
