"""The ledger on a real database: two hubs, one quota, windows by the database's clock."""

import asyncio
import time

import asyncpg
import pytest

from hub.access import Caller
from hub.errors import StoreUnavailableError
from hub.query.quota import SLICES, Quota, QuotaExceededError, Quotas
from hub.store.database import Database
from hub.store.quotas import QuotaLedger

pytestmark = [pytest.mark.anyio, pytest.mark.database]
INSURER = Caller("medical-insurance", "clerk", "PUSH", "insurance-system")
UNITS = 6_400


async def spend_all(quotas, cost):
    """Spend until it is refused; return how much was spent."""
    spent = 0
    try:
        while True:
            if not quotas.take(INSURER, cost):
                await quotas.spend(INSURER, cost)
            spent += cost
            await asyncio.sleep(0)
    except QuotaExceededError:
        return spent


async def leased(dsn):
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval("select leased from quota_window")
    finally:
        await connection.close()


async def test_two_hubs_with_many_tasks_spend_one_quota_and_no_more(hub_database):
    hubs = [Database(hub_database) for _ in range(2)]
    workers = [Quotas(QuotaLedger(d), Quota(UNITS, 86_400), {}, time.monotonic) for d in hubs]

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(spend_all(w, 7)) for w in workers for _ in range(8)]

    spent = sum(task.result() for task in tasks)
    assert spent <= await leased(hub_database) <= UNITS
    assert spent > UNITS - 2 * (UNITS // SLICES)
    for hub in hubs:
        await hub.close()


async def test_what_one_hub_gives_back_another_can_spend(hub_database):
    database = Database(hub_database)
    later = [0.0]
    first, second = (
        Quotas(QuotaLedger(database), Quota(UNITS, 86_400), {}, lambda: time.monotonic() + later[0])
        for _ in range(2)
    )
    await first.spend(INSURER, 10)
    await spend_all(second, 10)
    await first.close()
    assert await leased(hub_database) == UNITS - (UNITS // SLICES) + 10

    later[0] = 2.0  # for one second it is believed that nothing is free
    await second.spend(INSURER, UNITS // SLICES - 10)
    await database.close()


async def test_a_window_ends_by_the_databases_clock_and_a_new_one_is_whole(hub_database):
    database = Database(hub_database)
    quotas = Quotas(QuotaLedger(database), Quota(100, 1), {}, time.monotonic)
    await spend_all(quotas, 100)

    with pytest.raises(QuotaExceededError) as caught:
        await quotas.spend(INSURER, 100)
    assert 1 <= caught.value.retry_after_s <= 2
    async with asyncio.timeout(10):
        while await spend_all(quotas, 100) == 0:  # noqa: ASYNC110 - the clock is the database's
            await asyncio.sleep(0.1)
    await database.close()


async def test_without_a_database_nothing_is_leased():
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    quotas = Quotas(QuotaLedger(database), Quota(UNITS, 60), {}, time.monotonic)

    with pytest.raises(StoreUnavailableError):
        await quotas.admit(INSURER)


async def test_a_database_without_the_table_is_no_reason_to_answer(database):
    store = Database(database)
    quotas = Quotas(QuotaLedger(store), Quota(UNITS, 60), {}, time.monotonic)

    with pytest.raises(StoreUnavailableError):
        await quotas.spend(INSURER, 1)
    await store.close()
