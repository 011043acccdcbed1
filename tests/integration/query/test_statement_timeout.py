"""A statement that PostgreSQL stops after its limit is a failure on record, of each who asked."""

import asyncio

import asyncpg
import orjson
import pytest

from audit.entry import EntryKind
from hub.errors import StoreUnavailableError
from hub.http.limits import with_statement_timeout
from hub.query.answer import Request
from tests.support.asking import WARNER, asking
from tests.support.world import NOW

pytestmark = [pytest.mark.anyio, pytest.mark.database]
LIMIT_MS = 500
POINT = "query Point($n: String!) { person(nationalId: $n) { id household { region } } }"


@pytest.fixture
async def limited(district, catalogue):
    dsn, _, keyring = district
    made = asking(with_statement_timeout(dsn, LIMIT_MS), keyring, catalogue)
    yield made
    await made.database.close()


@pytest.fixture
async def locked(district):
    """Nobody can read where people live while this is held."""
    holder = await asyncpg.connect(district[0])
    transaction = holder.transaction()
    await transaction.start()
    await holder.execute("LOCK TABLE member_now, membership IN ACCESS EXCLUSIVE MODE")
    yield
    await transaction.rollback()
    await holder.close()


@pytest.mark.parametrize("many", [1, 8])
async def test_each_whose_statement_is_stopped_is_on_record_as_failed(limited, world, locked, many):
    async def failed(number, request_id):
        request = Request(POINT, {"n": number}, None, WARNER, request_id, NOW)
        with pytest.raises(StoreUnavailableError):
            await limited.answerer.answer(request)

    async with asyncio.TaskGroup() as group:
        for n in range(many):
            group.create_task(failed(world.numbers[n], f"r-{n}"))

    records = [orjson.loads(entry.record) for entry in limited.log.entries]
    assert {entry.kind for entry in limited.log.entries} == {EntryKind.DENIAL}
    assert sorted(record["request"] for record in records) == [f"r-{n}" for n in range(many)]
    assert {(record["outcome"], record["reason"]) for record in records} == {
        ("failed", "STORE_UNAVAILABLE")
    }
