"""Nothing that is asked of the edge goes on for ever, or for a caller who has gone."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from hub.http.limits import Limits
from hub.http.routes import router
from tests.support.edge import new_edge

pytestmark = pytest.mark.anyio
PATHS = ["/v2/usagePeriod", "/v2/heartbeat", "/log/checkpoint", "/log/tile/0/000", "/log/proof/7"]


class Silent:
    """A database whose network is gone; counts those who wait for it."""

    def __init__(self):
        self.waiting = 0
        self.asked = asyncio.Event()

    @asynccontextmanager
    async def connection(self):
        self.waiting += 1
        self.asked.set()
        try:
            await asyncio.Event().wait()
            yield
        finally:
            self.waiting -= 1


@pytest.fixture
def silent():
    return Silent()


def asked(edge, path, receive, send):
    scope = {
        "type": "http", "method": "GET", "path": path, "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in edge.bearer().items()],
    }  # fmt: skip
    return asyncio.wait_for(router(edge.parts)(scope, receive, send), 5)


@pytest.mark.parametrize("path", PATHS)
async def test_what_takes_too_long_is_stopped(tmp_path, silent, path):
    edge = new_edge(tmp_path, database=silent, limits=Limits(answer_timeout_s=0.2))
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        await asyncio.Event().wait()

    await asked(edge, path, receive, send)

    assert (sent[0]["status"], silent.waiting) == (503, 0)
    assert b'"code":"TIMEOUT"' in sent[1]["body"]


@pytest.mark.parametrize("path", PATHS)
async def test_whatever_is_read_for_a_caller_who_has_gone_is_stopped(tmp_path, silent, path):
    edge = new_edge(tmp_path, database=silent)
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        await silent.asked.wait()
        return {"type": "http.disconnect"}

    await asked(edge, path, receive, send)

    assert (sent, silent.waiting) == ([], 0)
