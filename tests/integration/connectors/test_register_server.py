"""The register answers plainly: who may ask, for how much, and what it does when told to fail."""

import httpx2
import pytest

from hub.demo.systems.register import MAX_LIMIT, Fault, Register

pytestmark = pytest.mark.anyio
CHANGES = [b'{"a":1}', b'{"a":2}', b'{"a":3}']


def asker(fault=None):
    app = Register(CHANGES, "secret", fault).app()
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),
        base_url="http://register.test",
        headers={"authorization": "Bearer secret"},
    )


async def test_a_page_holds_the_changes_behind_its_cursor():
    async with asker() as client:
        answers = [
            (await client.get("/v1/residents/changes", params=params)).json()
            for params in ({"limit": 2}, {"after": "2", "limit": 2}, {"after": "3"})
        ]

    assert answers == [
        {"items": [{"a": 1}, {"a": 2}], "next": "2", "more": True},
        {"items": [{"a": 3}], "next": "3", "more": False},
        {"items": [], "next": "3", "more": False},
    ]


@pytest.mark.parametrize(
    "params",
    [{"after": "x"}, {"after": "-1"}, {"limit": "0"}, {"limit": "-1"}, {"limit": MAX_LIMIT + 1}],
)
async def test_a_cursor_or_limit_that_makes_no_sense_is_refused(params):
    async with asker() as client:
        answer = await client.get("/v1/residents/changes", params=params)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("said", ["", "Bearer", "Bearer secre", "Basic secret"])
async def test_nobody_without_the_token_reads_the_register(said):
    async with asker() as client:
        answer = await client.get("/v1/residents/changes", headers={"authorization": said})
        health = await client.get("/health")

    assert answer.status_code == 401
    assert health.json() == {"status": "ok"}


async def test_the_register_answers_500_as_often_as_it_was_told():
    async with asker(Fault.parse("500-after=1x1")) as client:
        statuses = [(await client.get("/v1/residents/changes")).status_code for _ in range(3)]

    assert statuses == [200, 500, 200]
